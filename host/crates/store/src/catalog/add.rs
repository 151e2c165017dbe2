//! Takes events into the catalog, day by day.

use std::sync::Arc;

use model::{BookScope, Timestamp};

use super::books::{self, Joint, end_of};
use super::columns::is_wide;
use super::layout::{self, SeriesKey};
use super::schema::Width;
use super::write::{PartWriter, refuse_overlap};
use super::{Catalog, CatalogError, read};
use crate::book_rows::BookRow;
use crate::events::{MarketEvent, Series};

/// What became of the events of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Events that are new.
    pub events: u64,
    /// Parts that are new.
    pub parts: u64,
    /// Events that were there already, in the very same parts.
    pub already: u64,
}

impl Catalog {
    /// Takes in events of `instrument`: one part for each day. Taking the same events in again
    /// changes nothing; other events of a time that is in the catalog are refused, before the first
    /// part is written.
    pub fn add(&self, instrument: &str, events: &Series) -> Result<Added, CatalogError> {
        let mut added = Added::default();
        let Some(first) = events.get(0) else {
            return Ok(added);
        };
        let bars = match first {
            MarketEvent::Bar(bar) => Some(bar.spec),
            _ => None,
        };
        let instrument = instrument.to_owned();
        let key = Arc::new(SeriesKey {
            kind: events.kind(),
            instrument,
            bars,
        });
        if let MarketEvent::Book(row) = first
            && row.scope == BookScope::Delta
        {
            self.refuse_gap(&key, &row)?;
        }
        let days = days(events);
        for (from, to) in &days {
            self.refuse_other(&key, time(events, *from), time(events, *to - 1))?;
        }
        for (from, to) in days {
            let rows = || (from..to).filter_map(|index| events.get(index));
            let width = if rows().any(|event| is_wide(&event)) {
                Width::Wide
            } else {
                Width::Narrow
            };
            let mut writer = PartWriter::with_width(self, &key, time(events, from), width)?;
            for event in rows() {
                writer.push(&event)?;
            }
            let (_, is_new) = writer.finish()?;
            let count = (to - from) as u64;
            if is_new {
                added.events += count;
                added.parts += 1;
            } else {
                added.already += count;
            }
        }
        Ok(added)
    }

    /// Refuses changes of a book that do not follow what is there.
    fn refuse_gap(&self, key: &SeriesKey, row: &BookRow) -> Result<(), CatalogError> {
        let all = self.series(Some(&key.instrument))?;
        let own = all.into_iter().find(|series| *series.key == *key);
        let parts = own.map_or_else(Vec::new, |series| series.parts);
        let before = parts.iter().rfind(|part| part.first < row.ts_init);
        let end = before.map_or(Ok(None), end_of)?;
        match before.zip(end) {
            Some((part, last)) => books::follow(last, Joint::before(row), &part.path),
            None => Err(CatalogError::NoSnapshot {
                time: row.ts_init,
                first: row.first,
            }),
        }
    }

    /// Refuses a part that would mix with one that is there. One of the same first and last moment
    /// may be the same: its bytes decide when it is written.
    fn refuse_other(
        &self,
        key: &SeriesKey,
        first: Timestamp,
        last: Timestamp,
    ) -> Result<(), CatalogError> {
        let mut there = layout::parts_on(&self.shelf, key, layout::day_of(first))?;
        read::drop_replaced(&mut there)?;
        there.retain(|part| (part.first, part.last) != (first, last));
        refuse_overlap(&there, first, last)
    }
}

/// Where each day begins and ends in a series.
fn days(events: &Series) -> Vec<(usize, usize)> {
    let mut days = Vec::new();
    let mut from = 0;
    for to in 1..=events.len() {
        let ends = to == events.len()
            || layout::day_of(time(events, to)) != layout::day_of(time(events, from));
        if ends {
            days.push((from, to));
            from = to;
        }
    }
    days
}

fn time(events: &Series, index: usize) -> Timestamp {
    events
        .get(index)
        .map_or(Timestamp::ZERO, |event| event.ts_init())
}
