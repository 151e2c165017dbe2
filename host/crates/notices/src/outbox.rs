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
    /// How often it was tried.
    pub(crate) attempts: u32,
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
    /// Whether what is left at the end is kept elsewhere.
    keeps: bool,
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inside {
    waiting: VecDeque<Message>,
    /// What is being sent.
    in_hand: Option<Message>,
    /// What was tried at the end in vain, and is kept.
    left: Vec<Message>,
    /// Counts what changes these three.
    changes: u64,
    /// Until when what waits is still tried, once it is to end.
    closing: Option<Instant>,
    tally: Tally,
}

impl Outbox {
    /// For so many messages at most; `keeps` where what is left at the end is kept elsewhere.
    pub(crate) fn new(bound: usize, keeps: bool) -> Self {
        Self {
            bound: bound.max(1),
            keeps,
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
        inside.changes += 1;
        drop(inside);
        self.changed.notify_all();
        is_full
    }

    /// Waits for the next message; nothing at the end.
    pub(crate) fn take(&self) -> Option<Message> {
        let mut inside = self.inside();
        loop {
            if inside.closing.is_some_and(|until| Instant::now() >= until) {
                if !self.keeps {
                    let left = u64::try_from(inside.waiting.len()).unwrap_or(u64::MAX);
                    inside.waiting.clear();
                    inside.tally.dropped += left;
                }
                return None;
            }
            if let Some(message) = inside.waiting.pop_front() {
                inside.in_hand = Some(message.clone());
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

    /// What was taken was tried so often by now.
    pub(crate) fn tried(&self, attempts: u32) {
        let mut inside = self.inside();
        inside.changes += 1;
        if let Some(message) = &mut inside.in_hand {
            message.attempts = attempts;
        }
    }

    /// Nothing more is to be done about what was taken.
    pub(crate) fn done(&self) {
        let mut inside = self.inside();
        inside.changes += 1;
        inside.in_hand = None;
    }

    /// Leaves what was taken to whoever comes after; says whether that is possible.
    pub(crate) fn leave(&self) -> bool {
        let mut inside = self.inside();
        if self.keeps {
            let left = inside.in_hand.take();
            inside.left.extend(left);
        }
        self.keeps
    }

    /// How many changes there were of what is not sent.
    pub(crate) fn changes(&self) -> u64 {
        self.inside().changes
    }

    /// What is not sent, the oldest first.
    pub(crate) fn unsent(&self) -> Vec<Message> {
        let inside = self.inside();
        let before = inside.left.iter().chain(&inside.in_hand);
        before.chain(&inside.waiting).cloned().collect()
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
            attempts: 0,
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
        let outbox = Outbox::new(2, false);
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
        let outbox = Outbox::new(9, false);
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

    #[test]
    fn what_is_not_sent_is_known_with_what_is_in_hand_and_what_was_left() {
        let outbox = Outbox::new(9, true);
        for id in ["a", "b", "c"] {
            outbox.push(message(id));
        }
        let ids = || -> Vec<String> { outbox.unsent().into_iter().map(|it| it.id).collect() };
        outbox.take().unwrap();
        outbox.tried(4);
        assert_eq!(outbox.unsent()[0].attempts, 4);
        assert!(outbox.leave());
        outbox.take().unwrap();
        assert_eq!(ids(), ["a", "b", "c"]);
        let before = outbox.changes();
        outbox.done();
        assert_eq!(ids(), ["a", "c"]);
        assert!(outbox.changes() > before);
    }
}
