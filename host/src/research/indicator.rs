//! An indicator over what a catalog has of one instrument.

use super::bars::BarSource;
use anyhow::{Result, bail};
use model::{Bar, BarSpec, Fault, InstrumentId, Timestamp};
use runtime::{Feed, Indicator};
use store::catalog::{BarName, Range, Series};
use store::{DataKind, MarketEvent};

/// What an indicator is updated with.
pub struct Updates {
    bars: Option<BarSource>,
    quotes: Option<(Series, Range)>,
}

/// Where values go: the time of the update, and one value for each line.
pub type Each<'a> = &'a mut dyn FnMut(Timestamp, &[f64]) -> Result<()>;

impl Updates {
    /// What a catalog has of `instrument` within `range` for an indicator of this feed.
    ///
    /// # Errors
    /// The catalog has nothing of the kind.
    pub fn find(
        all: &[Series],
        instrument: &str,
        feed: Feed,
        rule: BarSpec,
        range: Range,
    ) -> Result<Self> {
        let mut updates = Self {
            bars: None,
            quotes: None,
        };
        if feed != Feed::Quotes {
            updates.bars = BarSource::find(all, instrument, rule, range);
            if updates.bars.is_none() {
                bail!(
                    "{instrument}: the catalog has no bars in that time of which {} bars can be made; \
                     `argonaut data list` shows what it has",
                    BarName(rule)
                );
            }
        }
        if feed != Feed::Bars {
            let mut own = all.iter().filter(|series| {
                series.key.kind == DataKind::Quotes && series.key.instrument == instrument
            });
            let quotes = own.next().map(|series| series.within(range));
            let Some(quotes) = quotes.filter(|quotes| !quotes.parts.is_empty()) else {
                bail!(
                    "{instrument}: the catalog has no quotes in that time; `argonaut data list` shows what \
                     it has"
                );
            };
            updates.quotes = Some((quotes, range));
        }
        Ok(updates)
    }
}

/// Updates an indicator with everything, in the order in which it was known; tells how many updates there
/// were.
///
/// # Errors
/// The catalog cannot be read, the indicator broke, or `each` failed.
pub fn run(indicator: &mut Indicator, updates: &Updates, each: Each<'_>) -> Result<u64> {
    let mut count = 0;
    let mut tell = |time: Timestamp, values: Result<Option<Vec<f64>>, Fault>| -> Result<()> {
        count += 1;
        match values? {
            Some(values) => each(time, &values),
            None => Ok(()),
        }
    };
    let id = InstrumentId::new(0);
    let Some((quotes, range)) = &updates.quotes else {
        if let Some(source) = &updates.bars {
            source.for_each(id, &mut |bar| tell(bar.ts_event, indicator.on_bar(&bar)))?;
        }
        return Ok(count);
    };
    let mut bars: Vec<Bar> = Vec::new();
    if let Some(source) = &updates.bars {
        source.for_each(id, &mut |bar| {
            bars.push(bar);
            Ok(())
        })?;
    }
    let mut bars = bars.into_iter().peekable();
    for event in quotes.read(id, *range) {
        let MarketEvent::Quote(quote) = event? else {
            continue;
        };
        while let Some(bar) = bars.next_if(|bar| bar.ts_init <= quote.ts_init) {
            tell(bar.ts_event, indicator.on_bar(&bar))?;
        }
        tell(quote.ts_event, indicator.on_quote(&quote))?;
    }
    for bar in bars {
        tell(bar.ts_event, indicator.on_bar(&bar))?;
    }
    Ok(count)
}
