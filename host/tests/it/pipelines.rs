//! Versions on their way through pipelines, with real plugins, child processes and a simulated market: one
//! that passes every gate and trades, one that fails at each, and one whose host ends on the way.

use super::process::{plugin, plugin_dir, root};
use super::versions::{Host, replays_equal};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use services::host::Ended;
use std::fs;
use std::path::{Path, PathBuf};

const FILE: &str = "configuration";
const ALL: [&str; 7] = [
    "VALIDATE", "CHECKS", "BACKTEST", "PAPER", "APPROVE", "CANARY", "LIVE",
];

/// The built-in market, faster, with a strategy that orders every fifth quote and one that counts.
fn config(folder: &Path) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let below = |name: &str| folder.join(name).display().to_string();
    let plugins = plugin_dir().display().to_string();
    let overrides = [
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set("ARGONAUT_HOST__PLUGIN_DIR", plugins),
        set("ARGONAUT_HOST__PIPELINE_DIR", below("gates")),
    ];
    let (market, _) = DEFAULT_CONFIG.split_once("[[strategy]]").unwrap();
    let market = market.replace("events_per_second = 30.0", "events_per_second = 200.0");
    let text = format!(
        "{market}[[strategy]]\nname = \"every\"\nplugin = \"order-every.wasm\"\n\
         parameters = {{ instrument = \"BTC/USD.SIM\", quantity = \"0.001\", every = \"5\" }}\n\
         [[strategy]]\nname = \"count\"\nplugin = \"counter.wasm\"\n\
         parameters = {{ instrument = \"BTC/USD.SIM\" }}\n"
    );
    config::parse(Path::new(FILE), &text, &overrides).unwrap()
}

/// A host with its folder, for one run of it.
struct Stand {
    host: Host,
    folder: PathBuf,
}

/// Runs a host while `act` asks of it; how it ended.
fn serve(folder: &Path, run: &str, act: impl FnOnce(&Stand) + Send + 'static) -> (Ended, PathBuf) {
    let config = config(folder);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = folder.to_owned();
    runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, &folder);
        let app = App::start(Path::new(FILE), &config, run.to_owned(), compiler);
        let app = app.await.unwrap();
        let host = Host(format!("http://{}/api/v1", app.address().unwrap()));
        let journal = app.journal().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let stand = Stand { host, folder };
        let acted = tokio::task::spawn_blocking(move || act(&stand)).await;
        acted.unwrap();
        stop.send(()).unwrap();
        (serving.await.unwrap().unwrap(), journal)
    })
}

impl Stand {
    /// Writes the pipeline of a strategy.
    fn gates(&self, strategy: &str, text: &str) {
        let folder = self.folder.join("gates");
        fs::create_dir_all(&folder).unwrap();
        let text = format!("strategy = \"{strategy}\"\n{text}");
        fs::write(folder.join(format!("{strategy}.toml")), text).unwrap();
    }

    /// The component that runs.
    fn plugin(&self, strategy: &str) -> Value {
        self.host.get(&format!("/strategies/{strategy}"))["plugin"]["hash"].clone()
    }

    /// Begins a run with these parameters; its path.
    fn begin(&self, strategy: &str, parameters: Value) -> String {
        let plugin = self.plugin(strategy);
        let body = json!({"plugin": plugin, "by": "anna", "parameters": parameters});
        let path = format!("/pipelines/{strategy}/runs");
        let (status, run) = self.host.post(&path, &body);
        assert_eq!(status, 201, "{run}");
        format!("{path}/{}", run["id"])
    }

    /// The run, once it is there.
    fn until(&self, path: &str, state: &str) -> Value {
        self.host.until(state, path, |run| {
            let now = run["state"].as_str().unwrap();
            let over = ["PASSED", "FAILED", "CANCELLED"].contains(&now);
            assert!(now == state || !over, "{run:#}");
            now == state
        })
    }

    /// A run that must fail at this stage, in these words.
    fn fails(&self, strategy: &str, parameters: Value, stage: &str, words: &str) {
        let run = self.until(&self.begin(strategy, parameters), "FAILED");
        assert_eq!(run["stage"], stage, "{run:#}");
        let verdict = run["verdict"].as_str().unwrap();
        let start = format!("{stage} failed: ");
        assert!(verdict.starts_with(&start), "{verdict}");
        assert!(verdict.contains(words), "{verdict}");
    }

    fn say(&self, path: &str, what: &str, by: &str) -> (u16, Value) {
        self.host
            .post(&format!("{path}/{what}"), &json!({"by": by}))
    }
}

