//! Sends a market order every so many quotes, buying and selling in turn; or hands each to an execution
//! algorithm. No strategy to make money with: it is there to measure what an order costs, as a whole and
//! in parts.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Config, Context, Description, InstrumentId, NewOrder, Parameter, Quantity, Quote, SavedState,
    Side, Strategy,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;

/// Buys and sells in turn.
#[derive(Debug)]
pub struct OrderEvery {
    instrument: InstrumentId,
    quantity: Quantity,
    every: u64,
    /// The algorithm that does the orders; empty for none.
    algorithm: String,
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
        let algorithm = "Name of the execution algorithm that does the orders; empty: none, each \
                         order is sent as a whole.";
        let algorithm = Parameter::text("algorithm", algorithm);
        Description::new("order-every", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
            .with(every.range(1, 1_000_000_000))
            .with(algorithm.default(""))
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        context.subscribe_quotes(instrument.id);
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
            every: config.count("every")?,
            algorithm: config.text("algorithm")?.to_owned(),
            progress: Progress {
                quotes: 0,
                next: Side::Buy,
            },
        })
    }

    fn on_quote(&mut self, _: &Quote, context: &mut Context<'_>) {
        self.progress.quotes += 1;
        if self.progress.quotes >= self.every {
            let order = NewOrder::market(self.instrument, self.progress.next, self.quantity);
            match self.algorithm.as_str() {
                "" => context.submit(&order),
                algorithm => context.submit_by(&order.by_algorithm(algorithm, &[])),
            };
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
    fn orders_go_to_the_algorithm_that_is_named() {
        let setup = Setup::new()
            .instrument(fx_pair("EUR/USD", "0.00001"))
            .parameter("every", 1)
            .parameter("algorithm", "twap");
        let mut test = setup.start::<OrderEvery>().unwrap();
        test.quote("1.1", "1.10001");
        let order = test.orders()[0].id;
        let call = test.algorithm_of(order).unwrap();
        assert_eq!((call.name.as_str(), call.parameters.len()), ("twap", 0));
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
