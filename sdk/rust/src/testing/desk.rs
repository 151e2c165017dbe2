//! The host as the harness plays it: it writes down what the strategy asks for.

use crate::{
    Amendment, BarSpec, Host, InstrumentId, LogLevel, NewOrder, OpenOrder, OrderId, OrderKind,
    OrderStatus, Price, Quantity, Subscription, Timestamp, WorkedOrder,
};
use std::collections::BTreeMap;

/// A line the strategy wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How serious.
    pub level: LogLevel,
    /// What it says.
    pub text: String,
}

/// An order the strategy sent, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentOrder {
    /// Its id.
    pub id: OrderId,
    /// As it was sent, with the changes made since.
    pub order: NewOrder,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Filled so far.
    pub filled: Quantity,
    /// The first order of the list it came in.
    pub list: Option<OrderId>,
    /// The price that wakes it now, where it waits for one: fixed, or trailed so far.
    pub trigger: Option<Price>,
    pub(super) progress: Progress,
}

/// What the venue of the harness remembers of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Progress {
    /// It still waits for a fill of another order.
    pub(super) waits: bool,
    /// It still waits for a price before it is sent, which is reached from below.
    pub(super) held_below: Option<bool>,
    /// Its trail has begun to follow.
    pub(super) follows: bool,
    /// What it became when it woke.
    pub(super) woken: Option<OrderKind>,
    /// What it is for in all, by request and by what its group took from it.
    pub(super) full: Quantity,
    /// When its time runs out.
    pub(super) expires: Option<Timestamp>,
}

impl SentOrder {
    fn new(id: OrderId, order: NewOrder, list: Option<OrderId>) -> Self {
        Self {
            id,
            order,
            status: OrderStatus::Initialized,
            filled: Quantity::ZERO,
            list,
            trigger: order.kind.trigger().map(|trigger| trigger.price),
            progress: Progress::default(),
        }
    }

    /// How much is still to do.
    pub fn remaining(&self) -> Quantity {
        self.order.quantity.saturating_sub(self.filled)
    }

    /// The type of the order as it is now: what a stop became, once it woke.
    pub(super) fn kind(&self) -> OrderKind {
        self.progress.woken.unwrap_or(self.order.kind)
    }

    pub(super) fn as_open(&self) -> OpenOrder {
        OpenOrder {
            order: self.id,
            instrument: self.order.instrument,
            side: self.order.side,
            quantity: self.order.quantity,
            filled: self.filled,
            limit_price: self.kind().price(),
            trigger_price: self.trigger,
            status: self.status,
            tag: self.order.terms.tag,
            list: self.list,
            position: self.order.terms.position,
        }
    }
}

/// Which algorithm a strategy handed an order to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmCall {
    /// The algorithm's name.
    pub name: String,
    /// Parameters by name, as text.
    pub parameters: Vec<(String, String)>,
}

/// Everything the strategy asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Desk {
    pub(super) now: Timestamp,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) history: Vec<(InstrumentId, BarSpec, u32)>,
    pub(super) orders: Vec<SentOrder>,
    /// Who was to send them in parts.
    pub(super) worked: BTreeMap<OrderId, AlgorithmCall>,
    /// Orders asked to be cancelled and not dealt with yet.
    pub(super) cancels: Vec<OrderId>,
    /// Changes asked for and not dealt with yet.
    pub(super) amendments: Vec<(OrderId, Amendment)>,
    pub(super) timers: BTreeMap<u64, Timestamp>,
    pub(super) log: Vec<LogLine>,
    pub(super) values: BTreeMap<String, Vec<u8>>,
}

impl Desk {
    fn next_id(&self) -> OrderId {
        OrderId::new(self.orders.len() as u64 + 1)
    }

    /// Notes that an order is to be withdrawn, once.
    pub(super) fn ask_cancel(&mut self, order: OrderId) {
        if !self.cancels.contains(&order) {
            self.cancels.push(order);
        }
    }
}

impl Host for Desk {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn subscribe(&mut self, subscription: Subscription) {
        if !self.subscriptions.contains(&subscription) {
            self.subscriptions.push(subscription);
        }
    }

    fn unsubscribe(&mut self, subscription: Subscription) {
        self.subscriptions.retain(|other| *other != subscription);
    }

    fn request_history(&mut self, instrument: InstrumentId, spec: BarSpec, count: u32) {
        self.history.push((instrument, spec, count));
    }

    fn submit(&mut self, order: &NewOrder) -> Option<OrderId> {
        let id = self.next_id();
        self.orders.push(SentOrder::new(id, *order, None));
        Some(id)
    }

    fn submit_list(&mut self, orders: &[NewOrder]) -> Option<OrderId> {
        let first = self.next_id();
        for order in orders {
            let id = self.next_id();
            self.orders.push(SentOrder::new(id, *order, Some(first)));
        }
        (!orders.is_empty()).then_some(first)
    }

    fn submit_by(&mut self, worked: &WorkedOrder<'_>) -> Option<OrderId> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let call = AlgorithmCall {
            name: worked.algorithm.to_owned(),
            parameters: worked.parameters.iter().map(owned).collect(),
        };
        let id = self.submit(&worked.order)?;
        self.worked.insert(id, call);
        Some(id)
    }

    fn modify(&mut self, order: OrderId, amendment: Amendment) {
        self.amendments.push((order, amendment));
    }

    fn cancel(&mut self, order: OrderId) {
        self.ask_cancel(order);
    }

    fn cancel_all(&mut self, instrument: InstrumentId) {
        let open = self.orders.iter().filter(|sent| !sent.status.is_closed());
        let here = open.filter(|sent| sent.order.instrument == instrument);
        let ids: Vec<OrderId> = here.map(|sent| sent.id).collect();
        ids.into_iter().for_each(|id| self.ask_cancel(id));
    }

    fn set_timer(&mut self, id: u64, due: Timestamp) {
        self.timers.insert(id, due);
    }

    fn cancel_timer(&mut self, id: u64) {
        self.timers.remove(&id);
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        self.log.push(LogLine {
            level,
            text: text.to_owned(),
        });
    }

    fn get_value(&self, key: &str) -> Option<Vec<u8>> {
        self.values.get(key).cloned()
    }

    fn put_value(&mut self, key: &str, value: &[u8]) {
        if value.is_empty() {
            self.values.remove(key);
        } else {
            self.values.insert(key.to_owned(), value.to_vec());
        }
    }
}
