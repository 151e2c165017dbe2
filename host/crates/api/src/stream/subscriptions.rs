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
    /// Least time between two quotes or books of one instrument, or two portfolios; for those only.
    pub(super) interval: Duration,
    /// Updates up to here are in the snapshot, or were had before.
    pub(super) floor: u64,
    /// Sequence of the latest update that was sent, or of the snapshot.
    pub(super) last: u64,
    /// Up to where it has looked into memory for what it missed; `None` where it gets what comes.
    pub(super) behind: Option<u64>,
    /// Whether it waits for its snapshot, and gets nothing before.
    pub(super) awaits: bool,
    /// Fills in the snapshot that the stream may bring once more.
    pub(super) snapshot_fills: BTreeSet<(AccountId, u64)>,
    /// The number of the newest item in the snapshot, of what comes one by one and may come once more.
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

    /// The keys of those that may skip updates.
    pub(super) fn conflated(&self) -> Vec<Key> {
        let keys = self.0.keys().copied();
        keys.filter(|(channel, _)| !is_complete(*channel)).collect()
    }

    /// The keys of all.
    pub(super) fn all(&self) -> Vec<Key> {
        self.0.keys().copied().collect()
    }

    /// The keys of those that wait for a snapshot.
    pub(super) fn awaiting(&self) -> Vec<Key> {
        let waiting = self
            .0
            .iter()
            .filter(|(_, subscription)| subscription.awaits);
        waiting.map(|(key, _)| *key).collect()
    }

    /// Whether one waits for its snapshot.
    pub(super) fn awaits(&self, key: Key) -> bool {
        self.0
            .get(&key)
            .is_some_and(|subscription| subscription.awaits)
    }

    /// The interval of a subscription.
    pub(super) fn interval(&self, key: Key) -> Duration {
        self.0
            .get(&key)
            .map_or(Duration::ZERO, |subscription| subscription.interval)
    }

    /// Whether an update that comes is wanted and was not had already.
    pub(super) fn admits(&self, (channel, instrument): Key, sequence: u64) -> bool {
        self.matching(channel, instrument)
            .any(|subscription| subscription.admits(sequence))
    }

    /// Notes that an update goes out; returns the sequence of the one before. Of two subscriptions that
    /// want it the one to all instruments counts. `None` when none wants it any more.
    pub(super) fn pass(&mut self, (channel, instrument): Key, sequence: u64) -> Option<u64> {
        let mut previous = None;
        let own = instrument.map(|_| (channel, instrument));
        for key in [Some((channel, None)), own].into_iter().flatten() {
            if let Some(subscription) = self.0.get_mut(&key)
                && subscription.admits(sequence)
            {
                let before = std::mem::replace(&mut subscription.last, sequence);
                previous = previous.or(Some(before));
            }
        }
        previous
    }

    /// Notes that all who want an update had it: who falls behind then does not get it once more.
    pub(super) fn skip(&mut self, (channel, instrument): Key, sequence: u64) {
        let own = instrument.map(|_| (channel, instrument));
        for key in [Some((channel, None)), own].into_iter().flatten() {
            if let Some(subscription) = self.0.get_mut(&key)
                && subscription.behind.is_none()
            {
                subscription.floor = subscription.floor.max(sequence);
            }
        }
    }

    /// As [`Self::pass`] for a subscription that catches up.
    pub(super) fn pass_to(&mut self, key: Key, sequence: u64) -> Option<u64> {
        let subscription = self.0.get_mut(&key)?;
        Some(std::mem::replace(&mut subscription.last, sequence))
    }

    /// A subscription that catches up, and up to where it has.
    pub(super) fn behind(&self) -> Option<(Key, u64)> {
        let mut all = self.0.iter();
        all.find_map(|(key, subscription)| Some((*key, subscription.behind?)))
    }

    /// A subscription that catches up has looked into memory up to here.
    pub(super) fn looked(&mut self, key: Key, sequence: u64) {
        if let Some(subscription) = self.0.get_mut(&key) {
            subscription.behind = Some(sequence);
        }
    }

    /// A subscription has everything before a sequence, the latest that was heard: from now on it gets what comes.
    /// Of that one its own may still come where the same update was told on another channel before.
    pub(super) fn caught_up(&mut self, key: Key, sequence: u64) {
        if let Some(subscription) = self.0.get_mut(&key) {
            let looked = subscription.behind.take().unwrap_or_default();
            subscription.floor = looked.max(sequence.saturating_sub(1));
        }
    }

    /// Lets all that must be complete catch up, after updates were lost on the way here; `false` where
    /// some would get updates twice then.
    pub(super) fn fall_behind(&mut self) -> bool {
        let mut complete = self.0.keys().filter(|(channel, _)| is_complete(*channel));
        if complete.any(|key| self.overlaps(*key)) {
            return false;
        }
        for ((channel, _), subscription) in &mut self.0 {
            let had = subscription.floor.max(subscription.last);
            if is_complete(*channel) && !subscription.awaits {
                subscription.behind.get_or_insert(had);
            }
        }
        true
    }

    /// Whether others bring updates that this one brings too.
    pub(super) fn overlaps(&self, key: Key) -> bool {
        self.overlapping(key).next().is_some()
    }

    /// Whether one of those catches up.
    pub(super) fn overlaps_behind(&self, key: Key) -> bool {
        self.overlapping(key)
            .any(|subscription| subscription.behind.is_some())
    }

    fn overlapping(&self, (channel, instrument): Key) -> impl Iterator<Item = &Subscription> {
        let all = self.0.iter();
        all.filter(move |((other, other_instrument), _)| {
            *other == channel
                && *other_instrument != instrument
                && (instrument.is_none() || other_instrument.is_none())
        })
        .map(|(_, subscription)| subscription)
    }

    /// Whether every subscription that wants this fill had it in its snapshot; asked once per fill.
    pub(super) fn had_in_snapshot(
        &mut self,
        instrument: InstrumentId,
        fill: (AccountId, u64),
    ) -> bool {
        let mut all = true;
        for key in [(Channel::Fills, Some(instrument)), (Channel::Fills, None)] {
            if let Some(subscription) = self.0.get_mut(&key)
                && !subscription.awaits
            {
                all &= subscription.snapshot_fills.remove(&fill);
            }
        }
        all
    }

    /// Whether every subscription that wants the item of this number had it in its snapshot.
    pub(super) fn had(&self, (channel, instrument): Key, number: u64) -> bool {
        self.matching(channel, instrument)
            .filter(|subscription| !subscription.awaits)
            .all(|subscription| number <= subscription.newest)
    }

    /// How often what is paced is wanted: an instrument's own subscription wins over the general.
    pub(super) fn pace(&self, (channel, instrument): Key) -> Option<Duration> {
        let mut matching = self.matching(channel, instrument);
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

impl Subscription {
    /// Whether an update that comes is for it.
    fn admits(&self, sequence: u64) -> bool {
        self.behind.is_none() && !self.awaits && sequence > self.floor
    }
}

/// Whether a channel never skips an update.
pub(super) fn is_complete(channel: Channel) -> bool {
    !matches!(
        channel,
        Channel::Quotes
            | Channel::Bars
            | Channel::Accounts
            | Channel::Metrics
            | Channel::Book
            | Channel::Portfolio
    )
}

/// Whether a channel is paced: at most so many a second, of each instrument where it has any.
pub(super) fn is_paced(channel: Channel) -> bool {
    matches!(
        channel,
        Channel::Quotes | Channel::Book | Channel::Portfolio
    )
}

/// Whether what a channel tells are updates that are told on another one, too, which comes first.
pub(super) fn is_beside(channel: Channel) -> bool {
    matches!(channel, Channel::Pipelines | Channel::Portfolio)
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
            | Channel::Pipelines
            | Channel::Audit
            | Channel::Approvals
            | Channel::Portfolio
            | Channel::Jobs
    )
}
