//! `argonaut plugin test` of factors and indicators, which have no scenarios.

use super::TestArguments;
use crate::author::{panels, series};
use crate::cli::backtest::parameters;
use crate::cli::plugin::FOUND;
use crate::cli::say;
use crate::plugins::{Plugin, Plugins};
use anyhow::{Result, bail};
use runtime::World;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Panels or series when no number is given.
const USUAL: u64 = 100;

pub(super) fn run(
    arguments: &TestArguments,
    plugins: &Plugins,
    plugin: &Plugin,
) -> Result<ExitCode> {
    let world = plugin.admitted.world();
    let for_strategies = arguments.json || arguments.demand_orders;
    if for_strategies || !arguments.scenarios.is_empty() || !arguments.instrument.is_empty() {
        bail!(
            "{}: plugins of the world `{world}` are tried without scenarios, --instrument, --demand-orders and --json, \
             by --random COUNT",
            arguments.plugin.display()
        );
    }
    let given = parameters(&arguments.param)?;
    let holds = match world {
        World::Factor => factor(arguments, plugins, plugin, &given)?,
        _ => indicator(arguments, plugins, plugin, &given)?,
    };
    Ok(match holds {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FOUND),
    })
}

fn factor(
    arguments: &TestArguments,
    plugins: &Plugins,
    plugin: &Plugin,
    given: &BTreeMap<String, String>,
) -> Result<bool> {
    let options = panels::PanelOptions {
        panels: arguments.random.unwrap_or(USUAL),
        seed: arguments.seed,
    };
    match panels::run(plugins, plugin, given, options)? {
        Ok(tally) => {
            let first = options.seed;
            let last = first.wrapping_add(tally.panels - 1);
            say(&format!(
                "ok      {} random panels with seeds {first} to {last}: {} scores; {} rows scored again without \
                 those after them, the same",
                tally.panels, tally.scores, tally.again
            ))?;
            Ok(true)
        }
        Err(found) => failed(arguments, &found, &format!("--seed {}", found.seed)),
    }
}

fn indicator(
    arguments: &TestArguments,
    plugins: &Plugins,
    plugin: &Plugin,
    given: &BTreeMap<String, String>,
) -> Result<bool> {
    let options = series::SeriesOptions {
        series: arguments.random.unwrap_or(USUAL),
        seed: arguments.seed,
        updates: usize::try_from(arguments.events)?,
        hand_over: !arguments.no_hand_over,
    };
    match series::run(plugins, plugin, given, options)? {
        Ok(tally) => {
            let first = options.seed;
            let last = first.wrapping_add(tally.series - 1);
            say(&format!(
                "ok      {} random series with seeds {first} to {last}: {} updates with values, at most {} units \
                 of fuel an update",
                tally.series, tally.values, tally.most_fuel
            ))?;
            Ok(true)
        }
        Err(found) => {
            let mut again = format!("--seed {} --events {}", found.seed, arguments.events);
            if arguments.no_hand_over {
                again += " --no-hand-over";
            }
            failed(arguments, &found, &again)
        }
    }
}

/// Tells what was found, and the command that tries it again alone.
fn failed(arguments: &TestArguments, found: &dyn std::fmt::Display, options: &str) -> Result<bool> {
    say(&format!("FAILED  {found}"))?;
    let mut again = format!(
        "argonaut plugin test {} --random 1 {options}",
        arguments.plugin.display()
    );
    for text in &arguments.param {
        again += &format!(" --param '{text}'");
    }
    say(&format!("  again: {again}"))?;
    Ok(false)
}
