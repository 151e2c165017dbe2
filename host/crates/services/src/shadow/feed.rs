//! From the engine's thread to a shadow: inputs as they are stepped, and what became of the orders of
//! the version that runs.
//!
//! The queue is bounded. When it is full nothing more is put into it, and the shadow ends with that
//! reason; the engine's thread never waits for it.

use engine::{Effect, Input, Sequenced};
use model::{StrategyId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How much is handed over at once, at most.
const BATCH: usize = 256;

/// What a shadow is told.
#[derive(Debug)]
pub(crate) enum Fed {
    /// An input, as a shadow sees it.
    Input(Sequenced<Input>),
    /// Something happened to the version that runs, while the input before was stepped.
    Running(Box<Effect>),
    /// The shadow is over, for this reason.
    Over(String),
}

/// What the queue holds next.
#[derive(Debug)]
pub(crate) enum Next {
    /// So much.
    Batch(Vec<Fed>),
    /// Nothing now.
    Nothing,
    /// Nothing ever again: the engine's thread is gone.
    Gone,
    /// More waited than may wait.
    Overflowed(String),
}

#[derive(Debug, Default)]
struct Gauge {
    waiting: AtomicUsize,
    overflowed: AtomicBool,
}

/// The engine's end.
#[derive(Debug)]
pub(crate) struct Feed {
    of: StrategyId,
    gathered: Vec<Fed>,
    to: Sender<Vec<Fed>>,
    gauge: Arc<Gauge>,
    bound: usize,
}

/// The shadow's end.
#[derive(Debug)]
pub(crate) struct Source {
    from: Receiver<Vec<Fed>>,
    gauge: Arc<Gauge>,
    bound: usize,
}

/// Both ends of a queue of at most `bound` inputs and events for the shadow of a strategy.
pub(crate) fn feed(of: StrategyId, bound: usize) -> (Feed, Source) {
    let (to, from) = channel();
    let gauge = Arc::new(Gauge::default());
    let source = Source {
        from,
        gauge: Arc::clone(&gauge),
        bound,
    };
    let feed = Feed {
        of,
        gathered: Vec::new(),
        to,
        gauge,
        bound,
    };
    (feed, source)
}

impl Feed {
    pub(crate) fn of(&self) -> StrategyId {
        self.of
    }

    /// An input is about to be stepped.
    pub(crate) fn input(&mut self, sequence: u64, time: Timestamp, input: &Input) {
        self.gather(Fed::Input(Sequenced {
            sequence,
            time,
            input: input.for_shadow(self.of),
        }));
    }

    /// Something came of it.
    pub(crate) fn effect(&mut self, effect: &Effect) {
        if concerns(effect, self.of) {
            self.gather(Fed::Running(Box::new(effect.clone())));
        }
    }

    /// Hands over what was gathered.
    pub(crate) fn flush(&mut self) {
        if self.gathered.is_empty() || self.gauge.overflowed.load(Ordering::Relaxed) {
            return self.gathered.clear();
        }
        let count = self.gathered.len();
        if self.gauge.waiting.fetch_add(count, Ordering::AcqRel) + count > self.bound {
            self.gauge.overflowed.store(true, Ordering::Release);
            return self.gathered.clear();
        }
        // A shadow that is gone has said so; its end is on its way.
        let _gone = self.to.send(std::mem::take(&mut self.gathered));
    }

    /// The shadow is over.
    pub(crate) fn end(mut self, reason: String) {
        self.gathered.push(Fed::Over(reason));
        self.flush();
    }

    fn gather(&mut self, fed: Fed) {
        self.gathered.push(fed);
        if self.gathered.len() >= BATCH {
            self.flush();
        }
    }
}

fn concerns(effect: &Effect, of: StrategyId) -> bool {
    match effect {
        Effect::Order(update, order) => update.strategy == of && order.parent.is_none(),
        Effect::Fill(fill) => fill.strategy == of,
        Effect::Position(update) => update.strategy == of && update.position.is_none(),
        Effect::Fault(id, _) => *id == of,
        _ => false,
    }
}

impl Source {
    /// What waits.
    pub(crate) fn waiting(&self) -> usize {
        self.gauge.waiting.load(Ordering::Acquire)
    }

    /// What comes within `patience`.
    pub(crate) fn next(&self, patience: Duration) -> Next {
        if self.gauge.overflowed.load(Ordering::Acquire) {
            let bound = self.bound;
            return Next::Overflowed(format!("more than {bound} events waited for it"));
        }
        match self.from.recv_timeout(patience) {
            Ok(batch) => {
                self.gauge.waiting.fetch_sub(batch.len(), Ordering::AcqRel);
                Next::Batch(batch)
            }
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::StrategyState;
    use model::{Fault, FaultKind};

    const OWN: StrategyId = StrategyId::new(3);

    fn clock(feed: &mut Feed, sequence: u64) {
        feed.input(sequence, Timestamp::from_nanos(sequence), &Input::Clock);
    }

    fn fault(strategy: StrategyId) -> Effect {
        let kind = FaultKind::Trap;
        let message = String::new();
        Effect::Fault(strategy, Fault { kind, message })
    }

    #[test]
    fn what_concerns_it_arrives_in_order() {
        let (mut feed, source) = feed(OWN, 100);
        clock(&mut feed, 1);
        feed.effect(&fault(OWN));
        feed.effect(&fault(StrategyId::new(4)));
        feed.effect(&Effect::Strategy(OWN, StrategyState::Error));
        assert!(matches!(source.next(Duration::ZERO), Next::Nothing));
        feed.end("enough".to_owned());
        let Next::Batch(batch) = source.next(Duration::ZERO) else {
            panic!("nothing came");
        };
        assert!(matches!(
            &batch[..],
            [Fed::Input(_), Fed::Running(_), Fed::Over(reason)] if reason == "enough"
        ));
        assert!(matches!(source.next(Duration::ZERO), Next::Gone));
        assert_eq!(source.waiting(), 0);
    }

    #[test]
    fn too_much_ends_it_and_nobody_waits() {
        let (mut feed, source) = feed(OWN, 300);
        (1..=10_000).for_each(|n| clock(&mut feed, n));
        feed.flush();
        assert!(matches!(source.next(Duration::ZERO), Next::Overflowed(_)));
    }
}
