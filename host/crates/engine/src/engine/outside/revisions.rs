//! Executions that a venue takes back or corrects. What was booked is booked in reverse, at its own
//! price: quantities, cash and fees are then as if it had not been. How profit is split into realised
//! and open may differ from that, as it does for any opposite trade; its sum does not.

use super::super::Engine;
use super::super::execution::update_of;
use super::super::held::changed;
use super::fills::{Claim, fits, id_of};
use crate::effect::{Ambiguity, Effect, Ignored, VenueEvent};
use crate::input::TradingState;
use crate::outside::{Booked, Found, Seen};
use model::{
    AccountId, ExecutionId, Fill, Money, NumberError, OrderId, Quantity, Timestamp, VenueExecution,
};

impl Engine {
    /// A venue outside takes an execution back.
    pub(super) fn on_bust(
        &mut self,
        account: AccountId,
        found: Found,
        (id, revision): (&ExecutionId, u32),
        ts_event: Timestamp,
    ) {
        let Some(venue) = self.outside.account(account).map(|at| at.venue) else {
            return;
        };
        let Some(place) = self.outside.place_mut(venue) else {
            return;
        };
        match place.executions.seen(account, id, ts_event) {
            Seen::TooOld => {
                self.rule(Ambiguity::StaleExecution, account, None);
                self.distrust(account);
            }
            Seen::Booked(booked) if revision <= booked.revision => {
                self.rule(Ambiguity::DuplicateExecution, account, None);
            }
            Seen::Booked(booked) => {
                let booked = booked.clone();
                let executions = &mut place.executions;
                executions.remember(account, id.clone(), revision, None, ts_event);
                let order = booked.fill.as_ref().map(|(fill, _)| fill.order);
                self.rule(Ambiguity::Bust, account, order);
                if let Some((fill, value)) = booked.fill {
                    self.take_back(&fill, value, ts_event);
                    self.give_room(found, &fill, ts_event);
                }
            }
            Seen::Never => {
                // The bust came before its execution, which must not count when it comes.
                let executions = &mut place.executions;
                executions.remember(account, id.clone(), revision, None, ts_event);
                self.rule(Ambiguity::Bust, account, None);
            }
        }
    }

    /// A venue outside corrects an execution that was booked, or taken back, before.
    pub(super) fn on_correction(&mut self, claim: Claim<'_>, booked: Booked, found: Found) {
        let Some((fill, value)) = booked.fill else {
            // What was taken back happened after all.
            self.book_outside(claim, found);
            return;
        };
        let order = Some(fill.order);
        if !self.can_become(&fill, claim.execution) {
            return self.contradict(claim.account, order.or(id_of(found)));
        }
        self.rule(Ambiguity::Correction, claim.account, order);
        let name = self.name_of(claim.venue, fill.order);
        let found = self.outside.find(claim.venue, order, name.as_ref());
        if self.take_back(&fill, value, claim.ts_event) && !self.book_outside(claim, found) {
            // Half of a correction: the account must be looked at.
            self.remember(&claim, None);
            self.distrust(claim.account);
        }
    }

    /// Whether an order has room for a fill to be corrected.
    fn can_become(&self, fill: &Fill, execution: &VenueExecution) -> bool {
        let open = self.orders.get(fill.order).map(|open| open.order);
        let venue = self.outside.account(fill.account).map(|at| at.venue);
        let closed = venue.and_then(|venue| self.outside.closed(venue, fill.order));
        match open.or(closed.map(|closed| closed.order)) {
            Some(order) => {
                let room = order.remaining().checked_add(fill.quantity);
                fits(&order, execution, room.unwrap_or(Quantity::MAX))
            }
            None => (execution.instrument, execution.side) == (fill.instrument, fill.side),
        }
    }

    /// Books a fill in reverse; tells whether it could be counted.
    fn take_back(&mut self, fill: &Fill, value: Money, ts_event: Timestamp) -> bool {
        let reversed = fill.fee.negated().map(|fee| Fill {
            side: fill.side.opposite(),
            fee,
            ..*fill
        });
        let booked = reversed.and_then(|reversed| self.book(&reversed, value));
        if booked.is_err() {
            self.set_trading_state(TradingState::Halted);
            self.ignore(Ignored::Overflow(fill.order));
            return false;
        }
        self.effects.push(Effect::Venue(VenueEvent::Busted(*fill)));
        if self.unfill(fill, value).is_err() {
            // More is counted on order then than the order may fill: too much, never too little.
            self.ignore(Ignored::Overflow(fill.order));
        }
        self.recount(fill.strategy, fill.instrument);
        self.tell_unfilled(fill.order, ts_event);
        self.publish_position(fill, ts_event);
        true
    }

    /// What was filled before an order was taken on is counted in no order, or in one of its own. The
    /// order that stands for the same one at the venue has more left when that is taken back.
    fn give_room(&mut self, at_venue: Found, fill: &Fill, ts_event: Timestamp) {
        match at_venue {
            Found::Open(id) if id != fill.order => {
                self.take_from_before(id, fill.quantity, ts_event)
            }
            Found::Closed(id) if id != fill.order => {
                let venue = self.outside.account(fill.account).map(|at| at.venue);
                let closed = venue.and_then(|venue| self.outside.closed_mut(venue, id));
                if let Some(closed) = closed {
                    let most = closed.most.checked_add(fill.quantity);
                    closed.most = most.unwrap_or(closed.most);
                }
            }
            _ => {}
        }
    }

    /// Takes a fill out of its order. What is left of an open one may fill again, so it counts, and
    /// money is held back for it.
    fn unfill(&mut self, fill: &Fill, value: Money) -> Result<(), NumberError> {
        let venue = self.outside.account(fill.account).map(|at| at.venue);
        if let Some(open) = self.orders.get_mut(fill.order) {
            let (before, held) = (open.order.remaining(), open.reserved);
            open.order.filled = open.order.filled.saturating_sub(fill.quantity);
            open.order.filled_value = open.order.filled_value.checked_sub(value)?;
            let (order, after) = (open.order, open.order.remaining());
            open.reserved = held.part(after, before).unwrap_or(held);
            let kept = open.reserved;
            self.count_on_order(&order, after.saturating_sub(before))
                .map_err(|_| NumberError::Overflow)?;
            self.release(order.account, held.currency, held.amount);
            self.lock(order.account, kept.currency, kept.amount)?;
            self.follow_order(fill.order);
        } else if let Some(closed) =
            venue.and_then(|venue| self.outside.closed_mut(venue, fill.order))
        {
            let order = &mut closed.order;
            order.filled = order.filled.saturating_sub(fill.quantity);
            order.filled_value = order.filled_value.checked_sub(value)?;
        }
        Ok(())
    }

    fn tell_unfilled(&mut self, id: OrderId, ts_event: Timestamp) {
        if let Some(order) = self.orders.get(id).map(|open| open.order) {
            self.publish(update_of(&order, changed(&order), ts_event), order);
        }
    }
}
