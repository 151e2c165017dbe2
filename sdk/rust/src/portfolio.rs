//! What a strategy holds and has working, kept up to date from the events the host sends.

use crate::{
    InstrumentId, NewOrder, OpenOrder, OrderChange, OrderEvent, OrderId, OrderStatus, Position,
    PositionId, Quantity, Snapshot, Tag,
};

/// Positions and open orders of one strategy. Closed orders leave it, so it does not grow.
///
/// Both are short lists sorted by id: ids of new orders are the highest, so orders are added at the
/// end, and a strategy with a handful of them finds one faster than in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portfolio {
    positions: Vec<Position>,
    /// Open ones of hedging accounts, by id.
    hedged: Vec<Position>,
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

    /// The open positions where the account holds several in one instrument, oldest first.
    pub fn hedged(&self) -> &[Position] {
        &self.hedged
    }

    /// One of them.
    pub fn hedged_position(&self, id: PositionId) -> Option<&Position> {
        self.hedged.iter().find(|known| known.id == Some(id))
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
        self.hedged.clear();
        self.orders.clear();
        snapshot
            .positions
            .iter()
            .for_each(|position| self.on_position(position));
        snapshot.orders.iter().for_each(|order| self.insert(*order));
    }

    /// Remembers an order just sent, with the first order of its list.
    pub fn sent(&mut self, id: OrderId, order: &NewOrder, list: Option<OrderId>) {
        self.insert(OpenOrder {
            order: id,
            instrument: order.instrument,
            side: order.side,
            quantity: order.quantity,
            filled: Quantity::ZERO,
            limit_price: order.kind.price(),
            trigger_price: order.kind.trigger().map(|trigger| trigger.price),
            status: OrderStatus::Initialized,
            tag: order.terms.tag,
            list,
            position: order.terms.position,
        });
    }

    /// Follows an order. One that is not known (sent by the version before, during a swap) is
    /// adopted, with prices, tag and list unknown until an event tells.
    pub fn on_order_event(&mut self, event: &OrderEvent) {
        let place = self.place(event.order);
        if event.status.is_closed() {
            if let Ok(index) = place {
                self.orders.remove(index);
            }
            return;
        }
        let index = match place {
            Ok(index) => index,
            Err(index) => {
                self.orders.insert(index, adopted(event));
                index
            }
        };
        follow(&mut self.orders[index], event);
    }

    /// Follows a position.
    pub fn on_position(&mut self, position: &Position) {
        if position.id.is_some() {
            return self.on_hedged(position);
        }
        let instrument = position.instrument;
        match self
            .positions
            .binary_search_by_key(&instrument, |known| known.instrument)
        {
            Ok(index) => self.positions[index] = *position,
            Err(index) => self.positions.insert(index, *position),
        }
    }

    /// Follows one of several positions; a flat one is over.
    fn on_hedged(&mut self, position: &Position) {
        let place = self
            .hedged
            .binary_search_by_key(&position.id, |known| known.id);
        match (place, position.is_flat()) {
            (Ok(index), true) => drop(self.hedged.remove(index)),
            (Ok(index), false) => self.hedged[index] = *position,
            (Err(_), true) => {}
            (Err(index), false) => self.hedged.insert(index, *position),
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

/// What an event alone tells of an order.
const fn adopted(event: &OrderEvent) -> OpenOrder {
    OpenOrder {
        order: event.order,
        instrument: event.instrument,
        side: event.side,
        quantity: event.quantity,
        filled: event.filled,
        limit_price: None,
        trigger_price: None,
        status: event.status,
        tag: Tag::NONE,
        list: None,
        position: None,
    }
}

fn follow(order: &mut OpenOrder, event: &OrderEvent) {
    order.quantity = event.quantity;
    order.filled = event.filled;
    order.status = event.status;
    match event.change {
        OrderChange::Updated { price, trigger } => {
            order.limit_price = price;
            order.trigger_price = trigger;
        }
        // It waits for a price no more.
        OrderChange::Triggered => order.trigger_price = None,
        OrderChange::Filled(fill) => order.position = fill.position.or(order.position),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Price, Side, Timestamp};

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
        portfolio.sent(OrderId::new(4), &limit, None);
        portfolio.sent(OrderId::new(5), &limit, None);
        portfolio.on_order_event(&event(4, OrderStatus::Accepted));
        check(&portfolio, &[4, 5]);
        assert_eq!(portfolio.orders()[0].limit_price, Some(Price::from_raw(7)));
        portfolio.on_order_event(&event(4, OrderStatus::Canceled));
        check(&portfolio, &[5]);
    }

    #[test]
    fn several_positions_are_kept_until_they_are_flat() {
        let mut portfolio = Portfolio::default();
        let named = |order| Some(PositionId::opened_by(OrderId::new(order)));
        let mut tell = |id, quantity| {
            portfolio.on_position(&Position {
                id,
                quantity: Quantity::whole(quantity),
                ..Position::flat(INSTRUMENT)
            });
            let open = portfolio.hedged().iter();
            let ids: Vec<_> = open.map(|position| position.id).collect();
            (ids, portfolio.position(INSTRUMENT).quantity)
        };
        tell(named(5), 2);
        tell(named(3), 1);
        let both = vec![named(3), named(5)];
        assert_eq!(tell(None, 3), (both, Quantity::whole(3)));
        assert_eq!(tell(named(3), 0), (vec![named(5)], Quantity::whole(3)));
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

    #[test]
    fn changes_move_prices_and_quantity() {
        let mut portfolio = Portfolio::default();
        let (price, trigger) = (Price::from_raw(7), Price::from_raw(9));
        let stop = NewOrder::stop_limit(INSTRUMENT, Side::Buy, Quantity::ONE, trigger, price);
        let id = OrderId::new(4);
        portfolio.sent(id, &stop.tag("in"), Some(id));
        let mut tell = |change, quantity| {
            portfolio.on_order_event(&OrderEvent {
                change,
                quantity,
                ..event(4, OrderStatus::Accepted)
            });
            let order = portfolio.orders()[0];
            assert!(order.tag == "in" && order.list == Some(id));
            (order.limit_price, order.trigger_price, order.quantity)
        };
        let one = Quantity::ONE;
        let prices = (Some(price), Some(trigger), one);
        assert_eq!(tell(OrderChange::PendingUpdate, one), prices);
        assert_eq!(tell(OrderChange::UpdateRejected, one), prices);
        let two = Quantity::whole(2);
        let updated = OrderChange::Updated {
            price: Some(price),
            trigger: Some(price),
        };
        assert_eq!(tell(updated, two), (Some(price), Some(price), two));
        assert_eq!(tell(OrderChange::Triggered, two), (Some(price), None, two));
    }
}
