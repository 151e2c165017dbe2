//! Random algorithms on random parents: whatever they do, a parent is the sum of its children, and
//! nothing counts twice.

use crate::plan::{Heard, Maker, Plan, call};
use crate::script::trap;
use crate::world::*;
use engine::{Command, Effect};
use model::{
    Action, Actions, AlgorithmEvent, MarketFeed, Order, OrderId, OrderKind, OrderRequest, Quantity,
    Side, TimeInForce,
};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

/// Does something at random to its children at whatever it hears.
fn erratic(seed: u64) -> Maker {
    let dice = Arc::new(Mutex::new(crate::dice::Dice::new(seed)));
    Maker::new(move |parent, _| {
        let (dice, parent) = (Arc::clone(&dice), *parent);
        let mut children: Vec<OrderId> = Vec::new();
        let mut act = move |out: &mut Actions| {
            let mut dice = dice.lock().unwrap();
            let cents = i64::try_from(dice.below(60)).unwrap();
            let near = model::Price::from_raw(99_700_000_000 + cents * 10_000_000);
            let units = Quantity::whole(i64::try_from(dice.below(30)).unwrap()).unwrap();
            match dice.below(10) {
                0..=3 => {
                    let limit = OrderKind::Limit { price: near };
                    let kind = dice.one_of(&[OrderKind::Market, limit, limit]);
                    let mut ask = OrderRequest::new(EQUITY, parent.side, kind, units);
                    if dice.below(5) == 0 {
                        ask.terms.hold = Some(model::Trigger::at(near));
                    }
                    children.extend(out.submit(ask));
                }
                4 if !children.is_empty() => out.push(Action::Cancel(dice.one_of(&children))),
                5 if !children.is_empty() => out.push(Action::Modify(model::Amendment {
                    order: dice.one_of(&children),
                    quantity: dice.one_of(&[None, Some(units)]),
                    price: dice.one_of(&[None, Some(near)]),
                    trigger: None,
                })),
                6 => out.push(Action::SetTimer {
                    id: dice.below(3),
                    due: model::Timestamp::from_nanos(out.now().nanos() + dice.below(60)),
                }),
                7 if dice.below(8) == 0 => out.push(Action::Done),
                8 if dice.below(20) == 0 => return Err(trap()),
                _ => {}
            }
            Ok(())
        };
        let act = Arc::new(Mutex::new(move |out: &mut Actions| act(out)));
        let on_start = Arc::clone(&act);
        let start = move |_: &Order, out: &mut Actions| on_start.lock().unwrap()(out);
        let event = move |event: &AlgorithmEvent, out: &mut Actions| match event {
            AlgorithmEvent::Child(update) if update.order.number() % 3 > 0 => Ok(()),
            _ => act.lock().unwrap()(out),
        };
        let feeds = [MarketFeed::Quotes, MarketFeed::Trades];
        Ok(Plan::new(&feeds, &Heard::default(), start, event))
    })
}

/// A run of parents with random algorithms; every step checks the invariants.
fn random_run(seed: u64, steps: u64) -> World {
    let mut dice = crate::dice::Dice::new(seed);
    let mut setup = Setup::default();
    setup.venue.latency.insert = model::Duration::from_nanos(dice.below(30));
    setup.venue.latency.cancel = model::Duration::from_nanos(dice.below(30));
    setup.venue.latency.modify = model::Duration::from_nanos(dice.below(30));
    setup.accounts[1].deposits = vec![(USD, money("20000"))];
    setup.limits.max_position = quantity("150");
    let mut world = setup.build();
    world.algorithm("erratic", erratic(dice.number()));
    for _ in 0..steps {
        world.now += dice.below(25);
        random_step(&mut world, &mut dice);
        let within = engine::invariants::exposure_within_limits(&world.engine);
        assert_eq!(within, Ok(()));
    }
    world.now += SECOND;
    world.command(Command::SetKillLatch(true));
    world.wait(SECOND);
    assert!(world.engine.orders().is_empty());
    world
}

fn random_step(world: &mut World, dice: &mut crate::dice::Dice) {
    let cents = i64::try_from(dice.below(50)).unwrap();
    let bid = model::Price::from_raw(99_700_000_000 + cents * 10_000_000);
    let ask = bid.checked_add(price("0.02")).unwrap().to_string();
    let size = (1 + dice.below(40)).to_string();
    let open: Vec<Order> = world
        .engine
        .orders()
        .iter()
        .map(|open| open.order)
        .collect();
    match dice.below(10) {
        0..=3 => world.sized_quote(EQUITY, [&bid.to_string(), &size], [&ask, &size]),
        4 => world.trade(EQUITY, &bid.to_string(), &size, None),
        5 | 6 => {
            let side = dice.one_of(&[Side::Buy, Side::Sell]);
            let units = Quantity::whole(i64::try_from(dice.below(80)).unwrap()).unwrap();
            let kind = dice.one_of(&[OrderKind::Market, OrderKind::Limit { price: bid }]);
            let until = at(world.now + 1 + dice.below(400));
            let lasting = dice.one_of(&[TimeInForce::Gtc, TimeInForce::Gtd(until)]);
            let mut ask = OrderRequest::new(EQUITY, side, kind, units).lasting(lasting);
            ask.terms.reduce_only = dice.below(5) == 0;
            world.work(MARGIN_HAND, ask, call("erratic", &[]));
        }
        7 if !open.is_empty() => world.cancel(dice.one_of(&open).id),
        8 if !open.is_empty() => {
            let order = dice.one_of(&open).id;
            let units = Quantity::whole(i64::try_from(dice.below(60)).unwrap()).unwrap();
            world.command(Command::ModifyOrder(model::Amendment {
                order,
                quantity: dice.one_of(&[None, Some(units)]),
                price: dice.one_of(&[None, Some(bid)]),
                trigger: None,
            }));
        }
        _ => world.wait(0),
    }
}

#[test]
fn the_random_parents_are_worth_their_while() {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..30 {
        for update in random_run(seed, 200).updates() {
            let word = match update.change {
                model::OrderChange::Denied(code) => code.to_string(),
                _ => update.status.name().to_owned(),
            };
            *seen.entry(word).or_default() += 1;
        }
    }
    for word in [
        "FILLED",
        "PARTIALLY_FILLED",
        "CANCELED",
        "EXPIRED",
        "EMULATED",
        "PENDING_UPDATE",
        "PENDING_CANCEL",
        "P30",
    ] {
        assert!(
            seen.get(word).is_some_and(|count| *count >= 10),
            "{word}: {seen:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_an_algorithm_does_its_parent_is_the_sum_of_its_children(seed: u64) {
        let world = random_run(seed, 200);
        let mut sums = std::collections::BTreeMap::<OrderId, u64>::new();
        let mut lasts = std::collections::BTreeMap::<OrderId, Order>::new();
        for effect in &world.effects {
            if let Effect::Order(_, order) = effect {
                lasts.insert(order.id, *order);
            }
        }
        for fill in world.fills() {
            let parent = lasts[&fill.order].parent.unwrap();
            *sums.entry(parent).or_default() += fill.quantity.raw();
        }
        for order in lasts.values().filter(|order| order.algorithm.is_some()) {
            let sum = sums.get(&order.id).copied().unwrap_or_default();
            prop_assert_eq!(order.filled.raw(), sum);
            prop_assert!(order.filled <= order.quantity);
        }
    }
}
