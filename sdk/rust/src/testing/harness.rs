//! Feeds a strategy events and shows what it did.

use super::desk::Desk;
use super::ledger::Ledger;
use super::market::Market;
use super::{AlgorithmCall, LogLine, SentOrder, Setup, price};
use crate::{
    Amendment, Bar, BarMethod, BarSpec, Config, Duration, History, InstrumentId, OrderId,
    Portfolio, Position, Price, Quantity, Quote, Runner, SavedState, Snapshot, StartReason,
    Strategy, Subscription, Timestamp, Trade,
};
use std::collections::BTreeMap;

/// When tests begin: 2024-01-01T00:00:00Z.
pub(super) const BEGIN: Timestamp = Timestamp::from_nanos(1_704_067_200_000_000_000);

/// A strategy under test. Events reach it only if it has subscribed to them, as with a real host.
#[derive(Debug)]
pub struct Harness<S> {
    pub(super) setup: Setup,
    pub(super) runner: Runner<S>,
    pub(super) desk: Desk,
    pub(super) ledgers: BTreeMap<InstrumentId, Ledger>,
    pub(super) markets: BTreeMap<InstrumentId, Market>,
    /// How many of the orders sent the venue has seen.
    pub(super) seen: usize,
}

impl<S: Strategy> Harness<S> {
    pub(super) fn start(setup: Setup) -> Result<Self, String> {
        let desk = Desk {
            now: BEGIN,
            ..Desk::default()
        };
        let reason = if setup.state.is_some() {
            StartReason::Restored
        } else {
            StartReason::Fresh
        };
        Self::take_over(setup, desk, BTreeMap::new(), BTreeMap::new(), reason)
    }

    fn take_over(
        setup: Setup,
        mut desk: Desk,
        ledgers: BTreeMap<InstrumentId, Ledger>,
        markets: BTreeMap<InstrumentId, Market>,
        reason: StartReason,
    ) -> Result<Self, String> {
        let parameters = setup.parameters.clone();
        let config = Config::new("test", setup.instruments.clone(), parameters);
        let mut runner = Runner::new(&config.checked(&S::describe())?, &mut desk)?;
        if let Some(state) = &setup.state {
            runner.load(state.clone())?;
        }
        let seen = desk.orders.len();
        let mut harness = Self {
            setup,
            runner,
            desk,
            ledgers,
            markets,
            seen,
        };
        harness.give_history();
        let open = harness
            .desk
            .orders
            .iter()
            .filter(|sent| !sent.status.is_closed());
        let snapshot = Snapshot {
            reason,
            now: harness.desk.now,
            orders: open.map(SentOrder::as_open).collect(),
            positions: harness.positions(),
        };
        harness.runner.on_start(&snapshot, &mut harness.desk);
        harness.settle();
        Ok(harness)
    }

    fn give_history(&mut self) {
        for (instrument, spec, count) in std::mem::take(&mut self.desk.history) {
            let given = self.setup.history.iter().find(|(given, _)| *given == spec);
            let closes = given.map_or(&[][..], |(_, closes)| closes);
            let kept = closes
                .len()
                .min(usize::try_from(count).unwrap_or(usize::MAX));
            let bars = self.past_bars(instrument, spec, &closes[closes.len() - kept..]);
            let history = History {
                instrument,
                spec,
                bars,
            };
            self.runner.on_history(&history, &mut self.desk);
        }
    }

    /// Bars with these closes, the last of which ended when the test begins.
    fn past_bars(&self, instrument: InstrumentId, spec: BarSpec, closes: &[Price]) -> Vec<Bar> {
        let step = match spec.method {
            BarMethod::Time(step) => step.nanos(),
            BarMethod::Tick(_) | BarMethod::Volume(_) => 1,
        };
        let opens = closes.iter().take(1).chain(closes);
        let ages = (0..closes.len() as u64).rev();
        let bars = opens.zip(closes).zip(ages).map(|((&open, &close), age)| {
            let end = BEGIN.nanos().saturating_sub(age * step);
            make_bar(instrument, spec, (open, close), Timestamp::from_nanos(end))
        });
        bars.collect()
    }

