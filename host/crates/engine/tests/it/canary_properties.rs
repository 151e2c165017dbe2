//! Whatever versions and operators do at random: each order is by the version whose instrument it is on,
//! what must always hold does, and the journal runs again to the same byte.

use crate::canary::{begin, end, on, promote};
use crate::journal::Memory;
use crate::probation::{hash, strict, swap_begin, terms};
use crate::script::{Script, submit, trap};
use crate::world::*;
use engine::replay::{self, Instances};
use engine::{Command, Effect, Engine, Journal, Staged};
use model::{
    Duration, Event, InstrumentId, Intent, Intents, OrderChange, OrderId, OrderKind, PluginHash,
    Quantity, Side, Strategy, StrategyId, Subscription,
};
use std::collections::BTreeSet;
use std::io::Cursor;

const INSTRUMENTS: [InstrumentId; 2] = [EQUITY, EURUSD];

/// Numbers that follow from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn instrument(&mut self) -> InstrumentId {
        match self.below(2) {
            0 => EQUITY,
            _ => EURUSD,
        }
    }
}

/// How much a version orders each time: by that its orders are known.
fn units(version: u8) -> i64 {
    1 + i64::from(version)
}

/// A version that does at random what a version may do. Of orders it hears and does nothing.
fn restless(version: u8) -> Script {
    let mut numbers = Numbers(u64::from(version) + 77);
    let mut sent: Vec<OrderId> = Vec::new();
    let declared = INSTRUMENTS.map(Subscription::Quotes);
    let script = Script::new(&declared).event(move |event, out| {
        if !matches!(event, Event::Quote(_) | Event::Timer { .. }) {
            return Ok(());
        }
        if numbers.below(150) == 0 {
            return Err(trap());
        }
        act(&mut numbers, &mut sent, units(version), out);
        Ok(())
    });
    script.forgetful()
}

fn act(numbers: &mut Numbers, sent: &mut Vec<OrderId>, units: i64, out: &mut Intents) {
    let instrument = numbers.instrument();
    let side = match numbers.below(2) {
        0 => Side::Buy,
        _ => Side::Sell,
    };
    match numbers.below(10) {
        0..=2 => sent.extend(submit(out, instrument, side, OrderKind::Market, units)),
        3 => {
            let far = match instrument {
                EQUITY => "50",
                _ => "0.5",
            };
            let kind = OrderKind::Limit { price: price(far) };
            sent.extend(submit(out, instrument, Side::Buy, kind, units));
        }
        4 => {
            let asks = INSTRUMENTS.map(|instrument| buy(instrument, &units.to_string()));
            sent.extend(out.submit_list(asks.to_vec()));
        }
        5 => out.push(Intent::CancelAll(instrument)),
        6 => {
            if let Some(order) = sent.pop() {
                out.push(Intent::Cancel(order));
            }
        }
        7 => {
            let due = out.now().after(Duration::from_secs(numbers.below(100)));
            let id = numbers.below(3);
            out.push(Intent::SetTimer { id, due });
        }
        8 => out.push(Intent::CancelTimer {
            id: numbers.below(3),
        }),
        _ => out.push(Intent::PutState {
            key: numbers.below(3).to_string(),
            value: vec![1; usize::from(numbers.below(2) == 0)],
        }),
    }
}

struct Versions;

impl Instances for Versions {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        plugin: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Ok(restless(plugin.bytes()[0]).boxed())
    }
}

/// Which version runs, which is at hand, and what the first has where that is not all.
type Standing = (
    Option<PluginHash>,
    Option<PluginHash>,
    Option<BTreeSet<InstrumentId>>,
);

fn standing(world: &World, strategy: StrategyId) -> Standing {
    let engine = &world.engine;
    let beside = engine.probation(strategy).map(|(before, _)| before);
    (
        engine.plugin(strategy),
        beside,
        engine.canary(strategy).cloned(),
    )
}

