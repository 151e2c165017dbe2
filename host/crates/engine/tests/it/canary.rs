//! Canary: a version has some instruments of its strategy, the one before all others. Both see every
//! event, and each trades its own instruments only.

use crate::probation::{NEVER, hash, last_stage, strict, swap_begin};
use crate::script::{Script, Seen, config, market, submit, timer, trap};
use crate::strategies::numbered;
use crate::world::*;
use engine::{
    CanaryStage, CanaryTerms, Command, Effect, HandOver, Ignored, OrdersOnFault, Probation, Staged,
    StrategyState, SwapStage, SwapTerms, Unsaved, WhenOver,
};
use model::{
    Amendment, DenyCode, Event, InstrumentId, Intent, OrderChange, OrderId, OrderKind, PluginHash,
    Side, StrategyId, Subscription,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const QUOTES: [Subscription; 2] = [Subscription::Quotes(EQUITY), Subscription::Quotes(EURUSD)];

/// Buys so much of both instruments at every quote of the equity, and breaks over the quote of a number.
pub(crate) fn both(units: i64, breaks_at: u64) -> Script {
    Script::new(&QUOTES).event(move |event, out| {
        if let Event::Quote(quote) = event
            && quote.instrument == EQUITY
        {
            if quote.bid_size == quantity(&breaks_at.to_string()) {
                return Err(trap());
            }
            market(out, EQUITY, Side::Buy, units);
            market(out, EURUSD, Side::Buy, units);
        }
        Ok(())
    })
}

/// An hour on one instrument, and nothing is borne.
pub(crate) fn on(instrument: InstrumentId) -> CanaryTerms {
    CanaryTerms {
        hand_over: HandOver::Carry,
        probation: strict(),
        instruments: vec![instrument],
        when_over: WhenOver::RollBack,
    }
}

pub(crate) fn begin(strategy: StrategyId, plugin: u8, terms: CanaryTerms) -> Command {
    Command::CanaryBegin {
        strategy,
        plugin: hash(plugin),
        parameters: Vec::new(),
        terms,
        history: Vec::new(),
    }
}

fn canary(world: &mut World, strategy: StrategyId, script: Script, terms: CanaryTerms) -> Seen {
    let seen = script.seen();
    let staged = Staged::Instance(script.boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(begin(strategy, 2, terms));
    world.command(Command::SwapCommit(strategy));
    seen
}

pub(crate) fn promote(strategy: StrategyId, probation: Option<Probation>) -> Command {
    Command::CanaryPromote {
        strategy,
        probation,
        reason: "enough".to_owned(),
    }
}

pub(crate) fn end(strategy: StrategyId) -> Command {
    Command::CanaryEnd {
        strategy,
        reason: "enough".to_owned(),
    }
}

/// An old version that has seen ten quotes and bought one of each at each.
fn running() -> (World, StrategyId, Seen) {
    run(both(1, NEVER))
}

fn run(script: Script) -> (World, StrategyId, Seen) {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    world.quote(EURUSD, "1.1", "1.2");
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    (1..=10).for_each(|n| numbered(&mut world, n));
    (world, strategy, seen)
}

/// What it holds of the equity and of the currency pair.
fn held(world: &World, strategy: StrategyId) -> [i128; 2] {
    [EQUITY, EURUSD].map(|instrument| {
        let held = world.position(strategy, instrument).quantity;
        held.raw() / i128::from(model::Quantity::SCALE)
    })
}

fn back(reason: &str) -> SwapStage {
    SwapStage::RolledBack(PluginHash::default(), reason.to_owned())
}

fn count(changes: &[OrderChange], what: impl Fn(&OrderChange) -> bool) -> usize {
    changes.iter().filter(|change| what(change)).count()
}

fn is_muted(change: &OrderChange) -> bool {
    *change == OrderChange::Denied(DenyCode::Muted)
}

#[test]
fn each_trades_its_own_instruments_and_both_see_everything() {
    let (mut world, strategy, old) = running();
    let before = old.changes().len();
    let new = canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    let stage = CanaryStage {
        instruments: vec![EQUITY],
        terms: strict(),
        until: at(world.now).after(strict().lasts),
        when_over: WhenOver::RollBack,
    };
    assert_eq!(
        last_stage(&world),
        SwapStage::Canary(PluginHash::default(), stage)
    );
    let own = BTreeSet::from([EQUITY]);
    assert_eq!(world.engine.canary(strategy), Some(&own));
    assert_eq!(world.engine.plugin(strategy), Some(hash(2)));
    (11..=20).for_each(|n| numbered(&mut world, n));
    assert_eq!(held(&world, strategy), [10 + 20, 10 + 10]);
    assert_eq!(old.counters(), (1..=20).collect::<Vec<_>>());
    assert_eq!(new.counters(), (11..=20).collect::<Vec<_>>());
    // Each is told of its own orders that were muted, and of all that were not.
    let filled = |change: &OrderChange| matches!(change, OrderChange::Filled(_));
    for changes in [new.changes(), old.changes().split_off(before)] {
        assert_eq!(count(&changes, is_muted), 10);
        assert_eq!(count(&changes, filled), 20);
    }
    // To nobody else they ever were.
    assert_eq!(world.engine.denials(DenyCode::Muted), 0);
    let denied = |change: &OrderChange| matches!(change, OrderChange::Denied(_));
    assert!(!world.updates().any(|update| denied(&update.change)));
}

#[test]
fn cancels_and_changes_reach_an_instrument_s_own_orders_only() {
    let rest = |out: &mut model::Intents| {
        let at = |text: &str| OrderKind::Limit { price: price(text) };
        submit(out, EQUITY, Side::Buy, at("50"), 1);
        submit(out, EURUSD, Side::Buy, at("0.5"), 1);
    };
    let old = Script::new(&QUOTES).start(move |_, out| {
        rest(out);
        Ok(())
    });
    let old = old.event(|event, out| {
        if matches!(event, Event::Quote(quote) if quote.bid_size == quantity("12")) {
            out.push(Intent::CancelAll(EQUITY));
        }
        Ok(())
    });
    let (mut world, strategy, _) = run(old);
    let ids: Arc<Mutex<Vec<OrderId>>> = Arc::default();
    let known = ids.clone();
    let new = Script::new(&QUOTES).start(move |snapshot, _| {
        let own = snapshot.orders.iter().map(|order| order.id);
        known.lock().unwrap().extend(own);
        Ok(())
    });
    let theirs = ids.clone();
    let new = new.event(move |event, out| {
        if matches!(event, Event::Quote(quote) if quote.bid_size == quantity("11")) {
            let [equity, pair] = theirs.lock().unwrap()[..] else {
                panic!("two orders were handed over");
            };
            out.push(Intent::Cancel(equity));
            out.push(Intent::Modify(Amendment {
                order: pair,
                quantity: Some(quantity("2")),
                price: None,
                trigger: None,
            }));
            out.push(Intent::Cancel(pair));
            out.push(Intent::CancelAll(EURUSD));
            let kind = OrderKind::Limit { price: price("60") };
            submit(out, EQUITY, Side::Buy, kind, 1);
        }
        Ok(())
    });
    canary(&mut world, strategy, new, on(EQUITY));
    (11..=13).for_each(|n| numbered(&mut world, n));
    let ids = ids.lock().unwrap().clone();
    assert_eq!(ids.len(), 2);
    assert!(world.story(ids[0]).ends_with("canceled"));
    assert_eq!(world.story(ids[1]), "submitted accepted");
    let open = world.engine.orders().of_strategy(strategy);
    assert_eq!(open, 2, "the one of the old version, and the new one's own");
}

#[test]
fn a_list_across_both_is_muted_as_a_whole() {
    let (mut world, strategy, _) = running();
    let new = Script::new(&QUOTES).event(|event, out| {
        match event {
            Event::Quote(quote) if quote.bid_size == quantity("11") => {
                out.submit_list(vec![buy(EQUITY, "1"), buy(EURUSD, "1")]);
            }
            Event::Quote(quote) if quote.bid_size == quantity("12") => {
                out.submit_list(vec![buy(EQUITY, "1"), buy(EQUITY, "1")]);
            }
            _ => {}
        }
        Ok(())
    });
    let new = canary(&mut world, strategy, new, on(EQUITY));
    (11..=12).for_each(|n| numbered(&mut world, n));
    assert_eq!(count(&new.changes(), is_muted), 2);
    assert_eq!(held(&world, strategy), [12, 12]);
}

#[test]
fn a_canary_that_breaks_is_over_and_no_event_is_undecided() {
    let (mut world, strategy, old) = running();
    let mut lenient = on(EQUITY);
    // A strategy that goes on by the version before bears nothing.
    lenient.probation.max_faults = 5;
    let new = canary(&mut world, strategy, both(2, 15), lenient);
    (11..=20).for_each(|n| numbered(&mut world, n));
    assert_eq!(last_stage(&world), back("it broke: TRAP: on purpose"));
    assert_eq!(world.state(strategy), StrategyState::Running);
    assert_eq!(world.engine.plugin(strategy), Some(PluginHash::default()));
    assert_eq!(world.engine.canary(strategy), None);
    assert_eq!(old.counters(), (1..=20).collect::<Vec<_>>());
    assert_eq!(new.counters(), (11..=15).collect::<Vec<_>>());
    assert_eq!(held(&world, strategy), [10 + 4 * 2 + 6, 20]);
    assert!(world.engine.take_retired(strategy).is_some());
}

#[test]
fn what_a_canary_loses_is_counted_on_its_own_instruments() {
    let (mut world, strategy, _) = running();
    let mut terms = on(EURUSD);
    terms.probation.max_loss = Some(money("30"));
    let new = Script::new(&QUOTES).event(|event, out| {
        if matches!(event, Event::Quote(quote) if quote.bid == price("99")) {
            market(out, EURUSD, Side::Buy, 100);
        }
        Ok(())
    });
    canary(&mut world, strategy, new, terms);
    // Ten bought at 1.2, marked at 1.15.
    let half = Some(money("-0.5"));
    assert_eq!(world.engine.brought_by(strategy), (half, half));
    world.quote(EQUITY, "99", "101");
    // Far more is lost where the version before trades.
    world.quote(EQUITY, "50", "52");
    assert!(world.engine.canary(strategy).is_some());
    // A hundred and ten bought at 1.2, marked at 0.85; ten of them had lost a half before.
    world.quote(EURUSD, "0.8", "0.9");
    let reason = "it lost 38 since it took over, more than 30";
    assert_eq!(last_stage(&world), back(reason));
    assert_eq!(held(&world, strategy), [12, 110]);
    let (before, now) = world.engine.brought_by(strategy);
    assert!(
        before.is_none() && now < half,
        "in all, without a switch: {now:?}"
    );
}

#[test]
fn refusals_count_on_its_own_instruments() {
    let old = Script::new(&QUOTES).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            market(out, EURUSD, Side::Buy, 1_000_000_000);
        }
        Ok(())
    });
    let (mut world, strategy, _) = run(old);
    let mut terms = on(EQUITY);
    terms.probation.max_denials = Some(2);
    let new = Script::new(&QUOTES).event(|event, out| {
        if let Event::Quote(quote) = event {
            let late = quote.bid_size >= quantity("15");
            market(out, EQUITY, Side::Buy, if late { 1_000_000 } else { 1 });
        }
        Ok(())
    });
    let new = canary(&mut world, strategy, new, terms);
    (11..=20).for_each(|n| numbered(&mut world, n));
    let reason = "3 of its orders and changes were refused";
    assert_eq!(last_stage(&world), back(reason));
    assert_eq!(new.counters(), (11..=17).collect::<Vec<_>>());
}

