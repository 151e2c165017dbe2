//! Hedging accounts: several positions of one strategy in one instrument, each by itself. What orders
//! do to them is told by the golden traces `hedge_*`.

use crate::script::Script;
use crate::world::*;
use engine::{Command, Definition, Effect, Ignored, LimitScope, TradingState};
use model::{
    AccountKind, DenyCode, Event, HedgeMargin, OrderId, OrderRequest, PositionId, Side, StrategyId,
    Terms,
};

fn hedging(of: HedgeMargin, deposit: &str) -> World {
    let mut setup = Setup::default();
    setup.accounts[1] = account("margin", leverage("1"), &[(USD, deposit)]);
    setup.accounts[1].hedging = Some(of);
    let mut world = setup.build();
    world.quote(EQUITY, "100", "100");
    world
}

fn of(opener: OrderId) -> Terms {
    Terms {
        position: Some(PositionId::opened_by(opener)),
        ..Terms::default()
    }
}

fn closing(ask: OrderRequest, opener: OrderId) -> OrderRequest {
    ask.with(of(opener))
}

/// The positions of the strategy traded by hand: side, quantity, realised profit.
fn legs(world: &World, strategy: StrategyId) -> Vec<(Side, String, String)> {
    let legs = world.engine.legs().of(strategy);
    let shown = legs.map(|(.., leg)| {
        let quantity = leg.state.quantity.to_string();
        (leg.side, quantity, leg.state.realized.to_string())
    });
    shown.collect()
}

#[test]
fn cash_moves_by_what_a_position_made_and_not_by_what_the_other_lost() {
    let mut world = hedging(HedgeMargin::Gross, "10000");
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.quote(EQUITY, "110", "110");
    world.place(MARGIN_HAND, sell(EQUITY, "10"));
    // Netting would have made 100 by now. Both are open: half of 1000 and of 1100.
    world.check_balance(MARGIN, USD, "10000", "1050");
    world.quote(EQUITY, "130", "130");
    world.place(MARGIN_HAND, closing(sell(EQUITY, "10"), long));
    world.check_balance(MARGIN, USD, "10300", "550");
    // The short lost 200 at 130, which is not paid yet.
    assert_eq!(world.engine.equity(MARGIN).unwrap(), Ok(money("10100")));
    assert_eq!(
        legs(&world, MARGIN_HAND),
        [(Side::Sell, "-10".into(), "0".into())]
    );
}

#[test]
fn what_opens_asks_for_margin_on_either_side_and_what_closes_for_none() {
    let mut world = hedging(HedgeMargin::Gross, "1000");
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.check_balance(MARGIN, USD, "1000", "500");
    let short = world.place(MARGIN_HAND, sell(EQUITY, "10"));
    world.check_balance(MARGIN, USD, "1000", "1000");
    let more = world.place(MARGIN_HAND, sell(EQUITY, "1"));
    assert_eq!(world.denied(more), Some(DenyCode::BuyingPower));
    let adds = world.place(MARGIN_HAND, closing(buy(EQUITY, "1"), long));
    assert_eq!(world.denied(adds), Some(DenyCode::BuyingPower));
    let closes = world.place(MARGIN_HAND, closing(buy(EQUITY, "10"), short));
    assert_eq!(world.story(closes), "submitted 10@100");
    world.check_balance(MARGIN, USD, "1000", "500");
}

#[test]
fn net_margin_lets_a_hedge_be_opened_without_money_but_not_undone_without() {
    let mut world = hedging(HedgeMargin::Net, "500");
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.check_balance(MARGIN, USD, "500", "500");
    let short = world.place(MARGIN_HAND, sell(EQUITY, "10"));
    world.check_balance(MARGIN, USD, "500", "0");
    world.quote(EQUITY, "101", "101");
    // Ten short at 100 want 500, and at 101 their opening is reckoned at 505; the profit of the
    // long is there to pay for it, but the loss of the short counts against.
    let alone = world.place(MARGIN_HAND, closing(sell(EQUITY, "10"), long));
    assert_eq!(world.denied(alone), Some(DenyCode::BuyingPower));
    let part = world.place(MARGIN_HAND, closing(sell(EQUITY, "9"), long));
    assert_eq!(world.story(part), "submitted 9@101");
    // Nine of the short are uncovered, at their cost of 100 and half of it.
    world.check_balance(MARGIN, USD, "509", "450");
    let over = world.place(MARGIN_HAND, closing(buy(EQUITY, "10"), short));
    assert_eq!(world.denied(over), Some(DenyCode::BuyingPower));
    let back = world.place(MARGIN_HAND, closing(buy(EQUITY, "9"), short));
    assert_eq!(world.story(back), "submitted 9@101");
    world.check_balance(MARGIN, USD, "500", "0");
}

