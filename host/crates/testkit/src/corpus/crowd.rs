//! H19 and H20: many plugins in one process.

use super::desk::Desk;
use super::finding::{Finding, nanos, quantile};
use super::life::{admit, admit_bytes, config, intents, quote, running};
use super::process::{descriptors, resident_kib};
use super::trading::listening;
use super::{Done, Setting, said, sandbox};
use crate::plugin::Plugin;
use engine::StrategyState;
use model::{
    Event, Fault, HistoryRequest, Intents, SavedState, StartSnapshot, Strategy, StrategyId,
    Subscription,
};
use runtime::{Admitted, Instance, Limits, Runtime, RuntimeOptions};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Well-behaved strategies.
const GOOD: usize = 20;
/// Iterations by which the fuel of a loop is found.
const PROBE: u64 = 100_000;
/// What the others' p99 may become, in percent.
const NEIGHBOURS_PERCENT: u64 = 200;
/// What memory may become, in percent.
const MEMORY_PERCENT: u64 = 105;

/// Counts down at every quote.
fn working(iterations: u64) -> Plugin {
    listening(&format!(
        "(local $left i64) (local.set $left (i64.const {iterations}))
         (loop $again (local.set $left (i64.sub (local.get $left) (i64.const 1)))
           (br_if $again (i64.ne (local.get $left) (i64.const 0))))"
    ))
}

/// Time and fuel of each call.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<Mutex<Vec<(u64, u64)>>>);

impl Calls {
    fn note(&self, call: (u64, u64)) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
    }

    /// The 99th percentile of the times, and all fuel.
    fn sum(&self) -> (u64, u64) {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times: Vec<u64> = calls.iter().map(|(ns, _)| *ns).collect();
        let fuel = calls.iter().map(|(_, fuel)| *fuel).sum();
        (quantile(&times, 990).unwrap_or(0), fuel)
    }
}

/// An instance whose calls are timed.
struct Timed {
    inner: Instance,
    calls: Calls,
}

impl Strategy for Timed {
    fn declared(&self) -> &[Subscription] {
        self.inner.declared()
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        self.inner.history_requests()
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        self.inner.start(snapshot, out)
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        let begun = Instant::now();
        let done = self.inner.handle(event, out);
        let took = nanos(begun.elapsed());
        self.calls.note((took, self.inner.usage().last_call_fuel));
        done
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.inner.stop(out)
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        self.inner.save()
    }
}

/// A plugin that uses nine tenths of an event's fuel.
fn slow(runtime: &Runtime, limits: &Limits) -> Result<Admitted, String> {
    let probe = admit(runtime, &working(PROBE), limits)?;
    let mut instance = running(&probe, *limits).map_err(said)?;
    let told = instance.handle(&Event::Quote(quote(2)), &mut intents(2));
    told.map_err(said)?;
    let fuel = instance.usage().last_call_fuel.max(1);
    let iterations = PROBE * (limits.event_fuel / 10 * 9) / fuel;
    admit(runtime, &working(iterations), limits)
}

/// Quotes for all good ones, with the slow one before them if there is one; then all must run.
fn trade(good: &Admitted, slow: Option<&Admitted>, quotes: u64, calls: &Calls) -> Done {
    let limits = *good.limits();
    let names: Vec<String> = (0..=GOOD).map(|number| format!("s{number}")).collect();
    let mut desk = Desk::new(&names, engine::Limits::default())?;
    let unseen = Calls::default();
    let all = slow.map(|admitted| (admitted, &unseen)).into_iter();
    let all = all.chain(std::iter::repeat_n((good, calls), GOOD));
    let mut ids = Vec::new();
    for (id, (admitted, calls)) in (0..).map(StrategyId::new).zip(all) {
        let timed = Timed {
            inner: admitted.instantiate(config(limits)).map_err(said)?,
            calls: calls.clone(),
        };
        desk.start(id, admitted.hash(), Box::new(timed))?;
        ids.push(id);
    }
    for _ in 0..quotes {
        desk.quote()?;
    }
    let running = |id: &StrategyId| desk.state(*id) == Some(StrategyState::Running);
    if !ids.iter().all(running) {
        return Err("a strategy within its limits broke".to_owned());
    }
    let used = unseen.sum().1;
    let (least, most) = (
        quotes * (limits.event_fuel / 5 * 4),
        quotes * limits.event_fuel,
    );
    if slow.is_some() && !(least..=most).contains(&used) {
        return Err(format!("the slow one used {used} of {most} fuel"));
    }
    Ok(())
}

