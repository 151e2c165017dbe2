//! Controls over sums: exposure, concentration and loss, per strategy, account and firm, with what
//! is on order counted at its worst.

use crate::risk::{PASS, check, second_hand};
use crate::world::*;
use engine::{LimitScope, Limits};
use model::{DenyCode, Duration};

/// Everything quoted at 100, without a spread.
fn flat() -> World {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).sector = Some("banks".to_owned());
    setup.instrument(PERPETUAL).sector = Some("banks".to_owned());
    setup.accounts[1] = account("margin", leverage("100"), &[(USD, "100000")]);
    let mut world = setup.build();
    world.quote(EQUITY, "100", "100");
    world.quote(PERPETUAL, "100", "100");
    world.quote(USDJPY, "100", "100");
    world
}

const SUMS: [LimitScope; 3] = [
    LimitScope::Firm,
    LimitScope::Account(MARGIN),
    LimitScope::Strategy(MARGIN_HAND),
];

#[test]
fn p15_gross_exposure_adds_longs_and_shorts_and_open_orders() {
    let code = Some(DenyCode::Exposure);
    for scope in SUMS {
        let mut world = flat();
        world.limit(scope, |limits| limits.exposure.max_gross = money("1000"));
        check(&mut world, MARGIN_HAND, buy(EQUITY, "5"), PASS);
        check(&mut world, MARGIN_HAND, sell(PERPETUAL, "3"), PASS);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "3"), code);
        let resting = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
        check(&mut world, MARGIN_HAND, buy(EQUITY, "2").limit("90"), code);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("90"), PASS);
        check(&mut world, MARGIN_HAND, sell(PERPETUAL, "0.001"), code);
        // The other side of the book adds nothing until it is the larger one.
        check(
            &mut world,
            MARGIN_HAND,
            sell(EQUITY, "12").limit("110"),
            PASS,
        );
        check(
            &mut world,
            MARGIN_HAND,
            sell(EQUITY, "1").limit("110"),
            code,
        );
        world.cancel(resting);
        check(&mut world, MARGIN_HAND, buy(PERPETUAL, "3"), PASS);
    }
}

#[test]
fn p15_net_exposure_either_way() {
    let code = Some(DenyCode::Exposure);
    for scope in SUMS {
        let mut world = flat();
        world.limit(scope, |limits| limits.exposure.max_net = money("500"));
        check(&mut world, MARGIN_HAND, buy(EQUITY, "6"), code);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "5"), PASS);
        check(&mut world, MARGIN_HAND, sell(PERPETUAL, "10"), PASS);
        check(&mut world, MARGIN_HAND, sell(PERPETUAL, "1"), code);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("90"), code);
    }
}

#[test]
fn p15_follows_prices_and_rates_and_leaves_the_way_out_open() {
    let code = Some(DenyCode::Exposure);
    let mut world = flat();
    world.limit(LimitScope::Firm, |limits| {
        limits.exposure.max_gross = money("1000");
    });
    // 500 USD at 100 yen each are 50,000 JPY, which are 500 USD.
    check(&mut world, MARGIN_HAND, buy(USDJPY, "500"), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "6"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "5"), PASS);
    world.quote(EQUITY, "90", "90");
    check(&mut world, MARGIN_HAND, buy(USDJPY, "51"), code);
    check(&mut world, MARGIN_HAND, buy(USDJPY, "50"), PASS);
    world.quote(EQUITY, "120", "120");
    check(&mut world, MARGIN_HAND, buy(USDJPY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(USDJPY, "550"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "5"), PASS);
}

#[test]
fn p15_sums_belong_to_their_scope() {
    let code = Some(DenyCode::Exposure);
    let limit = |limits: &mut Limits| limits.exposure.max_gross = money("1000");
    for (scope, other_binds, cash_binds) in [
        (LimitScope::Firm, true, true),
        (LimitScope::Account(MARGIN), true, false),
        (LimitScope::Strategy(MARGIN_HAND), false, false),
    ] {
        let mut world = flat();
        let other = second_hand(&mut world);
        world.limit(scope, limit);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
        // Longs and shorts of two strategies do not make each other vanish.
        check(
            &mut world,
            other,
            sell(EQUITY, "1"),
            other_binds.then_some(DenyCode::Exposure),
        );
        check(
            &mut world,
            CASH_HAND,
            buy(EQUITY, "1"),
            cash_binds.then_some(DenyCode::Exposure),
        );
    }
}

