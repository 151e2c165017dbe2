//! Where a connection's messages come from: the host in this process, or one in another by way of Redis.

use super::authentication::Door;
use super::encoding::{Body, Encoding};
use super::event::Event;
use super::hall::Hall;
use super::outbox::Bye;
use super::snapshot::{self, Taken};
use super::subscriptions::Key;
use crate::dto::job::JobDto;
use crate::jobs::Jobs;
use crate::names::Names;
use crate::observe::Counted;
use crate::port::HostPort;
use crate::rate::Rates;
use crate::routes;
use crate::state::{Api, StreamSettings};
use model::Timestamp;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// A host's stream.
pub(super) trait Origin: Clone + Send + Sync + 'static {
    /// Where its changes are heard.
    fn hall(&self) -> &Hall;

    /// The host's run: the epoch of its sequences.
    fn run(&self) -> &str;

    /// The sequence of the latest change that snapshots show.
    fn position(&self) -> u64;

    /// The time of the host's engine; `None` where nothing was heard of it for a while.
    fn time(&self) -> Option<Timestamp>;

    /// The names as they are now.
    fn fresh_names(&self) -> Arc<Names>;

    /// The message about an event.
    fn body(&self, event: &Event, encoding: Encoding) -> Result<Body, Bye>;

    /// A channel as it is; `None` where it was asked for, and will be heard as
    /// [`Heard::Picture`](super::hall::Heard).
    fn snapshot(&self, names: &Names, key: Key) -> Option<Taken>;

    /// Whether a loss is told as a gap of each subscription; else it ends connections that are owed all.
    fn tells_losses(&self) -> bool;

    /// What becomes of jobs; `None` in a process that does not have them.
    fn jobs(&self) -> Option<&Jobs>;

    /// All jobs, the latest first, wherever they are kept; `None` where they cannot be had now.
    fn all_jobs(&self) -> impl Future<Output = Option<Vec<JobDto>>> + Send;
}

impl<H: HostPort> Origin for Api<H> {
    fn hall(&self) -> &Hall {
        self.hub.hall()
    }

    fn run(&self) -> &str {
        &self.settings.run
    }

    fn position(&self) -> u64 {
        self.host.stream_position()
    }

    fn time(&self) -> Option<Timestamp> {
        Some(self.host.engine().time)
    }

    fn fresh_names(&self) -> Arc<Names> {
        self.hub.fresh_names()
    }

    fn body(&self, event: &Event, encoding: Encoding) -> Result<Body, Bye> {
        self.hub.body(event, encoding)
    }

    fn snapshot(&self, names: &Names, key: Key) -> Option<Taken> {
        Some(snapshot::take(self, names, key))
    }

    fn tells_losses(&self) -> bool {
        false
    }

    fn jobs(&self) -> Option<&Jobs> {
        Some(&self.jobs)
    }

    async fn all_jobs(&self) -> Option<Vec<JobDto>> {
        routes::jobs::all(self).await.ok()
    }
}

/// What all connections share, wherever their messages come from. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) bounds: StreamSettings,
    pub(super) counted: Arc<Counted>,
    pub(super) closing: Arc<watch::Sender<bool>>,
    /// Who knows who reads, where identity is on.
    pub(super) door: Option<Door>,
    /// How often somebody may ask, where that is limited.
    pub(super) rates: Option<Arc<Rates>>,
    pub(super) connections: Arc<Semaphore>,
    /// Those that have not said who they are, where they must.
    pub(super) strangers: Arc<Semaphore>,
}

impl Shared {
    /// What those of a host share.
    pub(super) fn of<H>(api: &Api<H>) -> Self {
        Self {
            bounds: api.settings.stream.clone(),
            counted: api.counted.clone(),
            closing: api.closing.clone(),
            door: api.guarded.clone().map(Door::Here),
            rates: api.rates.clone(),
            connections: api.connections.clone(),
            strangers: api.strangers.clone(),
        }
    }
}
