//! Trading states and kill latches by scope, escalation as limits come near, limits that scale, and
//! the counts of what was denied.

use crate::risk::{PASS, check, quoted, second_hand};
use crate::world::*;
use engine::{
    Alert, Command, Definition, Effect, Escalation, Ignored, LimitScope, Scaling, Severity,
    TradingState, invariants,
};
use model::{AccountId, DenyCode, Duration, StrategyId};

const SCOPES: [LimitScope; 4] = [
    LimitScope::Firm,
    LimitScope::Account(MARGIN),
    LimitScope::Strategy(MARGIN_HAND),
    LimitScope::Instrument(EQUITY),
];

/// Whether a scope covers: the margin hand on the equity, another hand of the account on it, the
/// cash hand on it, the margin hand on the perpetual.
fn covers(scope: LimitScope) -> [bool; 4] {
    match scope {
        LimitScope::Firm => [true; 4],
        LimitScope::Account(_) => [true, true, false, true],
        LimitScope::Strategy(_) => [true, false, false, true],
        LimitScope::Instrument(_) => [true, true, true, false],
    }
}

fn check_all(world: &mut World, other: StrategyId, denied: [bool; 4], code: DenyCode) {
    let asks = [
        (MARGIN_HAND, EQUITY),
        (other, EQUITY),
        (CASH_HAND, EQUITY),
        (MARGIN_HAND, PERPETUAL),
    ];
    for ((hand, instrument), denied) in asks.into_iter().zip(denied) {
        check(world, hand, buy(instrument, "1"), denied.then_some(code));
    }
}

#[test]
fn a_state_binds_its_scope_and_the_strictest_wins() {
    for scope in SCOPES {
        let mut world = quoted();
        world.quote(PERPETUAL, "99", "100");
        let other = second_hand(&mut world);
        check_all(&mut world, other, [false; 4], DenyCode::TradingState);
        for state in [TradingState::Reducing, TradingState::Halted] {
            world.command(Command::SetScopeState(scope, state));
            assert_eq!(world.engine.state_of(scope), state);
            check_all(&mut world, other, covers(scope), DenyCode::TradingState);
        }
        let reducing = sell(EQUITY, "1");
        check(
            &mut world,
            MARGIN_HAND,
            reducing,
            Some(DenyCode::TradingState),
        );
        world.command(Command::SetScopeState(scope, TradingState::Reducing));
        check(&mut world, MARGIN_HAND, reducing, PASS);
        // Looser elsewhere loosens nothing here.
        world.command(Command::SetScopeState(
            LimitScope::Account(CASH),
            TradingState::Active,
        ));
        check_all(&mut world, other, covers(scope), DenyCode::TradingState);
        world.command(Command::SetScopeState(scope, TradingState::Active));
        check_all(&mut world, other, [false; 4], DenyCode::TradingState);
    }
}

#[test]
fn a_kill_cancels_what_is_open_under_its_scope_and_holds_until_cleared() {
    for scope in SCOPES {
        let mut world = quoted();
        world.quote(PERPETUAL, "99", "100");
        let other = second_hand(&mut world);
        let resting = [
            world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90")),
            world.place(other, buy(EQUITY, "1").limit("90")),
            world.place(CASH_HAND, buy(EQUITY, "1").limit("90")),
            world.place(MARGIN_HAND, buy(PERPETUAL, "1").limit("90")),
        ];
        world.command(Command::SetScopeKill(scope, true));
        assert!(world.engine.is_scope_killed(scope));
        for (order, covered) in resting.into_iter().zip(covers(scope)) {
            assert_eq!(
                world.engine.orders().get(order).is_none(),
                covered,
                "{scope:?}"
            );
        }
        // Letting orders leave does not clear a kill.
        world.command(Command::SetScopeState(scope, TradingState::Active));
        check_all(&mut world, other, covers(scope), DenyCode::Latch);
        world.command(Command::SetScopeKill(scope, false));
        check_all(&mut world, other, [false; 4], DenyCode::Latch);
    }
}

