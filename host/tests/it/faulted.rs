//! A plugin that breaks again and again: it is started again, put into quarantine, released, and the quote
//! over which it broke is shown once more, to it and to another build.

use super::process::{argonaut, plugin, plugin_dir, stdout};
use super::versions::{Host, replays_equal};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const FILE: &str = "configuration";

/// The built-in market, with a strategy that breaks over the quote after 40 and comes back twice.
fn config(folder: &Path) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let overrides = [
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            plugin_dir().display().to_string(),
        ),
    ];
    let mut text = DEFAULT_CONFIG.to_owned();
    for rate in ["25.0", "20.0", "30.0"] {
        let slow = format!("events_per_second = {rate}");
        text = text.replace(&slow, "events_per_second = 200.0");
    }
    text.push_str(
        "\n[[strategy]]\nname = \"count\"\nplugin = \"counter.wasm\"\n\
         parameters = { instrument = \"BTC/USD.SIM\", fail_after = \"40\" }\n\
         on_fault = \"flatten\"\nsave_every = \"1s\"\n\
         restart = { attempts = 5, first_delay = \"100ms\", longest_delay = \"1s\" }\n",
    );
    config::parse(Path::new(FILE), &text, &overrides).unwrap()
}

#[test]
fn what_breaks_is_started_again_put_away_and_shown_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let saved = folder.path().join("killed.letter");
    let (ended, journal, sequence) = runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "test".to_owned(), compiler)
            .await
            .unwrap();
        let host = Host(format!("http://{}/api/v1", app.address().unwrap()));
        let journal = app.journal().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let file = saved.clone();
        let sequence = tokio::task::spawn_blocking(move || {
            it_goes_into_quarantine(&host);
            let sequence = its_letters_say_why(&host, &file);
            it_is_released(&host);
            sequence
        })
        .await
        .unwrap();
        stop.send(()).unwrap();
        (serving.await.unwrap().unwrap(), journal, sequence)
    });
    assert_eq!(ended.journal_error, None);
    replays_equal(folder.path(), &journal, &ended.journal_hash.to_string());
    the_quote_is_shown_again(folder.path(), &journal, (sequence, &saved));
}

fn it_goes_into_quarantine(host: &Host) {
    let put_away = host.until("quarantine", "/plugins/quarantine", |shown| {
        shown.as_array().is_some_and(|plugins| plugins.len() == 1)
    });
    assert_eq!(put_away[0]["name"], "counter");
    let faults = put_away[0]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 3, "{put_away}");
    assert!(faults.iter().all(|fault| fault["strategy"] == "count"));
    let given_up = host.until("an end of restarts", "/strategies/count", |shown| {
        shown["restart"]["outcome"] == "GAVE_UP"
    });
    assert_eq!(given_up["state"], "ERROR");
    assert_eq!(given_up["restart"]["attempt"], 2);
    assert_eq!(given_up["fault_count"], 3);
    let alerts = host.get("/risk/alerts");
    let alerts = alerts["items"].as_array().or(alerts.as_array()).unwrap();
    let raised = alerts.iter().find(|alert| alert["code"] == "QUARANTINE");
    assert_eq!(raised.unwrap()["scope"], "strategy/count");
    let (status, refused) = host.bare("POST", "/strategies/count/start");
    let code = json!("PLUGIN_QUARANTINED");
    assert_eq!((status, &refused["code"]), (409, &code), "{refused}");
}

/// Keeps the latest letter in a file; returns the input that it is about.
fn its_letters_say_why(host: &Host, file: &Path) -> u64 {
    let path = "/strategies/count/dead-letters";
    let shown = host.get(path);
    let letters = shown["letters"].as_array().unwrap();
    assert_eq!(letters.len(), 3, "{shown}");
    let latest = &letters[0];
    assert_eq!(latest["kind"], "TRAP");
    assert_eq!(latest["parameters"]["fail_after"], "40");
    assert!(
        latest["input"].as_str().unwrap().starts_with("Quote"),
        "{latest}"
    );
    let name = latest["letter"].as_str().unwrap();
    let url = format!("{}{path}/{name}", host.0);
    let mut answer = Host::agent().get(url).call().unwrap();
    std::fs::write(file, answer.body_mut().read_to_vec().unwrap()).unwrap();
    latest["sequence"].as_u64().unwrap()
}

fn it_is_released(host: &Host) {
    let hash = host.get("/plugins/quarantine")[0]["hash"].clone();
    let path = format!("/plugins/{}/release", hash.as_str().unwrap());
    let (status, released) = host.post(&path, &json!({"by": "ben"}));
    assert_eq!(
        (status, &released["strategies"]),
        (200, &json!(["count"])),
        "{released}"
    );
    assert_eq!(host.get("/plugins/quarantine"), json!([]));
    let (status, started) = host.bare("POST", "/strategies/count/start");
    assert_eq!(
        (status, &started["state"]),
        (200, &json!("RUNNING")),
        "{started}"
    );
}

fn the_quote_is_shown_again(folder: &Path, journal: &Path, (sequence, letter): (u64, &PathBuf)) {
    let plugins = folder.join("plugins");
    let show = |more: &[&str]| -> Value {
        let mut arguments = vec!["replay", "--json", "--plugins", plugins.to_str().unwrap()];
        arguments.extend(more);
        serde_json::from_str(&stdout(&argonaut(folder, &arguments))).unwrap()
    };
    let (journal, event) = (journal.to_str().unwrap(), sequence.to_string());
    let again = show(&[journal, "--event", &event]);
    assert_eq!(again["strategy"], "count");
    assert!(
        again["fault"].as_str().unwrap().starts_with("TRAP"),
        "{again}"
    );
    assert_eq!(again["fault"], again["fault_then"]);
    let letter = letter.to_str().unwrap();
    assert_eq!(show(&[journal, "--event", letter])["fault"], again["fault"]);
    // Another build takes over from the state of the one that broke, and does not.
    let other = plugin("counter-v2");
    let other = other.to_str().unwrap();
    let mended = show(&[journal, "--event", letter, "--plugin", other]);
    assert_eq!(mended["fault"], Value::Null, "{mended}");
    assert_eq!(mended["fault_then"], again["fault"]);
    // Without the journal it begins with what it had saved, and so with 40 quotes to go.
    let alone = show(&["--event", letter]);
    assert_eq!(alone["fault_then"], again["fault"]);
    assert_eq!(alone["fault"], Value::Null, "{alone}");
}
