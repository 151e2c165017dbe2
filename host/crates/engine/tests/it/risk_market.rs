//! Controls that look at the market: collar, drift, participation, fresh data, clocks; and what no
//! venue takes.

use crate::books::book;
use crate::risk::{PASS, check, quoted};
use crate::world::*;
use engine::{Command, Definition, Input, LimitScope};
use model::{
    BookScope, DenyCode, Duration, Offset, OrderKind, OrderKindName, OrderRequest, Quote, Side,
    Terms, TimeInForce, Trail, Trigger, TriggerBy,
};

fn trailing_limit(limit: Offset) -> OrderKind {
    let trail = Trail {
        offset: Offset::Ticks(100),
        activation: None,
        by: TriggerBy::BidAsk,
    };
    OrderKind::TrailingStopLimit { trail, limit }
}

#[test]
fn p07_types_the_venue_lacks_unless_the_host_can_wait_for_them() {
    let code = Some(DenyCode::Unsupported);
    let mut setup = Setup::default();
    setup.venue.lacks = vec![OrderKindName::MarketToLimit, OrderKindName::StopMarket];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "100");
    let to_limit = buy(EQUITY, "1").kind(OrderKind::MarketToLimit);
    check(&mut world, MARGIN_HAND, to_limit, code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").stop("110"), PASS);
    check(&mut quoted(), MARGIN_HAND, to_limit, PASS);
}

#[test]
fn p07_orders_that_contradict_themselves() {
    use TimeInForce::{AtTheClose, Fok, Gtc, Gtd, Ioc};
    let terms = |change: fn(&mut Terms)| {
        let mut terms = Terms::default();
        change(&mut terms);
        terms
    };
    let (post_only, display) = (
        terms(|terms| terms.post_only = true),
        terms(|terms| terms.display = Some(quantity("5"))),
    );
    let wrong = |ask: OrderRequest, supported: bool| {
        let expect = (!supported).then_some(DenyCode::Unsupported);
        check(&mut quoted(), MARGIN_HAND, ask, expect);
    };
    let limit = buy(EQUITY, "10").limit("90");
    for (ask, supported) in [
        (limit.with(post_only), true),
        (limit.with(post_only).tif(Ioc), false),
        (limit.with(post_only).tif(AtTheClose), false),
        (buy(EQUITY, "10").with(post_only), false),
        (buy(EQUITY, "10").stop("110").with(post_only), false),
        (limit.with(display), true),
        (limit.with(display).tif(Fok), false),
        (buy(EQUITY, "10").with(display), false),
        (
            limit.with(terms(|t| t.display = Some(quantity("0")))),
            false,
        ),
        (
            limit.with(terms(|t| t.display = Some(quantity("1.5")))),
            false,
        ),
        (buy(EQUITY, "10").stop("110").tif(AtTheClose), false),
        (limit.tif(Gtd(at(SECOND + 1))), true),
        (limit.tif(Gtd(at(SECOND))), false),
        (limit.tif(Gtc), true),
        (
            sell(EQUITY, "1").kind(trailing_limit(Offset::Ticks(1))),
            true,
        ),
        (
            sell(EQUITY, "1").kind(trailing_limit(Offset::Ticks(0))),
            false,
        ),
    ] {
        wrong(ask, supported);
    }
}

#[test]
fn p06_prices_that_only_wait_are_prices_too() {
    let code = Some(DenyCode::Price);
    let held = |text: &str| {
        let terms = Terms {
            hold: Some(Trigger::at(price(text))),
            ..Terms::default()
        };
        buy(EQUITY, "1").with(terms)
    };
    let trailing = |text: &str| {
        let trail = Trail {
            offset: Offset::Ticks(5),
            activation: Some(price(text)),
            by: TriggerBy::BidAsk,
        };
        sell(EQUITY, "1").kind(OrderKind::TrailingStopMarket { trail })
    };
    for (text, expect) in [("110", PASS), ("110.001", code), ("0", code), ("-1", code)] {
        check(&mut quoted(), MARGIN_HAND, held(text), expect);
        check(&mut quoted(), MARGIN_HAND, trailing(text), expect);
    }
}

