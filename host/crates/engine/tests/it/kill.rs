//! The kill latch: nothing new leaves, everything open is withdrawn, and it holds until cleared.

use crate::script::Script;
use crate::world::*;
use engine::{Command, Effect};
use model::{DenyCode, Event, OrderChange, Side};

#[test]
fn the_kill_latch_withdraws_everything_of_everybody() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    world.quote(PERPETUAL, "99", "101");
    let orders = [
        world.place(CASH_HAND, buy(EQUITY, "1").limit("100")),
        world.place(MARGIN_HAND, sell(EQUITY, "1").limit("105")),
        world.place(MARGIN_HAND, buy(PERPETUAL, "1").stop("110")),
    ];
    world.command(Command::SetKillLatch(true));
    assert!(world.engine.is_killed() && world.engine.orders().is_empty());
    for order in orders {
        assert_eq!(world.story(order), "submitted accepted cancelling canceled");
    }
    world.check_balance(CASH, USD, "100000", "0");
    world.check_balance(MARGIN, USD, "100000", "0");
    let late = world.place(CASH_HAND, buy(EQUITY, "1").limit("100"));
    assert_eq!(world.denied(late), Some(DenyCode::Latch));
    world.command(Command::SetKillLatch(false));
    let again = world.place(CASH_HAND, buy(EQUITY, "1").limit("100"));
    assert_eq!(world.story(again), "submitted accepted");
    let latches: Vec<_> = world
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::KillLatch(_)))
        .collect();
    assert_eq!(
        latches,
        [&Effect::KillLatch(true), &Effect::KillLatch(false)]
    );
}

#[test]
fn a_strategy_that_answers_cancels_with_orders_gets_none_through() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[])
        .start(|_, out| {
            crate::script::submit(out, EQUITY, Side::Buy, limit("100"), 1);
            Ok(())
        })
        .event(|event, out| {
            if matches!(event, Event::Order(update) if update.change == OrderChange::Canceled) {
                crate::script::submit(out, EQUITY, Side::Buy, limit("100"), 1);
            }
            Ok(())
        });
    let (_, seen) = script.run(&mut world, "stubborn", MARGIN);
    assert_eq!(world.engine.orders().len(), 1);
    world.command(Command::SetKillLatch(true));
    assert!(world.engine.orders().is_empty());
    assert_eq!(
        seen.changes().last(),
        Some(&OrderChange::Denied(DenyCode::Latch))
    );
}

fn limit(text: &str) -> model::OrderKind {
    model::OrderKind::Limit { price: price(text) }
}
