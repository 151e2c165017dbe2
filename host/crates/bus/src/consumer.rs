//! Out of the streams, shared by the consumers of a group.
//!
//! Every entry reaches the group at least once, and again when a consumer went away before it had
//! acknowledged it, or Redis was emptied and its streams made anew. An entry's run and id are the
//! same each time; who acts on entries remembers them. An entry that nobody can handle is put aside
//! after a few deliveries, so that it does not come back for ever.

use crate::BusError;
use crate::entry::{Entry, EntryId, Priority};
use crate::link::{Link, Monitor};
use crate::settings::Settings;
use redis::streams::{StreamAutoClaimReply, StreamId, StreamPendingCountReply, StreamReadReply};
use redis::{Connection, RedisError};
use std::time::{Duration, Instant};

/// An entry that was handed to a consumer, and not acknowledged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The run it is of.
    pub run: String,
    /// What happened.
    pub entry: Entry,
}

/// One of those who share a group's entries.
pub struct Consumer {
    name: String,
    settings: Settings,
    link: Link,
    claimed_at: Option<Instant>,
}

impl Consumer {
    /// A consumer of the settings' group that has not connected yet. Its name is its own within the
    /// group: entries that it left unacknowledged are known by it.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(name: &str, settings: Settings, monitor: Monitor) -> Result<Self, BusError> {
        Ok(Self {
            name: name.to_owned(),
            link: Link::new(&settings, settings.timeout, monitor)?,
            settings,
            claimed_at: None,
        })
    }

    /// How long to wait before asking again after an error.
    pub fn pause(&self) -> Duration {
        self.link.pause()
    }

    /// The next entries for this consumer, at most `limit`, the urgent ones first; waits for some for
    /// up to `patience`, at most the settings' timeout. What others left lying comes first.
    ///
    /// # Errors
    /// Redis is not there, or a stream has what no publisher put into it.
    pub fn take(&mut self, limit: usize, patience: Duration) -> Result<Vec<Delivery>, BusError> {
        if self.link.is_down() {
            self.make_groups()?;
        }
        match self.take_now(limit, patience) {
            // Somebody emptied Redis.
            Err(BusError::Link(error)) if is_without_group(&error) => {
                self.make_groups()?;
                self.take_now(limit, Duration::ZERO)
            }
            taken => taken,
        }
    }

    /// Says that entries are handled and need not come again.
    ///
    /// # Errors
    /// Redis is not there; the entries will come again.
    pub fn acknowledge(&mut self, deliveries: &[Delivery]) -> Result<(), BusError> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let settings = &self.settings;
        self.link.run(|connection| {
            let mut pipe = redis::pipe();
            for delivery in deliveries {
                pipe.cmd("XACK")
                    .arg(settings.stream_of(delivery.entry.priority))
                    .arg(&settings.group)
                    .arg(delivery.entry.id.to_string())
                    .ignore();
            }
            pipe.query(connection)
        })
    }

    fn take_now(&mut self, limit: usize, patience: Duration) -> Result<Vec<Delivery>, BusError> {
        let left = self.take_over(limit)?;
        if !left.is_empty() {
            return Ok(left);
        }
        for priority in Priority::ALL {
            let new = self.read(&[priority], limit, Duration::ZERO)?;
            if !new.is_empty() {
                return Ok(new);
            }
        }
        if patience.is_zero() {
            return Ok(Vec::new());
        }
        self.read(&Priority::ALL, limit, patience.min(self.settings.timeout))
    }

    /// New entries of these streams; waits where `patience` is not zero.
    fn read(
        &mut self,
        of: &[Priority],
        limit: usize,
        patience: Duration,
    ) -> Result<Vec<Delivery>, BusError> {
        let mut command = redis::cmd("XREADGROUP");
        command
            .arg("GROUP")
            .arg(&self.settings.group)
            .arg(&self.name)
            .arg("COUNT")
            .arg(limit);
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        if millis > 0 {
            command.arg("BLOCK").arg(millis);
        }
        command.arg("STREAMS");
        for priority in of {
            command.arg(self.settings.stream_of(*priority));
        }
        for _ in of {
            command.arg(">");
        }
        let reply: Option<StreamReadReply> =
            self.link.run(|connection| command.query(connection))?;
        let mut deliveries = Vec::new();
        for stream in reply.into_iter().flat_map(|reply| reply.keys) {
            let priority = of
                .iter()
                .find(|priority| self.settings.stream_of(**priority) == stream.key);
            for (id, priority) in stream.ids.iter().zip(priority.into_iter().cycle()) {
                deliveries.push(self.delivery(*priority, id)?);
            }
        }
        Ok(deliveries)
    }

    /// Entries that another consumer, or this one before it was restarted, has kept for too long. Those
    /// that came too often already are put aside.
    fn take_over(&mut self, limit: usize) -> Result<Vec<Delivery>, BusError> {
        let every = self.settings.claim_after / 2;
        if self.claimed_at.is_some_and(|at| at.elapsed() < every) {
            return Ok(Vec::new());
        }
        let (settings, name) = (self.settings.clone(), self.name.clone());
        let mut deliveries = Vec::new();
        for priority in Priority::ALL {
            let stream = settings.stream_of(priority);
            let claimed = self
                .link
                .run(|connection| claim(connection, &settings, &stream, &name, limit))?;
            for id in &claimed {
                deliveries.push(self.delivery(priority, id)?);
            }
        }
        if deliveries.is_empty() {
            self.claimed_at = Some(Instant::now());
        }
        Ok(deliveries)
    }

    fn make_groups(&mut self) -> Result<(), BusError> {
        let settings = &self.settings;
        self.link.run(|connection| {
            for priority in Priority::ALL {
                let made = redis::cmd("XGROUP")
                    .arg("CREATE")
                    .arg(settings.stream_of(priority))
                    .arg(&settings.group)
                    .arg("0")
                    .arg("MKSTREAM")
                    .query::<()>(connection);
                match made {
                    Err(error) if error.code() == Some("BUSYGROUP") => {}
                    made => made?,
                }
            }
            Ok(())
        })
    }

    fn delivery(&self, priority: Priority, id: &StreamId) -> Result<Delivery, BusError> {
        read_entry(priority, id).map_err(|reason| BusError::Foreign {
            stream: self.settings.stream_of(priority),
            id: id.id.clone(),
            reason,
        })
    }
}

