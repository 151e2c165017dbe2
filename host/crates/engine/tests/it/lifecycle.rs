//! What happens to instruments while they are held, where a golden trace does not show it: several
//! strategies and accounts at once, what strategies see, and bad input. Amounts are in the traces
//! that begin with `life_`.

use crate::script::Script;
use crate::world::*;
use engine::{Definition, Effect, Ignored, Input, LimitScope};
use model::{
    AccountRules, BarBasis, BarSpec, DenyCode, Duration, Event, InstrumentId, Lifecycle,
    LifecycleEvent, LifecycleRefusal, MarginCall, Money, PositionChange, Subscription,
};

const NOBODY: InstrumentId = InstrumentId::new(99);

fn funding(text: &str) -> LifecycleEvent {
    LifecycleEvent::Funding { rate: rate(text) }
}

fn split(denominator: u32, numerator: u32) -> LifecycleEvent {
    LifecycleEvent::Split {
        numerator,
        denominator,
    }
}

fn refusals(world: &World) -> Vec<LifecycleRefusal> {
    let ignored = world.ignored().into_iter();
    ignored
        .filter_map(|ignored| match ignored {
            Ignored::Lifecycle { why, .. } => Some(why),
            _ => None,
        })
        .collect()
}

#[test]
fn what_longs_pay_shorts_of_the_same_account_receive() {
    let mut world = World::new();
    let other = world.hand("other", MARGIN);
    world.quote(PERPETUAL, "99.9", "99.9");
    world.place(MARGIN_HAND, buy(PERPETUAL, "0.333"));
    world.place(other, sell(PERPETUAL, "0.333"));
    world.lifecycle(PERPETUAL, funding("0.000000333"));
    let realized = |world: &World, strategy| world.position(strategy, PERPETUAL).realized;
    // 0.333 * 99.9 * 0.000000333 = 0.0000110778111, to the last unit.
    assert_eq!(realized(&world, MARGIN_HAND), money("-0.000011078"));
    assert_eq!(realized(&world, other), money("0.000011078"));
    assert_eq!(world.balance(MARGIN, USD).total, money("100000"));
}

#[test]
fn a_strategy_sees_that_its_position_moved_without_a_fill() {
    let mut world = World::new();
    let script = Script::new(&[]);
    let seen = script.seen();
    let (strategy, _) = script.run(&mut world, "watcher", MARGIN);
    world.quote(EQUITY, "100", "100");
    world.place(strategy, buy(EQUITY, "3"));
    world.lifecycle(EQUITY, split(1, 2));
    let events = seen.events();
    let positions = events.iter().filter_map(|event| match event {
        Event::Position(update) => Some((update.change, update.state.quantity)),
        _ => None,
    });
    assert_eq!(
        positions.collect::<Vec<_>>(),
        [
            (PositionChange::Fill, quantity("3").long()),
            (PositionChange::Split, quantity("6").long()),
        ]
    );
}

#[test]
fn a_cash_account_is_paid_and_splits_too() {
    let mut world = World::new();
    world.quote(EQUITY, "10", "10");
    world.place(CASH_HAND, buy(EQUITY, "15"));
    world.lifecycle(
        EQUITY,
        LifecycleEvent::Dividend {
            amount: money("0.2"),
            currency: USD,
        },
    );
    world.check_balance(CASH, USD, "99853", "0");
    // One for ten: five old shares are paid at 10 each.
    world.lifecycle(EQUITY, split(10, 1));
    world.check_balance(CASH, USD, "99903", "0");
    assert_eq!(
        world.position(CASH_HAND, EQUITY).quantity,
        quantity("1").long()
    );
}

#[test]
fn a_split_is_no_move_of_the_market_and_no_loss() {
    let mut world = World::new();
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.loss.max_daily = money("1");
        limits.price.max_drift = rate("0.1");
        limits.price.drift_window = Duration::from_secs(60);
        limits.escalation.halt = rate("1");
    });
    let other = world.hand("other", MARGIN);
    world.quote(EQUITY, "100", "100");
    for strategy in [MARGIN_HAND, other] {
        world.place(strategy, buy(EQUITY, "100"));
    }
    world.lifecycle(EQUITY, split(1, 2));
    world.quote(EQUITY, "50", "50");
    let order = world.place(other, buy(EQUITY, "1"));
    assert_eq!(world.denied(order), None);
    let told = world.effects.iter();
    let alerts = told.filter(|effect| matches!(effect, Effect::Alert(_)));
    assert_eq!(alerts.count(), 0);
}

#[test]
fn a_bar_in_the_making_is_counted_in_new_shares() {
    let mut world = World::new();
    let bars = Subscription::Bars(EQUITY, BarSpec::seconds(60, BarBasis::Last));
    Script::new(&[bars]).run(&mut world, "watcher", MARGIN);
    world.now = 120 * SECOND;
    world.trade(EQUITY, "100", "10", None);
    world.now += SECOND;
    world.lifecycle(EQUITY, split(1, 2));
    world.trade(EQUITY, "51", "5", None);
    world.wait(60 * SECOND);
    let bars = world.bars();
    let bar = bars.last().unwrap();
    let prices = [bar.open, bar.high, bar.low, bar.close];
    assert_eq!(prices, ["50", "51", "50", "51"].map(price));
    assert_eq!(bar.volume, quantity("25"));
}

