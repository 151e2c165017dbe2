//! Execution algorithms: what parent and children count, who hears what, what ends a parent, and what
//! is refused. How a parent's life looks is in the golden traces.

use crate::journal::Memory;
use crate::plan::{Heard, Maker, Plan, call};
use crate::script::{Script, trap};
use crate::world::*;
use engine::journal::reader::{Reader, Record};
use engine::{Command, Custom, Definition, Effect, Journal, OrdersOnFault, TradingState};
use model::{
    Action, Actions, AlgorithmEvent, DenyCode, Event, Fault, MarketFeed, Order, OrderId, OrderKind,
    OrderRequest, OrderStatus, PeerRule, Peers, Quantity, SavedState, Side, TimeInForce,
};
use std::sync::{Arc, Mutex};

/// A world with one quote and a slicer.
fn world() -> World {
    let mut world = World::new();
    world.algorithm("slicer", Maker::slicer());
    world.quote(EQUITY, "99.9", "100");
    world
}

fn child(world: &World, parent: OrderId, place: usize) -> Order {
    let children = world.effects.iter().filter_map(|effect| match effect {
        Effect::Order(_, order) if order.parent == Some(parent) => Some(*order),
        _ => None,
    });
    let mut last: Vec<Order> = Vec::new();
    for order in children {
        last.retain(|other| other.id != order.id);
        last.push(order);
    }
    last.sort_by_key(|order| order.id);
    last[place]
}

fn order(world: &World, id: OrderId) -> Order {
    let orders = world
        .effects
        .iter()
        .rev()
        .filter_map(|effect| match effect {
            Effect::Order(_, order) if order.id == id => Some(*order),
            _ => None,
        });
    orders.into_iter().next().unwrap()
}

fn on_order(world: &World) -> Quantity {
    let holdings = world.engine.holdings();
    holdings.get(MARGIN_HAND, EQUITY).open_buys
}

#[test]
fn parent_and_children_count_and_lock_once() {
    let mut world = world();
    let ask = buy(EQUITY, "100").limit("100");
    let slices = call("slicer", &[("slices", "4"), ("limit", "99")]);
    let parent = world.work(MARGIN_HAND, ask, slices);
    // Half of 100 x 100 is held back: 75 at the parent's 100, and 25 at the child's 99.
    assert_eq!(on_order(&world), quantity("100"));
    world.check_balance(MARGIN, USD, "100000", "4987.5");
    world.wait(SECOND);
    world.check_balance(MARGIN, USD, "100000", "4975");
    assert_eq!(on_order(&world), quantity("100"));
    // The first child gone, the parent has its share back.
    world.cancel(child(&world, parent, 0).id);
    world.check_balance(MARGIN, USD, "100000", "4987.5");
    assert_eq!(on_order(&world), quantity("100"));
    world.quote(EQUITY, "98.9", "99");
    assert_eq!(world.fills().len(), 1);
    assert_eq!(on_order(&world), quantity("75"));
    world.cancel(parent);
    assert_eq!(on_order(&world), Quantity::ZERO);
    // The margin of 25 held at 99.
    world.check_balance(MARGIN, USD, "100000", "1237.5");
}

#[test]
fn a_journal_has_a_parent_as_it_was_made_before_its_children() {
    let memory = Memory::default();
    let setup = Setup {
        journal: Journal::with_sink(Box::new(memory.clone())),
        ..Setup::default()
    };
    let mut world = setup.build();
    world.algorithm("slicer", Maker::slicer());
    world.quote(EQUITY, "99.9", "100");
    let slices = call("slicer", &[("slices", "2")]);
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "100"), slices);
    world.engine.journal().seal().unwrap();
    let bytes = memory.bytes();
    let mut reader = Reader::new(&bytes[..]).unwrap();
    let mut orders = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        if let Record::NewOrder(order) = record {
            orders.push(order);
        }
    }
    let [whole, part] = orders[..] else {
        panic!("{orders:?}")
    };
    assert_eq!((whole.id, whole.parent), (parent, None));
    assert!(whole.algorithm.is_some() && part.algorithm.is_none());
    assert_eq!(part.parent, Some(parent));
}

