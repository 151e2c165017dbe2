//! What happens without a trade, told to whom it concerns: readers always, strategies where they hear of
//! it.
//!
//! A cash flow concerns whose position it is about; a conversion, which is of no position, every strategy
//! of the account. A life event concerns who holds the instrument, has an open order on it, or asked for
//! its data. It is told before what it does to orders, money and positions, so whoever hears of a change
//! has heard why.

use super::{Engine, Told};
use crate::effect::Effect;
use crate::listeners::{Role, Seat};
use crate::strategies::Place;
use model::{
    CashFlow, CurrencyId, Event, Hears, InstrumentId, LifeEvent, LifeEventKind, StrategyId,
    Timestamp,
};
use std::sync::Arc;

impl Engine {
    /// Tells of money that moved.
    pub(super) fn tell_cash_flow(&mut self, flow: &CashFlow) {
        self.journal.cash_flow(flow);
        self.effects.push(Effect::CashFlow(*flow));
        let account = |strategy| {
            self.strategies
                .config(strategy)
                .map(|config| config.account)
        };
        let mut seats = self.hearing(|hears| hears.cash_flows);
        seats.retain(|seat| match flow.position {
            Some((strategy, _)) => seat.strategy == strategy,
            None => account(seat.strategy) == Some(flow.account),
        });
        if seats.is_empty() {
            return;
        }
        let event = Event::CashFlow {
            flow: *flow,
            currency: self.name_of_currency(flow.currency),
        };
        self.tell_seats(seats, &event);
    }

    /// Tells what happens to an instrument.
    pub(super) fn tell_life(
        &mut self,
        instrument: InstrumentId,
        kind: LifeEventKind,
        ts_event: Timestamp,
    ) {
        let event = LifeEvent {
            instrument,
            kind,
            ts_event,
        };
        self.effects.push(Effect::Lifecycle(event));
        let mut seats = self.hearing(|hears| hears.life_events);
        seats.retain(|seat| self.concerns(instrument, *seat));
        if seats.is_empty() {
            return;
        }
        let currency = match kind {
            LifeEventKind::Dividend { currency, .. } => Some(self.name_of_currency(currency)),
            _ => None,
        };
        self.tell_seats(seats, &Event::Life { event, currency });
    }

    /// Instances that hear of something, and all candidates: what those hear of they know themselves.
    pub(super) fn hearing(&self, what: impl Fn(Hears) -> bool) -> Vec<Seat> {
        let hears = |place: &Place| {
            let instance = place.instance.as_ref().filter(|_| place.is_live());
            instance.is_some_and(|instance| what(instance.hears()))
        };
        let mut seats = Vec::new();
        for (strategy, place) in self.strategies.places() {
            let primary = hears(place).then_some(Role::Primary);
            // Or the version before, while the one that runs is on probation.
            let is_beside = place.successor.is_some() || place.probation.is_some();
            let candidate = is_beside.then_some(Role::Candidate);
            let roles = primary.into_iter().chain(candidate);
            seats.extend(roles.map(|role| Seat { strategy, role }));
        }
        seats
    }

    fn concerns(&self, instrument: InstrumentId, seat: Seat) -> bool {
        let listeners = self.listeners.get(instrument.index());
        listeners.is_some_and(|listeners| listeners.has(seat))
            || self.holds(seat.strategy, instrument)
            || self.has_orders(seat.strategy, instrument)
    }

    /// Whether a strategy has a position, be it of several that come to nothing.
    fn holds(&self, strategy: StrategyId, instrument: InstrumentId) -> bool {
        let sum = self.holdings.get(strategy, instrument).position.quantity;
        let mut legs = self.legs.of(strategy);
        !sum.is_zero() || legs.any(|(held, ..)| held == instrument)
    }

    fn has_orders(&self, strategy: StrategyId, instrument: InstrumentId) -> bool {
        let mut orders = self.orders.iter().map(|open| &open.order);
        orders.any(|order| (order.strategy, order.instrument) == (strategy, instrument))
    }

    fn name_of_currency(&self, currency: CurrencyId) -> Arc<str> {
        self.market.currency_name(currency).into()
    }

    pub(super) fn tell_seats(&mut self, seats: Vec<Seat>, event: &Event) {
        for seat in seats {
            let tenure = self.tenure(seat.strategy);
            self.outbox
                .push_back(Told::Seat(seat, tenure, event.clone()));
        }
    }

    /// Tells one, unless another instance runs by now than did when it happened. That is the version
    /// before, which is told in its own turn, be it over this very event that it took its place back.
    pub(super) fn tell_seat(&mut self, seat: Seat, tenure: u64, event: &Event) {
        let Seat { strategy, role } = seat;
        if self.tenure(strategy) == tenure {
            return self.deliver(seat, event);
        }
        let place = self.strategies.get(strategy);
        let instance = place.and_then(|place| place.instance.as_ref());
        let hears = instance.is_some_and(|instance| instance.hears().of(event));
        if role == Role::Candidate && hears {
            let role = Role::Primary;
            self.deliver(Seat { strategy, role }, event);
        }
    }
}
