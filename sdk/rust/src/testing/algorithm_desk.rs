//! The host as the harness of algorithms plays it: it writes down what the algorithm asks for.

use super::LogLine;
use crate::{
    AlgorithmHost, Amendment, ChildOrder, LogLevel, MarketFeed, OrderId, OrderStatus, Quantity,
    Timestamp,
};
use std::collections::{BTreeMap, VecDeque};

/// A child the algorithm sent, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentChild {
    /// Its id.
    pub id: OrderId,
    /// As it was sent, with the changes made since.
    pub child: ChildOrder,
    /// When it was sent.
    pub sent: Timestamp,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Filled so far.
    pub filled: Quantity,
}

impl SentChild {
    /// How much is still to do.
    pub fn remaining(&self) -> Quantity {
        self.child.quantity.saturating_sub(self.filled)
    }
}

/// What is to be done with a child.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    Submit(OrderId),
    Modify(OrderId, Amendment),
    Cancel(OrderId),
}

/// Everything the algorithm asked for.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) now: Timestamp,
    pub(super) feeds: Vec<MarketFeed>,
    pub(super) children: Vec<SentChild>,
    pub(super) asked: VecDeque<Asked>,
    pub(super) timers: BTreeMap<u64, Timestamp>,
    pub(super) log: Vec<LogLine>,
    pub(super) done: bool,
}

impl AlgorithmHost for Desk {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn subscribe(&mut self, feed: MarketFeed) {
        self.feeds.push(feed);
    }

    fn submit(&mut self, child: &ChildOrder) -> Option<OrderId> {
        let id = OrderId::new(self.children.len() as u64 + 1);
        self.children.push(SentChild {
            id,
            child: *child,
            sent: self.now,
            status: OrderStatus::Initialized,
            filled: Quantity::ZERO,
        });
        self.asked.push_back(Asked::Submit(id));
        Some(id)
    }

    fn modify(&mut self, order: OrderId, amendment: Amendment) {
        self.asked.push_back(Asked::Modify(order, amendment));
    }

    fn cancel(&mut self, order: OrderId) {
        self.asked.push_back(Asked::Cancel(order));
    }

    fn done(&mut self) {
        self.done = true;
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
}
