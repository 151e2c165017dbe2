//! Bars of one rule, from what a catalog has of an instrument: the very ones, or made of shorter ones.

use crate::backtest::spec::can_make;
use anyhow::Result;
use model::{Bar, BarMethod, BarSpec, InstrumentId, Timestamp};
use store::MarketEvent;
use store::catalog::{Range, Series};

/// Where bars of one rule of one instrument come from.
#[derive(Debug, Clone)]
pub struct BarSource {
    series: Series,
    wanted: BarSpec,
    range: Range,
}

impl BarSource {
    /// The longest bars among `all` series of a catalog, of this instrument and within `range`, that bars by
    /// `wanted` are or can be made of; `None` when there are none.
    pub fn find(all: &[Series], instrument: &str, wanted: BarSpec, range: Range) -> Option<Self> {
        let own = all.iter().filter(|series| {
            let rule = series.key.bars;
            series.key.instrument == instrument && rule.is_some_and(|rule| can_make(rule, wanted))
        });
        let own = own.map(|series| series.within(range));
        let series = own
            .filter(|series| !series.parts.is_empty())
            .max_by_key(|series| series.key.bars.map_or(0, length))?;
        Some(Self {
            series,
            wanted,
            range,
        })
    }

    /// Hands out the bars in the order of time. Bars that are made of shorter ones are whole ones: what the
    /// range cuts off at its ends is left out.
    ///
    /// # Errors
    /// What keeps the catalog from being read, and whatever `each` says.
    pub fn for_each(
        &self,
        instrument: InstrumentId,
        each: &mut dyn FnMut(Bar) -> Result<()>,
    ) -> Result<()> {
        let mut longer = match self.wanted.method {
            BarMethod::Time(step) if self.series.key.bars != Some(self.wanted) => {
                Some(Longer::new(self.wanted, step, self.range))
            }
            _ => None,
        };
        for event in self.series.read(instrument, self.range) {
            let MarketEvent::Bar(bar) = event? else {
                continue;
            };
            match &mut longer {
                None => each(bar)?,
                Some(longer) => longer.push(&bar).map_or(Ok(()), &mut *each)?,
            }
        }
        longer.and_then(Longer::finish).map_or(Ok(()), each)
    }
}

/// The length of a time bar; other bars are taken as they are.
fn length(rule: BarSpec) -> u64 {
    match rule.method {
        BarMethod::Time(step) => step,
        BarMethod::Tick(_) | BarMethod::Volume(_) => 0,
    }
}

/// Makes bars of shorter ones, aligned to the epoch as all time bars are.
struct Longer {
    wanted: BarSpec,
    step: u64,
    range: Range,
    /// The bar in the making.
    open: Option<Bar>,
}

impl Longer {
    const fn new(wanted: BarSpec, step: u64, range: Range) -> Self {
        Self {
            wanted,
            step,
            range,
            open: None,
        }
    }

    /// Adds a shorter bar; returns the bar before, if this one is not part of it.
    fn push(&mut self, bar: &Bar) -> Option<Bar> {
        let begin = bar.ts_open.nanos() / self.step * self.step;
        let end = Timestamp::from_nanos(begin.saturating_add(self.step));
        let done = self
            .open
            .take_if(|open| open.ts_open.nanos() != begin)
            .filter(|done| self.is_whole(done));
        match &mut self.open {
            Some(open) => {
                open.high = open.high.max(bar.high);
                open.low = open.low.min(bar.low);
                open.close = bar.close;
                open.volume = open.volume.checked_add(bar.volume).unwrap_or(open.volume);
                open.ts_init = open.ts_init.max(bar.ts_init);
            }
            None => {
                self.open = Some(Bar {
                    spec: self.wanted,
                    ts_open: Timestamp::from_nanos(begin),
                    ts_event: end,
                    ts_init: bar.ts_init.max(end),
                    ..*bar
                });
            }
        }
        done
    }

    fn finish(self) -> Option<Bar> {
        self.open.filter(|open| self.is_whole(open))
    }

    /// Whether the range has all of a bar.
    fn is_whole(&self, bar: &Bar) -> bool {
        bar.ts_open >= self.range.from && bar.ts_event < self.range.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{BarBasis, Price, Quantity};

    const MINUTE: u64 = 60_000_000_000;

    fn minute(number: u64, [open, high, low, close]: [i64; 4]) -> Bar {
        let end = Timestamp::from_nanos((number + 1) * MINUTE);
        Bar {
            instrument: InstrumentId::new(0),
            spec: BarSpec::seconds(60, BarBasis::Last),
            open: Price::from_raw(open),
            high: Price::from_raw(high),
            low: Price::from_raw(low),
            close: Price::from_raw(close),
            volume: Quantity::from_raw(10),
            ts_open: Timestamp::from_nanos(number * MINUTE),
            ts_event: end,
            ts_init: end,
        }
    }

    fn made(bars: &[Bar], range: Range) -> Vec<(u64, [i64; 4], u64)> {
        let wanted = BarSpec::seconds(300, BarBasis::Last);
        let mut longer = Longer::new(wanted, 5 * MINUTE, range);
        let mut made: Vec<Bar> = bars.iter().filter_map(|bar| longer.push(bar)).collect();
        made.extend(longer.finish());
        let row = |bar: &Bar| {
            assert_eq!(bar.spec, wanted);
            assert_eq!(bar.ts_event.since(bar.ts_open).nanos(), 5 * MINUTE);
            let prices = [bar.open, bar.high, bar.low, bar.close].map(Price::raw);
            (bar.ts_open.nanos() / MINUTE, prices, bar.volume.raw())
        };
        made.iter().map(row).collect()
    }

    #[test]
    fn five_minutes_are_one_bar_with_gaps_or_without() {
        let bars = [
            minute(5, [10, 12, 9, 11]),
            minute(7, [11, 15, 11, 14]),
            minute(9, [14, 14, 8, 9]),
            minute(21, [7, 7, 7, 7]),
        ];
        let expect = [(5, [10, 15, 8, 9], 30), (20, [7, 7, 7, 7], 10)];
        assert_eq!(made(&bars, Range::ALL), expect);
    }

    #[test]
    fn what_a_range_cuts_is_no_bar() {
        let bars: Vec<_> = (2..18).map(|n| minute(n, [5, 5, 5, 5])).collect();
        let range = Range {
            from: Timestamp::from_nanos(3 * MINUTE),
            to: Timestamp::from_nanos(18 * MINUTE + 1),
        };
        let begins: Vec<_> = made(&bars, range).iter().map(|row| row.0).collect();
        assert_eq!(begins, [5, 10]);
    }
}
