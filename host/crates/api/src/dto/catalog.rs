//! Data sets of a catalog.

use model::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use store::catalog::{BarName, CatalogError, Series};

/// Events of one kind of one instrument, as the files of a catalog have them.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct DataSetDto {
    /// `quotes`, `trades`, `bars` or `books`.
    pub(crate) kind: String,
    pub(crate) instrument: String,
    /// The rule of bars, such as `60s-last`.
    pub(crate) bars: Option<String>,
    /// On how many days there is something.
    pub(crate) days: usize,
    /// The time of the first event and of the last.
    pub(crate) first: Option<String>,
    pub(crate) first_ns: Option<String>,
    pub(crate) last: Option<String>,
    pub(crate) last_ns: Option<String>,
    /// How many events.
    pub(crate) rows: u64,
    /// Size of the files.
    pub(crate) bytes: u64,
    /// How many files.
    pub(crate) parts: usize,
}

impl DataSetDto {
    /// Of a series; reads the footers of its files.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn read(series: &Series) -> Result<Self, CatalogError> {
        let summary = series.summary()?;
        let days: BTreeSet<u64> = series.parts.iter().map(|part| part.day).collect();
        let (first, last) = series.period().unzip();
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let nanos = |time: Option<Timestamp>| time.map(|time| time.nanos().to_string());
        Ok(Self {
            kind: series.key.kind.to_string(),
            instrument: series.key.instrument.clone(),
            bars: series.key.bars.map(|rule| BarName(rule).to_string()),
            days: days.len(),
            first: text(first),
            first_ns: nanos(first),
            last: text(last),
            last_ns: nanos(last),
            rows: summary.events,
            bytes: summary.bytes,
            parts: series.parts.len(),
        })
    }
}