#[test]
fn a_version_before_that_breaks_leaves_the_strategy_broken_and_the_canary_over() {
    let old = Script::new(&QUOTES).event(|event, out| match event {
        Event::Quote(quote) if quote.instrument == EURUSD => Err(trap()),
        Event::Quote(_) => {
            market(out, EURUSD, Side::Buy, 1);
            Ok(())
        }
        _ => Ok(()),
    });
    let (mut world, strategy, _) = run(old);
    canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    numbered(&mut world, 11);
    world.quote(EURUSD, "1.1", "1.2");
    let reason = "the version before broke: TRAP: on purpose";
    assert_eq!(last_stage(&world), back(reason));
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(world.engine.plugin(strategy), Some(PluginHash::default()));
    let faults = world.effects.iter();
    let faults = faults.filter(|effect| matches!(effect, Effect::Fault(..)));
    assert_eq!(faults.count(), 1);
    numbered(&mut world, 12);
    assert_eq!(held(&world, strategy), [2, 11]);
    world.start(strategy, both(1, NEVER).boxed());
    numbered(&mut world, 13);
    assert_eq!(held(&world, strategy), [3, 12]);
}

#[test]
fn a_canary_is_promoted_for_good() {
    let (mut world, strategy, old) = running();
    canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    (11..=15).for_each(|n| numbered(&mut world, n));
    world.command(promote(strategy, None));
    assert_eq!(last_stage(&world), SwapStage::Kept("enough".to_owned()));
    assert!(world.engine.take_retired(strategy).is_some());
    let heard = old.events().len();
    (16..=20).for_each(|n| numbered(&mut world, n));
    assert_eq!(old.events().len(), heard);
    assert_eq!(held(&world, strategy), [10 + 20, 10 + 5 + 10]);
}

