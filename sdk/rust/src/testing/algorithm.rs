//! Unit tests for execution algorithms: a market, a parent, and the children the algorithm sends.
//!
//! Children are accepted, changed and cancelled at once. With [`AlgorithmSetup::fills`] they also
//! fill, whole, at the touch or at their own limit once the market reaches it; otherwise by
//! [`AlgorithmHarness::fill`]. Like the host, the harness denies what would be more than the parent.

use super::algorithm_desk::{Asked, Desk, SentChild};
use super::harness::BEGIN;
use super::{LogLine, price, quantity};
use crate::{
    AlgorithmConfig, AlgorithmRunner, AlgorithmSnapshot, Amendment, Bar, Config, Duration,
    Execution, ExecutionAlgorithm, Instrument, MarketFeed, Money, OpenOrder, OrderChange,
    OrderEvent, OrderId, OrderStatus, ParentOrder, Price, Quantity, Quote, SavedState, Side, Tag,
    TimeInForce, Timestamp, Trade,
};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The code by which children that are more than their parent are denied.
const CHILD_WITHIN_PARENT: u8 = 30;

/// An instrument, a parent and parameters for [`AlgorithmHarness`].
#[derive(Debug, Clone)]
pub struct AlgorithmSetup {
    instrument: Instrument,
    parent: ParentOrder,
    parameters: BTreeMap<String, String>,
    quote: Option<(Price, Price)>,
    fills: bool,
}

impl AlgorithmSetup {
    /// A parent on an instrument, at any price, good till cancelled.
    pub fn new(instrument: Instrument, side: Side, how_much: &str) -> Self {
        Self {
            instrument,
            parent: ParentOrder {
                order: OrderId::new(1_000),
                side,
                quantity: quantity(how_much),
                filled: Quantity::ZERO,
                limit_price: None,
                time_in_force: TimeInForce::Gtc,
                tag: Tag::NONE,
            },
            parameters: BTreeMap::new(),
            quote: None,
            fills: false,
        }
    }

    /// Gives the parent a limit price.
    #[must_use]
    pub fn limit(mut self, limit: &str) -> Self {
        self.parent.limit_price = Some(price(limit));
        self
    }

    /// Gives the parent another life time.
    #[must_use]
    pub fn time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.parent.time_in_force = time_in_force;
        self
    }

    /// Sets a parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Display) -> Self {
        self.parameters.insert(name.to_owned(), value.to_string());
        self
    }

    /// What the market is when the algorithm starts.
    #[must_use]
    pub fn quote(mut self, bid: &str, ask: &str) -> Self {
        self.quote = Some((price(bid), price(ask)));
        self
    }

    /// Lets children fill by the market; without it the test does.
    #[must_use]
    pub fn fills(mut self) -> Self {
        self.fills = true;
        self
    }

    /// Makes the algorithm and starts it. The error is what the algorithm, or the check of its
    /// parameters, said.
    pub fn start<A: ExecutionAlgorithm>(self) -> Result<AlgorithmHarness<A>, String> {
        let mut desk = Desk {
            now: BEGIN,
            ..Desk::default()
        };
        let instruments = vec![self.instrument.clone()];
        let parameters = Config::new("test", instruments, self.parameters.clone());
        let config = AlgorithmConfig {
            parent: self.parent,
            instrument: self.instrument.clone(),
            parameters: parameters.checked(&A::describe())?,
        };
        let runner = AlgorithmRunner::new(&config, &mut desk)?;
        let mut harness = AlgorithmHarness {
            market: self.quote,
            parent: self.parent,
            setup: self,
            runner,
            desk,
        };
        harness.begin();
        Ok(harness)
    }
}

/// An algorithm under test. Market data reaches it only if it asked for it, as with a real host.
#[derive(Debug)]
pub struct AlgorithmHarness<A> {
    setup: AlgorithmSetup,
    runner: AlgorithmRunner<A>,
    desk: Desk,
    parent: ParentOrder,
    market: Option<(Price, Price)>,
}

impl<A: ExecutionAlgorithm> AlgorithmHarness<A> {
    fn begin(&mut self) {
        let quote = self.market.map(|(bid, ask)| self.quote_of(bid, ask));
        let open = self.desk.children.iter();
        let open = open.filter(|sent| !sent.status.is_closed());
        let snapshot = AlgorithmSnapshot {
            now: self.desk.now,
            parent: self.parent,
            children: open.map(|sent| self.open_order(sent)).collect(),
            quote,
            last: None,
        };
        self.runner.on_start(&snapshot, &mut self.desk);
        self.settle();
    }

    /// Goes on with a new instance, perhaps of another type, that takes over state and children.
    pub fn take_over<B: ExecutionAlgorithm>(self) -> Result<AlgorithmHarness<B>, String> {
        let state = self.runner.save();
        let mut harness = self.setup.start::<B>()?;
        harness.runner.load(state)?;
        harness.desk.children = self.desk.children;
        (harness.desk.now, harness.parent) = (self.desk.now, self.parent);
        (harness.market, harness.desk.timers) = (self.market, self.desk.timers);
        harness.begin();
        Ok(harness)
    }

