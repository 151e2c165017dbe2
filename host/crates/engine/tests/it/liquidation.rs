//! Liquidation where it meets other rules: kills, halts, limits, stale prices, broken strategies,
//! orders under way, and many positions. Amounts are in the traces that begin with `life_`.

use crate::world::*;
use engine::{Command, Definition, Effect, Input, LIQUIDATION_TAG, LimitScope, TradingState};
use model::{
    AccountRules, DenyCode, Duration, InstrumentStatus, MarginCall, MarginState, Order,
    OrderChange, StrategyId,
};

/// A margin account worth 100 that holds ten contracts bought at 100, and is called.
fn called(setup: Setup) -> World {
    let mut setup = setup;
    setup.accounts[1] = account("margin", leverage("1"), &[(USD, "100")]);
    let margin = &mut setup.instrument(PERPETUAL).margin;
    (margin.initial, margin.maintenance) = (rate("0.1"), rate("0.05"));
    let mut world = setup.build();
    world.define(Definition::AccountRules(
        MARGIN,
        AccountRules {
            margin_call: Some(MarginCall {
                call: rate("1"),
                liquidate: rate("0.5"),
                grace: Duration::from_secs(60),
            }),
            ..AccountRules::default()
        },
    ));
    world.quote(PERPETUAL, "100", "100");
    world
}

fn crash(world: &mut World) {
    world.quote(PERPETUAL, "91", "91");
}

/// What became of the orders that close positions for the account.
fn closings(world: &World) -> Vec<(Order, OrderChange)> {
    let orders = world.effects.iter().filter_map(|effect| match effect {
        Effect::Order(update, order) if order.terms.tag.as_str() == LIQUIDATION_TAG => {
            Some((*order, update.change))
        }
        _ => None,
    });
    orders.collect()
}

fn state(world: &World) -> MarginState {
    let status = world.engine.margin(MARGIN);
    status.map_or(MarginState::Covered, |status| status.state)
}

#[test]
fn a_halt_does_not_keep_an_account_in_what_it_cannot_carry_and_a_kill_does() {
    let check = |command: Command, closes: bool| {
        let mut world = called(Setup::default());
        world.place(MARGIN_HAND, buy(PERPETUAL, "10"));
        world.command(command);
        crash(&mut world);
        assert_eq!(!closings(&world).is_empty(), closes);
        let alert = world.effects.iter().any(|effect| match effect {
            Effect::Alert(alert) => alert.code == DenyCode::Latch,
            _ => false,
        });
        assert_eq!(alert, !closes);
    };
    check(Command::SetTradingState(TradingState::Halted), true);
    let account = LimitScope::Account(MARGIN);
    check(Command::SetScopeState(account, TradingState::Halted), true);
    check(Command::SetKillLatch(true), false);
    check(Command::SetScopeKill(account, true), false);
}

#[test]
fn limits_do_not_bind_a_liquidation_and_stale_prices_do() {
    let mut world = called(Setup::default());
    world.place(MARGIN_HAND, buy(PERPETUAL, "10"));
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.max_order_quantity = quantity("0.001");
        limits.max_open_orders = 0;
        limits.max_messages = 0;
        limits.loss.max_daily = money("0");
    });
    crash(&mut world);
    assert_eq!(closings(&world).len(), 2);

    let mut world = called(Setup::default());
    world.place(MARGIN_HAND, buy(PERPETUAL, "10"));
    world.command(Command::SetDataIntact(PERPETUAL, false));
    crash(&mut world);
    assert_eq!(closings(&world).len(), 0);
    assert_eq!(state(&world), MarginState::Liquidating);
    // Told once for each reason, not with every price.
    let told = |world: &World| {
        let alerts = world.effects.iter().filter(|effect| match effect {
            Effect::Alert(alert) => alert.code == DenyCode::MarketData,
            _ => false,
        });
        alerts.count()
    };
    world.quote(PERPETUAL, "90.9", "90.9");
    world.quote(PERPETUAL, "90.8", "90.8");
    assert_eq!(told(&world), 1);
    world.command(Command::SetDataIntact(PERPETUAL, true));
    world.quote(PERPETUAL, "90.7", "90.7");
    assert_eq!(closings(&world).len(), 2);
}

