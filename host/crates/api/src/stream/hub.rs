//! Hears the host's updates once for all connections, and remembers the latest.
//!
//! Each update is written once in each encoding, however many read it; connections put only their own
//! numbers in front. Where there are many, what comes within a moment comes to them together: waking a
//! reader costs more than a message does.

use super::encoding::{Body, Encoding};
use super::event::Event;
use super::memory::Memory;
use super::outbox::Bye;
use super::update;
use crate::dto::stream::Channel;
use crate::names::Names;
use crate::port::HostPort;
use crate::state::Settings;
use model::{InstrumentId, StrategyId};
use services::handle::Updates;
use services::view::{Change, PipelineView, Update};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// How many events wait for a connection that is behind.
const HEARD: usize = 8_192;
/// Updates handled before connections get a turn.
const BATCH: usize = 256;
/// Up to so many connections are told at once.
const FEW: u32 = 64;
/// What waking a connection costs, roughly.
const WAKING: Duration = Duration::from_micros(10);
/// Longest that anybody is let wait.
const LONGEST: Duration = Duration::from_millis(10);

/// What a connection is told.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// A change.
    Event(Arc<Event>),
    /// So many updates were lost before anybody here heard them.
    Lost(u64),
    /// The host is gone.
    Ended,
}

/// What a connection hears.
pub(super) type Hearing = broadcast::Receiver<Heard>;

/// One for all connections.
pub(crate) struct Hub<H> {
    host: H,
    run: String,
    names: Mutex<Arc<Names>>,
    memory: Mutex<Memory>,
    /// Where the latest run of each strategy's pipeline is.
    deployments: Mutex<BTreeMap<StrategyId, PipelineView>>,
    sender: broadcast::Sender<Heard>,
}

impl<H: HostPort> Hub<H> {
    /// Follows a host on a task of its own, until the host ends or nobody asks any more.
    pub(crate) fn follow(host: H, settings: &Settings) -> Arc<Self> {
        // What comes before the position is read comes twice, and is known by its sequence.
        let updates = host.subscribe();
        let bounds = &settings.stream;
        let memory = Memory::new(
            host.stream_position(),
            bounds.resume_updates,
            bounds.resume_bytes,
        );
        let hub = Arc::new(Self {
            run: settings.run.clone(),
            names: Mutex::new(Arc::new(Names::read(&host))),
            memory: Mutex::new(memory),
            deployments: Mutex::default(),
            sender: broadcast::Sender::new(HEARD),
            host,
        });
        tokio::spawn(follow(Arc::downgrade(&hub), updates));
        hub
    }

    /// Everything from now on, and the sequence of the latest event before.
    pub(super) fn listen(&self) -> (Hearing, u64) {
        let memory = lock(&self.memory);
        (self.sender.subscribe(), memory.head())
    }

    /// The sequence of the latest event.
    pub(super) fn head(&self) -> u64 {
        lock(&self.memory).head()
    }

    /// Whether everything of a channel after a sequence is remembered.
    pub(super) fn reaches(&self, channel: Channel, sequence: u64) -> bool {
        lock(&self.memory).reaches(channel, sequence)
    }

    /// At most so many events of a channel, of one instrument or of all, between two sequences, the oldest
    /// first, without the first and with the last; `None` when not all are remembered.
    pub(super) fn between(
        &self,
        (channel, instrument): (Channel, Option<InstrumentId>),
        range: (u64, u64),
        most: usize,
    ) -> Option<Vec<Arc<Event>>> {
        let wanted = |event: &Event| instrument.is_none() || event.instrument() == instrument;
        lock(&self.memory).between(channel, range, wanted, most)
    }

    /// The message about an event.
    pub(super) fn body(&self, event: &Event, encoding: Encoding) -> Result<Body, Bye> {
        let body = event.body(encoding, |update| {
            let names = self.names_for(&update.change);
            let message = update::message(event.channel(), update, &names, &self.run);
            encoding.body(&message)
        });
        body.ok_or_else(Bye::internal)
    }

    /// The names as they are now.
    pub(super) fn fresh_names(&self) -> Arc<Names> {
        let fresh = Arc::new(Names::read(&self.host));
        *lock(&self.names) = fresh.clone();
        fresh
    }

    fn names_for(&self, change: &Change) -> Arc<Names> {
        let known = lock(&self.names).clone();
        match update::strategy(change) {
            Some(id) if !known.knows_strategy(id) => self.fresh_names(),
            _ => known,
        }
    }

