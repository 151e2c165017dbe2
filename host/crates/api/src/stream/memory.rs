//! The latest updates of complete channels, for clients that come back.

use super::event::{Charge, Event};
use super::subscriptions::is_complete;
use crate::dto::stream::Channel;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What was heard last. Sequences count up by one, so that a loss shows.
#[derive(Debug)]
pub(super) struct Memory {
    /// Sequence of the latest update that was heard.
    head: u64,
    /// Every update of a complete channel after this is known, but for what rings have dropped.
    since: u64,
    rings: BTreeMap<Channel, Ring>,
    /// Most updates of a channel.
    most: usize,
    /// Most bytes of a channel.
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Ring {
    /// Sequence of the latest update that was dropped.
    since: u64,
    oldest_first: VecDeque<Arc<Event>>,
    bytes: Arc<AtomicUsize>,
}

impl Memory {
    /// Of what comes after `head`.
    pub(super) fn new(head: u64, most: usize, most_bytes: usize) -> Self {
        Self {
            head,
            since: head,
            rings: BTreeMap::new(),
            most,
            most_bytes,
        }
    }

    /// Sequence of the latest update that was heard.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// What an event of a channel is charged to; nothing where it is not remembered.
    pub(super) fn charge(&mut self, channel: Channel) -> Option<Charge> {
        is_complete(channel)
            .then(|| Charge::new(self.rings.entry(channel).or_default().bytes.clone()))
    }

    /// The next update was heard. `false` when it is from before the beginning.
    pub(super) fn advance(&mut self, sequence: u64) -> bool {
        self.advance_after(sequence.saturating_sub(1), sequence)
    }

    /// The same of one that follows another with nothing that is told in between.
    pub(super) fn advance_after(&mut self, previous: u64, sequence: u64) -> bool {
        if sequence <= self.head {
            return false;
        }
        if previous > self.head {
            self.lose(previous - self.head);
        }
        self.head = sequence;
        true
    }

    /// So many updates were not heard.
    pub(super) fn lose(&mut self, missed: u64) {
        self.head = self.head.saturating_add(missed);
        self.since = self.head;
        for ring in self.rings.values_mut() {
            for event in ring.oldest_first.drain(..) {
                event.forgotten();
            }
        }
    }

    /// Remembers an event of the update that was heard last, if it is of a complete channel.
    pub(super) fn take(&mut self, event: &Arc<Event>) {
        let ring = self.rings.entry(event.channel()).or_default();
        if !is_complete(event.channel()) {
            // Of those nothing is remembered but that it was told.
            ring.since = event.sequence();
            return;
        }
        ring.oldest_first.push_back(event.clone());
        while ring.oldest_first.len() > self.most
            || ring.bytes.load(Ordering::Relaxed) > self.most_bytes
        {
            let Some(oldest) = ring.oldest_first.pop_front() else {
                break;
            };
            // Others may hold it for long: a connection that hears nothing for a while.
            oldest.forgotten();
            ring.since = oldest.sequence();
        }
    }

    /// Whether everything of a channel after a sequence is here.
    pub(super) fn reaches(&self, channel: Channel, sequence: u64) -> bool {
        let dropped = self.rings.get(&channel).map_or(0, |ring| ring.since);
        sequence >= self.since.max(dropped)
    }

    /// Whether the update of a sequence is the latest that was told on a channel.
    pub(super) fn has(&self, channel: Channel, sequence: u64) -> bool {
        let ring = self.rings.get(&channel);
        let last = ring.map(|ring| match ring.oldest_first.back() {
            Some(event) => event.sequence(),
            None => ring.since,
        });
        last == Some(sequence)
    }

