//! Where parts lie and how they are named.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use model::time::{NANOS_PER_DAY, NANOS_PER_SECOND, civil_from_days};
use model::{BarBasis, BarMethod, BarSpec, Timestamp};

use super::error::CatalogError;
use super::shelf::Shelf;
use crate::source::{DataKind, SourceError};
use crate::time::Date;

/// The kinds in the order of folders and of merging.
const KINDS: [DataKind; 4] = [
    DataKind::Quotes,
    DataKind::Books,
    DataKind::Trades,
    DataKind::Bars,
];
/// What the names of unfinished files begin with.
pub(crate) const UNFINISHED: &str = ".writing-";

/// Which events belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesKey {
    /// What they are.
    pub kind: DataKind,
    /// The symbol of the instrument.
    pub instrument: String,
    /// The rule, for bars.
    pub bars: Option<BarSpec>,
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.instrument, self.kind)?;
        self.bars
            .map_or(Ok(()), |spec| write!(f, " {}", BarName(spec)))
    }
}

/// A rule of bars by name: `60s-last`, `1500000ns-mid`, `100t-last` (ticks), `2.5v-bid` (volume).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarName(pub BarSpec);

impl fmt::Display for BarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.method {
            BarMethod::Time(nanos) if nanos.is_multiple_of(NANOS_PER_SECOND) => {
                write!(f, "{}s", nanos / NANOS_PER_SECOND)?;
            }
            BarMethod::Time(nanos) => write!(f, "{nanos}ns")?,
            BarMethod::Tick(count) => write!(f, "{count}t")?,
            BarMethod::Volume(step) => write!(f, "{step}v")?,
        }
        f.write_str(match self.0.basis {
            BarBasis::Bid => "-bid",
            BarBasis::Ask => "-ask",
            BarBasis::Mid => "-mid",
            BarBasis::Last => "-last",
        })
    }
}

impl FromStr for BarName {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let wrong = || SourceError::new(text, "a rule of bars such as 60s-last");
        let (step, basis) = text.split_once('-').ok_or_else(wrong)?;
        let basis = match basis {
            "bid" => BarBasis::Bid,
            "ask" => BarBasis::Ask,
            "mid" => BarBasis::Mid,
            "last" => BarBasis::Last,
            _ => return Err(wrong()),
        };
        let count = |digits: &str| digits.parse::<u64>().map_err(|_| wrong());
        let method = if let Some(nanos) = step.strip_suffix("ns") {
            BarMethod::Time(count(nanos)?)
        } else if let Some(seconds) = step.strip_suffix('s') {
            let nanos = count(seconds)?.checked_mul(NANOS_PER_SECOND);
            BarMethod::Time(nanos.ok_or_else(wrong)?)
        } else if let Some(ticks) = step.strip_suffix('t') {
            BarMethod::Tick(count(ticks)?)
        } else {
            let volume = step.strip_suffix('v').ok_or_else(wrong)?;
            BarMethod::Volume(volume.parse().map_err(|_| wrong())?)
        };
        let spec = BarSpec { method, basis };
        spec.is_valid().then_some(Self(spec)).ok_or_else(wrong)
    }
}

/// One file of a series; what its path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whose it is.
    pub(super) shelf: Arc<Shelf>,
    /// Where it is.
    pub path: PathBuf,
    /// The series it belongs to.
    pub key: Arc<SeriesKey>,
    /// Days since the epoch.
    pub day: u64,
    /// The first `ts_init` in it.
    pub first: Timestamp,
    /// The last `ts_init` in it.
    pub last: Timestamp,
    /// The first 16 hexadecimal digits of the BLAKE3 hash of its bytes.
    pub checksum: String,
}

impl Part {
    /// By series, then by time.
    pub(super) fn order(&self) -> impl Ord + '_ {
        let bars = self.key.bars.map(|spec| BarName(spec).to_string());
        let kind = KINDS.iter().position(|kind| *kind == self.key.kind);
        (
            kind,
            &self.key.instrument,
            bars,
            self.first,
            self.last,
            &self.path,
        )
    }

    /// The name of its file.
    pub fn name(&self) -> &str {
        self.path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
    }

    /// Whether a part from `first` to `last` would mix with this one. Quotes, trades and
    /// books may share a moment, bars may not.
    pub(super) fn overlaps(&self, first: Timestamp, last: Timestamp) -> bool {
        if self.key.bars.is_some() || (self.first, self.last) == (first, last) {
            return self.first <= last && first <= self.last;
        }
        self.first < last && first < self.last
    }
}

/// The folder of one series and day.
pub(super) fn day_folder(root: &Path, key: &SeriesKey, day: u64) -> PathBuf {
    root.join(format!("kind={}", key.kind))
        .join(format!("instrument={}", escape(&key.instrument)))
        .join(format!("day={}", day_name(day)))
}

/// `2024-01-31`.
pub(crate) fn day_name(day: u64) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The name of a part.
pub(super) fn part_name(
    key: &SeriesKey,
    first: Timestamp,
    last: Timestamp,
    checksum: &str,
) -> String {
    let bars = key
        .bars
        .map_or(String::new(), |spec| format!("{}-", BarName(spec)));
    format!(
        "part-{bars}{}-{}-{checksum}.parquet",
        first.nanos(),
        last.nanos()
    )
}

/// All parts of a catalog, or those of one instrument, in no particular order.
pub(super) fn parts(
    shelf: &Arc<Shelf>,
    instrument: Option<&str>,
) -> Result<Vec<Part>, CatalogError> {
    let mut parts = Vec::new();
    for kind in KINDS {
        let folder = shelf.root().join(format!("kind={kind}"));
        let below = match instrument {
            Some(symbol) => folder.join(format!("instrument={}", escape(symbol))),
            None => folder.clone(),
        };
        parts.extend(parts_below(shelf, kind, (&folder, &below))?);
    }
    Ok(parts)
}

