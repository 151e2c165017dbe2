//! `[checks]`: `argonaut plugin test` on the component, in a child process.

use super::parameters::{arguments, of_candidate};
use crate::child::{NoAnswer, answer};
use crate::definition::{Checks, RandomMarkets};
use crate::driver::{Context, Outcome};
use crate::gate::{Bound, Criterion, Gate};
use serde_json::Value;
use services::handle::{HostError, Queries};
use std::process::Command;

/// Characters that are told of a failure.
const LONGEST_FAILURE: usize = 600;

pub(crate) fn run(context: &Context<'_>, terms: &Checks) -> Outcome {
    let command = match command(context, terms) {
        Ok(command) => command,
        Err(reason) => return Outcome::Judged(Gate::broken(reason)),
    };
    let progress = |done| context.progress(done);
    let gate = match answer(|| context.halt(), command, terms.limit.std(), progress) {
        Ok(answer) => match serde_json::from_str(&answer.output) {
            Ok(found) => judge(terms, &found),
            Err(_) => Gate::broken(answer.error()),
        },
        Err(NoAnswer::Halted(halt)) => return halt.into(),
        Err(NoAnswer::Broken(reason)) => Gate::broken(reason),
    };
    Outcome::Judged(gate)
}

fn command(context: &Context<'_>, terms: &Checks) -> Result<Command, String> {
    let mut command = context.command();
    let component = context.component(context.plugin)?;
    command.args(["plugin", "test", "--json"]).arg(component);
    command.args(&terms.scenarios);
    if let Some(random) = &terms.random {
        let own = parameters(context, random).map_err(|error| error.to_string())?;
        command.args(of_random(random)).args(arguments(&own));
    }
    Ok(command)
}

fn parameters(
    context: &Context<'_>,
    random: &RandomMarkets,
) -> Result<super::parameters::Parameters, HostError> {
    let manifest = context.host.plugin(&context.run.plugin)?;
    let running = context.host.strategy(&context.run.strategy);
    let running = running.and_then(|view| view.plugin.clone());
    let running = running.map_or_else(Vec::new, |plugin| plugin.parameters);
    let layers = [&context.run.parameters, &random.parameters];
    Ok(of_candidate(&manifest.manifest, &running, &layers))
}

fn of_random(random: &RandomMarkets) -> Vec<String> {
    let mut all = vec![
        "--random".to_owned(),
        random.markets.to_string(),
        "--seed".to_owned(),
        random.seed.to_string(),
    ];
    if let Some(events) = random.events {
        all.extend(["--events".to_owned(), events.to_string()]);
    }
    if let Some(most) = random.max_fuel {
        all.extend(["--max-fuel".to_owned(), most.to_string()]);
    }
    if !random.hand_over {
        all.push("--no-hand-over".to_owned());
    }
    let instruments = random.instruments.iter();
    all.extend(instruments.flat_map(|one| ["--instrument".to_owned(), one.clone()]));
    all
}

fn judge(terms: &Checks, found: &Value) -> Gate {
    let mut criteria = Vec::new();
    if !terms.scenarios.is_empty() {
        criteria.push(scenarios(found["scenarios"].as_array()));
    }
    if let Some(random) = &terms.random {
        criteria.push(markets(random, &found["random"]));
        let orders = found["random"]["orders"].as_u64();
        let least = Bound::AtLeast(random.min_orders);
        criteria.push(Criterion::bounded(
            "orders in random markets",
            &least,
            orders,
        ));
    }
    Gate::of(criteria)
}

/// What failed, without line breaks and cut where it is long.
fn in_a_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join("; ").chars().take(LONGEST_FAILURE).collect()
}

fn unmeasured(name: &str, wanted: String) -> Criterion {
    Criterion {
        name: name.to_owned(),
        wanted,
        measured: None,
        holds: false,
    }
}

