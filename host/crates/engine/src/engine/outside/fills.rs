//! Executions at venues outside: each counts once (invariant I1), whenever it comes, also when its
//! order is closed.

use super::super::Engine;
use super::super::execution::update_of;
use super::super::reports::fill_of;
use crate::effect::{Ambiguity, Effect, Ignored, VenueEvent};
use crate::exchange::{Execution, Report, ReportKind, Terms};
use crate::input::TradingState;
use crate::outside::{Booked, Found, Seen};
use model::{
    AccountId, Fill, Money, NumberError, Order, OrderChange, OrderId, OrderStatus, Price, Quantity,
    Timestamp, VenueExecution, VenueId,
};

/// An execution with whose it is.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) venue: VenueId,
    pub(super) account: AccountId,
    pub(super) execution: &'a VenueExecution,
    pub(super) ts_event: Timestamp,
}

impl Engine {
    /// A venue outside reports an execution, or what it corrected it to.
    pub(super) fn on_outside_execution(
        &mut self,
        account: AccountId,
        found: Found,
        execution: &VenueExecution,
        ts_event: Timestamp,
    ) {
        let Some(venue) = self.outside.account(account).map(|at| at.venue) else {
            return;
        };
        let claim = Claim {
            venue,
            account,
            execution,
            ts_event,
        };
        let order = match found {
            Found::Open(id) | Found::Closed(id) | Found::Forgotten(id) => Some(id),
            Found::Foreign => None,
        };
        let Some(place) = self.outside.place(venue) else {
            return;
        };
        match place.executions.seen(account, &execution.id, ts_event) {
            Seen::TooOld => {
                self.rule(Ambiguity::StaleExecution, account, order);
                self.distrust(account);
            }
            Seen::Booked(booked) if execution.revision <= booked.revision => {
                if differs(booked, execution) {
                    self.contradict(account, order);
                } else {
                    self.rule(Ambiguity::DuplicateExecution, account, order);
                }
            }
            Seen::Booked(booked) => {
                let booked = booked.clone();
                self.on_correction(claim, booked, found);
            }
            Seen::Never => {
                self.book_outside(claim, found);
            }
        }
    }

    /// Counts an execution that was not counted yet; tells whether it did.
    pub(super) fn book_outside(&mut self, claim: Claim<'_>, found: Found) -> bool {
        let Ok(value) = self.value_of(&claim) else {
            self.contradict(claim.account, id_of(found));
            return false;
        };
        match found {
            Found::Open(id) => self.fill_open(claim, id, value),
            Found::Closed(id) => self.fill_closed(claim, id, value),
            Found::Forgotten(_) | Found::Foreign => self.fill_foreign(claim, value),
        }
    }

    /// What an execution is worth; fails where it cannot have happened at its venue.
    fn value_of(&self, claim: &Claim<'_>) -> Result<Money, NumberError> {
        let execution = claim.execution;
        let state = self.market.get(execution.instrument);
        let instrument = state
            .map(|state| &state.instrument)
            .filter(|instrument| instrument.venue == claim.venue)
            .ok_or(NumberError::Overflow)?;
        if execution.price <= Price::ZERO || execution.quantity.is_zero() {
            return Err(NumberError::Overflow);
        }
        execution
            .price
            .notional(execution.quantity, instrument.multiplier)
    }

    /// An execution under a number of ours, which only grows.
    fn numbered(&mut self, claim: &Claim<'_>, value: Money) -> Option<Execution> {
        let execution = claim.execution;
        let instrument = &self.market.get(execution.instrument)?.instrument;
        let fees = &instrument.fees;
        let rate = fees.rate(execution.liquidity);
        let computed = || fees.sum(rate, value, execution.quantity);
        let fee = execution.fee.map_or_else(computed, Ok).ok()?;
        let place = self.outside.place_mut(claim.venue)?;
        Some(Execution {
            id: place.executions.next_number(),
            price: execution.price,
            quantity: execution.quantity,
            value,
            fee,
            liquidity: execution.liquidity,
        })
    }

