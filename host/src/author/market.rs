//! Random markets as lines of a scenario, so that whatever one finds can be read, shortened and kept.
//! The same seed makes the same lines.

use super::scenario::{DAY, WEEKDAYS};
use super::words::bar_words;
use crate::universe::Universe;
use model::{BarSpec, Instrument, Price, Quantity, Subscription};

/// What a market is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// How many events it has.
    pub(super) events: usize,
    /// Whether rare things happen: halts, jumps, refused orders, lost books, funding.
    pub(super) wild: bool,
}

/// When the market opens, in milliseconds of the first day.
const OPEN_MS: u64 = 9 * 3_600_000;
/// Ticks that the price is above zero, at least.
const FLOOR: i64 = 50;
/// The shortest bar that is worth a bar market, in milliseconds.
const SHORTEST_BAR_MS: u64 = 1_000;

/// A generator of Steele, Lea and Flood ("Fast splittable pseudorandom number generators", 2014).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `most`, inclusive.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.next() % (most + 1)
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0).unsigned_abs();
        low.saturating_add_unsigned(self.up_to(width))
    }

    /// Once in so many times.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}

/// One instrument as the market has it.
struct Traded {
    symbol: String,
    tick: Price,
    lot: Quantity,
    /// The price, in ticks.
    middle: i64,
    is_perpetual: bool,
}

struct Market<'a> {
    dice: &'a mut Dice,
    traded: Vec<Traded>,
    now_ms: u64,
    wild: bool,
    is_halted: bool,
}

/// The lines of a random market for what an instance listens to.
pub(super) fn lines(
    dice: &mut Dice,
    kind: Kind,
    universe: &Universe,
    wanted: &[Subscription],
) -> Vec<String> {
    let bars: Vec<BarSpec> = wanted.iter().filter_map(bars_of).collect();
    let longest = bars.iter().filter_map(|spec| length_ms(*spec)).max();
    let bars_alone = kind.wild && longest.is_some() && dice.once_in(4);
    let traded = universe.instruments();
    let traded: Vec<_> = traded.map(|(_, known)| begin(dice, known)).collect();
    let mut market = Market {
        dice,
        traded,
        now_ms: OPEN_MS,
        wild: kind.wild,
        is_halted: false,
    };
    // Several events in a bar, so that bars have a range.
    let pace_ms = longest.map_or(1_000, |longest| (longest / 6).clamp(2, 600_000));
    let mut lines = Vec::new();
    while lines.len() < kind.events {
        let line = match bars_alone {
            true => market.bar_event(&bars, longest.unwrap_or(SHORTEST_BAR_MS)),
            false => market.event(pace_ms).into_iter().collect(),
        };
        lines.extend(line);
    }
    lines
}

fn bars_of(wanted: &Subscription) -> Option<BarSpec> {
    match wanted {
        Subscription::Bars(_, spec) => length_ms(*spec).map(|_| *spec),
        _ => None,
    }
}

fn length_ms(spec: BarSpec) -> Option<u64> {
    match spec.method {
        model::BarMethod::Time(nanos) => {
            Some(nanos / 1_000_000).filter(|length| *length >= SHORTEST_BAR_MS)
        }
        _ => None,
    }
}

fn begin(dice: &mut Dice, known: &Instrument) -> Traded {
    Traded {
        symbol: known.symbol.clone(),
        tick: known.tick,
        lot: known.lot,
        middle: dice.between(2_000, 200_000),
        is_perpetual: matches!(known.class, model::AssetClass::CryptoPerpetual { .. }),
    }
}

