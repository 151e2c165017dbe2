//! Controls of who may send what and how often: permissions, cancels against fills, repeated
//! executions, orders that would meet their own, short sales, day trades, and lists.

use crate::risk::{PASS, check, quoted, second_hand};
use crate::script::{Script, submit};
use crate::world::*;
use engine::{Allowed, Command, Definition, Effect, LimitScope, Limits, Permissions, Severity};
use model::{
    AccountId, DenyCode, Duration, Event, InstrumentId, Links, OrderKind, OrderRequest, PeerRule,
    Peers, Side, Subscription, Terms, VenueId,
};

#[test]
fn p03_instruments_sides_venues_and_accounts_by_a_positive_list() {
    let code = Some(DenyCode::Permission);
    let mut world = quoted();
    world.quote(PERPETUAL, "99", "100");
    world.place(MARGIN_HAND, buy(EQUITY, "5"));
    let mut permit = |change: fn(&mut Permissions), ask: [Option<DenyCode>; 3]| {
        let mut permissions = Permissions::ALL;
        change(&mut permissions);
        world.define(Definition::Permissions(MARGIN_HAND, permissions));
        check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), ask[0]);
        check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), ask[1]);
        check(&mut world, MARGIN_HAND, buy(PERPETUAL, "1"), ask[2]);
        check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
    };
    permit(|_| (), [PASS; 3]);
    permit(
        |own| own.instruments = Allowed::Only(vec![FUTURE, EQUITY]),
        [PASS, PASS, code],
    );
    permit(
        |own| own.sides = Allowed::Only(vec![Side::Sell]),
        [code, PASS, code],
    );
    permit(
        |own| own.venues = Allowed::Only(vec![VenueId::new(0)]),
        [PASS; 3],
    );
    permit(
        |own| own.venues = Allowed::Only(vec![VenueId::new(1)]),
        [code; 3],
    );
    permit(|own| own.instruments = Allowed::Only(Vec::new()), [code; 3]);
    permit(
        |own| own.accounts = Allowed::Only(vec![CASH, MARGIN]),
        [PASS; 3],
    );
    permit(|own| own.accounts = Allowed::Only(vec![CASH]), [code; 3]);
    permit(
        |own| own.accounts = Allowed::Only(vec![AccountId::new(99)]),
        [code; 3],
    );
    permit(|own| own.accounts = Allowed::Only(Vec::new()), [code; 3]);
}

#[test]
fn p20_cancels_and_changes_for_each_fill() {
    let code = Some(DenyCode::CancelRatio);
    let mut world = quoted();
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.conduct.max_cancels_per_fill = 2;
        limits.conduct.free_cancels = 1;
        limits.conduct.cancel_window = Duration::from_nanos(100);
    });
    let rest_and_cancel = |world: &mut World| {
        let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
        assert_eq!(world.denied(order), None);
        world.cancel(order);
    };
    rest_and_cancel(&mut world);
    let resting = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    // One cancel was free; a change would be a second one.
    let change = model::Amendment {
        order: resting,
        quantity: None,
        price: Some(price("91")),
        trigger: None,
    };
    world.command(Command::ModifyOrder(change));
    assert!(world.story(resting).ends_with("unchanged:P20"));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    rest_and_cancel(&mut world);
    rest_and_cancel(&mut world);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    // Cancels always pass, also the one that is too many.
    for _ in 0..3 {
        let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
        world.cancel(order);
    }
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
    world.now += 100;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

/// Buys one at each quote, by market or, when the bid is odd, by a limit.
fn repeating() -> Script {
    Script::new(&[Subscription::Quotes(EQUITY)]).event(|event, out| {
        if let Event::Quote(quote) = event {
            let limit = OrderKind::Limit { price: quote.ask };
            let market = quote.bid == price("99");
            let kind = if market { OrderKind::Market } else { limit };
            submit(out, EQUITY, Side::Buy, kind, 1);
        }
        Ok(())
    })
}

