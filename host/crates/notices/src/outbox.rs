//! What waits for a sink: bounded, the oldest left out for the newest, and counted. Whoever puts
//! something in never waits.

use crate::notice::Notice;
use model::Timestamp;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after the end what waits is still tried.
const GRACE: Duration = Duration::from_secs(3);

/// A notice in the words of its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The same however often it is sent.
    pub(crate) id: String,
    pub(crate) notice: Notice,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// What became of messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    /// Given up.
    pub(crate) failed: u64,
    /// Left out because too many waited, or the host ended.
    pub(crate) dropped: u64,
    /// Not told because of quiet hours.
    pub(crate) hushed: u64,
    /// Why the latest attempt failed; nothing once one went well.
    pub(crate) error: Option<String>,
    /// The same, whatever came after it.
    pub(crate) last_error: Option<String>,
    /// When the latest was sent.
    pub(crate) last_sent: Option<Timestamp>,
}

/// What waits for a sink.
#[derive(Debug)]
pub(crate) struct Outbox {
    bound: usize,
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inside {
    waiting: VecDeque<Message>,
    /// Until when what waits is still tried, once it is to end.
    closing: Option<Instant>,
    tally: Tally,
}

impl Outbox {
    /// For so many messages at most.
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            bound: bound.max(1),
            inside: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Puts a message in; says whether an older one was left out for it.
    pub(crate) fn push(&self, message: Message) -> bool {
        let mut inside = self.inside();
        let is_full = inside.waiting.len() >= self.bound;
        if is_full {
            inside.waiting.pop_front();
            inside.tally.dropped += 1;
        }
        inside.waiting.push_back(message);
        drop(inside);
        self.changed.notify_all();
        is_full
    }

    /// Waits for the next message; nothing at the end.
    pub(crate) fn take(&self) -> Option<Message> {
        let mut inside = self.inside();
        loop {
            if inside.closing.is_some_and(|until| Instant::now() >= until) {
                let left = u64::try_from(inside.waiting.len()).unwrap_or(u64::MAX);
                inside.waiting.clear();
                inside.tally.dropped += left;
                return None;
            }
            if let Some(message) = inside.waiting.pop_front() {
                return Some(message);
            }
            if inside.closing.is_some() {
                return None;
            }
            let woken = self.changed.wait(inside);
            inside = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for so long, or until it is to end; says whether it is.
    pub(crate) fn rest(&self, wait: Duration) -> bool {
        let is_open = |inside: &mut Inside| inside.closing.is_none();
        let rested = self
            .changed
            .wait_timeout_while(self.inside(), wait, is_open);
        let (inside, _) = rested.unwrap_or_else(PoisonError::into_inner);
        inside.closing.is_some()
    }

    /// Has it end: what waits is tried once more, for a short time.
    pub(crate) fn close(&self) {
        self.inside().closing = Some(Instant::now() + GRACE);
        self.changed.notify_all();
    }

    /// Notes what became of a message.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Tally)) {
        note(&mut self.inside().tally);
    }

    /// How many wait, and what became of the others.
    pub(crate) fn tally(&self) -> (usize, Tally) {
        let inside = self.inside();
        (inside.waiting.len(), inside.tally.clone())
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::{Kind, Level};

    fn message(id: &str) -> Message {
        Message {
            id: id.to_owned(),
            notice: Notice {
                kind: Kind::Kill,
                state: "SET",
                level: Level::Critical,
                code: String::new(),
                scope: "firm".to_owned(),
                title: String::new(),
                text: String::new(),
                time: Timestamp::from_nanos(0),
                alert: None,
            },
            subject: String::new(),
            text: String::new(),
        }
    }

    #[test]
    fn the_oldest_is_left_out_for_the_newest_and_counted() {
        let outbox = Outbox::new(2);
        let left_out: Vec<_> = ["a", "b", "c", "d"]
            .map(|id| outbox.push(message(id)))
            .to_vec();
        assert_eq!(left_out, [false, false, true, true]);
        let (waiting, tally) = outbox.tally();
        assert_eq!((waiting, tally.dropped), (2, 2));
        assert_eq!(outbox.take().unwrap().id, "c");
    }

    #[test]
    fn at_the_end_what_waits_is_still_taken() {
        let outbox = Outbox::new(9);
        outbox.push(message("a"));
        assert!(!outbox.rest(Duration::ZERO));
        outbox.close();
        assert!(
            outbox.rest(Duration::from_secs(3_600)),
            "nobody waits for an hour"
        );
        assert_eq!(outbox.take().unwrap().id, "a");
        assert_eq!(outbox.take(), None);
    }
}
