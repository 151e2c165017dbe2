//! What events cost a plugin, beside one that does nothing.
//!
//! A calm random market is run with the plugin on the engine, and every call of it is written down. The
//! calls are then made again, to fresh instances of the plugin and of the no-op by turns, and measured one
//! by one. Fuel is the same on every machine; time is not, which is why the no-op's stands beside it.

use super::market::{Dice, Kind, lines};
use super::probe::{Call, Told};
use super::scenario::{Given, Scenario};
use super::stage::Stage;
use crate::backtest::spec::STRATEGY;
use crate::plugins::{Plugin, Plugins};
use anyhow::{Context, Result, bail};
use model::{Hears, Intents, Strategy};
use runtime::RuntimeOptions;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

/// A strategy that can be told everything but what happens to positions, and does nothing; a test says
/// how it is made.
const NO_OP: &[u8] = include_bytes!("noop.wasm");

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Events of the market.
    pub events: usize,
    /// Its seed.
    pub seed: u64,
    /// How often the calls are made again.
    pub rounds: u32,
}

/// The figures.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The plugin.
    pub plugin: Subject,
    /// What it stands beside.
    pub no_op: Subject,
    /// By kind of call.
    pub calls: Vec<Row>,
    /// Events of the market.
    pub market_events: usize,
    /// Its seed.
    pub seed: u64,
    /// How often each call was measured.
    pub rounds: u32,
}

/// One of the two.
#[derive(Debug, Clone, Serialize)]
pub struct Subject {
    /// Its own name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The hash of its bytes.
    pub hash: String,
    /// Its size.
    pub size_bytes: usize,
    /// Wall time of checking, compiling in a bounded child, and asking it what it is.
    pub compile_ms: f64,
    /// Linear memory of an instance after all calls.
    pub memory_bytes: usize,
}

/// Calls of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Which, in the words of the contract.
    pub kind: &'static str,
    /// How many the market led to.
    pub calls: usize,
    /// What they cost the plugin.
    pub plugin: Cost,
    /// What they cost the no-op, where it can be told of such.
    pub no_op: Option<Cost>,
}

/// What calls cost.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// In fuel.
    pub fuel: Spread,
    /// In nanoseconds of wall time.
    pub time_ns: Spread,
}

/// How figures are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// What half of them are at most.
    pub p50: u64,
    /// What 99 of 100 are at most.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

impl Spread {
    fn of(mut figures: Vec<u64>) -> Option<Self> {
        figures.sort_unstable();
        let count = figures.len();
        let at = |percent: usize| {
            let rank = (count * percent).div_ceil(100).checked_sub(1)?;
            figures.get(rank).copied()
        };
        Some(Self {
            p50: at(50)?,
            p99: at(99)?,
            max: at(100)?,
        })
    }
}

/// Fuel and time of each call, by kind.
type Samples = BTreeMap<&'static str, (Vec<u64>, Vec<u64>)>;

/// Measures a component. `runtime` says how plugins are compiled; what was compiled before does not count.
///
/// # Errors
/// A plugin that cannot run, breaks, or listens to nothing that a market has.
pub fn run(
    bytes: &[u8],
    given: &Given,
    options: Options,
    runtime: RuntimeOptions,
) -> Result<Report> {
    let plugins = Plugins::new(RuntimeOptions {
        cache_directory: None,
        ..runtime
    })?;
    let (plugin, compile_ms) = timed(|| plugins.admit(bytes))?;
    let (no_op, no_op_ms) = timed(|| plugins.admit(NO_OP))?;
    let (plugin, no_op) = (Rc::new(plugin), Rc::new(no_op));
    let calls = record(&plugins, &plugin, given, options)?;
    let mut idle = given.clone();
    idle.parameters.clear();
    let (mut own, mut others) = (Samples::new(), Samples::new());
    let (mut memory, mut no_op_memory) = (0, 0);
    for _ in 0..options.rounds {
        memory = again(&plugins, &plugin, given, (&calls, true), &mut own)?;
        no_op_memory = again(&plugins, &no_op, &idle, (&calls, false), &mut others)?;
    }
    let rounds = usize::try_from(options.rounds)?;
    let rows = own.into_iter().filter_map(|(kind, samples)| {
        Some(Row {
            kind,
            calls: samples.0.len() / rounds.max(1),
            plugin: cost(samples)?,
            no_op: others.remove(kind).and_then(cost),
        })
    });
    Ok(Report {
        calls: rows.collect(),
        plugin: subject(&plugin, compile_ms, memory),
        no_op: subject(&no_op, no_op_ms, no_op_memory),
        market_events: options.events,
        seed: options.seed,
        rounds: options.rounds,
    })
}