impl Market<'_> {
    /// The time of a line, with the day, so that lines can be taken away.
    fn line(&mut self, which: usize, text: &str) -> String {
        let day = self.now_ms / (DAY / 1_000_000);
        let of_day = self.now_ms % (DAY / 1_000_000);
        let (seconds, millis) = (of_day / 1_000, of_day % 1_000);
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        let weekday = usize::try_from(day % 7).unwrap_or_default();
        let weekday = WEEKDAYS.get(weekday).unwrap_or(&"Mon");
        let symbol = match (self.traded.len(), self.traded.get(which)) {
            (2.., Some(traded)) => format!("{} ", traded.symbol),
            _ => String::new(),
        };
        let seconds = seconds % 60;
        format!("{weekday} {hours:02}:{minutes:02}:{seconds:02}.{millis:03} {symbol}{text}")
    }

    fn pass(&mut self, pace_ms: u64) {
        self.now_ms += match self.dice.up_to(99) {
            0 if self.wild => self.dice.up_to(8 * 3_600_000),
            0..=9 => 0,
            10..=19 => self.dice.up_to(pace_ms.saturating_mul(6)),
            _ => self.dice.up_to(pace_ms),
        };
    }

    /// Moves the price of one instrument.
    fn move_on(&mut self, which: usize) {
        let far = self.wild && self.dice.once_in(50);
        let step = match far {
            true => self.dice.between(-200, 200),
            false => self.dice.between(-3, 3),
        };
        if let Some(traded) = self.traded.get_mut(which) {
            traded.middle = (traded.middle + step).max(FLOOR);
        }
    }

    fn event(&mut self, pace_ms: u64) -> Option<String> {
        self.pass(pace_ms);
        let last = self.traded.len().saturating_sub(1) as u64;
        let which = usize::try_from(self.dice.up_to(last)).unwrap_or_default();
        self.move_on(which);
        if self.is_halted && self.dice.once_in(5) {
            self.is_halted = false;
            return Some(self.line(which, "resume"));
        }
        let text = match self.dice.up_to(99) {
            0..=4 if self.wild => self.rare(which)?,
            5..=24 => self.trade(which)?,
            25..=39 => self.book(which)?,
            40..=42 => "wait".to_owned(),
            _ => self.quote(which)?,
        };
        Some(self.line(which, &text))
    }

    fn rare(&mut self, which: usize) -> Option<String> {
        let traded = self.traded.get(which)?;
        let (is_perpetual, is_one) = (traded.is_perpetual, self.traded.len() == 1);
        Some(match self.dice.up_to(4) {
            0 if is_one && !self.is_halted => {
                self.is_halted = true;
                "halt".to_owned()
            }
            1 if is_perpetual => format!("funding 0.000{}", self.dice.up_to(9)),
            2 => "deny by the random market".to_owned(),
            3 => format!("mark {}", self.price(which, 0)?),
            _ => "wait".to_owned(),
        })
    }

    fn price(&self, which: usize, ticks: i64) -> Option<Price> {
        let traded = self.traded.get(which)?;
        let raw = traded
            .middle
            .checked_add(ticks)?
            .checked_mul(traded.tick.raw())?;
        Some(Price::from_raw(raw))
    }

    fn size(&mut self, which: usize) -> Option<Quantity> {
        let lots = self.dice.up_to(1_999) + 1;
        let raw = self.traded.get(which)?.lot.raw().checked_mul(lots)?;
        Some(Quantity::from_raw(raw))
    }

    fn quote(&mut self, which: usize) -> Option<String> {
        let half = self.dice.between(1, 4);
        let (bid, ask) = (self.price(which, -half)?, self.price(which, half)?);
        let (bid_size, ask_size) = (self.size(which)?, self.size(which)?);
        Some(format!("quote {bid} x {bid_size} / {ask} x {ask_size}"))
    }

    fn trade(&mut self, which: usize) -> Option<String> {
        let away = self.dice.between(-2, 2);
        let (price, size) = (self.price(which, away)?, self.size(which)?);
        let side = match self.dice.up_to(2) {
            0 => " buy",
            1 => " sell",
            _ => "",
        };
        Some(format!("trade {price} x {size}{side}"))
    }

    fn book(&mut self, which: usize) -> Option<String> {
        let depth = self.dice.between(1, 5);
        let mut levels = Vec::new();
        for level in 1..=depth {
            let (bid, ask) = (self.price(which, -level)?, self.price(which, level)?);
            levels.push(format!("bid {bid} x {}", self.size(which)?));
            levels.push(format!("ask {ask} x {}", self.size(which)?));
        }
        Some(format!("book {}", levels.join(", ")))
    }

    /// A market that is known by its bars alone, as some data are.
    fn bar_event(&mut self, bars: &[BarSpec], longest_ms: u64) -> Vec<String> {
        self.now_ms = (self.now_ms / longest_ms + 1) * longest_ms;
        let mut lines = Vec::new();
        for which in 0..self.traded.len() {
            let Some(open) = self.price(which, 0) else {
                continue;
            };
            self.move_on(which);
            let (above, below) = (self.dice.between(0, 5), self.dice.between(0, 5));
            let Some(close) = self.price(which, 0) else {
                continue;
            };
            let wick = |ticks: i64| self.traded.get(which).map(|one| one.tick.raw() * ticks);
            let (Some(above), Some(below)) = (wick(above), wick(below)) else {
                continue;
            };
            let high = Price::from_raw(open.max(close).raw() + above);
            let low = Price::from_raw(open.min(close).raw() - below);
            for spec in bars
                .iter()
                .filter(|spec| length_ms(**spec) == Some(longest_ms))
            {
                let Some(name) = bar_words(*spec) else {
                    continue;
                };
                let text = format!("bar {name} {open} {high} {low} {close} x 100");
                lines.push(self.line(which, &text));
            }
        }
        lines.dedup();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::{Given, Scenario};
    use super::*;
    use model::{BarBasis, InstrumentId};
    use std::path::Path;

    #[test]
    fn whatever_the_seed_the_lines_can_be_read_and_are_the_same() {
        let universe = Given::default().universe().unwrap();
        let wanted = [Subscription::Bars(
            InstrumentId::default(),
            BarSpec::seconds(60, BarBasis::Bid),
        )];
        for seed in 0..50 {
            println!("seed {seed}");
            let kind = Kind {
                events: 100,
                wild: true,
            };
            let make = || lines(&mut Dice::new(seed), kind, &universe, &wanted);
            let made = make();
            assert_eq!(made, make());
            assert!(made.len() >= kind.events);
            Scenario::parse(Path::new("random"), &made.join("\n")).unwrap();
        }
    }
}
