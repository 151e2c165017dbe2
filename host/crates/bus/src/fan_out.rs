//! A host's stream for processes that serve it to others: one Redis Stream that each of them reads whole, values
//! beside it, and a list of what they ask for.
//!
//! ```text
//! FanOutWriter ──▶ {stream}:fan-out ──▶ FanOutReader (any number, each reads all)
//!              ──▶ {stream}:fan-out:value:{name}
//!              ◀── {stream}:fan-out:asked ◀──
//! ```
//!
//! Unlike the streams of [`Publisher`](crate::Publisher) this one is made from nothing that is kept: what Redis loses
//! of it is lost, and whoever reads it sees that by what entries say.

use crate::BusError;
use crate::entry::EntryId;
use crate::link::{Link, Monitor};
use crate::settings::Settings;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};
use std::time::Duration;

/// Most that is asked for and not looked at; of more the oldest is forgotten, and asked for again.
const ASKED: isize = 1_024;
/// Seconds after which it is forgotten where no host looks.
const ASKED_FOR_S: u64 = 10;
/// The fields of an entry.
const HEAD: &str = "head";
const BODY: &str = "body";
/// Before the first entry.
const BEGINNING: &str = "0-0";

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanOutEntry {
    /// What it is about, for whoever reads it.
    pub head: String,
    /// What is passed on as it is; may be empty.
    pub body: String,
}

/// A value beside the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanOutValue {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: String,
    /// Seconds after which it vanishes.
    pub lifetime_s: u64,
}

/// Writes the stream. There is one of a host.
pub struct FanOutWriter {
    settings: Settings,
    link: Link,
    /// Whether what an earlier run left is out of the stream.
    begun: bool,
}

impl FanOutWriter {
    /// A writer that has not connected yet.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(settings: Settings, monitor: Monitor) -> Result<Self, BusError> {
        Ok(Self {
            link: Link::new(&settings, Duration::ZERO, monitor)?,
            settings,
            begun: false,
        })
    }

    /// How long to wait before trying again after an error.
    pub fn pause(&self) -> Duration {
        self.link.pause()
    }

    /// Sets values and then adds entries, in this order. The first that succeeds empties the stream before.
    ///
    /// # Errors
    /// Redis is not there. Some of it may be done; readers know what they had.
    pub fn tell(
        &mut self,
        values: &[FanOutValue],
        entries: &[FanOutEntry],
    ) -> Result<(), BusError> {
        let (settings, stream, begun) = (&self.settings, self.settings.fan_out(), self.begun);
        self.link.run(|connection| {
            let mut pipe = redis::pipe();
            if !begun {
                pipe.cmd("DEL").arg(&stream).ignore();
            }
            for value in values {
                pipe.cmd("SET")
                    .arg(settings.fan_out_value(&value.name))
                    .arg(&value.text)
                    .arg("EX")
                    .arg(value.lifetime_s)
                    .ignore();
            }
            for entry in entries {
                pipe.cmd("XADD")
                    .arg(&stream)
                    .arg("MAXLEN")
                    .arg("~")
                    .arg(settings.capacity)
                    .arg("*")
                    .arg(HEAD)
                    .arg(&entry.head)
                    .arg(BODY)
                    .arg(&entry.body)
                    .ignore();
            }
            pipe.query::<()>(connection)
        })?;
        self.begun = true;
        Ok(())
    }

    /// What readers asked for since, at most so much.
    ///
    /// # Errors
    /// Redis is not there.
    pub fn asked(&mut self, most: usize) -> Result<Vec<String>, BusError> {
        let mut pop = redis::cmd("LPOP");
        pop.arg(self.settings.fan_out_asked()).arg(most);
        let asked: Option<Vec<String>> = self.link.run(|connection| pop.query(connection))?;
        Ok(asked.unwrap_or_default())
    }
}

/// Reads the stream from its beginning.
pub struct FanOutReader {
    settings: Settings,
    link: Link,
    /// Redis' id of the last entry that was read.
    last: String,
}

