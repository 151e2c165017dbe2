//! The life of strategies, what they are told, and what they may ask for.

use crate::script::{Script, config, market, submit};
use crate::world::*;
use engine::{Command, Effect, Ignored, Staged, StrategyState};
use model::{
    BarBasis, BarSpec, Event, Intent, OrderChange, OrderId, OrderKind, PluginHash, SavedState,
    Side, StartReason, Subscription,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const QUOTES: Subscription = Subscription::Quotes(EQUITY);

/// A quote whose bid size is `n`.
pub(crate) fn numbered(world: &mut World, n: u64) {
    world.now += 1;
    world.sized_quote(EQUITY, ["99", &n.to_string()], ["101", "1000"]);
}

#[test]
fn start_stop_and_restart() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES])
        .save(|| {
            Ok(SavedState {
                version: 3,
                bytes: vec![1, 2],
            })
        })
        .start(|_, out| {
            out.push(Intent::PutState {
                key: "k".to_owned(),
                value: vec![9],
            });
            submit(
                out,
                EQUITY,
                Side::Buy,
                OrderKind::Limit { price: price("90") },
                1,
            );
            Ok(())
        });
    world.quote(EQUITY, "99", "101");
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    assert_eq!(world.state(strategy), StrategyState::Running);
    assert_eq!(seen.starts()[0].reason, StartReason::Fresh);
    world.quote(EQUITY, "99", "101");
    world.command(Command::Stop(strategy));
    assert_eq!(world.state(strategy), StrategyState::Stopped);
    assert!(world.engine.orders().is_empty());
    let saved = SavedState {
        version: 3,
        bytes: vec![1, 2],
    };
    assert!(
        world
            .effects
            .contains(&Effect::Saved(strategy, saved.clone()))
    );
    // Stopped, it hears nothing.
    let heard = seen.events().len();
    world.quote(EQUITY, "99", "101");
    assert_eq!(seen.events().len(), heard);
    let again = Script::new(&[QUOTES]);
    let seen = again.seen();
    assert!(
        world
            .engine
            .stage(strategy, Staged::Instance(again.boxed()))
            .is_ok()
    );
    world.command(Command::Start {
        strategy,
        plugin: PluginHash::default(),
        parameters: Vec::new(),
        state: Some(saved.clone()),
        history: Vec::new(),
    });
    let start = &seen.starts()[0];
    assert_eq!(
        (start.reason, &start.state),
        (StartReason::Restored, &Some(saved))
    );
    assert_eq!(start.values, [("k".to_owned(), vec![9])]);
    world.quote(EQUITY, "99", "101");
    assert_eq!(seen.events().len(), 1);
}

#[test]
fn a_paused_strategy_hears_but_does_not_trade() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            market(out, EQUITY, Side::Buy, 1);
        }
        Ok(())
    });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    world.command(Command::Pause(strategy));
    numbered(&mut world, 1);
    assert!(matches!(seen.changes()[..], [OrderChange::Denied(_)]));
    world.command(Command::Resume(strategy));
    numbered(&mut world, 2);
    assert_eq!(seen.counters(), [1, 2]);
    assert_eq!(world.fills().len(), 1);
}

#[test]
fn commands_that_the_state_does_not_allow_are_ignored() {
    let mut world = World::new();
    let strategy = world.strategy(config("one", MARGIN));
    let mut check = |command: Command| {
        let before = world.ignored().len();
        world.command(command);
        assert_eq!(world.ignored().len(), before + 1);
        assert_eq!(world.state(strategy), StrategyState::Stopped);
    };
    check(Command::Pause(strategy));
    check(Command::Resume(strategy));
    check(Command::Stop(strategy));
    check(Command::SwapCommit(strategy));
    check(Command::SwapAbort {
        strategy,
        reason: String::new(),
    });
    check(Command::Stop(model::StrategyId::new(77)));
    let start = |strategy| Command::Start {
        strategy,
        plugin: PluginHash::default(),
        parameters: Vec::new(),
        state: None,
        history: Vec::new(),
    };
    check(start(strategy));
    check(start(model::StrategyId::new(77)));
    world.start(strategy, Script::new(&[]).boxed());
    world.command(start(strategy));
    let last = world.ignored().pop().unwrap();
    assert!(matches!(
        last,
        Ignored::WrongState {
            command: "start",
            ..
        }
    ));
}

