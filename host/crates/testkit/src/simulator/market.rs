//! Seeded market data. A price is a function of seed, instrument and turn, so that it does not move
//! when other turns are left out.

use super::dice::Dice;
use super::setup::{Grid, grid};
use engine::Input;
use model::{InstrumentId, Price, Quantity, Quote, Side, Timestamp, Trade};

/// Where prices begin, in ticks.
const LEVEL: i64 = 10_000;

/// What an instrument is worth at a turn, in ticks: two waves and some noise.
pub(super) fn ticks(seed: u64, instrument: u32, turn: u64) -> i64 {
    let mut waves = Dice::of(&[seed, 0x3A7E, instrument.into()]);
    let mut level = LEVEL;
    for height in [600, 60] {
        let period = 200 + waves.below(20) * height;
        let phase = waves.below(period);
        level += triangle(turn + phase, period, height);
    }
    let mut noise = Dice::of(&[seed, 0x0015, instrument.into(), turn]);
    level + signed(noise.below(7)) - 3
}

/// A triangular wave between zero and `height`.
fn triangle(at: u64, period: u64, height: u64) -> i64 {
    let at = at % period;
    let rising = at.min(period - at);
    signed(rising * 2 * height / period)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The market event of a turn: mostly a quote, sometimes a trade.
pub(super) fn event(
    dice: &mut Dice,
    seed: u64,
    instrument: u32,
    (turn, time): (u64, Timestamp),
) -> Input {
    let grid = grid(instrument);
    let level = ticks(seed, instrument, turn);
    if dice.chance(1, 5) {
        Input::Trade(Trade {
            instrument: grid.instrument,
            price: grid.price(level),
            size: grid.lots(1 + dice.below(50)),
            aggressor: dice.one_of([None, Some(Side::Buy), Some(Side::Sell)]),
            ts_event: time,
            ts_init: time,
        })
    } else {
        Input::Quote(quote(dice, &grid, level, time))
    }
}

fn quote(dice: &mut Dice, grid: &Grid, level: i64, time: Timestamp) -> Quote {
    let half = 1 + signed(dice.below(3));
    Quote {
        instrument: grid.instrument,
        bid: grid.price(level - half),
        ask: grid.price(level + half),
        bid_size: grid.lots(1 + dice.below(500)),
        ask_size: grid.lots(1 + dice.below(500)),
        ts_event: time,
        ts_init: time,
    }
}

/// An event that no market makes.
pub(super) fn impossible(dice: &mut Dice, instrument: u32, time: Timestamp) -> Input {
    let grid = grid(instrument);
    let mut quote = quote(dice, &grid, LEVEL, time);
    match dice.below(6) {
        0 => std::mem::swap(&mut quote.bid, &mut quote.ask),
        1 => (quote.bid, quote.ask) = (Price::from_raw(0), Price::from_raw(0)),
        2 => quote.bid = Price::from_raw(-quote.bid.raw()),
        3 => (quote.bid, quote.ask) = (Price::from_raw(i64::MIN), Price::from_raw(i64::MAX)),
        4 => quote.instrument = InstrumentId::new(u32::MAX - instrument),
        _ => {
            return Input::Trade(Trade {
                instrument: grid.instrument,
                price: Price::from_raw(dice.one_of([0, -1, i64::MIN])),
                size: Quantity::from_raw(dice.one_of([0, 1, u64::MAX])),
                aggressor: None,
                ts_event: time,
                ts_init: time,
            });
        }
    }
    Input::Quote(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_wander_and_do_not_depend_on_other_turns() {
        let day: Vec<i64> = (0..5_000).map(|turn| ticks(1, 3, turn)).collect();
        assert!(day.iter().all(|ticks| (9_900..10_700).contains(ticks)));
        assert!(day.iter().max().unwrap() - day.iter().min().unwrap() > 50);
        assert_eq!(day[4_000], ticks(1, 3, 4_000));
        assert_ne!(
            day,
            (0..5_000).map(|turn| ticks(2, 3, turn)).collect::<Vec<_>>()
        );
    }
}
