//! What a strategy can ask of whoever runs it.
//!
//! Three things implement [`Host`]: the imports of a WebAssembly component, the test harness, and
//! an adapter in the host program that runs the same strategy compiled in. Authors use
//! [`Context`](crate::Context) instead.

use crate::{
    Amendment, BarSpec, InstrumentId, NewOrder, OrderId, Subscription, Timestamp, WorkedOrder,
};

/// How serious a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

/// The services of the host. Calls put an intent in line; what becomes of it comes back as events.
pub trait Host {
    /// Time of the event being handled.
    fn now(&self) -> Timestamp;
    /// Asks to be told.
    fn subscribe(&mut self, subscription: Subscription);
    /// Asks to be told no more.
    fn unsubscribe(&mut self, subscription: Subscription);
    /// Asks for the latest `count` bars from before the start.
    fn request_history(&mut self, instrument: InstrumentId, spec: BarSpec, count: u32);
    /// Sends an order; `None` when this event has used up its orders.
    fn submit(&mut self, order: &NewOrder) -> Option<OrderId>;
    /// Sends orders that depend on each other and returns the first one's id, the others' follow;
    /// `None` for no orders, or when this event may not make so many.
    fn submit_list(&mut self, orders: &[NewOrder]) -> Option<OrderId>;
    /// Hands an order to an execution algorithm; `None` when this event has used up its orders.
    fn submit_by(&mut self, order: &WorkedOrder<'_>) -> Option<OrderId>;
    /// Asks for a change of an order.
    fn modify(&mut self, order: OrderId, amendment: Amendment);
    /// Withdraws an order.
    fn cancel(&mut self, order: OrderId);
    /// Withdraws all the strategy's orders on an instrument.
    fn cancel_all(&mut self, instrument: InstrumentId);
    /// Wakes the strategy at or after `due`; the same id again moves the timer.
    fn set_timer(&mut self, id: u64, due: Timestamp);
    /// Forgets a timer.
    fn cancel_timer(&mut self, id: u64);
    /// Writes a line.
    fn log(&mut self, level: LogLevel, text: &str);
    /// A value the host keeps for the strategy.
    fn get_value(&self, key: &str) -> Option<Vec<u8>>;
    /// Keeps a value that outlives the instance; empty bytes remove it.
    fn put_value(&mut self, key: &str, value: &[u8]);
}
