//! H19 and H20: many plugins in one process.
//!
//! One thread calls one strategy after the other, so H19 has two figures for each attacker: what the others'
//! own calls take, and how much longer it is from an event until they have handled it.

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
/// Logs 10,000 times.
const LOG_SPAM: &str = "(local $left i32) (local.set $left (i32.const 10000)) (loop $again
    (call $write (i32.const 2) (i32.const 512) (i32.const 13))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $again (local.get $left)))";
/// What others may wait for one in the same event, at their p99: what an event's fuel may take (H01).
const WAIT_US: u64 = 10_000;
/// What the p99 of the others' own calls may become, in percent.
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

/// What one call cost.
#[derive(Debug, Clone, Copy)]
struct Call {
    /// Its own time.
    own_ns: u64,
    /// From the moment at which the engine got the event until this call had handled it.
    since_event_ns: u64,
    fuel: u64,
}

/// The calls of some strategies.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    fn note(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
    }

    /// The 99th percentile of one of their times.
    fn p99(&self, time: impl Fn(&Call) -> u64) -> u64 {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times: Vec<u64> = calls.iter().map(time).collect();
        quantile(&times, 990).unwrap_or(0)
    }

    fn fuel(&self) -> u64 {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().map(|call| call.fuel).sum()
    }
}

/// When the engine got the event that it handles now.
type Got = Arc<Mutex<Instant>>;

/// An instance whose calls are timed.
struct Timed {
    inner: Instance,
    got: Got,
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
        let own_ns = nanos(begun.elapsed());
        let got = *self.got.lock().unwrap_or_else(PoisonError::into_inner);
        self.calls.note(Call {
            own_ns,
            since_event_ns: nanos(got.elapsed()),
            fuel: self.inner.usage().last_call_fuel,
        });
        done
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.inner.stop(out)
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        self.inner.save()
    }
}

/// A neighbour that hurts, and what may come of it.
struct Attack {
    name: &'static str,
    /// Names of its figures: the others' own calls, and what they wait for besides.
    figures: [&'static str; 2],
    admitted: Admitted,
    /// Where it is afterwards.
    fate: StrategyState,
    /// Of an event's fuel, in tenths: what it uses at least.
    least_tenths: u64,
    /// Quotes for each desk, and desks. One that breaks is there for one quote only, and a new one would be
    /// told after the others.
    quotes: u64,
    desks: u64,
}

fn attacks(setting: &Setting, runtime: &Runtime, limits: &Limits) -> Result<[Attack; 3], String> {
    let quotes = setting.pick(5, 400);
    Ok([
        Attack {
            name: "one that uses nine tenths of its fuel",
            figures: ["own calls beside a slow one", "wait for a slow one"],
            admitted: slow(runtime, limits)?,
            fate: StrategyState::Running,
            least_tenths: 8,
            quotes,
            desks: 1,
        },
        Attack {
            name: "one that traps",
            figures: ["own calls beside one that traps", "wait for one that traps"],
            admitted: admit(runtime, &listening("unreachable"), limits)?,
            fate: StrategyState::Error,
            least_tenths: 0,
            quotes: 1,
            desks: setting.pick(5, 100),
        },
        Attack {
            name: "one that spams the log",
            figures: ["own calls beside a spammer", "wait for a spammer"],
            admitted: admit(runtime, &listening(LOG_SPAM), limits)?,
            fate: StrategyState::Running,
            least_tenths: 0,
            quotes,
            desks: 1,
        },
    ])
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

/// A desk on which all good ones are told quotes, with the attacker before them if there is one; then all
/// must be where they should be.
fn trade(good: &Admitted, attack: Option<&Attack>, quotes: u64, calls: &Calls) -> Done {
    let limits = *good.limits();
    let names: Vec<String> = (0..=GOOD).map(|number| format!("s{number}")).collect();
    let mut desk = Desk::new(&names, engine::Limits::default())?;
    let (unseen, got) = (Calls::default(), Arc::new(Mutex::new(Instant::now())));
    let all = attack.map(|attack| (&attack.admitted, &unseen, attack.fate));
    let all = all.into_iter();
    let all = all.chain(std::iter::repeat_n(
        (good, calls, StrategyState::Running),
        GOOD,
    ));
    let mut fates = Vec::new();
    for (id, (admitted, calls, fate)) in (0..).map(StrategyId::new).zip(all) {
        let timed = Timed {
            inner: admitted.instantiate(config(limits)).map_err(said)?,
            got: Arc::clone(&got),
            calls: calls.clone(),
        };
        desk.start(id, admitted.hash(), Box::new(timed))?;
        fates.push((id, fate));
    }
    for _ in 0..quotes {
        *got.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        desk.quote()?;
    }
    for (id, fate) in fates {
        let state = desk.state(id);
        if state != Some(fate) {
            return Err(format!(
                "strategy {} is {state:?}, not {fate:?}",
                id.number()
            ));
        }
    }
    let (used, most) = (unseen.fuel(), quotes * limits.event_fuel);
    let least = attack.map_or(0, |attack| most / 10 * attack.least_tenths);
    if !(least..=most).contains(&used) {
        return Err(format!("the attacker used {used} of {most} fuel"));
    }
    Ok(())
}

pub(super) fn slow_neighbour(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let good = admit(&runtime, &working(2_000), &limits)?;
    for attack in attacks(setting, &runtime, &limits)? {
        let (alone, beside) = (Calls::default(), Calls::default());
        // In turns, so that a machine that slows down slows both.
        for _ in 0..setting.pick(1, 10) {
            for _ in 0..attack.desks {
                trade(&good, None, attack.quotes, &alone)?;
            }
            finding.clocked(|| {
                let mut desks = 0..attack.desks;
                desks.try_for_each(|_| trade(&good, Some(&attack), attack.quotes, &beside))
            })?;
            finding.ended(attack.name);
        }
        compare(finding, &attack, &alone, &beside);
    }
    Ok(())
}

/// What the others' calls took alone and beside the attacker.
fn compare(finding: &mut Finding, attack: &Attack, alone: &Calls, beside: &Calls) {
    let (name, fuel) = (attack.name, [alone, beside].map(Calls::fuel));
    finding.expect(fuel[0] > 0 && fuel[0] == fuel[1], || {
        format!(
            "{name}: the others used {} fuel alone and {} beside it",
            fuel[0], fuel[1]
        )
    });
    let own = [alone, beside].map(|calls| calls.p99(|call| call.own_ns));
    let handled = [alone, beside].map(|calls| calls.p99(|call| call.since_event_ns));
    let percent = |[alone, beside]: [u64; 2]| beside * 100 / alone.max(1);
    let [own_name, wait_name] = attack.figures;
    finding.figure(own_name, percent(own), NEIGHBOURS_PERCENT, "%");
    let wait_us = handled[1].saturating_sub(handled[0]).div_ceil(1_000);
    finding.figure(wait_name, wait_us, WAIT_US, "us");
    finding.note(format!(
        "{name}: the others' p99 of own calls {} ns alone and {} ns beside it; from event to handled {} ns and {} ns, \
         {} %, as what comes after it in the same event waits for it",
        own[0],
        own[1],
        handled[0],
        handled[1],
        percent(handled)
    ));
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
