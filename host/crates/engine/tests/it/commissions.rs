//! What orders cost in all: minimums, maximums and tiers, over partial fills and over days.

use crate::world::*;
use engine::{Definition, Ignored};
use model::{FeeTier, Fees, InstrumentId, Money};

/// 0.005 a share, at least 1 an order, at most a hundredth of its value.
fn commissions() -> World {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).fees = Fees {
        per_contract: money("0.005"),
        min_per_order: money("1"),
        max_share: Some(rate("0.01")),
        ..Fees::default()
    };
    setup.build()
}

fn fees(world: &World) -> Vec<String> {
    let fills = world.fills();
    fills.iter().map(|fill| fill.fee.to_string()).collect()
}

#[test]
fn the_minimum_is_charged_once_an_order_however_many_parts_it_fills_in() {
    let mut world = commissions();
    world.sized_quote(EQUITY, ["19", "100"], ["20", "100"]);
    // 300 at 20: 100 cost 0.50, so the minimum; 100 more make 1.00, paid already; 100 more 1.50.
    let order = world.place(MARGIN_HAND, buy(EQUITY, "300").limit("20"));
    world.sized_quote(EQUITY, ["19", "100"], ["20", "100"]);
    world.sized_quote(EQUITY, ["19", "100"], ["20", "100"]);
    assert_eq!(
        world.story(order),
        "submitted accepted 100@20 100@20 100@20"
    );
    assert_eq!(fees(&world), ["1", "0", "0.5"]);
    world.check_balance(MARGIN, USD, "99998.5", "3000");
    // The next order pays its own minimum.
    world.place(MARGIN_HAND, sell(EQUITY, "10"));
    assert_eq!(fees(&world).last().unwrap(), "1");
}

#[test]
fn the_largest_share_of_the_value_cuts_the_minimum_short() {
    let mut world = commissions();
    world.sized_quote(EQUITY, ["0.19", "10"], ["0.20", "10"]);
    // 10 at 0.20 are worth 2, of which a hundredth is 0.02.
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1000").limit("0.2"));
    world.sized_quote(EQUITY, ["0.19", "10"], ["0.20", "990"]);
    assert_eq!(world.story(order), "submitted accepted 10@0.2 990@0.2");
    // All of it is worth 200: a hundredth is 2, the shares come to 5.
    assert_eq!(fees(&world), ["0.02", "1.98"]);
}

#[test]
fn the_gate_holds_back_the_minimum() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).fees.min_per_order = money("1");
    setup.accounts[0].deposits = vec![(USD, money("101.99"))];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let order = world.place(CASH_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(order), Some(model::DenyCode::BuyingPower));
    let mut setup = Setup::default();
    setup.instrument(EQUITY).fees.min_per_order = money("1");
    setup.accounts[0].deposits = vec![(USD, money("102"))];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let order = world.place(CASH_HAND, buy(EQUITY, "1"));
    assert_eq!(world.story(order), "submitted 1@101");
    world.check_balance(CASH, USD, "0", "0");
}

#[test]
fn a_changed_order_goes_on_with_what_it_has_paid() {
    let mut world = commissions();
    world.sized_quote(EQUITY, ["19", "100"], ["20", "100"]);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "200").limit("20"));
    world.command(engine::Command::ModifyOrder(model::Amendment {
        order,
        quantity: Some(quantity("400")),
        price: Some(price("21")),
        trigger: None,
    }));
    world.sized_quote(EQUITY, ["19", "100"], ["20.5", "300"]);
    // 400 shares cost 2 in all.
    assert_eq!(fees(&world), ["1", "1"]);
    assert!(world.engine.orders().is_empty());
}

fn tier(from: &str, maker: &str, taker: &str) -> FeeTier {
    FeeTier {
        from: money(from),
        maker: rate(maker),
        taker: rate(taker),
    }
}

fn tiered(instrument: InstrumentId) -> World {
    let mut setup = Setup::default();
    setup.instrument(instrument).fees.taker = rate("0.002");
    let mut world = setup.build();
    let tiers = vec![tier("1000", "0.0005", "0.001"), tier("5000", "0", "0.0005")];
    world.define(Definition::FeeTiers(instrument, tiers));
    assert_eq!(world.ignored(), []);
    world
}

