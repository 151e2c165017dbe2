//! Rows to write.

use model::{
    AccountId, InstrumentId, Order, OrderChange, OrderId, OrderKind, OrderRequest, OrderStatus,
    OrderUpdate, Quantity, Quote, Side, StrategyId, Timestamp,
};
use store::sql::rows::{self, Place};
use store::sql::{Batch, Cursor, ORDER_EVENTS, ORDER_STATES, ORDERS, QUOTES};

/// A second, in nanoseconds.
pub(crate) const SECOND: u64 = 1_000_000_000;
/// A day, in nanoseconds.
pub(crate) const DAY: u64 = 86_400 * SECOND;

pub(crate) fn place(sequence: u64) -> Place {
    Place {
        time: Timestamp::from_nanos(20_000 * DAY + sequence * SECOND),
        sequence,
        ordinal: 0,
    }
}

pub(crate) fn cursor(sequence: u64) -> Cursor {
    Cursor {
        sequence,
        hash: format!("hash after {sequence}"),
    }
}

pub(crate) fn quote(sequence: u64) -> Quote {
    let at = place(sequence).time;
    Quote {
        instrument: InstrumentId::new(u32::try_from(sequence % 3).unwrap()),
        bid: "-1.000000001".parse().unwrap(),
        ask: "9223372036.854775807".parse().unwrap(),
        bid_size: Quantity::MAX,
        ask_size: "0.00000001".parse().unwrap(),
        ts_event: at,
        ts_init: at,
    }
}

/// Quotes of these inputs, one each.
pub(crate) fn quotes(sequences: impl Iterator<Item = u64>) -> Batch {
    let mut batch = Batch::default();
    for sequence in sequences {
        batch.push(&QUOTES, rows::quote(place(sequence), &quote(sequence)));
    }
    batch
}

/// An order by the input with this sequence.
pub(crate) fn order(sequence: u64) -> Order {
    let kind = OrderKind::Limit {
        price: "1.25".parse().unwrap(),
    };
    let request = OrderRequest::new(InstrumentId::new(1), Side::Buy, kind, Quantity::ONE);
    Order {
        id: OrderId::derive(sequence, 0).unwrap(),
        strategy: StrategyId::new(2),
        account: AccountId::new(1),
        instrument: request.instrument,
        side: request.side,
        kind,
        quantity: request.quantity,
        time_in_force: request.time_in_force,
        terms: request.terms,
        intent: u64::MAX,
        list: None,
        parent: None,
        algorithm: None,
        trigger: None,
        status: OrderStatus::Initialized,
        filled: Quantity::ZERO,
        filled_value: model::Money::ZERO,
        ts_created: place(sequence).time,
        expires: Timestamp::MAX,
    }
}

pub(crate) fn update(
    order: &Order,
    change: OrderChange,
    status: OrderStatus,
    sequence: u64,
) -> OrderUpdate {
    OrderUpdate {
        order: order.id,
        strategy: order.strategy,
        instrument: order.instrument,
        side: order.side,
        change,
        status,
        filled: order.filled,
        quantity: order.quantity,
        ts_event: place(sequence).time,
    }
}

/// An order that is made, and a step in its life.
pub(crate) fn new_order(batch: &mut Batch, order: &Order, sequence: u64) {
    batch.push(&ORDERS, rows::order(place(sequence), order));
    let step = update(
        order,
        OrderChange::Submitted,
        OrderStatus::Submitted,
        sequence,
    );
    change_order(batch, &step, sequence, 1);
}

pub(crate) fn change_order(batch: &mut Batch, update: &OrderUpdate, sequence: u64, ordinal: u64) {
    let place = Place {
        ordinal,
        ..place(sequence)
    };
    batch.push(&ORDER_EVENTS, rows::order_event(place, update, None));
    batch.push(&ORDER_STATES, rows::order_state(update));
}
