//! The component's side of the world `pre-trade-rule`.

use super::bindings::argonaut::plugin::types;
use super::{Slot, convert, log_panics, running};
use crate::{
    Config, InstrumentId, OrderContext, OrderFacts, OrderId, PreTradeRule, Price, Quantity,
    RuleConfig, Timestamp, Verdict,
};
use bindings::argonaut::plugin::facts;

/// What `wit-bindgen` makes of the world.
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated code that calls across the boundary"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "pre-trade-rule",
        with: {
            "argonaut:plugin/types@1.0.0": crate::guest::bindings::argonaut::plugin::types,
            "argonaut:plugin/log@1.0.0": crate::guest::bindings::argonaut::plugin::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_pre_trade_rule",
    });
}

fn place(handle: u32) -> usize {
    usize::try_from(handle).unwrap_or(usize::MAX)
}

fn config(config: facts::RuleConfig) -> RuleConfig {
    let instruments = config.instruments.into_iter().map(convert::instrument);
    RuleConfig {
        strategies: config.strategies,
        accounts: config.accounts,
        parameters: Config::new(config.rule, instruments.collect(), config.parameters),
    }
}

fn order_facts(order: &facts::OrderFacts) -> OrderFacts {
    OrderFacts {
        order: OrderId::new(order.order),
        strategy: place(order.strategy),
        account: place(order.account),
        instrument: InstrumentId::new(order.instrument),
        side: convert::side(order.side),
        kind: convert::order_kind(order.kind),
        quantity: Quantity::from_raw(order.quantity),
        time_in_force: convert::time_in_force(order.tif),
        post_only: order.post_only,
        reduce_only: order.reduce_only,
        display: order.display.map(Quantity::from_raw),
        hold: order.hold.map(convert::trigger),
        // The host keeps what it was sent, which was a tag.
        tag: order.tag.parse().unwrap_or_default(),
        parent: order.parent.map(OrderId::new),
        amends: order.amends,
    }
}

fn order_context(context: &facts::ContextFacts) -> OrderContext {
    let price = |price: Option<i64>| price.map(Price::from_raw);
    let held = Quantity::from_raw(context.position);
    OrderContext {
        now: Timestamp::from_nanos(context.now),
        position: convert::side(context.position_side).signed(held),
        working_buys: Quantity::from_raw(context.working_buys),
        working_sells: Quantity::from_raw(context.working_sells),
        reference: price(context.reference),
        bid: price(context.bid),
        ask: price(context.ask),
        last: price(context.last),
        equity: context.equity.map(convert::money),
        strategy_orders: context.strategy_orders,
        account_orders: context.account_orders,
        instrument_orders: context.instrument_orders,
    }
}

impl<P: Slot<Running: PreTradeRule>> bindings::Guest for P {
    fn describe() -> types::Description {
        log_panics();
        convert::description(P::Running::describe())
    }

    fn init(given: facts::RuleConfig) -> Result<(), String> {
        log_panics();
        let rule = P::Running::new(&config(given))?;
        P::with(|slot| *slot = Some(rule));
        Ok(())
    }

    fn judge(order: facts::OrderFacts, context: facts::ContextFacts) -> facts::Verdict {
        let (order, context) = (order_facts(&order), order_context(&context));
        match running::<P, _>(|rule| rule.judge(&order, &context)) {
            Verdict::Pass => facts::Verdict::Pass,
            Verdict::Deny(reason) => facts::Verdict::Deny(reason),
        }
    }
}