#[test]
fn a_canary_is_promoted_on_probation_and_sent_back_from_there() {
    let (mut world, strategy, old) = running();
    canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    (11..=15).for_each(|n| numbered(&mut world, n));
    world.command(promote(strategy, Some(strict())));
    let until = at(world.now).after(strict().lasts);
    let reason = "enough".to_owned();
    assert_eq!(
        last_stage(&world),
        SwapStage::Promoted(strict(), until, reason)
    );
    assert_eq!(
        world.engine.probation(strategy),
        Some((PluginHash::default(), until))
    );
    assert_eq!(world.engine.canary(strategy), None);
    (16..=20).for_each(|n| numbered(&mut world, n));
    assert_eq!(held(&world, strategy), [10 + 20, 10 + 5 + 10]);
    world.command(Command::RollBack(strategy));
    (21..=25).for_each(|n| numbered(&mut world, n));
    assert_eq!(old.counters(), (1..=25).collect::<Vec<_>>());
    assert_eq!(held(&world, strategy), [35, 30]);
}

/// Each of both versions has an order of its own that rests.
fn resting(on_fault: OrdersOnFault) -> (World, StrategyId) {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    world.quote(EURUSD, "1.1", "1.2");
    let mut config = config("one", MARGIN);
    config.on_fault = on_fault;
    let strategy = world.strategy(config);
    let rest = |instrument, text: &'static str| {
        Script::new(&QUOTES).event(move |event, out| {
            if matches!(event, Event::Quote(quote) if quote.bid_size == quantity("2")) {
                let kind = OrderKind::Limit { price: price(text) };
                submit(out, instrument, Side::Buy, kind, 1);
            }
            Ok(())
        })
    };
    world.start(strategy, rest(EURUSD, "0.5").boxed());
    canary(&mut world, strategy, rest(EQUITY, "50"), on(EQUITY));
    (1..=3).for_each(|n| numbered(&mut world, n));
    assert_eq!(world.engine.orders().of_strategy(strategy), 2);
    (world, strategy)
}