/// A backtest of some twenty orders, and what it must find.
fn backtest(criteria: &str) -> String {
    let data = root().join("examples/data/eurusd_quotes.csv.gz");
    format!(
        "[backtest]\ndata = [\"{}\"]\ninstruments = [\"EUR/USD.SIM,lot=1000\"]\n\
         parameters = {{ instrument = \"EUR/USD.SIM\", quantity = \"1000\", every = \"500\" }}\n{criteria}\n",
        data.display()
    )
}

fn all_gates() -> String {
    let backtest = backtest("min_trades = 5\nmax_drawdown = 0.5");
    format!(
        "parameters = {{ quantity = \"0.002\" }}\n\
         [validate]\nmax_size = 10000000\n\
         [checks]\n[checks.random]\nmarkets = 2\nevents = 100\ninstruments = [\"EUR/USD.SIM,lot=1000\"]\n\
         parameters = {{ instrument = \"EUR/USD.SIM\", quantity = \"1000\" }}\n\
         {backtest}\
         [backtest.against_running]\nprofit_worse_by = \"0\"\n\
         [paper]\nfor = \"2s\"\nmin_orders = 5\nmax_fuel_p99 = 5000000\n\
         [approve]\n\
         [canary]\ninstruments = [\"BTC/USD.SIM\"]\nfor = \"1s\"\nmin_orders = 3\n\
         [live]\nfor = \"2s\"\nmax_denials = 1000000\n"
    )
}

fn passes_every_gate(stand: &Stand) {
    stand.gates("every", &all_gates());
    let shown = stand.host.get("/pipelines");
    assert_eq!(shown[0]["stages"], json!(ALL), "{shown}");
    let path = stand.begin("every", json!({}));
    let run = stand.until(&path, "WAITING");
    assert_eq!(run["stage"], "APPROVE");
    let trades = &run["stages"][2]["criteria"][1];
    assert_eq!(trades["name"], "trades", "{run:#}");
    assert!(trades["measured"].as_str().unwrap().parse::<u64>().unwrap() >= 5);
    let view = stand.host.get("/strategies/every");
    assert_eq!(view["pipeline"]["state"], "WAITING", "{view}");
    assert_eq!(view["shadow"], Value::Null);
    assert_eq!(view["plugin"]["parameters"]["quantity"], "0.001");

    let (status, refused) = stand.say(&path, "approve", "anna");
    assert_eq!(status, 409, "who began does not count: {refused}");
    let body = json!({"plugin": stand.plugin("every"), "by": "ben"});
    let (status, refused) = stand.host.post("/pipelines/every/runs", &body);
    assert_eq!(status, 409, "one at a time: {refused}");
    let (status, run) = stand.say(&path, "approve", "ben");
    assert_eq!(status, 200, "{run}");
    let run = stand.until(&path, "PASSED");
    assert_eq!(run["progress"], json!(1.0));
    assert_eq!(run["verdict"], "all 7 gates passed");
    let view = stand.host.get("/strategies/every");
    assert_eq!(view["plugin"]["parameters"]["quantity"], "0.002", "{view}");
    assert_eq!(view["probation"], Value::Null);
    let (status, refused) = stand.say(&path, "cancel", "ben");
    assert_eq!(status, 409, "{refused}");
}

fn fails_at_each_gate(stand: &Stand) {
    let gates = |text: &str| stand.gates("every", text);
    let fails = |stage: &str, words: &str| stand.fails("every", json!({}), stage, words);
    gates("[validate]\nmax_size = 1\n[live]\nfor = \"1h\"");
    fails("VALIDATE", "size in bytes");

    let wrong = "given parameter every 2\ngiven parameter quantity 1000\n\
                 09:30:00 quote 1.10000 x 5000 / 1.10002 x 5000\n\
                 09:30:01 quote 1.10001 x 5000 / 1.10003 x 5000\n-> nothing\n";
    gates("[checks]\nscenarios = [\"wrong.scenario\"]\n[live]\nfor = \"1h\"");
    fs::write(stand.folder.join("gates/wrong.scenario"), wrong).unwrap();
    fails("CHECKS", "scenarios: 0 of 1; wrong.scenario:");

    // Less than a day has no ratio of days: what cannot be measured does not pass.
    gates(&backtest("min_sharpe = -100.0"));
    fails("BACKTEST", "sharpe: could not be measured");
    gates(&backtest("min_trades = 1000"));
    fails("BACKTEST", "wanted at least 1000");
    gates("[backtest]\ndata = [\"none.csv\"]\ninstruments = [\"EUR/USD.SIM\"]");
    fails("BACKTEST", "none.csv");

    gates("[paper]\nevents = 20\nmin_orders = 100000\n[live]\nfor = \"1h\"");
    fails("PAPER", "orders: ");
    stand.gates(
        "count",
        "[paper]\nfor = \"1h\"\nmin_orders = 0\n[live]\nfor = \"1h\"",
    );
    let breaking = json!({"fail_after": 20});
    stand.fails(
        "count",
        breaking.clone(),
        "PAPER",
        "the shadow ended by itself",
    );
    let canary = "[canary]\ninstruments = [\"BTC/USD.SIM\"]\nfor = \"1h\"\nmin_orders = 0";
    stand.gates("count", canary);
    stand.fails("count", breaking.clone(), "CANARY", "sent back");
    stand.gates("count", "[live]\nfor = \"1h\"");
    stand.fails("count", breaking, "LIVE", "sent back");
    let view = stand.host.get("/strategies/count");
    assert_eq!(view["state"], "RUNNING", "{view}");
    assert_eq!(view["plugin"]["parameters"]["fail_after"], "0", "{view}");
}

