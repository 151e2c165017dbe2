//! Models of venues that are plugins, in backtests and in a live host: fees, fills and latencies become
//! what they say, and a journal runs again with them only.

use super::determinism::folder;
use super::process::{argonaut, error_line, fresh_key, plugin, plugin_dir, stdout};
use argonaut::config;
use argonaut::plugins::runtime_options_with;
use argonaut::run::App;
use model::Money;
use serde_json::{Value, json};
use std::path::Path;

/// A backtest on the waves of `folder`, as JSON.
fn backtest(folder: &Path, strategy: &str, rest: &str) -> Value {
    let strategy = plugin(strategy).display().to_string();
    let data = "--data quotes.csv --json -";
    let mut arguments = vec!["backtest", "--strategy", &strategy];
    arguments.extend(data.split_whitespace().chain(rest.split_whitespace()));
    let report = stdout(&argonaut(folder, &arguments));
    serde_json::from_str(&report).unwrap()
}

fn model(port: &str, name: &str, parameters: &str) -> String {
    let file = plugin(name);
    format!("--venue-model {port}={}{parameters}", file.display())
}

/// Eight orders in turn.
const IN_TURN: &str = "--instrument EUR/USD --param every=300 --param quantity=1000";

/// What the buyers among them pay, in USD: 0.5 % of 1,000 at the ask of every second 300th quote.
fn duty() -> String {
    let asks = [1_i64, 3, 5, 7].map(|order| {
        let second = order * 300 - 1;
        110_003 + (second % 600 - 300).abs() + second * 7 % 13
    });
    // Asks are units of 1e-5.
    let fees = asks.iter().sum::<i64>() * 5;
    let text = format!("{}.{:05}", fees / 100_000, fees % 100_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[test]
fn a_fee_model_charges_what_it_says_and_the_journal_runs_again_with_it() {
    let folder = folder();
    let journal = folder.path().join("run.journal");
    let plain = backtest(folder.path(), "order-every", IN_TURN);
    let taxed = model("fee", "stamp-duty", ",duty=0.005");
    let taxed = format!("{IN_TURN} {taxed} --journal {}", journal.display());
    let report = backtest(folder.path(), "order-every", &taxed);
    assert_eq!(plain["counters"]["fills"], "8");
    assert_eq!(report["counters"]["fills"], "8");
    assert_eq!(plain["costs"]["fees"], "0");
    assert_eq!(report["costs"]["fees"], duty());
    let verify = |plugins: &Path| {
        let plugins = plugins.display().to_string();
        let journal = journal.display().to_string();
        let arguments = [
            "replay",
            &journal,
            "--verify",
            "--json",
            "--plugins",
            &plugins,
        ];
        argonaut(folder.path(), &arguments)
    };
    let again: Value = serde_json::from_str(&stdout(&verify(&plugin_dir()))).unwrap();
    assert_eq!(again["equal"], true);
    assert_eq!(again["hash"], report["journal_hash"]);
    // Without the model there is no telling what the fills cost.
    let error = error_line(&verify(folder.path()));
    assert!(error.contains("venue SIM: plugin "), "{error}");
}

#[test]
fn a_model_of_latencies_delays_as_the_built_in_one_would() {
    let folder = folder();
    let crossover = "--param fast=2 --param slow=4 --param warm_up=0 --param quantity=1000 \
                     --instrument EUR/USD";
    let run = |more: &str| {
        let report = backtest(folder.path(), "ema-cross", &format!("{crossover} {more}"));
        (report["trades"].clone(), report["end_equity"].clone())
    };
    let travel = model(
        "latency",
        "gateway-queue",
        ",travel_us=1500000,handling_us=0",
    );
    let delayed = run(&travel);
    assert_eq!(delayed, run("--latency 1500ms"));
    assert_ne!(delayed, run(""));
}

#[test]
fn a_model_of_fills_cuts_what_rests() {
    let folder = folder();
    let maker = "--instrument EUR/USD,lot=1 --param quantity=1000 --param max_inventory=1000000";
    let traded = |more: &str| {
        let report = backtest(folder.path(), "market-maker", &format!("{maker} {more}"));
        let value = report["attribution"][0]["traded_value"].as_str().unwrap();
        value.parse::<f64>().unwrap()
    };
    let cut = |share: &str| model("fill", "queue-haircut", &format!(",share={share}"));
    let (plain, whole) = (traded(""), traded(&cut("1")));
    assert!(plain > 0.0);
    assert!((plain - whole).abs() < f64::EPSILON);
    let half = traded(&cut("0.5"));
    assert!(half < plain, "{half} of {plain}");
}

#[test]
fn models_that_cannot_be_had_or_meant_are_named() {
    let folder = folder();
    let strategy = plugin("order-every").display().to_string();
    let check = |instrument: &str, rest: &str, expect: &str| {
        let mut arguments = vec!["backtest", "--strategy", &strategy, "--data", "quotes.csv"];
        arguments.extend(["--instrument", instrument]);
        arguments.extend(rest.split_whitespace());
        let line = error_line(&argonaut(folder.path(), &arguments));
        assert!(line.contains(expect), "{line}");
    };
    let duty = model("fee", "stamp-duty", "");
    let plain = "EUR/USD";
    check(
        plain,
        "--venue-model fee=nowhere.wasm",
        "nowhere.wasm: the plugin cannot be read",
    );
    check(
        plain,
        &model("tax", "stamp-duty", ""),
        "--venue-model tax: write fill=FILE",
    );
    check(
        plain,
        &model("fill", "stamp-duty", ""),
        "it serves the ports [Fee], not Fill",
    );
    check(
        plain,
        &model("fee", "order-pace", ""),
        "a `venue-model` is wanted",
    );
    check(plain, &model("fee", "stamp-duty", ",duty=2"), "duty");
    check(
        plain,
        &format!("{duty} {duty}"),
        "this name was given before",
    );
    check(
        "EUR/USD,taker_fee=0.001",
        &duty,
        "it takes the place of the fees and tiers of instrument EUR/USD",
    );
    check(
        plain,
        &format!("{} --latency 5ms", model("latency", "gateway-queue", "")),
        "it takes the place of latencies",
    );
    check(
        plain,
        &format!("{} --slippage-ticks 1", model("fill", "queue-haircut", "")),
        "it takes the place of slippage",
    );
}

/// A host whose venue charges a duty.
const TAXED: &str = r#"
[feed]
kind = "simulated"

[[venue]]
name = "SIM"
fee_model = { plugin = "stamp-duty.wasm", parameters = { duty = "1" } }

[[instrument]]
symbol = "ACME.SIM"
class = "equity"
quote = "USD"
tick = "0.01"
lot = "1"
simulation = { start_price = "100", volatility = 0.2, spread_ticks = 2.0, size_lots = 500.0, events_per_second = 200.0 }

[[account]]
name = "cash"
kind = "cash"
base_currency = "USD"
deposits = { USD = "1000000" }
"#;

/// Starts a host in `folder`, does something with its API, and ends it.
fn live(folder: &Path, run: &str, act: impl FnOnce(&str) + Send + 'static) {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let overrides = [
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            plugin_dir().display().to_string(),
        ),
    ];
    let file = Path::new("taxed.toml");
    let config = config::parse(file, TAXED, &overrides).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder);
        let app = App::start(file, &config, run.to_owned(), compiler);
        let app = app.await.unwrap();
        let base = format!("http://{}/api/v1", app.address().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        tokio::task::spawn_blocking(move || act(&base))
            .await
            .unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap()
    });
    assert_eq!(ended.journal_error, None);
}

