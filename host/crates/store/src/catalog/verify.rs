//! Checks a catalog, file by file, to the last byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::InstrumentId;
use parquet::file::reader::ChunkReader;

use super::books::{self, Numbers};
use super::columns::Columns;
use super::layout::{self, Part, UNFINISHED};
use super::read::PartReader;
use super::shelf::Shelf;
use super::stream::Range;
use super::write::short;
use super::{Catalog, CatalogError};
use crate::events::MarketEvent;
use crate::source::DataKind;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub detail: String,
}

impl Problem {
    /// In words. What reading a file says names the file by itself.
    pub fn line(&self) -> String {
        let path = self.path.display().to_string();
        if self.detail.starts_with(&path) {
            return self.detail.clone();
        }
        format!("{path}: {}", self.detail)
    }
}

/// What a check saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Parts checked.
    pub parts: u64,
    /// Events in them.
    pub events: u64,
    /// What was found.
    pub problems: Vec<Problem>,
}

impl Catalog {
    /// Checks the parts of one instrument, or of all: checksum, schema, order of time, that the name
    /// and the folder tell the truth, and that no two parts overlap. Names unfinished files and parts
    /// that a merge left behind. `progress` is told each part.
    ///
    /// # Errors
    /// Only where the catalog cannot be read at all; what is wrong with a part is a problem.
    pub fn verify(
        &self,
        instrument: Option<&str>,
        progress: &mut dyn FnMut(&Part),
    ) -> Result<Verified, CatalogError> {
        let mut verified = Verified::default();
        let mut parts = layout::parts(&self.shelf, instrument)?;
        parts.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut replaced = Vec::new();
        let mut numbers = BTreeMap::new();
        for part in &parts {
            progress(part);
            verified.parts += 1;
            match check(part) {
                Ok(checked) => {
                    verified.events += checked.events;
                    numbers.insert(part.path.clone(), checked.numbers);
                    replaced.extend(
                        checked
                            .replaces
                            .into_iter()
                            .map(|name| part.path.with_file_name(name)),
                    );
                }
                Err(error) => verified.found(&part.path, error.to_string()),
            }
        }
        for part in parts.iter().filter(|part| replaced.contains(&part.path)) {
            verified.found(&part.path, LEFT_BEHIND.to_owned());
        }
        parts.retain(|part| !replaced.contains(&part.path));
        for pair in parts.windows(2).filter(|pair| pair[0].key == pair[1].key) {
            if pair[0].overlaps(pair[1].first, pair[1].last) {
                let detail = format!("overlaps {}; remove one of them", pair[0].name());
                verified.found(&pair[1].path, detail);
            }
        }
        gaps(&parts, &numbers, &mut verified);
        unfinished(&self.shelf, &mut verified)?;
        Ok(verified)
    }
}

const LEFT_BEHIND: &str =
    "a merged part stands for it: it is not read; `argonaut data compact` removes it";

impl Verified {
    fn found(&mut self, path: &Path, detail: String) {
        self.problems.push(Problem {
            path: path.to_owned(),
            detail,
        });
    }
}

/// Names parts of books that begin with changes which follow nothing that is there.
fn gaps(parts: &[Part], numbers: &BTreeMap<PathBuf, Numbers>, verified: &mut Verified) {
    for series in parts.chunk_by(|a, b| a.key == b.key) {
        let mut before = Some(Numbers::default());
        for part in series {
            let own = numbers.get(&part.path).copied();
            let begins_at = own.and_then(|own| own.begins_at);
            // Of what follows a damaged part nothing is known.
            if let Some((before, first)) = before.zip(begins_at) {
                let gap = match before.last {
                    Some(last) => books::follow(last, first, &part.path),
                    None => Err(CatalogError::NoSnapshot {
                        time: part.first,
                        first: first.number,
                    }),
                };
                if let Err(gap) = gap {
                    verified.found(&part.path, gap.to_string());
                }
            }
            before = own;
        }
    }
}

/// What the check of a part tells.
struct Checked {
    events: u64,
    /// The parts it stands for.
    replaces: Vec<String>,
    /// The numbers of its batches, if it is one of books.
    numbers: Numbers,
}

/// Reads a whole part.
fn check(part: &Part) -> Result<Checked, CatalogError> {
    let damaged = |detail: String| CatalogError::Damaged {
        path: part.path.clone(),
        detail,
    };
    let mut hasher = blake3::Hasher::new();
    let file = part.shelf.open(&part.path)?;
    let mut bytes = file
        .get_read(0)
        .map_err(CatalogError::decoding(&part.path))?;
    std::io::copy(&mut bytes, &mut hasher).map_err(CatalogError::io(&part.path))?;
    let found = short(&hasher.finalize());
    if found != part.checksum {
        return Err(damaged(format!(
            "its checksum is {found}, not the one in its name"
        )));
    }
    let mut reader = PartReader::open(part, Range::ALL)?;
    let mut rows = Columns::new(part.key.kind);
    let (mut events, mut first, mut last) = (0, None, 0_i64);
    let mut numbers = Numbers::default();
    while reader.next(&mut rows)? {
        let times = rows.times();
        super::stream::check_order(&reader, times, last)?;
        first = first.or_else(|| times.first().copied());
        last = times.last().copied().unwrap_or(last);
        events += times.len() as u64;
        take_numbers(&rows, part, &mut numbers)?;
    }
    let named = (
        part.first.nanos().cast_signed(),
        part.last.nanos().cast_signed(),
    );
    if first.map(|first| (first, last)) != Some(named) {
        return Err(damaged(
            "its first and last moment are not those in its name".to_owned(),
        ));
    }
    if [part.first, part.last]
        .iter()
        .any(|time| layout::day_of(*time) != part.day)
    {
        return Err(damaged(
            "its events are not of the day of its folder".to_owned(),
        ));
    }
    Ok(Checked {
        events,
        replaces: reader.footer.replaces.clone(),
        numbers,
    })
}

/// Follows the numbers of a part of books.
fn take_numbers(rows: &Columns, part: &Part, numbers: &mut Numbers) -> Result<(), CatalogError> {
    if part.key.kind != DataKind::Books {
        return Ok(());
    }
    let events = (0..rows.len()).filter_map(|row| rows.event(row, InstrumentId::new(0), None));
    for event in events {
        if let MarketEvent::Book(row) = event {
            numbers.take(&row, &part.path)?;
        }
    }
    Ok(())
}

/// Names the hidden files of writers that did not finish.
fn unfinished(shelf: &Shelf, verified: &mut Verified) -> Result<(), CatalogError> {
    for path in shelf.files(shelf.root())? {
        let name = path.file_name().map(|name| name.to_string_lossy());
        if name.is_some_and(|name| name.starts_with(UNFINISHED)) {
            let detail = "left by a writer that was cut off, or being written; if nothing writes, \
                          remove it";
            verified.found(&path, detail.to_owned());
        }
    }
    Ok(())
}
