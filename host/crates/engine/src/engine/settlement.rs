//! The end of futures and options. At the expiry open orders expire. Positions are closed at the
//! final price: at once where it is known, else as soon as it comes. After [`WAIT`] without one the
//! last mark counts, of the future itself or of what the option is written on, and an alert tells.

use super::Engine;
use super::booking::{Booking, Move, Place};
use super::lifecycle::known_mark;
use crate::agenda::Due;
use crate::effect::Severity;
use crate::exchange::{Report, ReportKind, VenueCommand};
use model::{
    AssetClass, DenyCode, Duration, Instrument, InstrumentId, LifeEventKind, Lifecycle,
    LifecycleRefusal, Money, NumberError, OptionRight, OrderChange, OrderId, OrderStatus,
    PositionChange, Price, Quantity, Side, SignedQuantity, Timestamp,
};

/// How long a final price is waited for.
pub(super) const WAIT: Duration = Duration::from_secs(3_600);

/// What an option is, for its end.
struct Terms {
    underlying: Option<InstrumentId>,
    strike: Price,
    right: OptionRight,
}

impl Terms {
    /// What one unit of the underlying brings its holder at `price`.
    fn intrinsic(&self, price: Price) -> Result<Price, NumberError> {
        let worth = match self.right {
            OptionRight::Call => price.checked_sub(self.strike)?,
            OptionRight::Put => self.strike.checked_sub(price)?,
        };
        Ok(worth.max(Price::ZERO))
    }

    /// What the holder of `quantity` options does with the underlying when they are exercised.
    fn side(&self, quantity: SignedQuantity) -> Side {
        match (self.right, quantity.is_long()) {
            (OptionRight::Call, true) | (OptionRight::Put, false) => Side::Buy,
            (OptionRight::Put, true) | (OptionRight::Call, false) => Side::Sell,
        }
    }
}

impl Engine {
    /// An instrument trades no more from now on.
    pub(super) fn mature(&mut self, id: InstrumentId) {
        self.tell_life(id, LifeEventKind::Expiry, self.now);
        self.expire_orders_on(id);
        self.settle();
        let Some(state) = self.market.get(id) else {
            return;
        };
        match state.past.settlement {
            Some(price) => self.close_out(id, price, self.now),
            None => {
                self.agenda.add(self.now.after(WAIT), Due::Settlement(id));
            }
        }
    }

    /// Nobody gave a final price.
    pub(super) fn settle_at_mark(&mut self, id: InstrumentId) {
        let Some(state) = self.market.get(id).filter(|state| !state.past.settled) else {
            return;
        };
        let price = self.last_known(&state.instrument, id);
        let held = !self.holders(id).is_empty();
        match price {
            Some(price) => {
                if held {
                    self.alert_instrument(id, DenyCode::Instrument, Severity::Warning);
                }
                self.close_out(id, price, self.now);
            }
            // Nothing is known of it: its positions stay until somebody says the final price.
            None if held => self.alert_instrument(id, DenyCode::Instrument, Severity::Critical),
            None => {}
        }
    }

    fn last_known(&self, instrument: &Instrument, id: InstrumentId) -> Option<Price> {
        let own = self.market.get(id)?;
        let AssetClass::Option { underlying, .. } = instrument.class else {
            return known_mark(own).map(|(price, _)| price);
        };
        let underlying = underlying.and_then(|id| self.market.get(id));
        let mark = underlying.and_then(known_mark).map(|(price, _)| price);
        mark.or(own.index)
    }

    /// Somebody gave the final price.
    pub(super) fn on_settlement(
        &mut self,
        event: &Lifecycle,
        price: Price,
    ) -> Result<(), LifecycleRefusal> {
        let id = event.instrument;
        let state = self.market.get(id).ok_or(LifecycleRefusal::WrongKind)?;
        let class = state.instrument.class;
        if state.past.settled {
            return Err(LifecycleRefusal::Settled);
        }
        // A future may end below nothing; what an option is written on may not.
        if price < Price::ZERO && matches!(class, AssetClass::Option { .. }) {
            return Err(LifecycleRefusal::Amount);
        }
        let over = class.expiry().is_some_and(|expiry| expiry <= self.now);
        if over {
            return self.try_close_out(id, price, event.ts_event);
        }
        if let Some(state) = self.market.get_mut(id) {
            state.past.settlement = Some(price);
        }
        self.tell_life(id, LifeEventKind::FinalPrice { price }, event.ts_event);
        Ok(())
    }

    fn close_out(&mut self, id: InstrumentId, price: Price, ts_event: Timestamp) {
        if self.try_close_out(id, price, ts_event).is_err() {
            // What cannot be counted stays as it is, and people must look.
            self.alert_instrument(id, DenyCode::Conversion, Severity::Critical);
        }
    }

    /// Closes every position at the final price, or none.
    fn try_close_out(
        &mut self,
        id: InstrumentId,
        price: Price,
        ts_event: Timestamp,
    ) -> Result<(), LifecycleRefusal> {
        let mut booking = self.begin_booking(ts_event);
        for (strategy, quantity) in self.holders(id) {
            self.book_end(&mut booking, (strategy, id), quantity, price)?;
        }
        if let Some(state) = self.market.get_mut(id) {
            state.past.settlement = Some(price);
            state.past.settled = true;
        }
        self.tell_life(id, LifeEventKind::Settlement { price }, ts_event);
        self.make_true(booking);
        Ok(())
    }

