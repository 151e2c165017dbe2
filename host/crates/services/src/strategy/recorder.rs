//! Events on their way from the engine thread to a candidate that catches up on a worker.
//!
//! The queue is bounded; when it is full recording stops and the swap fails with that reason. The
//! engine thread never waits for it.

use engine::Recorder;
use model::{Event, StartSnapshot, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

enum Recorded {
    Start(Timestamp, Box<StartSnapshot>),
    Event(Timestamp, Event),
}

/// What the queue holds next.
pub(crate) enum Next {
    /// The state to start from; always the first.
    Start(Timestamp, Box<StartSnapshot>),
    /// An event, with engine time.
    Event(Timestamp, Event),
    /// Nothing now.
    Empty,
    /// Nothing ever again: the engine gave the swap up.
    Ended,
    /// More waited than may wait.
    Overflowed(String),
}

#[derive(Debug, Default)]
struct Gauge {
    waiting: AtomicUsize,
    overflowed: AtomicBool,
}

/// The engine's end.
pub(crate) struct EventRecorder {
    to: Sender<Recorded>,
    gauge: Arc<Gauge>,
    bound: usize,
}

/// The candidate's end.
pub(crate) struct Backlog {
    from: Receiver<Recorded>,
    gauge: Arc<Gauge>,
    bound: usize,
}

/// Both ends of a queue of at most `bound` events.
pub(crate) fn recorder(bound: usize) -> (EventRecorder, Backlog) {
    let (to, from) = channel();
    let gauge = Arc::new(Gauge::default());
    (
        EventRecorder {
            to,
            gauge: Arc::clone(&gauge),
            bound,
        },
        Backlog { from, gauge, bound },
    )
}

impl EventRecorder {
    fn send(&self, recorded: Recorded) {
        if self.gauge.overflowed.load(Ordering::Relaxed) {
            return;
        }
        if self.gauge.waiting.fetch_add(1, Ordering::AcqRel) >= self.bound {
            self.gauge.overflowed.store(true, Ordering::Release);
            return;
        }
        // A candidate that is gone has ended its swap; the abort is on its way.
        let _gone = self.to.send(recorded);
    }
}

impl Recorder for EventRecorder {
    fn start(&mut self, now: Timestamp, snapshot: StartSnapshot) {
        self.send(Recorded::Start(now, Box::new(snapshot)));
    }

    fn record(&mut self, now: Timestamp, event: &Event) {
        self.send(Recorded::Event(now, event.clone()));
    }
}

impl Backlog {
    /// Events that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.gauge.waiting.load(Ordering::Acquire)
    }

    /// What is there now.
    pub(crate) fn try_next(&self) -> Next {
        match self.from.try_recv() {
            Ok(recorded) => self.took(recorded),
            Err(TryRecvError::Empty) => self.or_overflowed(Next::Empty),
            Err(TryRecvError::Disconnected) => self.or_overflowed(Next::Ended),
        }
    }

    /// What comes within `patience`.
    pub(crate) fn next(&self, patience: Duration) -> Next {
        match self.from.recv_timeout(patience) {
            Ok(recorded) => self.took(recorded),
            Err(RecvTimeoutError::Timeout) => self.or_overflowed(Next::Empty),
            Err(RecvTimeoutError::Disconnected) => self.or_overflowed(Next::Ended),
        }
    }

    fn took(&self, recorded: Recorded) -> Next {
        if self.gauge.overflowed.load(Ordering::Acquire) {
            return self.or_overflowed(Next::Empty);
        }
        self.gauge.waiting.fetch_sub(1, Ordering::AcqRel);
        match recorded {
            Recorded::Start(now, snapshot) => Next::Start(now, snapshot),
            Recorded::Event(now, event) => Next::Event(now, event),
        }
    }

    fn or_overflowed(&self, otherwise: Next) -> Next {
        if self.gauge.overflowed.load(Ordering::Acquire) {
            let bound = self.bound;
            Next::Overflowed(format!("more than {bound} events waited for the candidate"))
        } else {
            otherwise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(id: u64) -> Event {
        Event::Timer {
            id,
            due: Timestamp::ZERO,
        }
    }

    #[test]
    fn events_arrive_in_order_until_the_engine_gives_up() {
        let (mut recorder, backlog) = recorder(10);
        for id in 0..3 {
            recorder.record(Timestamp::ZERO, &timer(id));
        }
        drop(recorder);
        for expect in 0..3 {
            assert!(matches!(
                backlog.try_next(),
                Next::Event(_, Event::Timer { id, .. }) if id == expect
            ));
        }
        assert!(matches!(backlog.try_next(), Next::Ended));
        assert_eq!(backlog.waiting(), 0);
    }

    #[test]
    fn an_overflow_ends_the_swap_and_not_the_engine() {
        let (mut recorder, backlog) = recorder(2);
        for id in 0..100 {
            recorder.record(Timestamp::ZERO, &timer(id));
        }
        assert!(matches!(backlog.try_next(), Next::Overflowed(_)));
    }
}