#[test]
fn the_version_before_takes_its_instruments_back() {
    let check = |on_fault, left: usize| {
        let (mut world, strategy) = resting(on_fault);
        world.command(end(strategy));
        assert_eq!(last_stage(&world), back("enough"));
        let open = world.engine.orders().of_strategy(strategy) as usize;
        assert_eq!(open, left);
        // By the general word for it, too.
        canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
        world.command(Command::RollBack(strategy));
        assert_eq!(last_stage(&world), back("asked for"));
    };
    check(OrdersOnFault::Cancel, 1);
    check(OrdersOnFault::Keep, 2);
}

#[test]
fn a_promoted_canary_that_is_sent_back_takes_along_what_it_sent_before() {
    let check = |on_fault, left: usize| {
        let (mut world, strategy) = resting(on_fault);
        world.command(promote(strategy, Some(strict())));
        numbered(&mut world, 4);
        assert_eq!(world.engine.orders().of_strategy(strategy), 2);
        world.command(Command::RollBack(strategy));
        assert_eq!(last_stage(&world), back("asked for"));
        let open = world.engine.orders().of_strategy(strategy) as usize;
        assert_eq!(open, left, "that of the version before stays");
    };
    check(OrdersOnFault::Cancel, 1);
    check(OrdersOnFault::Keep, 2);
}

#[test]
fn a_canary_s_time_is_over() {
    let check = |when_over, expect: SwapStage, plugin| {
        let (mut world, strategy, _) = running();
        let terms = CanaryTerms {
            when_over,
            ..on(EQUITY)
        };
        canary(&mut world, strategy, both(2, NEVER), terms);
        world.wait(3_599 * SECOND);
        assert!(world.engine.canary(strategy).is_some());
        world.wait(SECOND);
        assert_eq!(last_stage(&world), expect);
        assert_eq!(world.engine.plugin(strategy), Some(plugin));
        assert_eq!(world.engine.probation(strategy), None);
    };
    let reason = "its time is over";
    check(WhenOver::RollBack, back(reason), PluginHash::default());
    let kept = SwapStage::Kept(reason.to_owned());
    check(WhenOver::Promote, kept, hash(2));
}

#[test]
fn a_strategy_that_is_stopped_is_not_left_with_the_canary() {
    let (mut world, strategy, _) = running();
    canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    world.command(Command::Stop(strategy));
    assert_eq!(last_stage(&world), back("the strategy was stopped"));
    assert_eq!(world.state(strategy), StrategyState::Stopped);
    assert_eq!(world.engine.plugin(strategy), Some(PluginHash::default()));
}