#[test]
fn a_position_of_a_stopped_strategy_is_closed_too() {
    let mut world = called(Setup::default());
    let script = crate::script::Script::new(&[]);
    let (strategy, _) = script.run(&mut world, "gone", MARGIN);
    world.place(strategy, buy(PERPETUAL, "10"));
    world.command(Command::Stop(strategy));
    crash(&mut world);
    let (order, change) = closings(&world).pop().unwrap();
    assert_eq!(order.strategy, strategy);
    assert!(matches!(change, OrderChange::Filled(_)));
}

#[test]
fn cancels_under_way_are_waited_for() {
    let mut setup = Setup::default();
    setup.venue.latency.cancel = Duration::from_nanos(SECOND);
    let mut world = called(setup);
    world.place(MARGIN_HAND, buy(PERPETUAL, "10"));
    let exit = world.place(MARGIN_HAND, sell(PERPETUAL, "10").limit("101"));
    world.now += SECOND;
    crash(&mut world);
    assert_eq!(world.story(exit), "submitted accepted cancelling");
    assert_eq!(closings(&world).len(), 0);
    // The cancel arrives, and with it what was due.
    world.wait(SECOND);
    assert_eq!(world.story(exit), "submitted accepted cancelling canceled");
    assert_eq!(closings(&world).len(), 2);
}

#[test]
fn what_the_venue_refuses_is_tried_again_with_the_next_price_only() {
    let mut setup = Setup::default();
    setup.venue.latency.insert = Duration::from_nanos(SECOND);
    let mut world = called(setup);
    world.place(MARGIN_HAND, buy(PERPETUAL, "10"));
    world.wait(SECOND);
    crash(&mut world);
    let halt = |world: &mut World, halted| {
        world.step(Input::Status(InstrumentStatus {
            instrument: PERPETUAL,
            halted,
            ts_event: at(world.now),
            ts_init: at(world.now),
        }));
    };
    halt(&mut world, true);
    world.wait(SECOND);
    let last = |world: &World| closings(world).pop().map(|(_, change)| change);
    assert_eq!(last(&world), Some(OrderChange::Rejected));
    halt(&mut world, false);
    world.wait(SECOND);
    assert_eq!(last(&world), Some(OrderChange::Rejected));
    world.quote(PERPETUAL, "91.1", "91.1");
    world.wait(SECOND);
    assert!(matches!(last(&world), Some(OrderChange::Filled(_))));
    assert_eq!(state(&world), MarginState::Covered);
}

#[test]
fn every_position_gets_one_order_for_an_input() {
    let mut world = called(Setup::default());
    world.command(Command::SetScopeState(
        LimitScope::Account(MARGIN),
        TradingState::Active,
    ));
    let hands: Vec<StrategyId> = ["a", "b", "c"]
        .into_iter()
        .map(|name| world.hand(name, MARGIN))
        .collect();
    for hand in &hands {
        world.place(*hand, buy(PERPETUAL, "3"));
    }
    // Everything is lost: all three go, one after the other, and the debt stays.
    world.quote(PERPETUAL, "50", "50");
    let closed = closings(&world);
    let of: Vec<StrategyId> = closed.iter().map(|(order, _)| order.strategy).collect();
    assert_eq!(
        of,
        [hands[0], hands[0], hands[1], hands[1], hands[2], hands[2]]
    );
    assert_eq!(state(&world), MarginState::Short);
    world.check_balance(MARGIN, USD, "-350", "0");
}

#[test]
fn hedged_positions_need_nothing_behind_them() {
    let mut world = called(Setup::default());
    let other = world.hand("other", MARGIN);
    world.place(MARGIN_HAND, buy(PERPETUAL, "4"));
    world.place(other, sell(PERPETUAL, "4"));
    world.quote(PERPETUAL, "50", "50");
    assert_eq!(state(&world), MarginState::Covered);
    assert_eq!(closings(&world).len(), 0);
}

#[test]
fn an_account_no_longer_called_is_let_go() {
    let mut world = called(Setup::default());
    world.place(MARGIN_HAND, buy(PERPETUAL, "10"));
    world.quote(PERPETUAL, "94", "94");
    assert_eq!(state(&world), MarginState::Called);
    let scope = LimitScope::Account(MARGIN);
    assert_eq!(world.engine.state_of(scope), TradingState::Reducing);
    world.define(Definition::AccountRules(MARGIN, AccountRules::default()));
    assert_eq!(world.engine.state_of(scope), TradingState::Active);
    world.wait(61 * SECOND);
    assert_eq!(closings(&world).len(), 0);
}
