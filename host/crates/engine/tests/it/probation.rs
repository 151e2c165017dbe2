//! Probation: a version that took over is watched with the one before warm beside it, which takes its
//! place back by one call, on a fault, or when a limit is crossed, and has missed nothing.

use crate::script::{Script, Seen, market, submit, timer, trap};
use crate::strategies::numbered;
use crate::world::*;
use engine::{
    Command, Effect, HandOver, Ignored, OrdersOnFault, Probation, Staged, StrategyState, SwapStage,
    SwapTerms, Unsaved,
};
use model::{
    BarBasis, BarSpec, DenyCode, Duration, Event, Intent, OrderChange, OrderKind, PluginHash, Side,
    StartReason, StrategyId, Subscription,
};
use std::collections::BTreeMap;

const QUOTES: Subscription = Subscription::Quotes(EQUITY);
/// The number of a quote that does not come.
pub(crate) const NEVER: u64 = 999_999;

pub(crate) fn hash(byte: u8) -> PluginHash {
    PluginHash::new([byte; 32])
}

/// An hour, and nothing is borne.
pub(crate) fn strict() -> Probation {
    Probation {
        lasts: Duration::from_secs(3_600),
        max_faults: 0,
        max_loss: None,
        max_denials: None,
        max_drawdown: None,
        max_denied_percent: None,
    }
}

pub(crate) fn terms(probation: Probation) -> SwapTerms {
    SwapTerms {
        probation: Some(probation),
        ..SwapTerms::default()
    }
}

pub(crate) fn swap_begin(strategy: StrategyId, plugin: u8, terms: SwapTerms) -> Command {
    Command::SwapBegin {
        strategy,
        plugin: hash(plugin),
        parameters: Vec::new(),
        terms,
        history: Vec::new(),
    }
}