/// The parts of one series on one day.
pub(super) fn parts_on(
    shelf: &Arc<Shelf>,
    key: &SeriesKey,
    day: u64,
) -> Result<Vec<Part>, CatalogError> {
    let folder = shelf.root().join(format!("kind={}", key.kind));
    let below = day_folder(shelf.root(), key, day);
    let mut parts = parts_below(shelf, key.kind, (&folder, &below))?;
    parts.retain(|part| *part.key == *key);
    parts.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(parts)
}

/// The parts below a folder in the folder of a kind. Hidden files are none, and neither is what lies in
/// hidden folders.
fn parts_below(
    shelf: &Arc<Shelf>,
    kind: DataKind,
    (folder, below): (&Path, &Path),
) -> Result<Vec<Part>, CatalogError> {
    let mut parts = Vec::new();
    for path in shelf.files(below)? {
        let inside = path.strip_prefix(folder).unwrap_or(&path);
        let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
        if !names.iter().any(|name| name.starts_with('.')) {
            parts.push(part_at(shelf, kind, &path, &names)?);
        }
    }
    Ok(parts)
}

/// The part of a file by the names of its folders and its own.
fn part_at(
    shelf: &Arc<Shelf>,
    kind: DataKind,
    path: &Path,
    names: &[Cow<'_, str>],
) -> Result<Part, CatalogError> {
    let name = |place: usize| names.get(place).map_or("", |name| name);
    let symbol = value(name(0), "instrument")
        .and_then(unescape)
        .ok_or_else(|| strange(path, name(0), "instrument=SYMBOL"))?;
    let day = value(name(1), "day")
        .and_then(|text| text.parse::<Date>().ok())
        .and_then(|date| u64::try_from(date.days()).ok())
        .ok_or_else(|| strange(path, name(1), "day=YYYY-MM-DD"))?;
    let part = parse_part(shelf, path, name(2), kind, &symbol, day);
    let part = part.filter(|_| names.len() == 3);
    part.ok_or_else(|| strange(path, name(names.len().saturating_sub(1)), PART_FORM))
}

const PART_FORM: &str = "part-FIRST-LAST-CHECKSUM.parquet, with the rule before FIRST for bars";

fn parse_part(
    shelf: &Arc<Shelf>,
    path: &Path,
    name: &str,
    kind: DataKind,
    symbol: &str,
    day: u64,
) -> Option<Part> {
    let body = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    let mut fields = body.rsplitn(4, '-');
    let checksum = fields.next()?.to_owned();
    let last = Timestamp::from_nanos(fields.next()?.parse().ok()?);
    let first = Timestamp::from_nanos(fields.next()?.parse().ok()?);
    let bars = match fields.next() {
        Some(rule) => Some(rule.parse::<BarName>().ok()?.0),
        None => None,
    };
    if bars.is_some() != (kind == DataKind::Bars) {
        return None;
    }
    let key = SeriesKey {
        kind,
        instrument: symbol.to_owned(),
        bars,
    };
    Some(Part {
        shelf: Arc::clone(shelf),
        path: path.to_owned(),
        key: Arc::new(key),
        day,
        first,
        last,
        checksum,
    })
}

fn value<'a>(name: &'a str, key: &str) -> Option<&'a str> {
    name.strip_prefix(key)?.strip_prefix('=')
}

fn strange(path: &Path, name: &str, expected: &str) -> CatalogError {
    CatalogError::Name {
        path: path.to_owned(),
        detail: SourceError::new(name, expected),
    }
}

/// The day of a moment, in days since the epoch.
pub(crate) const fn day_of(time: Timestamp) -> u64 {
    time.nanos() / NANOS_PER_DAY
}

/// Percent-encodes what is not safe in a name, as Hive's layout does: tools turn it back.
fn escape(symbol: &str) -> String {
    let mut name = String::with_capacity(symbol.len());
    for byte in symbol.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

fn unescape(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_survive_the_way_through_a_name() {
        for symbol in [
            "EUR/USD.SIM",
            "BTCUSDT-PERP",
            "BRK B",
            "ÖL=1%",
            "..",
            "a/../b",
        ] {
            let name = escape(symbol);
            assert!(!name.contains(['/', '=', ' ']), "{name}");
            assert_eq!(unescape(&name).as_deref(), Some(symbol));
        }
        assert_eq!(unescape("%2"), None);
        assert_eq!(unescape("%FF"), None);
    }

    #[test]
    fn rules_of_bars_survive_the_way_through_a_name() {
        for name in ["60s-last", "1500000ns-mid", "100t-last", "2.5v-bid"] {
            assert_eq!(name.parse::<BarName>().unwrap().to_string(), name);
        }
        for wrong in ["60s", "s-last", "0s-last", "60m-last", "60s-best", ""] {
            assert!(wrong.parse::<BarName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_tell_what_is_in_them() {
        let key = SeriesKey {
            kind: DataKind::Bars,
            instrument: "X".to_owned(),
            bars: Some(BarSpec::seconds(60, BarBasis::Last)),
        };
        let (first, last) = (Timestamp::from_nanos(5), Timestamp::from_nanos(9));
        let name = part_name(&key, first, last, "00ff");
        let shelf = Arc::new(Shelf::at(PathBuf::from("catalog")).unwrap());
        let parse = |kind| parse_part(&shelf, Path::new(&name), &name, kind, "X", 3);
        let part = parse(DataKind::Bars).unwrap();
        assert_eq!((part.first, part.last, part.day), (first, last, 3));
        assert_eq!(*part.key, key);
        assert_eq!(part.checksum, "00ff");
        assert_eq!(parse(DataKind::Quotes), None);
    }
}
