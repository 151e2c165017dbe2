//! Faults that were once in the order path, each told by the scenario that showed it.

use crate::traces::replay;
use crate::world::*;
use engine::{Command, Input, LimitScope, TradingState};
use model::{
    Amendment, Duration, InstrumentStatus, OrderKind, OrderRequest, OrderStatus, PeerRule, Peers,
    StrategyId, Trigger,
};

fn group(rule: PeerRule) -> Option<Peers> {
    Some(Peers { group: 1, rule })
}

#[test]
fn ouo_fills_that_cross_the_shrinking_change() {
    let got = replay(
        "given latency insert 0ms cancel 0ms modify 10ms
09:30:00 quote 100.00 x 500 / 100.05 x 500
09:30:01 list
  buy 10 LIMIT limit 99.90 GTC OUO 1 as A
  sell 10 LIMIT limit 100.20 GTC OUO 1 as B
09:30:02 quote 99.80 x 500 / 99.90 x 5
09:30:02.005 quote 100.20 x 5 / 100.30 x 500
09:30:03 show
09:30:04 quote 100.30 x 500 / 100.40 x 500
09:30:05 show
",
    );
    assert!(got.ends_with("-> position 0\n"), "{got}");
}

#[test]
fn ouo_icebergs_fill_in_one_quote() {
    let got = replay(
        "09:30:00 quote 100.00 x 500 / 100.05 x 500
09:30:01 list
  buy 10 LIMIT limit 99.90 GTC OUO 1 display 5 as A
  buy 10 LIMIT limit 99.90 GTC OUO 1 display 5 as B
09:30:02 quote 99.80 x 500 / 99.90 x 10
09:30:03 show
09:30:04 quote 99.60 x 500 / 99.70 x 500
09:30:05 show
",
    );
    assert!(got.ends_with("-> position 10\n"), "{got}");
}

#[test]
fn a_trailing_child_grows_with_its_parent() {
    let got = replay(
        "09:30:00 quote 99.00 x 500 / 100.05 x 500
09:30:01 list
  buy 20 LIMIT limit 100.00 GTC as ENTRY
  sell 20 TRAILING_STOP_MARKET trail 2.00 GTC reduce_only, after ENTRY as STOP
09:30:02 quote 99.00 x 500 / 100.00 x 5
09:30:03 quote 99.50 x 500 / 100.00 x 5
09:30:04 quote 99.50 x 500 / 100.00 x 10
09:30:05 show
",
    );
    assert!(got.ends_with("STOP ACCEPTED 20\n"), "{got}");
}

#[test]
fn a_parked_order_changed_before_the_first_quote_is_sent_once() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    world.quote(PERPETUAL, "100", "101");
    let parent = buy(EQUITY, "1").limit("99.5");
    let mut child = buy(PERPETUAL, "1").stop("110");
    child.terms.links.parent = Some(0);
    world.place_list(MARGIN_HAND, vec![parent, child]);
    let id = world.engine.orders().iter().last().unwrap().order.id;
    let status = |world: &mut World, halted| {
        world.step(Input::Status(InstrumentStatus {
            instrument: PERPETUAL,
            halted,
            ts_event: at(world.now),
            ts_init: at(world.now),
        }))
    };
    status(&mut world, true);
    world.quote(EQUITY, "99", "99.5");
    status(&mut world, false);
    let change = |trigger: &str| {
        Command::ModifyOrder(Amendment {
            order: id,
            quantity: None,
            price: None,
            trigger: Some(price(trigger)),
        })
    };
    world.command(change("105"));
    world.quote(PERPETUAL, "100", "101");
    world.command(change("120"));
    world.quote(PERPETUAL, "106", "107");
    world.quote(PERPETUAL, "121", "122");
    assert_eq!(
        world.position(MARGIN_HAND, PERPETUAL).quantity,
        quantity("1").long()
    );
    assert!(
        world
            .fills()
            .iter()
            .all(|fill| fill.instrument != PERPETUAL || fill.price == price("122"))
    );
}