#[test]
fn p16_one_instrument_and_one_sector_against_the_accounts_equity() {
    let code = Some(DenyCode::Concentration);
    let mut world = flat();
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.exposure.max_instrument_share = rate("0.1");
        limits.exposure.max_sector_share = rate("0.15");
    });
    check(&mut world, MARGIN_HAND, buy(EQUITY, "101"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "60"), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "41").limit("90"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "40").limit("90"), PASS);
    // The perpetual is of the same sector; that of the currency pair is not known.
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "50.001"), code);
    check(&mut world, MARGIN_HAND, sell(PERPETUAL, "50"), PASS);
    check(&mut world, MARGIN_HAND, buy(USDJPY, "1"), code);
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.exposure.max_instrument_share = rate("0.1");
    });
    check(&mut world, MARGIN_HAND, buy(USDJPY, "10000"), PASS);
    check(&mut world, MARGIN_HAND, buy(USDJPY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "60"), PASS);
    check(&mut world, CASH_HAND, buy(EQUITY, "500"), PASS);
}

#[test]
fn p16_counts_what_a_cash_account_owns() {
    let code = Some(DenyCode::Concentration);
    let mut world = flat();
    world.quote(COIN, "50000", "50000");
    world.limit(LimitScope::Account(CASH), |limits| {
        limits.exposure.max_instrument_share = rate("0.4");
    });
    // 100,000 USD and a bitcoin are 150,000; buying with it changes nothing of that.
    check(&mut world, CASH_HAND, buy(EQUITY, "601"), code);
    check(&mut world, CASH_HAND, buy(EQUITY, "600"), PASS);
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), code);
    world.quote(COIN, "150000", "150000");
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
}

/// Loses with ten of the equity, bought at 100, what it falls below that.
fn losing(change: fn(&mut Limits)) -> World {
    let mut world = flat();
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    for scope in SUMS {
        world.limit(scope, change);
    }
    world
}

fn check_loss(world: &mut World, at_price: &str, expect: Option<DenyCode>) {
    world.quote(EQUITY, at_price, at_price);
    check(
        world,
        MARGIN_HAND,
        buy(PERPETUAL, "0.001").limit("50"),
        expect,
    );
    check(world, MARGIN_HAND, sell(EQUITY, "1").limit("200"), PASS);
    let open: Vec<_> = world
        .engine
        .orders()
        .iter()
        .map(|open| open.order.id)
        .collect();
    open.into_iter().for_each(|order| world.cancel(order));
}

#[test]
fn p18_a_daily_loss_counts_from_midnight() {
    let code = Some(DenyCode::Loss);
    let mut world = losing(|limits| limits.loss.max_daily = money("100"));
    check_loss(&mut world, "90.01", PASS);
    check_loss(&mut world, "90", code);
    check_loss(&mut world, "95", PASS);
    world.now = 86_400 * SECOND;
    check_loss(&mut world, "85.01", PASS);
    check_loss(&mut world, "85", code);
}

#[test]
fn p18_a_rolling_loss_counts_from_the_best_within_the_window() {
    let code = Some(DenyCode::Loss);
    let mut world = losing(|limits| {
        limits.loss.max_rolling = money("100");
        limits.loss.rolling_window = Duration::from_nanos(1_600);
    });
    check_loss(&mut world, "120", PASS);
    world.now += 1_000;
    check_loss(&mut world, "110.01", PASS);
    check_loss(&mut world, "110", code);
    world.now += 2_000;
    check_loss(&mut world, "110", PASS);
}

#[test]
fn p18_a_drawdown_counts_from_the_best_ever_also_what_was_realised_and_paid() {
    let code = Some(DenyCode::Loss);
    let mut world = losing(|limits| limits.loss.max_drawdown = money("100"));
    check_loss(&mut world, "120", PASS);
    world.now = 10 * 86_400 * SECOND;
    check_loss(&mut world, "115", PASS);
    world.place(MARGIN_HAND, sell(EQUITY, "5"));
    // 75 realised and 25 open are 100 below the best of 200.
    check_loss(&mut world, "105.01", PASS);
    check_loss(&mut world, "105", code);
}

#[test]
fn p18_a_loss_beyond_its_limit_is_one_also_where_limits_would_shrink_from_there() {
    let mut world = losing(|limits| {
        limits.loss.max_drawdown = money("100");
        limits.scaling.drawdown_from = rate("1");
    });
    check_loss(&mut world, "90.01", PASS);
    check_loss(&mut world, "70", Some(DenyCode::Loss));
}

#[test]
fn p17_buying_power_follows_the_marks_of_everything_held() {
    let code = Some(DenyCode::BuyingPower);
    let mut setup = Setup::default();
    setup.accounts[1] = account("margin", leverage("1"), &[(USD, "1000")]);
    let mut world = setup.build();
    world.quote(EQUITY, "100", "100");
    // Half of 1,000 is margin.
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    world.quote(EQUITY, "90", "90");
    // 900 are left, 500 of them locked; 45 for each.
    check(&mut world, MARGIN_HAND, buy(EQUITY, "9"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "8"), PASS);
    assert_eq!(world.engine.equity(MARGIN), Some(Ok(money("900"))));
    assert_eq!(
        world.engine.equity(CASH),
        Some(Err(engine::ValuationError::Unpriced))
    );
}

