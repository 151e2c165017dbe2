//! The way from the engine thread to the projection: one bounded queue for what must not be lost,
//! one slot per instrument for prices.
//!
//! * Private changes (orders, fills, positions, balances, strategies) and bars are never dropped:
//!   when more than the bound wait, the engine thread waits for the projection, which does nothing
//!   but memory work and so is only ever behind for moments.
//! * Quotes are conflated: a newer one replaces the one that waits, and the loss is counted. So are order books, of
//!   which nothing is counted: each batch that leaves a book leaves a mark, too.

use crate::metrics::MetricsView;
use crate::metrics::sampler::Moved;
use crate::metrics::worker::Verdict;
use crate::shadow::ShadowView;
use crate::sync::lock;
use crate::view::{BuildView, CareNews, EngineState, PipelineView, PluginView};
use engine::{Definition, Effect, LimitScope, TradingState};
use model::{BookView, InstrumentId, Price, Quote, Rate, Strategy, StrategyId, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A change that is never dropped.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all are effects; a box would cost an allocation for each"
)]
pub(crate) enum Item {
    /// The engine changed something while handling the input with this sequence.
    Effect(Timestamp, u64, Effect),
    /// Something was set up.
    Defined(Timestamp, Box<Definition>),
    /// A strategy has this plugin now.
    Plugin(Timestamp, StrategyId, Box<PluginView>),
    /// The limits of a scope are multiplied by this from now on.
    Scaled(LimitScope, Rate),
    /// A regime set the factor of a scope.
    Regime(LimitScope, String, Rate),
    /// Somebody of this name saw the alert with this id.
    Acknowledged(u64, String),
    /// A tick of engine time, and the marks of what had data since the last one.
    Sample(Timestamp, Moved),
    /// Risk metrics, and what their limits say of them.
    Metrics(Arc<MetricsView>, Vec<Verdict>),
    /// Another version of a strategy trades beside it.
    Shadow(Timestamp, StrategyId, Box<ShadowView>),
    /// What became of a build for a strategy.
    Build(StrategyId, Box<BuildView>),
    /// Where a run of a strategy's pipeline is.
    Pipeline(StrategyId, Box<PipelineView>),
    /// Something about a strategy that broke.
    Care(StrategyId, CareNews),
    /// How far a swap is; `None` when it ended.
    SwapProgress(StrategyId, Option<&'static str>),
    /// Where the host is.
    State(EngineState),
    /// An instance to be dropped off the engine thread.
    Retired(Box<dyn Strategy>),
}

/// The latest prices of an instrument, and whether it is halted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    pub(crate) quote: Option<Quote>,
    pub(crate) last: Option<Price>,
    /// The venue's own.
    pub(crate) mark: Option<Price>,
    pub(crate) index: Option<Price>,
    pub(crate) halted: bool,
}

/// The order book of an instrument; `None` when it is not known any more.
pub(crate) type Book = (InstrumentId, Option<Arc<BookView>>);

/// The engine in a few numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) time: Timestamp,
    pub(crate) sequence: u64,
    pub(crate) ignored: u64,
    pub(crate) trading_state: TradingState,
    pub(crate) killed: bool,
}

/// All that waits for the projection.
#[derive(Default)]
pub(crate) struct Parcel {
    pub(crate) items: Vec<Item>,
    pub(crate) marks: BTreeMap<InstrumentId, Mark>,
    pub(crate) books: BTreeMap<InstrumentId, Option<Arc<BookView>>>,
    pub(crate) numbers: Option<Numbers>,
    /// Pushes and notes up to here are in this parcel or were in earlier ones.
    pub(crate) up_to: u64,
}

/// The queue.
pub(crate) struct Outlet {
    state: Mutex<State>,
    arrived: Condvar,
    room: Condvar,
    bound: usize,
    conflated: AtomicU64,
}

#[derive(Default)]
struct State {
    parcel: Parcel,
    /// Pushes and notes so far.
    pushed: u64,
    closed: bool,
}