#[test]
fn a_parent_is_judged_as_a_whole() {
    let mut world = world();
    world.limit(engine::LimitScope::Firm, |limits| {
        limits.max_position = quantity("100");
        limits.max_order_quantity = quantity("80");
    });
    let slices = |count| call("slicer", &[("slices", count)]);
    let check = |world: &mut World, amount: &str, expect| {
        let parent = world.work(MARGIN_HAND, buy(EQUITY, amount), slices("10"));
        assert_eq!(world.denied(parent), expect, "{amount}");
        parent
    };
    check(&mut world, "90", Some(DenyCode::MaxQuantity));
    let first = check(&mut world, "80", None);
    // 80 are spoken for, whether by the parent or by its children.
    check(&mut world, "21", Some(DenyCode::MaxPosition));
    check(&mut world, "20", None);
    world.wait(20 * SECOND);
    assert_eq!(order(&world, first).status, OrderStatus::Filled);
}

#[test]
fn slices_may_be_alike_and_larger_than_the_touch_as_a_whole() {
    let mut world = world();
    world.limit(engine::LimitScope::Firm, |limits| {
        limits.duplicate_window = model::Duration::from_secs(60);
        limits.volume.max_book_share = rate("0.5");
        limits.conduct.no_self_match = true;
    });
    world.sized_quote(EQUITY, ["99.9", "40"], ["100", "40"]);
    let slices = call("slicer", &[("slices", "5")]);
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "100"), slices.clone());
    assert_eq!(world.denied(parent), None);
    assert_eq!(child(&world, parent, 0).status, OrderStatus::Filled);
    // The parent twice is a duplicate.
    let again = world.work(MARGIN_HAND, buy(EQUITY, "100"), slices);
    assert_eq!(world.denied(again), Some(DenyCode::Duplicate));
    // And a slice of more than half the touch is too much.
    let whole = world.work(MARGIN_HAND, buy(EQUITY, "30"), call("slicer", &[]));
    assert_eq!(child(&world, whole, 0).status, OrderStatus::Denied);
}

#[test]
fn what_cannot_be_worked_is_refused() {
    let mut world = world();
    let plain = buy(EQUITY, "10").limit("99");
    let with = |change: fn(&mut OrderRequest)| {
        let mut ask = plain;
        change(&mut ask);
        ask
    };
    let check = |world: &mut World, ask, name: &str, expect| {
        let parent = world.work(MARGIN_HAND, ask, call(name, &[]));
        assert_eq!(world.denied(parent), Some(expect), "{ask:?}");
    };
    check(&mut world, plain, "nobody", DenyCode::Algorithm);
    let unsupported = [
        with(|ask| ask.time_in_force = TimeInForce::Ioc),
        with(|ask| ask.time_in_force = TimeInForce::AtTheClose),
        with(|ask| ask.terms.post_only = true),
        with(|ask| ask.terms.display = Some(quantity("1"))),
        with(|ask| ask.terms.hold = Some(model::Trigger::at(price("98")))),
        with(|ask| ask.terms.links.parent = Some(0)),
        with(|ask| {
            let rule = PeerRule::Cancel;
            ask.terms.links.peers = Some(Peers { group: 1, rule });
        }),
        plain.stop("101"),
        plain.kind(OrderKind::MarketToLimit),
    ];
    for ask in unsupported {
        check(&mut world, ask, "slicer", DenyCode::Unsupported);
    }
    check(&mut world, buy(EQUITY, "0"), "slicer", DenyCode::Quantity);
    let mut many = call("slicer", &[]);
    many.parameters = (0..65).map(|n| (n.to_string(), String::new())).collect();
    let parent = world.work(MARGIN_HAND, plain, many);
    assert_eq!(world.denied(parent), Some(DenyCode::Algorithm));
    assert!(world.engine.orders().is_empty());
    assert_eq!(world.balance(MARGIN, USD).locked, money("0"));
}

