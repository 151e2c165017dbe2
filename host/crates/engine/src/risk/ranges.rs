//! How far prices moved within the last moments: lowest and highest mark per instrument and window.
//! Only windows that some limit names are watched; without any, a price costs nothing.

use crate::journal::codec::fields;
use model::{Duration, InstrumentId, Price, Rate, Timestamp};

/// Parts of a window. A price leaves at the latest one part after the window is over.
const PARTS: u64 = 16;

/// The ranges of all instruments.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    windows: Vec<Duration>,
    /// By instrument, then in the order of the windows.
    rings: Vec<Vec<Ring>>,
}

impl Ranges {
    /// Watches these windows from now on, and forgets those no longer named. Tells whether they are
    /// others than before.
    pub(crate) fn watch(&mut self, windows: Vec<Duration>) -> bool {
        if windows == self.windows {
            return false;
        }
        for rings in &mut self.rings {
            let kept = windows.iter().map(|window| {
                let place = self.windows.iter().position(|old| old == window);
                let ring = place.and_then(|place| rings.get(place)).copied();
                ring.unwrap_or_default()
            });
            *rings = kept.collect();
        }
        self.windows = windows;
        true
    }

    /// Whether some limit names a window.
    pub(crate) fn are_watched(&self) -> bool {
        !self.windows.is_empty()
    }

    /// Forgets what an instrument's prices were.
    pub(crate) fn forget(&mut self, instrument: InstrumentId) {
        if let Some(rings) = self.rings.get_mut(instrument.index()) {
            rings.clear();
        }
    }

    /// Notes a price seen now.
    pub(crate) fn note(&mut self, instrument: InstrumentId, price: Price, now: Timestamp) {
        if !self.are_watched() {
            return;
        }
        if self.rings.len() <= instrument.index() {
            self.rings.resize_with(instrument.index() + 1, Vec::new);
        }
        let rings = &mut self.rings[instrument.index()];
        rings.resize_with(self.windows.len(), Ring::default);
        for (window, ring) in self.windows.iter().zip(rings) {
            ring.note(part(*window, now), price);
        }
    }

    /// The move within a window as a share of its lowest price; `None` when nobody watched, or no
    /// price is known.
    pub(crate) fn moved(
        &self,
        instrument: InstrumentId,
        window: Duration,
        now: Timestamp,
    ) -> Option<Rate> {
        let place = self.windows.iter().position(|watched| *watched == window)?;
        let ring = self.rings.get(instrument.index())?.get(place)?;
        ring.moved(part(window, now))
    }
}

fn part(window: Duration, now: Timestamp) -> u64 {
    now.nanos() / (window.nanos() / PARTS).max(1)
}

const PLACES: usize = 17;

/// Lowest and highest price of each part of one window.
#[derive(Debug, Clone, Copy, Default)]
struct Ring {
    last: Option<Price>,
    /// All of the window, as of the part in which the last price came.
    whole: Part,
    parts: [Part; PLACES],
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    number: u64,
    low: Price,
    high: Price,
}

impl Part {
    fn widen(&mut self, low: Price, high: Price) {
        (self.low, self.high) = (self.low.min(low), self.high.max(high));
    }
}

impl Ring {
    fn note(&mut self, number: u64, price: Price) {
        // A jump counts, however long the market was silent before it.
        let before = self.last.replace(price).unwrap_or(price);
        let (low, high) = (price.min(before), price.max(before));
        if let Some(part) = place(number).and_then(|place| self.parts.get_mut(place)) {
            if part.number == number && part.high > Price::ZERO {
                part.widen(low, high);
            } else {
                *part = Part { number, low, high };
            }
        }
        if self.whole.number == number && self.whole.high > Price::ZERO {
            self.whole.widen(low, high);
        } else {
            self.whole = self.within(number, price);
        }
    }

    fn moved(&self, number: u64) -> Option<Rate> {
        let last = self.last?;
        let whole = if self.whole.number == number {
            self.whole
        } else {
            self.within(number, last)
        };
        share(whole.high, whole.low)
    }

    /// All of the window that ends with a part.
    fn within(&self, number: u64, last: Price) -> Part {
        let mut whole = Part {
            number,
            low: last,
            high: last,
        };
        let within = self.parts.iter().filter(|part| {
            part.high > Price::ZERO && part.number <= number && part.number + PARTS >= number
        });
        within.for_each(|part| whole.widen(part.low, part.high));
        whole
    }
}