#[test]
fn nobody_misses_an_event_when_an_earlier_listener_leaves() {
    let mut world = World::new();
    let leaver = Script::new(&[QUOTES]).event(|_, out| {
        out.push(Intent::Unsubscribe(QUOTES));
        Ok(())
    });
    let (_, left) = leaver.run(&mut world, "leaves", MARGIN);
    let (_, second) = Script::new(&[QUOTES]).run(&mut world, "second", MARGIN);
    let (_, third) = Script::new(&[QUOTES]).run(&mut world, "third", MARGIN);
    numbered(&mut world, 1);
    numbered(&mut world, 2);
    assert_eq!(left.counters(), [1]);
    assert_eq!(second.counters(), [1, 2]);
    assert_eq!(third.counters(), [1, 2]);
}

#[test]
fn whoever_joins_during_an_event_hears_the_next() {
    let mut world = World::new();
    let rejoiner = Script::new(&[QUOTES]).event(|_, out| {
        out.push(Intent::Unsubscribe(QUOTES));
        out.push(Intent::Subscribe(QUOTES));
        // Twice is once.
        out.push(Intent::Subscribe(QUOTES));
        Ok(())
    });
    let (strategy, seen) = rejoiner.run(&mut world, "rejoins", MARGIN);
    numbered(&mut world, 1);
    numbered(&mut world, 2);
    assert_eq!(seen.counters(), [1, 2]);
    assert_eq!(world.state(strategy), StrategyState::Running);
}

#[test]
fn subscriptions_add_instruments_and_kinds_while_running() {
    let mut world = World::new();
    let bars = Subscription::Bars(EQUITY, BarSpec::seconds(60, BarBasis::Last));
    let script = Script::new(&[QUOTES]).event(move |event, out| {
        if matches!(event, Event::Quote(quote) if quote.instrument == EQUITY) {
            for wanted in [
                Subscription::Quotes(EURUSD),
                Subscription::Trades(EQUITY),
                bars,
            ] {
                out.push(Intent::Subscribe(wanted));
            }
            out.push(Intent::Unsubscribe(QUOTES));
        }
        Ok(())
    });
    let (_, seen) = script.run(&mut world, "curious", MARGIN);
    world.quote(EURUSD, "1.1", "1.2");
    world.quote(EQUITY, "99", "101");
    world.quote(EQUITY, "99", "101");
    world.quote(EURUSD, "1.1", "1.2");
    world.trade(EQUITY, "100", "1", None);
    world.now = 60 * SECOND;
    world.bar(EQUITY, ["100", "100", "100", "100"]);
    let kinds: Vec<_> = seen.events().iter().map(kind).collect();
    assert_eq!(kinds, ["quote 0", "quote 1", "trade", "bar", "bar"]);
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Quote(quote) if quote.instrument == EQUITY => "quote 0",
        Event::Quote(_) => "quote 1",
        Event::Trade(_) => "trade",
        Event::Bar(_) => "bar",
        Event::Book(_) => "book",
        Event::BookLost(_) => "book lost",
        Event::Timer { .. } => "timer",
        Event::Order(_) => "order",
        Event::Position(_) => "position",
        Event::CashFlow { .. } => "cash flow",
        Event::Life { .. } => "life event",
        Event::Signal(_) => "signal",
    }
}

#[test]
fn fills_come_before_the_data_that_made_them() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[QUOTES]).start(|_, out| {
        submit(
            out,
            EQUITY,
            Side::Buy,
            OrderKind::Limit {
                price: price("100"),
            },
            1,
        );
        Ok(())
    });
    let (_, seen) = script.run(&mut world, "one", MARGIN);
    world.quote(EQUITY, "99", "100");
    let kinds: Vec<_> = seen.events().iter().map(kind).collect();
    assert_eq!(kinds, ["order", "order", "order", "position", "quote 0"]);
}

