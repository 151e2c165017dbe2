//! The files of backtests: `backtests/ID.json` in the data folder, `ID.html` with the report, and `last` with
//! the number of the latest, so that a number is never given again. Each is written under another name and
//! renamed, so that nobody ever sees half of one.

use super::record::BacktestRecord;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The form of a backtest's file that this program writes.
const FORMAT: u32 = 1;
/// Largest report that is kept, in bytes.
const MOST_REPORT: u64 = 8 << 20;
/// How the names of reports end that are being written.
const PART: &str = "part";
/// The number of the latest.
const LAST: &str = "last";

/// A backtest's file.
#[derive(Serialize, Deserialize)]
struct Sheet {
    format: u32,
    backtest: BacktestRecord,
}

/// The folder.
#[derive(Debug)]
pub(super) struct Kept(PathBuf);

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> String {
    let fix = "take it back from a copy, or move it away";
    format!("{}: cannot be read: {error}; {fix}", path.display())
}

impl Kept {
    /// Makes it, if there is none.
    pub(super) fn open(path: PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&path)
            .map_err(|error| format!("{}: cannot be made: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// All that are kept, and the number of the latest there ever was. Reports that were never ended go. One that
    /// cannot be read is left out, and stays where it is: no host that trades waits for that.
    pub(super) fn all(&self) -> Result<(u64, BTreeMap<u64, BacktestRecord>), String> {
        let read = std::fs::read_dir(&self.0).map_err(|error| unreadable(&self.0, &error))?;
        let (mut all, mut newest) = (BTreeMap::new(), 0_u64);
        for entry in read {
            let path = entry.map_err(|error| unreadable(&self.0, &error))?.path();
            let end = path.extension().and_then(|end| end.to_str());
            if end == Some(PART) {
                discard(&path);
            }
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let id = stem.and_then(|stem| stem.parse::<u64>().ok());
            if let (Some(id), Some("json")) = (id, end) {
                newest = newest.max(id);
                match read_sheet(&path, id) {
                    Ok(record) => drop(all.insert(id, record)),
                    Err(error) => tracing::error!(%error, "a backtest is left out"),
                }
            }
        }
        Ok((newest.max(self.last()), all))
    }

    /// The number that was taken last; where that cannot be read, those of the files must do.
    fn last(&self) -> u64 {
        let path = self.0.join(LAST);
        let read = match std::fs::read_to_string(&path) {
            Ok(text) => text
                .trim()
                .parse::<u64>()
                .map_err(|error| unreadable(&path, &error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(unreadable(&path, &error)),
        };
        read.unwrap_or_else(|error| {
            tracing::error!(%error, "numbers of backtests may be given again");
            0
        })
    }

    /// Notes that a number is taken.
    pub(super) fn take(&self, id: u64) -> Result<(), String> {
        self.put(LAST, id.to_string().as_bytes())
    }

    /// Writes one.
    pub(super) fn write(&self, backtest: &BacktestRecord) -> Result<(), String> {
        let sheet = Sheet {
            format: FORMAT,
            backtest: backtest.clone(),
        };
        let name = format!("{}.json", backtest.id);
        let text = serde_json::to_vec_pretty(&sheet)
            .map_err(|error| format!("{name}: cannot be written: {error}"))?;
        self.put(&name, &text)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let target = self.0.join(name);
        let put = || -> std::io::Result<()> {
            let mut draft = tempfile::NamedTempFile::new_in(&self.0)?;
            draft.write_all(bytes)?;
            draft.as_file().sync_all()?;
            draft.persist(&target).map_err(|error| error.error)?;
            File::open(&self.0)?.sync_all()
        };
        put().map_err(|error| format!("{}: cannot be written: {error}", target.display()))
    }

    /// Where a child writes the report.
    pub(super) fn draft(&self, id: u64) -> PathBuf {
        self.0.join(format!("{id}.{PART}"))
    }

    fn report_file(&self, id: u64) -> PathBuf {
        self.0.join(format!("{id}.html"))
    }

    /// Keeps the report that a child wrote, if there is one that is not too large.
    pub(super) fn keep_report(&self, id: u64) -> bool {
        let draft = self.draft(id);
        let fits = std::fs::metadata(&draft).is_ok_and(|about| about.len() <= MOST_REPORT);
        fits && std::fs::rename(&draft, self.report_file(id)).is_ok()
    }

    /// Removes what is left of a report that is not kept.
    pub(super) fn discard_draft(&self, id: u64) {
        discard(&self.draft(id));
    }

    /// The report, if there is one.
    pub(super) fn report(&self, id: u64) -> Option<String> {
        std::fs::read_to_string(self.report_file(id)).ok()
    }

    /// Removes all of one; what is gone already is no error.
    pub(super) fn remove(&self, id: u64) {
        discard(&self.0.join(format!("{id}.json")));
        discard(&self.report_file(id));
        discard(&self.draft(id));
    }
}

fn discard(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(file = %path.display(), %error, "a file of a backtest stays");
    }
}

fn read_sheet(path: &Path, id: u64) -> Result<BacktestRecord, String> {
    let text = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let sheet: Sheet = serde_json::from_slice(&text).map_err(|error| unreadable(path, &error))?;
    if sheet.format != FORMAT || sheet.backtest.id != id {
        let reason = "it is of another format, or of another backtest";
        return Err(unreadable(path, &reason));
    }
    Ok(sheet.backtest)
}
