//! Broken strategies: they go to ERROR alone, and the same input goes on for everybody else.

use crate::script::{Script, config, market, submit, timer, trap};
use crate::strategies::numbered;
use crate::world::*;
use engine::{Effect, OrdersOnFault, StrategyConfig, StrategyState};
use model::{
    BarBasis, BarMethod, BarSpec, Event, Fault, FaultKind, InstrumentId, Intent, Intents,
    OrderKind, Side, Subscription,
};

const QUOTES: Subscription = Subscription::Quotes(EQUITY);

fn faults(world: &World) -> Vec<(u32, FaultKind)> {
    let faults = world.effects.iter().filter_map(|effect| match effect {
        Effect::Fault(strategy, fault) => Some((strategy.number(), fault.kind)),
        _ => None,
    });
    faults.collect()
}

#[test]
fn a_fault_in_start() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).start(|_, out| {
        market(out, EQUITY, Side::Buy, 1);
        Err(trap())
    });
    world.quote(EQUITY, "99", "101");
    let (strategy, seen) = script.run(&mut world, "broken", MARGIN);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(faults(&world), [(strategy.number(), FaultKind::Trap)]);
    // What it asked for in the call that broke does not happen.
    world.quote(EQUITY, "99", "101");
    assert!(world.fills().is_empty() && seen.events().is_empty());
}

#[test]
fn a_fault_in_an_event_leaves_the_neighbours_alone() {
    let mut world = World::new();
    let (_, before) = Script::new(&[QUOTES]).run(&mut world, "before", MARGIN);
    let script = Script::new(&[QUOTES]).event(|event, _| match event {
        Event::Quote(quote) if quote.bid_size == quantity("2") => Err(trap()),
        _ => Ok(()),
    });
    let (broken, seen) = script.run(&mut world, "broken", MARGIN);
    let (_, after) = Script::new(&[QUOTES]).run(&mut world, "after", MARGIN);
    for n in 1..=4 {
        numbered(&mut world, n);
    }
    assert_eq!(world.state(broken), StrategyState::Error);
    assert_eq!(seen.counters(), [1, 2]);
    assert_eq!(before.counters(), [1, 2, 3, 4]);
    assert_eq!(after.counters(), [1, 2, 3, 4]);
}

/// Rests an order, then breaks; what becomes of the order is configured.
fn break_with_an_order(on_fault: OrdersOnFault) -> String {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[QUOTES])
        .start(|_, out| {
            submit(
                out,
                EQUITY,
                Side::Buy,
                OrderKind::Limit { price: price("90") },
                1,
            );
            Ok(())
        })
        .event(|event, _| {
            if matches!(event, Event::Quote(_)) {
                Err(trap())
            } else {
                Ok(())
            }
        });
    let strategy = world.strategy(StrategyConfig {
        on_fault,
        ..config("broken", MARGIN)
    });
    world.start(strategy, script.boxed());
    let order = world.engine.orders().iter().next().unwrap().order.id;
    world.quote(EQUITY, "99", "101");
    assert_eq!(world.state(strategy), StrategyState::Error);
    world.story(order)
}

#[test]
fn orders_of_a_broken_strategy_are_cancelled_or_kept() {
    let cancelled = break_with_an_order(OrdersOnFault::Cancel);
    assert_eq!(cancelled, "submitted accepted cancelling canceled");
    assert_eq!(
        break_with_an_order(OrdersOnFault::Keep),
        "submitted accepted"
    );
}

#[test]
fn a_fault_in_an_order_event_does_not_lose_the_fill() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[])
        .start(|_, out| {
            market(out, EQUITY, Side::Buy, 3);
            Ok(())
        })
        .event(|event, _| {
            if matches!(event, Event::Order(_)) {
                Err(trap())
            } else {
                Ok(())
            }
        });
    let (strategy, seen) = script.run(&mut world, "broken", MARGIN);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(seen.events().len(), 1);
    assert_eq!(
        world.position(strategy, EQUITY).quantity,
        quantity("3").long()
    );
}

#[test]
fn a_broken_strategy_can_start_again() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).event(|_, _| Err(trap()));
    let (strategy, _) = script.run(&mut world, "broken", MARGIN);
    numbered(&mut world, 1);
    let mended = Script::new(&[QUOTES]);
    let seen = mended.seen();
    world.start(strategy, mended.boxed());
    numbered(&mut world, 2);
    assert_eq!(world.state(strategy), StrategyState::Running);
    assert_eq!(seen.counters(), [2]);
}

#[test]
fn a_fault_in_save_keeps_nothing() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).save(|| Err(trap()));
    let (strategy, _) = script.run(&mut world, "broken", MARGIN);
    world.command(engine::Command::Stop(strategy));
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert!(
        !world
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Saved(..)))
    );
}

/// Runs `act` on a quote and expects that it is a fault, after which nothing more is done.
fn check_bad_output(act: fn(&mut Intents)) {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).event(move |event, out| {
        if matches!(event, Event::Quote(_)) {
            act(out);
            timer(out, 77, 5 * SECOND);
            market(out, EQUITY, Side::Buy, 1);
        }
        Ok(())
    });
    let (strategy, _) = script.run(&mut world, "broken", MARGIN);
    let (_, neighbour) = Script::new(&[QUOTES]).run(&mut world, "neighbour", MARGIN);
    numbered(&mut world, 1);
    assert_eq!(faults(&world), [(strategy.number(), FaultKind::BadOutput)]);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(neighbour.counters(), [1]);
    // Only what the instruments themselves bring is still to come.
    assert!(world.fills().is_empty() && world.engine.next_due() == Some(at(EXPIRY)));
}

