//! Adding to a log, and reading pages of it.

use super::chain::{End, LONGEST_LINE, Summary, link, parse, read_line, split};
use super::error::AuditError;
use super::opening::{Dropped, EVERY, begin, cut, nearest, places};
use super::room::{Reserve, Room};
use crate::ports::Clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest of `before` and `after`, in bytes; of what is longer the hash is kept.
const LONGEST_VALUE: usize = 8 << 10;
/// Longest of the other texts, in bytes.
const LONGEST_TEXT: usize = 512;

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place, from 1.
    pub number: u64,
    /// When, in milliseconds since the epoch.
    pub time_ms: u64,
    /// Who: a person, a person's key, or `-` for nobody known.
    pub actor: String,
    /// What was asked for, as in the policy.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How it was.
    pub before: Option<Value>,
    /// How it is, or what was asked for.
    pub after: Option<Value>,
    /// The request's id, which is in the answer and in the host's log too.
    pub request: String,
    /// What came of it: an HTTP status or a word.
    pub outcome: String,
    /// The request's path and query.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The approval of a second person that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// Who confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
}

/// A record that is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Who.
    pub actor: String,
    /// What was asked for, as in the policy.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How it was.
    pub before: Option<Value>,
    /// How it is, or what was asked for. Without secrets: nothing is ever taken out of a log.
    pub after: Option<Value>,
    /// The request's id.
    pub request: String,
    /// What came of it.
    pub outcome: String,
    /// The request's path and query, without secrets.
    pub place: String,
    /// The approval of a second person that was used.
    pub approval: Option<String>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
}

/// A log that is open.
pub struct Audit {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    /// As in `inner`, for whoever cannot wait for the disk.
    records: AtomicU64,
    takes: AtomicBool,
    /// How many requests are under way whose records have room.
    promised: AtomicU64,
    /// The end, locked for no longer than it takes to copy it.
    seen: Mutex<End>,
    dropped: Option<Dropped>,
}

struct Inner {
    file: File,
    end: End,
    /// Where records 1, 257, 513 and so on begin.
    places: Vec<u64>,
    /// What is kept of the disk behind the end.
    reserve: Reserve,
    /// Why nothing can be added any more.
    stopped: Option<String>,
    /// Whether the latest write failed, and may have left something behind the end.
    failed: bool,
    /// Records that could not be added since.
    missed: u64,
}

