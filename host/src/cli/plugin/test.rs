//! `argonaut plugin test`: scenarios, and random markets against what must hold of every plugin. Factors are
//! tried on random panels, indicators on random series.

mod research;

use super::assignment;
use super::say;
use crate::author::property::{self, Options, Tally};
use crate::author::{Given, Scenario, play};
use crate::plugins::{Plugin, Plugins, default_data_dir, runtime_options};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use runtime::World;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

/// How the files of a folder end that are scenarios.
const ENDING: &str = "scenario";

#[derive(Debug, Args)]
pub(super) struct TestArguments {
    /// The component.
    plugin: PathBuf,
    /// Scenarios, or folders of files that end in `.scenario`; `scenarios` when neither they nor
    /// --random are given.
    scenarios: Vec<PathBuf>,
    /// Try so many random markets; of a factor panels, of an indicator series, 100 by default.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    random: Option<u64>,
    /// Seed of the first random market; each one after it has the next.
    #[arg(long, default_value_t = 1, requires = "random")]
    seed: u64,
    /// Events of a random market.
    #[arg(long, default_value_t = 300, requires = "random", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    events: u32,
    /// Most fuel that an event of a random market may take; a host allows 10 million.
    #[arg(long, default_value_t = 5_000_000, requires = "random")]
    max_fuel: u64,
    /// Do not demand of random markets that a hand-over to a new instance changes nothing.
    #[arg(long, requires = "random")]
    no_hand_over: bool,
    /// Fail when the plugin sends no order in any of the random markets.
    #[arg(long, requires = "random")]
    demand_orders: bool,
    /// A parameter for random markets.
    #[arg(long, value_name = "NAME=VALUE", requires = "random")]
    param: Vec<String>,
    /// An instrument of random markets, as `argonaut backtest` takes it.
    #[arg(long, value_name = "SYMBOL[,KEY=VALUE]", requires = "random")]
    instrument: Vec<String>,
    /// Print what was found as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What was found, for a program that asks.
#[derive(Default)]
struct Found {
    scenarios: Vec<Value>,
    random: Value,
}

pub(super) fn run(arguments: &TestArguments) -> Result<ExitCode> {
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let plugin = plugins.load_any(&arguments.plugin)?;
    match plugin.admitted.world() {
        World::Strategy => scenarios_and_markets(arguments, &plugins, &Rc::new(plugin)),
        World::Factor | World::Indicator => research::run(arguments, &plugins, &plugin),
        other => bail!(
            "{}: plugins of the world `{other}` cannot be tried here, but by their SDK's harness",
            arguments.plugin.display()
        ),
    }
}

fn scenarios_and_markets(
    arguments: &TestArguments,
    plugins: &Plugins,
    plugin: &Rc<Plugin>,
) -> Result<ExitCode> {
    let given = given(&arguments.param, &arguments.instrument)?;
    let files = files(arguments)?;
    let scenarios = files.iter().map(|file| Scenario::read(file));
    let scenarios = scenarios.collect::<Result<Vec<_>, _>>()?;
    let mut all_hold = true;
    let mut found = Found::default();
    let tell = |line: String| if arguments.json { Ok(()) } else { say(&line) };
    for scenario in &scenarios {
        let file = scenario.file.display();
        let failure = play(plugins, Rc::clone(plugin), scenario)?;
        let failure = failure.map(|failure| failure.to_string());
        match &failure {
            None => tell(format!("ok      {file}"))?,
            Some(failure) => {
                all_hold = false;
                tell(format!("FAILED  {failure}"))?;
            }
        }
        let line = json!({"file": file.to_string(), "failure": failure});
        found.scenarios.push(line);
    }
    if let Some(markets) = arguments.random {
        let options = Options {
            markets,
            seed: arguments.seed,
            events: usize::try_from(arguments.events)?,
            most_fuel: arguments.max_fuel,
            hand_over: !arguments.no_hand_over,
        };
        let tried = random(plugins, plugin, (&given, &options), arguments)?;
        all_hold &= tried.holds;
        tried.lines.into_iter().try_for_each(tell)?;
        found.random = tried.shown;
    }
    if arguments.json {
        let Found { scenarios, random } = found;
        say(&json!({"scenarios": scenarios, "random": random}).to_string())?;
    }
    Ok(match all_hold {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(super::FOUND),
    })
}

/// What `--param` and `--instrument` give.
pub(super) fn given(parameters: &[String], instruments: &[String]) -> Result<Given> {
    let mut given = Given::default();
    for text in parameters {
        let (name, value) = assignment(text)?;
        given.add_parameter(name, value);
    }
    for text in instruments {
        let added = given.add_instrument(text);
        added.map_err(|reason| anyhow!("--instrument {reason}"))?;
    }
    Ok(given)
}

fn files(arguments: &TestArguments) -> Result<Vec<PathBuf>> {
    let mut named = arguments.scenarios.clone();
    let usual = PathBuf::from("scenarios");
    if named.is_empty() && arguments.random.is_none() {
        if !usual.is_dir() {
            bail!(
                "there is no folder `scenarios` here; name scenarios, or try random markets with \
                 --random 100"
            );
        }
        named.push(usual);
    }
    let mut files = Vec::new();
    for path in named {
        match path.is_dir() {
            true => files.extend(of_folder(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

fn of_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let unread = || format!("{}: cannot be read", folder.display());
    let mut files = Vec::new();
    for entry in folder.read_dir().with_context(unread)? {
        let path = entry.with_context(unread)?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("{}: no file in it ends in .{ENDING}", folder.display());
    }
    files.sort();
    Ok(files)
}

/// What random markets showed.
struct Tried {
    holds: bool,
    /// For people.
    lines: Vec<String>,
    /// For programs.
    shown: Value,
}

fn random(
    plugins: &Plugins,
    plugin: &Rc<Plugin>,
    (given, options): (&Given, &Options),
    arguments: &TestArguments,
) -> Result<Tried> {
    let tried = property::run(plugins, plugin, given, options)?;
    Ok(match tried {
        Ok(tally) => held(&tally, options, arguments.demand_orders),
        Err(found) => Tried {
            holds: false,
            lines: vec![
                format!("FAILED  {found}"),
                format!("  again: {}", again(arguments, found.seed)),
            ],
            shown: json!({"failure": found.to_string(), "seed": found.seed}),
        },
    })
}

/// That all held. A plugin that sends no order has little that could break, so that is no "ok".
fn held(tally: &Tally, options: &Options, demand_orders: bool) -> Tried {
    let first = options.seed;
    let last = first.wrapping_add(options.markets - 1);
    let Tally {
        markets,
        calls,
        asks,
        orders,
        most_fuel,
    } = tally;
    let tried = format!("{markets} random markets with seeds {first} to {last}");
    let holds = *orders > 0 || !demand_orders;
    let lines = match (*orders > 0, demand_orders) {
        (true, _) => vec![format!(
            "ok      {tried}: {calls} calls, {asks} orders, changes and cancels, at most {most_fuel} units \
             of fuel an event"
        )],
        (false, true) => vec![empty("FAILED ", &tried, *calls), TRADES.to_owned()],
        (false, false) => vec![
            empty("EMPTY  ", &tried, *calls),
            TRADES.to_owned(),
            "  with --demand-orders this fails".to_owned(),
        ],
    };
    let shown = json!({
        "failure": (!holds).then_some("no order in any of the markets"),
        "markets": markets,
        "calls": calls,
        "asks": asks,
        "orders": orders,
        "most_fuel": most_fuel,
    });
    Tried {
        holds,
        lines,
        shown,
    }
}

/// What to do about a plugin that sends no order.
const TRADES: &str = "  give it parameters with which it trades (--param), the instruments it wants (--instrument) or more \
                      --events";

fn empty(word: &str, tried: &str, calls: impl std::fmt::Display) -> String {
    format!(
        "{word} {tried}: no order in any of them, in {calls} calls; that the plugin trades as it should \
         this does not show"
    )
}

/// The command that tries the market with this seed alone.
fn again(arguments: &TestArguments, seed: u64) -> String {
    let TestArguments {
        plugin,
        events,
        max_fuel,
        ..
    } = arguments;
    let mut command = format!(
        "argonaut plugin test {} --random 1 --seed {seed} --events {events} --max-fuel {max_fuel}",
        plugin.display()
    );
    if arguments.no_hand_over {
        command += " --no-hand-over";
    }
    let parameters = arguments.param.iter().map(|text| ("param", text));
    let instruments = arguments.instrument.iter().map(|text| ("instrument", text));
    for (option, text) in parameters.chain(instruments) {
        command += &format!(" --{option} '{text}'");
    }
    command
}
