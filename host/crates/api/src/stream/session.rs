//! What one connection has asked for and what it is sent. Knows nothing of sockets.

mod approving;
mod auditing;
mod following;
mod requests;
mod resuming;
mod working;

use super::authentication::{Known, Reader};
use super::conflation::Conflation;
use super::event::{Event, Mark};
use super::origin::Origin;
use super::outbox::{Bye, Outbox};
use super::snapshot::{Picture, Taken};
use super::subscriptions::{Key, Subscription, Subscriptions};
use crate::dto::stream::{GapReason, ServerMessage};
use crate::names::Names;
use auditing::Tail;
use following::Follow;
use requests::Refusal;
use resuming::Stall;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The version of the messages.
const PROTOCOL: u32 = 1;

/// How soon to try again when something is due but the reader has much to read.
const RETRY: Duration = Duration::from_millis(20);

/// One connection.
pub(super) struct Session<O> {
    origin: O,
    names: Arc<Names>,
    /// Who reads, where that is known.
    reader: Option<Reader>,
    outbox: Outbox,
    subscriptions: Subscriptions,
    /// Quotes, order books and portfolios that wait for their turn.
    paced: Conflation<Key, Arc<Event>>,
    /// Metrics that wait until the reader has less to read.
    metrics: Option<Arc<Event>>,
    /// Whether a reader that has to catch up takes anything.
    stall: Stall,
    /// Where it is in the log of what people did, if it follows it.
    tail: Option<Tail>,
    /// Where it is in what becomes of approvals, if it follows that.
    approvals: Option<Follow>,
    /// Where it is in what becomes of jobs, if it follows that.
    jobs: Option<Follow>,
    /// The latest sequence that went through here, or that the host was at in the beginning.
    sequence: u64,
    /// The latest sequence that was heard; all that comes is later.
    heard: u64,
    errors: u32,
}

impl<O: Origin> Session<O> {
    /// Greets, and says how often it will say that it lives. The caller began to listen before, after `heard`.
    pub(super) fn begin(
        origin: O,
        reader: Option<Reader>,
        outbox: Outbox,
        (heard, heartbeat): (u64, Duration),
    ) -> Result<Self, Bye> {
        let mut session = Self {
            names: origin.fresh_names(),
            sequence: origin.position(),
            origin,
            reader,
            outbox,
            subscriptions: Subscriptions::default(),
            paced: Conflation::default(),
            metrics: None,
            stall: Stall::default(),
            tail: None,
            approvals: None,
            jobs: None,
            heard,
            errors: 0,
        };
        let heartbeat = heartbeat.as_millis();
        session.outbox.send(&ServerMessage::Hello {
            protocol: PROTOCOL,
            run: session.origin.run().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            sequence: session.sequence,
            heartbeat_ms: u64::try_from(heartbeat).unwrap_or(u64::MAX),
        })?;
        Ok(session)
    }

    /// Gives the queue back, for the last words.
    pub(super) fn into_outbox(self) -> Outbox {
        self.outbox
    }

    /// Sends a channel's state and lets through what comes after it; where it must be asked for, when it comes.
    fn send_snapshot(&mut self, key: Key, interval: Duration) -> Result<(), Bye> {
        // What comes before the answer is in it.
        self.subscriptions.insert(
            key,
            Subscription {
                interval,
                awaits: true,
                ..Subscription::default()
            },
        );
        self.names = self.origin.fresh_names();
        let Some(taken) = self.origin.snapshot(&self.names, key) else {
            return Ok(());
        };
        let Taken {
            sequence,
            items,
            fills,
            newest,
        } = taken;
        self.subscriptions.insert(
            key,
            Subscription {
                interval,
                floor: sequence,
                last: sequence,
                snapshot_fills: fills,
                newest,
                ..Subscription::default()
            },
        );
        let (channel, instrument) = key;
        self.outbox.send(&ServerMessage::Snapshot {
            channel,
            instrument: instrument.map(|id| self.names.symbol(id)),
            sequence,
            data: items,
        })
    }

    /// A channel's state came that somebody asked for: sends it where this connection waits for it.
    pub(super) fn show(&mut self, key: Key, picture: &Picture) -> Result<(), Bye> {
        if !self.subscriptions.awaits(key) {
            return Ok(());
        }
        let subscription = Subscription {
            interval: self.subscriptions.interval(key),
            floor: picture.sequence,
            last: picture.sequence,
            snapshot_fills: picture.fills.clone(),
            newest: picture.newest,
            ..Subscription::default()
        };
        self.subscriptions.insert(key, subscription);
        self.sequence = self.sequence.max(picture.sequence);
        let body = picture.written.body(self.outbox.encoding());
        self.outbox.send_written(body.ok_or_else(Bye::internal)?)
    }

    /// Takes a change of the host, and passes it on if it is wanted.
    pub(super) fn hear(&mut self, event: &Arc<Event>) -> Result<(), Bye> {
        let sequence = event.sequence();
        self.sequence = self.sequence.max(sequence);
        self.heard = self.heard.max(sequence);
        let key = (event.channel(), event.instrument());
        if !self.subscriptions.admits(key, sequence) {
            return Ok(());
        }
        match (event.mark(), event.instrument()) {
            (Mark::Quote | Mark::Book, Some(_)) | (Mark::Portfolio, _) => {
                if let Some(interval) = self.subscriptions.pace(key) {
                    let now = Instant::now();
                    self.paced.offer(now, key, event.clone(), interval);
                }
                self.flush()
            }
            (Mark::Metrics, _) => {
                self.metrics = Some(event.clone());
                self.flush()
            }
            _ if self.was_in_snapshot(event) => {
                self.subscriptions.skip(key, sequence);
                Ok(())
            }
            _ => self.pass(event),
        }
    }

