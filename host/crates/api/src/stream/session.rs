//! What one connection has asked for and what it is sent. Knows nothing of sockets.

use super::conflation::{Conflation, Placed};
use super::outbox::{Bye, Outbox};
use super::subscriptions::{Key, Subscription, Subscriptions, has_instruments};
use super::{snapshot, update};
use crate::dto::market::QuoteDto;
use crate::dto::stream::{Channel, ClientMessage, Item, Operation, ServerMessage};
use crate::extract::strict_json;
use crate::names::Names;
use crate::port::HostPort;
use crate::state::Api;
use services::view::{Change, Update};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// The version of the messages.
const PROTOCOL: u32 = 1;
/// Malformed messages after which a client is sent away.
const MAX_ERRORS: u32 = 10;
/// Quotes per second and instrument unless told.
const DEFAULT_HZ: f64 = 10.0;
/// Most quotes per second and instrument.
const MAX_HZ: f64 = 1_000.0;
/// Fewest quotes per second and instrument.
const MIN_HZ: f64 = 0.01;

/// How soon to try again when quotes are due but the reader has much to read.
const RETRY: Duration = Duration::from_millis(20);

/// One connection.
pub(super) struct Session<H> {
    api: Api<H>,
    names: Names,
    outbox: Outbox,
    subscriptions: Subscriptions,
    quotes: Conflation,
    /// Metrics that wait until the reader has less to read.
    metrics: Option<Update>,
    /// The latest sequence that went through here.
    sequence: u64,
    errors: u32,
}

/// Why a request is refused.
struct Refusal {
    code: &'static str,
    field: Option<String>,
    reason: String,
}

impl Refusal {
    fn field(field: &str, reason: impl Into<String>) -> Self {
        Self {
            code: "INVALID_FIELD",
            field: Some(format!("/{}", field.replace('.', "/"))),
            reason: reason.into(),
        }
    }
}