    /// At most so many events of a channel after a sequence and up to another, the oldest first; `None`
    /// when not all are here.
    pub(super) fn between(
        &self,
        channel: Channel,
        (after, up_to): (u64, u64),
        wanted: impl Fn(&Event) -> bool,
        most: usize,
    ) -> Option<Vec<Arc<Event>>> {
        if !self.reaches(channel, after) {
            return None;
        }
        let Some(ring) = self.rings.get(&channel) else {
            return Some(Vec::new());
        };
        let events = &ring.oldest_first;
        let first = events.partition_point(|event| event.sequence() <= after);
        let later = events.iter().skip(first);
        let later = later.take_while(|event| event.sequence() <= up_to);
        let wanted = later.filter(|event| wanted(event));
        Some(wanted.take(most).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::stream::ServerMessage;
    use crate::stream::encoding::Encoding;
    use model::Timestamp;
    use services::view::{Change, EngineView, Update};

    fn heard(memory: &mut Memory, sequence: u64) -> Arc<Event> {
        let change = Change::Engine(EngineView::default());
        let update = Arc::new(Update {
            sequence,
            time: Timestamp::ZERO,
            change,
        });
        let charge = memory.charge(Channel::Engine);
        let event = Arc::new(Event::new(Channel::Engine, update, charge));
        if memory.advance(sequence) {
            memory.take(&event);
        }
        event
    }

    #[track_caller]
    fn check(memory: &Memory, after: u64, up_to: u64, expect: Option<&[u64]>) {
        let found = memory.between(Channel::Engine, (after, up_to), |_| true, 3);
        let found: Option<Vec<_>> =
            found.map(|found| found.iter().map(|event| event.sequence()).collect());
        assert_eq!(found.as_deref(), expect, "after {after} up to {up_to}");
    }

    #[test]
    fn what_is_remembered_is_told_in_order_and_what_was_dropped_is_known() {
        let mut memory = Memory::new(10, 4, usize::MAX);
        check(&memory, 10, 99, Some(&[]));
        check(&memory, 9, 99, None);
        for sequence in 8..=15 {
            heard(&mut memory, sequence);
        }
        assert_eq!(memory.head(), 15);
        check(&memory, 11, 99, Some(&[12, 13, 14]));
        check(&memory, 13, 14, Some(&[14]));
        check(&memory, 15, 15, Some(&[]));
        check(&memory, 10, 99, None);
        assert!(memory.reaches(Channel::Fills, 10) && !memory.reaches(Channel::Fills, 9));
    }

    #[test]
    fn after_a_loss_nothing_older_is_told() {
        let mut memory = Memory::new(0, 9, usize::MAX);
        for sequence in [1, 2, 5, 6] {
            heard(&mut memory, sequence);
        }
        check(&memory, 2, 99, None);
        check(&memory, 4, 99, Some(&[5, 6]));
        memory.lose(2);
        assert_eq!(memory.head(), 8);
        check(&memory, 7, 99, None);
        heard(&mut memory, 9);
        check(&memory, 8, 99, Some(&[9]));
    }

    #[test]
    fn what_was_not_told_is_no_loss() {
        let mut memory = Memory::new(3, 9, usize::MAX);
        assert!(memory.advance_after(3, 7) && memory.reaches(Channel::Engine, 3));
        assert!(!memory.advance_after(3, 7));
        assert!(memory.advance_after(8, 9) && !memory.reaches(Channel::Engine, 7));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut memory = Memory::new(0, 1_000, 16 << 10);
        for sequence in 1..=1_000 {
            heard(&mut memory, sequence);
        }
        check(&memory, 999, 1_000, Some(&[1_000]));
        check(&memory, 900, 1_000, None);
    }

    #[test]
    fn who_holds_what_was_dropped_takes_nothing_of_the_memory() {
        let mut memory = Memory::new(0, 1_000, 16 << 10);
        let held: Vec<_> = (1..=1_000).map(|n| heard(&mut memory, n)).collect();
        check(&memory, 999, 1_000, Some(&[1_000]));
        check(&memory, 998, 1_000, Some(&[999, 1_000]));
        let bytes = memory.rings[&Channel::Engine].bytes.clone();
        let before = bytes.load(Ordering::Relaxed);
        assert!(before > 0);
        // Written after it was dropped.
        let body = Encoding::Json.body(&ServerMessage::Pong {
            id: None,
            sequence: 0,
        });
        held[0].body(Encoding::Json, |_| body);
        assert_eq!(bytes.load(Ordering::Relaxed), before);
        memory.lose(1);
        assert_eq!(bytes.load(Ordering::Relaxed), 0);
        drop(held);
        assert_eq!(bytes.load(Ordering::Relaxed), 0);
    }
}