impl Outlet {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            room: Condvar::new(),
            bound: bound.max(1),
            conflated: AtomicU64::new(0),
        }
    }

    /// Prices that were replaced before the projection saw them.
    pub(crate) fn conflated(&self) -> u64 {
        self.conflated.load(Ordering::Relaxed)
    }

    /// Changes that wait, and how many may before the engine's thread waits with them.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (lock(&self.state).parcel.items.len(), self.bound)
    }

    /// Pushes and notes so far; what readers are shown is compared with it.
    pub(crate) fn pushed(&self) -> u64 {
        lock(&self.state).pushed
    }

    /// Hands over what one batch of inputs changed. Waits while more than the bound is waiting.
    pub(crate) fn push(
        &self,
        items: &mut Vec<Item>,
        marks: &[(InstrumentId, Mark)],
        numbers: Numbers,
    ) {
        let mut state = lock(&self.state);
        while !state.closed && !items.is_empty() && state.parcel.items.len() >= self.bound {
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return items.clear();
        }
        for (instrument, mark) in marks {
            if state.parcel.marks.insert(*instrument, *mark).is_some() {
                self.conflated.fetch_add(1, Ordering::Relaxed);
            }
        }
        state.parcel.numbers = Some(numbers);
        state.pushed += 1;
        // Prices alone wait for the projection's own rhythm: no wake-up for each quote.
        let urgent = !items.is_empty();
        state.parcel.items.append(items);
        drop(state);
        if urgent {
            self.arrived.notify_one();
        }
    }

    /// Hands over order books, each in place of the one that waits. They are shown with the batch that is pushed next
    /// at the latest.
    pub(crate) fn show_books(&self, books: &mut Vec<Book>) {
        if books.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        if state.closed {
            return books.clear();
        }
        state.parcel.books.extend(books.drain(..));
    }

    /// Adds one change from elsewhere than the engine thread.
    pub(crate) fn note(&self, item: Item) {
        let mut state = lock(&self.state);
        if !state.closed {
            state.parcel.items.push(item);
            state.pushed += 1;
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// Takes all that waits; waits itself up to `patience` for a private change. `None` once the
    /// outlet is closed and empty.
    pub(crate) fn take(&self, patience: Duration) -> Option<Parcel> {
        let state = lock(&self.state);
        let waited = self.arrived.wait_timeout_while(state, patience, |state| {
            state.parcel.items.is_empty() && !state.closed
        });
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut parcel = std::mem::take(&mut state.parcel);
        parcel.up_to = state.pushed;
        let over = state.closed && parcel.items.is_empty() && parcel.numbers.is_none();
        drop(state);
        self.room.notify_all();
        if over { None } else { Some(parcel) }
    }

    /// Ends it: what waits can still be taken, nothing is added.
    pub(crate) fn close(&self) {
        lock(&self.state).closed = true;
        self.arrived.notify_all();
        self.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(raw: i64) -> (InstrumentId, Mark) {
        let last = Some(Price::from_raw(raw));
        let mark = Mark {
            last,
            ..Mark::default()
        };
        (InstrumentId::new(0), mark)
    }

    fn state() -> Vec<Item> {
        vec![Item::State(EngineState::Running)]
    }

    #[test]
    fn prices_are_conflated_and_changes_are_not() {
        let outlet = Outlet::new(10);
        outlet.push(&mut state(), &[mark(1), mark(2)], Numbers::default());
        outlet.push(&mut state(), &[mark(3)], Numbers::default());
        let parcel = outlet.take(Duration::ZERO).unwrap();
        assert_eq!((parcel.items.len(), outlet.conflated()), (2, 2));
        assert_eq!(parcel.marks.get(&mark(0).0), Some(&mark(3).1));
    }

    #[test]
    fn of_order_books_the_latest_is_taken() {
        let outlet = Outlet::new(10);
        let id = InstrumentId::new(0);
        let book = |nanos| {
            let at = Timestamp::from_nanos(nanos);
            Some(Arc::new(BookView {
                instrument: id,
                bids: Vec::new(),
                asks: Vec::new(),
                ts_event: at,
                ts_init: at,
            }))
        };
        outlet.show_books(&mut vec![(id, None), (id, book(1))]);
        outlet.show_books(&mut vec![(id, book(2))]);
        outlet.push(&mut state(), &[], Numbers::default());
        let parcel = outlet.take(Duration::ZERO).unwrap();
        assert_eq!(
            parcel.books.into_iter().collect::<Vec<_>>(),
            [(id, book(2))]
        );
        outlet.push(&mut state(), &[], Numbers::default());
        assert!(outlet.take(Duration::ZERO).unwrap().books.is_empty());
        outlet.close();
        let mut late = vec![(id, book(3))];
        outlet.show_books(&mut late);
        assert!(late.is_empty());
    }

    #[test]
    fn a_full_outlet_makes_the_engine_wait_until_taken() {
        let outlet = Outlet::new(1);
        let taken = std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..100 {
                    outlet.push(&mut state(), &[], Numbers::default());
                }
                outlet.close();
            });
            let mut taken = 0;
            while let Some(parcel) = outlet.take(Duration::from_millis(100)) {
                assert!(parcel.items.len() <= 1);
                taken += parcel.items.len();
            }
            taken
        });
        assert_eq!(taken, 100);
    }

    #[test]
    fn a_reader_that_is_gone_holds_nobody_up() {
        let outlet = Outlet::new(1);
        outlet.close();
        for _ in 0..3 {
            outlet.push(&mut state(), &[], Numbers::default());
        }
        assert!(outlet.take(Duration::ZERO).is_none());
    }
}