    /// A quote, a millisecond after the event before.
    pub fn quote(&mut self, bid: &str, ask: &str) {
        self.pass(Duration::from_millis(1));
        let (bid, ask) = (price(bid), price(ask));
        self.market = Some((bid, ask));
        self.match_all();
        if self.desk.feeds.contains(&MarketFeed::Quotes) {
            let quote = self.quote_of(bid, ask);
            self.runner.on_quote(&quote, &mut self.desk);
            self.settle();
        }
    }

    /// A trade between others, a millisecond after the event before.
    pub fn trade(&mut self, at: &str, size: &str) {
        self.pass(Duration::from_millis(1));
        let trade = Trade {
            instrument: self.setup.instrument.id,
            price: price(at),
            size: quantity(size),
            aggressor: None,
            ts_event: self.desk.now,
            ts_init: self.desk.now,
        };
        if self.desk.feeds.contains(&MarketFeed::Trades) {
            self.runner.on_trade(&trade, &mut self.desk);
            self.settle();
        }
    }

    /// A finished bar, as it stands.
    pub fn send_bar(&mut self, bar: &Bar) {
        if self.desk.feeds.contains(&MarketFeed::Bars(bar.spec)) {
            self.runner.on_bar(bar, &mut self.desk);
            self.settle();
        }
    }

    /// Lets time pass: timers that come due fire, each at its moment.
    pub fn pass(&mut self, duration: Duration) {
        let until = self.desk.now + duration;
        loop {
            let timers = self.desk.timers.iter().map(|(id, due)| (*due, *id));
            let Some((due, id)) = timers.min().filter(|(due, _)| *due <= until) else {
                break;
            };
            self.desk.now = self.desk.now.max(due);
            self.desk.timers.remove(&id);
            self.runner.on_timer(id, due, &mut self.desk);
            self.settle();
        }
        self.desk.now = until;
    }

    /// Fills part or all of a child.
    pub fn fill(&mut self, id: OrderId, how_much: &str, at: &str) {
        self.fill_child(id, quantity(how_much), price(at));
        self.settle();
    }

    /// The venue rejects a child.
    pub fn reject(&mut self, id: OrderId) {
        self.change(id, OrderStatus::Rejected, OrderChange::Rejected);
        self.settle();
    }

    /// The parent is amended.
    pub fn amend(&mut self, how_much: &str, limit: Option<&str>) {
        self.parent.quantity = quantity(how_much);
        self.parent.limit_price = limit.map(price);
        let (quantity, limit) = (self.parent.quantity, self.parent.limit_price);
        self.runner.on_amended(quantity, limit, &mut self.desk);
        self.settle();
    }

    /// The parent is cancelled: the algorithm is told, and its children are withdrawn.
    pub fn end(&mut self) {
        self.runner.on_ending(&mut self.desk);
        let open: Vec<_> = self.open_children().iter().map(|sent| sent.id).collect();
        for id in open {
            self.desk.asked.push_back(Asked::Cancel(id));
        }
        self.settle();
    }

    /// Every child sent, oldest first.
    pub fn children(&self) -> &[SentChild] {
        &self.desk.children
    }

    /// The children that are not closed, oldest first.
    pub fn open_children(&self) -> Vec<SentChild> {
        let open = self.desk.children.iter();
        open.filter(|sent| !sent.status.is_closed())
            .copied()
            .collect()
    }

    /// The quantities of all children sent, oldest first, as text.
    pub fn quantities(&self) -> Vec<String> {
        let sent = self.desk.children.iter();
        sent.map(|sent| sent.child.quantity.to_string()).collect()
    }

    /// What is filled of the parent.
    pub fn filled(&self) -> Quantity {
        self.parent.filled
    }

    /// Whether the algorithm said that it sends no more.
    pub fn is_done(&self) -> bool {
        self.desk.done
    }

    /// What the algorithm wrote to its log.
    pub fn log(&self) -> &[LogLine] {
        &self.desk.log
    }

    /// The timers that are set, with their times.
    pub fn timers(&self) -> &BTreeMap<u64, Timestamp> {
        &self.desk.timers
    }

    /// The algorithm itself.
    pub fn algorithm(&self) -> &A {
        self.runner.algorithm()
    }

    /// Its state as it would be saved now.
    pub fn save(&self) -> SavedState {
        self.runner.save()
    }

    /// Time of the latest event.
    pub fn now(&self) -> Timestamp {
        self.desk.now
    }

    /// Works off what was asked for, and what comes of it.
    fn settle(&mut self) {
        while let Some(asked) = self.desk.asked.pop_front() {
            match asked {
                Asked::Submit(id) => self.take(id),
                Asked::Modify(id, amendment) => self.amend_child(id, amendment),
                Asked::Cancel(id) => self.change(id, OrderStatus::Canceled, OrderChange::Canceled),
            }
        }
    }