    /// Saves the strategy and goes on with a new instance, perhaps of another type, that takes over
    /// its state, orders and positions: what the host does when a plugin is swapped.
    pub fn swap<T: Strategy>(self) -> Result<Harness<T>, String> {
        let setup = Setup {
            state: Some(self.runner.save()),
            ..self.setup
        };
        let desk = Desk {
            subscriptions: Vec::new(),
            ..self.desk
        };
        Harness::take_over(
            setup,
            desk,
            self.ledgers,
            self.markets,
            StartReason::Swapped,
        )
    }

    /// A quote of the first instrument, a millisecond after the event before.
    pub fn quote(&mut self, bid: &str, ask: &str) {
        self.pass(Duration::from_millis(1));
        let quote = Quote {
            instrument: InstrumentId::default(),
            bid: price(bid),
            ask: price(ask),
            bid_size: Quantity::whole(1_000_000),
            ask_size: Quantity::whole(1_000_000),
            ts_event: self.desk.now,
            ts_init: self.desk.now,
        };
        self.send_quote(&quote);
    }

    /// A quote, as it stands.
    pub fn send_quote(&mut self, quote: &Quote) {
        self.reach(quote.ts_init);
        self.move_market(quote.instrument, |market| {
            market.quote(quote.bid, quote.ask)
        });
        if self.is_subscribed(Subscription::Quotes(quote.instrument)) {
            self.runner.on_quote(quote, &mut self.desk);
            self.settle();
        }
    }

    /// A trade of the first instrument, a millisecond after the event before.
    pub fn trade(&mut self, at: &str, size: &str) {
        self.pass(Duration::from_millis(1));
        let trade = Trade {
            instrument: InstrumentId::default(),
            price: price(at),
            size: super::quantity(size),
            aggressor: None,
            ts_event: self.desk.now,
            ts_init: self.desk.now,
        };
        self.send_trade(&trade);
    }

    /// A trade, as it stands.
    pub fn send_trade(&mut self, trade: &Trade) {
        self.reach(trade.ts_init);
        self.move_market(trade.instrument, |market| market.trade(trade.price));
        if self.is_subscribed(Subscription::Trades(trade.instrument)) {
            self.runner.on_trade(trade, &mut self.desk);
            self.settle();
        }
    }

    /// A bar of the first instrument that closes here, having opened at the last price; it has no
    /// range if that is the same. Time moves to its end.
    pub fn close(&mut self, spec: BarSpec, close: &str) {
        let instrument = InstrumentId::default();
        let close = price(close);
        let market = self.markets.get(&instrument);
        let open = market.map_or(close, |market| market.bid);
        if let BarMethod::Time(step) = spec.method {
            let into = self.desk.now.nanos() % step.nanos().max(1);
            self.pass(Duration::from_nanos(step.nanos() - into));
        }
        self.send_bar(&make_bar(instrument, spec, (open, close), self.desk.now));
    }

    /// A bar, as it stands.
    pub fn send_bar(&mut self, bar: &Bar) {
        self.reach(bar.ts_init);
        self.move_market(bar.instrument, |market| market.trade(bar.close));
        if self.is_subscribed(Subscription::Bars(bar.instrument, bar.spec)) {
            self.runner.on_bar(bar, &mut self.desk);
            self.settle();
        }
    }

