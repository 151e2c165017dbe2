//! The kill switch from outside: every trigger, and what keeps a killed firm from trading again.

use super::process::{argonaut, error_line_of, execute, root, stdout};
use argonaut::config;
use argonaut::kill::Client;
use argonaut::plugins::runtime_options_with;
use argonaut::run::App;
use serde_json::Value;
use services::handle::{Queries, ScopeName};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::plugin::Plugin;

/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn no_order_passes_after_any_trigger_in_any_bad_state_and_the_latch_survives() {
    let folder = tempfile::tempdir().unwrap();
    let output = argonaut(folder.path(), &["kill", "--drill", "--short", "--json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["safe"], true, "{report:#}");
    let rows = report["rows"].as_array().unwrap();
    let tried = rows.iter().filter(|row| row["left_out"].is_null());
    let (mut states, mut triggers) = (BTreeSet::new(), BTreeSet::new());
    let mut scopes = BTreeSet::new();
    for row in tried {
        assert_eq!(row["passed"], 0, "{report:#}");
        assert_eq!(row["latched"], true, "{report:#}");
        assert!(row["gate_ns"].is_string(), "{report:#}");
        assert!(row["cancels_ns"].is_string(), "{report:#}");
        states.insert(row["state"].as_str().unwrap());
        triggers.insert(row["trigger"].as_str().unwrap());
        scopes.insert(row["scope"].as_str().unwrap());
    }
    let expect = ["REST", "SIGUSR2", "argonaut kill", "kill file"];
    assert_eq!(Vec::from_iter(triggers), expect);
    assert_eq!(states.len(), 8, "{report:#}");
    let levels = ["account/drill", "firm", "strategy/manual"];
    assert_eq!(Vec::from_iter(scopes), levels);
}

#[test]
fn the_plugin_of_the_drill_is_the_one_that_loops() {
    let kept = root().join("host/src/kill/drill/stuck.wasm");
    let subscribe = "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)";
    let plugin = Plugin::new().with("init", subscribe);
    let made = plugin.with("on-quote", "(loop $again (br $again))").build();
    let made = made.unwrap();
    if std::env::var_os("ARGONAUT_BLESS").is_some() {
        std::fs::write(&kept, &made).unwrap();
    }
    let is_it = std::fs::read(&kept).unwrap() == made;
    assert!(
        is_it,
        "the contract changed: run this test with ARGONAUT_BLESS=1"
    );
}

#[test]
fn the_command_kills_by_the_file_when_no_api_answers() {
    let folder = tempfile::tempdir().unwrap();
    let kill = ["kill", "--address", "127.0.0.1:1", "--kill-file", "kill"];
    let line = error_line_of(3, &argonaut(folder.path(), &kill));
    assert!(line.contains("kill is written"), "{line}");
    assert!(line.contains("no host answers"), "{line}");
    assert!(folder.path().join("kill").exists());
    // Of a scope, beside those that are there.
    for scope in ["account=main", "strategy=ema"] {
        let kill = [
            "kill",
            "--address",
            "127.0.0.1:1",
            "--kill-file",
            "parts",
            "--scope",
            scope,
        ];
        let line = error_line_of(3, &argonaut(folder.path(), &kill));
        let told = scope.replace('=', "/");
        assert!(line.contains(&format!("kills {told} at a host")), "{line}");
    }
    let text = std::fs::read_to_string(folder.path().join("parts")).unwrap();
    let named = text.lines().filter(|line| line.contains('/'));
    assert_eq!(Vec::from_iter(named), ["account/main", "strategy/ema"]);
    let wrong = argonaut(folder.path(), &["kill", "--clear", "--kill-file", "kill"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_host_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], variables: &[(&str, &str)], expect: &str| {
        let line = error_line_of(3, &execute(folder.path(), arguments, variables));
        assert!(line.starts_with(expect), "{line}\nexpected: {expect}");
    };
    // Nothing listens on port 1.
    let expect = "error: no host answers at http://127.0.0.1:1/api/v1; is it running?";
    check(&["kill", "--address", "127.0.0.1:1"], &[], expect);
    let variable = ("ARGONAUT_HOST__LISTEN", "127.0.0.1:1");
    check(&["kill", "--clear"], &[variable], expect);
    let wrong = argonaut(folder.path(), &["kill", "--scope", "desk=a"]);
    assert_eq!(wrong.status.code(), Some(2));
}

pub const CONFIG: &str = r#"[host]
listen = "127.0.0.1:0"

[feed]
kind = "simulated"

[[venue]]
name = "SIM"

[[instrument]]
symbol = "ABC"
class = "equity"
quote = "USD"
tick = "0.01"
lot = "1"

[[account]]
name = "main"
kind = "cash"
base_currency = "USD"
deposits = { USD = "1000" }
"#;

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a host in `folder` and lets `act` talk to it.
fn with_host(folder: &Path, run: &str, act: impl FnOnce(&services::host::HostHandle, &Client)) {
    let set = |name: &str, file: &str| (name.to_owned(), folder.join(file).display().to_string());
    let overrides = [
        set("ARGONAUT_HOST__DATA_DIR", "data"),
        set("ARGONAUT_HOST__KILL_FILE", "kill"),
    ];
    let file = Path::new("host.toml");
    let config = config::parse(file, CONFIG, &overrides).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let program = env!("CARGO_BIN_EXE_argonaut").into();
    let compiler = runtime_options_with(program, folder);
    let app = runtime.block_on(App::start(file, &config, run.to_owned(), compiler));
    let app = app.unwrap();
    let client = Client::new(&app.address().unwrap().to_string());
    let handle = app.handle().clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(app.serve(async { stopped.await.unwrap_or_default() }));
    act(&handle, &client);
    drop(handle);
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap().unwrap();
}

#[test]
fn a_killed_firm_stays_killed_over_restarts_until_the_file_is_gone_and_the_latch_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let kill_file = folder.path().join("kill");
    with_host(folder.path(), "one", |host, client| {
        assert!(!host.engine().killed);
        client.kill(&ScopeName::Strategy("manual".into())).unwrap();
        assert!(!kill_file.exists(), "only the firm's kill is kept");
        client.kill(&ScopeName::Firm).unwrap();
        assert!(host.engine().killed && kill_file.exists());
    });
    with_host(folder.path(), "two", |host, client| {
        assert!(host.engine().killed, "the file was there at the start");
        let refused = client.clear(&ScopeName::Firm).unwrap_err().to_string();
        assert!(refused.contains("remove it first"), "{refused}");
        std::fs::remove_file(&kill_file).unwrap();
        assert!(host.engine().killed, "a person must clear the latch too");
        client.clear(&ScopeName::Firm).unwrap();
        assert!(!host.engine().killed);
        std::fs::write(&kill_file, "").unwrap();
        until("the kill file to be seen", || host.engine().killed);
    });
}
