//! Is short of a perpetual while longs pay for it: sells it, takes the funding, and buys it back once the
//! rate falls below what is asked for. It sells again when the rate is good again.
//!
//! It shows what a strategy hears without a trade: the rate comes by `on_lifecycle`, what was really paid,
//! to the last unit, by `on_cash_flow`. Nothing hedges the price: this is a sample, not a trade to make.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    AssetClass, CashFlow, CashFlowReason, Config, Context, Description, InstrumentId, LifeEvent,
    LifeEventKind, Money, OrderChange, OrderEvent, Parameter, Quantity, Quote, Rate, SavedState,
    Side, Strategy,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;

/// Is short while it is paid for it.
#[derive(Debug)]
pub struct FundingCarry {
    instrument: InstrumentId,
    quantity: Quantity,
    /// Least rate for which it is short.
    minimum: Rate,
    kept: Kept,
}

/// What outlives the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Kept {
    /// Whether it wants to be short.
    wanted: bool,
    /// What funding brought in all; negative when it cost.
    received: Money,
}

impl FundingCarry {
    /// Sends what is missing to what it wants to hold, unless an order is under way.
    fn rebalance(&self, context: &mut Context<'_>) {
        if context.open_orders(self.instrument).next().is_some() {
            return;
        }
        let position = context.position(self.instrument);
        match (self.kept.wanted, position.is_flat()) {
            (true, true) => context.market(self.instrument, Side::Sell, self.quantity),
            (false, false) => {
                let side = position.side.opposite();
                context.market(self.instrument, side, position.quantity)
            }
            _ => None,
        };
    }
}

impl Strategy for FundingCarry {
    fn describe() -> Description {
        let documentation = "Is short of a perpetual while its funding rate is high enough.";
        let minimum = "Least funding rate, as a share of the value, for which it is short.";
        Description::new("funding-carry", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
            .with(Parameter::decimal("minimum", minimum).default("0"))
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        if instrument.class != AssetClass::CryptoPerpetual {
            let symbol = &instrument.symbol;
            return Err(format!(
                "parameter `instrument`: {symbol} has no funding; name a perpetual"
            ));
        }
        context.subscribe_quotes(instrument.id);
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
            minimum: config.rate("minimum")?,
            kept: Kept {
                wanted: true,
                received: Money::ZERO,
            },
        })
    }

    fn on_quote(&mut self, _: &Quote, context: &mut Context<'_>) {
        self.rebalance(context);
    }

    fn on_lifecycle(&mut self, event: &LifeEvent, context: &mut Context<'_>) {
        if let LifeEventKind::Funding { rate } = event.kind {
            self.kept.wanted = rate >= self.minimum;
            self.rebalance(context);
        }
    }

    fn on_cash_flow(&mut self, flow: &CashFlow, context: &mut Context<'_>) {
        if flow.reason == CashFlowReason::Funding {
            self.kept.received = self.kept.received + flow.amount;
            let (amount, received) = (flow.amount, self.kept.received);
            context.info(format_args!(
                "funding of {amount} {}, {received} in all",
                flow.currency
            ));
        }
    }

    fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
        if let OrderChange::Denied(_) | OrderChange::Rejected = event.change {
            // Not again at every quote: the next funding asks anew.
            self.kept.wanted = false;
            context.warn("an order was refused; waiting for the next funding");
        }
    }

    fn save(&self) -> SavedState {
        SavedState::encode(STATE_VERSION, &self.kept)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.kept = state.expect_version(STATE_VERSION)?.decode()?;
        Ok(())
    }
}

argonaut_sdk::export!(FundingCarry);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{Harness, Setup, crypto};

    fn setup() -> Setup {
        let perpetual = argonaut_sdk::Instrument {
            class: AssetClass::CryptoPerpetual,
            ..crypto("BTC-PERP", "0.1", "0.001")
        };
        Setup::new()
            .instrument(perpetual)
            .parameter("quantity", "2")
            .parameter("minimum", "0.0001")
            .fills()
    }

    fn fund(test: &mut Harness<FundingCarry>, rate: &str) {
        let rate = rate.parse().unwrap();
        test.happens(InstrumentId::default(), LifeEventKind::Funding { rate });
    }

    #[test]
    fn it_is_short_while_longs_pay_and_out_while_they_do_not() {
        let mut test = setup().start::<FundingCarry>().unwrap();
        test.quote("100", "100");
        assert!(test.position().is_short());
        fund(&mut test, "0.0002");
        assert!(test.position().is_short());
        fund(&mut test, "-0.0001");
        assert!(test.position().is_flat());
        // It was out: nothing is paid, and what it hears brings it back.
        fund(&mut test, "0.0002");
        assert!(test.position().is_short());
        let said: Vec<_> = test.log().iter().map(|line| line.text.as_str()).collect();
        let expect = [
            "funding of 0.04 USD, 0.04 in all",
            "funding of -0.02 USD, 0.02 in all",
        ];
        assert_eq!(said, expect);
    }

    #[test]
    fn what_it_received_is_handed_over() {
        let mut test = setup().start::<FundingCarry>().unwrap();
        test.quote("100", "100");
        fund(&mut test, "0.0002");
        let mut test = test.swap::<FundingCarry>().unwrap();
        fund(&mut test, "0.0003");
        let last = test.log().last().unwrap();
        assert_eq!(last.text, "funding of 0.06 USD, 0.1 in all");
    }

    #[test]
    fn a_refusal_is_not_repeated_at_every_quote() {
        let manual = Setup::new()
            .instrument(argonaut_sdk::Instrument {
                class: AssetClass::CryptoPerpetual,
                ..crypto("BTC-PERP", "0.1", "0.001")
            })
            .parameter("quantity", "2");
        let mut test = manual.start::<FundingCarry>().unwrap();
        test.quote("100", "100");
        let first = test.orders()[0].id;
        test.deny(first, 17);
        test.quote("100", "100");
        assert_eq!(test.orders().len(), 1);
        fund(&mut test, "0.0002");
        assert_eq!(test.orders().len(), 2);
    }

    #[test]
    fn what_has_no_funding_is_refused_by_name() {
        let setup = Setup::new().instrument(crypto("BTC/USD", "0.1", "0.001"));
        let refused = setup.start::<FundingCarry>().unwrap_err();
        assert!(refused.contains("BTC/USD has no funding"), "{refused}");
    }
}
