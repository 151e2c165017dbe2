//! How far instruments moved within a stretch of time, by the prices at both ends of it. What lies between
//! is not read.

use std::sync::Arc;

use model::{InstrumentId, Price};

use super::error::CatalogError;
use super::stream::Range;
use super::{Catalog, Series};
use crate::events::MarketEvent;
use crate::source::DataKind;

/// The prices of an instrument at both ends of a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its symbol.
    pub instrument: String,
    /// The first price: of a quote its midpoint, of a bar where it opened.
    pub first: Price,
    /// The last price: of a quote its midpoint, of a bar where it closed.
    pub last: Price,
}

impl Catalog {
    /// How far these instruments moved within a stretch, in the order in which they are named; those without
    /// data in it are left out. Of an instrument bars are read where there are some, else trades, else quotes.
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn moved(&self, instruments: &[String], range: Range) -> Result<Vec<Moved>, CatalogError> {
        let mut all = self.series(None)?;
        all.sort_by_key(|series| rank(series.key.kind));
        let mut moved = Vec::new();
        for instrument in instruments {
            let own = all
                .iter()
                .filter(|series| series.key.instrument == *instrument);
            for series in own {
                if let Some((first, last)) = series.ends(range)? {
                    moved.push(Moved {
                        instrument: instrument.clone(),
                        first,
                        last,
                    });
                    break;
                }
            }
        }
        Ok(moved)
    }
}

/// Which kind of data is preferred: that with the fewest rows.
fn rank(kind: DataKind) -> u8 {
    match kind {
        DataKind::Bars => 0,
        DataKind::Trades => 1,
        DataKind::Quotes => 2,
        DataKind::Books => 3,
    }
}

impl Series {
    /// The first and the last price within a stretch; `None` where there is none.
    fn ends(&self, range: Range) -> Result<Option<(Price, Price)>, CatalogError> {
        let within = self.within(range);
        let first = within.read(ANY, range).next().transpose()?;
        let Some(first) = first.as_ref().and_then(opening) else {
            return Ok(None);
        };
        for part in within.parts.iter().rev() {
            let alone = Self {
                key: Arc::clone(&self.key),
                parts: vec![part.clone()],
            };
            let mut latest = None;
            for event in alone.read(ANY, range) {
                latest = closing(&event?).or(latest);
            }
            if let Some(last) = latest {
                return Ok(Some((first, last)));
            }
        }
        Ok(None)
    }
}

/// Whose events are called while they are only looked at.
const ANY: InstrumentId = InstrumentId::new(0);

fn opening(event: &MarketEvent) -> Option<Price> {
    match event {
        MarketEvent::Bar(bar) => Some(bar.open),
        _ => closing(event),
    }
}

fn closing(event: &MarketEvent) -> Option<Price> {
    match event {
        MarketEvent::Quote(quote) => Some(quote.bid.midpoint(quote.ask)),
        MarketEvent::Trade(trade) => Some(trade.price),
        MarketEvent::Bar(bar) => Some(bar.close),
        MarketEvent::Book(_) => None,
    }
}
