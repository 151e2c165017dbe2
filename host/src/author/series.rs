//! Random series against what must hold of every indicator: it does not break, has the same values for the
//! same updates, none before it said that it may, and goes on after a hand-over as if there had been none.

use super::market::Dice;
use crate::plugins::{Plugin, Plugins};
use anyhow::Result;
use model::{Bar, BarBasis, BarSpec, Fault, InstrumentId, Price, Quantity, Quote, Timestamp};
use runtime::{Feed, Indicator};
use std::collections::BTreeMap;
use std::fmt;

/// The first bar: 2024-01-01, a Monday.
const BEGIN_NS: u64 = 1_704_067_200_000_000_000;
/// Length of a bar.
const STEP_S: u64 = 60;
/// A tick, in units of 1e-9.
const TICK: i64 = 10_000_000;
/// Where prices begin, in ticks.
const MIDDLE: i64 = 10_000;

/// What to try.
#[derive(Debug, Clone, Copy)]
pub struct SeriesOptions {
    /// How many series.
    pub series: u64,
    /// The seed of the first; each one after it has the next.
    pub seed: u64,
    /// Updates of each.
    pub updates: usize,
    /// Whether a hand-over must change nothing.
    pub hand_over: bool,
}

/// What series without a failure came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeriesTally {
    /// Series.
    pub series: u64,
    /// Updates that brought values.
    pub values: u64,
    /// The most fuel that an update took.
    pub most_fuel: u64,
}

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeriesWrong {
    /// It trapped, ran out of fuel or time, refused, or answered what is no value.
    #[error("it broke: {0}")]
    Broke(Fault),
    /// It had values too early.
    #[error("it has values at update {update}, and says that it needs {warm_up} before the first")]
    Early {
        /// Which update, counted from 0.
        update: usize,
        /// What it said.
        warm_up: usize,
    },
    /// Other values for the same updates.
    #[error("it has other values for the same updates, from update {0} on")]
    Differs(usize),
    /// Other values after a hand-over.
    #[error(
        "after a hand-over before update {at} it has other values, from update {from} on; `save` and `load` \
         must carry all that decides, or try with `--no-hand-over`"
    )]
    HandOver {
        /// Before which update.
        at: usize,
        /// The first update with other values.
        from: usize,
    },
    /// There was nothing to try.
    #[error(
        "it had no value in any of {0} series; it needs more --events, or other parameters (--param)"
    )]
    Nothing(u64),
}

/// A series in which something does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesFound {
    /// Its seed.
    pub seed: u64,
    /// What does not hold.
    pub wrong: SeriesWrong,
}

impl fmt::Display for SeriesFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, wrong } = self;
        write!(f, "random series with seed {seed}: {wrong}")
    }
}

/// Something that an indicator is told.
enum Update {
    Bar(Bar),
    Quote(Quote),
}

/// Values of each update, to the bit.
type Values = Vec<Option<Vec<u64>>>;

/// Tries random series until something does not hold.
///
/// # Errors
/// What keeps it from being tried, such as a parameter that is missing.
pub fn run(
    plugins: &Plugins,
    plugin: &Plugin,
    given: &BTreeMap<String, String>,
    options: SeriesOptions,
) -> Result<Result<SeriesTally, SeriesFound>> {
    let mut make = || plugins.indicator(plugin, given);
    let mut tally = SeriesTally::default();
    for n in 0..options.series {
        let seed = options.seed.wrapping_add(n);
        if let Err(wrong) = one(&mut make, options, seed, &mut tally)? {
            return Ok(Err(SeriesFound { seed, wrong }));
        }
        tally.series += 1;
    }
    if tally.values == 0 {
        let (seed, wrong) = (options.seed, SeriesWrong::Nothing(options.series));
        return Ok(Err(SeriesFound { seed, wrong }));
    }
    Ok(Ok(tally))
}

