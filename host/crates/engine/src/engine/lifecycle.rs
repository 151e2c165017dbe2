//! Events in the life of an instrument while it is held: each is checked first, then done whole or
//! refused by name. Funding and dividends are here; expiry, splits and conversions beside.

use super::Engine;
use crate::effect::{Ignored, Severity};
use crate::input::LimitScope;
use crate::journal::codec::fields;
use crate::market::MarketState;
use crate::ratio::Ratio;
use model::{
    AssetClass, CurrencyId, DenyCode, Duration, InstrumentId, LifeEventKind, Lifecycle,
    LifecycleEvent, LifecycleRefusal, Money, NumberError, PositionChange, Price, Quantity, Rate,
    SignedQuantity, Timestamp,
};

/// How old a price may be that money is reckoned with.
pub(super) const FRESH: Duration = Duration::from_secs(3_600);

type Handled = Result<(), LifecycleRefusal>;

/// What was handled of an instrument, so that nothing is handled twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Past {
    funding: Option<Timestamp>,
    split: Option<Timestamp>,
    dividend: Option<Timestamp>,
    /// The final price, as far as it is known.
    pub(crate) settlement: Option<Price>,
    /// Whether all positions were closed at it.
    pub(crate) settled: bool,
}

impl Past {
    /// Takes note of an event; whether it is later than all of its kind.
    fn is_news(&mut self, event: &Lifecycle) -> bool {
        let last = match event.event {
            LifecycleEvent::Funding { .. } => &mut self.funding,
            LifecycleEvent::Split { .. } => &mut self.split,
            LifecycleEvent::Dividend { .. } => &mut self.dividend,
            LifecycleEvent::Settlement { .. } => return true,
        };
        let news = last.is_none_or(|last| event.ts_event > last);
        if news {
            *last = Some(event.ts_event);
        }
        news
    }
}

impl Engine {
    pub(super) fn on_lifecycle(&mut self, event: &Lifecycle) {
        let id = event.instrument;
        if self.market.get(id).is_none() {
            return self.ignore(Ignored::UnknownInstrument(id));
        }
        if matches!(event.event, LifecycleEvent::Split { .. }) {
            self.receive_all_data(id);
            self.settle();
        }
        if let Err(why) = self.handle_lifecycle(event) {
            self.ignore(Ignored::Lifecycle {
                instrument: id,
                event: event.event.name(),
                why,
            });
            if why == LifecycleRefusal::NotFresh {
                self.alert_instrument(id, DenyCode::MarketData, Severity::Warning);
            }
        }
    }

    fn handle_lifecycle(&mut self, event: &Lifecycle) -> Handled {
        let state = self.market.get(event.instrument);
        let state = state.ok_or(LifecycleRefusal::WrongKind)?;
        if !fits(&event.event, &state.instrument.class) {
            return Err(LifecycleRefusal::WrongKind);
        }
        if event.ts_event > self.now {
            return Err(LifecycleRefusal::Early);
        }
        let mut past = state.past;
        if !past.is_news(event) {
            return Err(LifecycleRefusal::Seen);
        }
        match event.event {
            LifecycleEvent::Funding { rate } => self.fund(event, rate)?,
            LifecycleEvent::Settlement { price } => return self.on_settlement(event, price),
            LifecycleEvent::Split {
                numerator,
                denominator,
            } => {
                let ratio = Ratio::new(numerator, denominator).ok_or(LifecycleRefusal::Ratio)?;
                self.split(event, ratio)?;
            }
            LifecycleEvent::Dividend { amount, currency } => {
                self.pay_dividend(event, amount, currency)?;
            }
        }
        if let Some(state) = self.market.get_mut(event.instrument) {
            state.past = past;
        }
        Ok(())
    }

