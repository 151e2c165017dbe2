//! Market and limit orders on quotes: touch, size, price, time in force, fees, slippage.

use crate::world::*;
use engine::{Command, Definition, Ignored, SelfMatch, Slippage};
use model::{Amendment, Duration, Liquidity, OrderRequest, TimeInForce, VenueId};

#[test]
fn a_market_order_takes_the_touch() {
    let mut world = World::new();
    world.quote(EQUITY, "99.99", "100.01");
    let bought = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let sold = world.place(MARGIN_HAND, sell(EQUITY, "4"));
    assert_eq!(world.story(bought), "submitted 10@100.01");
    assert_eq!(world.story(sold), "submitted 4@99.99");
    assert!(
        world
            .fills()
            .iter()
            .all(|fill| fill.liquidity == Liquidity::Taker)
    );
    assert!(world.engine.orders().is_empty());
}

#[test]
fn what_exceeds_the_displayed_size_fills_one_tick_worse() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99.99", "5"], ["100.01", "7"]);
    let bought = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let sold = world.place(MARGIN_HAND, sell(EQUITY, "6"));
    assert_eq!(world.story(bought), "submitted 7@100.01 3@100.02");
    assert_eq!(world.story(sold), "submitted 5@99.99 1@99.98");
}

#[test]
fn only_orders_of_one_account_are_kept_apart() {
    // How many of two orders are open, the second at a price at which the first would trade.
    let open = |mode: Option<SelfMatch>, buyer| {
        let mut world = World::new();
        if let Some(mode) = mode {
            world.define(Definition::SelfMatch(VenueId::new(0), mode));
        }
        world.quote(EQUITY, "99.9", "100.1");
        world.place(buyer, buy(EQUITY, "5").limit("100.05"));
        world.place(MARGIN_HAND, sell(EQUITY, "5").limit("100.03"));
        assert_eq!(world.fills(), []);
        world.engine.orders().len()
    };
    for (mode, left) in [
        (SelfMatch::None, 2),
        (SelfMatch::CancelNewest, 1),
        (SelfMatch::CancelOldest, 1),
        (SelfMatch::CancelBoth, 0),
        (SelfMatch::DecrementAndCancel, 0),
    ] {
        assert_eq!(open(Some(mode), MARGIN_HAND), left, "{mode:?}");
        assert_eq!(open(Some(mode), CASH_HAND), 2, "{mode:?}");
    }
    assert_eq!(open(None, MARGIN_HAND), 2);
}

#[test]
fn what_a_change_may_make_of_an_order_stays_counted_while_it_shrinks() {
    let mut setup = Setup::default();
    setup.venue.latency.modify = Duration::from_millis(10);
    let mut world = setup.build();
    let mode = SelfMatch::DecrementAndCancel;
    world.define(Definition::SelfMatch(VenueId::new(0), mode));
    world.quote(EQUITY, "99.9", "100.1");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.command(Command::ModifyOrder(Amendment {
        order,
        quantity: Some(quantity("20")),
        price: None,
        trigger: None,
    }));
    // Half of 20 x 100 is held back.
    let check = |world: &World, left: &str| {
        let holding = world.engine.holdings().get(MARGIN_HAND, EQUITY);
        assert_eq!(holding.open_buys, quantity("20"));
        world.check_balance(MARGIN, USD, "100000", "1000");
        let open = world.engine.orders().get(order).unwrap();
        assert_eq!(open.order.quantity, quantity(left));
    };
    check(&world, "10");
    world.place(MARGIN_HAND, sell(EQUITY, "4").limit("100"));
    check(&world, "6");
    world.wait(SECOND);
    check(&world, "20");
}

#[test]
fn two_orders_never_take_the_same_liquidity() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99.99", "5"], ["100.01", "7"]);
    world.place(MARGIN_HAND, buy(EQUITY, "5"));
    let second = world.place(CASH_HAND, buy(EQUITY, "5"));
    assert_eq!(world.story(second), "submitted 2@100.01 3@100.02");
    // The next quote shows new liquidity.
    world.sized_quote(EQUITY, ["99.99", "5"], ["100.01", "7"]);
    let third = world.place(MARGIN_HAND, buy(EQUITY, "5"));
    assert_eq!(world.story(third), "submitted 5@100.01");
}

