//! Broken strategies whose positions are to be closed, and saving on command.

use crate::books::book;
use crate::outside_world::{bought, filled, outside};
use crate::script::{Script, config, market, submit, trap};
use crate::world::*;
use engine::{
    Command, Effect, FLATTEN_TAG, Ignored, LimitScope, OrdersOnFault, StrategyConfig,
    StrategyState, TradingState,
};
use model::{
    BookScope, DenyCode, Event, HedgeMargin, Order, OrderChange, OrderId, OrderKind, OrderStatus,
    SavedState, Side, StrategyId, Subscription, VenueReportKind,
};

const QUOTES: Subscription = Subscription::Quotes(EQUITY);

/// Buys three, rests an order, and breaks over the quote after the next.
fn holder(world: &mut World, on_fault: OrdersOnFault) -> StrategyId {
    let mut quotes = 0;
    let script = Script::new(&[QUOTES])
        .start(|_, out| {
            market(out, EQUITY, Side::Buy, 3);
            let kind = OrderKind::Limit { price: price("90") };
            submit(out, EQUITY, Side::Buy, kind, 1);
            Ok(())
        })
        .event(move |event, _| {
            quotes += u32::from(matches!(event, Event::Quote(_)));
            if quotes == 2 { Err(trap()) } else { Ok(()) }
        });
    let strategy = world.strategy(StrategyConfig {
        on_fault,
        ..config("holder", MARGIN)
    });
    world.quote(EQUITY, "99", "101");
    world.start(strategy, script.boxed());
    world.quote(EQUITY, "99", "101");
    assert_eq!(
        world.position(strategy, EQUITY).quantity,
        quantity("3").long()
    );
    strategy
}

fn flattening_orders(world: &World) -> usize {
    let made = world.effects.iter().filter(|effect| match effect {
        Effect::Order(_, order) => order.terms.tag.as_str() == FLATTEN_TAG,
        _ => false,
    });
    made.count()
}

#[test]
fn what_a_broken_strategy_holds_is_closed_where_that_is_wanted() {
    for (on_fault, held, open) in [
        (OrdersOnFault::Flatten, "0", 0),
        (OrdersOnFault::Cancel, "3", 0),
        (OrdersOnFault::Keep, "3", 1),
    ] {
        let mut world = World::new();
        let strategy = holder(&mut world, on_fault);
        world.quote(EQUITY, "99", "101");
        assert_eq!(world.state(strategy), StrategyState::Error);
        let position = world.position(strategy, EQUITY).quantity;
        assert_eq!(position, quantity(held).long(), "{on_fault:?}");
        assert_eq!(world.engine.orders().iter().count(), open, "{on_fault:?}");
        assert_eq!(
            flattening_orders(&world) > 0,
            on_fault == OrdersOnFault::Flatten
        );
    }
}

#[test]
fn positions_are_closed_once_and_no_position_is_opened() {
    let mut world = World::new();
    let strategy = holder(&mut world, OrdersOnFault::Flatten);
    for _ in 0..5 {
        world.quote(EQUITY, "99", "101");
    }
    assert!(world.position(strategy, EQUITY).quantity.is_zero());
    let sold = world
        .fills()
        .iter()
        .filter(|fill| fill.side == Side::Sell)
        .count();
    assert_eq!(sold, 1);
}

#[test]
fn a_halt_does_not_keep_positions_open_and_a_kill_does() {
    let check = |command: Command, closes: bool| {
        let mut world = World::new();
        let strategy = holder(&mut world, OrdersOnFault::Flatten);
        world.command(command);
        world.quote(EQUITY, "99", "101");
        assert_eq!(world.state(strategy), StrategyState::Error);
        assert_eq!(world.position(strategy, EQUITY).quantity.is_zero(), closes);
        let told = world.effects.iter().any(|effect| match effect {
            Effect::Alert(alert) => {
                alert.code == DenyCode::Latch && alert.scope == LimitScope::Strategy(strategy)
            }
            _ => false,
        });
        assert_eq!(told, !closes, "an operator is told what was left");
    };
    check(Command::SetTradingState(TradingState::Halted), true);
    check(Command::SetKillLatch(true), false);
}

#[test]
fn each_of_several_positions_is_closed() {
    let mut setup = Setup::default();
    setup.accounts[1] = account("margin", leverage("1"), &[(USD, "10000")]);
    setup.accounts[1].hedging = Some(HedgeMargin::Gross);
    let mut world = setup.build();
    world.quote(EQUITY, "100", "100");
    let script = Script::new(&[QUOTES])
        .start(|_, out| {
            market(out, EQUITY, Side::Buy, 5);
            market(out, EQUITY, Side::Sell, 2);
            Ok(())
        })
        .event(|event, _| match event {
            Event::Quote(_) => Err(trap()),
            _ => Ok(()),
        });
    let strategy = world.strategy(StrategyConfig {
        on_fault: OrdersOnFault::Flatten,
        ..config("hedged", MARGIN)
    });
    world.start(strategy, script.boxed());
    assert_eq!(world.engine.legs().of(strategy).count(), 2);
    world.quote(EQUITY, "100", "100");
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(world.engine.legs().of(strategy).count(), 0);
}