#[test]
fn the_sum_of_positions_is_what_limits_see() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    world.limit(LimitScope::Firm, |limits| {
        limits.max_position = quantity("10")
    });
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let over = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(over), Some(DenyCode::MaxPosition));
    let short = world.place(MARGIN_HAND, sell(EQUITY, "20"));
    // Ten long and twenty short are ten short; without the long they would be twenty.
    let alone = world.place(MARGIN_HAND, closing(sell(EQUITY, "10"), long));
    assert_eq!(world.denied(alone), Some(DenyCode::MaxPosition));
    world.command(Command::SetTradingState(TradingState::Reducing));
    let away = world.place(MARGIN_HAND, closing(sell(EQUITY, "1"), long));
    assert_eq!(world.denied(away), Some(DenyCode::TradingState));
    let nearer = world.place(MARGIN_HAND, closing(buy(EQUITY, "10"), short));
    assert_eq!(world.story(nearer), "submitted 10@100");
}

#[test]
fn no_short_sale_opens_no_short_beside_a_long() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.short.no_short_sale = true;
    });
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let short = world.place(MARGIN_HAND, sell(EQUITY, "1"));
    assert_eq!(world.denied(short), Some(DenyCode::ShortSale));
    let closes = world.place(MARGIN_HAND, closing(sell(EQUITY, "10"), long));
    assert_eq!(world.story(closes), "submitted 10@100");
}

#[test]
fn what_opens_a_short_is_located_for_no_hedging_account() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.short.locate_required = true;
    });
    world.define(engine::Definition::Locate(MARGIN, EQUITY, quantity("100")));
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let short = world.place(MARGIN_HAND, sell(EQUITY, "1"));
    assert_eq!(world.denied(short), Some(DenyCode::ShortSale));
    let closes = world.place(MARGIN_HAND, closing(sell(EQUITY, "10"), long));
    assert_eq!(world.story(closes), "submitted 10@100");
}

#[test]
fn positions_of_others_and_of_other_instruments_cannot_be_named() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    world.quote(PERPETUAL, "100", "100");
    let other = world.hand("other", MARGIN);
    let long = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    let stranger = world.place(other, closing(sell(EQUITY, "1"), long));
    assert_eq!(world.denied(stranger), Some(DenyCode::Child));
    let elsewhere = world.place(MARGIN_HAND, closing(sell(PERPETUAL, "1"), long));
    assert_eq!(world.denied(elsewhere), Some(DenyCode::Child));
    assert_eq!(world.engine.legs().count(other, EQUITY), 0);
}

#[test]
fn a_position_that_was_closed_before_all_of_it_opened_goes_on() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    let entry = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("99"));
    world.sized_quote(EQUITY, ["98", "9"], ["99", "4"]);
    let out = world.place(MARGIN_HAND, closing(sell(EQUITY, "4"), entry));
    assert_eq!(world.story(out), "submitted 4@98");
    assert_eq!(legs(&world, MARGIN_HAND), []);
    assert_eq!(world.engine.legs().count(MARGIN_HAND, EQUITY), 1);
    world.quote(EQUITY, "97", "98");
    // The rest opens the same position again, and what it lost before stays with it.
    assert_eq!(
        legs(&world, MARGIN_HAND),
        [(Side::Buy, "6".into(), "-4".into())]
    );
}

#[test]
fn a_cancelled_opening_leaves_nothing_behind() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    let entry = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("90"));
    assert_eq!(world.engine.legs().count(MARGIN_HAND, EQUITY), 1);
    world.cancel(entry);
    assert_eq!(world.engine.legs().count(MARGIN_HAND, EQUITY), 0);
    let late = world.place(MARGIN_HAND, closing(buy(EQUITY, "1"), entry));
    assert_eq!(world.denied(late), Some(DenyCode::Child));
}

#[test]
fn the_number_of_positions_is_bounded() {
    let mut world = hedging(HedgeMargin::Gross, "100000000");
    let first = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    for _ in 1..engine::legs::MAX_LEGS {
        world.place(MARGIN_HAND, buy(EQUITY, "1"));
    }
    let one_more = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(one_more), Some(DenyCode::MaxPosition));
    let adds = world.place(MARGIN_HAND, closing(buy(EQUITY, "1"), first));
    assert_eq!(world.story(adds), "submitted 1@100");
}

#[test]
fn two_that_each_open_a_position_are_the_same_order_twice() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    let one = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    let two = world.place(MARGIN_HAND, buy(EQUITY, "2"));
    world.limit(LimitScope::Firm, |limits| {
        limits.duplicate_window = model::Duration::from_secs(1);
    });
    let again = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(again), Some(DenyCode::Duplicate));
    // Of two positions one unit each is not the same order twice; of one position it is.
    let ask = |opener| closing(sell(EQUITY, "1").limit("101"), opener);
    let first = world.place(MARGIN_HAND, ask(one));
    let other = world.place(MARGIN_HAND, ask(two));
    let twice = world.place(MARGIN_HAND, ask(two));
    assert_eq!([first, other].map(|id| world.denied(id)), [None, None]);
    assert_eq!(world.denied(twice), Some(DenyCode::Duplicate));
}

