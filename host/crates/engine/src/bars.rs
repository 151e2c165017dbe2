//! Makes bars from quotes and trades, by time, by count, or by volume.

use crate::journal::codec::fields;
use crate::ratio::Ratio;
use model::{
    Bar, BarBasis, BarMethod, BarSpec, InstrumentId, Price, Quantity, Quote, Timestamp, Trade,
};

/// One price with its size, as a bar sees it.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The price.
    pub price: Price,
    /// Its size.
    pub size: Quantity,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

impl Sample {
    /// What a quote means for a bar that follows `basis`; `None` for trade bars.
    pub fn of_quote(quote: &Quote, basis: BarBasis) -> Option<Self> {
        let (price, size) = match basis {
            BarBasis::Bid => (quote.bid, quote.bid_size),
            BarBasis::Ask => (quote.ask, quote.ask_size),
            BarBasis::Mid => (
                quote.bid.midpoint(quote.ask),
                quote.bid_size.min(quote.ask_size),
            ),
            BarBasis::Last => return None,
        };
        Some(Self {
            price,
            size,
            ts_event: quote.ts_event,
            ts_init: quote.ts_init,
        })
    }

    /// What a trade means for a bar that follows `basis`; `None` for quote bars.
    pub fn of_trade(trade: &Trade, basis: BarBasis) -> Option<Self> {
        (basis == BarBasis::Last).then_some(Self {
            price: trade.price,
            size: trade.size,
            ts_event: trade.ts_event,
            ts_init: trade.ts_init,
        })
    }
}

/// Gathers samples into bars of one rule. A step without samples makes no bar.
#[derive(Debug, Clone)]
pub struct Aggregator {
    instrument: InstrumentId,
    spec: BarSpec,
    open: Option<Bar>,
    count: u64,
    /// The end of the last time bar; whatever is older belongs to the next one.
    ended: Timestamp,
    made_of_bars: bool,
}

impl Aggregator {
    /// An aggregator without samples.
    pub fn new(instrument: InstrumentId, spec: BarSpec) -> Self {
        Self {
            instrument,
            spec,
            open: None,
            count: 0,
            ended: Timestamp::ZERO,
            made_of_bars: false,
        }
    }

    /// The rule.
    pub fn spec(&self) -> BarSpec {
        self.spec
    }

    /// When the bar in the making ends by itself. `None` for bars that only samples end, and for
    /// bars made of others: their last part comes when its time is over.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match (self.spec.method, &self.open) {
            (BarMethod::Time(_), Some(bar)) if !self.made_of_bars => Some(bar.ts_event),
            _ => None,
        }
    }

    /// Ends a time bar whose end is not after `now`.
    pub fn end(&mut self, now: Timestamp) -> Option<Bar> {
        self.end_known_at(now, now)
    }

    fn end_known_at(&mut self, until: Timestamp, ts_init: Timestamp) -> Option<Bar> {
        let timed = matches!(self.spec.method, BarMethod::Time(_));
        let mut bar = self.open.take_if(|bar| timed && bar.ts_event <= until)?;
        bar.ts_init = ts_init;
        self.ended = bar.ts_event;
        Some(bar)
    }

    /// Counts the bar in the making in new shares; one whose prices would be nothing begins anew.
    pub(crate) fn split(&mut self, ratio: Ratio) {
        self.open = self.open.and_then(|bar| {
            Some(Bar {
                open: ratio.price(bar.open)?,
                high: ratio.price(bar.high)?,
                low: ratio.price(bar.low)?,
                close: ratio.price(bar.close)?,
                volume: ratio.quantity(bar.volume)?,
                ..bar
            })
        });
    }

    /// Adds a sample and returns the bar it finished, if any. A time bar that the sample's time
    /// has passed is finished first, without the sample. A sample from before the end of the last
    /// bar comes too late for it and counts to the next.
    pub fn add(&mut self, sample: &Sample) -> Option<Bar> {
        match self.spec.method {
            BarMethod::Time(step) => {
                let finished = self.end_known_at(sample.ts_event, sample.ts_init);
                let nanos = sample.ts_event.max(self.ended).nanos();
                self.extend(sample, || {
                    let start = nanos - nanos % step;
                    (
                        Timestamp::from_nanos(start),
                        Timestamp::from_nanos(start.saturating_add(step)),
                    )
                });
                finished
            }
            BarMethod::Tick(step) => {
                self.extend(sample, || (sample.ts_event, sample.ts_event));
                self.count += 1;
                if self.count < step {
                    None
                } else {
                    self.close_at(sample)
                }
            }
            BarMethod::Volume(step) => {
                self.extend(sample, || (sample.ts_event, sample.ts_event));
                let full = self.open.is_some_and(|bar| bar.volume >= step);
                if full { self.close_at(sample) } else { None }
            }
        }
    }

    /// Adds a shorter time bar of the same basis to a time bar whose step is a multiple of its own.
    /// Returns the bar that its begin shows to be over, and the bar that its end completes. Other
    /// bars are passed over.
    pub fn add_bar(&mut self, bar: &Bar) -> [Option<Bar>; 2] {
        let (BarMethod::Time(step), BarMethod::Time(part)) = (self.spec.method, bar.spec.method)
        else {
            return [None, None];
        };
        if self.spec.basis != bar.spec.basis || part == 0 || !step.is_multiple_of(part) {
            return [None, None];
        }
        self.made_of_bars = true;
        let over = self.end_known_at(bar.ts_open, bar.ts_init);
        for (price, size) in [
            (bar.open, bar.volume),
            (bar.high, Quantity::ZERO),
            (bar.low, Quantity::ZERO),
            (bar.close, Quantity::ZERO),
        ] {
            // What is over has ended already, so no bar comes out here.
            self.add(&Sample {
                price,
                size,
                ts_event: bar.ts_open,
                ts_init: bar.ts_init,
            });
        }
        [over, self.end_known_at(bar.ts_event, bar.ts_init)]
    }

    fn extend(&mut self, sample: &Sample, span: impl FnOnce() -> (Timestamp, Timestamp)) {
        match &mut self.open {
            Some(bar) => {
                bar.high = bar.high.max(sample.price);
                bar.low = bar.low.min(sample.price);
                bar.close = sample.price;
                // Volume is information, not money: it stops at the largest value.
                bar.volume = bar.volume.checked_add(sample.size).unwrap_or(Quantity::MAX);
                bar.ts_init = sample.ts_init;
            }
            None => {
                let (ts_open, ts_event) = span();
                self.open = Some(Bar {
                    instrument: self.instrument,
                    spec: self.spec,
                    open: sample.price,
                    high: sample.price,
                    low: sample.price,
                    close: sample.price,
                    volume: sample.size,
                    ts_open,
                    ts_event,
                    ts_init: sample.ts_init,
                });
            }
        }
    }

    fn close_at(&mut self, sample: &Sample) -> Option<Bar> {
        self.count = 0;
        let mut bar = self.open.take()?;
        bar.ts_event = sample.ts_event;
        bar.ts_init = sample.ts_init;
        Some(bar)
    }
}

