//! What a strategy holds and has working, kept up to date from the events the host sends.

use crate::{
    InstrumentId, NewOrder, OpenOrder, OrderEvent, OrderId, OrderKind, OrderStatus, Position,
    Quantity, Snapshot,
};
use std::collections::BTreeMap;

/// Positions and open orders of one strategy. Closed orders leave it, so it does not grow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portfolio {
    positions: BTreeMap<InstrumentId, Position>,
    orders: BTreeMap<OrderId, OpenOrder>,
}

impl Portfolio {
    /// The position on an instrument; flat when there never was one.
    pub fn position(&self, instrument: InstrumentId) -> Position {
        self.positions
            .get(&instrument)
            .copied()
            .unwrap_or(Position::flat(instrument))
    }

    /// All positions there have been, flat ones included, by instrument.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        self.positions.values()
    }

    /// An order that is not closed.
    pub fn order(&self, order: OrderId) -> Option<&OpenOrder> {
        self.orders.get(&order)
    }

    /// All orders that are not closed, oldest first.
    pub fn orders(&self) -> impl Iterator<Item = &OpenOrder> {
        self.orders.values()
    }

    /// Takes over the state of affairs at the start.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let positions = snapshot.positions.iter();
        self.positions = positions
            .map(|position| (position.instrument, *position))
            .collect();
        self.orders = snapshot
            .orders
            .iter()
            .map(|order| (order.order, *order))
            .collect();
    }

    /// Remembers an order just sent.
    pub fn sent(&mut self, id: OrderId, order: &NewOrder) {
        let (limit_price, trigger_price) = match order.kind {
            OrderKind::Market => (None, None),
            OrderKind::Limit { price } => (Some(price), None),
            OrderKind::StopMarket { trigger } => (None, Some(trigger)),
        };
        let open = OpenOrder {
            order: id,
            instrument: order.instrument,
            side: order.side,
            quantity: order.quantity,
            filled: Quantity::ZERO,
            limit_price,
            trigger_price,
            status: OrderStatus::Initialized,
        };
        self.orders.insert(id, open);
    }

    /// Follows an order. One that is not known (sent by the version before, during a swap) is
    /// adopted with unknown prices.
    pub fn on_order_event(&mut self, event: &OrderEvent) {
        if event.status.is_closed() {
            self.orders.remove(&event.order);
            return;
        }
        let order = self.orders.entry(event.order).or_insert(OpenOrder {
            order: event.order,
            instrument: event.instrument,
            side: event.side,
            quantity: event.quantity,
            filled: event.filled,
            limit_price: None,
            trigger_price: None,
            status: event.status,
        });
        order.filled = event.filled;
        order.status = event.status;
    }

    /// Follows a position.
    pub fn on_position(&mut self, position: &Position) {
        self.positions.insert(position.instrument, *position);
    }
}