/// Enters with both exits in one list; once the entry is filled, both must be at the venue.
fn check_protected(world: &mut World, hand: StrategyId) {
    world.quote(EQUITY, "99", "101");
    let exit = |order: OrderRequest| {
        let mut exit = order;
        exit.terms.links.parent = Some(0);
        exit.terms.links.peers = group(PeerRule::Cancel);
        exit.terms.reduce_only = true;
        exit
    };
    let target = exit(sell(EQUITY, "10").limit("110"));
    let stop = exit(sell(EQUITY, "10").stop("90"));
    world.place_list(hand, vec![buy(EQUITY, "10"), target, stop]);
    let open = world.engine.orders().iter();
    let open: Vec<_> = open
        .map(|open| (open.order.kind, open.order.status))
        .collect();
    let accepted = OrderStatus::Accepted;
    assert_eq!(open, [(target.kind, accepted), (stop.kind, accepted)]);
}

#[test]
fn a_bracket_protects_on_a_cash_account() {
    check_protected(&mut World::new(), CASH_HAND);
}

#[test]
fn a_bracket_protects_where_shorts_are_forbidden() {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| limits.short.no_short_sale = true);
    check_protected(&mut world, MARGIN_HAND);
}

#[test]
fn many_held_orders_reached_at_once() {
    let mut setup = Setup::default();
    setup.limits.max_open_orders = 1_000_000;
    setup.limits.max_messages = 1_000_000;
    setup.venue.lacks = vec![model::OrderKindName::StopMarket];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let count = 1_000;
    let (start, sequence) = (world.now, world.engine.sequence());
    // Stepped by hand: the world's own bookkeeping would take most of the time.
    for n in 1..=count as u64 {
        let mut ask = buy(EQUITY, "1").stop("200");
        ask.terms.hold = Some(Trigger::at(price("110")));
        world
            .engine
            .step(engine::Sequenced {
                sequence: sequence + n,
                time: at(start + n),
                input: Input::Command(Box::new(Command::PlaceOrders(MARGIN_HAND, vec![ask]))),
            })
            .unwrap();
    }
    world.now = start + count as u64;
    world.quote(EQUITY, "110", "111");
    // Each now waits for its own trigger.
    let waiting = world.engine.orders().iter();
    let waiting = waiting.filter(|open| open.order.terms.hold.is_none());
    assert_eq!(waiting.count(), count);
}

#[test]
fn held_orders_count_as_messages_when_they_leave() {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.max_messages = 2;
        limits.message_window = Duration::from_nanos(SECOND);
    });
    world.quote(EQUITY, "99", "101");
    for _ in 0..10 {
        world.now += SECOND;
        let mut ask = buy(EQUITY, "1").limit("50");
        ask.terms.hold = Some(Trigger::at(price("110")));
        world.place(MARGIN_HAND, ask);
    }
    world.now += 10 * SECOND;
    world.quote(EQUITY, "110", "111");
    let sent = world
        .updates()
        .filter(|u| u.change == model::OrderChange::Submitted)
        .count();
    assert!(sent <= 2);
}

#[test]
fn a_list_that_is_denied_leaves_no_halt() {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.exposure.max_gross = money("10000");
        limits.escalation.halt = rate("0.9");
    });
    world.quote(EQUITY, "99", "100");
    world.place_list(
        MARGIN_HAND,
        vec![buy(EQUITY, "95").limit("100"), buy(EQUITY, "0")],
    );
    assert_eq!(world.engine.trading_state(), TradingState::Active);
}

#[test]
fn a_triggered_stop_limit_is_judged_as_the_limit_it_is() {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.no_self_match = true;
        limits.price.max_distance = rate("0.05");
    });
    world.quote(EQUITY, "99", "100");
    let kind = OrderKind::StopLimit {
        trigger: Trigger::at(price("100")),
        price: price("95"),
    };
    let id = world.place(MARGIN_HAND, buy(EQUITY, "1").kind(kind));
    world.quote(EQUITY, "49", "98");
    world.place(MARGIN_HAND, sell(EQUITY, "1").limit("99"));
    world.command(Command::ModifyOrder(Amendment {
        order: id,
        quantity: None,
        price: Some(price("105")),
        trigger: None,
    }));
    let denied = world
        .updates()
        .any(|u| matches!(u.change, model::OrderChange::UpdateDenied(_)));
    assert!(denied);
}

#[test]
fn a_stop_the_host_emulates_protects_a_paused_strategy() {
    let mut setup = Setup::default();
    setup.venue.lacks = vec![model::OrderKindName::StopMarket];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "100");
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.place(MARGIN_HAND, sell(EQUITY, "10").stop("90"));
    world.command(Command::Pause(MARGIN_HAND));
    world.quote(EQUITY, "89", "90");
    assert!(world.position(MARGIN_HAND, EQUITY).quantity.is_zero());
}