pub(crate) fn swap(
    world: &mut World,
    strategy: StrategyId,
    script: Script,
    terms: SwapTerms,
) -> Seen {
    let seen = script.seen();
    let staged = Staged::Instance(script.boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(swap_begin(strategy, 2, terms));
    world.command(Command::SwapCommit(strategy));
    seen
}

/// Buys one share at every quote, and breaks over the quote of a number.
pub(crate) fn buyer(breaks_at: u64) -> Script {
    Script::new(&[QUOTES]).event(move |event, out| {
        if let Event::Quote(quote) = event {
            if quote.bid_size == quantity(&breaks_at.to_string()) {
                return Err(trap());
            }
            market(out, EQUITY, Side::Buy, 1);
        }
        Ok(())
    })
}

/// An old version that has seen ten quotes and bought at each.
fn running() -> (World, StrategyId, Seen) {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let (strategy, seen) = buyer(NEVER).run(&mut world, "one", MARGIN);
    (1..=10).for_each(|n| numbered(&mut world, n));
    (world, strategy, seen)
}

fn stages(world: &World) -> Vec<SwapStage> {
    let stages = world.effects.iter().filter_map(|effect| match effect {
        Effect::Swap(_, stage) => Some(stage.clone()),
        _ => None,
    });
    stages.collect()
}

pub(crate) fn last_stage(world: &World) -> SwapStage {
    stages(world).pop().unwrap()
}

fn end(world: &mut World, strategy: StrategyId, reason: &str) {
    world.command(Command::EndProbation {
        strategy,
        reason: reason.to_owned(),
    });
}

fn rolled_back(reason: &str) -> SwapStage {
    SwapStage::RolledBack(PluginHash::default(), reason.to_owned())
}

fn kept(reason: &str) -> SwapStage {
    SwapStage::Kept(reason.to_owned())
}

fn held(world: &World, strategy: StrategyId) -> i128 {
    let held = world.position(strategy, EQUITY).quantity;
    held.raw() / i128::from(model::Quantity::SCALE)
}

#[test]
fn a_version_that_breaks_on_its_nth_event_goes_back_and_no_event_is_missed() {
    let (mut world, strategy, old) = running();
    let new = swap(&mut world, strategy, buyer(25), terms(strict()));
    assert_eq!(
        world.engine.probation(strategy),
        Some((PluginHash::default(), at(world.now).after(strict().lasts)))
    );
    (11..=30).for_each(|n| numbered(&mut world, n));
    assert_eq!(
        last_stage(&world),
        rolled_back("it broke: TRAP: on purpose")
    );
    assert_eq!(world.state(strategy), StrategyState::Running);
    assert_eq!(world.engine.plugin(strategy), Some(PluginHash::default()));
    // Every quote was seen by the old one, once, and decided about by exactly one of the two.
    assert_eq!(old.counters(), (1..=30).collect::<Vec<_>>());
    assert_eq!(new.counters(), (11..=25).collect::<Vec<_>>());
    assert_eq!(held(&world, strategy), 30);
    // While it was warm its orders were denied to it and to nobody else.
    let muted = |change: &&OrderChange| **change == OrderChange::Denied(DenyCode::Muted);
    assert_eq!(old.changes().iter().filter(muted).count(), 14);
    assert_eq!(world.engine.denials(DenyCode::Muted), 0);
    let faults = world.effects.iter();
    let faults = faults.filter(|effect| matches!(effect, Effect::Fault(..)));
    assert_eq!(faults.count(), 1);
    assert!(world.engine.take_retired(strategy).is_some());
    assert_eq!(world.engine.probation(strategy), None);
}

#[test]
fn a_fault_over_what_became_of_an_order_is_no_loss_either() {
    let (mut world, strategy, old) = running();
    let breaks = Script::new(&[QUOTES]).event(|event, out| match event {
        Event::Quote(_) => {
            market(out, EQUITY, Side::Buy, 1);
            Ok(())
        }
        Event::Order(update) if matches!(update.change, OrderChange::Filled(_)) => Err(trap()),
        _ => Ok(()),
    });
    let before = old.changes().len();
    swap(&mut world, strategy, breaks, terms(strict()));
    numbered(&mut world, 11);
    assert_eq!(
        last_stage(&world),
        rolled_back("it broke: TRAP: on purpose")
    );
    let seen = old.changes().split_off(before);
    let fills = |change: &&OrderChange| matches!(change, OrderChange::Filled(_));
    // That of the new one's order, and that of its own: the quote itself came to it after the fill, and
    // it decided about it although the new one had.
    assert_eq!(seen.iter().filter(fills).count(), 2);
    numbered(&mut world, 12);
    assert_eq!(held(&world, strategy), 13);
}

#[test]
fn a_version_that_loses_goes_back_between_two_events() {
    let check = |on_fault, left: usize| {
        let mut world = World::new();
        world.quote(EQUITY, "99", "101");
        let mut config = crate::script::config("one", MARGIN);
        config.on_fault = on_fault;
        let strategy = world.strategy(config);
        let old = Script::new(&[QUOTES]).start(|_, out| {
            let kind = OrderKind::Limit { price: price("50") };
            submit(out, EQUITY, Side::Buy, kind, 1);
            Ok(())
        });
        let seen = old.seen();
        world.start(strategy, old.boxed());
        let probation = Probation {
            max_loss: Some(money("30")),
            ..strict()
        };
        let loser = Script::new(&[QUOTES]).event(|event, out| {
            if let Event::Quote(quote) = event
                && quote.bid == price("99")
            {
                market(out, EQUITY, Side::Buy, 10);
                let kind = OrderKind::Limit { price: price("60") };
                submit(out, EQUITY, Side::Buy, kind, 1);
            }
            Ok(())
        });
        let new = swap(&mut world, strategy, loser, terms(probation));
        // Bought at 101, marked at 100: ten lost. At 98 it is thirty, which is borne; then one more.
        world.quote(EQUITY, "99", "101");
        world.quote(EQUITY, "97", "99");
        assert!(world.engine.probation(strategy).is_some());
        world.quote(EQUITY, "96.8", "99");
        let reason = "it lost 31 since it took over, more than 30";
        assert_eq!(last_stage(&world), rolled_back(reason));
        // The event that showed it was seen by both before.
        assert_eq!(
            new.events().last(),
            seen.events()
                .iter()
                .rev()
                .find(|event| { matches!(event, Event::Quote(_)) })
        );
        assert_eq!(
            held(&world, strategy),
            10,
            "what it holds stays with the strategy"
        );
        assert_eq!(world.engine.orders().of_strategy(strategy) as usize, left);
        let cancelled = seen.changes().contains(&OrderChange::Canceled);
        assert_eq!(cancelled, on_fault == OrdersOnFault::Cancel);
    };
    check(OrdersOnFault::Cancel, 1);
    check(OrdersOnFault::Keep, 2);
}

#[test]
fn a_loss_brings_nothing_back_where_the_strategy_is_broken() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let (strategy, _) = Script::new(&[QUOTES]).run(&mut world, "one", MARGIN);
    let probation = Probation {
        max_loss: Some(money("30")),
        max_faults: 1,
        ..strict()
    };
    let breaks = Script::new(&[QUOTES]).event(|event, out| match event {
        Event::Quote(quote) if quote.bid == price("98") => Err(trap()),
        Event::Quote(_) => {
            market(out, EQUITY, Side::Buy, 10);
            Ok(())
        }
        _ => Ok(()),
    });
    swap(&mut world, strategy, breaks, terms(probation));
    world.quote(EQUITY, "99", "101");
    world.quote(EQUITY, "98", "101");
    assert_eq!(world.state(strategy), StrategyState::Error);
    // It holds ten, bought at 101, and loses far more than thirty: an operator is to start it again.
    world.quote(EQUITY, "50", "52");
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert!(world.engine.probation(strategy).is_some());
    world.command(Command::RollBack(strategy));
    assert_eq!(world.state(strategy), StrategyState::Running);
}

