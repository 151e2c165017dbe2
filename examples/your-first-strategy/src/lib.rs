//! Buys when the price breaks above the highest close of the last bars, and sells when it falls
//! below the lowest: a breakout, the simplest way to follow a trend.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Bar, Config, Context, Description, InstrumentId, Parameter, Price, Quantity, SavedState, Side,
    Strategy,
};
use std::collections::VecDeque;

/// What the strategy knows between events.
pub struct Breakout {
    instrument: InstrumentId,
    quantity: Quantity,
    window: usize,
    memory: Memory,
}

/// The part of it that a later version takes over.
#[derive(Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Memory {
    closes: VecDeque<Price>,
}

impl Strategy for Breakout {
    /// Shown to operators. Values out of range never reach `new`.
    fn describe() -> Description {
        Description::new("breakout", env!("CARGO_PKG_VERSION"), "Follows breakouts of bar closes.")
            .with_instrument()
            .with_quantity()
            .with_time_bars(60, "mid")
            .with(Parameter::integer("window", "Bars to look back.").default(20).range(2, 1_000))
    }

    /// Subscriptions belong here.
    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        context.subscribe_bars(instrument.id, config.bar_spec()?);
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
            window: config.parse("window")?,
            memory: Memory::default(),
        })
    }

    fn on_bar(&mut self, bar: &Bar, context: &mut Context<'_>) {
        let closes = &mut self.memory.closes;
        if closes.len() >= self.window {
            let is_above = closes.iter().all(|close| bar.close > *close);
            let is_below = closes.iter().all(|close| bar.close < *close);
            closes.pop_front();
            let position = context.position(self.instrument);
            if is_above && !position.is_long() {
                context.market(self.instrument, Side::Buy, self.quantity + position.quantity);
            } else if is_below && !position.is_short() {
                context.market(self.instrument, Side::Sell, self.quantity + position.quantity);
            }
        }
        closes.push_back(bar.close);
    }

    /// Called before a swap or a restart …
    fn save(&self) -> SavedState {
        SavedState::encode(1, &self.memory)
    }

    /// … and this by the instance that takes over.
    fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.memory = state.expect_version(1)?.decode()?;
        Ok(())
    }
}

argonaut_sdk::export!(Breakout);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{Setup, equity};
    use argonaut_sdk::{BarBasis, BarSpec};

    #[test]
    fn a_new_high_buys_and_a_new_low_turns_around() {
        let setup = Setup::new().instrument(equity("ACME", "0.01")).parameter("window", 3);
        let mut test = setup.fills().start::<Breakout>().unwrap();
        let bars = BarSpec::seconds(60, BarBasis::Mid);
        for close in ["10", "11", "10", "12"] {
            test.close(bars, close);
        }
        assert!(test.position().is_long());

        // The version that takes over a swap remembers the closes.
        let mut test = test.swap::<Breakout>().unwrap();
        test.close(bars, "9");
        assert!(test.position().is_short());
        assert_eq!(test.orders().len(), 2);
    }
}
