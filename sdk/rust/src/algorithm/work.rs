//! The hands of an algorithm: children, timers, log, and what is known of the parent.

use super::runner::Book;
use super::{ChildOrder, MarketFeed, ParentOrder};
use crate::{Amendment, BarSpec, LogLevel, OpenOrder, OrderId, Quantity, Timestamp};
use std::fmt::Display;

/// What an algorithm can ask of whoever runs it. Authors use [`Work`] and [`Feeds`] instead.
pub trait AlgorithmHost {
    /// Time of the event being handled.
    fn now(&self) -> Timestamp;
    /// Asks to be told of the parent's instrument.
    fn subscribe(&mut self, feed: MarketFeed);
    /// Sends a child; `None` when this event has used up its orders.
    fn submit(&mut self, child: &ChildOrder) -> Option<OrderId>;
    /// Asks for a change of a child.
    fn modify(&mut self, order: OrderId, amendment: Amendment);
    /// Withdraws a child.
    fn cancel(&mut self, order: OrderId);
    /// No more children come.
    fn done(&mut self);
    /// Wakes the algorithm at or after `due`; the same id again moves the timer.
    fn set_timer(&mut self, id: u64, due: Timestamp);
    /// Forgets a timer.
    fn cancel_timer(&mut self, id: u64);
    /// Writes a line.
    fn log(&mut self, level: LogLevel, text: &str);
}

/// Given to [`ExecutionAlgorithm::new`](super::ExecutionAlgorithm::new): what it wants to hear.
pub struct Feeds<'a> {
    host: &'a mut dyn AlgorithmHost,
}

impl<'a> Feeds<'a> {
    pub(super) fn new(host: &'a mut dyn AlgorithmHost) -> Self {
        Self { host }
    }

    /// Asks for every quote of the parent's instrument.
    pub fn quotes(&mut self) {
        self.host.subscribe(MarketFeed::Quotes);
    }

    /// Asks for every trade of it.
    pub fn trades(&mut self) {
        self.host.subscribe(MarketFeed::Trades);
    }

    /// Asks for bars of it, made by a rule.
    pub fn bars(&mut self, spec: BarSpec) {
        self.host.subscribe(MarketFeed::Bars(spec));
    }
}

/// Passed to every hook. Whatever is asked for here takes effect after the hook returns; the answer
/// comes as an event.
pub struct Work<'a> {
    host: &'a mut dyn AlgorithmHost,
    book: &'a mut Book,
}

impl<'a> Work<'a> {
    pub(super) fn new(host: &'a mut dyn AlgorithmHost, book: &'a mut Book) -> Self {
        Self { host, book }
    }

    /// Time of the event being handled.
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// The order to do, as it is now.
    pub fn parent(&self) -> &ParentOrder {
        &self.book.parent
    }

    /// The children that are not closed, oldest first, those just sent included.
    pub fn children(&self) -> &[OpenOrder] {
        self.book.children.orders()
    }

    /// A child that is not closed.
    pub fn child(&self, order: OrderId) -> Option<&OpenOrder> {
        self.book.children.order(order)
    }

    /// What open children may still fill.
    pub fn working(&self) -> Quantity {
        let open = self.children().iter();
        open.fold(Quantity::ZERO, |sum, child| {
            let more = sum.checked_add(child.remaining());
            more.unwrap_or(Quantity::from_raw(u64::MAX))
        })
    }

    /// What of the parent is neither filled nor with an open child: the most that may be sent.
    pub fn unsent(&self) -> Quantity {
        self.parent().remaining().saturating_sub(self.working())
    }

    /// Sends a child and returns its id; `None` when this event has used up its orders.
    pub fn submit(&mut self, child: &ChildOrder) -> Option<OrderId> {
        let id = self.host.submit(child)?;
        self.book.sent(id, child);
        Some(id)
    }

    /// Asks for another quantity, limit price or trigger price of an open child. Until the answer
    /// comes, no other change of it is taken.
    pub fn modify(&mut self, order: OrderId, amendment: Amendment) {
        self.host.modify(order, amendment);
    }

    /// Withdraws a child. Asking again while that is on its way changes nothing.
    pub fn cancel(&mut self, order: OrderId) {
        self.host.cancel(order);
    }

    /// Withdraws all children.
    pub fn cancel_all(&mut self) {
        for child in self.book.children.orders() {
            self.host.cancel(child.order);
        }
    }

    /// No more children come. The parent ends with the last open one.
    pub fn done(&mut self) {
        self.host.done();
    }

    /// Wakes the algorithm at or after `due`; the same id again moves the timer.
    pub fn set_timer(&mut self, id: u64, due: Timestamp) {
        self.host.set_timer(id, due);
    }

    /// Forgets a timer.
    pub fn cancel_timer(&mut self, id: u64) {
        self.host.cancel_timer(id);
    }

    /// Writes a line for the author.
    pub fn debug(&mut self, text: impl Display) {
        self.log(LogLevel::Debug, text);
    }

    /// Writes a line worth knowing.
    pub fn info(&mut self, text: impl Display) {
        self.log(LogLevel::Info, text);
    }

    /// Writes a line worth a look.
    pub fn warn(&mut self, text: impl Display) {
        self.log(LogLevel::Warn, text);
    }

    /// Writes a line to the log. `text` may be `format_args!(...)`.
    pub fn log(&mut self, level: LogLevel, text: impl Display) {
        self.host.log(level, &text.to_string());
    }
}