    /// Lets time pass: timers that come due fire, and orders whose time runs out end, each at its
    /// moment.
    pub fn pass(&mut self, duration: Duration) {
        let until = self.desk.now + duration;
        loop {
            let timers = self.desk.timers.iter().map(|(id, due)| (*due, *id));
            let Some((due, id)) = timers.min().filter(|(due, _)| *due <= until) else {
                break;
            };
            self.reach(due);
            // An order that ended on the way may have moved the timer.
            if self.desk.timers.get(&id) != Some(&due) {
                continue;
            }
            self.desk.timers.remove(&id);
            self.runner.on_timer(id, due, &mut self.desk);
            self.settle();
        }
        self.reach(until);
    }

    /// Stops the strategy.
    pub fn stop(&mut self) {
        self.runner.on_stop(&mut self.desk);
        self.settle();
    }

    /// Every order the strategy sent, oldest first.
    pub fn orders(&self) -> &[SentOrder] {
        &self.desk.orders
    }

    /// The algorithm that an order was handed to. The harness fills such an order as a whole.
    pub fn algorithm_of(&self, order: OrderId) -> Option<&AlgorithmCall> {
        self.desk.worked.get(&order)
    }

    /// The orders that are not closed, oldest first.
    pub fn open_orders(&self) -> Vec<SentOrder> {
        self.desk
            .orders
            .iter()
            .filter(|sent| !sent.status.is_closed())
            .copied()
            .collect()
    }

    /// Orders the strategy wants withdrawn and that still wait for [`Self::confirm_cancel`].
    pub fn cancels(&self) -> &[OrderId] {
        &self.desk.cancels
    }

    /// Changes the strategy wants and that still wait for [`Self::confirm_update`].
    pub fn amendments(&self) -> &[(OrderId, Amendment)] {
        &self.desk.amendments
    }

    /// What the strategy wrote to its log.
    pub fn log(&self) -> &[LogLine] {
        &self.desk.log
    }

    /// What the strategy wants to be told about.
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.desk.subscriptions
    }

    /// The timers that are set, with their times.
    pub fn timers(&self) -> &BTreeMap<u64, Timestamp> {
        &self.desk.timers
    }

    /// The values kept for the strategy.
    pub fn values(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.desk.values
    }

    /// The position on the first instrument.
    pub fn position(&self) -> Position {
        self.position_on(InstrumentId::default())
    }

    /// The position on an instrument.
    pub fn position_on(&self, instrument: InstrumentId) -> Position {
        let ledger = self.ledgers.get(&instrument).copied().unwrap_or_default();
        let known = self.setup.instrument_of(instrument);
        let multiplier = known.map_or(Quantity::ONE, |known| known.multiplier);
        ledger.position(instrument, multiplier, self.desk.now)
    }

    /// The strategy itself.
    pub fn strategy(&self) -> &S {
        self.runner.strategy()
    }

    /// What the strategy knows of its orders and positions.
    pub fn portfolio(&self) -> &Portfolio {
        self.runner.portfolio()
    }

    /// The strategy's state as it would be saved now.
    pub fn save(&self) -> SavedState {
        self.runner.save()
    }

    /// Time of the latest event.
    pub fn now(&self) -> Timestamp {
        self.desk.now
    }

    fn positions(&self) -> Vec<Position> {
        self.ledgers
            .keys()
            .map(|instrument| self.position_on(*instrument))
            .collect()
    }

    fn is_subscribed(&self, subscription: Subscription) -> bool {
        self.desk.subscriptions.contains(&subscription)
    }
}

/// A bar that opens and closes here and ends then.
fn make_bar(
    instrument: InstrumentId,
    spec: BarSpec,
    (open, close): (Price, Price),
    end: Timestamp,
) -> Bar {
    let length = match spec.method {
        BarMethod::Time(step) => step.nanos(),
        BarMethod::Tick(_) | BarMethod::Volume(_) => 0,
    };
    Bar {
        instrument,
        spec,
        open,
        high: open.max(close),
        low: open.min(close),
        close,
        volume: Quantity::ZERO,
        ts_open: Timestamp::from_nanos(end.nanos().saturating_sub(length)),
        ts_event: end,
        ts_init: end,
    }
}
