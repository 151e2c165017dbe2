//! Where connections are told what happens: all of them at once, with a memory of the latest.

use super::event::{Charge, Event, Place};
use super::memory::Memory;
use super::snapshot::Picture;
use crate::dto::stream::Channel;
use crate::state::StreamSettings;
use crate::stream::encoding::Body;
use crate::stream::subscriptions::{Key, is_beside};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// How many events wait for a connection that is behind.
const HEARD: usize = 8_192;

/// What a connection is told.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// A change.
    Event(Arc<Event>),
    /// So many updates were lost before anybody here heard them.
    Lost(u64),
    /// A channel as it is, which somebody asked another process for.
    Picture(Key, Arc<Picture>),
    /// The host is gone.
    Ended,
}

/// What a connection hears.
pub(super) type Hearing = broadcast::Receiver<Heard>;

/// What all connections hear, and what is remembered of it.
pub(super) struct Hall {
    memory: Mutex<Memory>,
    sender: broadcast::Sender<Heard>,
    /// Whether the host is gone. Changed and read under the lock of the memory.
    ended: AtomicBool,
}

impl Hall {
    /// For what comes after `head`.
    pub(super) fn new(head: u64, bounds: &StreamSettings) -> Self {
        Self {
            memory: Mutex::new(Memory::new(
                head,
                bounds.resume_updates,
                bounds.resume_bytes,
            )),
            sender: broadcast::Sender::new(HEARD),
            ended: AtomicBool::new(false),
        }
    }

    /// Everything from now on, and the sequence of the latest event before. Who comes after the end hears of it, too.
    pub(super) fn listen(&self) -> (Hearing, u64) {
        let memory = lock(&self.memory);
        let hearing = self.sender.subscribe();
        if self.ended.load(Ordering::Relaxed) {
            let _listeners = self.sender.send(Heard::Ended);
        }
        (hearing, memory.head())
    }

    /// The sequence of the latest event.
    pub(super) fn head(&self) -> u64 {
        lock(&self.memory).head()
    }

    /// How many listen.
    pub(super) fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Whether everything of a channel after a sequence is remembered.
    pub(super) fn reaches(&self, channel: Channel, sequence: u64) -> bool {
        lock(&self.memory).reaches(channel, sequence)
    }

    /// At most so many events of a channel, of one instrument or of all, between two sequences, the oldest
    /// first, without the first and with the last; `None` when not all are remembered.
    pub(super) fn between(
        &self,
        (channel, instrument): Key,
        range: (u64, u64),
        most: usize,
    ) -> Option<Vec<Arc<Event>>> {
        let wanted = |event: &Event| instrument.is_none() || event.instrument() == instrument;
        lock(&self.memory).between(channel, range, wanted, most)
    }

    /// Tells an update on each of these channels; it is the next after all that were told.
    pub(super) fn tell(
        &self,
        sequence: u64,
        channels: impl Iterator<Item = Channel>,
        event: impl Fn(Channel, Option<Charge>) -> Event,
    ) {
        let mut memory = lock(&self.memory);
        let is_new = memory.advance(sequence);
        for channel in channels {
            let charge = memory.charge(channel);
            self.pass(&mut memory, event(channel, charge), is_new);
        }
    }

    /// Tells what came from another process and follows `previous` there: what is missing in between is lost.
    /// What was told before is not told again. Returns how many were lost.
    pub(super) fn tell_after(&self, previous: u64, place: Place, json: Body) -> u64 {
        let mut memory = lock(&self.memory);
        let lost = self.lose_up_to(&mut memory, previous);
        let is_beside = is_beside(place.channel) && place.sequence == memory.head();
        let again = is_beside && !memory.has(place.channel, place.sequence);
        if memory.advance_after(previous, place.sequence) || again {
            let charge = memory.charge(place.channel);
            let event = Event::written(place, json, charge);
            self.pass(&mut memory, event, true);
        }
        lost
    }

    /// What comes follows this sequence: what is missing up to it is lost. Returns how many that are.
    pub(super) fn is_at(&self, sequence: u64) -> u64 {
        self.lose_up_to(&mut lock(&self.memory), sequence)
    }