pub(super) fn slow_neighbour(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let good = admit(&runtime, &working(2_000), &limits)?;
    let slow = slow(&runtime, &limits)?;
    let (alone, beside) = (Calls::default(), Calls::default());
    let quotes = setting.pick(5, 400);
    // In turns, so that a machine that slows down slows both.
    for _ in 0..setting.pick(1, 10) {
        trade(&good, None, quotes, &alone)?;
        finding.clocked(|| trade(&good, Some(&slow), quotes, &beside))?;
        finding.ended("rounds");
    }
    let ((alone_ns, alone_fuel), (beside_ns, beside_fuel)) = (alone.sum(), beside.sum());
    finding.expect(alone_fuel > 0 && alone_fuel == beside_fuel, || {
        format!("the others used {alone_fuel} fuel alone and {beside_fuel} beside it")
    });
    let percent = beside_ns * 100 / alone_ns.max(1);
    finding.figure("p99 of the others' calls", percent, NEIGHBOURS_PERCENT, "%");
    finding.note(format!(
        "their calls: {alone_ns} ns alone, {beside_ns} ns beside it; what comes after the slow one in the \
         same event waits for it besides, at most for an event's fuel"
    ));
    Ok(())
}

pub(super) fn load_and_unload(setting: &Setting, finding: &mut Finding) -> Done {
    let folder = tempfile::tempdir().map_err(said)?;
    let (plugins, turns) = setting.pick((8, 3), (500, 100_u64));
    let options = RuntimeOptions {
        cache_directory: Some(folder.path().to_owned()),
        cache_entries: 2 * plugins,
        ..RuntimeOptions::default()
    };
    let runtime = Runtime::new(options).map_err(said)?;
    let components = (0..plugins).map(|number| {
        let own = format!("(data (i32.const 3000) \"{number:06}\")");
        Plugin::new().items(&own).build().map_err(said)
    });
    let components: Vec<Vec<u8>> = components.collect::<Result<_, _>>()?;
    // The first turn compiles, the second shows what a process keeps that has loaded as many once.
    let mut kept = None;
    for turn in 1..=turns {
        finding.clocked(|| load_all(&runtime, &components))?;
        finding.ended("turns");
        if turn == 2 {
            kept = resident_kib().zip(descriptors());
        }
    }
    let hits = runtime.cache_statistics().map_or(0, |cache| cache.hits);
    let expected = (turns - 1) * components.len() as u64;
    finding.expect(hits == expected, || {
        format!("{hits} of {expected} came from the cache")
    });
    if let (Some((memory, files)), Some((memory_after, files_after))) =
        (kept, resident_kib().zip(descriptors()))
    {
        let percent = memory_after * 100 / memory.max(1);
        finding.figure("memory", percent, MEMORY_PERCENT, "%");
        let more = files_after.abs_diff(files);
        finding.figure("descriptors more or fewer", more, 0, "");
        finding.note(format!(
            "{memory} KiB after two turns, {memory_after} KiB after {turns}"
        ));
    }
    Ok(())
}

/// Loads all, so that all are there at once, has each serve an event, and unloads them.
fn load_all(runtime: &Runtime, components: &[Vec<u8>]) -> Done {
    let limits = Limits::default();
    let mut loaded = Vec::with_capacity(components.len());
    for bytes in components {
        let admitted = admit_bytes(runtime, bytes, &limits)?;
        let mut instance = running(&admitted, limits).map_err(said)?;
        let served = instance.handle(&Event::Quote(quote(2)), &mut intents(2));
        served.map_err(said)?;
        loaded.push((admitted, instance));
    }
    drop(loaded);
    Ok(())
}
