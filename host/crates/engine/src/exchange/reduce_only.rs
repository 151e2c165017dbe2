//! What the venue knows of its clients' positions, for orders that may only reduce one: they never
//! fill beyond it, shrink with it, and end when it is gone.

use super::book::Book;
use super::{Desk, ReportKind};
use crate::journal::codec::fields;
use model::{OrderId, PositionId, Quantity, Side, SignedQuantity, StrategyId};
use std::collections::BTreeMap;

/// Whose position, and which, where its owner has several in one instrument.
pub(crate) type Holder = (StrategyId, Option<PositionId>);

/// Positions by owner, and the open orders that may only reduce them.
#[derive(Debug, Default)]
pub(crate) struct Owned {
    positions: BTreeMap<Holder, SignedQuantity>,
    reducing: BTreeMap<OrderId, Holder>,
}

impl Owned {
    pub(crate) fn remember(&mut self, order: OrderId, holder: Holder) {
        self.reducing.insert(order, holder);
    }

    pub(crate) fn forget(&mut self, order: OrderId) {
        self.reducing.remove(&order);
    }

    /// How much an order of `side` can close of what is held.
    pub(crate) fn closable(&self, holder: Holder, side: Side) -> Quantity {
        let position = self.positions.get(&holder).copied().unwrap_or_default();
        let closes = match side {
            Side::Buy => position.is_short(),
            Side::Sell => position.is_long(),
        };
        if closes {
            position.magnitude().unwrap_or(Quantity::MAX)
        } else {
            Quantity::ZERO
        }
    }

    /// Counts a fill. Positions beyond what can be counted stay where they are; the engine's own
    /// books stop trading before.
    pub(crate) fn count(&mut self, holder: Holder, side: Side, quantity: Quantity) {
        let position = self.positions.entry(holder).or_default();
        *position = position
            .checked_add(side.signed(quantity))
            .unwrap_or(*position);
        if position.is_zero() {
            self.positions.remove(&holder);
        }
    }

    /// Takes over a position that moved without a fill.
    pub(crate) fn set(&mut self, holder: Holder, position: SignedQuantity) {
        self.positions.insert(holder, position);
    }

    fn reducing(&self, holder: Holder) -> Vec<OrderId> {
        let own = self.reducing.iter().filter(|(_, of)| **of == holder);
        own.map(|(order, _)| *order).collect()
    }
}

impl Book {
    /// Follows an order that now waits here, if it may only reduce; it is never for more than there
    /// is to reduce.
    pub(crate) fn keep_reducing(&mut self, order: &super::VenueOrder, desk: &mut Desk<'_>) {
        if order.reduce_only {
            self.owned.remember(order.id, order.holder());
            self.shrink_order(order.id, desk);
        }
    }

    /// Brings the reduce-only orders on a position into line with what is left to reduce.
    pub(crate) fn shrink(&mut self, holder: Holder, but: Option<OrderId>, desk: &mut Desk<'_>) {
        for id in self.owned.reducing(holder) {
            if Some(id) != but {
                self.shrink_order(id, desk);
            }
        }
    }

    /// Cuts a reduce-only order that is about to trade down to what there is to reduce.
    pub(crate) fn trim(&self, order: &mut super::VenueOrder, desk: &mut Desk<'_>) {
        if !order.reduce_only {
            return;
        }
        let closable = self.owned.closable(order.holder(), order.side);
        let excess = order.remaining.saturating_sub(closable);
        if closable.is_zero() || excess.is_zero() {
            return;
        }
        order.remaining = closable;
        order.quantity = order.quantity.saturating_sub(excess);
        self.report_terms(order, false, desk);
    }

    fn shrink_order(&mut self, id: OrderId, desk: &mut Desk<'_>) {
        let Some(order) = self.find(id).copied() else {
            return;
        };
        let closable = self.owned.closable(order.holder(), order.side);
        if closable.is_zero() {
            self.take_out(id);
            return desk.report(&order, ReportKind::Canceled);
        }
        let mut smaller = order;
        self.trim(&mut smaller, desk);
        self.replace_in_place(smaller);
    }
}

fields! {
    Owned { positions, reducing }
}
