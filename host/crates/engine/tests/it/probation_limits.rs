//! What sends a version on probation back besides a loss and a number of refusals: a fall from the most it had
//! brought, and a share of refusals. Both in a replay as in the run.

use crate::journal::Memory;
use crate::probation::{last_stage, strict, swap_begin, terms};
use crate::script::{Script, market};
use crate::strategies::numbered;
use crate::world::*;
use engine::replay::{self, Instances};
use engine::{Command, Engine, Journal, Probation, Staged, SwapStage};
use model::{Event, PluginHash, Side, Strategy, StrategyId, Subscription};
use std::io::Cursor;

const QUOTES: Subscription = Subscription::Quotes(EQUITY);
/// Buys ten at 101.
const RISER: u8 = 2;
/// Buys one at even sizes of the bid, and far too much at odd ones.
const GREEDY: u8 = 3;

fn version(byte: u8) -> Script {
    let script = match byte {
        RISER => Script::new(&[QUOTES]).event(|event, out| {
            if let Event::Quote(quote) = event
                && quote.ask == price("101")
            {
                market(out, EQUITY, Side::Buy, 10);
            }
            Ok(())
        }),
        GREEDY => Script::new(&[QUOTES]).event(|event, out| {
            if let Event::Quote(quote) = event {
                let is_even = quote.bid_size.raw() % quantity("2").raw() == 0;
                let size = if is_even { 1 } else { 1_000_000 };
                market(out, EQUITY, Side::Buy, size);
            }
            Ok(())
        }),
        _ => Script::new(&[QUOTES]),
    };
    script.forgetful()
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
        Ok(version(plugin.bytes()[0]).boxed())
    }
}

/// Puts a version on probation in a world whose journal is kept, has it live, and steps the journal again.
fn check(
    plugin: u8,
    probation: Probation,
    live: impl FnOnce(&mut World, StrategyId),
    reason: &str,
) {
    let sink = Memory::default();
    let setup = Setup {
        journal: Journal::with_sink(Box::new(sink.clone())),
        ..Setup::default()
    };
    let mut world = setup.build();
    world.quote(EQUITY, "89", "91");
    let (strategy, _) = version(0).run(&mut world, "one", MARGIN);
    let staged = Staged::Instance(version(plugin).boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(swap_begin(strategy, plugin, terms(probation)));
    world.command(Command::SwapCommit(strategy));
    live(&mut world, strategy);
    let back = SwapStage::RolledBack(PluginHash::default(), reason.to_owned());
    assert_eq!(last_stage(&world), back);
    let hash = world.engine.journal().seal().unwrap();
    let replayed = replay::verify(Cursor::new(sink.bytes()), &mut Versions).unwrap();
    assert_eq!((replayed.hash, replayed.sealed), (hash, true));
}

#[test]
fn a_version_that_falls_from_the_most_it_brought_goes_back() {
    let probation = Probation {
        max_drawdown: Some(money("30")),
        ..strict()
    };
    let live = |world: &mut World, strategy| {
        // Bought at 101 and marked at 100, 110, 107: thirty less than the most, which is borne. Then ten more,
        // and still far more than nothing.
        for (bid, ask) in [("99", "101"), ("109", "111"), ("106", "108")] {
            world.quote(EQUITY, bid, ask);
            assert!(world.engine.probation(strategy).is_some(), "{bid}");
        }
        world.quote(EQUITY, "105", "107");
    };
    let reason = "it fell 40 below the most it had brought, more than 30";
    check(RISER, probation, live, reason);
}

#[test]
fn a_version_of_whose_orders_too_great_a_share_is_refused_goes_back() {
    let probation = Probation {
        max_denied_percent: Some(49),
        ..strict()
    };
    let live = |world: &mut World, strategy| {
        // More than that from the first on, which says nothing until there are twenty.
        for n in 11..=29 {
            numbered(world, n);
            assert!(world.engine.probation(strategy).is_some(), "{n}");
        }
        numbered(world, 30);
    };
    let reason = "10 of its 20 orders and changes were refused, more than 49 %";
    check(GREEDY, probation, live, reason);
}

#[test]
fn a_share_of_refusals_that_is_allowed_is_borne() {
    let probation = Probation {
        // The first of each two is refused: 11 of 21 are 52.4 %.
        max_denied_percent: Some(53),
        ..strict()
    };
    let live = |world: &mut World, strategy| {
        (11..=50).for_each(|n| numbered(world, n));
        assert!(world.engine.probation(strategy).is_some());
        world.command(Command::RollBack(strategy));
    };
    check(GREEDY, probation, live, "asked for");
}
