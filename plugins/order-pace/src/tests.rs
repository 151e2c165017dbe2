//! What counts, what does not, and when it counts no more.

use super::OrderPace;
use argonaut_sdk::testing::{equity, order_context, order_facts, rule};
use argonaut_sdk::{
    Duration, InstrumentId, OrderContext, OrderFacts, OrderId, PreTradeRule, Side, Verdict,
};

fn pace(parameters: &[(&str, &str)]) -> OrderPace {
    let mut all = parameters.to_vec();
    let defaults = [("max_orders", "2"), ("window_ms", "1000")];
    all.extend(
        defaults
            .iter()
            .filter(|(name, _)| parameters.iter().all(|(given, _)| given != name)),
    );
    rule(&[equity("ACME", "0.01")], &all).unwrap()
}

fn after(ms: u64) -> OrderContext {
    let begin = order_context();
    OrderContext {
        now: begin.now + Duration::from_millis(ms),
        ..begin
    }
}

fn passes(pace: &mut OrderPace, order: &OrderFacts, ms: u64) -> bool {
    pace.judge(order, &after(ms)) == Verdict::Pass
}

#[test]
fn the_third_order_within_a_second_is_denied_until_the_first_is_a_second_old() {
    let mut pace = pace(&[]);
    let buy = order_facts(Side::Buy, "1");
    let times = [0, 400, 999, 1_000, 1_001, 1_400];
    let passed = times.map(|ms| passes(&mut pace, &buy, ms));
    assert_eq!(passed, [true, true, false, true, false, true]);
    let denied = pace.judge(&buy, &after(1_401));
    let reason = "more than 2 orders in 1000 ms on this side";
    assert_eq!(denied, Verdict::Deny(reason.to_owned()));
}

#[test]
fn strategies_instruments_and_sides_count_by_themselves() {
    let mut pace = pace(&[("max_orders", "1")]);
    let buy = order_facts(Side::Buy, "1");
    let others = [
        OrderFacts {
            side: Side::Sell,
            ..buy
        },
        OrderFacts { strategy: 1, ..buy },
        OrderFacts {
            instrument: InstrumentId::new(1),
            ..buy
        },
    ];
    assert!(passes(&mut pace, &buy, 0));
    for other in others {
        assert!(passes(&mut pace, &other, 0), "{other:?}");
        assert!(!passes(&mut pace, &other, 0), "{other:?}");
    }
}

#[test]
fn changes_reducing_orders_and_children_do_not_count() {
    let buy = order_facts(Side::Buy, "1");
    let child = OrderFacts {
        parent: Some(OrderId::new(9)),
        ..buy
    };
    let free = [
        OrderFacts {
            amends: true,
            ..buy
        },
        OrderFacts {
            reduce_only: true,
            ..buy
        },
        child,
    ];
    let mut few = pace(&[("max_orders", "1")]);
    assert!(passes(&mut few, &buy, 0));
    assert!(free.iter().all(|order| passes(&mut few, order, 0)));
    let mut strict = pace(&[("max_orders", "1"), ("count_children", "true")]);
    assert!(passes(&mut strict, &child, 0));
    assert!(!passes(&mut strict, &child, 0));
}

#[test]
fn numbers_out_of_range_are_refused() {
    let instruments = [equity("ACME", "0.01")];
    for given in [("max_orders", "0"), ("window_ms", "0"), ("max_orders", "x")] {
        assert!(
            rule::<OrderPace>(&instruments, &[given]).is_err(),
            "{given:?}"
        );
    }
}
