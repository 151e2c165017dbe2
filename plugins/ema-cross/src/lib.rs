//! Follows the trend with two exponential moving averages of bar closes: long while the fast one is
//! at or above the slow one, short while it is below. When they cross, one market order takes the
//! position through zero to the other side.
//!
//! * Until both averages have a value nothing is traded. Bars from before the start warm them up.
//! * A bar without a range (high equal to low) moves the averages but decides nothing: nothing
//!   traded in it, so its close says nothing new.
//! * While an order is still working no other is sent, so a slow venue is not asked twice.

use argonaut_sdk::indicators::Ema;
use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Bar, Config, Context, Description, History, InstrumentId, Parameter, Quantity, SavedState,
    Side, Strategy, Timestamp,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;

/// Follows the trend.
#[derive(Debug)]
pub struct EmaCross {
    instrument: InstrumentId,
    quantity: Quantity,
    fast: Ema,
    slow: Ema,
    /// End of the latest bar in the averages.
    latest: Timestamp,
}

/// What outlives the instance: the closes that decide the averages. Saving prices instead of
/// averages lets a new version with other periods take over.
#[derive(Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct State {
    fast: Vec<f64>,
    slow: Vec<f64>,
    latest: Timestamp,
}

impl EmaCross {
    /// Moves the averages by one bar, unless they have seen it: history may overlap with saved
    /// state.
    fn observe(&mut self, bar: &Bar) {
        if bar.ts_event > self.latest {
            self.latest = bar.ts_event;
            self.fast.update(bar.close.to_f64());
            self.slow.update(bar.close.to_f64());
        }
    }

    /// The side to be on; `None` while an average has no value.
    fn trend(&self) -> Option<Side> {
        let (fast, slow) = (self.fast.value()?, self.slow.value()?);
        Some(if fast >= slow { Side::Buy } else { Side::Sell })
    }

    /// Takes the position to `side`, if it is not there.
    fn turn(&self, side: Side, context: &mut Context<'_>) {
        let position = context.position(self.instrument);
        let is_there = !position.is_flat() && position.side == side;
        let is_working = context.open_orders(self.instrument).next().is_some();
        if !is_there && !is_working {
            // What closes the old position and what opens the new one, in a single order.
            context.market(self.instrument, side, self.quantity + position.quantity);
        }
    }
}

impl Strategy for EmaCross {
    fn describe() -> Description {
        let documentation = "Follows the trend: long while the fast average of bar closes is at or \
                             above the slow one, short while it is below.";
        let fast = "Period of the fast average, in bars. Less than the slow one.";
        let slow = "Period of the slow average, in bars.";
        let warm_up = "Bars from before the start that warm the averages up.";
        Description::new("ema-cross", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
            .with_time_bars(60, "bid")
            .with(
                Parameter::integer("fast", fast)
                    .default(10)
                    .range(2, Ema::MAX_PERIOD),
            )
            .with(
                Parameter::integer("slow", slow)
                    .default(20)
                    .range(2, Ema::MAX_PERIOD),
            )
            .with(
                Parameter::integer("warm_up", warm_up)
                    .default(200)
                    .range(0, 10_000),
            )
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        let bars = config.bar_spec()?;
        let (fast, slow) = (config.count("fast")?, config.count("slow")?);
        if fast >= slow {
            return Err(format!(
                "parameter `fast`: {fast} is not less than `slow`, {slow}"
            ));
        }
        context.subscribe_bars(instrument.id, bars);
        context.request_history(instrument.id, bars, config.parse("warm_up")?);
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
            fast: Ema::new(fast)?,
            slow: Ema::new(slow)?,
            latest: Timestamp::default(),
        })
    }

    fn on_history(&mut self, history: &History, _: &mut Context<'_>) {
        history.bars.iter().for_each(|bar| self.observe(bar));
    }

    fn on_bar(&mut self, bar: &Bar, context: &mut Context<'_>) {
        self.observe(bar);
        if bar.high == bar.low {
            return;
        }
        if let Some(side) = self.trend() {
            self.turn(side, context);
        }
    }

    fn save(&self) -> SavedState {
        let (fast, slow) = (self.fast.inputs().to_vec(), self.slow.inputs().to_vec());
        SavedState::encode(
            STATE_VERSION,
            &State {
                fast,
                slow,
                latest: self.latest,
            },
        )
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        let state: State = state.expect_version(STATE_VERSION)?.decode()?;
        self.fast.restore(&state.fast);
        self.slow.restore(&state.slow);
        self.latest = state.latest;
        Ok(())
    }
}

argonaut_sdk::export!(EmaCross);

#[cfg(test)]
mod tests;
