//! A strategy together with what is known of its orders and positions.
//!
//! The WebAssembly exports, the test harness and the host's native adapter all drive a strategy
//! through this type, so the same calls in the same order have the same effects in all three.

use crate::{
    Bar, Book, CashFlow, Config, Context, History, Host, InstrumentId, LifeEvent, OrderEvent,
    Portfolio, Position, Quote, SavedState, Signal, Snapshot, Strategy, Timestamp, Trade,
};

/// Owns a strategy and its [`Portfolio`], and keeps the latter up to date before each hook.
#[derive(Debug)]
pub struct Runner<S> {
    strategy: S,
    portfolio: Portfolio,
}

impl<S: Strategy> Runner<S> {
    /// Makes the strategy.
    pub fn new(config: &Config, host: &mut dyn Host) -> Result<Self, String> {
        let mut portfolio = Portfolio::default();
        let strategy = S::new(config, &mut Context::new(host, &mut portfolio))?;
        Ok(Self {
            strategy,
            portfolio,
        })
    }

    /// The strategy.
    pub fn strategy(&self) -> &S {
        &self.strategy
    }

    /// Its orders and positions.
    pub fn portfolio(&self) -> &Portfolio {
        &self.portfolio
    }

    /// Lets it take over saved state.
    pub fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.strategy.load(state)
    }

    /// Its state.
    pub fn save(&self) -> SavedState {
        self.strategy.save()
    }

    /// Gives it bars from before the start.
    pub fn on_history(&mut self, history: &History, host: &mut dyn Host) {
        self.call(host, |strategy, context| {
            strategy.on_history(history, context)
        });
    }

    /// Starts it.
    pub fn on_start(&mut self, snapshot: &Snapshot, host: &mut dyn Host) {
        self.portfolio.restore(snapshot);
        self.call(host, |strategy, context| {
            strategy.on_start(snapshot, context)
        });
    }

    /// Tells it of a quote.
    #[inline]
    pub fn on_quote(&mut self, quote: &Quote, host: &mut dyn Host) {
        self.call(host, |strategy, context| strategy.on_quote(quote, context));
    }

    /// Tells it of a trade.
    #[inline]
    pub fn on_trade(&mut self, trade: &Trade, host: &mut dyn Host) {
        self.call(host, |strategy, context| strategy.on_trade(trade, context));
    }

    /// Tells it of a bar.
    #[inline]
    pub fn on_bar(&mut self, bar: &Bar, host: &mut dyn Host) {
        self.call(host, |strategy, context| strategy.on_bar(bar, context));
    }

    /// Tells it of an order book.
    #[inline]
    pub fn on_book(&mut self, book: &Book, host: &mut dyn Host) {
        self.call(host, |strategy, context| strategy.on_book(book, context));
    }

    /// Tells it that an order book is lost.
    pub fn on_book_lost(&mut self, instrument: InstrumentId, host: &mut dyn Host) {
        self.call(host, |strategy, context| {
            strategy.on_book_lost(instrument, context)
        });
    }

    /// Wakes it.
    pub fn on_timer(&mut self, id: u64, due: Timestamp, host: &mut dyn Host) {
        self.call(host, |strategy, context| {
            strategy.on_timer(id, due, context)
        });
    }

    /// Tells it of one of its orders.
    pub fn on_order_event(&mut self, event: &OrderEvent, host: &mut dyn Host) {
        self.portfolio.on_order_event(event);
        self.call(host, |strategy, context| {
            strategy.on_order_event(event, context)
        });
    }

    /// Tells it of one of its positions.
    pub fn on_position(&mut self, position: &Position, host: &mut dyn Host) {
        self.portfolio.on_position(position);
        self.call(host, |strategy, context| match position.id {
            Some(_) => strategy.on_hedged_position(position, context),
            None => strategy.on_position(position, context),
        });
    }

    /// Tells it of money that came or left without a trade.
    pub fn on_cash_flow(&mut self, flow: &CashFlow, host: &mut dyn Host) {
        self.call(host, |strategy, context| {
            strategy.on_cash_flow(flow, context)
        });
    }

    /// Tells it what happened to an instrument.
    pub fn on_lifecycle(&mut self, event: &LifeEvent, host: &mut dyn Host) {
        self.call(host, |strategy, context| {
            strategy.on_lifecycle(event, context)
        });
    }

    /// Tells it what somebody outside says.
    pub fn on_signal(&mut self, signal: &Signal, host: &mut dyn Host) {
        self.call(host, |strategy, context| {
            strategy.on_signal(signal, context)
        });
    }

    /// Tells it that no more events come.
    pub fn on_stop(&mut self, host: &mut dyn Host) {
        self.call(host, |strategy, context| strategy.on_stop(context));
    }

    #[inline]
    fn call(&mut self, host: &mut dyn Host, hook: impl FnOnce(&mut S, &mut Context<'_>)) {
        hook(
            &mut self.strategy,
            &mut Context::new(host, &mut self.portfolio),
        );
    }
}