#[test]
fn commands_for_what_is_not_there_change_nothing() {
    let mut world = quoted();
    let nowhere = LimitScope::Account(AccountId::new(9));
    world.command(Command::SetScopeState(nowhere, TradingState::Halted));
    world.command(Command::SetScopeKill(nowhere, true));
    world.command(Command::ScaleLimits(nowhere, rate("0.5")));
    world.command(Command::ScaleLimits(LimitScope::Firm, rate("1.1")));
    world.command(Command::ScaleLimits(LimitScope::Firm, rate("-0.1")));
    world.command(Command::ClearRepeats(StrategyId::new(9)));
    world.command(Command::SetDataIntact(model::InstrumentId::new(99), false));
    assert_eq!(world.ignored().len(), 7);
    assert!(matches!(world.ignored()[0], Ignored::BadCommand(_)));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

fn alerts(world: &World) -> Vec<(Severity, DenyCode, String)> {
    let alerts = world.effects.iter().filter_map(|effect| match effect {
        Effect::Alert(Alert {
            severity,
            code,
            share,
            ..
        }) => Some((*severity, *code, share.to_string())),
        _ => None,
    });
    alerts.collect()
}

fn escalation() -> Escalation {
    Escalation {
        warn: rate("0.5"),
        reduce: rate("0.8"),
        halt: rate("1"),
        hysteresis: rate("0.1"),
    }
}

#[test]
fn losses_warn_then_reduce_then_halt_until_somebody_sets_the_state() {
    let scope = LimitScope::Account(MARGIN);
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.limit(scope, |limits| {
        limits.loss.max_drawdown = money("100");
        limits.escalation = escalation();
    });
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    for (mark, state) in [
        ("95.01", TradingState::Active),
        ("95", TradingState::Active),
        ("95.5", TradingState::Active),
        ("92", TradingState::Reducing),
        ("92.5", TradingState::Reducing),
        ("94", TradingState::Active),
        ("90", TradingState::Halted),
        ("110", TradingState::Halted),
    ] {
        world.quote(EQUITY, mark, mark);
        assert_eq!(world.engine.state_of(scope), state, "{mark}");
    }
    use Severity::{Critical, Serious, Warning};
    let expect = [
        (Warning, "0.5"),
        (Serious, "0.8"),
        (Warning, "0.6"),
        (Critical, "1"),
    ];
    let expect = expect.map(|(severity, share)| (severity, DenyCode::Loss, share.to_owned()));
    assert_eq!(alerts(&world), expect);
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "1"),
        Some(DenyCode::TradingState),
    );
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
    world.command(Command::SetScopeState(scope, TradingState::Active));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    let states: Vec<_> = world
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::ScopeState(of, state) => Some((*of, *state)),
            _ => None,
        })
        .collect();
    use TradingState::{Active, Halted, Reducing};
    assert_eq!(
        states,
        [Reducing, Active, Halted, Active].map(|state| (scope, state))
    );
}

#[test]
fn alerts_that_stand_are_known_to_who_did_not_hear_them() {
    let scope = LimitScope::Account(MARGIN);
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.limit(scope, |limits| {
        limits.loss.max_drawdown = money("100");
        limits.escalation = escalation();
    });
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert!(world.engine.alerts_of(scope).is_empty());
    for (mark, severity, share) in [
        ("95", Severity::Warning, "0.5"),
        ("92", Severity::Serious, "0.8"),
        // Below the threshold, and not clearly.
        ("92.5", Severity::Serious, "0.75"),
    ] {
        world.quote(EQUITY, mark, mark);
        let standing = Alert {
            severity,
            code: DenyCode::Loss,
            scope,
            share: rate(share),
        };
        assert_eq!(world.engine.alerts_of(scope), [standing], "{mark}");
    }
    assert!(world.engine.alerts_of(LimitScope::Firm).is_empty());
    world.quote(EQUITY, "100", "100");
    assert!(world.engine.alerts_of(scope).is_empty());
}