#[test]
fn a_version_whose_orders_are_refused_goes_back() {
    let (mut world, strategy, _) = running();
    let probation = Probation {
        max_denials: Some(2),
        ..strict()
    };
    let greedy = Script::new(&[QUOTES]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            market(out, EQUITY, Side::Buy, 1_000_000);
        }
        Ok(())
    });
    let new = swap(&mut world, strategy, greedy, terms(probation));
    (11..=20).for_each(|n| numbered(&mut world, n));
    let reason = "3 of its orders and changes were refused";
    assert_eq!(last_stage(&world), rolled_back(reason));
    assert_eq!(new.counters(), [11, 12, 13]);
    assert_eq!(held(&world, strategy), 17);
}

#[test]
fn the_version_before_comes_back_by_one_call() {
    let (mut world, strategy, old) = running();
    world.command(Command::RollBack(strategy));
    end(&mut world, strategy, "confirmed");
    world.command(Command::RollBack(StrategyId::new(77)));
    let nothing = Ignored::NotOnProbation(strategy);
    let expect = [
        nothing.clone(),
        nothing.clone(),
        Ignored::UnknownStrategy(StrategyId::new(77)),
    ];
    assert_eq!(world.ignored(), expect);
    let new = swap(&mut world, strategy, buyer(NEVER), terms(strict()));
    (11..=15).for_each(|n| numbered(&mut world, n));
    world.command(Command::RollBack(strategy));
    (16..=20).for_each(|n| numbered(&mut world, n));
    assert_eq!(last_stage(&world), rolled_back("asked for"));
    assert_eq!(old.counters(), (1..=20).collect::<Vec<_>>());
    assert_eq!(new.counters(), (11..=15).collect::<Vec<_>>());
    assert_eq!(held(&world, strategy), 20);
    world.command(Command::RollBack(strategy));
    assert_eq!(world.ignored().last(), Some(&nothing));
    // It can be tried again.
    swap(&mut world, strategy, buyer(NEVER), terms(strict()));
    assert!(world.engine.probation(strategy).is_some());
}

#[test]
fn a_probation_ends_by_time_by_word_or_with_the_strategy() {
    let check = |end: &dyn Fn(&mut World, StrategyId), reason: &str| {
        let (mut world, strategy, old) = running();
        swap(&mut world, strategy, buyer(NEVER), terms(strict()));
        numbered(&mut world, 11);
        end(&mut world, strategy);
        assert_eq!(last_stage(&world), kept(reason));
        assert!(world.engine.take_retired(strategy).is_some());
        assert_eq!(world.engine.probation(strategy), None);
        let heard = old.events().len();
        numbered(&mut world, 12);
        assert_eq!(old.events().len(), heard);
        world.command(Command::RollBack(strategy));
        assert_eq!(
            world.ignored().last(),
            Some(&Ignored::NotOnProbation(strategy))
        );
    };
    let to_the_second = |world: &mut World, strategy| {
        world.wait(3_599 * SECOND);
        assert!(world.engine.probation(strategy).is_some());
        world.wait(SECOND);
    };
    check(&to_the_second, "its time is over");
    check(
        &|world, strategy| end(world, strategy, "confirmed"),
        "confirmed",
    );
}

