//! What one connection has asked for and what it is sent. Knows nothing of sockets.

mod auditing;
mod requests;
mod resuming;

use super::authentication::Reader;
use super::conflation::Conflation;
use super::event::Event;
use super::outbox::{Bye, Outbox};
use super::snapshot;
use super::subscriptions::{Key, Subscription, Subscriptions};
use crate::dto::stream::{GapReason, ServerMessage};
use crate::names::Names;
use crate::port::HostPort;
use crate::state::Api;
use auditing::Tail;
use resuming::Stall;
use services::view::Change;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The version of the messages.
const PROTOCOL: u32 = 1;

/// How soon to try again when something is due but the reader has much to read.
const RETRY: Duration = Duration::from_millis(20);

/// One connection.
pub(super) struct Session<H> {
    api: Api<H>,
    names: Arc<Names>,
    /// Who reads, where that is known.
    reader: Option<Arc<Reader>>,
    outbox: Outbox,
    subscriptions: Subscriptions,
    quotes: Conflation<Arc<Event>>,
    /// Metrics that wait until the reader has less to read.
    metrics: Option<Arc<Event>>,
    /// Whether a reader that has to catch up takes anything.
    stall: Stall,
    /// Where it is in the log of what people did, if it follows it.
    tail: Option<Tail>,
    /// The latest sequence that went through here, or that the host was at in the beginning.
    sequence: u64,
    /// The latest sequence that was heard; all that comes is later.
    heard: u64,
    errors: u32,
}

impl<H: HostPort> Session<H> {
    /// Greets. The caller began to listen before, after `heard`.
    pub(super) fn begin(
        api: Api<H>,
        reader: Option<Arc<Reader>>,
        outbox: Outbox,
        heard: u64,
    ) -> Result<Self, Bye> {
        let mut session = Self {
            names: api.hub.fresh_names(),
            sequence: api.host.stream_position(),
            api,
            reader,
            outbox,
            subscriptions: Subscriptions::default(),
            quotes: Conflation::default(),
            metrics: None,
            stall: Stall::default(),
            tail: None,
            heard,
            errors: 0,
        };
        let heartbeat = session.api.settings.stream.heartbeat.as_millis();
        session.outbox.send(&ServerMessage::Hello {
            protocol: PROTOCOL,
            run: session.api.settings.run.clone(),
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

    /// Sends a channel's state and lets through what comes after it.
    fn send_snapshot(&mut self, key: Key, interval: Duration) -> Result<(), Bye> {
        let (channel, instrument) = key;
        self.names = self.api.hub.fresh_names();
        let taken = snapshot::take(&self.api, &self.names, key);
        let subscription = Subscription {
            interval,
            floor: taken.sequence,
            last: taken.sequence,
            behind: None,
            snapshot_fills: taken.fills,
            newest: taken.newest,
        };
        self.subscriptions.insert(key, subscription);
        self.outbox.send(&ServerMessage::Snapshot {
            channel,
            instrument: instrument.map(|id| self.names.symbol(id)),
            sequence: taken.sequence,
            data: taken.items,
        })
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
        match &event.update().change {
            Change::Quote(quote) => {
                if let Some(interval) = self.subscriptions.quote_interval(quote.instrument) {
                    let now = Instant::now();
                    self.quotes
                        .offer(now, quote.instrument, event.clone(), interval);
                }
                self.flush()
            }
            Change::Metrics(_) => {
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
        match &event.update().change {
            Change::Fill(fill) => {
                let id = (fill.account, fill.execution);
                self.subscriptions.had_in_snapshot(fill.instrument, id)
            }
            Change::CashFlow(view) => self.subscriptions.had(key, view.number),
            Change::LifeEvent(view) => self.subscriptions.had(key, view.number),
            _ => false,
        }
    }

    /// Sends a change, unless nobody wants it any more.
    fn pass(&mut self, event: &Event) -> Result<(), Bye> {
        let key = (event.channel(), event.instrument());
        let Some(previous) = self.subscriptions.pass(key, event.sequence()) else {
            return Ok(());
        };
        let body = self.api.hub.body(event, self.outbox.encoding())?;
        self.outbox.pass(body, previous)
    }

    /// Sends what was missed, the quotes whose turn has come and the latest metrics, unless the reader has
    /// much to read already.
    pub(super) fn flush(&mut self) -> Result<(), Bye> {
        self.catch_up()?;
        let now = Instant::now();
        while self.outbox.is_calm() {
            let subscriptions = &self.subscriptions;
            let next = self.quotes.pop(now, |id| subscriptions.quote_interval(id));
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
        let due = self.quotes.next_due().into_iter().chain(at_once).min()?;
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
        self.heard = self.heard.max(self.api.hub.head());
        self.renew(missed)
    }

    /// Updates were lost before anybody heard them. Where all are owed the connection must end.
    pub(super) fn lost(&mut self, missed: u64) -> Result<(), Bye> {
        if self.subscriptions.needs_all() {
            return Err(Bye::overrun(missed));
        }
        self.renew(missed)
    }

    /// Says that updates of conflated channels were lost, and sends these channels as they are now.
    fn renew(&mut self, missed: u64) -> Result<(), Bye> {
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
        self.quotes.clear();
        for key in conflated {
            let interval = self.subscriptions.interval(key);
            self.send_snapshot(key, interval)?;
        }
        Ok(())
    }

    /// Says that the connection lives.
    pub(super) fn heartbeat(&mut self) -> Result<(), Bye> {
        // Here too: where much happens elsewhere, the time to flush is put off again and again.
        self.check_stall()?;
        let time = self.api.host.engine().time;
        self.outbox.send(&ServerMessage::Heartbeat {
            sequence: self.sequence,
            time: time.to_string(),
            time_ns: time.nanos().to_string(),
        })
    }
}
