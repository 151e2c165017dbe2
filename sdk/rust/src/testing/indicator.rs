//! Unit tests for indicators: bars to update them with, and one made as the host makes it.

use super::harness::BEGIN;
use super::price;
use crate::{
    Bar, BarBasis, BarSpec, Config, Duration, Indicator, InstrumentId, Quantity, Timestamp,
};

/// An indicator with parameters; defaults are filled in and checked.
pub fn indicator<I: Indicator>(parameters: &[(&str, &str)]) -> Result<I, String> {
    let given = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::new("test", Vec::new(), given);
    I::new(&config.checked(&I::describe())?)
}

/// Bars of a minute, one after the other from 2024-01-01 on, of open, high, low and close. Panics where a
/// text is no price.
pub fn bars(prices: &[[&str; 4]]) -> Vec<Bar> {
    let spec = BarSpec::seconds(60, BarBasis::Last);
    let minutes = |count: u64| -> Timestamp { BEGIN + Duration::from_secs(count * 60) };
    let numbered = (0_u64..).zip(prices);
    let bars = numbered.map(|(number, [open, high, low, close])| Bar {
        instrument: InstrumentId::default(),
        spec,
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: Quantity::ONE,
        ts_open: minutes(number),
        ts_event: minutes(number + 1),
        ts_init: minutes(number + 1),
    });
    bars.collect()
}
