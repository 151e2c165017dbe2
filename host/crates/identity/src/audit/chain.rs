//! The file: a line that says what it is, then one line for each record, its hash before it.

use super::error::AuditError;
use super::log::Record;
use blake3::Hash;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

/// The first line.
pub(super) const HEADER: &str = "argonaut-audit 1\n";
/// Longest line of a record, in bytes.
pub(super) const LONGEST_LINE: usize = 64 << 10;
/// Hex digits of a hash.
const HASH_DIGITS: usize = 64;

/// What a whole log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many records there are.
    pub records: u64,
    /// The hash of them all; the same log always has the same, a longer one another.
    pub head: String,
}

/// Reads a log and checks every record. `noted` is how many records there were once, and the head then:
/// what was cut from the end since shows by it alone.
///
/// # Errors
/// [`AuditError::Broken`] with the first record that is not as it was written, [`AuditError::Torn`]
/// when only the last is cut off, [`AuditError::Other`] when it does not go on from what was noted.
pub fn verify(file: &Path, noted: Option<(u64, &str)>) -> Result<Summary, AuditError> {
    let mut is_there = noted
        .is_none_or(|(records, head)| records == 0 && head == End::empty().head.to_hex().as_str());
    let end = scan(file, |place| {
        is_there |= noted.is_some_and(|(records, head)| {
            records == place.number && head == place.head.to_hex().as_str()
        });
    })?;
    if !is_there {
        return Err(AuditError::Other {
            file: file.to_owned(),
            noted: noted.map_or(0, |(records, _)| records),
            records: end.records,
        });
    }
    Ok(Summary {
        records: end.records,
        head: end.head.to_hex().to_string(),
    })
}

/// The end of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) records: u64,
    pub(super) head: Hash,
    /// Its length in bytes.
    pub(super) bytes: u64,
}

impl End {
    /// That of a log without records.
    pub(super) fn empty() -> Self {
        Self {
            records: 0,
            head: blake3::hash(HEADER.as_bytes()),
            bytes: HEADER.len() as u64,
        }
    }
}

/// The hash of a record behind all before it.
pub(super) fn link(before: &Hash, json: &str) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key("argonaut identity 2026-11 audit");
    hasher.update(before.as_bytes());
    hasher.update(json.as_bytes());
    hasher.finalize()
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) number: u64,
    /// Where its line begins.
    pub(super) offset: u64,
    /// The hash of it and all before it.
    pub(super) head: Hash,
}

/// Reads all lines; `seen` hears of each record.
pub(super) fn scan(file: &Path, mut seen: impl FnMut(Place)) -> Result<End, AuditError> {
    let failed = |reason| AuditError::File {
        file: file.to_owned(),
        reason,
    };
    let mut reader = BufReader::new(File::open(file).map_err(failed)?);
    let mut line = Vec::new();
    read_line(&mut reader, &mut line).map_err(failed)?;
    if line != HEADER.as_bytes() {
        return Err(AuditError::Foreign(file.to_owned()));
    }
    let mut end = End::empty();
    loop {
        let length = read_line(&mut reader, &mut line).map_err(failed)?;
        if length == 0 {
            return Ok(end);
        }
        let number = end.records + 1;
        let is_whole = line.ends_with(b"\n");
        if !is_whole && length <= LONGEST_LINE {
            return Err(AuditError::Torn {
                file: file.to_owned(),
                number,
                offset: end.bytes,
            });
        }
        let checked = check(&line, number, &end.head);
        end.head = checked.map_err(|reason| AuditError::Broken {
            file: file.to_owned(),
            number,
            line: number + 1,
            reason,
        })?;
        seen(Place {
            number,
            offset: end.bytes,
            head: end.head,
        });
        end.records = number;
        end.bytes += length as u64;
    }
}

/// Reads a line, or as much of one as none may be long.
pub(super) fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    line.clear();
    let most = LONGEST_LINE as u64 + 1;
    reader.by_ref().take(most).read_until(b'\n', line)
}

fn check(line: &[u8], number: u64, before: &Hash) -> Result<Hash, String> {
    let (hash, json) = split(line)?;
    let linked = link(before, json);
    if hash != linked {
        return Err("its hash is another: it was changed, or what was before it".to_owned());
    }
    let record = parse(json)?;
    if record.number != number {
        return Err(format!("says that it is record {}", record.number));
    }
    Ok(linked)
}

/// The hash and the record of a line.
pub(super) fn split(line: &[u8]) -> Result<(Hash, &str), String> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = std::str::from_utf8(text).map_err(|_| "is no text".to_owned())?;
    let parts = text.split_at_checked(HASH_DIGITS);
    let parts = parts.and_then(|(hash, rest)| Some((hash, rest.strip_prefix(' ')?)));
    let (hash, json) = parts.ok_or("has no hash")?;
    // The other case would say the same; it was not written.
    if hash.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return Err("its hash is written in another way: it was changed".to_owned());
    }
    let hash = Hash::from_hex(hash).map_err(|_| "has no hash".to_owned())?;
    Ok((hash, json))
}

pub(super) fn parse(json: &str) -> Result<Record, String> {
    serde_json::from_str(json).map_err(|error| format!("is no record: {error}"))
}
