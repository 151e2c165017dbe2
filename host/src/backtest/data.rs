//! The data of a backtest: whole files in memory, or a catalog that is streamed. What is known of a
//! series before the first event is the same for both, and so are the events and their order.

use super::instruments;
use anyhow::Result;
use model::{BarSpec, InstrumentId, Price, Timestamp};
use store::catalog::{self, CatalogError, Range};
use store::{DataKind, MarketEvent, Series};

/// What is known of a series.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// What it is about.
    pub instrument: InstrumentId,
    /// What it holds.
    pub kind: DataKind,
    /// The rule of its bars.
    pub bars: Option<BarSpec>,
    /// How many events it has; of a catalog, how many are in the parts that are read.
    pub events: u64,
    /// First and last moment.
    pub period: Option<(Timestamp, Timestamp)>,
    /// The coarsest power of ten on which every price lies.
    pub tick: Price,
}

/// Series, in the order in which events of one moment come.
pub struct Data {
    known: Vec<Known>,
    source: Source,
}

enum Source {
    Memory(Vec<Series>),
    Catalog(Vec<catalog::Series>, Range),
}

/// Events in the order of time.
pub type Events<'a> = Box<dyn Iterator<Item = Result<MarketEvent, CatalogError>> + 'a>;

impl Data {
    /// Series in memory.
    pub fn memory(series: Vec<Series>) -> Self {
        let known = series.iter().filter_map(|series| {
            let first = series.get(0)?;
            Some(Known {
                instrument: super::instrument_of(&first),
                kind: series.kind(),
                bars: match first {
                    MarketEvent::Bar(bar) => Some(bar.spec),
                    _ => None,
                },
                events: series.len() as u64,
                period: series.period(),
                tick: instruments::common_tick(series),
            })
        });
        Self {
            known: known.collect(),
            source: Source::Memory(series),
        }
    }

    /// Series of a catalog, each with its instrument, of which what is within `range` is read.
    pub fn catalog(
        series: Vec<(catalog::Series, InstrumentId)>,
        range: Range,
    ) -> Result<Self, CatalogError> {
        let mut known = Vec::new();
        let mut kept = Vec::new();
        for (series, instrument) in series {
            let series = series.within(range);
            let Some((first, last)) = series.period() else {
                continue;
            };
            let summary = series.summary()?;
            known.push(Known {
                instrument,
                kind: series.key.kind,
                bars: series.key.bars,
                events: summary.events,
                period: Some((first.max(range.from), last.min(range.to))),
                tick: summary.tick,
            });
            kept.push(series);
        }
        Ok(Self {
            known,
            source: Source::Catalog(kept, range),
        })
    }

    /// What is known of each series.
    pub fn series(&self) -> &[Known] {
        &self.known
    }

    /// The series that are in memory.
    pub fn in_memory(&self) -> &[Series] {
        match &self.source {
            Source::Memory(series) => series,
            Source::Catalog(..) => &[],
        }
    }

    /// All events.
    pub fn events(&self) -> Result<Events<'_>, CatalogError> {
        match &self.source {
            Source::Memory(series) => Ok(Box::new(store::merge(series.iter().collect()).map(Ok))),
            Source::Catalog(series, range) => {
                let readers = series.iter().zip(&self.known);
                let readers = readers.map(|(series, known)| series.read(known.instrument, *range));
                Ok(Box::new(catalog::merge(readers.collect())?))
            }
        }
    }

    /// The coarsest power of ten on which every price of an instrument lies; one where there is no
    /// price.
    pub fn tick(&self, instrument: InstrumentId) -> Price {
        let own = self
            .known
            .iter()
            .filter(|known| known.instrument == instrument);
        own.map(|known| known.tick)
            .min()
            .unwrap_or(Price::from_raw(Price::SCALE))
    }

    /// A word about prices that do not lie on `tick`, if there are any. In a catalog they are not
    /// counted: only their grid is known.
    pub fn off_grid(&self, instrument: InstrumentId, tick: Price) -> Option<String> {
        if self.tick(instrument).is_on_grid(tick) {
            return None;
        }
        match &self.source {
            Source::Memory(series) => {
                let own = series.iter().zip(&self.known);
                let own = own.filter(|(_, known)| known.instrument == instrument);
                let off: usize = own
                    .map(|(series, _)| instruments::off_grid(series, tick))
                    .sum();
                (off > 0).then(|| format!("{off} prices of the data are off the tick of {tick}"))
            }
            Source::Catalog(..) => Some(format!(
                "prices of the data lie on a grid of {}, some may be off the tick of {tick}",
                self.tick(instrument)
            )),
        }
    }
}
