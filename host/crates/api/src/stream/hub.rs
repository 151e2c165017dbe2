//! Hears the host's updates once for all connections, and remembers the latest.
//!
//! Each update is written once in each encoding, however many read it; connections put only their own
//! numbers in front. Where there are many, what comes within a moment comes to them together: waking a
//! reader costs more than a message does.

use super::encoding::{Body, Encoding};
use super::event::Event;
use super::hall::{Hall, lock};
use super::outbox::Bye;
use super::update;
use crate::dto::stream::Channel;
use crate::names::Names;
use crate::port::HostPort;
use crate::routes::portfolio;
use crate::state::Settings;
use model::StrategyId;
use services::handle::Updates;
use services::view::{Change, PipelineView, Update};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Updates handled before connections get a turn.
const BATCH: usize = 256;
/// Up to so many connections are told at once.
const FEW: u32 = 64;
/// What waking a connection costs, roughly.
const WAKING: Duration = Duration::from_micros(10);
/// Longest that anybody is let wait.
const LONGEST: Duration = Duration::from_millis(10);

/// One for all connections.
pub(crate) struct Hub<H> {
    host: H,
    run: String,
    names: Mutex<Arc<Names>>,
    hall: Hall,
    /// Where the latest run of each strategy's pipeline is.
    deployments: Mutex<BTreeMap<StrategyId, PipelineView>>,
}

impl<H: HostPort> Hub<H> {
    /// Follows a host on a task of its own, until the host ends or nobody asks any more.
    pub(crate) fn follow(host: H, settings: &Settings) -> Arc<Self> {
        // What comes before the position is read comes twice, and is known by its sequence.
        let updates = host.subscribe();
        let hub = Arc::new(Self {
            run: settings.run.clone(),
            names: Mutex::new(Arc::new(Names::read(&host))),
            hall: Hall::new(host.stream_position(), &settings.stream),
            deployments: Mutex::default(),
            host,
        });
        tokio::spawn(follow(Arc::downgrade(&hub), updates));
        hub
    }

    /// Where connections hear it.
    pub(super) fn hall(&self) -> &Hall {
        &self.hall
    }

    /// The message about an event.
    pub(super) fn body(&self, event: &Event, encoding: Encoding) -> Result<Body, Bye> {
        let body = event.body(encoding, |update| {
            if event.channel() == Channel::Portfolio {
                // Reckoned when the first connection wants it, and not where none does.
                let message = update::portfolio(update, portfolio::now(&self.host));
                return encoding.body(&message);
            }
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
        let channels = [channel]
            .into_iter()
            .chain(deployed)
            .chain(owned(&update.change));
        self.hall
            .tell(update.sequence, channels, |channel, charge| {
                Event::new(channel, update.clone(), charge)
            });
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

    /// How long to gather before connections are told again.
    fn pause(&self) -> Option<Duration> {
        let readers = u32::try_from(self.hall.listeners()).unwrap_or(u32::MAX);
        (readers > FEW).then(|| WAKING.saturating_mul(readers).min(LONGEST))
    }
}

/// The channel of what is owned, with each change of the engine's numbers: a few times a second while anything happens,
/// and once after that.
fn owned(change: &Change) -> Option<Channel> {
    matches!(change, Change::Engine(_)).then_some(Channel::Portfolio)
}

async fn follow<H: HostPort>(hub: Weak<Hub<H>>, mut updates: Updates) {
    loop {
        let first = updates.recv().await;
        let Some(hub) = hub.upgrade() else {
            return;
        };
        let came = hear_all(first, &mut updates, |heard| match heard {
            Ok(update) => hub.hear(update),
            Err(missed) => hub.hall.lose(missed),
        });
        let pause = match came {
            Came::All => hub.pause(),
            // Whoever sleeps while more comes than it hears is overrun.
            Came::More => None,
            Came::End => {
                hub.hall.end();
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
    use tokio::sync::broadcast;

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