    fn hear(&self, update: Arc<Update>) {
        let (channel, _) = update::place(&update.change);
        let deployed = self.deployed(&update.change);
        let mut memory = lock(&self.memory);
        let is_new = memory.advance(update.sequence);
        for channel in [channel].into_iter().chain(deployed) {
            let charge = memory.charge(channel);
            let event = Arc::new(Event::new(channel, update.clone(), charge));
            match is_new {
                true => memory.take(&event),
                false => event.forgotten(),
            }
            // Before the lock is let go: who begins to listen hears what is not remembered yet, and
            // nothing twice. Nobody listening is no error.
            let _listeners = self.sender.send(Heard::Event(event));
        }
    }

    /// The channel of pipelines, when a change of a strategy is that the run of its pipeline is elsewhere.
    fn deployed(&self, change: &Change) -> Option<Channel> {
        let Change::Strategy(view) = change else {
            return None;
        };
        let at = view.pipeline.as_deref()?;
        let mut deployments = lock(&self.deployments);
        let before = deployments.insert(view.id, at.clone());
        (before.as_ref() != Some(at)).then_some(Channel::Pipelines)
    }

    /// Updates were lost before they got here. Before the lock is let go too: who begins to listen after it
    /// hears nothing of it, and knows by the head.
    fn lose(&self, missed: u64) {
        let mut memory = lock(&self.memory);
        memory.lose(missed);
        let _listeners = self.sender.send(Heard::Lost(missed));
    }

    /// How long to gather before connections are told again.
    fn pause(&self) -> Option<Duration> {
        let readers = u32::try_from(self.sender.receiver_count()).unwrap_or(u32::MAX);
        (readers > FEW).then(|| WAKING.saturating_mul(readers).min(LONGEST))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn follow<H: HostPort>(hub: Weak<Hub<H>>, mut updates: Updates) {
    loop {
        let first = updates.recv().await;
        let Some(hub) = hub.upgrade() else {
            return;
        };
        let came = hear_all(first, &mut updates, |heard| match heard {
            Ok(update) => hub.hear(update),
            Err(missed) => hub.lose(missed),
        });
        let pause = match came {
            Came::All => hub.pause(),
            // Whoever sleeps while more comes than it hears is overrun.
            Came::More => None,
            Came::End => {
                let _listeners = hub.sender.send(Heard::Ended);
                return;
            }
        };
        drop(hub);
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => tokio::task::yield_now().await,
        }
    }
}

/// What was heard at once.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// All that had come.
    All,
    /// As much as is heard at once; more may wait.
    More,
    /// The last: the host is gone.
    End,
}

/// Hears what has come, or how many updates were lost, up to a bound.
fn hear_all(
    first: Result<Arc<Update>, RecvError>,
    updates: &mut Updates,
    mut hear: impl FnMut(Result<Arc<Update>, u64>),
) -> Came {
    let mut next = first;
    let mut heard = 0;
    loop {
        match next {
            Ok(update) => hear(Ok(update)),
            Err(RecvError::Lagged(missed)) => hear(Err(missed)),
            Err(RecvError::Closed) => return Came::End,
        }
        heard += 1;
        if heard == BATCH {
            return Came::More;
        }
        next = match updates.try_recv() {
            Ok(update) => Ok(update),
            Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
            Err(TryRecvError::Closed) => Err(RecvError::Closed),
            Err(TryRecvError::Empty) => return Came::All,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use services::view::EngineView;

    /// Hears at once what waits; checks what came of it, and how many updates and losses that were.
    #[track_caller]
    fn check(updates: &mut Updates, expect: Came, counts: (usize, u64)) {
        let first = updates.try_recv().map_err(|error| match error {
            TryRecvError::Lagged(missed) => RecvError::Lagged(missed),
            TryRecvError::Closed | TryRecvError::Empty => RecvError::Closed,
        });
        let (mut heard, mut lost) = (0, 0);
        let came = hear_all(first, updates, |update| match update {
            Ok(_) => heard += 1,
            Err(missed) => lost += missed,
        });
        assert_eq!((came, (heard, lost)), (expect, counts));
    }

    #[test]
    fn it_is_known_whether_more_waits() {
        let sender = broadcast::Sender::new(512);
        let mut updates = sender.subscribe();
        let send = |count: u64| {
            for sequence in 1..=count {
                let change = Change::Engine(EngineView::default());
                let time = Timestamp::ZERO;
                let update = Update {
                    sequence,
                    time,
                    change,
                };
                sender.send(Arc::new(update)).unwrap();
            }
        };
        send(300);
        check(&mut updates, Came::More, (BATCH, 0));
        check(&mut updates, Came::All, (300 - BATCH, 0));
        // A loss counts as an update does.
        send(612);
        check(&mut updates, Came::More, (BATCH - 1, 100));
        check(&mut updates, Came::More, (BATCH, 0));
        send(10);
        drop(sender);
        check(&mut updates, Came::End, (11, 0));
    }
}
