//! Checks a catalog, file by file, to the last byte.

use std::path::{Path, PathBuf};

use parquet::file::reader::ChunkReader;

use super::columns::Columns;
use super::layout::{self, Part, UNFINISHED};
use super::read::PartReader;
use super::shelf::Shelf;
use super::stream::Range;
use super::write::short;
use super::{Catalog, CatalogError};

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
        for part in &parts {
            progress(part);
            verified.parts += 1;
            match check(part) {
                Ok((events, replaces)) => {
                    verified.events += events;
                    replaced.extend(
                        replaces
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

/// Reads a whole part; tells its events and the parts it stands for.
fn check(part: &Part) -> Result<(u64, Vec<String>), CatalogError> {
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
    while reader.next(&mut rows)? {
        let times = rows.times();
        super::stream::check_order(&reader, times, last)?;
        first = first.or_else(|| times.first().copied());
        last = times.last().copied().unwrap_or(last);
        events += times.len() as u64;
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
    Ok((events, reader.footer.replaces.clone()))
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