#[test]
fn what_one_strategy_is_long_and_another_short_is_still_won_or_lost() {
    let mut world = flat();
    let other = second_hand(&mut world);
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.quote(EQUITY, "110", "110");
    world.place(other, sell(EQUITY, "10"));
    for mark in ["90", "200"] {
        world.quote(EQUITY, mark, mark);
        assert_eq!(world.engine.equity(MARGIN), Some(Ok(money("100100"))));
    }
}

#[test]
fn limits_of_sums_need_a_scope_that_has_sums() {
    let mut world = flat();
    let scope = LimitScope::Instrument(EQUITY);
    world.limit(scope, |limits| limits.exposure.max_gross = money("1"));
    world.limit(scope, |limits| limits.loss.max_daily = money("1"));
    assert_eq!(world.ignored().len(), 2);
    world.limit(scope, |limits| {
        limits.exposure.max_instrument_share = rate("0.1")
    });
    assert_eq!(world.ignored().len(), 2);
}

/// A cash and a margin account that reckon in euros, at two dollars each.
fn in_euros() -> World {
    let mut setup = Setup::default();
    setup.accounts[0].base_currency = EUR;
    setup.accounts[1] = account("margin", leverage("100"), &[(EUR, "100000")]);
    setup.accounts[1].base_currency = EUR;
    setup.build()
}

#[test]
fn p15_sums_are_in_the_currency_of_the_account() {
    for scope in SUMS {
        let mut world = in_euros();
        world.quote(EURUSD, "2", "2");
        world.quote(EQUITY, "100", "100");
        world.limit(scope, |limits| limits.exposure.max_gross = money("1000"));
        check(
            &mut world,
            MARGIN_HAND,
            buy(EQUITY, "21"),
            Some(DenyCode::Exposure),
        );
        check(&mut world, MARGIN_HAND, buy(EQUITY, "20"), PASS);
    }
}

#[test]
fn limits_shrink_by_a_loss_in_the_currency_of_the_account() {
    for scope in SUMS {
        let mut world = in_euros();
        world.quote(EURUSD, "2", "2");
        world.quote(EQUITY, "100", "100");
        world.limit(scope, |limits| {
            limits.max_order_quantity = quantity("10");
            limits.loss.max_drawdown = money("100");
            limits.scaling.drawdown_from = rate("0.2");
        });
        check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
        // 120 dollars are 60 euros, which leave half of what is beyond 20.
        world.quote(EQUITY, "88", "88");
        let code = Some(DenyCode::MaxQuantity);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "6"), code);
        check(&mut world, MARGIN_HAND, buy(EQUITY, "5").limit("50"), PASS);
    }
}

#[test]
fn p28_a_cash_account_pays_in_the_currency_of_the_price_whatever_its_own() {
    let mut world = in_euros();
    world.quote(EQUITY, "100", "100");
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "1"),
        Some(DenyCode::Conversion),
    );
}

#[test]
fn p17_an_order_that_is_changed_may_use_what_it_has_locked() {
    let mut world = flat();
    let resting = world.place(CASH_HAND, buy(EQUITY, "1000").limit("99"));
    for (to, expect) in [("100.01", "unchanged:P17"), ("100", "changed:@100")] {
        world.command(engine::Command::ModifyOrder(model::Amendment {
            order: resting,
            quantity: None,
            price: Some(price(to)),
            trigger: None,
        }));
        let story = world.story(resting);
        assert!(story.contains(expect), "{story}");
    }
}

#[test]
fn p17_of_orders_that_close_the_same_only_the_largest_locks() {
    let mut world = flat();
    world.quote(COIN, "50", "50");
    let closing = |ask: model::OrderRequest| {
        let rule = model::PeerRule::Reduce;
        ask.with(model::Terms {
            reduce_only: true,
            links: model::Links {
                parent: None,
                peers: Some(model::Peers { group: 1, rule }),
            },
            ..model::Terms::default()
        })
    };
    check(&mut world, CASH_HAND, buy(COIN, "1"), PASS);
    world.place(CASH_HAND, sell(COIN, "1").limit("70"));
    let (target, stop) = (sell(COIN, "1").limit("60"), sell(COIN, "1").stop("40"));
    world.place_list(CASH_HAND, vec![closing(target), closing(stop)]);
    assert_eq!(world.engine.denials(DenyCode::BuyingPower), 0);
    assert_eq!(world.engine.orders().iter().count(), 3);
    world.check_balance(CASH, BTC, "2", "2");
}
