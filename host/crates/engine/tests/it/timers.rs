//! Timers: in order, never early, moved by the same number, gone when cancelled.

use crate::script::{Script, timer};
use crate::world::*;
use engine::Command;
use model::{Event, Intent, Intents};

fn waiting(set: fn(&mut Intents)) -> (World, model::StrategyId, crate::script::Seen) {
    let mut world = World::new();
    let script = Script::new(&[]).start(move |_, out| {
        set(out);
        Ok(())
    });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    (world, strategy, seen)
}

#[test]
fn timers_come_in_the_order_of_their_times_and_never_early() {
    let (mut world, _, seen) = waiting(|out| {
        for (id, due) in [(1, 30), (2, 10), (3, 20), (4, 10)] {
            timer(out, id, SECOND + due);
        }
    });
    world.wait(9);
    assert_eq!(seen.timers(), []);
    world.wait(1);
    assert_eq!(seen.timers(), [(2, SECOND + 10), (4, SECOND + 10)]);
    world.wait(100);
    assert_eq!(seen.timers()[2..], [(3, SECOND + 20), (1, SECOND + 30)]);
    world.wait(100);
    assert_eq!(seen.timers().len(), 4);
}

#[test]
fn the_same_number_moves_a_timer_and_cancelling_removes_it() {
    let (mut world, _, seen) = waiting(|out| {
        timer(out, 1, SECOND + 10);
        timer(out, 2, SECOND + 10);
        timer(out, 1, SECOND + 20);
        out.push(Intent::CancelTimer { id: 2 });
        out.push(Intent::CancelTimer { id: 3 });
    });
    world.wait(100);
    assert_eq!(seen.timers(), [(1, SECOND + 20)]);
}

#[test]
fn a_timer_in_the_past_is_due_at_the_next_moment() {
    let (mut world, _, seen) = waiting(|out| timer(out, 1, 0));
    assert_eq!(seen.timers(), []);
    world.wait(0);
    assert_eq!(seen.timers(), []);
    world.wait(1);
    assert_eq!(seen.timers(), [(1, SECOND + 1)]);
}

#[test]
fn a_timer_sees_its_own_time_whatever_comes_after() {
    let mut world = World::new();
    let script = Script::new(&[])
        .start(|_, out| {
            timer(out, 1, SECOND + 10);
            Ok(())
        })
        .event(|event, out| {
            if let Event::Timer { due, .. } = event {
                assert_eq!(out.now(), *due);
            }
            Ok(())
        });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    world.now += 500;
    world.quote(EQUITY, "99", "101");
    assert_eq!(seen.timers().len(), 1);
    assert_eq!(world.state(strategy), engine::StrategyState::Running);
}

#[test]
fn timers_end_with_their_strategy() {
    let (mut world, strategy, seen) = waiting(|out| timer(out, 1, SECOND + 10));
    world.command(Command::Stop(strategy));
    assert_eq!(world.engine.next_due(), Some(at(EXPIRY)));
    world.wait(100);
    assert_eq!(seen.timers(), []);
}