impl<H: HostPort> Session<H> {
    /// Greets. The caller has subscribed to the host's updates before.
    pub(super) fn begin(api: Api<H>, outbox: Outbox) -> Result<Self, Bye> {
        let mut session = Self {
            names: api.names(),
            sequence: api.host.stream_position(),
            api,
            outbox,
            subscriptions: Subscriptions::default(),
            quotes: Conflation::default(),
            metrics: None,
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

    /// Answers a client's message.
    pub(super) fn client_text(&mut self, text: &str) -> Result<(), Bye> {
        match strict_json(text.as_bytes()) {
            Ok(message) => self.request(message),
            Err((path, error)) => self.malformed(text, &path, &error),
        }
    }

    /// Answers a message that is not text.
    pub(super) fn client_binary(&mut self) -> Result<(), Bye> {
        self.error(
            None,
            "MALFORMED_JSON",
            None,
            "messages are JSON in text frames".into(),
        )
    }

    fn malformed(&mut self, text: &str, path: &str, error: &serde_json::Error) -> Result<(), Bye> {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let id = value.and_then(|value| value.get("id")?.as_u64());
        if error.is_data() && !path.is_empty() {
            let refusal = Refusal::field(path, error.to_string());
            return self.error(id, refusal.code, refusal.field, refusal.reason);
        }
        self.error(id, "MALFORMED_JSON", None, error.to_string())
    }

    fn error(
        &mut self,
        id: Option<u64>,
        code: &'static str,
        field: Option<String>,
        reason: String,
    ) -> Result<(), Bye> {
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

    fn request(&mut self, message: ClientMessage) -> Result<(), Bye> {
        let id = message.id;
        let answer = match message.op {
            Operation::Ping => {
                let sequence = self.sequence;
                return self.outbox.send(&ServerMessage::Pong { id, sequence });
            }
            Operation::Subscribe => self.subscribe(&message),
            Operation::Unsubscribe => self.unsubscribe(&message),
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
        if !self.subscriptions.has_room(key) {
            return Err(Refusal {
                code: "TOO_MANY_SUBSCRIPTIONS",
                field: None,
                reason: "a connection has at most 64 subscriptions".into(),
            });
        }
        Ok(self
            .acknowledge(message, key)
            .and_then(|()| self.send_snapshot(key, interval)))
    }

    fn unsubscribe(&mut self, message: &ClientMessage) -> Result<Result<(), Bye>, Refusal> {
        let key = self.key(message)?;
        if !self.subscriptions.remove(key) {
            return Err(Refusal::field("channel", "there is no such subscription"));
        }
        Ok(self.acknowledge(message, key))
    }

    fn acknowledge(&mut self, message: &ClientMessage, key: Key) -> Result<(), Bye> {
        self.outbox.send(&ServerMessage::Ack {
            id: message.id,
            op: message.op,
            channel: key.0,
            instrument: message.instrument.clone(),
        })
    }

    fn key(&mut self, message: &ClientMessage) -> Result<Key, Refusal> {
        let channel = message.channel;
        let channel = channel.ok_or_else(|| Refusal::field("channel", "must name a channel"))?;
        let Some(symbol) = &message.instrument else {
            return Ok((channel, None));
        };
        if !has_instruments(channel) {
            return Err(Refusal::field(
                "instrument",
                "this channel has no instruments",
            ));
        }
        if self.names.instrument_id(symbol).is_none() {
            self.names = self.api.names();
        }
        let unknown = || Refusal::field("instrument", format!("there is no `{symbol}`"));
        let id = self.names.instrument_id(symbol).ok_or_else(unknown)?;
        Ok((channel, Some(id)))
    }

    /// Sends a channel's state and lets through what comes after it. What happens between the
    /// reading of the position and of the state comes twice: states repeat, none is missed.
    fn send_snapshot(&mut self, key: Key, interval: Duration) -> Result<(), Bye> {
        let (channel, instrument) = key;
        let floor = self.api.host.stream_position();
        // Read before the items: a fill that is in here is in them as well, or is older.
        let snapshot_fills = match channel {
            Channel::Fills => snapshot::executions(&self.api),
            _ => BTreeSet::new(),
        };
        self.names = self.api.names();
        let data = snapshot::items(&self.api, &self.names, channel, instrument);
        let subscription = Subscription {
            interval,
            floor,
            snapshot_fills,
            newest: data
                .iter()
                .filter_map(Item::number)
                .max()
                .unwrap_or_default(),
        };
        self.subscriptions.insert(key, subscription);
        self.outbox.send(&ServerMessage::Snapshot {
            channel,
            instrument: instrument.map(|id| self.names.symbol(id)),
            sequence: floor,
            data,
        })
    }

    /// Passes a change of the host on, if it is wanted.
    pub(super) fn update(&mut self, update: &Update) -> Result<(), Bye> {
        self.sequence = self.sequence.max(update.sequence);
        let (channel, instrument) = update::place(&update.change);
        if !self
            .subscriptions
            .admits(channel, instrument, update.sequence)
        {
            return Ok(());
        }
        match &update.change {
            Change::Quote(quote) => {
                let placed = Placed {
                    sequence: update.sequence,
                    time: update.time,
                    quote: *quote,
                };
                if let Some(interval) = self.subscriptions.quote_interval(quote.instrument) {
                    self.quotes.offer(Instant::now(), placed, interval);
                }
                return self.flush();
            }
            Change::Metrics(_) => {
                self.metrics = Some(update.clone());
                return self.flush();
            }
            Change::Fill(fill) => {
                let id = (fill.account, fill.execution);
                if self.subscriptions.had_in_snapshot(fill.instrument, id) {
                    return Ok(());
                }
            }
            Change::CashFlow(view) if self.subscriptions.had(channel, instrument, view.number) => {
                return Ok(());
            }
            Change::LifeEvent(view) if self.subscriptions.had(channel, instrument, view.number) => {
                return Ok(());
            }
            _ => {}
        }
        self.learn_names(&update.change);
        let message = update::message(update, &self.names, &self.api.settings.run);
        self.outbox.send(&message)
    }

    fn learn_names(&mut self, change: &Change) {
        let known = |id| self.names.knows_strategy(id);
        if update::strategy(change).is_some_and(|id| !known(id)) {
            self.names = self.api.names();
        }
    }

    /// Sends the quotes whose turn has come and the latest metrics, unless the reader has much to
    /// read already.
    pub(super) fn flush(&mut self) -> Result<(), Bye> {
        let now = Instant::now();
        while self.outbox.is_calm() {
            let subscriptions = &self.subscriptions;
            let next = self.quotes.pop(now, |id| subscriptions.quote_interval(id));
            let Some(placed) = next else {
                return self.flush_metrics();
            };
            let item = Item::Quote(QuoteDto::new(&placed.quote, &self.names));
            let message = update::placed(Channel::Quotes, placed.sequence, placed.time, item);
            self.outbox.send(&message)?;
        }
        Ok(())
    }

    fn flush_metrics(&mut self) -> Result<(), Bye> {
        let Some(update) = self.metrics.take() else {
            return Ok(());
        };
        // The reader may have left the channel while they waited.
        if !self
            .subscriptions
            .admits(Channel::Metrics, None, update.sequence)
        {
            return Ok(());
        }
        self.learn_names(&update.change);
        let message = update::message(&update, &self.names, &self.api.settings.run);
        self.outbox.send(&message)
    }

    /// When quotes and metrics should be flushed next.
    pub(super) fn next_flush(&self) -> Option<Instant> {
        let now = Instant::now();
        let metrics = self.metrics.as_ref().map(|_| now);
        let due = self.quotes.next_due().into_iter().chain(metrics).min()?;
        if self.outbox.is_calm() {
            return Some(due);
        }
        Some(due.max(now + RETRY))
    }

    /// Updates were lost on the way here. Where all are owed the connection must end.
    pub(super) fn lagged(&mut self, missed: u64) -> Result<(), Bye> {
        if self.subscriptions.needs_all() {
            return Err(Bye::overrun(missed));
        }
        let sequence = self.sequence;
        self.outbox.send(&ServerMessage::Gap { missed, sequence })?;
        self.quotes.clear();
        for key in self.subscriptions.keys() {
            let interval = self.subscriptions.interval(key);
            self.send_snapshot(key, interval)?;
        }
        Ok(())
    }

    /// Says that the connection lives.
    pub(super) fn heartbeat(&mut self) -> Result<(), Bye> {
        let time = self.api.host.engine().time;
        self.outbox.send(&ServerMessage::Heartbeat {
            sequence: self.sequence,
            time: time.to_string(),
            time_ns: time.nanos().to_string(),
        })
    }
}

fn interval(channel: Channel, max_hz: Option<f64>) -> Result<Duration, Refusal> {
    match max_hz {
        Some(_) if channel != Channel::Quotes => {
            Err(Refusal::field("max_hz", "only quotes are paced"))
        }
        Some(hz) if !(MIN_HZ..=MAX_HZ).contains(&hz) => {
            let reason = format!("must be from {MIN_HZ} to {MAX_HZ}");
            Err(Refusal::field("max_hz", reason))
        }
        hz => Ok(Duration::from_secs_f64(1.0 / hz.unwrap_or(DEFAULT_HZ))),
    }
}