#[test]
fn resting_limits_share_what_the_touch_offers() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let first = world.place(MARGIN_HAND, buy(EQUITY, "5").limit("100"));
    let second = world.place(CASH_HAND, buy(EQUITY, "5").limit("100"));
    world.sized_quote(EQUITY, ["99", "1"], ["100", "7"]);
    assert_eq!(world.story(first), "submitted accepted 5@100");
    assert_eq!(world.story(second), "submitted accepted 2@100");
    // Nothing is left at the touch for a taker either.
    let taker = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.story(taker), "submitted 1@100.01");
}

#[test]
fn a_limit_rests_until_touched_or_traded_through() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let touched = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    let through = world.place(MARGIN_HAND, sell(EQUITY, "10").limit("103"));
    world.quote(EQUITY, "99", "100.01");
    assert_eq!(world.story(touched), "submitted accepted");
    world.sized_quote(EQUITY, ["99", "1"], ["100", "4"]);
    assert_eq!(world.story(touched), "submitted accepted 4@100");
    // The bid jumps over the sell's price: it fills in full, at its own price.
    world.sized_quote(EQUITY, ["104", "1"], ["105", "1"]);
    assert_eq!(world.story(through), "submitted accepted 10@103");
    assert!(world.fills().iter().all(is_maker));
    // Falling below the buy's price fills what is left of it.
    world.sized_quote(EQUITY, ["90", "1"], ["91", "1"]);
    assert_eq!(world.story(touched), "submitted accepted 4@100 6@100");
}

#[test]
fn a_marketable_limit_takes_the_touch_and_rests_with_the_remainder() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "1"], ["100", "4"]);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    assert_eq!(world.story(order), "submitted accepted 4@100");
    assert_eq!(world.engine.orders().len(), 1);
    world.sized_quote(EQUITY, ["99", "1"], ["100", "6"]);
    assert_eq!(world.story(order), "submitted accepted 4@100 6@100");
    let fills = world.fills();
    assert_eq!(fills[0].liquidity, Liquidity::Taker);
    assert_eq!(fills[1].liquidity, Liquidity::Maker);
}

#[test]
fn time_in_force_decides_about_the_remainder() {
    use TimeInForce::{Day, Fok, Gtc, Ioc};
    let check = |ask: OrderRequest, expect: &str| {
        let mut world = World::new();
        world.sized_quote(EQUITY, ["99", "4"], ["100", "4"]);
        let order = world.place(MARGIN_HAND, ask);
        assert_eq!(
            world.story(order),
            expect,
            "{:?} {:?}",
            ask.kind,
            ask.time_in_force
        );
    };
    check(buy(EQUITY, "10").tif(Ioc), "submitted 4@100 canceled");
    check(buy(EQUITY, "10").tif(Fok), "submitted canceled");
    check(buy(EQUITY, "4").tif(Fok), "submitted 4@100");
    check(buy(EQUITY, "10").tif(Gtc), "submitted 4@100 6@100.01");
    check(buy(EQUITY, "10").tif(Day), "submitted 4@100 6@100.01");
    check(
        buy(EQUITY, "10").limit("100").tif(Ioc),
        "submitted 4@100 canceled",
    );
    check(
        buy(EQUITY, "10").limit("99.5").tif(Ioc),
        "submitted canceled",
    );
    check(
        buy(EQUITY, "10").limit("100").tif(Fok),
        "submitted canceled",
    );
    check(sell(EQUITY, "4").limit("99").tif(Fok), "submitted 4@99");
    check(
        buy(EQUITY, "10").limit("99.5").tif(Gtc),
        "submitted accepted",
    );
    check(
        buy(EQUITY, "10").limit("99.5").tif(Day),
        "submitted accepted",
    );
}