#[test]
fn p22_the_same_order_again_and_again_stops_a_strategy_until_it_is_let_go() {
    let mut world = World::new();
    let (strategy, _) = repeating().run(&mut world, "stuck", MARGIN);
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.max_repeats = 3;
        limits.conduct.repeat_window = Duration::from_nanos(100);
    });
    let quote = |world: &mut World, bid: &str, fills: usize| {
        world.now += 30;
        world.quote(EQUITY, bid, "100");
        assert_eq!(world.fills().len(), fills, "at {}", world.now);
    };
    // Three times within the window, but not the same; and the same, but not within the window.
    quote(&mut world, "99", 1);
    quote(&mut world, "98", 2);
    quote(&mut world, "99", 3);
    quote(&mut world, "98", 4);
    quote(&mut world, "99", 5);
    assert_eq!(world.engine.denials(DenyCode::RepeatedExecution), 0);
    quote(&mut world, "99", 6);
    quote(&mut world, "99", 6);
    world.wait(1_000);
    quote(&mut world, "98", 6);
    assert_eq!(world.engine.denials(DenyCode::RepeatedExecution), 2);
    world.command(Command::ClearRepeats(strategy));
    quote(&mut world, "99", 7);
    let raised = world.effects.iter().filter_map(|effect| match effect {
        Effect::Alert(alert) => Some((alert.severity, alert.code, alert.scope)),
        _ => None,
    });
    let scope = LimitScope::Strategy(strategy);
    let expect = [Severity::Critical, Severity::Cleared];
    let expect = expect.map(|severity| (severity, DenyCode::RepeatedExecution, scope));
    assert_eq!(raised.collect::<Vec<_>>(), expect);
}

#[test]
fn p22_people_may_repeat_themselves() {
    let mut world = quoted();
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.max_repeats = 1;
        limits.conduct.repeat_window = Duration::from_secs(1);
    });
    for _ in 0..3 {
        check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    }
}

#[test]
fn p23_orders_that_would_meet_one_of_their_account() {
    let code = Some(DenyCode::SelfMatch);
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "50"], ["101", "50"]);
    let other = second_hand(&mut world);
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.conduct.no_self_match = true;
    });
    let resting = world.place(other, sell(EQUITY, "10").limit("100"));
    world.place(other, sell(EQUITY, "10").limit("100.5"));
    for (ask, expect) in [
        (buy(EQUITY, "1").limit("99.99"), PASS),
        (buy(EQUITY, "1").limit("100"), code),
        // The touch is worse than what the account itself asks for.
        (buy(EQUITY, "1"), code),
        (sell(EQUITY, "1"), code),
        (sell(EQUITY, "1").limit("100"), PASS),
        // A stop is on no book yet.
        (buy(EQUITY, "1").stop("110"), PASS),
    ] {
        check(&mut world, MARGIN_HAND, ask, expect);
    }
    check(&mut world, CASH_HAND, buy(EQUITY, "1").limit("100"), PASS);
    let own: Vec<_> = world
        .engine
        .orders()
        .iter()
        .map(|open| open.order.id)
        .collect();
    own.into_iter().for_each(|order| world.cancel(order));
    assert!(world.story(resting).ends_with("canceled"));
    world.place(other, sell(EQUITY, "10").limit("101.01"));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "51"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "50"), PASS);
}

#[test]
fn p23_follows_changes_of_orders_and_lets_an_order_replace_itself() {
    let code = Some(DenyCode::SelfMatch);
    let mut world = World::new();
    world.quote(EQUITY, "99", "120");
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.no_self_match = true
    });
    let resting = world.place(MARGIN_HAND, sell(EQUITY, "1").limit("105"));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("104"), PASS);
    let change = |to: &str| model::Amendment {
        order: resting,
        quantity: None,
        price: Some(price(to)),
        trigger: None,
    };
    world.command(Command::ModifyOrder(change("104")));
    assert!(
        world.story(resting).ends_with("unchanged:P23"),
        "{}",
        world.story(resting)
    );
    world.quote(EQUITY, "99", "100");
    world.command(Command::ModifyOrder(change("110")));
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "1").limit("109.99"),
        PASS,
    );
    let open: Vec<_> = world
        .engine
        .orders()
        .iter()
        .map(|open| open.order.id)
        .collect();
    assert_eq!(open, [resting]);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("110"), code);
}

#[test]
fn p27_short_sales_where_they_are_not_allowed() {
    let code = Some(DenyCode::ShortSale);
    for scope in [
        LimitScope::Firm,
        LimitScope::Account(MARGIN),
        LimitScope::Strategy(MARGIN_HAND),
        LimitScope::Instrument(EQUITY),
    ] {
        let mut world = quoted();
        world.limit(scope, |limits| limits.short.no_short_sale = true);
        check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), code);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
        check(&mut world, MARGIN_HAND, sell(EQUITY, "11"), code);
        check(
            &mut world,
            MARGIN_HAND,
            sell(EQUITY, "4").limit("110"),
            PASS,
        );
        check(&mut world, MARGIN_HAND, sell(EQUITY, "7"), code);
        check(&mut world, MARGIN_HAND, sell(EQUITY, "6"), PASS);
    }
}

