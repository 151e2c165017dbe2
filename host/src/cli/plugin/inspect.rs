//! `argonaut plugin inspect` and `argonaut plugin diff`: what a component is and wants, and how two of them
//! differ; of files on this machine, or of what a running host has.

use crate::cli::asking::Where;
use crate::client::encoded;
use crate::plugins::{Plugin, Plugins, default_data_dir, runtime_options};
use anyhow::{Result, bail};
use api::{DifferenceDto, ManifestDto};
use clap::Args;
use registry::{Manifest, diff};
use runtime::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What to look at.
#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    /// A component's file, or the SHA-256 (8 or more digits of it) of one that a running host has.
    plugin: String,
    #[command(flatten)]
    at: Where,
}

/// What to compare.
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The older one: a file, or the SHA-256 (8 or more digits of it) of one that a running host has.
    before: String,
    /// The newer one, in the same way.
    after: String,
    #[command(flatten)]
    at: Where,
}

pub(super) fn inspect(arguments: &InspectArguments) -> Result<()> {
    let mut plugin = match is_hash(&arguments.plugin) {
        true => {
            let path = format!("/plugins/{}", encoded(&arguments.plugin));
            arguments.at.client()?.get(&path)?.succeeded()?
        }
        false => {
            let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
            let plugin = plugins.load_any(Path::new(&arguments.plugin))?;
            let mut found = serde_json::to_value(ManifestDto::new(&manifest_of(&plugin)))?;
            if let Some((name, value)) = with_defaults(&plugins, &plugin) {
                found[name] = value;
            }
            found
        }
    };
    let world = plugin["world"].as_str();
    let world = World::ALL.into_iter().find(|it| Some(it.name()) == world);
    if let Some(world) = world {
        plugin["exports"] = json!(world.exports()?);
    }
    arguments.at.show(&plugin, words)
}

/// Digits of a hash, and no file of that name.
fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (8..=64).contains(&digits.len()) && hexadecimal && !Path::new(text).exists()
}

fn manifest(file: &Path) -> Result<Manifest> {
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let plugin = plugins.load_any(file)?;
    Ok(manifest_of(&plugin))
}

fn manifest_of(plugin: &Plugin) -> Manifest {
    services::wasm::manifest(&plugin.admitted, &plugin.description)
}

/// What a factor needs or an indicator shows with default parameters; nothing where it cannot be made with
/// those.
fn with_defaults(plugins: &Plugins, plugin: &Plugin) -> Option<(&'static str, Value)> {
    let nothing = BTreeMap::new();
    match plugin.admitted.world() {
        World::Factor => {
            let factor = plugins.factor(plugin, &nothing).ok()?;
            let needs = factor.needs();
            let fields: Vec<_> = needs.fields.iter().map(|field| field.name()).collect();
            let needs = json!({
                "fields": fields,
                "lookback": needs.lookback,
                "better": needs.better.name(),
            });
            Some(("needs", needs))
        }
        World::Indicator => {
            let indicator = plugins.indicator(plugin, &nothing).ok()?;
            let shape = indicator.shape();
            let lines: Vec<_> = shape.lines.iter().map(|line| line.name.as_str()).collect();
            let shows = json!({
                "lines": lines,
                "feed": shape.feed.name(),
                "warm_up": shape.warm_up,
            });
            Some(("shows", shows))
        }
        _ => None,
    }
}

pub(super) fn compare(arguments: &DiffArguments) -> Result<()> {
    let DiffArguments { before, after, at } = arguments;
    let difference = match [before, after].map(|text| is_hash(text)) {
        [true, true] => {
            let path = format!("/plugins/{}/diff/{}", encoded(before), encoded(after));
            at.client()?.get(&path)?.succeeded()?
        }
        [false, false] => {
            let [before, after] = [before, after].map(|file| manifest(Path::new(file)));
            serde_json::to_value(DifferenceDto::new(diff(&before?, &after?)))?
        }
        _ => bail!(
            "give two files or two hashes; `argonaut plugin upload FILE` makes the host know a file by \
             its hash"
        ),
    };
    at.show(&difference, changes)
}

