//! Who wants what: a connection's subscriptions, and which updates they let through.

use crate::dto::stream::Channel;
use model::{AccountId, InstrumentId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Most subscriptions of one connection.
const MAX: usize = 64;

/// A channel, of one instrument or of all.
pub(super) type Key = (Channel, Option<InstrumentId>);

/// What a subscription asks for and has had.
#[derive(Debug, Clone, Default)]
pub(super) struct Subscription {
    /// Least time between two quotes of one instrument; for quotes only.
    pub(super) interval: Duration,
    /// Updates up to here are in the snapshot.
    pub(super) floor: u64,
    /// Fills in the snapshot that the stream may bring once more.
    pub(super) snapshot_fills: BTreeSet<(AccountId, u64)>,
    /// The number of the newest item in the snapshot, of what comes one by one.
    pub(super) newest: u64,
}

/// All subscriptions of a connection.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(BTreeMap<Key, Subscription>);

impl Subscriptions {
    /// Whether another one fits; replacing one that is there always does.
    pub(super) fn has_room(&self, key: Key) -> bool {
        self.0.len() < MAX || self.0.contains_key(&key)
    }

    /// Adds or replaces one.
    pub(super) fn insert(&mut self, key: Key, subscription: Subscription) {
        self.0.insert(key, subscription);
    }

    /// Removes one; `false` when it was not there.
    pub(super) fn remove(&mut self, key: Key) -> bool {
        self.0.remove(&key).is_some()
    }

    /// Their keys.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.0.keys().copied().collect()
    }

    /// The interval of a subscription.
    pub(super) fn interval(&self, key: Key) -> Duration {
        self.0
            .get(&key)
            .map_or(Duration::ZERO, |subscription| subscription.interval)
    }

    /// Whether an update is wanted and not in the snapshot already.
    pub(super) fn admits(
        &self,
        channel: Channel,
        instrument: Option<InstrumentId>,
        sequence: u64,
    ) -> bool {
        self.matching(channel, instrument)
            .any(|subscription| sequence > subscription.floor)
    }

    /// Whether every subscription that wants this fill had it in its snapshot; asked once per fill.
    pub(super) fn had_in_snapshot(
        &mut self,
        instrument: InstrumentId,
        fill: (AccountId, u64),
    ) -> bool {
        let mut all = true;
        for key in [(Channel::Fills, Some(instrument)), (Channel::Fills, None)] {
            if let Some(subscription) = self.0.get_mut(&key) {
                all &= subscription.snapshot_fills.remove(&fill);
            }
        }
        all
    }

    /// Whether every subscription that wants the item of this number had it in its snapshot.
    pub(super) fn had(
        &self,
        channel: Channel,
        instrument: Option<InstrumentId>,
        number: u64,
    ) -> bool {
        self.matching(channel, instrument)
            .all(|subscription| number <= subscription.newest)
    }

    /// How often quotes of an instrument are wanted: its own subscription wins over the general.
    pub(super) fn quote_interval(&self, instrument: InstrumentId) -> Option<Duration> {
        let mut matching = self.matching(Channel::Quotes, Some(instrument));
        matching.next().map(|subscription| subscription.interval)
    }

    /// Whether some channel is wanted that must be complete.
    pub(super) fn needs_all(&self) -> bool {
        self.0.keys().any(|(channel, _)| is_complete(*channel))
    }

    fn matching(
        &self,
        channel: Channel,
        instrument: Option<InstrumentId>,
    ) -> impl Iterator<Item = &Subscription> {
        let own = instrument.and_then(|_| self.0.get(&(channel, instrument)));
        own.into_iter().chain(self.0.get(&(channel, None)))
    }
}

/// Whether a channel never skips an update.
pub(super) fn is_complete(channel: Channel) -> bool {
    !matches!(
        channel,
        Channel::Quotes | Channel::Bars | Channel::Accounts | Channel::Metrics
    )
}

/// Whether a channel can be narrowed to one instrument.
pub(super) fn has_instruments(channel: Channel) -> bool {
    !matches!(
        channel,
        Channel::Strategies
            | Channel::Accounts
            | Channel::Engine
            | Channel::Risk
            | Channel::Metrics
            | Channel::Alerts
            | Channel::Venues
    )
}