fn is_ended_by_people(stand: &Stand) {
    stand.gates("every", "[approve]\npersons = 2");
    let path = stand.begin("every", json!({}));
    stand.until(&path, "WAITING");
    let (status, run) = stand.say(&path, "cancel", "ben");
    assert_eq!((status, &run["state"]), (202, &json!("CANCELLED")), "{run}");
    assert_eq!(run["verdict"], "cancelled by ben");

    stand.gates("every", "[live]\nfor = \"1h\"");
    let path = stand.begin("every", json!({"quantity": "0.003"}));
    stand
        .host
        .until("a probation", "/strategies/every", |view| {
            !view["probation"].is_null()
        });
    stand.say(&path, "cancel", "ben");
    let run = stand.until(&path, "CANCELLED");
    let verdict = run["verdict"].as_str().unwrap();
    assert!(verdict.contains("the version before is back"), "{verdict}");
    let view = stand.host.get("/strategies/every");
    assert_eq!(view["plugin"]["parameters"]["quantity"], "0.002", "{view}");

    let canary = "[canary]\ninstruments = [\"BTC/USD.SIM\"]\nfor = \"1h\"\n[live]\nfor = \"1h\"";
    stand.gates("every", canary);
    let path = stand.begin("every", json!({"quantity": "0.003"}));
    stand.host.until("a canary", "/strategies/every", |view| {
        !view["probation"].is_null()
    });
    stand.say(&path, "cancel", "ben");
    let run = stand.until(&path, "CANCELLED");
    let verdict = run["verdict"].as_str().unwrap();
    assert!(verdict.contains("the version before is back"), "{verdict}");
    let view = stand.host.get("/strategies/every");
    assert_eq!(view["probation"], Value::Null, "{view}");
}

fn stays_as_it_was_where_the_disk_refuses(stand: &Stand) {
    stand.gates("every", "[approve]");
    let path = stand.begin("every", json!({}));
    stand.until(&path, "WAITING");
    // A file where the folder of its runs must be.
    let folder = stand.folder.join("pipelines/every");
    let away = stand.folder.join("away");
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "").unwrap();
    let (status, refused) = stand.say(&path, "approve", "ben");
    assert_eq!(status, 409, "{refused}");
    assert_eq!(stand.host.get(&path)["state"], "WAITING");
    fs::remove_file(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    let (status, run) = stand.say(&path, "approve", "ben");
    assert_eq!(status, 200, "{run}");
    stand.until(&path, "PASSED");
}

