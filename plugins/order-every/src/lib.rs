//! Sends a market order every so many quotes, buying and selling in turn; or hands each to an execution
//! algorithm. No strategy to make money with: it is there to measure what an order costs, as a whole and
//! in parts.
//!
//! `examples/operations` leads it from version to version. The Cargo feature `v2` makes one that asks for
//! the price it sees, and takes a second instrument; `broken` one after that, which divides by
//! zero when an order of its own is filled.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Config, Context, Description, InstrumentId, NewOrder, OrderEvent, OrderId, Parameter, Quantity,
    Quote, SavedState, Side, Strategy, TimeInForce,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;
/// Version of the plugin.
const VERSION: &str = if cfg!(feature = "broken") {
    "3.0.0"
} else if cfg!(feature = "v2") {
    "2.0.0"
} else {
    env!("CARGO_PKG_VERSION")
};

/// Buys and sells in turn.
#[derive(Debug)]
pub struct OrderEvery {
    instrument: InstrumentId,
    quantity: Quantity,
    every: u64,
    /// The algorithm that does the orders; empty for none.
    algorithm: String,
    /// What is traded beside it.
    second: Option<Second>,
    /// What this instance has sent last.
    latest: Option<OrderId>,
    progress: Progress,
}

/// Another instrument, of which the smallest order is sent whenever one of the first is.
#[derive(Debug)]
struct Second {
    instrument: InstrumentId,
    quantity: Quantity,
    /// Its latest quote.
    quote: Option<Quote>,
}

impl Second {
    /// As the parameter `second` names it, where the version has that.
    fn read(config: &Config) -> Result<Option<Self>, String> {
        let symbol = if cfg!(feature = "v2") {
            config.text("second")?
        } else {
            ""
        };
        if symbol.is_empty() {
            return Ok(None);
        }
        let mut instruments = config.instruments().iter();
        let found = instruments.find(|one| one.symbol == symbol);
        let found = found.ok_or_else(|| format!("there is no instrument `{symbol}`"))?;
        Ok(Some(Self {
            instrument: found.id,
            quantity: found.min_quantity,
            quote: None,
        }))
    }
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

impl OrderEvery {
    /// The order that is next, at the market or at the price of the quote.
    fn order(&self, instrument: InstrumentId, quantity: Quantity, quote: &Quote) -> NewOrder {
        let side = self.progress.next;
        if cfg!(feature = "v2") {
            let price = match side {
                Side::Buy => quote.ask,
                Side::Sell => quote.bid,
            };
            NewOrder::limit(instrument, side, quantity, price).time_in_force(TimeInForce::Ioc)
        } else {
            NewOrder::market(instrument, side, quantity)
        }
    }

    fn send(&mut self, quote: &Quote, context: &mut Context<'_>) {
        let order = self.order(self.instrument, self.quantity, quote);
        self.latest = match self.algorithm.as_str() {
            "" => context.submit(&order),
            algorithm => context.submit_by(&order.by_algorithm(algorithm, &[])),
        };
        if let Some(second) = &self.second
            && let Some(quote) = &second.quote
        {
            context.submit(&self.order(second.instrument, second.quantity, quote));
        }
    }
}

impl Strategy for OrderEvery {
    fn describe() -> Description {
        let documentation =
            "Sends a market order every so many quotes, buying and selling in turn.";
        let every = Parameter::integer("every", "Quotes per order.").default(10);
        let algorithm = "Name of the execution algorithm that does the orders; empty: none, each \
                         order is sent as a whole.";
        let algorithm = Parameter::text("algorithm", algorithm);
        let description = Description::new("order-every", VERSION, documentation)
            .with_instrument()
            .with_quantity()
            .with(every.range(1, 1_000_000_000))
            .with(algorithm.default(""));
        if cfg!(feature = "v2") {
            let second = "Symbol of which the smallest order is sent besides; empty for none.";
            description.with(Parameter::text("second", second).default(""))
        } else {
            description
        }
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        context.subscribe_quotes(instrument.id);
        let second = Second::read(config)?;
        if let Some(second) = &second {
            context.subscribe_quotes(second.instrument);
        }
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
            every: config.count("every")?,
            algorithm: config.text("algorithm")?.to_owned(),
            second,
            latest: None,
            progress: Progress {
                quotes: 0,
                next: Side::Buy,
            },
        })
    }

    fn on_quote(&mut self, quote: &Quote, context: &mut Context<'_>) {
        if quote.instrument != self.instrument {
            if let Some(second) = &mut self.second {
                second.quote = Some(*quote);
            }
            return;
        }
        self.progress.quotes += 1;
        if self.progress.quotes >= self.every {
            self.send(quote, context);
            self.progress = Progress {
                quotes: 0,
                next: self.progress.next.opposite(),
            };
        }
    }

    fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
        if cfg!(feature = "broken") && Some(event.order) == self.latest {
            // Of an order that is filled nothing is left, which is what this version breaks over.
            let left = event.quantity.raw() - event.filled.raw();
            let times = event.quantity.raw() / left;
            context.info(format_args!("{times} times what is left was wanted"));
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