#[test]
fn p27_what_is_sold_short_is_located_where_that_is_required() {
    let code = Some(DenyCode::ShortSale);
    for scope in [
        LimitScope::Firm,
        LimitScope::Account(MARGIN),
        LimitScope::Strategy(MARGIN_HAND),
        LimitScope::Instrument(EQUITY),
    ] {
        let mut world = quoted();
        let ask = |world: &mut World, ask, expect| check(world, MARGIN_HAND, ask, expect);
        ask(&mut world, sell(EQUITY, "1"), PASS);
        world.limit(scope, |limits| limits.short.locate_required = true);
        // Nothing is located, and one is short already.
        ask(&mut world, sell(EQUITY, "1"), code);
        ask(&mut world, buy(EQUITY, "3"), PASS);
        ask(&mut world, sell(EQUITY, "3"), code);
        ask(&mut world, sell(EQUITY, "2"), PASS);
        world.define(Definition::Locate(MARGIN, EQUITY, quantity("5")));
        ask(&mut world, sell(EQUITY, "6"), code);
        ask(&mut world, sell(EQUITY, "3").limit("110"), PASS);
        ask(&mut world, sell(EQUITY, "3"), code);
        ask(&mut world, sell(EQUITY, "2"), PASS);
        ask(&mut world, sell(EQUITY, "1"), code);
        // What was bought back is there to be sold again, but for what is located no more.
        ask(&mut world, buy(EQUITY, "2"), PASS);
        world.define(Definition::Locate(MARGIN, EQUITY, quantity("4")));
        ask(&mut world, sell(EQUITY, "2"), code);
        ask(&mut world, sell(EQUITY, "1"), PASS);
    }
}

#[test]
fn p27_what_is_located_is_for_all_strategies_of_one_account_and_one_instrument() {
    let code = Some(DenyCode::ShortSale);
    let mut world = quoted();
    world.quote(PERPETUAL, "99", "100");
    let other = second_hand(&mut world);
    world.limit(LimitScope::Firm, |limits| {
        limits.short.locate_required = true;
    });
    world.define(Definition::Locate(MARGIN, EQUITY, quantity("5")));
    check(&mut world, other, sell(EQUITY, "3"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "3"), code);
    let open = sell(EQUITY, "2").limit("110");
    check(&mut world, MARGIN_HAND, open, PASS);
    check(&mut world, other, sell(EQUITY, "1"), code);
    // What one strategy is long lends nothing to another.
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    check(&mut world, other, sell(EQUITY, "3"), code);
    check(&mut world, other, sell(EQUITY, "2"), PASS);
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "1"), code);
    world.define(Definition::Locate(CASH, PERPETUAL, quantity("5")));
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "1"), code);
    assert_eq!(world.ignored(), []);
    for unknown in [
        Definition::Locate(AccountId::new(99), EQUITY, quantity("5")),
        Definition::Locate(MARGIN, InstrumentId::new(99), quantity("5")),
    ] {
        world.define(unknown);
    }
    assert_eq!(world.ignored().len(), 2);
}

#[test]
fn p27_day_trades_that_were_made_and_that_may_still_come() {
    let code = Some(DenyCode::ShortSale);
    let mut world = quoted();
    world.quote(PERPETUAL, "99", "100");
    world.limit(LimitScope::Account(MARGIN), |limits: &mut Limits| {
        limits.short.max_day_trades = 2;
    });
    // A Thursday: one day trade is made, and one may come of the perpetual.
    check(&mut world, MARGIN_HAND, buy(EQUITY, "2"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "2"), PASS);
    check(&mut world, MARGIN_HAND, buy(PERPETUAL, "1"), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "1"), PASS);
    check(&mut world, MARGIN_HAND, buy(PERPETUAL, "1"), code);
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
    let day = 86_400 * SECOND;
    world.now += 6 * day;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.now += day;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

fn child(ask: OrderRequest, group: Option<u8>) -> OrderRequest {
    let rule = PeerRule::Reduce;
    let peers = group.map(|group| Peers { group, rule });
    ask.with(Terms {
        links: Links {
            parent: Some(0),
            peers,
        },
        ..Terms::default()
    })
}

#[test]
fn p30_children_close_no_more_than_their_parent_opens() {
    let entry = || buy(EQUITY, "10").limit("90");
    let denied = |asks: Vec<OrderRequest>| {
        let mut world = quoted();
        world.place_list(MARGIN_HAND, asks);
        assert!(world.engine.orders().is_empty() == (world.engine.denials(DenyCode::Child) > 0));
        world.engine.denials(DenyCode::Child) > 0
    };
    let (stop, target) = (
        sell(EQUITY, "10").stop("80"),
        sell(EQUITY, "10").limit("120"),
    );
    let sized = |ask: OrderRequest, units: &str| OrderRequest {
        quantity: quantity(units),
        ..ask
    };
    // A bracket closes once; without a group it would close twice.
    assert!(!denied(vec![
        entry(),
        child(stop, Some(1)),
        child(target, Some(1))
    ]));
    assert!(denied(vec![
        entry(),
        child(stop, None),
        child(target, None)
    ]));
    let (half, more) = (sized(stop, "5"), sized(target, "6"));
    assert!(!denied(vec![
        entry(),
        child(half, None),
        child(sized(target, "5"), None)
    ]));
    assert!(denied(vec![entry(), child(half, None), child(more, None)]));
    assert!(denied(vec![entry(), child(sized(stop, "11"), Some(1))]));
    // Two groups, each at most half.
    let two = |units: &str| {
        let (stop, target) = (sized(stop, units), sized(target, units));
        let first = [child(stop, Some(1)), child(target, Some(1))];
        let second = [child(stop, Some(2)), child(target, Some(2))];
        [vec![entry()], first.to_vec(), second.to_vec()].concat()
    };
    assert!(!denied(two("5")) && denied(two("6")));
    // What closes nothing of the parent is none of its business.
    assert!(!denied(vec![
        entry(),
        child(sized(sell(FUTURE, "1").limit("50"), "20"), None)
    ]));
}