#[test]
fn rates_fall_with_what_the_account_traded_before_the_fill() {
    let mut world = tiered(EQUITY);
    world.quote(EQUITY, "100", "100");
    let mut trade = |amount: &str, expect: &str| {
        world.place(MARGIN_HAND, buy(EQUITY, amount));
        assert_eq!(world.last_fill().fee, money(expect));
    };
    // 900 traded, then 1,000 and more, then 5,000 and more.
    trade("9", "1.8");
    trade("1", "0.2");
    trade("10", "1");
    trade("30", "3");
    trade("10", "0.5");
    // Another account has traded nothing yet.
    world.place(CASH_HAND, buy(EQUITY, "10"));
    assert_eq!(world.last_fill().fee, money("2"));
}

#[test]
fn what_was_traded_counts_for_thirty_days() {
    let mut world = tiered(EQUITY);
    let day = 86_400 * SECOND;
    world.now = 10 * day + day / 2;
    world.quote(EQUITY, "100", "100");
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let mut fee_on = |moment: u64| {
        world.now = moment;
        world.quote(EQUITY, "100", "100");
        world.place(MARGIN_HAND, sell(EQUITY, "1"));
        world.last_fill().fee
    };
    assert_eq!(fee_on(40 * day - 1), money("0.1"));
    assert_eq!(fee_on(40 * day), money("0.2"));
}

#[test]
fn turnover_is_counted_in_the_accounts_currency() {
    let mut world = tiered(USDJPY);
    world.quote(USDJPY, "150", "150");
    // 900 dollars, worth 135,000 yen, are no reason for a tier that begins at 1,000 dollars.
    world.place(MARGIN_HAND, buy(USDJPY, "900"));
    world.place(MARGIN_HAND, buy(USDJPY, "100"));
    assert_eq!(world.last_fill().fee, money("30"));
    world.place(MARGIN_HAND, buy(USDJPY, "100"));
    assert_eq!(world.last_fill().fee, money("15"));
}

#[test]
fn tiers_that_cannot_be_meant_are_refused() {
    let check = |instrument, tiers: Vec<FeeTier>, expect: &str| {
        let mut world = World::new();
        world.define(Definition::FeeTiers(instrument, tiers));
        assert_eq!(world.ignored(), [Ignored::BadDefinition(expect.to_owned())]);
    };
    let at = |from: &str| tier(from, "0", "0");
    check(
        InstrumentId::new(99),
        vec![],
        "fee tiers of an instrument that is not defined",
    );
    check(
        EQUITY,
        vec![at("5"), at("5")],
        "fee tiers of instrument EQ: the thresholds of tiers must rise",
    );
    check(
        EQUITY,
        vec![at("-1")],
        "fee tiers of instrument EQ: the threshold of a tier is negative",
    );
    let many = (0..65).map(|n| FeeTier {
        from: Money::from_raw(n),
        ..at("0")
    });
    check(
        EQUITY,
        many.collect(),
        "fee tiers of instrument EQ: there are more than 64 tiers",
    );
}

#[test]
fn fees_that_cannot_be_meant_are_refused() {
    let check = |change: &dyn Fn(&mut Fees), expect: &str| {
        let mut world = World::new();
        let mut instrument = Setup::default().instruments.remove(0);
        instrument.symbol = "NEW".to_owned();
        change(&mut instrument.fees);
        world.define(Definition::Instrument(instrument));
        let reason = format!("instrument NEW: {expect}");
        assert_eq!(world.ignored(), [Ignored::BadDefinition(reason)]);
    };
    let bounds = "what an order costs at least or at most must not be negative";
    check(&|fees| fees.min_per_order = money("-1"), bounds);
    check(&|fees| fees.max_per_order = Some(money("-1")), bounds);
    check(
        &|fees| fees.max_share = Some(rate("-0.1")),
        "the largest share of the value must not be negative",
    );
}