/// No scenarios is not the same as none that failed.
fn scenarios(found: Option<&Vec<Value>>) -> Criterion {
    let (name, wanted) = ("scenarios", "all hold");
    let Some(found) = found.filter(|found| !found.is_empty()) else {
        return unmeasured(name, wanted.to_owned());
    };
    let held = found.iter().filter(|one| one["failure"].is_null()).count();
    let first = found.iter().find_map(|one| one["failure"].as_str());
    let first = first.map(|failure| format!("; {}", in_a_line(failure)));
    let measured = format!("{held} of {}{}", found.len(), first.unwrap_or_default());
    Criterion::stated(name, wanted, measured, held == found.len())
}

fn markets(terms: &RandomMarkets, found: &Value) -> Criterion {
    let name = "random markets";
    let wanted = format!("all {} hold", terms.markets);
    if let Some(failure) = found["failure"].as_str() {
        return Criterion::stated(name, &wanted, in_a_line(failure), false);
    }
    let Some(tried) = found["markets"].as_u64() else {
        return unmeasured(name, wanted);
    };
    let most = found["most_fuel"].as_u64().unwrap_or_default();
    let measured = format!("{tried} held, at most {most} units of fuel an event");
    Criterion::stated(name, &wanted, measured, tried >= u64::from(terms.markets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn terms(text: &str) -> Checks {
        toml::from_str(text).unwrap()
    }

    fn check(terms: &Checks, found: &Value, passes: bool, expect: &str) {
        let gate = judge(terms, found);
        assert_eq!(gate.passes(), passes, "{}", gate.verdict());
        assert!(gate.verdict().contains(expect), "{}", gate.verdict());
    }

    #[test]
    fn every_scenario_must_hold_and_there_must_be_one() {
        let terms = terms("scenarios = [\"scenarios\"]");
        let good = json!({"file": "a", "failure": null});
        let bad = json!({"file": "b", "failure": "b:3: it bought"});
        check(
            &terms,
            &json!({"scenarios": [good, good]}),
            true,
            "scenarios: 2 of 2",
        );
        let one = json!({"scenarios": [good, bad]});
        check(&terms, &one, false, "scenarios: 1 of 2; b:3: it bought");
        check(
            &terms,
            &json!({"scenarios": []}),
            false,
            "could not be measured",
        );
        check(&terms, &json!({}), false, "could not be measured");
    }

    #[test]
    fn every_random_market_must_hold() {
        let terms = terms("[random]\nmarkets = 5\nhand_over = false\ninstruments = [\"A\"]");
        let found =
            |markets: u64| json!({"random": {"markets": markets, "most_fuel": 9, "orders": 3}});
        check(&terms, &found(5), true, "5 held, at most 9 units");
        check(&terms, &found(4), false, "4 held");
        check(
            &terms,
            &json!({"random": null}),
            false,
            "could not be measured",
        );
        let failed = json!({"random": {"failure": "seed 3: it broke"}});
        check(&terms, &failed, false, "random markets: seed 3: it broke");
        let words = of_random(&terms.random.unwrap()).join(" ");
        assert_eq!(words, "--random 5 --seed 1 --no-hand-over --instrument A");
    }

    #[test]
    fn a_version_that_sends_no_order_in_any_market_was_not_tried() {
        let found =
            |orders: u64| json!({"random": {"markets": 5, "most_fuel": 9, "orders": orders}});
        let usual = terms("[random]\nmarkets = 5");
        let words = "orders in random markets: 0, wanted at least 1";
        check(&usual, &found(0), false, words);
        check(&usual, &found(1), true, "orders in random markets: 1");
        let unknown = json!({"random": {"markets": 5, "most_fuel": 9}});
        let words = "orders in random markets: could not be measured";
        check(&usual, &unknown, false, words);
        let idle = terms("[random]\nmarkets = 5\nmin_orders = 0");
        check(&idle, &found(0), true, "wanted at least 0");
    }
}
