//! Merges the parts of a day into one. The merged part names those it stands for in its footer: from
//! the moment it has its name they count no more, whether they could be removed or not.

use std::sync::Arc;

use model::InstrumentId;

use super::layout::Part;
use super::read::{Footer, drop_replaced};
use super::schema::Width;
use super::stream::Range;
use super::write::PartWriter;
use super::{Catalog, CatalogError, Series, layout};

/// What a merge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Days of series that had several parts.
    pub days: u64,
    /// Parts removed.
    pub removed: u64,
    /// Events in the merged parts.
    pub events: u64,
}

impl Catalog {
    /// Merges the parts of each day of one instrument, or of all, into one part. A day is done as a
    /// whole or not at all; what an earlier merge left behind is removed.
    pub fn compact(
        &self,
        instrument: Option<&str>,
        progress: &mut dyn FnMut(&Part),
    ) -> Result<Compacted, CatalogError> {
        let mut done = Compacted::default();
        self.sweep(instrument, &mut done)?;
        for series in self.series(instrument)? {
            for day in series.parts.chunk_by(|a, b| a.day == b.day) {
                if day.len() > 1 {
                    progress(&day[0]);
                    done.events += self.merge_day(&series, day)?;
                    done.days += 1;
                    done.removed += remove(day)?;
                }
            }
        }
        Ok(done)
    }

    /// Removes parts that merged parts stand for.
    fn sweep(&self, instrument: Option<&str>, done: &mut Compacted) -> Result<(), CatalogError> {
        let all = layout::parts(&self.shelf, instrument)?;
        let mut live = all.clone();
        drop_replaced(&mut live)?;
        let dead: Vec<_> = all
            .into_iter()
            .filter(|part| !live.contains(part))
            .collect();
        done.removed += remove(&dead)?;
        Ok(())
    }

    fn merge_day(&self, series: &Series, day: &[Part]) -> Result<u64, CatalogError> {
        let mut width = Width::Narrow;
        for part in day {
            if Footer::read(part)?.width == Width::Wide {
                width = Width::Wide;
            }
        }
        let whole = Series {
            key: Arc::clone(&series.key),
            parts: day.to_vec(),
        };
        let mut writer = PartWriter::with_width(self, &series.key, day[0].first, width)?;
        let mut events = 0;
        for event in whole.read(InstrumentId::new(0), Range::ALL) {
            writer.push(&event?)?;
            events += 1;
        }
        writer.replaces(day);
        writer.place(false)?;
        Ok(events)
    }
}

fn remove(parts: &[Part]) -> Result<u64, CatalogError> {
    for day in parts.chunk_by(|a, b| a.path.parent() == b.path.parent()) {
        let paths: Vec<_> = day.iter().map(|part| part.path.as_path()).collect();
        day[0].shelf.remove(&paths)?;
    }
    Ok(parts.len() as u64)
}