fn read_entry(priority: Priority, id: &StreamId) -> Result<Delivery, &'static str> {
    Ok(Delivery {
        run: id.get("run").ok_or("it has no `run`")?,
        entry: Entry {
            id: id.id.parse::<EntryId>()?,
            priority,
            kind: id.get("kind").ok_or("it has no `kind`")?,
            time_ns: id.get("time").ok_or("it has no `time`")?,
            body: id.get("body").ok_or("it has no `body`")?,
        },
    })
}

/// Claims what has been pending for long, and puts aside what was delivered too often.
fn claim(
    connection: &mut Connection,
    settings: &Settings,
    stream: &str,
    consumer: &str,
    limit: usize,
) -> Result<Vec<StreamId>, RedisError> {
    let idle = u64::try_from(settings.claim_after.as_millis()).unwrap_or(u64::MAX);
    let reply: StreamAutoClaimReply = redis::cmd("XAUTOCLAIM")
        .arg(stream)
        .arg(&settings.group)
        .arg(consumer)
        .arg(idle)
        .arg("0-0")
        .arg("COUNT")
        .arg(limit)
        .query(connection)?;
    let mut kept = Vec::new();
    for entry in reply.claimed {
        if deliveries_of(connection, settings, stream, &entry.id)? > settings.park_after {
            park(connection, settings, stream, &entry)?;
        } else {
            kept.push(entry);
        }
    }
    Ok(kept)
}

fn deliveries_of(
    connection: &mut Connection,
    settings: &Settings,
    stream: &str,
    id: &str,
) -> Result<u64, RedisError> {
    let pending: StreamPendingCountReply = redis::cmd("XPENDING")
        .arg(stream)
        .arg(&settings.group)
        .arg(id)
        .arg(id)
        .arg(1)
        .query(connection)?;
    let times = pending.ids.first().map_or(0, |entry| entry.times_delivered);
    Ok(times as u64)
}

/// Moves an entry to where a person looks at it: acknowledged and added there, or neither.
fn park(
    connection: &mut Connection,
    settings: &Settings,
    stream: &str,
    entry: &StreamId,
) -> Result<(), RedisError> {
    let mut pipe = redis::pipe();
    pipe.atomic();
    let add = pipe
        .cmd("XADD")
        .arg(settings.parked())
        .arg("MAXLEN")
        .arg("~")
        .arg(settings.capacity)
        .arg("*")
        .arg("stream")
        .arg(stream)
        .arg("id")
        .arg(&entry.id)
        .arg("group")
        .arg(&settings.group);
    for field in ["run", "kind", "time", "body"] {
        if let Some(value) = entry.get::<Vec<u8>>(field) {
            add.arg(field).arg(value);
        }
    }
    add.ignore();
    pipe.cmd("XACK")
        .arg(stream)
        .arg(&settings.group)
        .arg(&entry.id)
        .ignore();
    pipe.query(connection)
}

/// Whether the group or its stream is gone.
fn is_without_group(error: &RedisError) -> bool {
    matches!(error.code(), Some("NOGROUP" | "UNBLOCKED"))
}