/// Who may order an instrument.
fn owner((runs, beside, canary): &Standing, instrument: InstrumentId) -> Option<PluginHash> {
    match canary {
        Some(own) if !own.contains(&instrument) => *beside,
        _ => *runs,
    }
}

fn check_orders(effects: &[Effect], standing: &Standing) {
    for effect in effects {
        let Effect::Order(update, order) = effect else {
            continue;
        };
        if update.change == OrderChange::Submitted {
            let owner = owner(standing, order.instrument).unwrap();
            let expect = Quantity::whole(units(owner.bytes()[0])).unwrap();
            assert_eq!(order.quantity, expect, "{update:?} with {standing:?}");
        }
    }
}

/// What an operator may do, and markets.
fn happen(world: &mut World, strategy: StrategyId, numbers: &mut Numbers) {
    let stage = |world: &mut World, version: u8| {
        let staged = Staged::Instance(restless(version).boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
    };
    let version = if numbers.below(2) == 0 { 2 } else { 3 };
    match numbers.below(60) {
        0 | 1 => {
            stage(world, version);
            let instrument = numbers.instrument();
            world.command(begin(strategy, version, on(instrument)));
        }
        2 => {
            stage(world, version);
            world.command(swap_begin(strategy, version, terms(strict())));
        }
        3..=6 => world.command(Command::SwapCommit(strategy)),
        7 => world.command(promote(strategy, None)),
        8 => world.command(promote(strategy, Some(strict()))),
        9 => world.command(end(strategy)),
        10..=12 => world.command(Command::Flip(strategy)),
        13 => world.command(Command::RollBack(strategy)),
        14 => world.command(Command::EndProbation {
            strategy,
            reason: "enough".to_owned(),
        }),
        15 => world.command(Command::Pause(strategy)),
        16 | 17 => world.command(Command::Resume(strategy)),
        18 if numbers.below(4) == 0 => world.command(Command::Stop(strategy)),
        19 | 20 => world.start(strategy, restless(0).boxed()),
        21 => world.wait(numbers.below(1_000) * SECOND),
        22 => world.wait(10 * SECOND),
        23..=35 => {
            world.now += 1;
            world.quote(EURUSD, "1.1", "1.2");
        }
        _ => {
            world.now += 1;
            world.quote(EQUITY, "99", "101");
        }
    }
}

#[test]
fn each_order_is_by_the_version_whose_instrument_it_is_on() {
    let (mut canaries, mut flips) = (0, 0);
    for seed in 0..24 {
        let sink = Memory::default();
        let setup = Setup {
            journal: Journal::with_sink(Box::new(sink.clone())),
            ..Setup::default()
        };
        let mut world = setup.build();
        world.quote(EQUITY, "99", "101");
        world.quote(EURUSD, "1.1", "1.2");
        let (strategy, _) = restless(0).run(&mut world, "one", MARGIN);
        let mut numbers = Numbers(seed);
        for _ in 0..500 {
            let before = standing(&world, strategy);
            let from = world.effects.len();
            happen(&mut world, strategy, &mut numbers);
            let after = standing(&world, strategy);
            // Where versions change in the middle of a step, either may have ordered.
            if before == after {
                check_orders(&world.effects[from..], &after);
            }
            canaries += u32::from(before.2.is_none() && after.2.is_some());
            flips += u32::from(before.1.is_some() && (before.0, before.1) == (after.1, after.0));
        }
        let sealed = world.engine.journal().seal().unwrap();
        let replayed = replay::verify(Cursor::new(sink.bytes()), &mut Versions).unwrap();
        assert_eq!((replayed.hash, replayed.sealed), (sealed, true));
    }
    assert!(
        canaries > 10 && flips > 10,
        "{canaries} canaries, {flips} flips"
    );
    // The names of versions are those of their hashes.
    assert_eq!(hash(2).bytes()[0], 2);
}
