//! How a client that comes back gets what it missed.
//!
//! A subscription that is behind gets updates from memory, up to what the connection has heard; only then
//! those that come. Both happen on the connection's own task, and sequences are those of the host's stream,
//! where no two updates have the same: nothing comes twice, and nothing is left out between the two.

use super::Session;
use super::requests::Refusal;
use crate::dto::stream::{Channel, GapReason, Resume, ServerMessage};
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::{Key, Subscription, is_complete};
use std::time::Duration;
use tokio::time::Instant;

/// Updates that are taken from memory at once.
const CHUNK: usize = 256;
/// How long a reader that has to catch up may take nothing, besides the time that what waits takes at
/// [`SLOWEST_BYTES`].
const STUCK: Duration = Duration::from_secs(10);
/// A second of the slowest line: a large snapshot takes its time, and is one message.
const SLOWEST_BYTES: usize = 32 << 10;

/// Since when a reader has taken nothing, and what it had taken then. What it misses waits in memory and not
/// in its queue, so that no queue overflows and tells.
#[derive(Debug, Default)]
pub(super) struct Stall(Option<(Instant, u64)>);

impl Stall {
    /// Whether a reader that has taken so many messages, and for which so many bytes wait, is stuck.
    fn is_stuck(&mut self, now: Instant, taken: u64, bytes: usize) -> bool {
        let (since, _) = match self.0 {
            Some(stall) if stall.1 == taken => stall,
            _ => *self.0.insert((now, taken)),
        };
        let seconds = u64::try_from(bytes / SLOWEST_BYTES).unwrap_or(u64::MAX);
        let patience = STUCK.saturating_add(Duration::from_secs(seconds));
        now.saturating_duration_since(since) > patience
    }
}

impl<O: Origin> Session<O> {
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
        if resume.epoch != self.origin.run() {
            return Some(GapReason::Epoch);
        }
        if resume.sequence > self.origin.position() {
            return Some(GapReason::Ahead);
        }
        let reaches = self.origin.hall().reaches(key.0, resume.sequence);
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
        let gap = self.told_gap(key, reason, (None, sequence));
        self.outbox.send(&gap)
    }

    /// Says that so many updates were lost, not all of them of this subscription perhaps.
    pub(super) fn tell_loss(&mut self, key: Key, missed: u64) -> Result<(), Bye> {
        let gap = self.told_gap(key, GapReason::Overrun, (Some(missed), self.sequence));
        self.outbox.send(&gap)
    }

    fn told_gap(
        &self,
        (channel, instrument): Key,
        reason: GapReason,
        (missed, sequence): (Option<u64>, u64),
    ) -> ServerMessage {
        ServerMessage::Gap {
            reason,
            channel: Some(channel),
            instrument: instrument.map(|id| self.names.symbol(id)),
            missed,
            sequence,
            history: history(channel),
        }
    }

    /// Sends what subscriptions miss, as far as the reader keeps up.
    pub(super) fn catch_up(&mut self) -> Result<(), Bye> {
        self.check_stall()?;
        while self.outbox.is_calm()
            && let Some((key, position)) = self.subscriptions.behind()
        {
            let range = (position, self.heard);
            let Some(missed) = self.origin.hall().between(key, range, CHUNK) else {
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
                    let body = self.origin.body(&event, self.outbox.encoding())?;
                    self.outbox.pass(body, previous.unwrap_or(position))?;
                }
            }
        }
        Ok(())
    }

    /// Sends who has to catch up and takes nothing away, as it is with those whose queue is full.
    pub(super) fn check_stall(&mut self) -> Result<(), Bye> {
        if self.outbox.is_calm() || self.subscriptions.behind().is_none() {
            self.stall = Stall::default();
            return Ok(());
        }
        let (taken, bytes) = (self.outbox.taken(), self.outbox.waiting_bytes());
        match self.stall.is_stuck(Instant::now(), taken, bytes) {
            true => Err(Bye::too_slow()),
            false => Ok(()),
        }
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
        Channel::Approvals => Some("/api/v1/approvals"),
        Channel::Jobs => Some("/api/v1/jobs"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StreamSettings;
    use crate::stream::FanOut;
    use crate::stream::encoding::{Encoding, Frame};
    use crate::stream::event::Mark;
    use crate::stream::hall::Heard;
    use crate::stream::outbox;
    use crate::stream::told::{Head, NAMES, What, json};

    fn tell(fan_out: &FanOut, what: What) {
        let run = "one".to_owned();
        let head = json(&Head { run, what }).unwrap();
        fan_out.hear(&head, r#"{"type":"update"}"#).unwrap();
    }

    fn update(previous: u64, sequence: u64, channel: Channel) -> What {
        What::Update {
            previous,
            sequence,
            channel,
            instrument: None,
            mark: Mark::Plain,
        }
    }

    #[test]
    fn what_is_told_on_two_channels_reaches_who_resumed_in_between() {
        let fan_out = FanOut::new(StreamSettings::default());
        fan_out.is_caught_up(true);
        let alive = What::Alive {
            sequence: 5,
            time_ns: 7,
            instruments: 1,
            asks_who: false,
        };
        tell(&fan_out, alive);
        fan_out.value(NAMES, r#"[[3,"EUR/USD.SIM"]]"#).unwrap();
        tell(&fan_out, update(5, 12, Channel::Strategies));
        let (far, _) = fan_out.served().unwrap();
        let (mut hearing, heard) = far.hall().listen();
        let (outbox, _inbox) = outbox::queue(Encoding::Json, 64, 1 << 20);
        let begin = (heard, Duration::from_secs(1));
        let mut session = Session::begin(far, None, outbox, begin).unwrap();
        let resume = r#"{"op":"subscribe","id":1,"channel":"pipelines","resume":{"epoch":"one","sequence":11}}"#;
        session.client(&Frame::Text(resume)).unwrap();
        let key = (Channel::Pipelines, None);
        assert!(session.subscriptions.behind().is_none() && !session.subscriptions.awaits(key));
        tell(&fan_out, update(12, 12, Channel::Pipelines));
        let Ok(Heard::Event(event)) = hearing.try_recv() else {
            panic!("nothing was told");
        };
        let before = session.outbox.waiting_bytes();
        session.hear(&event).unwrap();
        assert!(session.outbox.waiting_bytes() > before, "it is sent");
    }

    /// Looks at these seconds, with so many messages taken and bytes that wait; compares when it is stuck.
    #[track_caller]
    fn check(looks: &[(u64, u64, usize)], expect: &[u64]) {
        let begin = Instant::now();
        let mut stall = Stall::default();
        let mut stuck = Vec::new();
        for &(second, taken, bytes) in looks {
            let now = begin + Duration::from_secs(second);
            if stall.is_stuck(now, taken, bytes) {
                stuck.push(second);
            }
        }
        assert_eq!(stuck, expect, "{looks:?}");
    }

    #[test]
    fn who_takes_nothing_for_long_is_stuck() {
        check(&[(0, 5, 0), (10, 5, 0), (11, 5, 0)], &[11]);
        check(&[(0, 5, 0), (9, 6, 0), (18, 6, 0), (20, 6, 0)], &[20]);
        check(&[(0, 5, 0), (9, 5, 0), (50, 6, 0)], &[]);
        // At 32 KiB in a second.
        check(
            &[(0, 1, 1 << 20), (42, 1, 1 << 20), (43, 1, 1 << 20)],
            &[43],
        );
    }
}