fn timed<T>(act: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let begun = Instant::now();
    let done = act()?;
    Ok((done, begun.elapsed().as_secs_f64() * 1e3))
}

fn subject(plugin: &Plugin, compile_ms: f64, memory_bytes: usize) -> Subject {
    Subject {
        name: plugin.description.name.clone(),
        version: plugin.description.version.clone(),
        hash: plugin.admitted.hash().to_string(),
        size_bytes: plugin.admitted.size_bytes(),
        compile_ms,
        memory_bytes,
    }
}

fn cost((fuel, time_ns): (Vec<u64>, Vec<u64>)) -> Option<Cost> {
    Some(Cost {
        fuel: Spread::of(fuel)?,
        time_ns: Spread::of(time_ns)?,
    })
}

/// Every call that the plugin gets in a calm market.
fn record(
    plugins: &Plugins,
    plugin: &Rc<Plugin>,
    given: &Given,
    options: Options,
) -> Result<Vec<Call>> {
    let universe = given.universe().map_err(anyhow::Error::msg)?;
    let made = plugins.instance(plugin, STRATEGY, &universe, &given.parameters);
    let (instance, _) = made.context("set its parameters with --param NAME=VALUE")?;
    let kind = Kind {
        events: options.events,
        wild: false,
    };
    let mut dice = Dice::new(options.seed);
    let market = lines(&mut dice, kind, &universe, instance.declared());
    let scenario = Scenario::parse(Path::new("random market"), &market.join("\n"))?;
    let mut stage = Stage::new(plugins, Rc::clone(plugin), given, Path::new("."))?;
    let mut calls = Vec::new();
    for step in &scenario.steps {
        let happened = stage.play(step, &BTreeMap::new())?;
        if let Some(fault) = happened.faults.first() {
            bail!("at `{}` the plugin broke: {fault}", step.text);
        }
        calls.extend(happened.calls);
    }
    let kinds: BTreeSet<_> = calls.iter().map(|call| call.told.kind()).collect();
    if kinds.len() < 2 {
        bail!("the plugin listens to nothing that the market has: quotes, trades, books and bars");
    }
    Ok(calls)
}

/// Makes the calls again to a fresh instance, and measures each. Who is `watched` must want the same as
/// before. Returns the memory it has then.
fn again(
    plugins: &Plugins,
    plugin: &Plugin,
    given: &Given,
    (calls, watched): (&[Call], bool),
    samples: &mut Samples,
) -> Result<usize> {
    let universe = given.universe().map_err(anyhow::Error::msg)?;
    let (mut instance, _) = plugins.instance(plugin, STRATEGY, &universe, &given.parameters)?;
    let hears: Hears = instance.hears();
    let mut out = Intents::default();
    for call in calls {
        if matches!(&call.told, Told::Event(event) if !hears.of(event)) {
            continue;
        }
        out.reset(call.now, call.first_order);
        let begun = Instant::now();
        let done = match &call.told {
            Told::Start(snapshot) => instance.start(snapshot, &mut out),
            Told::Event(event) => instance.handle(event, &mut out),
            Told::Stop => instance.stop(&mut out),
            Told::Save => instance.save().map(|_| ()),
        };
        let taken = begun.elapsed().as_nanos();
        done?;
        if watched && out.items() != call.intents {
            bail!(
                "the plugin does not want the same twice; `argonaut plugin test FILE --random 100` says \
                 more"
            );
        }
        let (fuel, time) = samples.entry(call.told.kind()).or_default();
        fuel.push(instance.usage().last_call_fuel);
        time.push(u64::try_from(taken).unwrap_or(u64::MAX));
    }
    Ok(instance.usage().memory_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_spread_by_nearest_rank() {
        let check = |figures: Vec<u64>, expect: [u64; 3]| {
            let [p50, p99, max] = expect;
            assert_eq!(Spread::of(figures), Some(Spread { p50, p99, max }));
        };
        check(vec![7], [7, 7, 7]);
        check((1..=200).rev().collect(), [100, 198, 200]);
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
