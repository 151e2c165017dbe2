//! What a strategy under test is made with.

use super::{Harness, price, quantity};
use crate::{AssetClass, BarSpec, Instrument, InstrumentId, Price, SavedState, Strategy};
use std::collections::BTreeMap;
use std::fmt::Display;

/// A share traded in whole pieces.
pub fn equity(symbol: &str, tick: &str) -> Instrument {
    instrument(symbol, AssetClass::Equity, tick, "1")
}

/// A currency pair traded in units of its base currency.
pub fn fx_pair(symbol: &str, tick: &str) -> Instrument {
    instrument(symbol, AssetClass::FxPair, tick, "1")
}

/// A crypto pair.
pub fn crypto(symbol: &str, tick: &str, lot: &str) -> Instrument {
    instrument(symbol, AssetClass::CryptoSpot, tick, lot)
}

fn instrument(symbol: &str, class: AssetClass, tick: &str, lot: &str) -> Instrument {
    Instrument {
        id: InstrumentId::default(),
        symbol: symbol.to_owned(),
        class,
        quote_currency: "USD".to_owned(),
        tick: price(tick),
        lot: quantity(lot),
        min_quantity: quantity(lot),
        max_quantity: quantity("1000000000"),
        multiplier: quantity("1"),
    }
}

/// Instruments, parameters, history and saved state for [`Harness`].
#[derive(Debug, Clone, Default)]
pub struct Setup {
    pub(super) instruments: Vec<Instrument>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) history: Vec<(BarSpec, Vec<Price>)>,
    pub(super) state: Option<SavedState>,
    pub(super) fills: bool,
}

impl Setup {
    /// Nothing yet: add at least one instrument.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an instrument; ids count up from zero.
    #[must_use]
    pub fn instrument(mut self, instrument: Instrument) -> Self {
        let number = u32::try_from(self.instruments.len()).unwrap_or(u32::MAX);
        self.instruments.push(Instrument {
            id: InstrumentId::new(number),
            ..instrument
        });
        self
    }

    pub(super) fn instrument_of(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.iter().find(|known| known.id == id)
    }

    /// Sets a parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Display) -> Self {
        self.parameters.insert(name.to_owned(), value.to_string());
        self
    }

    /// Gives the closes of bars from before the start, oldest first, for requests of this rule.
    #[must_use]
    pub fn history(mut self, spec: BarSpec, closes: &[&str]) -> Self {
        self.history
            .push((spec, closes.iter().map(|close| price(close)).collect()));
        self
    }

    /// Gives saved state to load.
    #[must_use]
    pub fn state(mut self, state: SavedState) -> Self {
        self.state = Some(state);
        self
    }

    /// Lets a small venue answer orders; without it the test does, by [`Harness::fill`] and the
    /// like.
    #[must_use]
    pub fn fills(mut self) -> Self {
        self.fills = true;
        self
    }

    /// Makes the strategy and starts it. The error is what the strategy, or the check of its
    /// parameters, said.
    pub fn start<S: Strategy>(self) -> Result<Harness<S>, String> {
        Harness::start(self)
    }
}
