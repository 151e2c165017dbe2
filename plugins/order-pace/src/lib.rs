//! A custom pre-trade rule: at most so many new orders within a stretch of time by one strategy on
//! one side of one instrument.
//!
//! The host's own control of messages (P19) counts everything a strategy sends. This one tells a
//! strategy that fires again and again at the same thing from one that is merely busy. Orders that
//! only reduce pass, and so do children of algorithms unless `count_children` is set: how fast those
//! go is the algorithm's business.
//!
//! What counts are orders this rule passed; another rule may have denied them afterwards.

use argonaut_sdk::{
    Description, InstrumentId, OrderContext, OrderFacts, Parameter, PreTradeRule, RuleConfig, Side,
    Timestamp, Verdict,
};
use std::collections::{BTreeMap, VecDeque};

/// Who trades what, and which side of it.
type Line = (usize, InstrumentId, bool);

/// So many orders in so much time.
#[derive(Debug)]
pub struct OrderPace {
    max_orders: usize,
    window_nanos: u64,
    count_children: bool,
    /// When orders passed, oldest first; never more than `max_orders` of a line.
    passed: BTreeMap<Line, VecDeque<Timestamp>>,
}

impl OrderPace {
    fn counts(&self, order: &OrderFacts) -> bool {
        !order.amends && !order.reduce_only && (self.count_children || order.parent.is_none())
    }
}

impl PreTradeRule for OrderPace {
    fn describe() -> Description {
        let documentation = "At most so many new orders within a stretch of time by one strategy on \
                             one side of one instrument.";
        Description::new("order-pace", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::integer("max_orders", "How many orders may pass within the window.")
                    .default(10)
                    .range(1, 10_000),
            )
            .with(
                Parameter::integer("window_ms", "Length of the window in milliseconds.")
                    .default(60_000)
                    .range(1, 86_400_000),
            )
            .with(
                Parameter::boolean("count_children", "Whether children of algorithms count.")
                    .default(false),
            )
    }

    fn new(config: &RuleConfig) -> Result<Self, String> {
        let parameters = &config.parameters;
        let max_orders = usize::try_from(parameters.count("max_orders")?);
        Ok(Self {
            max_orders: max_orders.map_err(|error| error.to_string())?,
            window_nanos: parameters.count("window_ms")?.saturating_mul(1_000_000),
            count_children: parameters.boolean("count_children")?,
            passed: BTreeMap::new(),
        })
    }

    fn judge(&mut self, order: &OrderFacts, context: &OrderContext) -> Verdict {
        if !self.counts(order) {
            return Verdict::Pass;
        }
        let line = (order.strategy, order.instrument, order.side == Side::Buy);
        let passed = self.passed.entry(line).or_default();
        let (now, window) = (context.now.nanos(), self.window_nanos);
        while passed
            .front()
            .is_some_and(|earlier| now.saturating_sub(earlier.nanos()) >= window)
        {
            passed.pop_front();
        }
        if passed.len() >= self.max_orders {
            let (max, ms) = (self.max_orders, window / 1_000_000);
            return Verdict::deny(format_args!(
                "more than {max} orders in {ms} ms on this side"
            ));
        }
        passed.push_back(context.now);
        Verdict::Pass
    }
}

argonaut_sdk::export_rule!(OrderPace);

#[cfg(test)]
mod tests;