/// An algorithm that sends what `ask` makes of its parent at once, and hears on.
fn sends(
    world: &mut World,
    ask: impl Fn(&Order) -> Vec<OrderRequest> + Send + Sync + 'static,
) -> Heard {
    let heard = Heard::default();
    let (ask, seen) = (Arc::new(ask), Arc::clone(&heard));
    let maker = Maker::new(move |_, _| {
        let ask = Arc::clone(&ask);
        let start = move |parent: &Order, out: &mut Actions| {
            for child in ask(parent) {
                out.submit(child);
            }
            Ok(())
        };
        Ok(Plan::new(&[], &seen, start, |_, _| Ok(())))
    });
    world.algorithm("plan", maker);
    heard
}

#[test]
fn p30_children_stay_within_their_parent() {
    let check = |ask: fn(OrderRequest) -> OrderRequest, expect| {
        let mut world = world();
        world.quote(COIN, "99", "100");
        sends(&mut world, move |parent| {
            vec![ask(OrderRequest::new(
                parent.instrument,
                parent.side,
                parent.kind,
                parent.quantity,
            ))]
        });
        let parent = world.work(
            MARGIN_HAND,
            buy(EQUITY, "10").limit("99"),
            call("plan", &[]),
        );
        assert_eq!(world.denied(child(&world, parent, 0).id), expect);
    };
    let too_much = |ask: OrderRequest| OrderRequest {
        quantity: quantity("11"),
        ..ask
    };
    let elsewhere = |ask: OrderRequest| OrderRequest {
        instrument: COIN,
        ..ask
    };
    let otherwise = |ask: OrderRequest| OrderRequest {
        side: Side::Sell,
        ..ask
    };
    check(|ask| ask, None);
    check(|ask| ask.limit("98"), None);
    check(|ask| ask.limit("99.01"), Some(DenyCode::Child));
    check(|ask| ask.kind(OrderKind::Market), Some(DenyCode::Child));
    check(too_much, Some(DenyCode::Child));
    check(elsewhere, Some(DenyCode::Child));
    check(otherwise, Some(DenyCode::Child));
}

#[test]
fn p30_counts_held_children_and_changes_on_their_way() {
    let mut world = world();
    sends(&mut world, |parent| {
        let half = OrderRequest {
            quantity: quantity("5"),
            ..buy(parent.instrument, "5").limit("98")
        };
        let mut held = half;
        held.terms.hold = Some(model::Trigger::at(price("97")));
        vec![
            held,
            half,
            OrderRequest {
                quantity: quantity("1"),
                ..half
            },
        ]
    });
    let ask = buy(EQUITY, "10").limit("99");
    let parent = world.work(MARGIN_HAND, ask, call("plan", &[]));
    let status = |world: &World, place| child(world, parent, place).status;
    assert_eq!(status(&world, 0), OrderStatus::Emulated);
    assert_eq!(status(&world, 1), OrderStatus::Accepted);
    assert_eq!(status(&world, 2), OrderStatus::Denied);
    assert_eq!(on_order(&world), quantity("10"));
    let more = model::Amendment {
        order: child(&world, parent, 1).id,
        quantity: Some(quantity("6")),
        price: None,
        trigger: None,
    };
    world.command(Command::ModifyOrder(more));
    assert!(world.story(more.order).ends_with("unchanged:P30"));
    // The held one goes at its price, within what its parent has left.
    world.quote(EQUITY, "96.9", "97");
    assert_eq!(order(&world, parent).status, OrderStatus::Filled);
    assert_eq!(order(&world, parent).filled, quantity("10"));
}

#[test]
fn a_strategy_hears_of_its_order_and_the_algorithm_of_the_parts() {
    let mut world = world();
    let script = Script::new(&[]).start(|_, out| {
        out.work(buy(EQUITY, "10"), call("slicer", &[("slices", "2")]));
        Ok(())
    });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    world.wait(SECOND);
    let updates: Vec<_> = seen
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Order(update) => Some((update.order, update.filled)),
            _ => None,
        })
        .collect();
    let parent = updates[0].0;
    assert!(updates.iter().all(|(order, _)| *order == parent));
    assert_eq!(updates.last().unwrap().1, quantity("10"));
    assert_eq!(
        world.position(strategy, EQUITY).quantity,
        quantity("10").long()
    );
    assert_eq!(order(&world, parent).filled_value, money("1000"));
    assert_eq!(world.fills().len(), 2);
}