#[test]
fn exposure_escalates_with_orders_and_the_firm_tells_its_state() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.limit(LimitScope::Firm, |limits| {
        limits.exposure.max_gross = money("1000");
        limits.escalation = escalation();
    });
    let resting = world.place(MARGIN_HAND, buy(EQUITY, "8").limit("90"));
    assert_eq!(world.engine.trading_state(), TradingState::Reducing);
    world.cancel(resting);
    assert_eq!(world.engine.trading_state(), TradingState::Active);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "5"), PASS);
    use Severity::{Cleared, Serious, Warning};
    let expect = [(Serious, "0.8"), (Cleared, "0"), (Warning, "0.5")];
    let expect = expect.map(|(severity, share)| (severity, DenyCode::Exposure, share.to_owned()));
    assert_eq!(alerts(&world), expect);
    // Limits that no longer bind have nothing to warn of.
    world.limit(LimitScope::Firm, |_| ());
    assert_eq!(alerts(&world).last().unwrap().0, Cleared);
}

#[test]
fn limits_scale_on_command() {
    let mut world = quoted();
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.max_order_quantity = quantity("10");
        limits.max_order_notional = money("900");
        limits.max_position = quantity("6");
        limits.exposure.max_gross = money("500");
    });
    let over = |world: &mut World, units: &str, code| {
        check(
            world,
            MARGIN_HAND,
            buy(EQUITY, units).limit("100"),
            Some(code),
        );
    };
    let scale = |world: &mut World, factor| {
        world.command(Command::ScaleLimits(
            LimitScope::Account(MARGIN),
            rate(factor),
        ));
    };
    scale(&mut world, "0.5");
    over(&mut world, "6", DenyCode::MaxQuantity);
    over(&mut world, "5", DenyCode::MaxNotional);
    over(&mut world, "4", DenyCode::MaxPosition);
    over(&mut world, "3", DenyCode::Exposure);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "2"), PASS);
    check(&mut world, CASH_HAND, buy(EQUITY, "20"), PASS);
    scale(&mut world, "0");
    over(&mut world, "1", DenyCode::MaxQuantity);
    scale(&mut world, "1");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "3"), PASS);
}

#[test]
fn limits_shrink_as_the_market_grows_wild() {
    let code = Some(DenyCode::MaxQuantity);
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.max_order_quantity = quantity("10");
        limits.scaling = Scaling {
            calm_volatility: rate("0.05"),
            volatility_window: Duration::from_nanos(160),
            drawdown_from: model::Rate::MAX,
        };
    });
    // How wild it is is not known yet.
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("100"), code);
    world.quote(EQUITY, "100", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    world.quote(EQUITY, "105", "105");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    world.quote(EQUITY, "110", "110");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "6"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "5"), PASS);
    world.now += 200;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
}

#[test]
fn limits_shrink_as_a_scope_loses() {
    let code = Some(DenyCode::MaxQuantity);
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.max_order_quantity = quantity("10");
        limits.loss.max_drawdown = money("100");
        limits.scaling.drawdown_from = rate("0.2");
    });
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    world.quote(EQUITY, "98", "98");
    check(
        &mut world,
        MARGIN_HAND,
        sell(EQUITY, "10").limit("200"),
        PASS,
    );
    // 60 lost of 100 leave half of what is beyond 20.
    world.quote(EQUITY, "94", "94");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "6"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "5").limit("50"), PASS);
}

#[test]
fn denials_are_counted_by_code() {
    let mut world = quoted();
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "0"),
        Some(DenyCode::Quantity),
    );
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "0"),
        Some(DenyCode::Quantity),
    );
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    let all = DenyCode::ALL.map(|code| world.engine.denials(code));
    assert_eq!(all.iter().sum::<u64>(), 2);
    assert_eq!(world.engine.denials(DenyCode::Quantity), 2);
}