#[test]
fn a_strategy_that_is_stopped_has_nothing_to_go_back_to() {
    let (mut world, strategy, _) = running();
    swap(&mut world, strategy, buyer(NEVER), terms(strict()));
    world.command(Command::Stop(strategy));
    assert_eq!(last_stage(&world), kept("the strategy was stopped"));
    assert_eq!(world.state(strategy), StrategyState::Stopped);
    assert_eq!(world.engine.plugin(strategy), Some(hash(2)));
}

#[test]
fn a_version_before_that_breaks_is_let_go() {
    let mut world = World::new();
    let (strategy, old) = buyer(13).run(&mut world, "one", MARGIN);
    (1..=10).for_each(|n| numbered(&mut world, n));
    let new = swap(&mut world, strategy, buyer(NEVER), terms(strict()));
    (11..=15).for_each(|n| numbered(&mut world, n));
    let reason = "the version before broke: TRAP: on purpose";
    assert_eq!(last_stage(&world), kept(reason));
    assert_eq!(old.counters().last(), Some(&13));
    assert_eq!(new.counters(), (11..=15).collect::<Vec<_>>());
    assert_eq!(world.state(strategy), StrategyState::Running);
}

#[test]
fn faults_that_are_borne_leave_the_strategy_broken_and_the_way_back_open() {
    let lenient = terms(Probation {
        max_faults: 1,
        ..strict()
    });
    let (mut world, strategy, old) = running();
    swap(&mut world, strategy, buyer(12), lenient);
    (11..=13).for_each(|n| numbered(&mut world, n));
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(old.counters().last(), Some(&13));
    let again = buyer(15);
    let new = again.seen();
    world.start(strategy, again.boxed());
    (14..=16).for_each(|n| numbered(&mut world, n));
    assert_eq!(
        last_stage(&world),
        rolled_back("it broke: TRAP: on purpose")
    );
    assert_eq!(new.counters(), [14, 15]);
    assert_eq!(old.counters(), (1..=16).collect::<Vec<_>>());
    // Twelve and thirteen nobody decided about: there was nobody.
    assert_eq!(held(&world, strategy), 14);

    let (mut world, strategy, _) = running();
    swap(&mut world, strategy, buyer(11), lenient);
    numbered(&mut world, 11);
    world.command(Command::RollBack(strategy));
    assert_eq!(world.state(strategy), StrategyState::Running);
    numbered(&mut world, 12);
    assert_eq!(held(&world, strategy), 11);
}

#[test]
fn what_the_broken_call_wanted_after_its_fault_is_not_done_in_anybodys_name() {
    let (mut world, strategy, _) = running();
    let bad = Script::new(&[QUOTES]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            let nowhere = Subscription::Quotes(model::InstrumentId::new(999));
            out.push(Intent::Subscribe(nowhere));
            market(out, EQUITY, Side::Buy, 50);
        }
        Ok(())
    });
    swap(&mut world, strategy, bad, terms(strict()));
    numbered(&mut world, 11);
    assert!(matches!(last_stage(&world), SwapStage::RolledBack(..)));
    assert_eq!(held(&world, strategy), 11);
}

