//! Sends a market order every so many quotes, buying and selling in turn. No strategy to make money
//! with: it is there to measure what an order costs.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Config, Context, Description, InstrumentId, Parameter, Quantity, Quote, SavedState, Side,
    Strategy,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;

/// Buys and sells in turn.
#[derive(Debug)]
pub struct OrderEvery {
    instrument: InstrumentId,
    quantity: Quantity,
    every: u64,
    progress: Progress,
}

/// How far it has come; what outlives the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Progress {
    /// Quotes since the latest order.
    quotes: u64,
    /// Side of the next order.
    next: Side,
}

impl Strategy for OrderEvery {
    fn describe() -> Description {
        let documentation =
            "Sends a market order every so many quotes, buying and selling in turn.";
        let every = Parameter::integer("every", "Quotes per order.").default(10);
        Description::new("order-every", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
            .with(every.range(1, 1_000_000_000))
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        context.subscribe_quotes(instrument.id);
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
            every: config.count("every")?,
            progress: Progress {
                quotes: 0,
                next: Side::Buy,
            },
        })
    }

    fn on_quote(&mut self, _: &Quote, context: &mut Context<'_>) {
        self.progress.quotes += 1;
        if self.progress.quotes >= self.every {
            context.market(self.instrument, self.progress.next, self.quantity);
            self.progress = Progress {
                quotes: 0,
                next: self.progress.next.opposite(),
            };
        }
    }

    fn save(&self) -> SavedState {
        SavedState::encode(STATE_VERSION, &self.progress)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.progress = state.expect_version(STATE_VERSION)?.decode()?;
        Ok(())
    }
}

argonaut_sdk::export!(OrderEvery);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{Harness, Setup, fx_pair};

    fn sides(test: &Harness<OrderEvery>) -> Vec<Side> {
        test.orders().iter().map(|sent| sent.order.side).collect()
    }

    #[test]
    fn orders_alternate_and_go_on_after_a_swap() {
        let setup = Setup::new()
            .instrument(fx_pair("EUR/USD", "0.00001"))
            .parameter("every", 3);
        let mut test = setup.fills().start::<OrderEvery>().unwrap();
        (0..7).for_each(|_| test.quote("1.1", "1.10001"));
        assert_eq!(sides(&test), [Side::Buy, Side::Sell]);
        let mut test = test.swap::<OrderEvery>().unwrap();
        (0..2).for_each(|_| test.quote("1.1", "1.10001"));
        assert_eq!(sides(&test), [Side::Buy, Side::Sell, Side::Buy]);
    }

    #[test]
    fn a_state_of_another_version_is_refused() {
        let state = SavedState {
            version: 2,
            bytes: vec![0, 0],
        };
        let setup = Setup::new()
            .instrument(fx_pair("EUR/USD", "0.00001"))
            .state(state);
        assert!(
            setup
                .start::<OrderEvery>()
                .unwrap_err()
                .contains("version 2")
        );
    }
}