#[test]
fn nonsense_asked_for_is_a_fault() {
    check_bad_output(|out| {
        out.push(Intent::Subscribe(Subscription::Quotes(InstrumentId::new(
            99,
        ))));
    });
    check_bad_output(|out| {
        let spec = BarSpec {
            method: BarMethod::Time(0),
            basis: BarBasis::Bid,
        };
        out.push(Intent::Subscribe(Subscription::Bars(EQUITY, spec)));
    });
    check_bad_output(|out| {
        for id in 0..1_025 {
            timer(out, id, SECOND + 1_000);
        }
    });
    check_bad_output(|out| {
        for key in ["a", "b"] {
            out.push(Intent::PutState {
                key: key.to_owned(),
                value: vec![1; 600_000],
            });
        }
    });
    check_bad_output(|out| {
        for n in 1..=1_025 {
            let spec = BarSpec {
                method: BarMethod::Tick(n),
                basis: BarBasis::Bid,
            };
            out.push(Intent::Subscribe(Subscription::Bars(EQUITY, spec)));
        }
    });
    check_bad_output(|out| {
        for _ in 0..1_025 {
            market(out, EQUITY, Side::Buy, 1);
        }
    });
}

#[test]
fn an_impossible_declaration_stops_the_start() {
    let mut world = World::new();
    let nowhere = Subscription::Trades(InstrumentId::new(99));
    let (strategy, seen) = Script::new(&[nowhere, QUOTES]).run(&mut world, "broken", MARGIN);
    assert_eq!(faults(&world), [(strategy.number(), FaultKind::BadOutput)]);
    assert!(seen.starts().is_empty());
    // Started again without the mistake, it has only what it declares now.
    let mended = Script::new(&[]);
    let seen = mended.seen();
    world.start(strategy, mended.boxed());
    numbered(&mut world, 1);
    assert!(seen.events().is_empty());
}

#[test]
fn a_runaway_is_stopped_and_its_neighbours_go_on() {
    let mut world = World::new();
    world.limit(engine::LimitScope::Firm, |limits| {
        limits.max_order_quantity = quantity("1")
    });
    let runaway = Script::new(&[QUOTES]).event(|_, out| {
        // Every denial is answered with an order that is denied.
        market(out, EQUITY, Side::Buy, 2);
        Ok(())
    });
    let (strategy, _) = runaway.run(&mut world, "runaway", MARGIN);
    let neighbour = Script::new(&[QUOTES]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            assert!(market(out, EQUITY, Side::Buy, 1).is_some());
        }
        Ok(())
    });
    let (other, seen) = neighbour.run(&mut world, "neighbour", MARGIN);
    numbered(&mut world, 1);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(world.state(other), StrategyState::Running);
    assert_eq!(seen.counters(), [1]);
    assert_eq!(world.position(other, EQUITY).quantity, quantity("1").long());
}

#[test]
fn many_spenders_leave_no_neighbour_in_error() {
    let mut world = World::new();
    world.limit(engine::LimitScope::Firm, |limits| {
        limits.max_order_quantity = quantity("1")
    });
    for name in ["a", "b", "c", "d", "e"] {
        let spender = Script::new(&[QUOTES]).event(|event, out| {
            for _ in 0..1_000 {
                if matches!(event, Event::Quote(_)) {
                    market(out, EQUITY, Side::Buy, 2);
                }
            }
            Ok(())
        });
        spender.run(&mut world, name, MARGIN);
    }
    numbered(&mut world, 1);
    // The ids of one input are used up; the last could not order, and that is all.
    assert!(faults(&world).is_empty());
    numbered(&mut world, 2);
    assert!(faults(&world).is_empty());
}

#[test]
fn a_timer_that_never_rests_is_a_runaway() {
    let mut world = World::new();
    let script = Script::new(&[])
        .start(|_, out| {
            timer(out, 1, 0);
            Ok(())
        })
        .event(|_, out| {
            timer(out, 1, 0);
            Ok(())
        });
    let (strategy, seen) = script.run(&mut world, "restless", MARGIN);
    world.wait(3600 * SECOND);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(seen.events().len(), 20_000);
}

#[test]
fn a_slow_timer_survives_a_weekend_without_data() {
    let mut world = World::new();
    let tick = |out: &mut Intents, now: u64| timer(out, 1, now + SECOND);
    let script = Script::new(&[])
        .start(move |_, out| {
            tick(out, SECOND);
            Ok(())
        })
        .event(move |event, out| match event {
            Event::Timer { due, .. } => {
                tick(out, due.nanos());
                Ok(())
            }
            _ => Err(Fault {
                kind: FaultKind::Trap,
                message: "only timers".to_owned(),
            }),
        });
    let (strategy, seen) = script.run(&mut world, "ticking", MARGIN);
    world.wait(48 * 3600 * SECOND);
    assert_eq!(world.state(strategy), StrategyState::Running);
    assert_eq!(seen.events().len(), 48 * 3600);
}