    /// Whether every subscription that wants a change had it in its snapshot; asked once of each.
    fn was_in_snapshot(&mut self, event: &Event) -> bool {
        let key = (event.channel(), event.instrument());
        let mark = event.mark();
        match (mark, mark.fill(), event.instrument()) {
            (_, Some(fill), Some(instrument)) => {
                self.subscriptions.had_in_snapshot(instrument, fill)
            }
            (Mark::Numbered(number), ..) => self.subscriptions.had(key, number),
            _ => false,
        }
    }

    /// Sends a change, unless nobody wants it any more.
    fn pass(&mut self, event: &Event) -> Result<(), Bye> {
        let key = (event.channel(), event.instrument());
        let Some(previous) = self.subscriptions.pass(key, event.sequence()) else {
            return Ok(());
        };
        let body = self.origin.body(event, self.outbox.encoding())?;
        self.outbox.pass(body, previous)
    }

    /// Sends what was missed, the quotes, books and portfolios whose turn has come and the latest metrics, unless the
    /// reader has much to read already.
    pub(super) fn flush(&mut self) -> Result<(), Bye> {
        self.catch_up()?;
        let now = Instant::now();
        while self.outbox.is_calm() {
            let subscriptions = &self.subscriptions;
            let next = self.paced.pop(now, |key| subscriptions.pace(key));
            let Some(event) = next else {
                let metrics = self.metrics.take();
                return metrics.map_or(Ok(()), |event| self.pass(&event));
            };
            self.pass(&event)?;
        }
        Ok(())
    }

    /// When to flush next.
    pub(super) fn next_flush(&self) -> Option<Instant> {
        let now = Instant::now();
        let waits = self.metrics.is_some() || self.subscriptions.behind().is_some();
        let at_once = waits.then_some(now);
        let due = self.paced.next_due().into_iter().chain(at_once).min()?;
        if self.outbox.is_calm() {
            return Some(due);
        }
        Some(due.max(now + RETRY))
    }

    /// Updates were lost on the way from the hub, which may remember them.
    pub(super) fn lagged(&mut self, missed: u64) -> Result<(), Bye> {
        if !self.subscriptions.fall_behind() {
            return Err(Bye::overrun(missed));
        }
        // What still comes up to here is remembered too, and not told twice.
        self.heard = self.heard.max(self.origin.hall().head());
        self.renew(missed)
    }

    /// Updates were lost before anybody heard them. Where all are owed the connection must end.
    pub(super) fn lost(&mut self, missed: u64) -> Result<(), Bye> {
        if self.origin.tells_losses() {
            return self.renew_all(missed);
        }
        if self.subscriptions.needs_all() {
            return Err(Bye::overrun(missed));
        }
        self.renew(missed)
    }

    /// Says of every subscription that updates were lost, and sends its channel as it is now.
    fn renew_all(&mut self, missed: u64) -> Result<(), Bye> {
        self.paced.clear();
        self.metrics = None;
        for key in self.subscriptions.all() {
            // One that waits still has nothing to lose.
            if !self.subscriptions.awaits(key) {
                self.tell_loss(key, missed)?;
            }
            let interval = self.subscriptions.interval(key);
            self.send_snapshot(key, interval)?;
        }
        Ok(())
    }

    /// Says that updates of conflated channels were lost, and sends these channels as they are now.
    fn renew(&mut self, missed: u64) -> Result<(), Bye> {
        // An answer may be among what was lost.
        for key in self.subscriptions.awaiting() {
            let interval = self.subscriptions.interval(key);
            self.send_snapshot(key, interval)?;
        }
        let conflated = self.subscriptions.conflated();
        if conflated.is_empty() && self.subscriptions.needs_all() {
            return Ok(());
        }
        let sequence = self.sequence;
        self.outbox.send(&ServerMessage::Gap {
            reason: GapReason::Overrun,
            channel: None,
            instrument: None,
            missed: Some(missed),
            sequence,
            history: None,
        })?;
        self.paced.clear();
        for key in conflated {
            let interval = self.subscriptions.interval(key);
            self.send_snapshot(key, interval)?;
        }
        Ok(())
    }

    /// Who reads, where they are known in this process; `off` is said where nobody has to be.
    fn known_here(&self, off: &str) -> Result<Arc<Known>, Refusal> {
        match &self.reader {
            Some(Reader::Here(known)) => Ok(known.clone()),
            Some(Reader::Afar(_)) => Err(Refusal::not_told_here()),
            None => Err(Refusal::of("IDENTITY_OFF", off)),
        }
    }

    /// Whether [`Self::report`] has something to look after.
    pub(super) fn reports(&self) -> bool {
        self.tail.is_some() || self.approvals.is_some() || self.jobs.is_some()
    }

    /// Tells what people did, what of it waits for somebody, and what became of jobs, since it was told last.
    pub(super) async fn report(&mut self) -> Result<(), Bye> {
        self.report_approvals()?;
        self.report_jobs().await?;
        self.report_audit().await
    }

    /// Ends a channel of what is not in the host's stream.
    fn end_channel(&mut self, code: &'static str, reason: String) -> Result<(), Bye> {
        self.outbox.send(&ServerMessage::Error {
            id: None,
            code,
            field: None,
            reason,
        })
    }

    /// Says that the connection lives.
    pub(super) fn heartbeat(&mut self) -> Result<(), Bye> {
        // Here too: where much happens elsewhere, the time to flush is put off again and again.
        self.check_stall()?;
        let Some(time) = self.origin.time() else {
            return Ok(());
        };
        self.outbox.send(&ServerMessage::Heartbeat {
            sequence: self.sequence,
            time: time.to_string(),
            time_ns: time.nanos().to_string(),
        })
    }
}
