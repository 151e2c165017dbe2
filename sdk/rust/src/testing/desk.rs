//! The host as the harness plays it: it writes down what the strategy asks for.

use crate::{
    BarSpec, Host, InstrumentId, LogLevel, NewOrder, OpenOrder, OrderId, OrderKind, OrderStatus,
    Quantity, Subscription, Timestamp,
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
    /// As it was sent.
    pub order: NewOrder,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Filled so far.
    pub filled: Quantity,
}

impl SentOrder {
    /// How much is still to do.
    pub fn remaining(&self) -> Quantity {
        self.order.quantity.saturating_sub(self.filled)
    }

    pub(super) fn as_open(&self) -> OpenOrder {
        let (limit_price, trigger_price) = match self.order.kind {
            OrderKind::Market => (None, None),
            OrderKind::Limit { price } => (Some(price), None),
            OrderKind::StopMarket { trigger } => (None, Some(trigger)),
        };
        OpenOrder {
            order: self.id,
            instrument: self.order.instrument,
            side: self.order.side,
            quantity: self.order.quantity,
            filled: self.filled,
            limit_price,
            trigger_price,
            status: self.status,
        }
    }
}

/// Everything the strategy asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Desk {
    pub(super) now: Timestamp,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) history: Vec<(InstrumentId, BarSpec, u32)>,
    pub(super) orders: Vec<SentOrder>,
    /// Orders asked to be cancelled and not dealt with yet.
    pub(super) cancels: Vec<OrderId>,
    pub(super) timers: BTreeMap<u64, Timestamp>,
    pub(super) log: Vec<LogLine>,
    pub(super) values: BTreeMap<String, Vec<u8>>,
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
        let id = OrderId::new(self.orders.len() as u64 + 1);
        let (status, filled) = (OrderStatus::Initialized, Quantity::ZERO);
        self.orders.push(SentOrder {
            id,
            order: *order,
            status,
            filled,
        });
        Some(id)
    }

    fn cancel(&mut self, order: OrderId) {
        self.cancels.push(order);
    }

    fn cancel_all(&mut self, instrument: InstrumentId) {
        let open = self.orders.iter().filter(|sent| !sent.status.is_closed());
        let here = open.filter(|sent| sent.order.instrument == instrument);
        self.cancels.extend(here.map(|sent| sent.id));
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
