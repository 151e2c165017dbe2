//! The hands of a strategy: orders, subscriptions, timers, log, values, and what it holds.

use crate::{
    Amendment, BarSpec, Host, InstrumentId, LogLevel, NewOrder, OpenOrder, OrderId, OrderList,
    Portfolio, Position, PositionId, Price, Quantity, Side, Subscription, Timestamp, WorkedOrder,
};
use std::fmt::Display;

/// Passed to every hook. Whatever is asked for here takes effect after the hook returns; the answer
/// comes as an event.
pub struct Context<'a> {
    host: &'a mut dyn Host,
    portfolio: &'a mut Portfolio,
}

impl<'a> Context<'a> {
    /// Joins a host to what is known of the strategy's orders and positions.
    pub fn new(host: &'a mut dyn Host, portfolio: &'a mut Portfolio) -> Self {
        Self { host, portfolio }
    }

    /// Time of the event being handled.
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// Asks for every quote of an instrument.
    pub fn subscribe_quotes(&mut self, instrument: InstrumentId) {
        self.host.subscribe(Subscription::Quotes(instrument));
    }

    /// Asks for every trade of an instrument.
    pub fn subscribe_trades(&mut self, instrument: InstrumentId) {
        self.host.subscribe(Subscription::Trades(instrument));
    }

    /// Asks for bars made by a rule.
    pub fn subscribe_bars(&mut self, instrument: InstrumentId, spec: BarSpec) {
        self.host.subscribe(Subscription::Bars(instrument, spec));
    }

    /// Asks for the best `depth` levels a side of an order book, 1 to [`Book::MAX_DEPTH`]; any other
    /// depth is a fault. Only books that the source publishes are told of.
    ///
    /// [`Book::MAX_DEPTH`]: crate::Book::MAX_DEPTH
    pub fn subscribe_book(&mut self, instrument: InstrumentId, depth: u8) {
        self.host.subscribe(Subscription::Book(instrument, depth));
    }

    /// Takes a subscription back.
    pub fn unsubscribe(&mut self, subscription: Subscription) {
        self.host.unsubscribe(subscription);
    }

    /// Only in `new`: asks for the latest `count` bars from before the start, given to
    /// `on_history`.
    pub fn request_history(&mut self, instrument: InstrumentId, spec: BarSpec, count: u32) {
        self.host.request_history(instrument, spec, count);
    }

    /// Sends an order and returns its id; `None` when this event has used up its orders.
    pub fn submit(&mut self, order: &NewOrder) -> Option<OrderId> {
        let id = self.host.submit(order)?;
        self.portfolio.sent(id, order, None);
        Some(id)
    }

    /// Sends orders that depend on each other. Returns the first one's id, from which
    /// [`OrderId::following`] makes the others'; `None` for an empty list, or when this event may
    /// not make so many.
    pub fn submit_list(&mut self, list: &OrderList) -> Option<OrderId> {
        let first = self.host.submit_list(list.orders())?;
        for (place, order) in (0_u8..).zip(list.orders()) {
            self.portfolio
                .sent(first.following(place), order, Some(first));
        }
        Some(first)
    }

    /// Hands an order to an execution algorithm and returns its id; `None` when this event has used up
    /// its orders. The strategy hears of the order as of any other, and not of its parts. Denied (33)
    /// when the host does not know the algorithm, or that refuses its parameters.
    pub fn submit_by(&mut self, order: &WorkedOrder<'_>) -> Option<OrderId> {
        let id = self.host.submit_by(order)?;
        self.portfolio.sent(id, &order.order, None);
        Some(id)
    }

    /// Sends a market order.
    pub fn market(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
    ) -> Option<OrderId> {
        self.submit(&NewOrder::market(instrument, side, quantity))
    }

    /// Sends a limit order, good till cancelled.
    pub fn limit(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Option<OrderId> {
        self.submit(&NewOrder::limit(instrument, side, quantity, price))
    }

    /// Sends a stop: a market order once the market reaches `trigger`; good till cancelled.
    pub fn stop_market(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        trigger: Price,
    ) -> Option<OrderId> {
        self.submit(&NewOrder::stop_market(instrument, side, quantity, trigger))
    }

    /// Asks for another quantity, limit price or trigger price of an open order. What becomes of it
    /// comes back as an event; until then, no other change of the order is taken.
    pub fn modify(&mut self, order: OrderId, amendment: Amendment) {
        self.host.modify(order, amendment);
    }

    /// Withdraws an order. Asking again while that is on its way changes nothing.
    pub fn cancel(&mut self, order: OrderId) {
        self.host.cancel(order);
    }

    /// Withdraws all the strategy's orders on an instrument.
    pub fn cancel_all(&mut self, instrument: InstrumentId) {
        self.host.cancel_all(instrument);
    }

    /// The strategy's position on an instrument.
    pub fn position(&self, instrument: InstrumentId) -> Position {
        self.portfolio.position(instrument)
    }

    /// The strategy's open positions on an instrument, oldest first, where the account holds several;
    /// none in any other.
    pub fn hedged(&self, instrument: InstrumentId) -> impl Iterator<Item = &Position> {
        let all = self.portfolio.hedged().iter();
        all.filter(move |position| position.instrument == instrument)
    }

    /// One of several open positions of a hedging account.
    pub fn hedged_position(&self, id: PositionId) -> Option<&Position> {
        self.portfolio.hedged_position(id)
    }

    /// One of the strategy's open orders.
    pub fn order(&self, order: OrderId) -> Option<&OpenOrder> {
        self.portfolio.order(order)
    }

    /// The strategy's open orders on an instrument, oldest first, those just sent included.
    pub fn open_orders(&self, instrument: InstrumentId) -> impl Iterator<Item = &OpenOrder> {
        self.portfolio
            .orders()
            .iter()
            .filter(move |order| order.instrument == instrument)
    }

    /// Everything known of orders and positions.
    pub fn portfolio(&self) -> &Portfolio {
        self.portfolio
    }

    /// Wakes the strategy at or after `due`; the same id again moves the timer.
    pub fn set_timer(&mut self, id: u64, due: Timestamp) {
        self.host.set_timer(id, due);
    }

    /// Forgets a timer.
    pub fn cancel_timer(&mut self, id: u64) {
        self.host.cancel_timer(id);
    }

    /// A value the host keeps for the strategy; it outlives the instance.
    pub fn get_value(&self, key: &str) -> Option<Vec<u8>> {
        self.host.get_value(key)
    }

    /// Keeps a value; empty bytes remove it. Keys are at most 128 bytes.
    pub fn put_value(&mut self, key: &str, value: &[u8]) {
        self.host.put_value(key, value);
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

    /// Writes a line about a failure.
    pub fn error(&mut self, text: impl Display) {
        self.log(LogLevel::Error, text);
    }

    /// Writes a line to the log. `text` may be `format_args!(...)`.
    pub fn log(&mut self, level: LogLevel, text: impl Display) {
        self.host.log(level, &text.to_string());
    }
}