impl FanOutReader {
    /// A reader that has not connected yet.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(settings: Settings, monitor: Monitor) -> Result<Self, BusError> {
        Ok(Self {
            link: Link::new(&settings, settings.timeout, monitor)?,
            settings,
            last: BEGINNING.to_owned(),
        })
    }

    /// How long to wait before asking again after an error.
    pub fn pause(&self) -> Duration {
        self.link.pause()
    }

    /// Reads all again from the beginning where the newest entry stands before the last that was read. For when
    /// nothing comes: a stream may have been made anew by a clock that went back. Returns whether it does.
    ///
    /// # Errors
    /// Redis is not there.
    pub fn rewind_where_needed(&mut self) -> Result<bool, BusError> {
        let mut newest = redis::cmd("XREVRANGE");
        newest.arg(self.settings.fan_out()).arg("+").arg("-");
        newest.arg("COUNT").arg(1);
        let reply: StreamRangeReply = self.link.run(|connection| newest.query(connection))?;
        let newest = reply
            .ids
            .first()
            .and_then(|id| id.id.parse::<EntryId>().ok());
        let last: EntryId = self.last.parse().unwrap_or(EntryId::ZERO);
        let is_needed = newest.is_some_and(|newest| newest < last);
        if is_needed {
            BEGINNING.clone_into(&mut self.last);
        }
        Ok(is_needed)
    }

    /// The next entries, at most `limit`; waits for some for up to `patience`, at most the settings' timeout.
    ///
    /// # Errors
    /// Redis is not there, or the stream has what no writer put into it; that is skipped then.
    pub fn read(&mut self, limit: usize, patience: Duration) -> Result<Vec<FanOutEntry>, BusError> {
        let stream = self.settings.fan_out();
        // Zero would be for ever.
        let patience = patience.min(self.settings.timeout).as_millis().max(1);
        let mut command = redis::cmd("XREAD");
        command
            .arg("COUNT")
            .arg(limit)
            .arg("BLOCK")
            .arg(u64::try_from(patience).unwrap_or(1))
            .arg("STREAMS")
            .arg(&stream)
            .arg(&self.last);
        let reply: Option<StreamReadReply> =
            self.link.run(|connection| command.query(connection))?;
        let mut entries = Vec::new();
        for id in reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids)
        {
            let entry = entry(&id);
            if entry.is_err() && !entries.is_empty() {
                // Those before it first; it is read again then.
                break;
            }
            self.last.clone_from(&id.id);
            let entry = entry.map_err(|reason| BusError::Foreign {
                stream: stream.clone(),
                id: id.id.clone(),
                reason,
            })?;
            entries.push(entry);
        }
        Ok(entries)
    }

    /// A value beside the stream, if it is there.
    ///
    /// # Errors
    /// Redis is not there.
    pub fn value(&mut self, name: &str) -> Result<Option<String>, BusError> {
        let mut get = redis::cmd("GET");
        get.arg(self.settings.fan_out_value(name));
        self.link.run(|connection| get.query(connection))
    }

    /// Asks the writer for something.
    ///
    /// # Errors
    /// Redis is not there.
    pub fn ask(&mut self, what: &[String]) -> Result<(), BusError> {
        if what.is_empty() {
            return Ok(());
        }
        let list = self.settings.fan_out_asked();
        self.link.run(|connection| {
            let mut pipe = redis::pipe();
            pipe.cmd("RPUSH").arg(&list);
            for one in what {
                pipe.arg(one);
            }
            pipe.ignore();
            pipe.cmd("LTRIM").arg(&list).arg(-ASKED).arg(-1).ignore();
            pipe.cmd("EXPIRE").arg(&list).arg(ASKED_FOR_S).ignore();
            pipe.query::<()>(connection)
        })
    }
}

fn entry(id: &StreamId) -> Result<FanOutEntry, &'static str> {
    Ok(FanOutEntry {
        head: id.get(HEAD).ok_or("it has no `head`")?,
        body: id.get(BODY).ok_or("it has no `body`")?,
    })
}