#[test]
fn a_cash_account_cannot_be_hedging() {
    let mut world = World::new();
    let mut config = account("lots", AccountKind::Cash, &[]);
    config.hedging = Some(HedgeMargin::Gross);
    world.define(Definition::Account(config));
    let reason = "account lots: a cash account holds what it owns and cannot be hedging";
    assert_eq!(world.ignored(), [Ignored::BadDefinition(reason.to_owned())]);
}

#[test]
fn an_account_of_a_venue_outside_cannot_be_hedging() {
    let mut setup = Setup::default();
    setup.venue.external = Some(engine::ExternalVenue::default());
    let mut world = setup.build();
    let mut config = account("far", leverage("1"), &[]);
    config.hedging = Some(HedgeMargin::Net);
    world.define(Definition::Account(config));
    let reason =
        "account far: its venue is outside and names no positions, so it cannot be hedging";
    assert_eq!(world.ignored(), [Ignored::BadDefinition(reason.to_owned())]);
}

#[test]
fn what_ends_without_a_trade_is_not_for_a_hedging_account() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    world.quote(FUTURE, "4000", "4000");
    let future = world.place(MARGIN_HAND, buy(FUTURE, "1"));
    assert_eq!(world.denied(future), Some(DenyCode::Unsupported));
    let call = model::MarginCall {
        call: rate("1"),
        liquidate: rate("0.5"),
        grace: model::Duration::ZERO,
    };
    let rules = model::AccountRules {
        margin_call: Some(call),
        ..model::AccountRules::default()
    };
    world.define(Definition::AccountRules(MARGIN, rules));
    let reason =
        "account margin: a hedging account has no margin call; positions are not closed for it";
    assert_eq!(world.ignored(), [Ignored::BadDefinition(reason.to_owned())]);
}

#[test]
fn a_split_of_what_a_hedging_account_holds_is_refused_and_a_dividend_counts_into_the_sum() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.place(MARGIN_HAND, sell(EQUITY, "4"));
    let event = |world: &World, event| {
        engine::Input::Lifecycle(Box::new(model::Lifecycle {
            instrument: EQUITY,
            event,
            ts_event: at(world.now),
            ts_init: at(world.now),
        }))
    };
    let split = event(
        &world,
        model::LifecycleEvent::Split {
            numerator: 2,
            denominator: 1,
        },
    );
    world.step(split);
    assert_eq!(
        world.position(MARGIN_HAND, EQUITY).quantity.to_string(),
        "6"
    );
    let dividend = event(
        &world,
        model::LifecycleEvent::Dividend {
            amount: money("0.5"),
            currency: USD,
        },
    );
    world.step(dividend);
    // Half a dollar for each of six.
    world.check_balance(MARGIN, USD, "100003", "700");
    let earned = world.position(MARGIN_HAND, EQUITY).realized;
    assert_eq!(earned, money("3"));
    assert!(
        legs(&world, MARGIN_HAND)
            .iter()
            .all(|(.., realized)| realized == "0")
    );
}

#[test]
fn positions_outlive_their_strategy_and_its_plugin() {
    let mut world = hedging(HedgeMargin::Gross, "100000");
    let script = Script::new(&[]);
    let (strategy, seen) = script.run(&mut world, "legs", MARGIN);
    let long = world.place(strategy, buy(EQUITY, "10"));
    world.place(strategy, sell(EQUITY, "4"));
    let stop = world.place(strategy, closing(sell(EQUITY, "10").stop("90"), long));
    let told = seen.events().into_iter().filter_map(|event| match event {
        Event::Position(update) => Some((update.position.is_some(), update.state.quantity)),
        _ => None,
    });
    let told: Vec<_> = told
        .map(|(named, held)| (named, held.to_string()))
        .collect();
    let expect = [(true, "10"), (false, "10"), (true, "-4"), (false, "6")];
    assert_eq!(told, expect.map(|(named, held)| (named, held.to_owned())));
    world.command(Command::Stop(strategy));
    assert_eq!(world.story(stop), "submitted accepted cancelling canceled");
    assert_eq!(world.engine.legs().count(strategy, EQUITY), 2);
    let again = Script::new(&[]);
    let seen = again.seen();
    world.start(strategy, again.boxed());
    let starts = seen.starts();
    let told = starts[0].positions.iter();
    let told: Vec<_> = told
        .map(|update| (update.position, update.state.quantity.to_string()))
        .collect();
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[0],
        (Some(PositionId::opened_by(long)), "10".to_owned())
    );
    assert_eq!(told[2], (None, "6".to_owned()));
    let out = world.place(strategy, closing(sell(EQUITY, "10"), long));
    assert_eq!(world.story(out), "submitted 10@100");
    let fill = world.last_fill();
    assert_eq!(fill.position, Some(PositionId::opened_by(long)));
    let news = world.effects.iter().rev().find_map(|effect| match effect {
        Effect::Position(update) if update.position.is_some() => Some(update.state.quantity),
        _ => None,
    });
    assert!(news.unwrap().is_zero());
}