impl Audit {
    /// Opens a log, made where there is none, and checks all of it. A last record that a crash cut off is
    /// dropped: nobody was told that it was there.
    ///
    /// # Errors
    /// The file cannot be used, or a record is not as it was written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, AuditError> {
        Self::open_after(path, clock, None)
    }

    /// The same of a log that must go on from how far it had come.
    ///
    /// # Errors
    /// As [`Audit::open`]; [`AuditError::Missing`] and [`AuditError::Other`] when records that there were
    /// are gone, and nothing is changed then.
    pub fn open_after(
        path: &Path,
        clock: Arc<dyn Clock>,
        noted: Option<&Summary>,
    ) -> Result<Self, AuditError> {
        let failed = |reason| AuditError::File {
            file: path.to_owned(),
            reason,
        };
        let noted = noted.filter(|noted| noted.records > 0);
        if let Some(noted) = noted
            && !path.try_exists().map_err(failed)?
        {
            return Err(AuditError::Missing {
                file: path.to_owned(),
                noted: noted.records,
            });
        }
        begin(path).map_err(failed)?;
        let (end, places, dropped) = match places(path, noted) {
            Err(AuditError::Torn { number, offset, .. }) => {
                let rest = cut(path, offset).map_err(failed)?;
                let (end, places) = places(path, noted)?;
                (end, places, Some(Dropped { number, rest }))
            }
            found => {
                let (end, places) = found?;
                (end, places, None)
            }
        };
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            clock,
            records: AtomicU64::new(end.records),
            takes: AtomicBool::new(true),
            promised: AtomicU64::new(0),
            seen: Mutex::new(end),
            dropped,
            inner: Mutex::new(Inner {
                file,
                end,
                places,
                reserve: Reserve::default(),
                stopped: None,
                failed: false,
                missed: 0,
            }),
        })
    }

    /// Adds a record and returns its number once it would outlive a crash. Blocks.
    ///
    /// # Errors
    /// It could not be written. The next one is tried again, behind what is whole, and after a record of how many are
    /// missing (`audit.miss`).
    pub fn append(&self, draft: Draft) -> Result<u64, AuditError> {
        let mut inner = self.lock();
        let added = self.go_on(&mut inner);
        let added = added.and_then(|()| self.add(&mut inner, draft));
        if let Err(AuditError::File { .. }) = &added {
            inner.missed += 1;
        }
        added
    }

    /// Room for a record that is to come. Blocks.
    ///
    /// # Errors
    /// There is none, or the log cannot be written.
    pub fn room(self: &Arc<Self>) -> Result<Room, AuditError> {
        let mut inner = self.lock();
        self.go_on(&mut inner)?;
        self.keep_room(&mut inner)?;
        Ok(Room::promised(self))
    }

    /// Tries whether records can be added again, after that failed or there was no room. Blocks.
    ///
    /// # Errors
    /// They cannot.
    pub fn mend(&self) -> Result<(), AuditError> {
        let mut inner = self.lock();
        self.go_on(&mut inner)?;
        self.keep_room(&mut inner)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn promised(&self) -> &AtomicU64 {
        &self.promised
    }

    fn error(&self, reason: std::io::Error) -> AuditError {
        AuditError::File {
            file: self.path.clone(),
            reason,
        }
    }

    fn keep_room(&self, inner: &mut Inner) -> Result<(), AuditError> {
        let kept = inner
            .reserve
            .keep(&inner.file, inner.end.bytes, &self.promised);
        self.takes.store(kept.is_ok(), Ordering::Release);
        kept.map_err(|error| self.error(error))
    }

    /// After a write that failed: cuts off what it left, for what came behind that would break the chain, and writes
    /// down how many records are missing.
    fn go_on(&self, inner: &mut Inner) -> Result<(), AuditError> {
        if let Some(reason) = &inner.stopped {
            return Err(AuditError::Stopped(reason.clone()));
        }
        if !inner.failed {
            return Ok(());
        }
        let cut = inner.file.set_len(inner.end.bytes);
        cut.map_err(|error| self.error(error))?;
        inner.reserve.forget();
        if inner.missed > 0 {
            let missed = serde_json::json!({ "records": inner.missed });
            self.add(inner, missing(missed))?;
        }
        inner.missed = 0;
        inner.failed = false;
        self.takes.store(true, Ordering::Release);
        Ok(())
    }

    /// Adds a record behind what is whole.
    fn add(&self, inner: &mut Inner, draft: Draft) -> Result<u64, AuditError> {
        let number = inner.end.records + 1;
        let json = json(draft, number, self.clock.now_ms())?;
        let head = link(&inner.end.head, &json);
        let line = format!("{} {json}\n", head.to_hex());
        let written = inner.file.write_all(line.as_bytes());
        if let Err(error) = written.and_then(|()| inner.file.sync_data()) {
            inner.failed = true;
            self.takes.store(false, Ordering::Release);
            return Err(self.error(error));
        }
        if (number - 1).is_multiple_of(EVERY) {
            let place = inner.end.bytes;
            inner.places.push(place);
        }
        inner.end = End {
            records: number,
            head,
            bytes: inner.end.bytes + line.len() as u64,
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = inner.end;
        self.records.store(number, Ordering::Release);
        Ok(number)
    }

    /// Takes nothing from now on.
    pub fn stop(&self, reason: &str) {
        let mut inner = self.lock();
        inner.stopped = Some(reason.to_owned());
        self.takes.store(false, Ordering::Release);
    }

    /// Whether records can be added, as far as is known. Waits for no disk.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.takes.load(Ordering::Acquire)
    }

    /// How many records there are. Waits for no disk.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Acquire)
    }

    /// How far it has come. Waits for no disk.
    #[must_use]
    pub fn head(&self) -> Summary {
        let end = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Summary {
            records: end.records,
            head: end.head.to_hex().to_string(),
        }
    }

    /// What was dropped when it was opened.
    #[must_use]
    pub fn dropped(&self) -> Option<&Dropped> {
        self.dropped.as_ref()
    }

    /// At most `limit` records from `first` on. Blocks.
    ///
    /// # Errors
    /// The file cannot be read, or is not what was written.
    pub fn read(&self, first: u64, limit: usize) -> Result<Vec<Record>, AuditError> {
        let failed = |reason| AuditError::File {
            file: self.path.clone(),
            reason,
        };
        let first = first.max(1);
        let (records, (mut number, place)) = {
            let inner = self.lock();
            (inner.end.records, nearest(&inner.places, first))
        };
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(place)).map_err(failed)?;
        let mut reader = BufReader::new(file);
        let (mut line, mut page) = (Vec::new(), Vec::new());
        // What was added meanwhile is of the next page.
        while number <= records && page.len() < limit {
            read_line(&mut reader, &mut line).map_err(failed)?;
            if number >= first {
                let record = split(&line).and_then(|(_, json)| parse(json));
                page.push(record.map_err(|reason| AuditError::Broken {
                    file: self.path.clone(),
                    number,
                    line: number + 1,
                    reason,
                })?);
            }
            number += 1;
        }
        Ok(page)
    }
}

/// What tells that records are missing.
fn missing(records: Value) -> Draft {
    Draft {
        actor: "-".to_owned(),
        action: "audit.miss".to_owned(),
        subject: "audit log".to_owned(),
        after: Some(records),
        outcome: "DONE".to_owned(),
        ..Draft::default()
    }
}

/// What a record is written as.
pub(super) fn json(draft: Draft, number: u64, time_ms: u64) -> Result<String, AuditError> {
    let record = Record {
        number,
        time_ms,
        actor: short(draft.actor),
        action: short(draft.action),
        subject: short(draft.subject),
        before: draft.before.map(bounded),
        after: draft.after.map(bounded),
        request: short(draft.request),
        outcome: short(draft.outcome),
        place: short(draft.place),
        approval: draft.approval.map(short),
        confirmed_by: draft.confirmed_by.map(short),
    };
    let json = serde_json::to_string(&record);
    let json = json.map_err(|error| AuditError::Record(error.to_string()))?;
    // A hash, a space and a newline come to it.
    if json.len() + 66 > LONGEST_LINE {
        return Err(AuditError::Record("it is longer than a line".to_owned()));
    }
    Ok(json)
}

fn short(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let end = (0..=LONGEST_TEXT - 3)
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

/// A value, or what stands for one that is too long.
fn bounded(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST_VALUE {
        return value;
    }
    fingerprint(text.as_bytes())
}

/// What stands in a record for bytes that are none of its values: how many, and their BLAKE3.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> Value {
    let hash = blake3::hash(bytes).to_hex().to_string();
    serde_json::json!({ "bytes": bytes.len(), "blake3": hash })
}

#[cfg(test)]
mod tests;