    /// Longs pay `rate` of their value at the mark, shorts receive it; the other way when it is
    /// negative. Rounded half to even once for each position.
    fn fund(&mut self, event: &Lifecycle, rate: Rate) -> Handled {
        let id = event.instrument;
        let holders = self.holders(id);
        let state = self.market.get(id).ok_or(LifecycleRefusal::WrongKind)?;
        let quote = state.instrument.quote_currency;
        let mark = self.fresh_mark(id).ok_or(LifecycleRefusal::NotFresh)?;
        let multiplier = state.instrument.multiplier;
        let mut booking = self.begin_booking(event.ts_event);
        for (strategy, quantity) in holders {
            let value = signed_notional(mark, quantity, multiplier)?;
            let received = value.times(rate)?.negated()?;
            let place = (strategy, id);
            let change = PositionChange::Funding;
            self.book_payment(&mut booking, place, received, change, (quote, received))?;
        }
        self.tell_life(id, LifeEventKind::Funding { rate }, event.ts_event);
        self.make_true(booking);
        Ok(())
    }

    /// Who holds the share is paid, who is short pays; rounded half to even once for each position.
    fn pay_dividend(&mut self, event: &Lifecycle, amount: Money, currency: CurrencyId) -> Handled {
        let id = event.instrument;
        if amount <= Money::ZERO {
            return Err(LifecycleRefusal::Amount);
        }
        if !self.market.has_currency(currency) {
            return Err(LifecycleRefusal::Currency);
        }
        let state = self.market.get(id).ok_or(LifecycleRefusal::WrongKind)?;
        let quote = state.instrument.quote_currency;
        let mut booking = self.begin_booking(event.ts_event);
        for (strategy, quantity) in self.holders(id) {
            let paid = amount.prorated(quantity.raw(), i128::from(Quantity::SCALE))?;
            let worth = self.market.convert(paid, currency, quote)?;
            let worth = worth.ok_or(LifecycleRefusal::Currency)?;
            let place = (strategy, id);
            let change = PositionChange::Dividend;
            self.book_payment(&mut booking, place, worth, change, (currency, paid))?;
        }
        let paid = LifeEventKind::Dividend { amount, currency };
        self.tell_life(id, paid, event.ts_event);
        self.make_true(booking);
        Ok(())
    }

    /// The venue's mark, or the mark of quotes and trades; `None` when it is unknown, older than
    /// [`FRESH`], or not to be trusted.
    pub(super) fn fresh_mark(&self, id: InstrumentId) -> Option<Price> {
        let state = self.market.get(id)?;
        let (price, made) = known_mark(state)?;
        let fresh = self.now.since(made) <= FRESH && state.flaw.is_none();
        fresh.then_some(price)
    }

    pub(super) fn alert_instrument(
        &mut self,
        id: InstrumentId,
        code: DenyCode,
        severity: Severity,
    ) {
        self.alert(severity, code, LimitScope::Instrument(id), Rate::ZERO);
    }
}

/// The venue's mark where it gives one, else that of quotes and trades, and when it was made.
pub(super) fn known_mark(state: &MarketState) -> Option<(Price, Timestamp)> {
    let own = state.venue_mark.zip(state.ts_mark);
    own.or_else(|| state.mark().zip(state.priced_at()))
}

pub(super) fn signed_notional(
    price: Price,
    quantity: SignedQuantity,
    multiplier: Quantity,
) -> Result<Money, NumberError> {
    let value = price.notional(quantity.magnitude()?, multiplier)?;
    if quantity.is_short() {
        value.negated()
    } else {
        Ok(value)
    }
}

/// Whether an event can happen to a kind of instrument.
fn fits(event: &LifecycleEvent, class: &AssetClass) -> bool {
    match event {
        LifecycleEvent::Funding { .. } => matches!(class, AssetClass::CryptoPerpetual { .. }),
        LifecycleEvent::Settlement { .. } => class.expiry().is_some(),
        LifecycleEvent::Split { .. } | LifecycleEvent::Dividend { .. } => {
            matches!(class, AssetClass::Equity)
        }
    }
}

fields! {
    Past { funding, split, dividend, settlement, settled }
}
