//! From a source into the streams, each entry once.

use crate::BusError;
use crate::entry::{Entry, EntryId, Priority};
use crate::link::{Link, Monitor};
use crate::settings::Settings;
use redis::{Connection, RedisError, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Entries asked of the source at once.
const BATCH: usize = 4_096;
/// Bytes of bodies in one transaction, about: while Redis does one it does nothing else.
const BYTES: usize = 1 << 20;
/// Inputs without entries after which the cursor is moved all the same, so that the source need not keep
/// what holds nothing to publish.
const IDLE_INPUTS: u64 = 10_000;
/// How long nothing can be asked of a publisher that waits.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a source is left alone after it failed.
const SOURCE_PAUSE: Duration = Duration::from_secs(1);

/// Where entries come from. It keeps them: a publisher asks again for what Redis has lost.
pub trait Source: Send {
    /// The name of the run; ids of entries are unique within it.
    fn run(&self) -> &str;

    /// Entries after this place, the oldest first, at most `limit`. Waits for some, a fraction of a
    /// second at most.
    ///
    /// # Errors
    /// They cannot be had. Asked again after a second.
    fn read(&mut self, after: EntryId, limit: usize) -> Result<Read, SourceError>;

    /// Everything up to this place is in Redis. A publisher that is told an error looks up in Redis how
    /// far it is before it goes on, as after a connection that broke there.
    ///
    /// # Errors
    /// Whether it was published is to be looked up.
    fn published(&mut self, _: EntryId) -> Result<(), SourceError> {
        Ok(())
    }
}

/// What a source had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Entries, in order.
    pub entries: Vec<Entry>,
    /// The place behind all that was looked at: the last entry's, or one after it with nothing to
    /// publish in between.
    pub place: EntryId,
}

/// A source has no entries to give, for this reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// Why a turn came to nothing.
enum Failure {
    /// Redis; the link knows when to try again.
    Redis,
    Source(SourceError),
}

impl From<BusError> for Failure {
    /// The link has already noted what it was.
    fn from(_: BusError) -> Self {
        Self::Redis
    }
}

/// Puts a source's entries into Redis, and the place up to which it did.
pub struct Publisher<S> {
    source: S,
    settings: Settings,
    link: Link,
    monitor: Monitor,
    /// The cursor in Redis, and the place up to which the source was read, as long as the connection
    /// lasts. In between there is nothing to publish.
    places: Option<(EntryId, EntryId)>,
}

impl<S: Source> Publisher<S> {
    /// A publisher that has not connected yet.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(source: S, settings: Settings, monitor: Monitor) -> Result<Self, BusError> {
        Ok(Self {
            link: Link::new(&settings, Duration::ZERO, monitor.clone())?,
            source,
            settings,
            monitor,
            places: None,
        })
    }

    /// Publishes until told to stop. Whatever happens to Redis, it goes on when Redis is there again.
    pub fn run(mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let pause = match self.turn() {
                Ok(()) => Duration::ZERO,
                Err(Failure::Redis) => {
                    self.places = None;
                    self.link.pause().max(PATIENCE)
                }
                Err(Failure::Source(error)) => {
                    self.monitor
                        .change(|status| status.last_error = Some(error.to_string()));
                    SOURCE_PAUSE
                }
            };
            wait(pause, stop);
        }
    }

    fn turn(&mut self) -> Result<(), Failure> {
        let (cursor, after) = match self.places {
            Some(places) => places,
            None => {
                let cursor = self.find_place()?;
                (cursor, cursor)
            }
        };
        self.note(cursor, after, 0);
        let read = self.source.read(after, BATCH).map_err(Failure::Source)?;
        let idle = read.place.sequence.saturating_sub(cursor.sequence);
        if read.entries.is_empty() && idle < IDLE_INPUTS {
            self.note(cursor, read.place, 0);
            self.link.check_health()?;
        } else {
            self.publish_all(cursor, &read)?;
        }
        Ok(())
    }

    /// Publishes what was read, in as many transactions as its size asks for.
    fn publish_all(&mut self, mut cursor: EntryId, read: &Read) -> Result<(), Failure> {
        let mut left = read.entries.as_slice();
        loop {
            let (now, later) = left.split_at(transaction(left));
            // What holds nothing to publish lies behind the last of all entries.
            let last = now.last().filter(|_| !later.is_empty());
            let to = last.map_or(read.place, |entry| entry.id);
            if !self.publish(cursor, to, now)? {
                self.places = None;
                return Ok(());
            }
            if let Err(error) = self.source.published(to) {
                self.places = None;
                return Err(Failure::Source(error));
            }
            self.note(to, to, now.len() as u64);
            if later.is_empty() {
                return Ok(());
            }
            (cursor, left) = (to, later);
        }
    }

    /// Where the cursor is and what was read, for the next turn, and for others.
    fn note(&mut self, cursor: EntryId, read: EntryId, published: u64) {
        self.places = Some((cursor, read));
        self.monitor.change(|status| {
            status.place = cursor;
            status.published += published;
        });
    }

    /// Where to go on. Streams of another run, or without a cursor, are made anew.
    fn find_place(&mut self) -> Result<EntryId, BusError> {
        let (run, settings) = (self.source.run(), &self.settings);
        self.link.run(|connection| {
            let cursor: Option<String> =
                redis::cmd("GET").arg(settings.cursor()).query(connection)?;
            let known = cursor.as_deref().and_then(|cursor| place_in(cursor, run));
            if let Some(place) = known {
                return Ok(place);
            }
            begin_anew(connection, settings, run)?;
            Ok(EntryId::ZERO)
        })
    }

    /// Adds entries and moves the cursor, both or neither. `false` when the cursor is not where it
    /// was left: somebody emptied Redis, or publishes too.
    fn publish(&mut self, from: EntryId, to: EntryId, entries: &[Entry]) -> Result<bool, BusError> {
        let (run, settings) = (self.source.run(), &self.settings);
        let key = settings.cursor();
        self.link.run(|connection| {
            // Both in one way there and back.
            let mut ask = redis::pipe();
            ask.cmd("WATCH").arg(&key).ignore();
            ask.cmd("GET").arg(&key);
            let (cursor,): (Option<String>,) = ask.query(connection)?;
            if cursor.as_deref() != Some(&cursor_text(from, run)) {
                redis::cmd("UNWATCH").query::<()>(connection)?;
                return Ok(false);
            }
            let mut pipe = redis::pipe();
            pipe.atomic();
            for entry in entries {
                add(&mut pipe, entry, settings, run);
            }
            pipe.cmd("SET").arg(&key).arg(cursor_text(to, run));
            // Nil where the cursor was changed in between: then nothing was done.
            Ok(!matches!(pipe.query(connection)?, Value::Nil))
        })
    }
}

