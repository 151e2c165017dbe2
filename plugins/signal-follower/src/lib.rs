//! Trades as somebody outside tells it, such as an alert of TradingView: `buy` and `sell` send an order at the
//! market, with a `limit` one at that price, and `flat` closes what it holds. Which of them is meant is the
//! value `action` of a signal, or its name where it has none.
//!
//! It shows what a strategy does with signals (`on_signal`): what the sender may leave out is a parameter, and
//! what it does not understand is logged and leads to nothing. Whether an order leaves is the risk gate's
//! business, as with every strategy.

use argonaut_sdk::{
    Config, Context, Description, InstrumentId, NewOrder, NumberError, OrderChange, OrderEvent,
    Price, Quantity, Side, Signal, Strategy,
};

/// Does what it is told.
#[derive(Debug)]
pub struct SignalFollower {
    instrument: InstrumentId,
    /// How much where a signal does not say.
    quantity: Quantity,
}

impl SignalFollower {
    /// Sends the order that a signal asks for.
    fn order(
        &self,
        side: Side,
        signal: &Signal,
        context: &mut Context<'_>,
    ) -> Result<(), NumberError> {
        let quantity = signal.number("quantity")?.unwrap_or(self.quantity);
        match signal.number::<Price>("limit")? {
            None => context.market(self.instrument, side, quantity),
            Some(price) => context.limit(self.instrument, side, quantity, price),
        };
        Ok(())
    }

    /// Closes what it holds, and withdraws what is on its way to more. Told twice before the first close is
    /// filled, it sends two: neither goes beyond what there is to close.
    fn close(&self, context: &mut Context<'_>) {
        context.cancel_all(self.instrument);
        let position = context.position(self.instrument);
        if !position.is_flat() {
            let side = position.side.opposite();
            let close = NewOrder::market(self.instrument, side, position.quantity);
            context.submit(&close.reduce_only());
        }
    }
}

impl Strategy for SignalFollower {
    fn describe() -> Description {
        let documentation = "Buys, sells and closes as signals say.";
        Description::new("signal-follower", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
    }

    fn new(config: &Config, _: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        Ok(Self {
            instrument: instrument.id,
            quantity: config.order_quantity(instrument)?,
        })
    }

    fn on_signal(&mut self, signal: &Signal, context: &mut Context<'_>) {
        let action = signal.text("action").unwrap_or(&signal.name);
        let done = match action {
            "buy" => self.order(Side::Buy, signal, context),
            "sell" => self.order(Side::Sell, signal, context),
            "flat" => {
                self.close(context);
                Ok(())
            }
            _ => {
                context.warn(format_args!(
                    "the signal `{action}` is none of buy, sell and flat"
                ));
                Ok(())
            }
        };
        if let Err(why) = done {
            context.warn(format_args!(
                "the signal `{action}` was not followed: {why}"
            ));
        }
    }

    fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
        if let OrderChange::Denied(_) | OrderChange::Rejected = event.change {
            context.warn("an order that a signal asked for was refused");
        }
    }
}

argonaut_sdk::export!(SignalFollower);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{Setup, equity};

    fn setup() -> Setup {
        Setup::new()
            .instrument(equity("ACME", "0.01"))
            .parameter("quantity", "2")
            .fills()
    }

    #[test]
    fn it_holds_what_it_is_told() {
        let mut test = setup().start::<SignalFollower>().unwrap();
        test.quote("100", "100");
        assert!(test.orders().is_empty());
        test.signal("buy", &[]);
        assert_eq!(test.position().quantity, Quantity::whole(2));
        test.signal("sell", &[("quantity", "5")]);
        assert!(test.position().is_short());
        assert_eq!(test.position().quantity, Quantity::whole(3));
        test.signal("chart", &[("action", "flat")]);
        assert!(test.position().is_flat());
        // There is nothing left to close.
        let sent = test.orders().len();
        test.signal("flat", &[]);
        assert_eq!(test.orders().len(), sent);
    }

    #[test]
    fn closing_twice_does_not_turn_the_position_round() {
        let setup = Setup::new().instrument(equity("ACME", "0.01"));
        let setup = setup.parameter("quantity", "2");
        let mut test = setup.start::<SignalFollower>().unwrap();
        test.quote("100", "100");
        test.signal("buy", &[]);
        let bought = test.orders()[0].id;
        test.accept(bought);
        test.fill(bought, Quantity::whole(2), "100".parse().unwrap());
        // The venue has answered neither before the other is sent.
        test.signal("flat", &[]);
        test.signal("flat", &[]);
        let closes = &test.orders()[1..];
        assert_eq!(closes.len(), 2);
        assert!(closes.iter().all(|sent| sent.order.terms.reduce_only));
    }

    #[test]
    fn a_limit_is_kept() {
        let mut test = setup().start::<SignalFollower>().unwrap();
        test.quote("100", "100");
        test.signal("buy", &[("limit", "99.5")]);
        assert!(test.position().is_flat());
        assert_eq!(test.open_orders().len(), 1);
        test.signal("flat", &[]);
        assert!(test.open_orders().is_empty());
    }

    #[test]
    fn what_it_does_not_understand_leads_to_nothing() {
        let mut test = setup().start::<SignalFollower>().unwrap();
        test.quote("100", "100");
        for (name, values) in [("hold", [("x", "1")]), ("buy", [("quantity", "many")])] {
            test.signal(name, &values);
            assert!(test.orders().is_empty());
            let said = &test.log().last().unwrap().text;
            assert!(said.contains(&format!("signal `{name}`")), "{said}");
        }
    }
}
