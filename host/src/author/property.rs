//! Random markets against what must hold of every plugin: it does not break, does the same twice, goes on
//! after a hand-over as if there had been none, sends no order that is malformed, and stays within its
//! fuel. What breaks one is shortened before it is told.

mod shrink;

use super::market::{Dice, Kind, lines};
use super::scenario::{Act, Given, Scenario, Step, Succession};
use super::stage::{Happened, Stage};
use super::terms::{self, Ask};
use crate::plugins::{Plugin, Plugins};
use anyhow::{Context, Result};
use model::{DenyCode, Intent, OrderChange, Strategy, Subscription};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

/// What to try.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many markets.
    pub markets: u64,
    /// The seed of the first; each one after it has the next.
    pub seed: u64,
    /// Events of each.
    pub events: usize,
    /// Most fuel that one event may take.
    pub most_fuel: u64,
    /// Whether a hand-over must change nothing.
    pub hand_over: bool,
}

/// What markets without a failure came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Markets.
    pub markets: u64,
    /// Calls of the plugin.
    pub calls: u64,
    /// Orders, changes and cancels that it wanted.
    pub asks: u64,
    /// The orders among them, those of a list one by one.
    pub orders: u64,
    /// The most fuel that an event took.
    pub most_fuel: u64,
}

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It trapped, ran out of fuel or time, or asked for what it may not.
    #[error("it broke: {0}")]
    Fault(String),
    /// An order that no market and no limit could make good.
    #[error("it sent an order that every gate refuses, {0}")]
    Malformed(String),
    /// An event took too much.
    #[error("{kind} took {fuel} units of fuel, more than {most}; `--max-fuel` sets the bound")]
    Fuel {
        /// What kind of event.
        kind: &'static str,
        /// What it took.
        fuel: u64,
        /// What it may take.
        most: u64,
    },
    /// Twice the same events, and not the same orders.
    #[error("it does not do the same twice: {0}")]
    Differs(String),
    /// It goes on otherwise.
    #[error(
        "after a hand-over it does not go on as it would have: {0}; `save` and `load` must carry all \
             that decides, or try with `--no-hand-over`"
    )]
    HandOver(String),
}

impl Broken {
    /// Whether it is the same that breaks, if over another event.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A market in which something does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The seed of the market.
    pub seed: u64,
    /// What does not hold.
    pub broken: Broken,
    /// A scenario that shows it.
    pub lines: Vec<String>,
    /// How many events the market had.
    pub events: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, events) = (self.seed, self.events);
        writeln!(f, "random market with seed {seed}: {}", self.broken)?;
        let steps = self.lines.iter().filter(|line| !line.starts_with("given"));
        write!(f, "  {} of its {events} events show it:", steps.count())?;
        let mut lines = self.lines.iter();
        lines.try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// Malformed, whatever the market: quantity, price, and what contradicts itself.
const MALFORMED: [DenyCode; 3] = [DenyCode::Quantity, DenyCode::Price, DenyCode::Unsupported];

