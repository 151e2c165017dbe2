//! Cash accounts lock, pay and deliver exactly; positions count exactly whatever the numbers.

use crate::script::sum;
use crate::world::*;
use engine::Definition;
use model::{AccountKind, DenyCode, Money, OrderRequest, Quantity, SignedQuantity, StrategyId};

#[test]
fn a_buy_locks_its_price_and_fee_and_frees_them_bit_by_bit() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).fees.taker = rate("0.001");
    setup.instrument(EQUITY).fees.maker = rate("0.0005");
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let order = world.place(CASH_HAND, buy(EQUITY, "10").limit("100"));
    // 1,000 and the larger fee of 1.
    world.check_balance(CASH, USD, "100000", "1001");
    world.sized_quote(EQUITY, ["99", "1"], ["100", "3"]);
    // 300 and 0.15 paid; seven tenths of the lock remain.
    world.check_balance(CASH, USD, "99699.85", "700.7");
    world.cancel(order);
    world.check_balance(CASH, USD, "99699.85", "0");
    assert_eq!(
        world.story(order),
        "submitted accepted 3@100 cancelling canceled"
    );
}

#[test]
fn thirds_of_a_lock_are_freed_without_a_rest() {
    let mut setup = Setup::default();
    setup.instrument(COIN).fees.taker = rate("0.000333333");
    setup.instrument(COIN).lot = quantity("0.00000001");
    setup.instrument(COIN).min_quantity = quantity("0.00000001");
    let mut world = setup.build();
    world.quote(COIN, "0.33", "0.37");
    world.place(CASH_HAND, buy(COIN, "0.00000007").limit("0.35"));
    for size in ["0.00000002", "0.00000001", "0.00000003", "0.00000001"] {
        world.sized_quote(COIN, ["0.33", "1"], ["0.35", size]);
    }
    assert_eq!(world.fills().len(), 4);
    assert_eq!(world.balance(CASH, USD).locked, Money::ZERO);
    // Each fill is rounded once: 7e-9, 3.5e-9 and 10.5e-9 to even, 3.5e-9 again.
    let paid = sum(&["0.000000007", "0.000000004", "0.00000001", "0.000000004"]);
    let expect = money("100000").checked_sub(paid).unwrap();
    assert_eq!(world.balance(CASH, USD).total, expect);
}

#[test]
fn spot_is_delivered_and_what_is_sold_is_locked() {
    let mut world = World::new();
    world.quote(COIN, "50000", "50000");
    world.place(CASH_HAND, buy(COIN, "0.5"));
    world.check_balance(CASH, USD, "75000", "0");
    world.check_balance(CASH, BTC, "1.5", "0");
    let order = world.place(CASH_HAND, sell(COIN, "1.2").limit("51000"));
    world.check_balance(CASH, BTC, "1.5", "1.2");
    let more = world.place(CASH_HAND, sell(COIN, "0.3001").limit("51000"));
    assert_eq!(world.denied(more), Some(DenyCode::BuyingPower));
    world.sized_quote(COIN, ["51000", "0.2"], ["51001", "1"]);
    world.check_balance(CASH, USD, "85200", "0");
    world.check_balance(CASH, BTC, "1.3", "1");
    world.cancel(order);
    world.check_balance(CASH, BTC, "1.3", "0");
}

#[test]
fn a_cash_account_sells_only_the_shares_it_owns() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let short = world.place(CASH_HAND, sell(EQUITY, "1"));
    assert_eq!(world.denied(short), Some(DenyCode::BuyingPower));
    world.place(CASH_HAND, buy(EQUITY, "10"));
    let first = world.place(CASH_HAND, sell(EQUITY, "6").limit("105"));
    let second = world.place(CASH_HAND, sell(EQUITY, "5").limit("105"));
    assert_eq!(world.denied(second), Some(DenyCode::BuyingPower));
    world.cancel(first);
    let all = world.place(CASH_HAND, sell(EQUITY, "10"));
    assert_eq!(world.story(all), "submitted 10@100");
    world.check_balance(CASH, USD, "100000", "0");
}