/// How many alerts of a code there were about a strategy.
fn alerts(world: &World, strategy: StrategyId, code: DenyCode) -> usize {
    let told = world.effects.iter().filter(|effect| match effect {
        Effect::Alert(alert) => alert.code == code && alert.scope == LimitScope::Strategy(strategy),
        _ => false,
    });
    told.count()
}

/// A strategy of the margin account that rests an order to buy, if any, and breaks over the next quote.
fn breaker(world: &mut World, on_fault: OrdersOnFault, rests: bool) -> StrategyId {
    let script = Script::new(&[QUOTES])
        .start(move |_, out| {
            market(out, EQUITY, Side::Buy, 3);
            if rests {
                let kind = OrderKind::Limit { price: price("90") };
                submit(out, EQUITY, Side::Buy, kind, 1);
            }
            Ok(())
        })
        .event(|event, _| match event {
            Event::Quote(_) => Err(trap()),
            _ => Ok(()),
        });
    let strategy = world.strategy(StrategyConfig {
        on_fault,
        ..config("breaker", MARGIN)
    });
    world.start(strategy, script.boxed());
    strategy
}

/// Orders of a strategy that are not over, oldest first.
fn open_of(world: &World, strategy: StrategyId) -> Vec<Order> {
    let open = world.engine.orders().iter().map(|open| open.order);
    open.filter(|order| order.strategy == strategy).collect()
}

/// Orders that close, as they were first told.
fn closing(world: &World) -> Vec<OrderId> {
    let mut ids: Vec<OrderId> = world
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Order(_, order) if order.terms.tag.as_str() == FLATTEN_TAG => Some(order.id),
            _ => None,
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn a_position_larger_than_an_order_may_be_is_closed_in_pieces() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).max_quantity = quantity("2");
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[QUOTES])
        .start(|_, out| {
            for _ in 0..3 {
                market(out, EQUITY, Side::Buy, 2);
            }
            Ok(())
        })
        .event(|event, _| match event {
            Event::Quote(_) => Err(trap()),
            _ => Ok(()),
        });
    let strategy = world.strategy(StrategyConfig {
        on_fault: OrdersOnFault::Flatten,
        ..config("large", MARGIN)
    });
    world.start(strategy, script.boxed());
    assert_eq!(
        world.position(strategy, EQUITY).quantity,
        quantity("6").long()
    );
    world.quote(EQUITY, "99", "101");
    assert!(world.position(strategy, EQUITY).quantity.is_zero());
    assert_eq!(closing(&world).len(), 3);
}

#[test]
fn what_a_thin_book_does_not_take_is_left_and_told() {
    let mut world = World::new();
    let levels = [(Side::Buy, "100", "5"), (Side::Sell, "101", "7")];
    book(&mut world, BookScope::Snapshot, 1, &levels);
    let strategy = breaker(&mut world, OrdersOnFault::Flatten, false);
    let held = |world: &World| world.holds(strategy, EQUITY);
    assert_eq!(held(&world), 3);
    book(&mut world, BookScope::Delta, 2, &[(Side::Buy, "100", "1")]);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(held(&world), 2);
    // What is left is tried once more, and nobody is there: the gate or the venue says so.
    let told = |world: &World| {
        let codes = [DenyCode::StrategyState, DenyCode::MarketData];
        codes
            .map(|code| alerts(world, strategy, code))
            .iter()
            .sum::<usize>()
    };
    assert_eq!(told(&world), 1);
    let sent = closing(&world).len();
    assert!((1..=2).contains(&sent), "{sent}");
    for _ in 0..5 {
        world.wait(SECOND);
    }
    assert_eq!(closing(&world).len(), sent, "it is not tried for ever");
    assert_eq!(told(&world), 1);
}

#[test]
fn what_a_venue_fills_in_part_is_followed_by_an_order_for_the_rest() {
    let mut world = outside();
    let strategy = breaker(&mut world, OrdersOnFault::Flatten, false);
    let buys = open_of(&world, strategy)[0];
    world.report(buys.id, bought("e1", "3", "101"));
    world.quote(EQUITY, "99", "101");
    let first = closing(&world)[0];
    world.report(first, filled("e2", Side::Sell, "1", "99"));
    world.report(first, VenueReportKind::Canceled);
    let [_, second] = closing(&world)[..] else {
        panic!("two orders");
    };
    world.report(second, filled("e3", Side::Sell, "2", "99"));
    assert_eq!(world.holds(strategy, EQUITY), 0);
    assert_eq!(closing(&world).len(), 2);
    assert_eq!(alerts(&world, strategy, DenyCode::StrategyState), 0);
}

#[test]
fn an_order_under_way_that_is_refused_does_not_keep_a_position_open() {
    let mut world = outside();
    let strategy = breaker(&mut world, OrdersOnFault::Flatten, true);
    let [buys, rests] = open_of(&world, strategy)[..] else {
        panic!("two orders");
    };
    world.report(buys.id, bought("e1", "3", "101"));
    // The other one is under way when it breaks.
    world.quote(EQUITY, "99", "101");
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert!(closing(&world).is_empty(), "what is open may change it");
    let reason = "no".to_owned();
    world.report(rests.id, VenueReportKind::Rejected { reason });
    assert_eq!(closing(&world).len(), 1);
}