/// Tries random markets until something does not hold.
///
/// # Errors
/// What keeps it from being tried, such as a parameter that is missing.
pub fn run(
    plugins: &Plugins,
    plugin: &Rc<Plugin>,
    given: &Given,
    options: &Options,
) -> Result<Result<Tally, Found>> {
    let trial = Trial {
        plugins,
        plugin,
        given,
        options,
    };
    let wanted = trial.wanted()?;
    let universe = given.universe().map_err(anyhow::Error::msg)?;
    let mut tally = Tally::default();
    for n in 0..options.markets {
        let seed = options.seed.wrapping_add(n);
        let mut dice = Dice::new(seed);
        let kind = Kind {
            events: options.events,
            wild: true,
        };
        let mut market = lines(&mut dice, kind, &universe, &wanted);
        if options.hand_over {
            let place = dice.up_to(market.len() as u64);
            let place = usize::try_from(place).unwrap_or_default();
            market.insert(place, "+0ms swap".to_owned());
        }
        match trial.check(&market)? {
            Ok(run) => {
                tally.markets += 1;
                tally.calls += run.calls;
                tally.asks += run.asks.len() as u64;
                let asks = run.asks.iter().map(|(_, ask)| ask);
                let orders = asks.filter(|ask| matches!(ask, Ask::Order(..)));
                tally.orders += orders.count() as u64;
                tally.most_fuel = tally.most_fuel.max(run.most_fuel);
            }
            Err(broken) => {
                let events = market.len();
                let fewer = shrink::shrink(market, &mut |fewer: &[String]| {
                    let again = trial.check(fewer);
                    matches!(again, Ok(Err(other)) if other.is_like(&broken))
                });
                let broken = trial.check(&fewer)?.err().unwrap_or(broken);
                let mut lines = given.lines();
                lines.extend(fewer);
                return Ok(Err(Found {
                    seed,
                    broken,
                    lines,
                    events,
                }));
            }
        }
    }
    Ok(Ok(tally))
}

/// A plugin under trial.
struct Trial<'a> {
    plugins: &'a Plugins,
    plugin: &'a Rc<Plugin>,
    given: &'a Given,
    options: &'a Options,
}

/// What one run came to.
#[derive(Default)]
struct Run {
    /// What it wanted, with the line of each.
    asks: Vec<(usize, Ask)>,
    /// The same of orders alone, and everything else that it wanted.
    intents: Vec<(usize, Intent)>,
    calls: u64,
    fuel: u64,
    most_fuel: u64,
}

impl Trial<'_> {
    /// What an instance listens to; fails when it cannot be made.
    fn wanted(&self) -> Result<Vec<Subscription>> {
        let universe = self.given.universe().map_err(anyhow::Error::msg)?;
        let parameters = &self.given.parameters;
        let name = crate::backtest::spec::STRATEGY;
        let made = self
            .plugins
            .instance(self.plugin, name, &universe, parameters);
        let (instance, _) = made.context("set its parameters with --param NAME=VALUE")?;
        Ok(instance.declared().to_vec())
    }

    /// Whether all holds in a market.
    fn check(&self, market: &[String]) -> Result<Result<Run, Broken>> {
        let scenario = Scenario::parse(Path::new("random market"), &market.join("\n"));
        let Ok(scenario) = scenario else {
            // Too little of it is left.
            return Ok(Ok(Run::default()));
        };
        let first = match self.run(&scenario, false)? {
            Ok(run) => run,
            Err(broken) => return Ok(Err(broken)),
        };
        let again = match self.run(&scenario, false)? {
            Ok(run) => run,
            Err(broken) => return Ok(Err(Broken::Differs(broken.to_string()))),
        };
        if let Some(difference) = first.other_intent(&again, market) {
            return Ok(Err(Broken::Differs(difference)));
        }
        if first.fuel != again.fuel {
            let (one, other) = (first.fuel, again.fuel);
            let words = format!("it took {one} units of fuel and then {other}");
            return Ok(Err(Broken::Differs(words)));
        }
        if self.options.hand_over {
            let swapped = match self.run(&scenario, true)? {
                Ok(run) => run,
                Err(broken) => return Ok(Err(Broken::HandOver(broken.to_string()))),
            };
            if let Some(difference) = first.other_ask(&swapped, market) {
                return Ok(Err(Broken::HandOver(difference)));
            }
        }
        Ok(Ok(first))
    }

    /// Plays a market, with its hand-over or with as much of nothing in its place: inputs have numbers,
    /// and orders are named after them.
    fn run(&self, scenario: &Scenario, swapped: bool) -> Result<Result<Run, Broken>> {
        let plugin = Rc::clone(self.plugin);
        let mut stage = Stage::new(self.plugins, plugin, self.given, Path::new("."))?;
        let mut run = Run::default();
        let nobody = BTreeMap::new();
        for step in &scenario.steps {
            let is_swap = matches!(&step.act, Act::Swap(to) if *to == Succession::default());
            let played = match is_swap && !swapped {
                false => vec![step.clone()],
                true => vec![waiting(step), waiting(step)],
            };
            for step in played {
                let happened = stage.play(&step, &nobody)?;
                if let Err(broken) = self.take(&mut run, &step, happened) {
                    return Ok(Err(broken));
                }
            }
        }
        Ok(Ok(run))
    }

    fn take(&self, run: &mut Run, step: &Step, happened: Happened) -> Result<(), Broken> {
        if let Some(fault) = happened.faults.first() {
            return Err(Broken::Fault(fault.clone()));
        }
        for (update, order) in &happened.changes {
            // A change may be refused for what it meets, such as one that is under way, but for a wrong price.
            let code = match update.change {
                OrderChange::Denied(code) => code,
                OrderChange::UpdateDenied(code @ DenyCode::Price) => code,
                _ => continue,
            };
            if MALFORMED.contains(&code) {
                let asked = happened.asks.iter().find_map(|ask| match ask {
                    Ask::Order(id, terms) if *id == update.order => Some(terms::written(terms)),
                    _ => None,
                });
                let asked = asked.unwrap_or_else(|| format!("order {}", order.id));
                let words = format!("{code} ({}): {asked}", code.reason());
                return Err(Broken::Malformed(words));
            }
        }
        let most = self.options.most_fuel;
        for call in &happened.calls {
            run.calls += 1;
            run.fuel = run.fuel.wrapping_add(call.fuel);
            let (kind, fuel) = (call.told.kind(), call.fuel);
            run.most_fuel = run.most_fuel.max(fuel);
            if fuel > most {
                return Err(Broken::Fuel { kind, fuel, most });
            }
            let intents = call.intents.iter();
            run.intents
                .extend(intents.map(|intent| (step.line, intent.clone())));
        }
        let asks = happened.asks.into_iter();
        run.asks.extend(asks.map(|ask| (step.line, ask)));
        Ok(())
    }
}