/// Takes the streams and the cursor of these settings out of Redis: for those that were only there to
/// try something. Whoever publishes to them makes them again.
///
/// # Errors
/// Redis is not there, or the address is none.
pub fn remove(settings: &Settings) -> Result<(), BusError> {
    let mut link = Link::new(settings, Duration::ZERO, Monitor::default())?;
    link.run(|connection| {
        let mut command = redis::cmd("DEL");
        command.arg(settings.cursor()).arg(settings.parked());
        for priority in Priority::ALL {
            command.arg(settings.stream_of(priority));
        }
        command.query::<()>(connection)
    })
}

/// How many of the entries go into one transaction: one at least.
fn transaction(entries: &[Entry]) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += entry.body.len();
        bytes <= BYTES
    };
    let count = entries.iter().take_while(fits).count();
    count.max(1).min(entries.len())
}

fn wait(pause: Duration, stop: &AtomicBool) {
    let mut left = pause;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let slice = left.min(PATIENCE);
        std::thread::sleep(slice);
        left -= slice;
    }
}

fn add(pipe: &mut redis::Pipeline, entry: &Entry, settings: &Settings, run: &str) {
    pipe.cmd("XADD")
        .arg(settings.stream_of(entry.priority))
        .arg("MAXLEN")
        .arg("~")
        .arg(settings.capacity)
        .arg(entry.id.to_string())
        .arg("run")
        .arg(run)
        .arg("kind")
        .arg(&entry.kind)
        .arg("time")
        .arg(entry.time_ns)
        .arg("body")
        .arg(&entry.body)
        .ignore();
}

/// Empties the streams and lets every group begin at their beginning.
fn begin_anew(
    connection: &mut Connection,
    settings: &Settings,
    run: &str,
) -> Result<(), RedisError> {
    let mut pipe = redis::pipe();
    pipe.atomic();
    for priority in Priority::ALL {
        let stream = settings.stream_of(priority);
        let groups = groups_of(connection, &stream)?;
        pipe.cmd("DEL").arg(&stream).ignore();
        for group in groups {
            pipe.cmd("XGROUP")
                .arg("CREATE")
                .arg(&stream)
                .arg(group)
                .arg("0")
                .arg("MKSTREAM")
                .ignore();
        }
    }
    pipe.cmd("SET")
        .arg(settings.cursor())
        .arg(cursor_text(EntryId::ZERO, run))
        .ignore();
    pipe.query(connection)
}

fn groups_of(connection: &mut Connection, stream: &str) -> Result<Vec<String>, RedisError> {
    let exists: bool = redis::cmd("EXISTS").arg(stream).query(connection)?;
    if !exists {
        return Ok(Vec::new());
    }
    let info: redis::streams::StreamInfoGroupsReply = redis::cmd("XINFO")
        .arg("GROUPS")
        .arg(stream)
        .query(connection)?;
    Ok(info.groups.into_iter().map(|group| group.name).collect())
}

/// The cursor: the place first, since names of runs may have any letters.
fn cursor_text(place: EntryId, run: &str) -> String {
    format!("{place} {run}")
}

/// The place that a cursor of this run says.
fn place_in(cursor: &str, run: &str) -> Option<EntryId> {
    let (place, of) = cursor.split_once(' ')?;
    (of == run).then(|| place.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_make_small_transactions() {
        let entry = |bytes: usize| Entry {
            id: EntryId::ZERO,
            priority: Priority::Low,
            kind: "quote".to_owned(),
            time_ns: 0,
            body: "x".repeat(bytes),
        };
        assert_eq!(transaction(&[]), 0);
        assert_eq!(transaction(&[entry(10), entry(10), entry(10)]), 3);
        assert_eq!(transaction(&[entry(BYTES), entry(1)]), 1);
        assert_eq!(transaction(&[entry(BYTES + 1), entry(1)]), 1);
        assert_eq!(
            transaction(&[entry(BYTES / 2), entry(BYTES / 2), entry(1)]),
            2
        );
    }

    #[test]
    fn a_cursor_of_another_run_is_none() {
        let place = EntryId {
            sequence: 7,
            ordinal: 2,
        };
        let cursor = cursor_text(place, "a run");
        assert_eq!(place_in(&cursor, "a run"), Some(place));
        assert_eq!(place_in(&cursor, "another"), None);
        assert_eq!(place_in("nonsense", "a run"), None);
    }
}
