//! Bad input: an order that is good but for one field, wrong in every way that field can be, is
//! denied, whatever the other fields are; the largest numbers are denied or counted, never a panic.

use crate::dice::Dice;
use crate::plan::{Maker, call};
use crate::world::*;
use engine::{Command, LimitScope, StrategyConfig};
use model::{
    AlgorithmCall, DenyCode, HedgeMargin, InstrumentId, Links, Money, Offset, OrderId, OrderKind,
    OrderRequest, PeerRule, Peers, PositionId, Price, Quantity, Rate, Side, SignedQuantity,
    StrategyId, Terms, TimeInForce, Trail, Trigger, TriggerBy,
};
use proptest::prelude::*;

/// A way to spoil an order.
type Spoil = fn(&mut Dice, &mut OrderRequest);

fn bad_price(dice: &mut Dice) -> Price {
    let off_grid = Price::from_raw(100 * Price::SCALE + 1 + dice.below(9_999_999).cast_signed());
    dice.one_of(&[
        Price::ZERO,
        Price::MIN,
        Price::from_raw(-1),
        Price::MAX,
        off_grid,
    ])
}

fn bad_trigger(dice: &mut Dice) -> Trigger {
    Trigger {
        price: bad_price(dice),
        by: dice.one_of(&TriggerBy::ALL),
    }
}

fn bad_offset(dice: &mut Dice) -> Offset {
    dice.one_of(&[
        Offset::Ticks(0),
        Offset::BasisPoints(0),
        Offset::BasisPoints(10_000),
        Offset::BasisPoints(u32::MAX),
        Offset::Price(Price::ZERO),
        Offset::Price(Price::MIN),
    ])
}

fn trail(offset: Offset, activation: Option<Price>) -> Trail {
    Trail {
        offset,
        activation,
        by: TriggerBy::BidAsk,
    }
}

const SPOILS: [Spoil; 16] = [
    |dice, ask| ask.instrument = InstrumentId::new(dice.one_of(&[7, 8, u32::MAX])),
    |dice, ask| {
        let raw = [0, 1, Quantity::SCALE - 1, Quantity::SCALE + 1, u64::MAX];
        ask.quantity = Quantity::from_raw(dice.one_of(&raw));
    },
    |dice, ask| {
        ask.kind = OrderKind::Limit {
            price: bad_price(dice),
        }
    },
    |dice, ask| {
        ask.kind = OrderKind::StopMarket {
            trigger: bad_trigger(dice),
        }
    },
    |dice, ask| {
        ask.kind = OrderKind::MarketIfTouched {
            trigger: bad_trigger(dice),
        }
    },
    |dice, ask| {
        let (trigger, price) = (
            Trigger::at(Price::from_raw(101 * Price::SCALE)),
            bad_price(dice),
        );
        let stop = OrderKind::StopLimit { trigger, price };
        ask.kind = dice.one_of(&[stop, OrderKind::LimitIfTouched { trigger, price }]);
    },
    |dice, ask| {
        let trail = trail(bad_offset(dice), None);
        ask.kind = OrderKind::TrailingStopMarket { trail };
    },
    |dice, ask| {
        let trail = trail(Offset::Ticks(5), Some(bad_price(dice)));
        ask.kind = OrderKind::TrailingStopMarket { trail };
    },
    |dice, ask| {
        let (trail, limit) = (trail(Offset::Ticks(5), None), bad_offset(dice));
        ask.kind = OrderKind::TrailingStopLimit { trail, limit };
    },
    |dice, ask| ask.time_in_force = TimeInForce::Gtd(at(dice.below(SECOND + 1))),
    |dice, ask| ask.terms.hold = Some(bad_trigger(dice)),
    |dice, ask| {
        let raw = [0, 1, Quantity::SCALE + 1, u64::MAX];
        ask.terms.display = Some(Quantity::from_raw(dice.one_of(&raw)));
    },
    |dice, ask| {
        ask.terms.quote_quantity = true;
        ask.quantity = Quantity::from_raw(dice.one_of(&[0, 1, u64::MAX]));
    },
    |dice, ask| {
        ask.terms.post_only = true;
        let market = (OrderKind::Market, TimeInForce::Gtc);
        let never = (ask.kind, TimeInForce::Ioc);
        (ask.kind, ask.time_in_force) = dice.one_of(&[market, never]);
    },
    |dice, ask| {
        let peers = Some(Peers {
            group: 0,
            rule: PeerRule::Cancel,
        });
        let parent = Some(0);
        ask.terms.links = dice.one_of(&[
            Links {
                parent,
                peers: None,
            },
            Links {
                parent: None,
                peers,
            },
            Links { parent, peers },
        ]);
    },
    // The account nets: it has no positions to name.
    |dice, ask| ask.terms.position = Some(some_position(dice)),
];

/// A position that nobody opened.
fn some_position(dice: &mut Dice) -> PositionId {
    let opener = OrderId::derive(dice.below(1_000), dice.below(4)).unwrap();
    PositionId::opened_by(opener)
}