#[test]
fn p30_a_child_cannot_grow_beyond_its_parent_later() {
    let mut world = quoted();
    let entry = buy(EQUITY, "10").limit("90");
    let stop = sell(EQUITY, "4").stop("80");
    let first = world.place_list(MARGIN_HAND, vec![entry, child(stop, None)]);
    let child = model::OrderId::derive(first.sequence(), 1).unwrap();
    for (units, expect) in [
        ("11", "held unchanged:P30"),
        ("10", "held unchanged:P30 changed:!80"),
    ] {
        world.command(Command::ModifyOrder(model::Amendment {
            order: child,
            quantity: Some(quantity(units)),
            price: None,
            trigger: None,
        }));
        assert_eq!(world.story(child), expect);
    }
}

#[test]
fn p23_a_stop_that_fired_is_on_the_book_and_one_that_waits_is_not() {
    let code = Some(DenyCode::SelfMatch);
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "50"], ["101", "50"]);
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.no_self_match = true;
    });
    let trigger = model::Trigger::at(price("105"));
    let stop_limit = OrderKind::StopLimit {
        trigger,
        price: price("105"),
    };
    world.place(MARGIN_HAND, buy(EQUITY, "1").stop("110"));
    let fired = world.place(MARGIN_HAND, buy(EQUITY, "10").kind(stop_limit));
    let apart = world.place(MARGIN_HAND, sell(EQUITY, "1").limit("104"));
    assert_eq!(world.denied(apart), None);
    world.cancel(apart);
    // Four are bought at once, six stay on the book.
    world.sized_quote(EQUITY, ["104", "50"], ["105", "4"]);
    world.sized_quote(EQUITY, ["104", "50"], ["106", "50"]);
    let story = world.story(fired);
    assert!(story.contains("triggered"), "{story}");
    assert_eq!(world.fills().len(), 1);
    check(
        &mut world,
        MARGIN_HAND,
        sell(EQUITY, "1").limit("105"),
        code,
    );
    check(
        &mut world,
        MARGIN_HAND,
        sell(EQUITY, "1").limit("105.01"),
        PASS,
    );
}

#[test]
fn p27_what_closes_a_position_passes_however_many_day_trades_there_were() {
    let mut world = quoted();
    world.quote(PERPETUAL, "99", "100");
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.short.max_day_trades = 2;
        limits.short.day_trade_days = 5;
    });
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    check(&mut world, MARGIN_HAND, buy(PERPETUAL, "1"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), PASS);
    let code = Some(DenyCode::ShortSale);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "0.5"), PASS);
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "0.25"), PASS);
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "0.25"), PASS);
}

/// What may only reduce, as one of a group.
fn closing(ask: OrderRequest, group: u8) -> OrderRequest {
    let rule = PeerRule::Reduce;
    ask.with(Terms {
        reduce_only: true,
        links: Links {
            parent: None,
            peers: Some(Peers { group, rule }),
        },
        ..Terms::default()
    })
}

#[test]
fn p27_of_one_group_only_one_order_can_close_and_of_two_groups_two() {
    let mut world = quoted();
    world.limit(LimitScope::Firm, |limits| limits.short.no_short_sale = true);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    let (target, stop) = (
        sell(EQUITY, "10").limit("120"),
        sell(EQUITY, "10").stop("80"),
    );
    world.place_list(MARGIN_HAND, vec![closing(target, 1), closing(stop, 2)]);
    assert_eq!(world.engine.denials(DenyCode::ShortSale), 1);
    assert!(world.engine.orders().is_empty());
    world.place_list(MARGIN_HAND, vec![closing(target, 1), closing(stop, 1)]);
    assert_eq!(world.engine.orders().iter().count(), 2);
    check(
        &mut world,
        MARGIN_HAND,
        sell(EQUITY, "1"),
        Some(DenyCode::ShortSale),
    );
}
