//! What a strategy holds and has working, kept up to date from the events the host sends.

use crate::{
    InstrumentId, NewOrder, OpenOrder, OrderEvent, OrderId, OrderKind, OrderStatus, Position,
    Quantity, Snapshot,
};

/// Positions and open orders of one strategy. Closed orders leave it, so it does not grow.
///
/// Both are short lists sorted by id: ids of new orders are the highest, so orders are added at the
/// end, and a strategy with a handful of them finds one faster than in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portfolio {
    positions: Vec<Position>,
    orders: Vec<OpenOrder>,
}

impl Portfolio {
    /// The position on an instrument; flat when there never was one.
    pub fn position(&self, instrument: InstrumentId) -> Position {
        let place = self
            .positions
            .binary_search_by_key(&instrument, |known| known.instrument);
        place.map_or(Position::flat(instrument), |index| self.positions[index])
    }

    /// All positions there have been, flat ones included, by instrument.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// An order that is not closed.
    pub fn order(&self, order: OrderId) -> Option<&OpenOrder> {
        self.place(order).ok().map(|index| &self.orders[index])
    }

    /// All orders that are not closed, oldest first.
    pub fn orders(&self) -> &[OpenOrder] {
        &self.orders
    }

    /// Takes over the state of affairs at the start.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.positions.clear();
        self.orders.clear();
        snapshot
            .positions
            .iter()
            .for_each(|position| self.on_position(position));
        snapshot.orders.iter().for_each(|order| self.insert(*order));
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
        self.insert(open);
    }

    /// Follows an order. One that is not known (sent by the version before, during a swap) is
    /// adopted with unknown prices.
    pub fn on_order_event(&mut self, event: &OrderEvent) {
        match self.place(event.order) {
            Ok(index) if event.status.is_closed() => _ = self.orders.remove(index),
            Ok(index) => {
                self.orders[index].filled = event.filled;
                self.orders[index].status = event.status;
            }
            Err(_) if event.status.is_closed() => {}
            Err(_) => self.insert(OpenOrder {
                order: event.order,
                instrument: event.instrument,
                side: event.side,
                quantity: event.quantity,
                filled: event.filled,
                limit_price: None,
                trigger_price: None,
                status: event.status,
            }),
        }
    }

    /// Follows a position.
    pub fn on_position(&mut self, position: &Position) {
        let instrument = position.instrument;
        match self
            .positions
            .binary_search_by_key(&instrument, |known| known.instrument)
        {
            Ok(index) => self.positions[index] = *position,
            Err(index) => self.positions.insert(index, *position),
        }
    }

    fn insert(&mut self, order: OpenOrder) {
        match self.place(order.order) {
            Ok(index) => self.orders[index] = order,
            Err(index) => self.orders.insert(index, order),
        }
    }

    fn place(&self, order: OrderId) -> Result<usize, usize> {
        self.orders
            .binary_search_by_key(&order, |known| known.order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrderChange, Price, Side, Timestamp};

    const INSTRUMENT: InstrumentId = InstrumentId::new(0);

    fn event(order: u64, status: OrderStatus) -> OrderEvent {
        OrderEvent {
            order: OrderId::new(order),
            instrument: INSTRUMENT,
            change: OrderChange::Accepted,
            status,
            side: Side::Sell,
            quantity: Quantity::ONE,
            filled: Quantity::ZERO,
            ts_event: Timestamp::default(),
        }
    }

    fn check(portfolio: &Portfolio, expect: &[u64]) {
        let ids: Vec<u64> = portfolio
            .orders()
            .iter()
            .map(|order| order.order.number())
            .collect();
        assert_eq!(ids, expect);
    }

    #[test]
    fn orders_come_with_sending_and_go_with_closing() {
        let mut portfolio = Portfolio::default();
        let limit = NewOrder::limit(INSTRUMENT, Side::Sell, Quantity::ONE, Price::from_raw(7));
        portfolio.sent(OrderId::new(4), &limit);
        portfolio.sent(OrderId::new(5), &limit);
        portfolio.on_order_event(&event(4, OrderStatus::Accepted));
        check(&portfolio, &[4, 5]);
        assert_eq!(portfolio.orders()[0].limit_price, Some(Price::from_raw(7)));
        portfolio.on_order_event(&event(4, OrderStatus::Canceled));
        check(&portfolio, &[5]);
    }

    #[test]
    fn unknown_orders_are_adopted_unless_closed() {
        let mut portfolio = Portfolio::default();
        portfolio.on_order_event(&event(9, OrderStatus::Accepted));
        portfolio.on_order_event(&event(3, OrderStatus::Submitted));
        portfolio.on_order_event(&event(1, OrderStatus::Filled));
        check(&portfolio, &[3, 9]);
        assert_eq!(portfolio.orders()[1].limit_price, None);
    }
}
