//! A chart's webhook and an operator tell a strategy what to do: it trades, and the journal runs again to the
//! same byte.

use super::outside::ask;
use super::process::{argonaut, plugin_dir, stdout};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use services::clock::{Clock, SystemClock};
use std::path::Path;
use std::time::{Duration, Instant};

const FILE: &str = "built-in configuration";
const SECRET: &str = "a secret of some length";
/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(120);

fn config(folder: &Path) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let overrides = [
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            plugin_dir().display().to_string(),
        ),
    ];
    let secret = folder.join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let secret = secret.display();
    let text = format!(
        r#"{DEFAULT_CONFIG}
        [[strategy]]
        name = "follower"
        plugin = "signal-follower.wasm"
        parameters = {{ instrument = "EUR/USD.SIM" }}

        [[hook]]
        name = "tv"
        kind = "tradingview"
        secret_file = "{secret}"

        [hook.signal]
        strategy = "follower"
        name = "chart"

        [hook.signal.values]
        action = {{ kind = "text", one_of = ["buy", "sell"] }}
        quantity = {{ kind = "decimal", min = "1000", max = "10000" }}
        "#
    );
    config::parse(Path::new(FILE), &text, &overrides).unwrap()
}

/// A call of the hook, as a chart makes it.
fn call(base: &str, id: &str, action: &str) -> (u16, Value) {
    let body = json!({
        "secret": SECRET,
        "id": id,
        "time": SystemClock.now().to_string(),
        "values": {"action": action, "quantity": "3000"},
    });
    ask("POST", &format!("{base}/hooks/tv"), &body)
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How many fills of the follower there are.
fn fills(api: &str) -> usize {
    let (_, shown) = ask("GET", &format!("{api}/fills"), &Value::Null);
    let list = shown.as_array().or_else(|| shown["items"].as_array());
    let own = list.unwrap().iter();
    own.filter(|fill| fill["strategy"] == "follower").count()
}

fn visit(base: &str) {
    let api = format!("{base}/api/v1");
    until("a price", || {
        let url = format!("{api}/instruments/EUR/USD.SIM");
        !ask("GET", &url, &Value::Null).1["quote"].is_null()
    });
    let (status, told) = call(base, "a", "buy");
    assert_eq!(
        (status, &told["strategy"]),
        (201, &json!("follower")),
        "{told}"
    );
    let (status, again) = call(base, "a", "buy");
    assert_eq!(
        (status, &again["duplicate"]),
        (200, &json!(true)),
        "{again}"
    );
    until("the fill", || fills(&api) >= 1);
    assert_eq!(call(base, "b", "hold").0, 400);
    let signals = format!("{api}/strategies/follower/signals");
    let flat = json!({"id": "1", "name": "flat"});
    assert_eq!(ask("POST", &signals, &flat).0, 201);
    assert_eq!(ask("POST", &signals, &flat).0, 200);
    until("the way out", || fills(&api) >= 2);
    let (_, log) = ask(
        "GET",
        &format!("{api}/strategies/follower/log"),
        &Value::Null,
    );
    let log = log.to_string();
    for said in ["signal chart action=buy quantity=3000", "signal flat"] {
        assert_eq!(log.matches(said).count(), 1, "{log}");
    }
    let pause = format!("{api}/strategies/follower/pause");
    assert_eq!(ask("POST", &pause, &Value::Null).0, 200);
    let (status, refused) = call(base, "c", "buy");
    assert_eq!(status, 409, "{refused}");
}

#[test]
fn a_strategy_trades_as_it_is_told_from_outside_and_replays_to_the_same_hash() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, journal) = runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "test".to_owned(), compiler);
        let app = app.await.unwrap();
        let base = format!("http://{}", app.address().unwrap());
        let journal = app.journal().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let visited = tokio::task::spawn_blocking(move || visit(&base));
        visited.await.unwrap();
        stop.send(()).unwrap();
        (serving.await.unwrap().unwrap(), journal)
    });
    assert_eq!(ended.journal_error, None);
    let plugins = folder.path().join("plugins");
    let journal = journal.to_str().unwrap();
    let plugins = plugins.to_str().unwrap();
    let arguments = [
        "replay",
        journal,
        "--verify",
        "--json",
        "--plugins",
        plugins,
    ];
    let output = argonaut(folder.path(), &arguments);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["hash"], ended.journal_hash.to_string());
    assert_eq!(report["equal"], true);
}
