//! `argonaut plugin list`, `upload`, `approve`, `revoke`, `release`, `delete` and `history`: the registry of a running
//! host, by its API.

use super::uploading;
use crate::cli::asking::{Where, Writing, component};
use crate::cli::remote::more;
use crate::client::{Body, Request, encoded, with_query as with};
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::PathBuf;
use ureq::http::Method;

/// Which plugins.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only those in this state: uploaded, approved, revoked or deleted.
    #[arg(long)]
    state: Option<String>,
    /// Only versions of the plugin of this name.
    #[arg(long)]
    name: Option<String>,
    /// At most so many, the newest first.
    #[arg(long)]
    limit: Option<u32>,
    /// What follows the page before, as it says.
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    #[command(flatten)]
    at: Where,
}

/// A plugin to send to a host, which keeps it and does not run it.
#[derive(Debug, Args)]
pub(super) struct UploadArguments {
    /// The component. If there is a FILE.minisig beside it, that goes with it.
    file: PathBuf,
    /// Its signature, where it lies elsewhere.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Who asks.
    #[arg(long)]
    by: Option<String>,
    /// Also if a newer version runs or is approved.
    #[arg(long)]
    force: bool,
    /// Say how far it is on the standard error; a terminal there is told without.
    #[arg(long)]
    progress: bool,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    at: Where,
}

/// A plugin that somebody decides about.
#[derive(Debug, Args)]
pub(super) struct DecisionArguments {
    /// Its SHA-256, or the first 8 or more digits of it.
    plugin: String,
    /// Who asks.
    #[arg(long)]
    by: Option<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    at: Where,
}

/// A plugin to approve.
#[derive(Debug, Args)]
pub(super) struct ApproveArguments {
    #[command(flatten)]
    decision: DecisionArguments,
    /// Also if a newer version runs or is approved.
    #[arg(long)]
    force: bool,
}

/// The plugin whose history is wanted.
#[derive(Debug, Args)]
pub(super) struct HistoryArguments {
    /// Its SHA-256, or the first 8 or more digits of it.
    plugin: String,
    #[command(flatten)]
    at: Where,
}

pub(super) fn list(arguments: &ListArguments) -> Result<()> {
    let mut query = Vec::new();
    if let Some(state) = &arguments.state {
        query.push(("state", state.to_ascii_uppercase()));
    }
    if let Some(name) = &arguments.name {
        query.push(("name", name.clone()));
    }
    if let Some(limit) = arguments.limit {
        query.push(("limit", limit.to_string()));
    }
    if let Some(after) = &arguments.after {
        query.push(("after", after.clone()));
    }
    let path = format!("/plugins{}", with(&query));
    let answer = arguments.at.client()?.get(&path)?;
    let after = answer.after.clone();
    arguments.at.show(&answer.succeeded()?, |answer| {
        let plugins = answer.as_array().map_or(&[][..], Vec::as_slice);
        let mut lines = vec![row(
            ["SHA-256", "STATE", "WORLD", "SIGNED BY", "PLUGIN"],
            "USED BY",
        )];
        lines.extend(plugins.iter().map(line));
        lines.extend(after.as_deref().map(more));
        lines
    })
}

fn row([hash, state, world, key, plugin]: [&str; 5], users: &str) -> String {
    let line = format!("{hash:<12}  {state:<8}  {world:<19}  {key:<16}  {plugin:<28}  {users}");
    line.trim_end().to_owned()
}

fn line(plugin: &Value) -> String {
    let text = |name: &str| plugin[name].as_str().unwrap_or("-");
    let title = format!("{} {}", text("name"), text("version"));
    let short = text("hash").get(..12).unwrap_or_default();
    let users = plugin["used_by"].as_array().into_iter().flatten();
    let users: Vec<_> = users.map(user).collect();
    row(
        [
            short,
            text("state"),
            text("world"),
            text("signed_by"),
            &title,
        ],
        &users.join(", "),
    )
}

fn user(user: &Value) -> String {
    let text = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("role"), text("name"))
}

pub(super) fn upload(arguments: &UploadArguments) -> Result<()> {
    let (plugin, signature) = component(&arguments.file, arguments.signature.as_deref())?;
    let mut query = Vec::new();
    query.extend(arguments.by.clone().map(|by| ("by", by)));
    if arguments.force {
        query.push(("force", "true".to_owned()));
    }
    let path = format!("/plugins{}", with(&query));
    let client = arguments.at.client_for_plugins()?;
    let body = Body::Plugin {
        bytes: plugin,
        signature,
    };
    let request = Request::new(Method::POST, path, body);
    let request = arguments.writing.on(request);
    let answer = match arguments.progress || std::io::stderr().is_terminal() {
        true => uploading::followed(&client, request)?,
        false => client.send(&request)?,
    };
    arguments.at.show(&answer.succeeded()?, stands)
}