#[test]
fn timers_values_and_subscriptions_are_those_of_the_version_before() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let put = |out: &mut model::Intents, key: &str, value: u8| {
        out.push(Intent::PutState {
            key: key.to_owned(),
            value: vec![value],
        });
    };
    let old = Script::new(&[QUOTES])
        .start(move |_, out| {
            timer(out, 1, 100 * SECOND);
            timer(out, 2, 300 * SECOND);
            put(out, "old", 1);
            Ok(())
        })
        .event(move |event, out| {
            if let Event::Quote(quote) = event
                && quote.bid_size == quantity("7")
            {
                put(out, "warm", 3);
                out.push(Intent::Subscribe(Subscription::Quotes(EURUSD)));
            }
            Ok(())
        });
    let (strategy, seen) = old.run(&mut world, "one", MARGIN);
    let new = Script::new(&[QUOTES, Subscription::Quotes(USDJPY)]).start(move |_, out| {
        timer(out, 9, 400 * SECOND);
        put(out, "old", 9);
        put(out, "new", 9);
        Ok(())
    });
    let new = swap(&mut world, strategy, new, terms(strict()));
    numbered(&mut world, 7);
    world.now = 200 * SECOND;
    world.quote(EURUSD, "1.1", "1.2");
    // Its timer came with the next event for it; what it subscribed to it hears while it is warm.
    assert_eq!(seen.timers(), [(1, 100 * SECOND)]);
    let eurusd = |event: &Event| matches!(event, Event::Quote(quote) if quote.instrument == EURUSD);
    assert_eq!(
        seen.events().iter().filter(|event| eurusd(event)).count(),
        1
    );
    world.command(Command::RollBack(strategy));
    world.wait(300 * SECOND);
    assert_eq!(seen.timers(), [(1, 100 * SECOND), (2, 300 * SECOND)]);
    assert_eq!(new.timers(), []);
    world.quote(USDJPY, "150", "151");
    world.quote(EURUSD, "1.1", "1.2");
    assert_eq!(
        seen.events().iter().filter(|event| eurusd(event)).count(),
        2
    );
    let next = Script::new(&[]);
    let next = swap(&mut world, strategy, next, SwapTerms::default());
    let values = BTreeMap::from_iter(next.starts().remove(0).values);
    let expect = [("old", 1), ("warm", 3)];
    let expect = expect.map(|(key, value)| (key.to_owned(), vec![value]));
    assert_eq!(values, BTreeMap::from(expect));
}

#[test]
fn bars_in_the_making_go_on_for_whoever_runs() {
    let bars = Subscription::Bars(EQUITY, BarSpec::seconds(60, BarBasis::Mid));
    let mut world = World::new();
    let (strategy, old) = Script::new(&[bars]).run(&mut world, "one", MARGIN);
    let step = |world: &mut World| {
        world.now += 25 * SECOND;
        world.quote(EQUITY, "99", "101");
    };
    (0..5).for_each(|_| step(&mut world));
    let new = swap(&mut world, strategy, Script::new(&[bars]), terms(strict()));
    (0..5).for_each(|_| step(&mut world));
    world.command(Command::RollBack(strategy));
    (0..5).for_each(|_| step(&mut world));
    let count = |seen: &Seen| {
        let events = seen.events().into_iter();
        events
            .filter(|event| matches!(event, Event::Bar(_)))
            .count()
    };
    assert_eq!(count(&old), world.bars().len());
    assert!(count(&new) >= 1);
}

#[test]
fn another_swap_waits_until_the_probation_is_over() {
    let (mut world, strategy, _) = running();
    swap(&mut world, strategy, buyer(NEVER), terms(strict()));
    let staged = Staged::Instance(buyer(NEVER).boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(swap_begin(strategy, 3, SwapTerms::default()));
    let refused = world.ignored().pop().unwrap();
    assert_eq!(
        refused.to_string(),
        "strategy is RUNNING and cannot swap while its version is on probation"
    );
    end(&mut world, strategy, "confirmed");
    world.command(swap_begin(strategy, 3, SwapTerms::default()));
    world.command(Command::SwapCommit(strategy));
    assert_eq!(world.engine.plugin(strategy), Some(hash(3)));
}

#[test]
fn a_fresh_version_is_given_no_state() {
    let (mut world, strategy, old) = running();
    let fresh = SwapTerms {
        hand_over: HandOver::Fresh,
        probation: None,
    };
    let new = swap(&mut world, strategy, buyer(NEVER), fresh);
    let start = new.starts().remove(0);
    assert_eq!((start.reason, start.state), (StartReason::Fresh, None));
    assert_eq!(start.positions[0].state.quantity, quantity("10").long());
    assert_eq!(old.counters().len(), 10);
}

#[test]
fn no_snapshot_is_taken_of_a_version_on_probation() {
    let (mut world, strategy, _) = running();
    swap(&mut world, strategy, buyer(NEVER), terms(strict()));
    assert_eq!(
        world.engine.can_snapshot(),
        Err(Unsaved::Probation(strategy))
    );
    world.command(Command::Snapshot);
    assert!(matches!(
        world.ignored().last(),
        Some(Ignored::BadCommand(_))
    ));
    end(&mut world, strategy, "confirmed");
    assert_eq!(world.engine.can_snapshot(), Ok(()));
}