    fn take(&mut self, id: OrderId) {
        let open = self.desk.children.iter();
        let open = open.filter(|sent| !sent.status.is_closed());
        let wanted: u128 = open.map(|sent| u128::from(sent.remaining().raw())).sum();
        if wanted > u128::from(self.parent.remaining().raw()) {
            let change = OrderChange::Denied(CHILD_WITHIN_PARENT);
            return self.change(id, OrderStatus::Denied, change);
        }
        self.change(id, OrderStatus::Accepted, OrderChange::Accepted);
        self.match_child(id);
        let sent = self.find(id);
        let left = sent.filter(|sent| !sent.status.is_closed());
        let rests = left.is_none_or(|sent| {
            let at_once = matches!(
                sent.child.time_in_force,
                TimeInForce::Ioc | TimeInForce::Fok
            );
            !(at_once && self.setup.fills)
        });
        if !rests {
            self.change(id, OrderStatus::Canceled, OrderChange::Canceled);
        }
    }

    fn amend_child(&mut self, id: OrderId, amendment: Amendment) {
        let Some(sent) = self.find_mut(id).filter(|sent| !sent.status.is_closed()) else {
            return;
        };
        sent.child.quantity = amendment.quantity.unwrap_or(sent.child.quantity);
        if let Some(limit) = amendment.price {
            sent.child.kind = sent.child.kind.with_price(limit);
        }
        let (status, price) = (sent.status, sent.child.kind.price());
        let change = OrderChange::Updated {
            price,
            trigger: None,
        };
        self.change(id, status, change);
        self.match_child(id);
    }

    fn match_all(&mut self) {
        let open: Vec<_> = self.open_children().iter().map(|sent| sent.id).collect();
        open.into_iter().for_each(|id| self.match_child(id));
        self.settle();
    }

    /// Fills a child that the market satisfies.
    fn match_child(&mut self, id: OrderId) {
        let (Some((bid, ask)), true) = (self.market, self.setup.fills) else {
            return;
        };
        let touch = match self.parent.side {
            Side::Buy => ask,
            Side::Sell => bid,
        };
        let Some(sent) = self.find(id).filter(|sent| !sent.status.is_closed()) else {
            return;
        };
        let within = sent
            .child
            .kind
            .price()
            .is_none_or(|limit| match self.parent.side {
                Side::Buy => touch <= limit,
                Side::Sell => touch >= limit,
            });
        if within && !sent.child.post_only {
            self.fill_child(id, sent.remaining(), touch);
        }
    }

    fn fill_child(&mut self, id: OrderId, quantity: Quantity, at: Price) {
        let Some(sent) = self.find_mut(id) else {
            panic!("there is no child {id}");
        };
        sent.filled = sent.filled + quantity;
        let whole = sent.remaining().is_zero();
        let status = match whole {
            true => OrderStatus::Filled,
            false => OrderStatus::PartiallyFilled,
        };
        self.parent.filled = self.parent.filled + quantity;
        let execution = Execution {
            price: at,
            quantity,
            fee: Money::ZERO,
            maker: false,
            position: None,
        };
        self.change(id, status, OrderChange::Filled(execution));
    }

    /// Tells the algorithm of a change of a child that is not closed.
    fn change(&mut self, id: OrderId, status: OrderStatus, change: OrderChange) {
        let (instrument, side, ts_event) =
            (self.setup.instrument.id, self.parent.side, self.desk.now);
        let Some(sent) = self.find_mut(id).filter(|sent| !sent.status.is_closed()) else {
            return;
        };
        sent.status = status;
        let event = OrderEvent {
            order: id,
            instrument,
            change,
            status,
            side,
            quantity: sent.child.quantity,
            filled: sent.filled,
            ts_event,
        };
        self.runner.on_child_event(&event, &mut self.desk);
    }

    fn find(&self, id: OrderId) -> Option<SentChild> {
        self.desk
            .children
            .iter()
            .find(|sent| sent.id == id)
            .copied()
    }

    fn find_mut(&mut self, id: OrderId) -> Option<&mut SentChild> {
        self.desk.children.iter_mut().find(|sent| sent.id == id)
    }

    fn open_order(&self, sent: &SentChild) -> OpenOrder {
        OpenOrder {
            order: sent.id,
            instrument: self.setup.instrument.id,
            side: self.parent.side,
            quantity: sent.child.quantity,
            filled: sent.filled,
            limit_price: sent.child.kind.price(),
            trigger_price: None,
            status: sent.status,
            tag: sent.child.tag,
            list: None,
            position: None,
        }
    }

    fn quote_of(&self, bid: Price, ask: Price) -> Quote {
        Quote {
            instrument: self.setup.instrument.id,
            bid,
            ask,
            bid_size: Quantity::whole(1_000_000),
            ask_size: Quantity::whole(1_000_000),
            ts_event: self.desk.now,
            ts_init: self.desk.now,
        }
    }
}
