//! Unit tests for custom pre-trade rules: facts to start from, and a rule made as the host makes it.

use super::harness::BEGIN;
use super::quantity;
use crate::{
    Config, Instrument, InstrumentId, OrderContext, OrderFacts, OrderId, OrderKind, PreTradeRule,
    RuleConfig, Side, Tag, TimeInForce,
};

/// A rule for instruments, with parameters; defaults are filled in and checked. The names of the one
/// strategy and the one account are `strategy` and `account`.
pub fn rule<R: PreTradeRule>(
    instruments: &[Instrument],
    parameters: &[(&str, &str)],
) -> Result<R, String> {
    let given = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let numbered = (0_u32..)
        .zip(instruments)
        .map(|(number, instrument)| Instrument {
            id: InstrumentId::new(number),
            ..instrument.clone()
        });
    let parameters = Config::new("test", numbered.collect(), given);
    R::new(&RuleConfig {
        strategies: vec!["strategy".to_owned()],
        accounts: vec!["account".to_owned()],
        parameters: parameters.checked(&R::describe())?,
    })
}

/// A market order on the first instrument, to change where a test needs another.
pub fn order_facts(side: Side, how_much: &str) -> OrderFacts {
    OrderFacts {
        order: OrderId::new(1),
        strategy: 0,
        account: 0,
        instrument: InstrumentId::default(),
        side,
        kind: OrderKind::Market,
        quantity: quantity(how_much),
        time_in_force: TimeInForce::Gtc,
        post_only: false,
        reduce_only: false,
        display: None,
        hold: None,
        tag: Tag::NONE,
        parent: None,
        amends: false,
    }
}

/// Surroundings of which nothing is known but the time: 2024-01-01T00:00:00Z.
pub fn order_context() -> OrderContext {
    OrderContext {
        now: BEGIN,
        ..OrderContext::default()
    }
}