fn place(number: u64) -> Option<usize> {
    usize::try_from(number % (PARTS + 1)).ok()
}

/// By how much `high` is above `low`, as a share of `low`, rounded up; the largest there is when it
/// does not fit.
fn share(high: Price, low: Price) -> Option<Rate> {
    let (high, low) = (i128::from(high.raw()), i128::from(low.raw()));
    if low <= 0 {
        return None;
    }
    let scaled = (high - low) * i128::from(Rate::SCALE);
    let share = (scaled + low - 1) / low;
    Some(i64::try_from(share).map_or(Rate::MAX, Rate::from_raw))
}

fields! {
    Ranges { windows, rings }
    Ring { last, whole, parts }
    Part { number, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_nanos(160);

    fn check(prices: &[(u64, &str)], now: u64, expect: Option<&str>) {
        let (mut ranges, id) = (Ranges::default(), InstrumentId::new(3));
        ranges.watch(vec![WINDOW]);
        for (at, price) in prices {
            ranges.note(id, price.parse().unwrap(), Timestamp::from_nanos(*at));
        }
        let moved = ranges.moved(id, WINDOW, Timestamp::from_nanos(now));
        assert_eq!(moved, expect.map(|text| text.parse().unwrap()));
    }

    #[test]
    fn moves_count_within_the_window_and_a_part_of_it_longer() {
        check(&[], 0, None);
        check(&[(0, "100")], 0, Some("0"));
        check(&[(0, "100"), (100, "110")], 100, Some("0.1"));
        check(&[(0, "110"), (100, "100"), (120, "105")], 120, Some("0.1"));
        check(&[(5, "100"), (10, "110")], 169, Some("0.1"));
        check(&[(0, "100"), (5, "110"), (100, "110")], 170, Some("0"));
    }

    #[test]
    fn a_jump_after_a_silence_counts() {
        check(&[(0, "100"), (100_000, "150")], 100_000, Some("0.5"));
        check(&[(0, "100"), (100_000, "150")], 100_200, Some("0"));
    }

    #[test]
    fn windows_nobody_names_are_forgotten() {
        let (mut ranges, id) = (Ranges::default(), InstrumentId::new(0));
        ranges.note(id, Price::from_raw(1), Timestamp::ZERO);
        assert!(ranges.rings.is_empty());
        ranges.watch(vec![WINDOW]);
        ranges.note(id, Price::from_raw(1), Timestamp::ZERO);
        ranges.watch(Vec::new());
        assert_eq!(ranges.moved(id, WINDOW, Timestamp::ZERO), None);
    }

    #[test]
    fn a_price_stays_for_as_long_as_the_window_and_a_part_of_it() {
        let rise = |last: u64| -> Vec<(u64, &str)> {
            let rest = (1..=last).map(|part| (part * 10, "110"));
            [(0, "100")].into_iter().chain(rest).collect()
        };
        // The jump itself was in the second part of the window.
        check(&rise(16), 160, Some("0.1"));
        check(&rise(17), 170, Some("0.1"));
        check(&rise(18), 180, Some("0"));
    }

    #[test]
    fn prices_of_one_moment_all_count_later() {
        check(&[(0, "100"), (1, "110"), (2, "110")], 20, Some("0.1"));
        check(&[(0, "100"), (5, "110"), (1_000, "110")], 1_000, Some("0"));
        // In the place of a part that is over.
        let again = [(0, "100"), (170, "200"), (171, "200"), (340, "200")];
        check(&again, 340, Some("0"));
    }

    #[test]
    fn a_window_that_is_still_named_keeps_its_prices() {
        let (mut ranges, id) = (Ranges::default(), InstrumentId::new(0));
        let longer = Duration::from_nanos(320);
        ranges.watch(vec![WINDOW]);
        for (at, price) in [(0, "100"), (1, "110")] {
            ranges.note(id, price.parse().unwrap(), Timestamp::from_nanos(at));
        }
        ranges.watch(vec![WINDOW, longer]);
        let moved = |window| ranges.moved(id, window, Timestamp::from_nanos(2));
        assert_eq!(moved(WINDOW), Some("0.1".parse().unwrap()));
        assert_eq!(moved(longer), None);
    }
}