/// One of the nine types, with good prices.
fn good_kind(dice: &mut Dice) -> OrderKind {
    let price = Price::from_raw(100 * Price::SCALE);
    let trigger = Trigger::at(price);
    let trail = trail(Offset::Ticks(5), dice.one_of(&[None, Some(price)]));
    dice.one_of(&[
        OrderKind::Market,
        OrderKind::Limit { price },
        OrderKind::StopMarket { trigger },
        OrderKind::StopLimit { trigger, price },
        OrderKind::MarketToLimit,
        OrderKind::MarketIfTouched { trigger },
        OrderKind::LimitIfTouched { trigger, price },
        OrderKind::TrailingStopMarket { trail },
        OrderKind::TrailingStopLimit {
            trail,
            limit: Offset::Ticks(5),
        },
    ])
}

/// An order that passes, in some variety.
fn good(dice: &mut Dice) -> OrderRequest {
    let side = dice.one_of(&[Side::Buy, Side::Sell]);
    let kind = good_kind(dice);
    let quantity = Quantity::whole(dice.below(9).cast_signed() + 1).unwrap();
    let display = match kind.price() {
        Some(_) => dice.one_of(&[None, Some(Quantity::ONE)]),
        None => None,
    };
    let terms = Terms {
        display,
        ..Terms::default()
    };
    OrderRequest::new(EQUITY, side, kind, quantity)
        .lasting(dice.one_of(&[TimeInForce::Gtc, TimeInForce::Day]))
        .with(terms)
}

fn ready() -> World {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "1000"], ["101", "1000"]);
    world.limit(LimitScope::Firm, every_limit);
    world
}

/// Every control on, none of them near.
fn every_limit(limits: &mut engine::Limits) {
    let many = model::Duration::from_secs(60);
    limits.max_order_notional = money("1000000");
    limits.duplicate_window = model::Duration::from_nanos(1);
    limits.price = engine::PriceLimits {
        max_distance: rate("0.5"),
        max_drift: rate("0.5"),
        drift_window: many,
    };
    limits.exposure.max_gross = money("1000000");
    limits.exposure.max_net = money("1000000");
    limits.exposure.max_instrument_share = rate("0.9");
    limits.loss.max_drawdown = money("50000");
    limits.conduct.no_self_match = true;
    limits.data.max_age = many;
}

fn verdict(strategy: StrategyId, asks: Vec<OrderRequest>) -> Option<DenyCode> {
    let mut world = ready();
    let order = world.place_list(strategy, asks);
    world.denied(order)
}

/// Hands an order to an algorithm.
fn worked(ask: OrderRequest, call: AlgorithmCall) -> Option<DenyCode> {
    let mut world = ready();
    world.algorithm("slicer", Maker::slicer());
    let order = world.work(MARGIN_HAND, ask, call);
    world.denied(order)
}

/// An order that an algorithm may work.
fn good_parent(dice: &mut Dice) -> OrderRequest {
    let mut ask = good(dice);
    let price = Price::from_raw(100 * Price::SCALE);
    ask.kind = dice.one_of(&[OrderKind::Market, OrderKind::Limit { price }]);
    ask.terms.display = None;
    ask
}

/// A call of an algorithm, wrong in one of the ways it can be.
fn bad_call(dice: &mut Dice) -> AlgorithmCall {
    let many: Vec<String> = (0..=model::execution_algorithm::MAX_PARAMETERS)
        .map(|n| n.to_string())
        .collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    let long = "x".repeat(model::execution_algorithm::MAX_PARAMETER_BYTES);
    dice.one_of(&[
        call("", &[]),
        call("nobody", &[]),
        call("Slicer", &[]),
        call(&long, &[]),
        call("slicer", &[("slices", "many")]),
        call("slicer", &[("slices", "2"), ("slices", "2")]),
        call("slicer", &many),
        call("slicer", &[("note", &long)]),
    ])
}

