//! Adding to a log, and reading pages of it.

use super::chain::{End, LONGEST_LINE, Summary, link, parse, read_line, split};
use super::error::AuditError;
use super::opening::{Dropped, EVERY, begin, cut, nearest, places};
use crate::ports::Clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// The end, locked for no longer than it takes to copy it.
    seen: Mutex<End>,
    dropped: Option<Dropped>,
}

struct Inner {
    file: File,
    end: End,
    /// Where records 1, 257, 513 and so on begin.
    places: Vec<u64>,
    /// Why nothing can be added any more.
    stopped: Option<String>,
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
            seen: Mutex::new(end),
            dropped,
            inner: Mutex::new(Inner {
                file,
                end,
                places,
                stopped: None,
            }),
        })
    }

    /// Adds a record and returns its number once it would outlive a crash. Blocks.
    ///
    /// # Errors
    /// It could not be written. Then nothing can be added until the log is opened again.
    pub fn append(&self, draft: Draft) -> Result<u64, AuditError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &inner.stopped {
            return Err(AuditError::Stopped(reason.clone()));
        }
        let number = inner.end.records + 1;
        let json = json(draft, number, self.clock.now_ms())?;
        let head = link(&inner.end.head, &json);
        let line = format!("{} {json}\n", head.to_hex());
        let written = inner.file.write_all(line.as_bytes());
        if let Err(error) = written.and_then(|()| inner.file.sync_data()) {
            // Half a line may be there: what came behind it would break the chain.
            inner.stopped = Some(error.to_string());
            self.takes.store(false, Ordering::Release);
            return Err(AuditError::File {
                file: self.path.clone(),
                reason: error,
            });
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

    /// Takes nothing from now on, as after a write that failed.
    pub fn stop(&self, reason: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
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
            let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
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
mod tests {
    use super::super::chain::verify;
    use super::*;
    use crate::ports::SystemClock;

    fn open(path: &Path) -> Audit {
        Audit::open(path, Arc::new(SystemClock)).unwrap()
    }

    fn draft(subject: &str) -> Draft {
        Draft {
            actor: "anna".to_owned(),
            action: "orders.place".to_owned(),
            subject: subject.to_owned(),
            after: Some(serde_json::json!({ "quantity": "1\n2" })),
            outcome: "201".to_owned(),
            ..Draft::default()
        }
    }

    /// A log of ten records.
    fn ten(path: &Path) -> String {
        let audit = open(path);
        for n in 1..=10 {
            assert_eq!(audit.append(draft(&format!("order {n}"))).unwrap(), n);
        }
        verify(path, None).unwrap().head
    }

    #[test]
    fn a_log_goes_on_after_a_restart_and_is_read_in_pages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        for _ in 0..3 {
            let audit = open(&path);
            for _ in 0..200 {
                let next = audit.records() + 1;
                audit.append(draft(&next.to_string())).unwrap();
            }
        }
        let audit = open(&path);
        assert_eq!(audit.records(), 600);
        let check = |first: u64, limit: usize, expect: &[u64]| {
            let page = audit.read(first, limit).unwrap();
            let numbers: Vec<_> = page.iter().map(|record| record.number).collect();
            assert_eq!(numbers, expect);
            assert!(page.iter().all(|one| one.subject == one.number.to_string()));
        };
        check(1, 3, &[1, 2, 3]);
        check(0, 1, &[1]);
        check(255, 4, &[255, 256, 257, 258]);
        check(513, 2, &[513, 514]);
        check(599, 10, &[599, 600]);
        check(601, 10, &[]);
        check(u64::MAX, 10, &[]);
        assert_eq!(verify(&path, None).unwrap().records, 600);
    }

    /// Changes the lines of a log of ten records, and asks which is the first that is broken.
    #[track_caller]
    fn broken(change: impl FnOnce(&mut Vec<String>), expect: u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        ten(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        for found in [
            verify(&path, None).map(drop),
            Audit::open(&path, Arc::new(SystemClock)).map(drop),
        ] {
            match found.unwrap_err() {
                AuditError::Broken { number, line, .. } => {
                    assert_eq!((number, line), (expect, expect + 1));
                }
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn the_first_record_that_is_not_as_it_was_is_named() {
        broken(|lines| lines[4] = lines[4].replace("anna", "bert"), 4);
        broken(|lines| drop(lines.remove(4)), 4);
        broken(|lines| lines.swap(4, 5), 4);
        broken(|lines| lines.insert(4, lines[3].clone()), 4);
        broken(|lines| lines[10].clear(), 10);
        broken(|lines| lines[1] = "x".repeat(70_000), 1);
        // A record with a hash that fits it alone.
        let forge = |lines: &mut Vec<String>| {
            let json = lines[7][65..].replace("201", "403");
            let before = blake3::Hash::from_hex(&lines[6][..64]).unwrap();
            lines[7] = format!("{} {json}", link(&before, &json).to_hex());
        };
        broken(forge, 8);
    }

    #[test]
    fn what_is_cut_off_at_the_end_changes_the_head() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let head = ten(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        let last = text.trim_end().rfind('\n').unwrap() + 1;
        std::fs::write(&path, &text[..last]).unwrap();
        let short = verify(&path, None).unwrap();
        assert_eq!(short.records, 9);
        assert_ne!(short.head, head);
        let noted = |records: u64, head: &str| verify(&path, Some((records, head)));
        assert!(matches!(
            noted(10, &head),
            Err(AuditError::Other {
                noted: 10,
                records: 9,
                ..
            })
        ));
        assert!(noted(9, &head).is_err());
        noted(9, &short.head).unwrap();
        // It went on since.
        open(&path).append(draft("another")).unwrap();
        noted(9, &short.head).unwrap();
        assert!(noted(10, &head).is_err());
    }

    #[test]
    fn a_record_that_a_crash_cut_off_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        ten(&path);
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        for cut in [1, 30, 100] {
            std::fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
            assert!(matches!(
                verify(&path, None),
                Err(AuditError::Torn { number: 10, .. })
            ));
            let audit = open(&path);
            assert_eq!(audit.records(), 9);
            let dropped = audit.dropped().unwrap();
            assert_eq!(dropped.number, 10);
            let last = bytes.len() - text.trim_end().rfind('\n').unwrap() - 1;
            assert_eq!(dropped.rest["bytes"], last - cut);
            assert_eq!(audit.append(draft("again")).unwrap(), 10);
            assert_eq!(verify(&path, None).unwrap().records, 10);
        }
        std::fs::write(&path, "").unwrap();
        assert_eq!(open(&path).records(), 0);
        std::fs::write(&path, "something else\n").unwrap();
        let other = Audit::open(&path, Arc::new(SystemClock)).err().unwrap();
        assert!(matches!(other, AuditError::Foreign(_)));
    }

    #[test]
    fn a_log_that_is_gone_or_shorter_than_noted_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        ten(&path);
        let noted = open(&path).head();
        let again = || Audit::open_after(&path, Arc::new(SystemClock), Some(&noted));
        again().unwrap().append(draft("another")).unwrap();
        assert_eq!(again().unwrap().records(), 11);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let other = |found: Result<Audit, AuditError>| match found.err() {
            Some(AuditError::Other { noted, records, .. }) => (noted, records),
            found => panic!("{found:?}"),
        };
        // Nine whole records, and half of the tenth.
        let short = format!("{}\n{}", lines[..10].join("\n"), &lines[10][..40]);
        std::fs::write(&path, &short).unwrap();
        assert_eq!(other(again()), (10, 9));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), short);
        std::fs::remove_file(&path).unwrap();
        let missing = again().err();
        assert!(matches!(
            missing,
            Some(AuditError::Missing { noted: 10, .. })
        ));
        assert!(!path.exists());
        // Another log of as many.
        for n in 0..10 {
            open(&path).append(draft(&format!("other {n}"))).unwrap();
        }
        assert_eq!(other(again()), (10, 10));
    }

    #[test]
    fn what_is_long_is_kept_as_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let audit = open(&folder.path().join("audit.log"));
        let long = Draft {
            actor: "é".repeat(600),
            after: Some(Value::String("x".repeat(100_000))),
            ..draft("one")
        };
        audit.append(long).unwrap();
        let record = audit.read(1, 1).unwrap().remove(0);
        assert!(record.actor.len() <= LONGEST_TEXT && record.actor.ends_with('…'));
        assert_eq!(record.after.unwrap()["bytes"], 100_002);
    }
}