/// The same step with nothing in it.
fn waiting(step: &Step) -> Step {
    Step {
        act: Act::Wait,
        ..step.clone()
    }
}

impl Run {
    /// The first thing that another run wanted otherwise.
    fn other_intent(&self, other: &Run, market: &[String]) -> Option<String> {
        first_difference(&self.intents, &other.intents, market, |intent| {
            format!("{intent:?}")
        })
    }

    /// The same of orders, changes and cancels alone.
    fn other_ask(&self, other: &Run, market: &[String]) -> Option<String> {
        first_difference(&self.asks, &other.asks, market, ask_words)
    }
}

fn ask_words(ask: &Ask) -> String {
    match ask {
        Ask::Order(_, terms) => terms::written(terms),
        Ask::Modify(id, terms) => format!("modify {id} {}", terms::written(terms)),
        Ask::Cancel(id) => format!("cancel {id}"),
        Ask::CancelAll(symbol) => format!("{symbol} cancel_all"),
    }
}

fn first_difference<T: PartialEq>(
    one: &[(usize, T)],
    other: &[(usize, T)],
    market: &[String],
    words: impl Fn(&T) -> String,
) -> Option<String> {
    let longest = one.len().max(other.len());
    let mut pairs = (0..longest).map(|place| (one.get(place), other.get(place)));
    let (one, other) = pairs.find(|(one, other)| one != other)?;
    let line = one.or(other).map_or(0, |(line, _)| *line);
    let step = market
        .get(line.saturating_sub(1))
        .cloned()
        .unwrap_or_default();
    let told = |side: Option<&(usize, T)>| side.map_or("nothing".to_owned(), |(_, one)| words(one));
    let (one, other) = (told(one), told(other));
    Some(format!("at `{step}` first `{one}` and then `{other}`"))
}
