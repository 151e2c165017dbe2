//! Follows the trend with two exponential moving averages of bar closes: long while the fast one is
//! at or above the slow one, short while it is below.

use argonaut_sdk::indicators::Ema;
use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Bar, Config, Context, Description, History, InstrumentId, Parameter, Quantity, SavedState,
    Side, Strategy, Timestamp,
};

/// What the strategy knows between events.
pub struct EmaCross {
    instrument: InstrumentId,
    quantity: Quantity,
    fast: Ema,
    slow: Ema,
    /// End of the latest bar in the averages.
    latest: Timestamp,
}

/// The part of it that a later version takes over: closes, so that its periods may differ.
#[derive(Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct State {
    fast: Vec<f64>,
    slow: Vec<f64>,
    latest: Timestamp,
}

impl EmaCross {
    /// Moves the averages, unless they have seen the bar: history may overlap saved state.
    fn observe(&mut self, bar: &Bar) {
        if bar.ts_event > self.latest {
            self.latest = bar.ts_event;
            self.fast.update(bar.close.to_f64());
            self.slow.update(bar.close.to_f64());
        }
    }

    /// Takes the position to `side`, through zero in a single order.
    fn turn(&self, side: Side, context: &mut Context<'_>) {
        let position = context.position(self.instrument);
        let is_there = !position.is_flat() && position.side == side;
        if !is_there && context.open_orders(self.instrument).next().is_none() {
            context.market(self.instrument, side, self.quantity + position.quantity);
        }
    }
}

impl Strategy for EmaCross {
    fn describe() -> Description {
        let documentation = "Long while the fast average is at or above the slow one.";
        let fast = "Period of the fast average, in bars.";
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
        // Nothing traded in a bar without a range, so its close says nothing new.
        if bar.high == bar.low {
            return;
        }
        if let (Some(fast), Some(slow)) = (self.fast.value(), self.slow.value()) {
            let side = if fast >= slow { Side::Buy } else { Side::Sell };
            self.turn(side, context);
        }
    }

    fn save(&self) -> SavedState {
        let (fast, slow) = (self.fast.inputs().to_vec(), self.slow.inputs().to_vec());
        SavedState::encode(
            1,
            &State {
                fast,
                slow,
                latest: self.latest,
            },
        )
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        let state: State = state.expect_version(1)?.decode()?;
        self.fast.restore(&state.fast);
        self.slow.restore(&state.slow);
        self.latest = state.latest;
        Ok(())
    }
}

argonaut_sdk::export!(EmaCross);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{Setup, fx_pair};
    use argonaut_sdk::{BarBasis, BarSpec};

    #[test]
    fn a_cross_reverses_the_position() {
        let setup = Setup::new()
            .instrument(fx_pair("EUR/USD", "0.00001"))
            .fills();
        let setup = setup.parameter("fast", 2).parameter("slow", 3);
        let mut test = setup.start::<EmaCross>().unwrap();
        for close in ["1.10", "1.11", "1.12", "1.13", "1.10", "1.06"] {
            test.close(BarSpec::seconds(60, BarBasis::Bid), close);
        }
        assert!(test.position().is_short());
        assert_eq!(test.orders().len(), 2);
    }
}