#[test]
fn order_ids_are_unique_whoever_makes_them() {
    let mut world = World::new();
    let ids = Arc::new(Mutex::new(Vec::new()));
    for name in ["one", "two"] {
        let ids = Arc::clone(&ids);
        let script = Script::new(&[QUOTES]).event(move |event, out| {
            if matches!(event, Event::Quote(_)) {
                for _ in 0..3 {
                    let id = submit(out, EQUITY, Side::Buy, OrderKind::Market, 1);
                    ids.lock().unwrap().push(id.unwrap());
                }
            }
            Ok(())
        });
        script.run(&mut world, name, MARGIN);
    }
    for n in 1..=5 {
        numbered(&mut world, n);
    }
    let ids: Vec<OrderId> = ids.lock().unwrap().clone();
    assert_eq!(ids.len(), 30);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 30);
    assert_eq!(world.fills().len(), 30);
}

#[test]
fn nobody_cancels_the_order_of_another() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    let script = Script::new(&[QUOTES]).event(move |_, out| {
        out.push(Intent::Cancel(order));
        out.push(Intent::CancelAll(EQUITY));
        Ok(())
    });
    script.run(&mut world, "thief", MARGIN);
    world.quote(EQUITY, "99", "101");
    assert_eq!(world.story(order), "submitted accepted");
    assert_eq!(world.ignored(), [Ignored::UnknownOrder(order)]);
}

#[test]
fn cancel_all_takes_one_instrument() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    world.quote(PERPETUAL, "99", "101");
    let script = Script::new(&[QUOTES])
        .start(|_, out| {
            for instrument in [EQUITY, PERPETUAL, EQUITY] {
                submit(
                    out,
                    instrument,
                    Side::Buy,
                    OrderKind::Limit { price: price("90") },
                    1,
                );
            }
            Ok(())
        })
        .event(|event, out| {
            if matches!(event, Event::Quote(_)) {
                out.push(Intent::CancelAll(EQUITY));
            }
            Ok(())
        });
    script.run(&mut world, "one", MARGIN);
    world.quote(EQUITY, "99", "101");
    let left: Vec<_> = world
        .engine
        .orders()
        .iter()
        .map(|open| open.order.instrument)
        .collect();
    assert_eq!(left, [PERPETUAL]);
}

#[test]
fn kept_values_can_be_replaced_and_removed() {
    let mut world = World::new();
    let put = |key: &str, value: &[u8]| Intent::PutState {
        key: key.to_owned(),
        value: value.to_vec(),
    };
    let script = Script::new(&[]).start(move |_, out| {
        for intent in [
            put("a", b"1"),
            put("b", b"2"),
            put("a", b"3"),
            put("b", b""),
            put("c", b"4"),
        ] {
            out.push(intent);
        }
        Ok(())
    });
    let (strategy, _) = script.run(&mut world, "one", MARGIN);
    world.command(Command::Stop(strategy));
    let again = Script::new(&[]);
    let seen = again.seen();
    world.start(strategy, again.boxed());
    let values = seen.starts()[0].values.clone();
    assert_eq!(
        values,
        [
            ("a".to_owned(), b"3".to_vec()),
            ("c".to_owned(), b"4".to_vec())
        ]
    );
}

#[test]
fn a_restarted_strategy_finds_its_positions_and_orders() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[]).start(|_, out| {
        market(out, EQUITY, Side::Buy, 7);
        Ok(())
    });
    let (strategy, _) = script.run(&mut world, "one", MARGIN);
    world.command(Command::Stop(strategy));
    let again = Script::new(&[]);
    let seen = again.seen();
    world.start(strategy, again.boxed());
    let start = seen.starts().remove(0);
    assert_eq!(start.positions[0].state.quantity, quantity("7").long());
    assert!(start.orders.is_empty());
}

#[test]
fn what_a_strategy_orders_while_stopping_still_counts() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[])
        .start(|_, out| {
            market(out, EQUITY, Side::Buy, 7);
            Ok(())
        })
        .stop(|out| {
            market(out, EQUITY, Side::Sell, 7);
            Ok(())
        });
    let (strategy, _) = script.run(&mut world, "one", MARGIN);
    world.command(Command::Stop(strategy));
    assert!(world.position(strategy, EQUITY).quantity.is_zero());
}