#[test]
fn an_option_delivers_only_where_all_agrees() {
    let cash_settled = |change: fn(&mut Setup), rules: AccountRules| {
        let mut setup = Setup::default();
        change(&mut setup);
        let mut world = setup.build();
        world.define(Definition::AccountRules(MARGIN, rules));
        world.quote(OPTION, "2", "2");
        world.place(MARGIN_HAND, buy(OPTION, "1"));
        world.now = EXPIRY;
        world.lifecycle(
            OPTION,
            LifecycleEvent::Settlement {
                price: price("110"),
            },
        );
        let shares = world.position(MARGIN_HAND, EQUITY).quantity;
        assert!(world.position(MARGIN_HAND, OPTION).quantity.is_zero());
        shares.is_zero()
    };
    let delivers = AccountRules {
        delivers: true,
        ..AccountRules::default()
    };
    assert!(!cash_settled(|_| {}, delivers));
    assert!(cash_settled(|_| {}, AccountRules::default()));
    let odd = |setup: &mut Setup| setup.instrument(EQUITY).lot = quantity("3");
    assert!(cash_settled(odd, delivers));
    let yen = |setup: &mut Setup| setup.instrument(EQUITY).quote_currency = JPY;
    assert!(cash_settled(yen, delivers));
}

#[test]
fn what_nobody_knows_and_what_cannot_be_is_refused() {
    let mut world = World::new();
    world.lifecycle(NOBODY, funding("0.1"));
    assert_eq!(world.ignored(), [Ignored::UnknownInstrument(NOBODY)]);
    world.lifecycle(PERPETUAL, funding("0.1"));
    world.quote(PERPETUAL, "100", "100");
    world.lifecycle(
        EQUITY,
        LifecycleEvent::Dividend {
            amount: money("1"),
            currency: model::CurrencyId::new(99),
        },
    );
    world.step(Input::Lifecycle(Box::new(Lifecycle {
        instrument: PERPETUAL,
        event: funding("0.1"),
        ts_event: at(world.now + 1),
        ts_init: at(world.now),
    })));
    // Refused events are not remembered: the same moment may be tried again, once.
    world.lifecycle(PERPETUAL, funding("0.1"));
    world.lifecycle(PERPETUAL, funding("0.1"));
    assert_eq!(
        refusals(&world),
        [
            LifecycleRefusal::NotFresh,
            LifecycleRefusal::Currency,
            LifecycleRefusal::Early,
            LifecycleRefusal::Seen,
        ]
    );
}

#[test]
fn what_overflows_for_one_changes_nothing_for_anybody() {
    let mut setup = Setup::default();
    setup.accounts[0].deposits = vec![(USD, Money::MAX)];
    let mut world = setup.build();
    world.quote(EQUITY, "10", "10");
    world.place(MARGIN_HAND, buy(EQUITY, "5"));
    world.place(CASH_HAND, buy(EQUITY, "5"));
    let before = world.position(MARGIN_HAND, EQUITY);
    for amount in [Money::MAX, money("20")] {
        world.lifecycle(
            EQUITY,
            LifecycleEvent::Dividend {
                amount,
                currency: USD,
            },
        );
    }
    assert_eq!(refusals(&world), [LifecycleRefusal::Overflow; 2]);
    assert_eq!(world.position(MARGIN_HAND, EQUITY), before);
    let most = world.balance(MARGIN, USD).total;
    assert_eq!(most, money("100000"));
    world.lifecycle(EQUITY, split(1, u32::MAX));
    assert_eq!(world.balance(MARGIN, USD).total, most);
}

#[test]
fn rules_that_contradict_themselves_are_refused() {
    let mut world = World::new();
    let call = |call: &str, liquidate: &str| AccountRules {
        margin_call: Some(MarginCall {
            call: rate(call),
            liquidate: rate(liquidate),
            grace: Duration::ZERO,
        }),
        ..AccountRules::default()
    };
    for (account, rules) in [
        (CASH, call("1", "0.5")),
        (MARGIN, call("1", "1.1")),
        (MARGIN, call("1", "0")),
        (MARGIN, call("-1", "-2")),
        (model::AccountId::new(9), AccountRules::default()),
    ] {
        world.define(Definition::AccountRules(account, rules));
    }
    assert_eq!(world.ignored().len(), 5);
    assert_eq!(world.engine.margin(MARGIN), None);
}

#[test]
fn a_position_nobody_can_value_stays_until_somebody_does() {
    let mut setup = Setup::default();
    setup.instrument(OPTION).class = match setup.instrument(OPTION).class {
        model::AssetClass::Option {
            strike,
            expiry,
            right,
            ..
        } => model::AssetClass::Option {
            underlying: None,
            strike,
            expiry,
            right,
        },
        class => class,
    };
    let mut world = setup.build();
    world.quote(OPTION, "2", "2");
    world.place(MARGIN_HAND, buy(OPTION, "1"));
    world.now = EXPIRY;
    world.wait(0);
    world.wait(3_600 * SECOND);
    let alert = world.effects.iter().any(|effect| match effect {
        Effect::Alert(alert) => {
            alert.code == DenyCode::Instrument && alert.severity == engine::Severity::Critical
        }
        _ => false,
    });
    assert!(alert);
    assert!(world.position(MARGIN_HAND, OPTION).quantity.is_long());
    world.lifecycle(
        OPTION,
        LifecycleEvent::Settlement {
            price: price("101"),
        },
    );
    assert!(world.position(MARGIN_HAND, OPTION).quantity.is_zero());
    world.check_balance(MARGIN, USD, "99900", "0");
}
