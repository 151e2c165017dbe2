//! How a client that comes back gets what it missed.
//!
//! A subscription that is behind gets updates from memory, up to what the connection has heard; only then
//! those that come. Both happen on the connection's own task, and sequences are those of the host's stream,
//! where no two updates have the same: nothing comes twice, and nothing is left out between the two.

use super::Session;
use super::requests::Refusal;
use crate::dto::stream::{Channel, GapReason, Resume, ServerMessage};
use crate::port::HostPort;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::{Key, Subscription, is_complete};

/// Updates that are taken from memory at once.
const CHUNK: usize = 256;

impl<H: HostPort> Session<H> {
    /// Two subscriptions to the same updates cannot catch up: what one of them had would come once more.
    pub(super) fn check_overlap(&self, key: Key, resumes: bool) -> Result<(), Refusal> {
        let others = &self.subscriptions;
        if resumes && others.overlaps(key) {
            let reason = "another subscription brings these updates already; unsubscribe it first";
            return Err(Refusal::field("resume", reason));
        }
        if others.overlaps_behind(key) {
            let reason = "another subscription to these updates still catches up; \
                          unsubscribe it, or try again when it has";
            return Err(Refusal::field("channel", reason));
        }
        Ok(())
    }

    /// Whether a channel is one to resume at all.
    pub(super) fn check_resume(&self, key: Key, resume: &Resume) -> Result<(), Refusal> {
        if !is_complete(key.0) {
            let reason = "this channel is conflated: subscribe without `resume`, its snapshot has the latest";
            return Err(Refusal::field("resume", reason));
        }
        if resume.epoch.is_empty() {
            let reason = "must be the `run` that `hello` named";
            return Err(Refusal::field("resume.epoch", reason));
        }
        Ok(())
    }

    /// Why what a client missed cannot be told; `None` when it can.
    pub(super) fn gap(&self, key: Key, resume: &Resume) -> Option<GapReason> {
        if resume.epoch != self.api.settings.run {
            return Some(GapReason::Epoch);
        }
        if resume.sequence > self.api.host.stream_position() {
            return Some(GapReason::Ahead);
        }
        let reaches = self.api.hub.reaches(key.0, resume.sequence);
        (!reaches).then_some(GapReason::Forgotten)
    }

    /// Goes on after a sequence.
    pub(super) fn resume(&mut self, key: Key, sequence: u64) -> Result<(), Bye> {
        let subscription = Subscription {
            floor: sequence,
            last: sequence,
            behind: Some(sequence),
            ..Subscription::default()
        };
        self.subscriptions.insert(key, subscription);
        self.catch_up()
    }

    /// Says that a client misses updates, and what there is now.
    pub(super) fn begin_anew(&mut self, key: Key, reason: GapReason) -> Result<(), Bye> {
        self.tell_gap(key, reason, self.sequence)?;
        let interval = self.subscriptions.interval(key);
        self.send_snapshot(key, interval)
    }

    /// `sequence` is where the channel is, as it counts.
    pub(super) fn tell_gap(
        &mut self,
        key: Key,
        reason: GapReason,
        sequence: u64,
    ) -> Result<(), Bye> {
        let (channel, instrument) = key;
        self.outbox.send(&ServerMessage::Gap {
            reason,
            channel: Some(channel),
            instrument: instrument.map(|id| self.names.symbol(id)),
            missed: None,
            sequence,
            history: history(channel),
        })
    }

    /// Sends what subscriptions miss, as far as the reader keeps up.
    pub(super) fn catch_up(&mut self) -> Result<(), Bye> {
        while self.outbox.is_calm()
            && let Some((key, position)) = self.subscriptions.behind()
        {
            let range = (position, self.heard);
            let Some(missed) = self.api.hub.between(key, range, CHUNK) else {
                self.begin_anew(key, GapReason::Forgotten)?;
                continue;
            };
            if missed.is_empty() {
                self.subscriptions.caught_up(key, self.heard);
            }
            for event in missed {
                if !self.outbox.is_calm() {
                    return Ok(());
                }
                self.subscriptions.looked(key, event.sequence());
                if !self.was_in_snapshot(&event) {
                    let previous = self.subscriptions.pass_to(key, event.sequence());
                    let body = self.api.hub.body(&event, self.outbox.encoding())?;
                    self.outbox.pass(body, previous.unwrap_or(position))?;
                }
            }
        }
        Ok(())
    }
}

/// Where REST tells what is not remembered, page by page.
fn history(channel: Channel) -> Option<&'static str> {
    match channel {
        Channel::Orders => Some("/api/v1/history/order-events"),
        Channel::Fills => Some("/api/v1/history/fills"),
        Channel::Positions => Some("/api/v1/history/positions"),
        Channel::Strategies => Some("/api/v1/history/strategy-versions"),
        Channel::Risk => Some("/api/v1/history/risk-events"),
        Channel::Alerts => Some("/api/v1/history/alerts"),
        Channel::CashFlows => Some("/api/v1/history/cash-flows"),
        Channel::LifeEvents => Some("/api/v1/life-events"),
        Channel::Venues => Some("/api/v1/venues"),
        Channel::Pipelines => Some("/api/v1/pipelines"),
        Channel::Audit => Some("/api/v1/audit"),
        _ => None,
    }
}