    fn book_end(
        &self,
        booking: &mut Booking,
        place: Place,
        quantity: SignedQuantity,
        price: Price,
    ) -> Result<(), NumberError> {
        let state = self.market.get(place.1).ok_or(NumberError::Overflow)?;
        let instrument = &state.instrument;
        let AssetClass::Option {
            underlying,
            strike,
            right,
            ..
        } = instrument.class
        else {
            let worth = price.notional(quantity.magnitude()?, instrument.multiplier)?;
            let change = PositionChange::Settlement;
            return self.book_close(booking, place, quantity, worth, change);
        };
        let terms = Terms {
            underlying,
            strike,
            right,
        };
        self.book_option_end(booking, place, quantity, &terms, price)
    }

    fn book_option_end(
        &self,
        booking: &mut Booking,
        place: Place,
        quantity: SignedQuantity,
        terms: &Terms,
        price: Price,
    ) -> Result<(), NumberError> {
        let worth = terms.intrinsic(price)?;
        if worth.is_zero() {
            let lapse = PositionChange::Lapse;
            return self.book_close(booking, place, quantity, Money::ZERO, lapse);
        }
        let change = match quantity.is_long() {
            true => PositionChange::Exercise,
            false => PositionChange::Assignment,
        };
        if let Some((to, delivery)) = self.delivery(place, quantity, terms) {
            self.book_close(booking, place, quantity, Money::ZERO, change)?;
            return self.book_move(booking, to, &delivery);
        }
        let state = self.market.get(place.1).ok_or(NumberError::Overflow)?;
        let value = worth.notional(quantity.magnitude()?, state.instrument.multiplier)?;
        self.book_close(booking, place, quantity, value, change)
    }

    fn book_close(
        &self,
        booking: &mut Booking,
        place: Place,
        quantity: SignedQuantity,
        value: Money,
        change: PositionChange,
    ) -> Result<(), NumberError> {
        let side = match quantity.is_long() {
            true => Side::Sell,
            false => Side::Buy,
        };
        let quantity = quantity.magnitude()?;
        let closing = Move {
            side,
            quantity,
            value,
            change,
        };
        self.book_move(booking, place, &closing)
    }

    /// What an exercised option delivers: where the account takes it, the underlying is known, of the
    /// same venue and currency, still trades, and the amount is on its grid.
    fn delivery(
        &self,
        (strategy, option): Place,
        quantity: SignedQuantity,
        terms: &Terms,
    ) -> Option<(Place, Move)> {
        let account = self.strategies.config(strategy)?.account;
        let rules = self.accounts.get(account.index())?.rules();
        let option = &self.market.get(option)?.instrument;
        let underlying = terms.underlying.filter(|_| rules.delivers)?;
        let delivered = self.market.get(underlying)?;
        let known = &delivered.instrument;
        let alike = (known.venue, known.quote_currency) == (option.venue, option.quote_currency);
        if !alike || delivered.past.settled {
            return None;
        }
        let scale = i128::from(Quantity::SCALE);
        let units =
            i128::from(quantity.magnitude().ok()?.raw()) * i128::from(option.multiplier.raw());
        let whole = units % scale == 0;
        let amount = Quantity::from_raw(u64::try_from(units / scale).ok().filter(|_| whole)?);
        let value = terms.strike.notional(amount, known.multiplier).ok()?;
        let delivery = Move {
            side: terms.side(quantity),
            quantity: amount,
            value,
            change: PositionChange::Delivery,
        };
        let fits = amount.is_on_grid(known.lot);
        fits.then_some(((strategy, underlying), delivery))
    }

    /// Ends all open orders on an instrument. What is still on its way is refused on arrival.
    fn expire_orders_on(&mut self, id: InstrumentId) {
        self.refuse_under_way(id);
        for order in self.orders_on(id) {
            let held = self.orders.get(order).is_some_and(|open| open.is_held());
            if held {
                self.end_held(order, OrderStatus::Expired, OrderChange::Expired);
            } else if let Some(venue) = self.venue_place(id) {
                let venue = &mut self.venues[venue];
                venue.expire(order, id, self.now, &mut self.reports);
            }
        }
    }

    /// Open orders on an instrument, oldest first.
    pub(super) fn orders_on(&self, id: InstrumentId) -> Vec<OrderId> {
        let orders = self.orders.iter().map(|open| &open.order);
        orders
            .filter(|order| order.instrument == id)
            .map(|order| order.id)
            .collect()
    }

    pub(super) fn venue_place(&self, id: InstrumentId) -> Option<usize> {
        let venue = self.market.get(id)?.instrument.venue.index();
        (venue < self.venues.len()).then_some(venue)
    }

    /// The venue refuses what is on its way to it and meant for what the instrument was. Cancels that
    /// are on their way arrive.
    pub(super) fn refuse_under_way(&mut self, id: InstrumentId) {
        for command in self.agenda.recall(id) {
            let kind = match command {
                VenueCommand::Insert(_) => ReportKind::Rejected,
                VenueCommand::Modify(..) => ReportKind::UpdateRejected,
                VenueCommand::Cancel(..) => {
                    self.reach_venue(command);
                    continue;
                }
            };
            self.reports.push_back(Report {
                order: command.order(),
                instrument: id,
                kind,
                ts_event: self.now,
            });
        }
    }
}