/// A component as lines, first what it is, then what can be set.
fn words(plugin: &Value) -> Vec<String> {
    let text = |name: &str| plugin[name].as_str().unwrap_or_default();
    let mut lines = vec![format!("{} {}", text("name"), text("version"))];
    lines.extend(text("documentation").lines().map(str::to_owned));
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{name:<8} {value}"));
        }
    };
    fact("world", text("world").to_owned());
    fact("hash", text("hash").to_owned());
    fact("size", format!("{} bytes", plugin["size_bytes"]));
    fact("authors", text("authors").to_owned());
    fact("fuel", fuel(&plugin["fuel"]));
    fact("needs", needs(&plugin["needs"]));
    fact("shows", shows(&plugin["shows"]));
    fact("state", text("state").to_ascii_lowercase());
    let signature = &plugin["signature"];
    if let Some(key) = signature["key_id"].as_str() {
        fact(
            "signed",
            format!(
                "by {key}: {}",
                signature["comment"].as_str().unwrap_or_default()
            ),
        );
    }
    if let Some(detail) = plugin["refusal"]["detail"].as_str() {
        fact("refused", detail.to_owned());
    }
    for note in plugin["faults"].as_array().into_iter().flatten() {
        let text = |name: &str| note[name].as_str().unwrap_or_default();
        let (strategy, input) = (text("strategy"), &note["sequence"]);
        fact(
            "fault",
            format!("{strategy} at input {input}: {}", text("fault")),
        );
    }
    fact("imports", strings(&plugin["imports"]).join(", "));
    fact("exports", strings(&plugin["exports"]).join(", "));
    fact("options", strings(&plugin["options"]).join(", "));
    fact("limits", limits(&plugin["limits"]));
    for parameter in plugin["parameters"].as_array().into_iter().flatten() {
        lines.push(format!("  {}", parameter_words(parameter)));
        let documentation = parameter["documentation"].as_str().unwrap_or_default();
        lines.push(format!("      {documentation}"));
    }
    lines
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

/// `close, 252 rows of history; higher is better`, of a factor.
fn needs(needs: &Value) -> String {
    let Some(better) = needs["better"].as_str() else {
        return String::new();
    };
    let fields = strings(&needs["fields"]).join(", ");
    let lookback = &needs["lookback"];
    format!("{fields}, {lookback} rows of history; {better} is better")
}

/// `rising, falling; by bars, after 10 updates`, of an indicator.
fn shows(shows: &Value) -> String {
    let Some(feed) = shows["feed"].as_str() else {
        return String::new();
    };
    let lines = strings(&shows["lines"]).join(", ");
    let warm_up = &shows["warm_up"];
    format!("{lines}; by {feed}, after {warm_up} updates")
}

/// `event_fuel 10000000, …`: under which it was admitted.
fn limits(limits: &Value) -> String {
    let limits = limits.as_object().into_iter().flatten();
    let limits: Vec<_> = limits
        .map(|(name, most)| format!("{name} {most}"))
        .collect();
    limits.join(", ")
}

fn fuel(fuel: &Value) -> String {
    match fuel["median"].as_u64() {
        Some(median) => format!("{median} an event, {} at most", fuel["most"]),
        None => String::new(),
    }
}

/// `fast (integer, 2..=200, default 10)`.
fn parameter_words(parameter: &Value) -> String {
    let text = |name: &str| parameter[name].as_str();
    let default = match text("default") {
        None => "required".to_owned(),
        Some("") => "default empty".to_owned(),
        Some(value) => format!("default {value}"),
    };
    let range = match (text("minimum"), text("maximum")) {
        (None, None) => String::new(),
        (low, high) => format!(
            ", {}..={}",
            low.unwrap_or_default(),
            high.unwrap_or_default()
        ),
    };
    let (name, kind) = (
        text("name").unwrap_or_default(),
        text("kind").unwrap_or_default(),
    );
    format!("{name} ({kind}{range}, {default})")
}

/// A difference as lines; what did not change is left out.
fn changes(difference: &Value) -> Vec<String> {
    if difference["same"] == true {
        return vec!["the same bytes".to_owned()];
    }
    let mut lines = Vec::new();
    for name in ["name", "world", "version", "authors"] {
        let change = &difference[name];
        if !change.is_null() {
            let side = |side: &str| change[side].as_str().unwrap_or("-").to_owned();
            lines.push(format!("{name:<8} {} -> {}", side("before"), side("after")));
        }
    }
    let order = difference["order"].as_str().unwrap_or_default();
    lines.push(format!("order    {}", order.to_ascii_lowercase()));
    let size = &difference["size_bytes"];
    lines.push(format!(
        "size     {} -> {} bytes",
        size["before"], size["after"]
    ));
    let [before, after] = ["before", "after"].map(|side| fuel(&difference["fuel"][side]));
    if before != after {
        lines.push(format!("fuel     {before} -> {after}"));
    }
    for name in ["imports", "options"] {
        for (sign, side) in [("+", "added"), ("-", "removed")] {
            let names = strings(&difference[name][side]).into_iter();
            lines.extend(names.map(|found| format!("{name:<8} {sign} {found}")));
        }
    }
    for parameter in difference["parameters"].as_array().into_iter().flatten() {
        for (sign, side) in [("-", "before"), ("+", "after")] {
            if !parameter[side].is_null() {
                lines.push(format!(
                    "setting  {sign} {}",
                    parameter_words(&parameter[side])
                ));
            }
        }
    }
    lines
}
