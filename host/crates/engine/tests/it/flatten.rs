//! Broken strategies whose positions are to be closed, and saving on command.

use crate::script::{Script, config, market, submit, trap};
use crate::world::*;
use engine::{
    Command, Effect, FLATTEN_TAG, Ignored, LimitScope, OrdersOnFault, StrategyConfig,
    StrategyState, TradingState,
};
use model::{DenyCode, Event, HedgeMargin, OrderKind, SavedState, Side, StrategyId, Subscription};

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