#[test]
fn an_algorithm_hears_the_market_its_children_and_its_end() {
    let mut world = World::new();
    let heard = Heard::default();
    let seen = Arc::clone(&heard);
    let feeds = [MarketFeed::Quotes, MarketFeed::Trades];
    let maker = Maker::new(move |_, _| {
        let start = |parent: &Order, out: &mut Actions| {
            out.submit(buy(parent.instrument, "4").limit("99"));
            out.push(Action::SetTimer {
                id: 7,
                due: out.now(),
            });
            Ok(())
        };
        Ok(Plan::new(&feeds, &seen, start, |_, _| Ok(())))
    });
    world.algorithm("plan", maker);
    world.quote(EQUITY, "99.9", "100");
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "10"), call("plan", &[]));
    world.quote(EQUITY, "99.8", "100");
    world.quote(COIN, "9", "10");
    world.trade(EQUITY, "99.9", "1", None);
    world.wait(1);
    world.cancel(parent);
    let words: Vec<&str> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|event| match event {
            AlgorithmEvent::Quote(_) => "quote",
            AlgorithmEvent::Trade(_) => "trade",
            AlgorithmEvent::Bar(_) => "bar",
            AlgorithmEvent::Timer { .. } => "timer",
            AlgorithmEvent::Child(update) => update.status.name(),
            AlgorithmEvent::Amended { .. } => "amended",
            AlgorithmEvent::Ending => "ending",
        })
        .collect();
    assert_eq!(
        words,
        [
            "SUBMITTED",
            "ACCEPTED",
            "quote",
            "trade",
            "timer",
            "ending",
            "PENDING_CANCEL",
            "CANCELED",
        ]
    );
    assert_eq!(
        world.story(parent),
        "submitted accepted cancelling canceled"
    );
}

#[test]
fn kill_halt_and_reduce_bind_children_too() {
    let mut world = world();
    let slices = || call("slicer", &[("slices", "2"), ("limit", "99")]);
    let ask = buy(EQUITY, "10").limit("99");
    let parent = world.work(MARGIN_HAND, ask, slices());
    world.command(Command::SetTradingState(TradingState::Halted));
    world.wait(SECOND);
    assert_eq!(
        world.denied(child(&world, parent, 1).id),
        Some(DenyCode::TradingState)
    );
    world.command(Command::SetTradingState(TradingState::Reducing));
    // A sale of what is not held does not reduce.
    let sale = world.work(MARGIN_HAND, sell(EQUITY, "10"), call("slicer", &[]));
    assert_eq!(world.denied(sale), Some(DenyCode::TradingState));
    world.command(Command::SetKillLatch(true));
    assert!(world.engine.orders().is_empty());
    assert_eq!(order(&world, parent).status, OrderStatus::Canceled);
}

#[test]
fn a_paused_strategys_order_is_worked_on_and_a_stopped_ones_is_withdrawn() {
    let mut world = world();
    let script = Script::new(&[]).start(|_, out| {
        let slices = call("slicer", &[("slices", "3"), ("limit", "99")]);
        out.work(buy(EQUITY, "9").limit("99"), slices);
        Ok(())
    });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    world.command(Command::Pause(strategy));
    world.wait(SECOND);
    assert_eq!(world.engine.orders().len(), 3);
    world.command(Command::Stop(strategy));
    assert!(world.engine.orders().is_empty());
    assert_eq!(seen.events().len(), 2);
}

#[test]
fn a_fault_cancels_or_keeps_the_children_as_the_strategy_is_set() {
    let run = |on_fault| {
        let mut world = world();
        let strategy = world.strategy(engine::StrategyConfig {
            on_fault,
            manual: true,
            ..crate::script::config("one", MARGIN)
        });
        let broken = [("slices", "2"), ("limit", "99"), ("fault_at", "2")];
        let ask = buy(EQUITY, "10").limit("99");
        let parent = world.work(strategy, ask, call("slicer", &broken));
        world.wait(SECOND);
        let told = Effect::AlgorithmFault(parent, trap());
        assert!(world.effects.contains(&told));
        (world, parent)
    };
    let (world, parent) = run(OrdersOnFault::Cancel);
    assert_eq!(
        world.story(parent),
        "submitted accepted cancelling canceled"
    );
    let (mut world, parent) = run(OrdersOnFault::Keep);
    assert_eq!(world.engine.children(parent).len(), 1);
    world.quote(EQUITY, "98.9", "99");
    // The child kept is filled, and with it the parent ends: half done.
    assert_eq!(world.story(parent), "submitted accepted 5@99 canceled");
}