fn what_cannot_be_done_is_said(stand: &Stand) {
    let begin = |strategy: &str, body: Value| {
        let path = format!("/pipelines/{strategy}/runs");
        let (status, problem) = stand.host.post(&path, &body);
        (
            status,
            problem["detail"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let plugin = stand.plugin("every");
    let good = json!({"plugin": plugin, "by": "anna"});
    assert_eq!(begin("nobody", good.clone()).0, 404);
    assert_eq!(begin("..", good.clone()).0, 404);
    stand.gates("nobody", "[approve]");
    assert_eq!(begin("nobody", good.clone()).0, 404);
    stand.gates("every", "[canary]\nfor = \"1h\"\ninstruments = []");
    let (status, detail) = begin("every", good.clone());
    assert_eq!(status, 409);
    assert!(
        detail.contains("every.toml: canary.instruments: "),
        "{detail}"
    );
    let shown = stand.host.get("/pipelines/every");
    assert_eq!(shown["error"], detail.as_str(), "{shown}");
    stand.gates("every", "[approve]");
    let (status, detail) = begin("every", json!({"plugin": "00000000", "by": "anna"}));
    assert_eq!(status, 404, "{detail}");
    let wrong = json!({"plugin": plugin, "by": "anna", "parameters": {"evry": 5}});
    let (status, detail) = begin("every", wrong);
    assert_eq!(status, 400);
    assert!(
        detail.contains("no parameter `evry`; it has `instrument`"),
        "{detail}"
    );
    assert_eq!(begin("every", json!({"plugin": plugin, "by": " "})).0, 400);
    let missing = stand.host.get("/pipelines/every/runs/999");
    assert_eq!(missing["status"], 404, "{missing}");
}

#[test]
fn versions_pass_and_fail_at_every_gate_and_the_run_replays() {
    let folder = tempfile::tempdir().unwrap();
    // Both are asked for here, so that a missing one is named.
    let _both = [plugin("order-every"), plugin("counter")];
    let (ended, journal) = serve(folder.path(), "test", |stand| {
        passes_every_gate(stand);
        fails_at_each_gate(stand);
        is_ended_by_people(stand);
        stays_as_it_was_where_the_disk_refuses(stand);
        what_cannot_be_done_is_said(stand);
    });
    assert_eq!(ended.journal_error, None);
    replays_equal(folder.path(), &journal, &ended.journal_hash.to_string());
}

#[test]
fn a_run_outlives_its_host_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), "one", |stand| {
        let text = "[validate]\n[paper]\nfor = \"1h\"\nmin_orders = 0\n[live]\nfor = \"1h\"";
        stand.gates("every", text);
        stand.gates("count", "[approve]");
        let waiting = stand.begin("count", json!({}));
        stand.until(&waiting, "WAITING");
        stand.begin("every", json!({}));
        stand.host.until("a shadow", "/strategies/every", |view| {
            !view["shadow"].is_null()
        });
    });
    serve(folder.path(), "two", |stand| {
        let path = "/pipelines/every/runs/1";
        let run = stand.until(path, "INTERRUPTED");
        assert_eq!(run["stages"][0]["state"], "PASSED", "{run:#}");
        assert_eq!(run["stage"], "PAPER");
        // The file as it was binds, whatever it says now.
        stand.gates("every", "[approve]");
        let (status, run) = stand.say(path, "resume", "ben");
        assert_eq!(status, 200, "{run}");
        stand.host.until("a shadow", "/strategies/every", |view| {
            !view["shadow"].is_null()
        });
        let (status, _) = stand.say(path, "cancel", "ben");
        assert_eq!(status, 202);
        stand.until(path, "CANCELLED");
        let view = stand.host.get("/strategies/every");
        assert_eq!(view["shadow"], Value::Null, "{view}");
        let path = "/pipelines/count/runs/1";
        let (status, run) = stand.say(path, "approve", "ben");
        assert_eq!(status, 200, "{run}");
        stand.until(path, "PASSED");
    });
}

/// What a crash would leave now.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if let Err(error) = fs::copy(&path, &target) {
            // A draft that has its name by now.
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{path:?}");
        }
    }
}

#[test]
fn a_run_that_is_cancelled_after_a_crash_gives_back_what_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let crashed = tempfile::tempdir().unwrap();
    let left = crashed.path().to_owned();
    serve(folder.path(), "one", move |stand| {
        stand.gates("every", "[live]\nfor = \"1h\"");
        let path = stand.begin("every", json!({"quantity": "0.003"}));
        stand
            .host
            .until("a probation", "/strategies/every", |view| {
                !view["probation"].is_null()
            });
        // It is watched once it is on the disk that it took over.
        let sheet = stand.folder.join("pipelines/every/1.json");
        stand.host.until("its place on the disk", &path, |_| {
            let text = fs::read(&sheet).unwrap();
            let sheet: Value = serde_json::from_slice(&text).unwrap();
            !sheet["run"]["live"].is_null()
        });
        copy(&stand.folder, &left);
    });
    serve(crashed.path(), "two", |stand| {
        let path = "/pipelines/every/runs/1";
        stand.until(path, "INTERRUPTED");
        let view = stand.host.get("/strategies/every");
        assert!(!view["probation"].is_null(), "{view}");
        let (status, run) = stand.say(path, "cancel", "ben");
        assert_eq!(status, 202, "{run}");
        let run = stand.until(path, "CANCELLED");
        assert_eq!(
            run["verdict"],
            "cancelled by ben; the version before is back"
        );
        let view = stand.host.get("/strategies/every");
        assert_eq!(view["probation"], Value::Null, "{view}");
        assert_eq!(view["plugin"]["parameters"]["quantity"], "0.001", "{view}");
    });
}