#[test]
fn p08_limits_against_the_midpoint_and_stops_against_their_trigger() {
    let code = Some(DenyCode::PriceCollar);
    let mut world = World::new();
    // The midpoint is 100: 5 % above is 105, below 95.
    world.quote(EQUITY, "99", "101");
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.price.max_distance = rate("0.05");
    });
    let stop_limit = |trigger: &str, text: &str| {
        buy(EQUITY, "1").kind(OrderKind::StopLimit {
            trigger: Trigger::at(price(trigger)),
            price: price(text),
        })
    };
    for (ask, expect) in [
        (buy(EQUITY, "1").limit("105"), PASS),
        (buy(EQUITY, "1").limit("105.01"), code),
        (sell(EQUITY, "1").limit("95"), PASS),
        (sell(EQUITY, "1").limit("94.99"), code),
        // A price better than the market hurts nobody.
        (buy(EQUITY, "1").limit("50"), PASS),
        (sell(EQUITY, "1").limit("200"), PASS),
        (buy(EQUITY, "1").stop("200"), PASS),
        (stop_limit("200", "210"), PASS),
        (stop_limit("200", "210.01"), code),
        (
            sell(EQUITY, "1").kind(trailing_limit(Offset::BasisPoints(500))),
            PASS,
        ),
        (
            sell(EQUITY, "1").kind(trailing_limit(Offset::BasisPoints(501))),
            code,
        ),
    ] {
        check(&mut world, MARGIN_HAND, ask, expect);
    }
    check(
        &mut world,
        CASH_HAND,
        buy(EQUITY, "1").limit("105.01"),
        PASS,
    );
}

#[test]
fn p08_a_market_order_pays_the_touch_and_an_unknown_market_is_no_reference() {
    let code = Some(DenyCode::PriceCollar);
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.price.max_distance = rate("0.05");
    });
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("100"), code);
    world.quote(EQUITY, "95", "105");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), PASS);
    world.quote(EQUITY, "94.99", "105.01");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), code);
}

#[test]
fn p09_a_market_that_moves_too_fast_takes_only_reducing_orders() {
    let code = Some(DenyCode::PriceDrift);
    let mut world = World::new();
    world.limit(LimitScope::Instrument(EQUITY), |limits| {
        limits.price.max_drift = rate("0.1");
        limits.price.drift_window = Duration::from_nanos(160);
    });
    world.quote(PERPETUAL, "100", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("90"), code);
    world.quote(EQUITY, "100", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "5"), PASS);
    world.now += 100;
    world.quote(EQUITY, "110", "110");
    world.quote(PERPETUAL, "150", "150");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    world.quote(EQUITY, "110.01", "110.01");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "6"), PASS);
    check(&mut world, MARGIN_HAND, buy(PERPETUAL, "1"), PASS);
    // The jump came 100 ns after the first price; a part more than the window later it is over.
    world.now += 170;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

#[test]
fn p12_shares_of_the_book_and_of_the_day() {
    let code = Some(DenyCode::Participation);
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "20"], ["100", "40"]);
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.volume.max_book_share = rate("0.5");
    });
    for (ask, expect) in [
        (buy(EQUITY, "20"), PASS),
        (buy(EQUITY, "21"), code),
        (sell(EQUITY, "11"), code),
        (sell(EQUITY, "10"), PASS),
        (buy(EQUITY, "21").limit("100"), code),
        // What rests takes nothing of what is shown.
        (buy(EQUITY, "100").limit("99.99"), PASS),
        (sell(EQUITY, "100").limit("100"), PASS),
        (
            buy(EQUITY, "100").limit("100").with(model::Terms {
                post_only: true,
                ..model::Terms::default()
            }),
            PASS,
        ),
    ] {
        check(&mut world, MARGIN_HAND, ask, expect);
    }
    // A source without sizes leaves the share unknown.
    world.quote(EQUITY, "99", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), PASS);
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.volume.max_day_share = rate("0.01");
    });
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.define(Definition::AverageVolume(EQUITY, quantity("1000")));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "11"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "10"), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "11").limit("90"), code);
}