    fn lose_up_to(&self, memory: &mut Memory, sequence: u64) -> u64 {
        let missed = sequence.saturating_sub(memory.head());
        if missed > 0 {
            memory.lose(missed);
            let _listeners = self.sender.send(Heard::Lost(missed));
        }
        missed
    }

    fn pass(&self, memory: &mut Memory, event: Event, is_new: bool) {
        let event = Arc::new(event);
        match is_new {
            true => memory.take(&event),
            false => event.forgotten(),
        }
        // Before the lock is let go: who begins to listen hears what is not remembered yet, and
        // nothing twice. Nobody listening is no error.
        let _listeners = self.sender.send(Heard::Event(event));
    }

    /// Updates were lost before they got here. Before the lock is let go too: who begins to listen after it
    /// hears nothing of it, and knows by the head.
    pub(super) fn lose(&self, missed: u64) {
        let mut memory = lock(&self.memory);
        memory.lose(missed);
        let _listeners = self.sender.send(Heard::Lost(missed));
    }

    /// A channel came as it is.
    pub(super) fn show(&self, key: Key, picture: Picture) {
        let _listeners = self.sender.send(Heard::Picture(key, Arc::new(picture)));
    }

    /// The host is gone.
    pub(super) fn end(&self) {
        let _memory = lock(&self.memory);
        self.ended.store(true, Ordering::Relaxed);
        let _listeners = self.sender.send(Heard::Ended);
    }
}

/// Whoever panicked while it held it left nothing half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::stream::ServerMessage;
    use crate::stream::encoding::Encoding;
    use crate::stream::event::Mark;

    fn told(hall: &Hall, previous: u64, channel: Channel, sequence: u64) -> u64 {
        let place = Place {
            channel,
            instrument: None,
            sequence,
            mark: Mark::Plain,
        };
        let pong = ServerMessage::Pong { id: None, sequence };
        hall.tell_after(previous, place, Encoding::Json.body(&pong).unwrap())
    }

    fn heard(hearing: &mut Hearing) -> Vec<String> {
        let all = std::iter::from_fn(|| hearing.try_recv().ok());
        all.map(|heard| match heard {
            Heard::Event(event) => format!("{:?} {}", event.channel(), event.sequence()),
            Heard::Lost(missed) => format!("lost {missed}"),
            other => format!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn what_another_process_tells_comes_once_and_a_loss_shows() {
        let hall = Hall::new(10, &StreamSettings::default());
        let (mut hearing, head) = hall.listen();
        assert_eq!(head, 10);
        assert_eq!(told(&hall, 10, Channel::Strategies, 12), 0);
        // One update on two channels, each twice: the connection to Redis was in doubt.
        assert_eq!(told(&hall, 12, Channel::Pipelines, 12), 0);
        assert_eq!(told(&hall, 10, Channel::Strategies, 12), 0);
        assert_eq!(told(&hall, 12, Channel::Pipelines, 12), 0);
        assert_eq!(told(&hall, 14, Channel::Fills, 15), 2);
        assert_eq!((hall.is_at(15), hall.is_at(18)), (0, 3));
        // The same where the other channel is conflated.
        assert_eq!(told(&hall, 18, Channel::Engine, 19), 0);
        assert_eq!(told(&hall, 19, Channel::Portfolio, 19), 0);
        assert_eq!(told(&hall, 19, Channel::Portfolio, 19), 0);
        let expect = [
            "Strategies 12",
            "Pipelines 12",
            "lost 2",
            "Fills 15",
            "lost 3",
            "Engine 19",
            "Portfolio 19",
        ];
        assert_eq!(heard(&mut hearing), expect);
        assert!(hall.reaches(Channel::Fills, 18) && !hall.reaches(Channel::Fills, 15));
    }

    #[test]
    fn who_comes_after_the_end_hears_of_it() {
        let hall = Hall::new(10, &StreamSettings::default());
        let (mut before, _) = hall.listen();
        assert!(heard(&mut before).is_empty());
        hall.end();
        assert_eq!(heard(&mut before), ["Ended"]);
        let (mut after, head) = hall.listen();
        assert_eq!((heard(&mut after), head), (vec!["Ended".to_owned()], 10));
    }
}