#[test]
fn a_day_order_expires_at_the_end_of_the_day_without_any_data() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).day_end = Duration::from_secs(20 * 3600);
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let day = world.place(
        MARGIN_HAND,
        buy(EQUITY, "10").limit("100").tif(TimeInForce::Day),
    );
    let forever = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.now = 20 * 3600 * SECOND - 1;
    world.wait(0);
    assert_eq!(world.story(day), "submitted accepted");
    world.wait(1);
    assert_eq!(world.story(day), "submitted accepted expired");
    assert_eq!(world.story(forever), "submitted accepted");
    let expired = world.updates().last().unwrap().ts_event;
    assert_eq!(expired, at(20 * 3600 * SECOND));
    world.check_balance(MARGIN, USD, "100000", "500");
    // What comes after the day's end does not wake the dead.
    world.quote(EQUITY, "89", "90");
    assert_eq!(world.story(day), "submitted accepted expired");
    assert_eq!(world.story(forever), "submitted accepted 10@100");
}

#[test]
fn a_partly_filled_day_order_expires_with_the_rest() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "1"], ["100", "4"]);
    let order = world.place(
        CASH_HAND,
        buy(EQUITY, "10").limit("100").tif(TimeInForce::Day),
    );
    world.now = 86_400 * SECOND;
    world.wait(0);
    assert_eq!(world.story(order), "submitted accepted 4@100 expired");
    world.check_balance(CASH, USD, "99600", "0");
}

#[test]
fn fees_follow_liquidity_and_quantity() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).fees.maker = rate("-0.0001");
    setup.instrument(EQUITY).fees.taker = rate("0.0002");
    setup.instrument(EQUITY).fees.per_contract = money("0.005");
    let mut world = setup.build();
    world.quote(EQUITY, "99", "100");
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    // 1000 * 0.0002 + 10 * 0.005.
    assert_eq!(world.last_fill().fee, money("0.25"));
    world.place(MARGIN_HAND, sell(EQUITY, "10").limit("110"));
    world.quote(EQUITY, "110", "111");
    // 1100 * -0.0001 + 10 * 0.005 = -0.06.
    assert_eq!(world.last_fill().fee, money("-0.06"));
    assert_eq!(world.position(MARGIN_HAND, EQUITY).fees, money("0.19"));
    world.check_balance(MARGIN, USD, "100099.81", "0");
}

#[test]
fn slippage_makes_takers_fill_worse() {
    let check = |slippage, expect_buy: &str, expect_sell: &str| {
        let mut setup = Setup::default();
        setup.venue.slippage = slippage;
        let mut world = setup.build();
        world.quote(EQUITY, "99.99", "100.01");
        let bought = world.place(MARGIN_HAND, buy(EQUITY, "1"));
        let sold = world.place(MARGIN_HAND, sell(EQUITY, "1"));
        // A limit order never fills beyond its price.
        let limit = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("100.01"));
        assert_eq!(world.story(bought), format!("submitted 1@{expect_buy}"));
        assert_eq!(world.story(sold), format!("submitted 1@{expect_sell}"));
        assert_eq!(world.story(limit), "submitted accepted 1@100.01");
    };
    check(Slippage::Ticks(3), "100.04", "99.96");
    // 0.0002 of 100.01 is 0.020002, of 99.99 0.019998: three and two ticks.
    check(Slippage::Share(rate("0.0002")), "100.04", "99.97");
}

#[test]
fn without_a_market_nobody_trades() {
    let mut world = World::new();
    let limit = world.place(CASH_HAND, buy(EQUITY, "10").limit("100"));
    assert_eq!(world.story(limit), "submitted rejected");
    world.check_balance(CASH, USD, "100000", "0");
    // A market order cannot even be valued.
    let market = world.place(CASH_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(market), "denied:P11");
}

#[test]
fn cancelling_frees_the_order_and_what_it_held() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let order = world.place(CASH_HAND, buy(EQUITY, "10").limit("100"));
    world.check_balance(CASH, USD, "100000", "1000");
    world.cancel(order);
    assert_eq!(world.story(order), "submitted accepted cancelling canceled");
    world.check_balance(CASH, USD, "100000", "0");
    assert!(world.engine.orders().is_empty());
}

#[test]
fn cancelling_a_filled_or_unknown_order_is_ignored() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.cancel(order);
    assert_eq!(world.ignored(), [Ignored::UnknownOrder(order)]);
    assert_eq!(world.story(order), "submitted 10@101");
}