#[test]
fn p12_a_share_of_what_the_book_shows_up_to_the_limit() {
    let code = Some(DenyCode::Participation);
    let mut world = World::new();
    let levels = [
        (Side::Buy, "100", "8"),
        (Side::Buy, "99", "8"),
        (Side::Sell, "101", "4"),
        (Side::Sell, "102", "6"),
        (Side::Sell, "103", "10"),
    ];
    book(&mut world, BookScope::Snapshot, 1, &levels);
    world.quote(PERPETUAL, "99", "100");
    check(&mut world, CASH_HAND, buy(EQUITY, "11"), PASS);
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.volume.max_depth_share = rate("0.5");
    });
    for (ask, expect) in [
        (buy(EQUITY, "11"), code),
        (buy(EQUITY, "6").limit("102"), code),
        (buy(EQUITY, "6").limit("102.99"), code),
        (buy(EQUITY, "3").limit("101"), code),
        (sell(EQUITY, "9"), code),
        (sell(EQUITY, "5").limit("100"), code),
        (buy(EQUITY, "2").limit("101"), PASS),
        (buy(EQUITY, "5").limit("102"), PASS),
        (buy(EQUITY, "10").limit("103"), PASS),
        (buy(EQUITY, "10"), PASS),
        (sell(EQUITY, "4").limit("100"), PASS),
        (sell(EQUITY, "8").limit("99"), PASS),
        // What rests takes nothing of what is shown.
        (buy(EQUITY, "50").limit("100.99"), PASS),
        // Nobody knows what is behind a quote.
        (buy(PERPETUAL, "1"), code),
        (buy(PERPETUAL, "1").limit("90"), PASS),
    ] {
        check(&mut world, MARGIN_HAND, ask, expect);
    }
    check(&mut world, CASH_HAND, buy(EQUITY, "6").limit("102"), PASS);
}

#[test]
fn p24_stale_crossed_and_gapped_data() {
    let code = Some(DenyCode::MarketData);
    let mut world = quoted();
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    world.quote(EQUITY, "101", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    // Where there are quotes, a trade does not mend a crossed one.
    world.trade(EQUITY, "100", "1", None);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.quote(EQUITY, "99", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    world.command(Command::SetDataIntact(EQUITY, false));
    world.quote(EQUITY, "99", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.command(Command::SetDataIntact(EQUITY, true));
    world.limit(LimitScope::Instrument(EQUITY), |limits| {
        limits.data.max_age = Duration::from_nanos(100);
    });
    world.now += 100;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    world.now += 1;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    // A trade does not make an old quote young.
    world.trade(EQUITY, "100", "1", None);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.quote(EQUITY, "99", "100");
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

#[test]
fn p24_an_instrument_fed_by_trades_is_as_old_as_its_last() {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.data.max_age = Duration::from_nanos(100);
    });
    let code = Some(DenyCode::MarketData);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("90"), code);
    world.trade(EQUITY, "100", "1", None);
    world.now += 100;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    world.now += 1;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
}

#[test]
fn p25_market_time_ahead_of_ours_and_far_behind() {
    let code = Some(DenyCode::Clock);
    for (offset, expect) in [(10, PASS), (11, code), (-20, PASS), (-21, code)] {
        let mut world = World::new();
        world.limit(LimitScope::Firm, |limits| {
            limits.data.max_ahead = Duration::from_nanos(10);
            limits.data.max_behind = Duration::from_nanos(20);
        });
        world.step(Input::Quote(Quote {
            instrument: EQUITY,
            bid: price("99"),
            ask: price("100"),
            bid_size: quantity("0"),
            ask_size: quantity("0"),
            ts_event: at(world.now.checked_add_signed(offset).unwrap()),
            ts_init: at(world.now),
        }));
        check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), expect);
    }
}
