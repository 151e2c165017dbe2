//! An algorithm together with what is known of its parent and children. The WebAssembly exports and
//! the test harness drive an algorithm through this type, so the same calls have the same effects.

use super::{
    AlgorithmConfig, AlgorithmHost, AlgorithmSnapshot, ChildOrder, ExecutionAlgorithm, Feeds,
    ParentOrder, Work,
};
use crate::{
    Bar, InstrumentId, OrderChange, OrderEvent, OrderId, Portfolio, Price, Quantity, Quote,
    SavedState, Snapshot, StartReason, Timestamp, Trade,
};

/// Parent and children.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) parent: ParentOrder,
    pub(super) children: Portfolio,
    instrument: InstrumentId,
}

impl Book {
    pub(super) fn sent(&mut self, id: OrderId, child: &ChildOrder) {
        let order = child.as_order(self.instrument, self.parent.side);
        self.children.sent(id, &order, None);
    }

    fn start(&mut self, snapshot: &AlgorithmSnapshot) {
        self.parent = snapshot.parent;
        self.children.restore(&Snapshot {
            reason: StartReason::Fresh,
            now: snapshot.now,
            positions: Vec::new(),
            orders: snapshot.children.clone(),
        });
    }

    fn on_child_event(&mut self, event: &OrderEvent) {
        if let OrderChange::Filled(execution) = event.change {
            let filled = self.parent.filled.checked_add(execution.quantity);
            self.parent.filled = filled.unwrap_or(self.parent.quantity);
        }
        self.children.on_order_event(event);
    }
}

/// Owns an algorithm, and keeps up to date what it may know before each hook.
#[derive(Debug)]
pub struct AlgorithmRunner<A> {
    algorithm: A,
    book: Book,
}

impl<A: ExecutionAlgorithm> AlgorithmRunner<A> {
    /// Makes the algorithm for one parent.
    pub fn new(config: &AlgorithmConfig, host: &mut dyn AlgorithmHost) -> Result<Self, String> {
        Ok(Self {
            algorithm: A::new(config, &mut Feeds::new(host))?,
            book: Book {
                parent: config.parent,
                children: Portfolio::default(),
                instrument: config.instrument.id,
            },
        })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> &A {
        &self.algorithm
    }

    /// The parent, as the algorithm knows it.
    pub fn parent(&self) -> &ParentOrder {
        &self.book.parent
    }

    /// Lets it take over saved state.
    pub fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.algorithm.load(state)
    }

    /// Its state.
    pub fn save(&self) -> SavedState {
        self.algorithm.save()
    }

    /// Starts it.
    pub fn on_start(&mut self, snapshot: &AlgorithmSnapshot, host: &mut dyn AlgorithmHost) {
        self.book.start(snapshot);
        self.call(host, |algorithm, work| algorithm.on_start(snapshot, work));
    }

    /// Tells it of a quote.
    pub fn on_quote(&mut self, quote: &Quote, host: &mut dyn AlgorithmHost) {
        self.call(host, |algorithm, work| algorithm.on_quote(quote, work));
    }

    /// Tells it of a trade.
    pub fn on_trade(&mut self, trade: &Trade, host: &mut dyn AlgorithmHost) {
        self.call(host, |algorithm, work| algorithm.on_trade(trade, work));
    }

    /// Tells it of a bar.
    pub fn on_bar(&mut self, bar: &Bar, host: &mut dyn AlgorithmHost) {
        self.call(host, |algorithm, work| algorithm.on_bar(bar, work));
    }

    /// Wakes it.
    pub fn on_timer(&mut self, id: u64, due: Timestamp, host: &mut dyn AlgorithmHost) {
        self.call(host, |algorithm, work| algorithm.on_timer(id, due, work));
    }

    /// Tells it of a child.
    pub fn on_child_event(&mut self, event: &OrderEvent, host: &mut dyn AlgorithmHost) {
        self.book.on_child_event(event);
        self.call(host, |algorithm, work| {
            algorithm.on_child_event(event, work)
        });
    }

    /// Tells it that the parent is another one now.
    pub fn on_amended(
        &mut self,
        quantity: Quantity,
        limit_price: Option<Price>,
        host: &mut dyn AlgorithmHost,
    ) {
        self.book.parent.quantity = quantity;
        self.book.parent.limit_price = limit_price;
        self.call(host, A::on_amended);
    }

    /// Tells it that the parent ends.
    pub fn on_ending(&mut self, host: &mut dyn AlgorithmHost) {
        self.call(host, A::on_ending);
    }

    fn call(&mut self, host: &mut dyn AlgorithmHost, hook: impl FnOnce(&mut A, &mut Work<'_>)) {
        hook(&mut self.algorithm, &mut Work::new(host, &mut self.book));
    }
}