    pub(super) fn fill_open(&mut self, claim: Claim<'_>, id: OrderId, value: Money) -> bool {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get_mut(id)) else {
            return false;
        };
        let account = claim.account;
        let most = open.order.quantity.max(sent.most);
        let room = most.saturating_sub(open.order.filled);
        if !fits(&open.order, claim.execution, room) {
            self.contradict(account, Some(id));
            return false;
        }
        sent.told = sent.told.max(claim.ts_event);
        let (known, cancelling) = (sent.known, sent.cancelling);
        sent.known = true;
        if !known {
            self.rule(Ambiguity::FillBeforeAck, account, Some(id));
        }
        if cancelling {
            self.rule(Ambiguity::FillBeforeCancelReject, account, Some(id));
        }
        self.imply_update(id, claim);
        let Some(order) = self.orders.get(id).map(|open| open.order) else {
            return false;
        };
        let Some(execution) = self.numbered(&claim, value) else {
            self.contradict(account, Some(id));
            return false;
        };
        let fill = fill_of(&order, &execution, claim.ts_event);
        // Remembered first: a fill too large to count closes its order, and must not count later.
        self.remember(&claim, Some((fill, value)));
        let report = Report {
            order: id,
            instrument: order.instrument,
            kind: ReportKind::Filled(execution),
            ts_event: claim.ts_event,
        };
        if let Err(why) = self.take_report(report) {
            self.ignore(why);
            return false;
        }
        self.look_at_answers(id);
        true
    }

    /// A fill of all that is left, or more, while a change to more is on its way, or was: the venue is
    /// taken to have taken the change until it says otherwise. Too much is counted, never too little.
    fn imply_update(&mut self, id: OrderId, claim: Claim<'_>) {
        let Some(open) = self.orders.get(id) else {
            return;
        };
        let (order, update) = (open.order, open.update);
        let (needed, left) = (claim.execution.quantity, order.remaining());
        let update = update.filter(|update| needed >= left && update.quantity > order.quantity);
        let terms = match update {
            Some(update) => Terms {
                quantity: update.quantity,
                kind: update.kind,
                trigger: order.trigger,
                answers: true,
            },
            None if needed > left => Terms {
                quantity: self
                    .outside
                    .get(id)
                    .map_or(order.quantity, |sent| sent.most),
                kind: order.kind,
                trigger: order.trigger,
                answers: false,
            },
            None => return,
        };
        self.rule(Ambiguity::FillBeforeUpdate, claim.account, Some(id));
        self.take_outside(id, ReportKind::Updated(terms), claim.ts_event);
        if let Some(sent) = self.outside.get_mut(id) {
            sent.implied = Some((order.quantity, order.kind));
        }
    }

    /// A fill of an order that is closed already: the order stays closed.
    pub(super) fn fill_closed(&mut self, claim: Claim<'_>, id: OrderId, value: Money) -> bool {
        let account = claim.account;
        let closed = self.outside.closed(claim.venue, id);
        let Some((mut order, most)) = closed.map(|closed| (closed.order, closed.most)) else {
            return false;
        };
        if claim.execution.quantity > order.remaining() {
            // A change to more was taken, then.
            order.quantity = most;
        }
        if !fits(&order, claim.execution, order.remaining()) {
            self.contradict(account, Some(id));
            return false;
        }
        self.rule(Ambiguity::FillAfterClose, account, Some(id));
        let Some(execution) = self.numbered(&claim, value) else {
            self.contradict(account, Some(id));
            return false;
        };
        let fill = fill_of(&order, &execution, claim.ts_event);
        self.remember(&claim, Some((fill, value)));
        if !self.book_apart(&fill, value) {
            return false;
        }
        let Some(closed) = self.outside.closed_mut(claim.venue, id) else {
            return true;
        };
        closed.order.quantity = order.quantity;
        let order = &mut closed.order;
        // Both fit: what was ordered and what was booked did.
        order.filled = order
            .filled
            .checked_add(fill.quantity)
            .unwrap_or(order.filled);
        let worth = order.filled_value.checked_add(value);
        order.filled_value = worth.unwrap_or(order.filled_value);
        let order = *order;
        self.tell_late_fill(&order, fill, claim);
        self.publish_position(&fill, claim.ts_event);
        true
    }

    /// The table lets a cancelled order be filled; one that ended otherwise keeps its end.
    fn tell_late_fill(&mut self, order: &Order, fill: Fill, claim: Claim<'_>) {
        if order.status != OrderStatus::Canceled {
            return;
        }
        let mut filled = *order;
        filled.status = if order.remaining().is_zero() {
            OrderStatus::Filled
        } else {
            OrderStatus::PartiallyFilled
        };
        let change = OrderChange::Filled(fill);
        self.publish(update_of(&filled, change, claim.ts_event), filled);
        if filled.status == OrderStatus::PartiallyFilled {
            let change = OrderChange::Canceled;
            self.publish(update_of(order, change, claim.ts_event), *order);
        } else if let Some(closed) = self.outside.closed_mut(claim.venue, order.id) {
            closed.order.status = OrderStatus::Filled;
        }
    }

    /// Books a fill beside any open order; tells whether it could be counted.
    pub(super) fn book_apart(&mut self, fill: &Fill, value: Money) -> bool {
        if self.book(fill, value).is_err() {
            self.set_trading_state(TradingState::Halted);
            self.ignore(Ignored::Overflow(fill.order));
            return false;
        }
        self.recount(fill.strategy, fill.instrument);
        self.journal.fill(fill);
        self.effects.push(Effect::Fill(*fill));
        true
    }

    /// Remembers an execution as booked, and under which number.
    pub(super) fn remember(&mut self, claim: &Claim<'_>, fill: Option<(Fill, Money)>) {
        let (id, revision) = (&claim.execution.id, claim.execution.revision);
        if let Some(place) = self.outside.place_mut(claim.venue) {
            let executions = &mut place.executions;
            executions.remember(claim.account, id.clone(), revision, fill, claim.ts_event);
        }
        if let Some((fill, _)) = fill {
            self.effects.push(Effect::Venue(VenueEvent::Executed {
                execution: fill.execution,
                id: id.clone(),
                revision,
            }));
        }
    }
}

pub(super) const fn id_of(found: Found) -> Option<OrderId> {
    match found {
        Found::Open(id) | Found::Closed(id) | Found::Forgotten(id) => Some(id),
        Found::Foreign => None,
    }
}

/// Whether an execution can be one of an order of which `room` is left to fill (invariant I2).
pub(super) fn fits(order: &Order, execution: &VenueExecution, room: Quantity) -> bool {
    (execution.instrument, execution.side) == (order.instrument, order.side)
        && execution.quantity <= room
}

/// Whether an execution is reported again as something else.
fn differs(booked: &Booked, execution: &VenueExecution) -> bool {
    let Some((fill, _)) = &booked.fill else {
        return false;
    };
    booked.revision == execution.revision
        && (fill.instrument, fill.side, fill.price, fill.quantity)
            != (
                execution.instrument,
                execution.side,
                execution.price,
                execution.quantity,
            )
}
