//! What a client asks for, and the answers.

use super::Session;
use crate::dto::stream::{Channel, ClientMessage, Operation, ServerMessage};
use crate::stream::encoding::{Frame, Unreadable};
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::{Key, has_instruments, is_paced};
use std::time::Duration;

/// Malformed messages after which a client is sent away.
const MAX_ERRORS: u32 = 10;
/// Quotes, or order books, per second and instrument unless told, and portfolios per second.
const DEFAULT_HZ: f64 = 10.0;
/// Most of them.
const MAX_HZ: f64 = 1_000.0;
/// Fewest of them.
const MIN_HZ: f64 = 0.01;

/// Why a request is refused.
pub(super) struct Refusal {
    code: &'static str,
    field: Option<String>,
    reason: String,
}

impl Refusal {
    pub(super) fn of(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            code,
            field: None,
            reason: reason.into(),
        }
    }

    /// Of what a process beside the host does not have.
    pub(super) fn not_told_here() -> Self {
        let reason = "this is told by the host itself, not by a process beside it";
        Self::of("NOT_TOLD_HERE", reason)
    }

    /// `field` is its path, with dots between.
    pub(super) fn field(field: &str, reason: impl Into<String>) -> Self {
        Self {
            code: "INVALID_FIELD",
            field: Some(format!("/{}", field.replace('.', "/"))),
            reason: reason.into(),
        }
    }
}

impl<O: Origin> Session<O> {
    /// Answers a client's message.
    pub(in crate::stream) fn client(&mut self, frame: &Frame<'_>) -> Result<(), Bye> {
        match self.outbox.encoding().read(frame) {
            Ok(message) => self.request(&message),
            Err(unreadable) => self.malformed(unreadable),
        }
    }

    fn malformed(&mut self, unreadable: Unreadable) -> Result<(), Bye> {
        let Unreadable {
            id,
            code,
            field,
            reason,
        } = unreadable;
        self.errors += 1;
        self.outbox.send(&ServerMessage::Error {
            id,
            code,
            field,
            reason,
        })?;
        if self.errors >= MAX_ERRORS {
            return Err(Bye::too_many_errors());
        }
        Ok(())
    }

    fn request(&mut self, message: &ClientMessage) -> Result<(), Bye> {
        let id = message.id;
        let answer = match message.op {
            Operation::Ping => {
                let sequence = self.sequence;
                return self.outbox.send(&ServerMessage::Pong { id, sequence });
            }
            Operation::Subscribe => self.subscribe(message),
            Operation::Unsubscribe => self.unsubscribe(message),
        };
        match answer {
            Ok(done) => done,
            // A request that makes sense but cannot be met does not count as malformed.
            Err(refusal) => self.outbox.send(&ServerMessage::Error {
                id,
                code: refusal.code,
                field: refusal.field,
                reason: refusal.reason,
            }),
        }
    }

    fn subscribe(&mut self, message: &ClientMessage) -> Result<Result<(), Bye>, Refusal> {
        let key = self.key(message)?;
        let interval = interval(key.0, message.max_hz)?;
        match key.0 {
            Channel::Audit => return self.follow_audit(message),
            Channel::Approvals => return self.follow_approvals(message),
            Channel::Jobs => return self.follow_jobs(message),
            _ => {}
        }
        if !self.subscriptions.has_room(key) {
            let reason = "a connection has at most 64 subscriptions";
            return Err(Refusal::of("TOO_MANY_SUBSCRIPTIONS", reason));
        }
        self.check_overlap(key, message.resume.is_some())?;
        let Some(resume) = &message.resume else {
            return Ok(self
                .acknowledge(message, key, false)
                .and_then(|()| self.send_snapshot(key, interval)));
        };
        self.check_resume(key, resume)?;
        let gap = self.gap(key, resume);
        Ok(self
            .acknowledge(message, key, gap.is_none())
            .and_then(|()| match gap {
                None => self.resume(key, resume.sequence),
                Some(reason) => self.begin_anew(key, reason),
            }))
    }

    fn unsubscribe(&mut self, message: &ClientMessage) -> Result<Result<(), Bye>, Refusal> {
        let key = self.key(message)?;
        let was_there = match key.0 {
            Channel::Audit => self.leave_audit(),
            Channel::Approvals => self.leave_approvals(),
            Channel::Jobs => self.leave_jobs(),
            _ => self.subscriptions.remove(key),
        };
        if !was_there {
            return Err(Refusal::field("channel", "there is no such subscription"));
        }
        Ok(self.acknowledge(message, key, false))
    }

    pub(super) fn acknowledge(
        &mut self,
        message: &ClientMessage,
        key: Key,
        resumed: bool,
    ) -> Result<(), Bye> {
        let (channel, instrument) = key;
        self.outbox.send(&ServerMessage::Ack {
            id: message.id,
            op: message.op,
            channel,
            instrument: instrument.map(|id| self.names.symbol(id)),
            resumed,
        })
    }

    fn key(&mut self, message: &ClientMessage) -> Result<Key, Refusal> {
        let channel = message.channel;
        let channel = channel.ok_or_else(|| Refusal::field("channel", "must name a channel"))?;
        let within = message.params.as_ref();
        let within = within.and_then(|params| params.instrument.as_ref());
        let (field, symbol) = match (&message.instrument, within) {
            (None, None) => return Ok((channel, None)),
            (Some(symbol), None) => ("instrument", symbol),
            (None, Some(symbol)) => ("params.instrument", symbol),
            (Some(_), Some(_)) => {
                let reason = "is given twice; leave `instrument` out";
                return Err(Refusal::field("params.instrument", reason));
            }
        };
        if !has_instruments(channel) {
            return Err(Refusal::field(field, "this channel has no instruments"));
        }
        if self.names.instrument_id(symbol).is_none() {
            self.names = self.origin.fresh_names();
        }
        let unknown = || Refusal::field(field, format!("there is no `{symbol}`"));
        let id = self.names.instrument_id(symbol).ok_or_else(unknown)?;
        Ok((channel, Some(id)))
    }
}

fn interval(channel: Channel, max_hz: Option<f64>) -> Result<Duration, Refusal> {
    match max_hz {
        Some(_) if !is_paced(channel) => Err(Refusal::field(
            "max_hz",
            "only quotes, order books and the portfolio are paced",
        )),
        Some(hz) if !(MIN_HZ..=MAX_HZ).contains(&hz) => {
            let reason = format!("must be from {MIN_HZ} to {MAX_HZ}");
            Err(Refusal::field("max_hz", reason))
        }
        hz => Ok(Duration::from_secs_f64(1.0 / hz.unwrap_or(DEFAULT_HZ))),
    }
}