/// How a plugin stands, in two lines.
fn stands(plugin: &Value) -> Vec<String> {
    let text = |name: &str| plugin[name].as_str().unwrap_or("-");
    let state = text("state").to_ascii_lowercase();
    let mut lines = vec![format!("{} {}: {state}", text("name"), text("version"))];
    lines.push(text("hash").to_owned());
    if let Some(detail) = plugin["refusal"]["detail"].as_str() {
        lines.push(format!("may not run: {detail}"));
    }
    lines
}

pub(super) fn approve(arguments: &ApproveArguments) -> Result<()> {
    let decision = &arguments.decision;
    let mut body = decision.body();
    body["force"] = json!(arguments.force);
    let path = format!("/plugins/{}/approve", encoded(&decision.plugin));
    let answer = decision.ask(Request::post(path, body))?;
    decision.at.show(&answer, stands)
}

pub(super) fn revoke(decision: &DecisionArguments) -> Result<()> {
    let path = format!("/plugins/{}/revoke", encoded(&decision.plugin));
    let answer = decision.ask(Request::post(path, decision.body()))?;
    decision.at.show(&answer, |answer| {
        let mut lines = stands(&answer["plugin"]);
        let paused = answer["paused"].as_array().into_iter().flatten();
        lines.extend(paused.filter_map(Value::as_str).map(|name| {
            format!("strategy {name} is paused; swap it for another plugin, then resume it")
        }));
        let users = answer["plugin"]["used_by"].as_array().into_iter().flatten();
        let others = users.filter(|user| user["role"] != "strategy");
        lines.extend(others.map(|other| format!("{} has it still; replace it", user(other))));
        lines
    })
}

pub(super) fn release(decision: &DecisionArguments) -> Result<()> {
    let path = format!("/plugins/{}/release", encoded(&decision.plugin));
    let answer = decision.ask(Request::post(path, decision.body()))?;
    decision.at.show(&answer, |answer| {
        let mut lines = stands(&answer["plugin"]);
        let waiting = answer["strategies"].as_array().into_iter().flatten();
        lines.extend(waiting.filter_map(Value::as_str).map(|name| {
            format!("strategy {name} has it, and stays as it is until it is resumed or started")
        }));
        lines
    })
}

pub(super) fn delete(decision: &DecisionArguments) -> Result<()> {
    let mut query = Vec::new();
    query.extend(decision.by.clone().map(|by| ("by", by)));
    query.extend(decision.reason.clone().map(|reason| ("reason", reason)));
    let path = format!("/plugins/{}{}", encoded(&decision.plugin), with(&query));
    let answer = decision.ask(Request::delete(path))?;
    decision.at.show(&answer, stands)
}

pub(super) fn history(arguments: &HistoryArguments) -> Result<()> {
    let path = format!("/plugins/{}/history", encoded(&arguments.plugin));
    let answer = arguments.at.client()?.get(&path)?.succeeded()?;
    arguments.at.show(&answer, |answer| {
        let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
        let mut lines: Vec<_> = list("acts").iter().map(act).collect();
        lines.extend(list("uses").iter().map(|used| {
            let text = |name: &str| used[name].as_str().unwrap_or_default();
            let (time, journal) = (text("time"), text("journal"));
            format!("{time}  used as {} in the journal {journal}", user(used))
        }));
        lines.extend(list("runs").iter().map(run));
        let missing = answer["runs_unavailable"].as_str();
        lines.extend(missing.map(|reason| format!("no runs to show: {reason}")));
        lines
    })
}

fn act(act: &Value) -> String {
    let text = |name: &str| act[name].as_str();
    let mut line = format!(
        "{}  {}",
        text("time").unwrap_or_default(),
        text("act").unwrap_or_default().to_ascii_lowercase()
    );
    if let Some(by) = text("by") {
        line.push_str(&format!(" by {by}"));
    }
    if act["forced"] == true {
        line.push_str(", forced");
    }
    if let Some(reason) = text("reason") {
        line.push_str(&format!(": {reason}"));
    }
    line
}

fn run(run: &Value) -> String {
    let text = |name: &str| run[name].as_str().unwrap_or_default();
    let end = match run["to"].as_u64() {
        Some(to) => format!("to input {to} ({})", text("ended_by").to_ascii_lowercase()),
        None => "until now".to_owned(),
    };
    let (time, strategy) = (text("from_time"), text("strategy"));
    format!(
        "{time}  strategy {strategy} ran it from input {} {end}",
        run["from"]
    )
}

impl DecisionArguments {
    fn ask(&self, request: Request) -> Result<Value> {
        let request = self.writing.on(request);
        self.at.client()?.send(&request)?.succeeded()
    }

    fn body(&self) -> Value {
        json!({"by": self.by, "reason": self.reason})
    }
}