#[test]
fn strategies_share_an_account_but_not_positions() {
    let mut world = World::new();
    let other = world.hand("another hand", CASH);
    world.quote(EQUITY, "100", "100");
    world.place(CASH_HAND, buy(EQUITY, "600"));
    let too_much = world.place(other, buy(EQUITY, "401"));
    assert_eq!(world.denied(too_much), Some(DenyCode::BuyingPower));
    let not_its_own = world.place(other, sell(EQUITY, "1"));
    assert_eq!(world.denied(not_its_own), Some(DenyCode::BuyingPower));
    world.place(other, buy(EQUITY, "400"));
    world.check_balance(CASH, USD, "0", "0");
}

#[test]
fn money_of_one_currency_does_not_pay_for_another() {
    let mut world = World::new();
    world.quote(USDJPY, "150", "150");
    let order = world.place(CASH_HAND, buy(USDJPY, "100"));
    assert_eq!(world.denied(order), Some(DenyCode::BuyingPower));
    world.place(CASH_HAND, sell(USDJPY, "1000"));
    world.check_balance(CASH, USD, "99000", "0");
    world.check_balance(CASH, JPY, "150000", "0");
    world.place(CASH_HAND, buy(USDJPY, "1000"));
    world.check_balance(CASH, USD, "100000", "0");
    world.check_balance(CASH, JPY, "0", "0");
}

fn check_position(world: &World, strategy: StrategyId, quantity: &str, cost: &str, realized: &str) {
    let state = world.position(strategy, EQUITY);
    let expect: SignedQuantity = quantity.parse().unwrap();
    let got = (state.quantity, state.open_cost, state.realized);
    assert_eq!(got, (expect, money(cost), money(realized)));
}

#[test]
fn average_price_and_profit_are_exact_through_flips() {
    let mut world = World::new();
    let trade = |world: &mut World, ask: OrderRequest, at_price: &str| {
        world.now += 1;
        world.quote(EQUITY, at_price, at_price);
        world.place(MARGIN_HAND, ask);
    };
    trade(&mut world, buy(EQUITY, "1"), "10");
    trade(&mut world, buy(EQUITY, "2"), "10.01");
    check_position(&world, MARGIN_HAND, "3", "30.02", "0");
    let average = world
        .position(MARGIN_HAND, EQUITY)
        .average_price(Quantity::ONE);
    assert_eq!(average, Some(price("10.006666667")));
    // A third of 30.02 is 10.006666667, rounded once; the rest keeps the remainder.
    trade(&mut world, sell(EQUITY, "1"), "10.02");
    check_position(&world, MARGIN_HAND, "2", "20.013333333", "0.013333333");
    // Through zero: two close at 10.03, five open at 10.03.
    trade(&mut world, sell(EQUITY, "7"), "10.03");
    check_position(&world, MARGIN_HAND, "-5", "-50.15", "0.06");
    trade(&mut world, buy(EQUITY, "8"), "10");
    check_position(&world, MARGIN_HAND, "3", "30", "0.21");
    trade(&mut world, sell(EQUITY, "3"), "9");
    check_position(&world, MARGIN_HAND, "0", "0", "-2.79");
    // What was realised is what the account has more or less.
    world.check_balance(MARGIN, USD, "99997.21", "0");
}

#[test]
fn contracts_count_with_their_multiplier() {
    let mut setup = Setup::default();
    setup.accounts[1] = account(
        "margin",
        AccountKind::Margin {
            leverage: rate("10"),
        },
        &[(USD, "100000")],
    );
    let mut world = setup.build();
    world.quote(FUTURE, "4000.25", "4000.25");
    world.place(MARGIN_HAND, buy(FUTURE, "3"));
    // 3 * 50 * 4000.25 = 600,037.50; a tenth of a tenth is the margin.
    world.check_balance(MARGIN, USD, "100000", "6000.375");
    world.quote(FUTURE, "3990", "3990");
    world.place(MARGIN_HAND, sell(FUTURE, "3"));
    world.check_balance(MARGIN, USD, "98462.5", "0");
}

#[test]
fn an_account_may_hold_several_currencies_from_the_start() {
    let mut world = World::new();
    world.define(Definition::Account(account(
        "mixed",
        AccountKind::Cash,
        &[(EUR, "10"), (EUR, "5"), (JPY, "7")],
    )));
    let mixed = model::AccountId::new(2);
    world.check_balance(mixed, EUR, "15", "0");
    world.check_balance(mixed, JPY, "7", "0");
    world.check_balance(mixed, USD, "0", "0");
}
