//! Changes of positions and cash that are no trades: worked out aside first, then made together or
//! not at all.

use super::{Engine, Told};
use crate::account::Account;
use crate::effect::Effect;
use crate::holdings::Holding;
use crate::legs::Sides;
use crate::risk;
use model::{
    AccountId, AccountKind, CashFlow, CashFlowReason, CurrencyId, Event, Instrument, InstrumentId,
    Money, NumberError, PositionChange, PositionUpdate, Quantity, Side, SignedQuantity, StrategyId,
    Timestamp,
};
use std::collections::BTreeSet;

/// A holding by its owner and instrument.
pub(super) type Place = (StrategyId, InstrumentId);

/// Part of a position that is taken away or added without a trade.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    /// Buy adds.
    pub(super) side: Side,
    pub(super) quantity: Quantity,
    /// What it is worth: received for what goes, given for what comes.
    pub(super) value: Money,
    pub(super) change: PositionChange,
}

/// What was worked out so far. Positions are those of the engine until something moved them.
pub(super) struct Booking {
    accounts: Vec<Account>,
    moved: Vec<(Place, Holding, PositionChange)>,
    flows: Vec<CashFlow>,
    ts_event: Timestamp,
}

impl Engine {
    pub(super) fn begin_booking(&self, ts_event: Timestamp) -> Booking {
        Booking {
            accounts: self.accounts.clone(),
            moved: Vec::new(),
            flows: Vec::new(),
            ts_event,
        }
    }

    /// Who holds an instrument, in the order of strategies.
    pub(super) fn holders(&self, instrument: InstrumentId) -> Vec<(StrategyId, SignedQuantity)> {
        let strategies = self.strategies().map(|(strategy, _)| strategy);
        let held = strategies.map(|strategy| {
            let holding = self.holdings.get(strategy, instrument);
            (strategy, holding.position.quantity)
        });
        held.filter(|(_, quantity)| !quantity.is_zero()).collect()
    }

    /// The holding as the booking has it.
    fn booked(&self, booking: &Booking, place: Place) -> Holding {
        let moved = booking.moved.iter().rev().find(|(at, ..)| *at == place);
        moved.map_or_else(
            || self.holdings.get(place.0, place.1),
            |(_, holding, _)| *holding,
        )
    }

    /// Moves part of a position, with the cash and the margin that follow.
    pub(super) fn book_move(
        &self,
        booking: &mut Booking,
        place: Place,
        moved: &Move,
    ) -> Result<(), NumberError> {
        if self.hedging(place.0).is_some() {
            // Which of several positions moves is not known.
            return Err(NumberError::Overflow);
        }
        let mut holding = self.booked(booking, place);
        let signed = moved.side.signed(moved.quantity);
        let realized =
            holding
                .position
                .apply(moved.side, moved.quantity, moved.value, Money::ZERO)?;
        holding.adjusted = holding.adjusted.checked_add(signed)?;
        let received = match moved.side {
            Side::Buy => moved.value.negated()?,
            Side::Sell => moved.value,
        };
        self.book_as(booking, place, holding, (received, realized), moved.change)
    }

    /// Makes a holding what is given, for `received` of which `realized` is profit.
    pub(super) fn book_as(
        &self,
        booking: &mut Booking,
        place: Place,
        mut holding: Holding,
        (received, realized): (Money, Money),
        change: PositionChange,
    ) -> Result<(), NumberError> {
        let (account_id, instrument) = self.parties(place)?;
        let currency = instrument.quote_currency;
        let account = booking.account_mut(account_id)?;
        self.tie_up(account, place, &mut holding, instrument)?;
        let gain = account.settle(currency, received, realized)?;
        booking.flow(account_id, place, change, currency, gain);
        booking.moved.push((place, holding, change));
        Ok(())
    }

    /// Adds to a position's profit, and to its account in `currency` what was `paid` there.
    pub(super) fn book_payment(
        &self,
        booking: &mut Booking,
        place: Place,
        amount: Money,
        change: PositionChange,
        paid: (CurrencyId, Money),
    ) -> Result<(), NumberError> {
        let (account_id, instrument) = self.parties(place)?;
        let quote = instrument.quote_currency;
        let mut holding = self.booked(booking, place);
        let position = &mut holding.position;
        position.realized = position.realized.checked_add(amount)?;
        let account = booking.account_mut(account_id)?;
        account.receive(quote, amount)?;
        if paid.0 != quote {
            // Paid in another currency is paid in the instrument's and converted at once.
            account.exchange(quote, amount.negated()?)?;
            account.exchange(paid.0, paid.1)?;
        }
        booking.flow(account_id, place, change, paid.0, paid.1);
        booking.moved.push((place, holding, change));
        Ok(())
    }