#[test]
fn timers_values_and_subscriptions_of_the_version_before_are_its_own() {
    let put = |out: &mut model::Intents, key: &str, value: u8| {
        out.push(Intent::PutState {
            key: key.to_owned(),
            value: vec![value],
        });
    };
    let old = Script::new(&QUOTES)
        .start(move |_, out| {
            timer(out, 1, 100 * SECOND);
            put(out, "old", 1);
            Ok(())
        })
        .event(move |event, out| {
            if let Event::Timer { id: 1, .. } = event {
                market(out, EURUSD, Side::Buy, 7);
                timer(out, 2, 300 * SECOND);
                put(out, "beside", 3);
                out.push(Intent::Subscribe(Subscription::Quotes(USDJPY)));
            }
            Ok(())
        });
    let (mut world, strategy, old) = run(old);
    let new = Script::new(&QUOTES).start(move |_, out| {
        timer(out, 1, 200 * SECOND);
        timer(out, 9, 400 * SECOND);
        put(out, "old", 9);
        put(out, "new", 9);
        Ok(())
    });
    let new = canary(&mut world, strategy, new, on(EQUITY));
    // Time alone wakes it, as it trades.
    world.wait(150 * SECOND);
    assert_eq!(old.timers(), [(1, 100 * SECOND)]);
    assert_eq!(held(&world, strategy), [0, 7]);
    world.wait(100 * SECOND);
    assert_eq!(new.timers(), [(1, 200 * SECOND)]);
    world.quote(USDJPY, "150", "151");
    let yen = |event: &Event| matches!(event, Event::Quote(quote) if quote.instrument == USDJPY);
    assert_eq!(old.events().iter().filter(|event| yen(event)).count(), 1);
    assert!(!new.events().iter().any(yen));
    world.command(end(strategy));
    world.wait(200 * SECOND);
    assert_eq!(old.timers(), [(1, 100 * SECOND), (2, 300 * SECOND)]);
    assert_eq!(new.timers().len(), 1);
    let next = Script::new(&[]);
    let next = crate::probation::swap(&mut world, strategy, next, SwapTerms::default());
    let values = BTreeMap::from_iter(next.starts().remove(0).values);
    let expect = [("beside", 3), ("old", 1)];
    let expect = expect.map(|(key, value)| (key.to_owned(), vec![value]));
    assert_eq!(values, BTreeMap::from(expect));
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let (mut world, strategy, _) = running();
    let nobody = StrategyId::new(77);
    world.command(promote(strategy, None));
    world.command(end(nobody));
    let stage = |world: &mut World| {
        let staged = Staged::Instance(both(2, NEVER).boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
    };
    stage(&mut world);
    let nowhere = InstrumentId::new(999);
    world.command(begin(strategy, 2, on(nowhere)));
    let nothing = CanaryTerms {
        instruments: Vec::new(),
        ..on(EQUITY)
    };
    world.command(begin(strategy, 2, nothing));
    let expect = [
        Ignored::NoCanary(strategy),
        Ignored::UnknownStrategy(nobody),
        Ignored::UnknownInstrument(nowhere),
        Ignored::BadCommand("a canary needs an instrument of its own"),
    ];
    assert_eq!(world.ignored(), expect);
    canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    let check = |world: &mut World, command: Command, expect: &str| {
        stage(world);
        world.command(command);
        let said = world.ignored().pop().unwrap().to_string();
        assert!(said.contains(expect), "{said}");
        assert!(world.engine.canary(strategy).is_some());
    };
    let over = Command::EndProbation {
        strategy,
        reason: "confirmed".to_owned(),
    };
    check(&mut world, over, "promote it, or end it");
    check(&mut world, Command::Flip(strategy), "promote it first");
    let another = begin(strategy, 3, on(EURUSD));
    check(&mut world, another, "on probation");
    let another = swap_begin(strategy, 3, SwapTerms::default());
    check(&mut world, another, "on probation");
    let refused = Err(Unsaved::Probation(strategy));
    assert_eq!(world.engine.can_snapshot(), refused);
}

#[test]
fn a_paused_strategy_trades_by_neither_version() {
    let (mut world, strategy, _) = running();
    canary(&mut world, strategy, both(2, NEVER), on(EQUITY));
    world.command(Command::Pause(strategy));
    (11..=12).for_each(|n| numbered(&mut world, n));
    assert_eq!(held(&world, strategy), [10, 10]);
    world.command(Command::Resume(strategy));
    numbered(&mut world, 13);
    assert_eq!(held(&world, strategy), [12, 11]);
}