#[test]
fn the_documentation_lists_the_controls_as_they_are() {
    let document = include_str!("../../../../../docs/risk.md");
    let expect = engine::documented();
    for control in engine::controls() {
        let row = format!("| {} | {} |", control.code, control.name);
        assert!(expect.contains(&row), "{control:?}");
        assert_eq!(
            format!("{control:?}"),
            format!("{} {}", control.code, control.name)
        );
    }
    assert_eq!(engine::controls().len(), 30);
    assert!(
        document.contains(&expect),
        "put this into docs/risk.md:\n\n{expect}"
    );
    for name in ["Limits", "Escalation", "Scaling"] {
        assert!(document.contains(name));
    }
}

#[test]
fn a_halted_scope_keeps_i11_and_limits_keep_i8() {
    let mut world = quoted();
    world.limit(LimitScope::Firm, |limits| {
        limits.exposure.max_gross = money("1000")
    });
    let resting = world.place(MARGIN_HAND, buy(EQUITY, "5").limit("90"));
    world.command(Command::SetScopeState(
        LimitScope::Account(MARGIN),
        TradingState::Halted,
    ));
    assert_eq!(invariants::only_cancels_leave(&world.engine), Ok(()));
    assert_eq!(
        invariants::sums_within_limits(&world.engine, LimitScope::Firm),
        Ok(())
    );
    // Less is always possible, and is no new approval.
    let less = model::Amendment {
        order: resting,
        quantity: Some(quantity("4")),
        price: None,
        trigger: None,
    };
    world.command(Command::ModifyOrder(less));
    assert!(
        world.story(resting).ends_with("changed:@90"),
        "{}",
        world.story(resting)
    );
    let more = model::Amendment {
        quantity: Some(quantity("6")),
        ..less
    };
    world.command(Command::ModifyOrder(more));
    assert!(world.story(resting).ends_with("unchanged:P01"));
    // Prices do what they want.
    world.quote(EQUITY, "500", "500");
    assert!(invariants::sums_within_limits(&world.engine, LimitScope::Firm).is_err());
    world.define(Definition::Limits(
        LimitScope::Firm,
        engine::Limits::default(),
    ));
    assert_eq!(
        invariants::sums_within_limits(&world.engine, LimitScope::Firm),
        Ok(())
    );
}

#[test]
fn limits_that_nobody_set_bind_nothing_however_they_are_scaled() {
    let mut world = quoted();
    world.command(Command::ScaleLimits(LimitScope::Firm, rate("0")));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

#[test]
fn limits_scale_only_with_what_somebody_named() {
    let calm = |volatility, window| Scaling {
        calm_volatility: volatility,
        volatility_window: Duration::from_nanos(window),
        drawdown_from: model::Rate::MAX,
    };
    let scalings = [
        calm(rate("0.05"), 0),
        calm(model::Rate::MAX, 160),
        Scaling {
            drawdown_from: rate("0.2"),
            ..Scaling::default()
        },
    ];
    for scaling in scalings {
        let mut world = World::new();
        world.limit(LimitScope::Firm, |limits| {
            limits.max_order_quantity = quantity("10");
            limits.scaling = scaling;
        });
        let ask = buy(EQUITY, "10").limit("100");
        check(&mut world, MARGIN_HAND, ask, PASS);
    }
}

#[test]
fn while_only_reducing_orders_leave_a_stop_may_wait_for_a_position() {
    let mut setup = Setup::default();
    setup.venue.lacks = vec![model::OrderKindName::StopMarket];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "100");
    let stop = sell(EQUITY, "1").stop("80").with(model::Terms {
        reduce_only: true,
        ..model::Terms::default()
    });
    world.command(Command::SetTradingState(TradingState::Halted));
    check(&mut world, MARGIN_HAND, stop, Some(DenyCode::TradingState));
    world.command(Command::SetTradingState(TradingState::Reducing));
    check(&mut world, MARGIN_HAND, stop, PASS);
}