fn one(
    make: &mut dyn FnMut() -> Result<Indicator>,
    options: SeriesOptions,
    seed: u64,
    tally: &mut SeriesTally,
) -> Result<Result<(), SeriesWrong>> {
    let mut dice = Dice::new(seed);
    let mut instances = [make()?, make()?, make()?, make()?];
    let [first, second, before, after] = &mut instances;
    let updates = updates(&mut dice, first.shape().feed, options.updates);
    let at = usize::try_from(dice.up_to(updates.len() as u64))?;
    let tried = values(first, &updates, tally).and_then(|expect| {
        tally.values += expect.iter().flatten().count() as u64;
        let warm_up = first.shape().warm_up;
        if let Some(update) = expect.iter().take(warm_up).position(Option::is_some) {
            return Err(SeriesWrong::Early { update, warm_up });
        }
        if let Some(from) = other(&expect, &values(second, &updates, tally)?) {
            return Err(SeriesWrong::Differs(from));
        }
        if !options.hand_over {
            return Ok(());
        }
        let (early, late) = updates.split_at(at);
        values(before, early, tally)?;
        let state = before.save().map_err(SeriesWrong::Broke)?;
        after.load(state).map_err(SeriesWrong::Broke)?;
        match other(&expect[at..], &values(after, late, tally)?) {
            Some(from) => Err(SeriesWrong::HandOver {
                at,
                from: at + from,
            }),
            None => Ok(()),
        }
    });
    Ok(tried)
}

/// The values of an instance at each update.
fn values(
    indicator: &mut Indicator,
    updates: &[Update],
    tally: &mut SeriesTally,
) -> Result<Values, SeriesWrong> {
    let mut all = Values::new();
    for update in updates {
        let values = match update {
            Update::Bar(bar) => indicator.on_bar(bar),
            Update::Quote(quote) => indicator.on_quote(quote),
        };
        let values = values.map_err(SeriesWrong::Broke)?;
        tally.most_fuel = tally.most_fuel.max(indicator.usage().last_call_fuel);
        // All NaN are the same one: what a guest returns has no bits of its own in it.
        all.push(values.map(|values| values.into_iter().map(bits).collect()));
    }
    Ok(all)
}

fn bits(value: f64) -> u64 {
    match value.is_nan() {
        true => f64::NAN.to_bits(),
        false => value.to_bits(),
    }
}

/// The first update with other values.
fn other(expect: &[Option<Vec<u64>>], found: &[Option<Vec<u64>>]) -> Option<usize> {
    expect.iter().zip(found).position(|(a, b)| a != b)
}

/// A price that wanders and jumps, as bars, as quotes, or as both by turns.
fn updates(dice: &mut Dice, feed: Feed, count: usize) -> Vec<Update> {
    let mut ticks = MIDDLE;
    let numbered = (0_u64..).take(count);
    let updates = numbered.map(|number| {
        let is_bar = match feed {
            Feed::Bars => true,
            Feed::Quotes => false,
            Feed::Both => number.is_multiple_of(2),
        };
        match is_bar {
            true => Update::Bar(bar(dice, &mut ticks, number)),
            false => Update::Quote(quote(dice, &mut ticks, number)),
        }
    });
    updates.collect()
}

fn moved(dice: &mut Dice, ticks: i64) -> i64 {
    let width = if dice.once_in(40) { 2_000 } else { 60 };
    let step = signed(dice.up_to(width)) - signed(width / 2);
    (ticks + step).clamp(100, 1_000_000)
}

fn bar(dice: &mut Dice, ticks: &mut i64, number: u64) -> Bar {
    let open = *ticks;
    *ticks = moved(dice, open);
    let close = *ticks;
    let high = open.max(close) + signed(dice.up_to(20));
    let low = open.min(close) - signed(dice.up_to(20));
    let price = |ticks: i64| Price::from_raw(ticks * TICK);
    Bar {
        instrument: InstrumentId::new(0),
        spec: BarSpec::seconds(STEP_S, BarBasis::Last),
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: Quantity::from_raw(dice.up_to(1_000) * Quantity::SCALE),
        ts_open: moment(number),
        ts_event: moment(number + 1),
        ts_init: moment(number + 1),
    }
}

fn quote(dice: &mut Dice, ticks: &mut i64, number: u64) -> Quote {
    *ticks = moved(dice, *ticks);
    let price = |ticks: i64| Price::from_raw(ticks * TICK);
    let size = |drawn: u64| Quantity::from_raw(drawn * Quantity::SCALE);
    Quote {
        instrument: InstrumentId::new(0),
        bid: price(*ticks),
        ask: price(*ticks + 1 + signed(dice.up_to(3))),
        bid_size: size(dice.up_to(1_000)),
        ask_size: size(dice.up_to(1_000)),
        ts_event: moment(number + 1),
        ts_init: moment(number + 1),
    }
}

fn moment(number: u64) -> Timestamp {
    Timestamp::from_nanos(BEGIN_NS + number * STEP_S * 1_000_000_000)
}

/// Draws are far below what a signed number holds.
fn signed(drawn: u64) -> i64 {
    i64::try_from(drawn).unwrap_or(0)
}