    fn parties(&self, place: Place) -> Result<(AccountId, &Instrument), NumberError> {
        let config = self.strategies.config(place.0);
        let state = self.market.get(place.1);
        // Both are there wherever a position is.
        let (config, state) = config.zip(state).ok_or(NumberError::Overflow)?;
        Ok((config.account, &state.instrument))
    }

    /// Ties up the margin that a changed position needs, and lets go of what it had.
    fn tie_up(
        &self,
        account: &mut Account,
        place: Place,
        holding: &mut Holding,
        instrument: &Instrument,
    ) -> Result<(), NumberError> {
        let sides = self.legs.sides(place);
        let margin = self.margin_for(account, holding, sides, instrument)?;
        let base = account.config().base_currency;
        account.lock(base, margin.checked_sub(holding.margin)?)?;
        holding.margin = margin;
        Ok(())
    }

    /// The margin a holding ties up in its account's base currency; none in a cash account.
    pub(super) fn margin_for(
        &self,
        account: &Account,
        holding: &Holding,
        sides: Option<Sides>,
        instrument: &Instrument,
    ) -> Result<Money, NumberError> {
        let AccountKind::Margin { leverage } = account.config().kind else {
            return Ok(Money::ZERO);
        };
        let base = account.config().base_currency;
        let cost = match (sides, account.config().hedging) {
            (Some(sides), Some(of)) => sides.margined(of)?,
            _ => holding.position.open_cost,
        };
        let needed = risk::initial_margin(cost, instrument, leverage)?;
        // A rate was known when the order was approved, and rates are never forgotten.
        let margin = self
            .market
            .convert(needed, instrument.quote_currency, base)?;
        margin.ok_or(NumberError::DivisionByZero)
    }

    /// Makes everything true that was worked out, and tells it.
    pub(super) fn make_true(&mut self, booking: Booking) {
        for (place, holding, _) in &booking.moved {
            self.legs.pay(*place, &holding.position);
            // What is on order did not change meanwhile.
            *self.holdings.entry(place.0, place.1) = *holding;
        }
        for ((id, account), before) in (0_u32..)
            .map(AccountId::new)
            .zip(&booking.accounts)
            .zip(&self.accounts)
        {
            let touched = account
                .balances()
                .filter(|(currency, balance)| before.balance(*currency) != *balance);
            for (currency, balance) in touched {
                self.journal.balance(id, currency, balance);
                self.effects.push(Effect::Balance(id, currency, balance));
            }
        }
        self.accounts = booking.accounts;
        for flow in &booking.flows {
            self.tell_cash_flow(flow);
        }
        let places: BTreeSet<Place> = booking.moved.iter().map(|(place, ..)| *place).collect();
        for place in &places {
            let owned = self.holdings.get(place.0, place.1).position.quantity;
            self.tell_venue(*place, owned);
            self.count_holding(place.0, place.1);
        }
        // Only when all are counted: half of a change looks like a loss.
        for (strategy, _) in places {
            self.reckon_scopes_of(strategy);
        }
        for (place, holding, change) in booking.moved {
            self.tell_position(PositionUpdate {
                strategy: place.0,
                instrument: place.1,
                position: None,
                state: holding.position,
                change,
                ts_event: booking.ts_event,
            });
        }
    }

    pub(super) fn tell_position(&mut self, update: PositionUpdate) {
        self.journal.position(&update);
        self.effects.push(Effect::Position(update));
        let event = Event::Position(update);
        self.outbox
            .push_back(Told::Strategy(update.strategy, event));
        self.follow_position(update.strategy, update.instrument);
    }

    /// The venue learns of a position that moved without a trade there.
    fn tell_venue(&mut self, (owner, instrument): Place, owned: SignedQuantity) {
        let Some(state) = self.market.get(instrument) else {
            return;
        };
        if let Some(venue) = self.venues.get_mut(state.instrument.venue.index()) {
            venue.set_owned(instrument, owner, owned, self.now, &mut self.reports);
        }
    }
}

impl Booking {
    pub(super) fn account_mut(&mut self, id: AccountId) -> Result<&mut Account, NumberError> {
        let account = self.accounts.get_mut(id.index());
        account.ok_or(NumberError::Overflow)
    }

    fn flow(
        &mut self,
        account: AccountId,
        place: Place,
        change: PositionChange,
        currency: CurrencyId,
        amount: Money,
    ) {
        self.note_flow(CashFlow {
            account,
            position: Some(place),
            reason: CashFlowReason::Position(change),
            currency,
            amount,
            ts_event: self.ts_event,
        });
    }

    /// Remembers money that moved; none is nothing to tell.
    pub(super) fn note_flow(&mut self, flow: CashFlow) {
        if !flow.amount.is_zero() {
            self.flows.push(flow);
        }
    }
}