/// A hedging account.
fn hedging() -> World {
    let mut setup = Setup::default();
    setup.accounts[1].hedging = Some(HedgeMargin::Gross);
    let mut world = setup.build();
    world.sized_quote(EQUITY, ["99", "1000"], ["101", "1000"]);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_order_wrong_in_any_field_is_denied(seed: u64) {
        let mut dice = Dice::new(seed);
        let order = good(&mut dice);
        prop_assert_eq!(verdict(MARGIN_HAND, vec![order]), None, "{:?}", order);
        let spoil = dice.one_of(&SPOILS);
        let mut bad = order;
        spoil(&mut dice, &mut bad);
        prop_assert!(verdict(MARGIN_HAND, vec![bad]).is_some(), "{:?}", bad);
        let nobody = StrategyId::new(dice.one_of(&[2, 9, u32::MAX]));
        prop_assert!(verdict(nobody, vec![order]).is_some());
    }

    #[test]
    fn an_algorithm_is_given_no_order_and_no_call_that_is_wrong(seed: u64) {
        let mut dice = Dice::new(seed);
        let (order, slices) = (good_parent(&mut dice), call("slicer", &[("slices", "2")]));
        prop_assert_eq!(worked(order, slices.clone()), None, "{:?}", order);
        let wrong = bad_call(&mut dice);
        prop_assert!(worked(order, wrong.clone()).is_some(), "{:?}", wrong);
        let spoil = dice.one_of(&SPOILS);
        let mut bad = order;
        spoil(&mut dice, &mut bad);
        prop_assert!(worked(bad, slices).is_some(), "{:?}", bad);
    }

    #[test]
    fn an_order_that_may_only_reduce_opens_nothing(seed: u64) {
        let mut dice = Dice::new(seed);
        let mut order = good(&mut dice);
        let mut world = hedging();
        let passes = world.place(MARGIN_HAND, order);
        prop_assert_eq!(world.denied(passes), None, "{:?}", order);
        order.terms.reduce_only = true;
        // A hedging account has nothing that it could reduce, named or not.
        for position in [None, Some(some_position(&mut dice))] {
            let mut world = hedging();
            order.terms.position = position;
            let denied = world.place(MARGIN_HAND, order);
            prop_assert!(world.denied(denied).is_some(), "{:?}", order);
        }
        // One that nets lets it wait for something to reduce, and takes none of it for a position.
        order.terms.position = None;
        let mut world = ready();
        world.place(MARGIN_HAND, order);
        for (bid, ask) in [("99", "101"), ("119", "121"), ("79", "81"), ("99", "101")] {
            world.sized_quote(EQUITY, [bid, "1000"], [ask, "1000"]);
            world.wait(SECOND);
        }
        let held = world.position(MARGIN_HAND, EQUITY).quantity;
        prop_assert_eq!(held, SignedQuantity::ZERO, "{:?}", order);
        prop_assert!(world.fills().is_empty(), "{:?}", order);
    }

    #[test]
    fn any_order_at_all_is_denied_or_counted(seed: u64) {
        let mut dice = Dice::new(seed);
        let mut world = ready();
        for _ in 0..20 {
            let mut asks = dice.requests();
            for ask in &mut asks {
                if dice.below(2) == 0 {
                    ask.instrument = EQUITY;
                }
            }
            world.place_list(dice.one_of(&[MARGIN_HAND, CASH_HAND]), asks);
            let open: Vec<OrderId> = world.engine.orders().iter().map(|open| open.order.id).collect();
            if let Some(order) = open.first() {
                world.command(Command::ModifyOrder(dice.amendment_of(*order)));
            }
        }
    }
}

/// The largest order there is, on a margin account without end, with every limit as large as it can
/// be and still bind.
#[test]
fn the_largest_quantities_and_values_overflow_into_denials() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).max_quantity = Quantity::MAX;
    setup.instrument(EQUITY).lot = Quantity::from_raw(1);
    setup.instrument(EQUITY).min_quantity = Quantity::from_raw(1);
    setup.instrument(EQUITY).tick = Price::from_raw(1);
    setup.accounts[1] = account(
        "margin",
        leverage("1"),
        &[(USD, "100000000000000000000000000000")],
    );
    let mut world = setup.build();
    world.quote(EQUITY, "9223372036.854775807", "9223372036.854775807");
    world.limit(LimitScope::Firm, |limits| {
        every_limit(limits);
        let most = Money::from_raw(i128::MAX - 1);
        (limits.max_order_notional, limits.loss.max_drawdown) = (most, most);
        (limits.exposure.max_gross, limits.exposure.max_net) = (most, most);
        limits.exposure.max_instrument_share = Rate::MAX;
    });
    let mut codes = Vec::new();
    for side in [Side::Buy, Side::Sell] {
        for kind in [OrderKind::Market, OrderKind::Limit { price: Price::MAX }] {
            for _ in 0..3 {
                let ask = OrderRequest::new(EQUITY, side, kind, Quantity::MAX);
                let order = world.place(MARGIN_HAND, ask);
                codes.push(world.denied(order));
            }
        }
    }
    assert!(codes.iter().any(Option::is_some), "{codes:?}");
    assert!(codes.iter().any(Option::is_none), "{codes:?}");
}

#[test]
fn a_strategy_that_nobody_defined_has_no_rights() {
    let mut world = ready();
    let ask = buy(EQUITY, "1");
    let order = world.place(StrategyId::new(77), ask);
    assert_eq!(world.denied(order), Some(DenyCode::StrategyState));
    let config = StrategyConfig {
        permissions: engine::Permissions {
            instruments: engine::Allowed::Only(Vec::new()),
            ..engine::Permissions::ALL
        },
        manual: true,
        ..crate::script::config("tied", MARGIN)
    };
    let tied = world.strategy(config);
    let order = world.place(tied, ask);
    assert_eq!(world.denied(order), Some(DenyCode::Permission));
}