#[test]
fn a_venue_that_fills_nothing_is_asked_once_and_an_operator_is_told() {
    let check = |kind: fn() -> VenueReportKind| {
        let mut world = outside();
        let strategy = breaker(&mut world, OrdersOnFault::Flatten, false);
        let buys = open_of(&world, strategy)[0];
        world.report(buys.id, bought("e1", "3", "101"));
        world.quote(EQUITY, "99", "101");
        let [closes] = closing(&world)[..] else {
            panic!("one order");
        };
        world.report(closes, kind());
        for _ in 0..5 {
            world.quote(EQUITY, "99", "101");
        }
        assert_eq!(closing(&world), [closes]);
        assert_eq!(world.holds(strategy, EQUITY), 3);
        assert_eq!(alerts(&world, strategy, DenyCode::StrategyState), 1);
    };
    check(|| VenueReportKind::Expired);
    check(|| VenueReportKind::Rejected {
        reason: "closed".to_owned(),
    });
}

#[test]
fn a_stop_ends_a_flattening() {
    let mut world = outside();
    let strategy = breaker(&mut world, OrdersOnFault::Flatten, true);
    let [buys, rests] = open_of(&world, strategy)[..] else {
        panic!("two orders");
    };
    world.report(buys.id, bought("e1", "3", "101"));
    world.report(rests.id, VenueReportKind::Accepted);
    world.quote(EQUITY, "99", "101");
    world.command(Command::Stop(strategy));
    assert_eq!(world.state(strategy), StrategyState::Stopped);
    world.report(rests.id, VenueReportKind::Canceled);
    assert!(closing(&world).is_empty());
    assert_eq!(world.holds(strategy, EQUITY), 3);
    world.command(Command::Stop(strategy));
    let refused = world.ignored();
    assert!(
        matches!(refused.last(), Some(Ignored::WrongState { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_stop_withdraws_what_a_broken_strategy_kept() {
    let mut world = World::new();
    let strategy = holder(&mut world, OrdersOnFault::Keep);
    world.quote(EQUITY, "99", "101");
    assert_eq!(open_of(&world, strategy).len(), 1);
    world.command(Command::Stop(strategy));
    assert!(open_of(&world, strategy).is_empty());
}

fn cancels(world: &World, order: OrderId) -> usize {
    let updates = world.updates().filter(|update| update.order == order);
    let asked = updates.filter(|update| update.change == OrderChange::PendingCancel);
    asked.count()
}

#[test]
fn a_refused_cancel_of_a_broken_strategy_is_told_and_asked_for_again_a_few_times() {
    let check = |on_fault: OrdersOnFault, expect: usize| {
        let mut world = outside();
        let strategy = breaker(&mut world, on_fault, true);
        let rests = open_of(&world, strategy)[1].id;
        world.report(rests, VenueReportKind::Accepted);
        world.quote(EQUITY, "99", "101");
        assert_eq!(world.state(strategy), StrategyState::Error);
        if on_fault == OrdersOnFault::Keep {
            world.cancel(rests);
        }
        for seconds in [0, 1, 10, 60, 600, 4_000, 4_000] {
            world.wait(seconds * SECOND);
            let open = world
                .engine
                .orders()
                .get(rests)
                .map(|open| open.order.status);
            if open == Some(OrderStatus::PendingCancel) {
                let reason = "not now".to_owned();
                world.report(rests, VenueReportKind::CancelRejected { reason });
            }
        }
        assert_eq!(cancels(&world, rests), expect, "{on_fault:?}");
        let told = alerts(&world, strategy, DenyCode::StrategyState);
        assert_eq!(told > 0, on_fault != OrdersOnFault::Keep);
    };
    check(OrdersOnFault::Cancel, 4);
    check(OrdersOnFault::Flatten, 4);
    check(OrdersOnFault::Keep, 1);
}

#[test]
fn a_strategy_saves_on_command_and_goes_on() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).save(|| {
        Ok(SavedState {
            version: 7,
            bytes: vec![1, 2, 3],
        })
    });
    let (strategy, _) = script.run(&mut world, "saver", MARGIN);
    world.command(Command::Save(strategy));
    let saved = world.effects.iter().any(|effect| match effect {
        Effect::Saved(id, state) => *id == strategy && state.version == 7,
        _ => false,
    });
    assert!(saved);
    assert_eq!(world.state(strategy), StrategyState::Running);
    world.command(Command::Stop(strategy));
    world.command(Command::Save(strategy));
    let refused = world.ignored();
    assert!(
        matches!(refused.last(), Some(Ignored::WrongState { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_fault_in_a_save_on_command_is_one_like_any_other() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).save(|| Err(trap()));
    let (strategy, _) = script.run(&mut world, "saver", MARGIN);
    world.command(Command::Save(strategy));
    assert_eq!(world.state(strategy), StrategyState::Error);
}