fn get(base: &str, path: &str) -> Value {
    let mut answer = ureq::get(format!("{base}{path}")).call().unwrap();
    answer.body_mut().read_json().unwrap()
}

/// The fills so far, as price and fee.
fn fills(base: &str) -> Vec<(Money, Money)> {
    let fills = get(base, "/fills");
    let amount = |fill: &Value, key: &str| fill[key].as_str().unwrap().parse().unwrap();
    let fills = fills.as_array().unwrap().iter();
    fills
        .map(|fill| (amount(fill, "price"), amount(fill, "fee")))
        .collect()
}

/// Buys a lot, which cannot fill in parts, and waits for it.
fn buy(base: &str, expect: usize) {
    let order = json!({
        "instrument": "ACME.SIM", "side": "BUY", "quantity": "1", "type": "MARKET",
    });
    for _ in 0..600 {
        // Until there is a price the order is denied.
        if !get(base, "/instruments/ACME.SIM")["quote"].is_null() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    ureq::post(format!("{base}/orders"))
        .header("idempotency-key", fresh_key())
        .send_json(&order)
        .unwrap();
    for _ in 0..600 {
        if fills(base).len() >= expect {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("no fill came: {}", get(base, "/orders"));
}

#[test]
fn a_live_host_charges_by_its_model_and_comes_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    live(folder.path(), "first", |base| {
        let venues = get(base, "/venues");
        let name = venues[0]["fee"]["model"].as_str().unwrap();
        assert_eq!(name.len(), 64, "{venues}");
        buy(base, 1);
    });
    live(folder.path(), "second", |base| {
        assert_eq!(fills(base).len(), 1);
        buy(base, 2);
        for (price, fee) in fills(base) {
            // A duty of the whole value.
            assert_eq!(price, fee);
        }
    });
}