#[test]
fn an_algorithm_that_answers_every_denial_is_stopped() {
    let mut world = world();
    let heard = Heard::default();
    let maker = Maker::new(move |_, _| {
        let again = |out: &mut Actions| {
            out.submit(sell(EQUITY, "1"));
            Ok(())
        };
        let start = move |_: &Order, out: &mut Actions| again(out);
        Ok(Plan::new(&[], &heard, start, move |_, out| again(out)))
    });
    world.algorithm("plan", maker);
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "1"), call("plan", &[]));
    assert_eq!(order(&world, parent).status, OrderStatus::Canceled);
    let broke = |effect: &Effect| matches!(effect, Effect::AlgorithmFault(..));
    assert_eq!(
        world.effects.iter().filter(|effect| broke(effect)).count(),
        1
    );
}

#[test]
fn a_new_version_takes_over_with_the_state_and_a_broken_one_does_not() {
    let mut world = world();
    let slices = call("slicer", &[("slices", "3"), ("every", "10")]);
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "9"), slices);
    world.algorithm("slicer", Maker::new(|_, _| Err::<Plan, Fault>(trap())));
    world.wait(10 * SECOND);
    assert_eq!(world.fills().len(), 2);
    let states = Arc::new(Mutex::new(Vec::<SavedState>::new()));
    let told = Arc::clone(&states);
    let maker = Maker::new(move |order, parameters| {
        let mut next = crate::plan::Slicer::new(order, parameters)?;
        told.lock().unwrap().push(next_state(&mut next)?);
        Ok(next)
    });
    world.algorithm("slicer", maker);
    assert_eq!(states.lock().unwrap().len(), 1);
    // The timer the old one set wakes the new one, which knows that two are sent.
    world.wait(10 * SECOND);
    assert_eq!(order(&world, parent).status, OrderStatus::Filled);
    assert_eq!(world.fills().len(), 3);
}

fn next_state(slicer: &mut crate::plan::Slicer) -> Result<SavedState, Fault> {
    model::ExecutionAlgorithm::save(slicer)
}

#[test]
fn an_algorithm_needs_its_plugin() {
    let mut world = World::new();
    let config = crate::plan::algorithm("slicer");
    world.define(Definition::Algorithm(config.clone()));
    assert_eq!(world.ignored().len(), 1);
    // A rule is no algorithm.
    let rule = crate::plan::Rule::new(|_, _| Ok(model::Verdict::Pass));
    world.engine.stage_custom(Custom::Rule(Box::new(rule)));
    world.define(Definition::Algorithm(config));
    assert_eq!(world.ignored().len(), 2);
    assert_eq!(world.engine.algorithms().count(), 0);
}

#[test]
fn p30_a_parent_has_so_many_children_at_a_time_and_no_more() {
    let mut world = world();
    let one = |parent: &Order| buy(parent.instrument, "1").limit("98");
    sends(&mut world, move |parent| vec![one(parent); 65]);
    let ask = buy(EQUITY, "100").limit("99");
    world.work(MARGIN_HAND, ask, call("plan", &[]));
    assert_eq!(world.engine.denials(DenyCode::Child), 1);
    assert_eq!(world.engine.orders().iter().count(), 65);
}

#[test]
fn p17_children_pay_with_what_their_parent_has_locked() {
    let mut world = world();
    let ask = buy(EQUITY, "1000").limit("100");
    let slices = call("slicer", &[("slices", "2"), ("limit", "99")]);
    let parent = world.work(CASH_HAND, ask, slices);
    assert_eq!(child(&world, parent, 0).status, OrderStatus::Accepted);
    assert_eq!(world.engine.denials(DenyCode::BuyingPower), 0);
}