fields! {
    Aggregator { instrument, spec, open, count, ended, made_of_bars }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: u64, price: &str, size: i64) -> Sample {
        let at = Timestamp::from_nanos(seconds * 1_000_000_000);
        Sample {
            price: price.parse().unwrap(),
            size: Quantity::whole(size).unwrap(),
            ts_event: at,
            ts_init: at,
        }
    }

    fn aggregator(method: BarMethod) -> Aggregator {
        Aggregator::new(
            InstrumentId::new(0),
            BarSpec {
                method,
                basis: BarBasis::Last,
            },
        )
    }

    fn shape(bar: &Bar) -> String {
        format!(
            "{} {} {} {} {}",
            bar.open, bar.high, bar.low, bar.close, bar.volume
        )
    }

    #[test]
    fn time_bars_end_on_the_grid_without_the_sample_that_ends_them() {
        let mut bars = aggregator(BarMethod::Time(60_000_000_000));
        assert!(bars.add(&sample(61, "10", 1)).is_none());
        assert!(bars.add(&sample(119, "12", 2)).is_none());
        let bar = bars.add(&sample(120, "9", 5)).unwrap();
        assert_eq!(shape(&bar), "10 12 10 12 3");
        assert_eq!(bar.ts_event.nanos(), 120_000_000_000);
        assert_eq!(bars.end(Timestamp::from_nanos(179_999_999_999)), None);
        assert_eq!(
            shape(&bars.end(Timestamp::from_nanos(180_000_000_000)).unwrap()),
            "9 9 9 9 5"
        );
        assert_eq!(bars.end(Timestamp::MAX), None);
    }

    #[test]
    fn longer_bars_are_made_of_shorter_ones_of_the_same_basis() {
        let minute = BarSpec::seconds(60, BarBasis::Last);
        let part = |start: u64, open: &str, close: &str| {
            let mut bars = Aggregator::new(InstrumentId::new(0), minute);
            bars.add(&sample(start, open, 1));
            bars.add(&sample(start + 1, close, 1));
            bars.end(Timestamp::MAX).unwrap()
        };
        let mut longer = aggregator(BarMethod::Time(120_000_000_000));
        assert_eq!(longer.add_bar(&part(0, "10", "12")), [None, None]);
        assert_eq!(longer.ends_at(), None);
        let [None, Some(bar)] = longer.add_bar(&part(60, "12", "9")) else {
            panic!("the second minute completes the bar");
        };
        assert_eq!(shape(&bar), "10 12 9 9 4");
        assert_eq!(
            (bar.ts_open.nanos(), bar.ts_event.nanos()),
            (0, 120_000_000_000)
        );
        // The minute from 180 is missing: the next one shows that the bar from 120 is over.
        assert_eq!(longer.add_bar(&part(120, "9", "8")), [None, None]);
        let [Some(over), None] = longer.add_bar(&part(240, "7", "7")) else {
            panic!("a later minute ends the bar");
        };
        assert_eq!(shape(&over), "9 9 8 8 2");
    }

    #[test]
    fn a_late_sample_counts_to_the_next_bar() {
        let mut bars = aggregator(BarMethod::Time(60_000_000_000));
        bars.add(&sample(10, "10", 1));
        assert!(bars.end(Timestamp::from_nanos(60_000_000_000)).is_some());
        assert!(bars.add(&sample(59, "11", 1)).is_none());
        let bar = bars.add(&sample(120, "12", 1)).unwrap();
        assert_eq!(
            (shape(&bar).as_str(), bar.ts_open.nanos()),
            ("11 11 11 11 1", 60_000_000_000)
        );
    }

    #[test]
    fn tick_bars_count_and_volume_bars_fill() {
        let mut ticks = aggregator(BarMethod::Tick(2));
        assert!(ticks.add(&sample(1, "10", 1)).is_none());
        assert_eq!(
            shape(&ticks.add(&sample(2, "8", 1)).unwrap()),
            "10 10 8 8 2"
        );
        let mut volume = aggregator(BarMethod::Volume(Quantity::whole(5).unwrap()));
        assert!(volume.add(&sample(1, "10", 4)).is_none());
        assert_eq!(
            shape(&volume.add(&sample(2, "11", 3)).unwrap()),
            "10 11 10 11 7"
        );
        assert!(volume.add(&sample(3, "11", 3)).is_none());
    }
}
