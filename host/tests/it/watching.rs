//! A build that is copied into the plugin folder takes over by itself: not while half of it is there, on
//! probation, seen by whoever asks the API, and stepped again by a replay.

use super::configuration::{GOOD, check};
use super::process::plugin;
use super::versions::{Host, replays_equal};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use services::plugin_watch::OnNewBuild;
use std::io::Write;
use std::path::Path;

const FILE: &str = "configuration";
const STRATEGY: &str = "/strategies/count";

/// The built-in market with a strategy that counts, whose file is watched.
fn config(folder: &Path) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let plugins = folder.join("incoming").display().to_string();
    let overrides = [
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set("ARGONAUT_HOST__PLUGIN_DIR", plugins),
        set("ARGONAUT_PLUGINS__WATCH_QUIET", "300ms".to_owned()),
    ];
    let (market, _) = DEFAULT_CONFIG.split_once("[[strategy]]").unwrap();
    let text = format!(
        "{market}[[strategy]]\nname = \"count\"\nplugin = \"count.wasm\"\non_new_build = \"swap\"\n\
         probation = {{ for = \"1h\", max_denials = 20 }}\n\
         parameters = {{ instrument = \"BTC/USD.SIM\" }}\n"
    );
    config::parse(Path::new(FILE), &text, &overrides).unwrap()
}

#[test]
fn a_build_that_is_copied_into_the_folder_takes_over_and_the_run_replays() {
    let folder = tempfile::tempdir().unwrap();
    let incoming = folder.path().join("incoming");
    std::fs::create_dir(&incoming).unwrap();
    let file = incoming.join("count.wasm");
    std::fs::copy(plugin("counter"), &file).unwrap();
    let config = config(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, journal) = runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "test".to_owned(), compiler)
            .await
            .unwrap();
        let host = Host(format!("http://{}/api/v1", app.address().unwrap()));
        let journal = app.journal().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let dropped = tokio::task::spawn_blocking(move || drop_builds(&host, &file));
        dropped.await.unwrap();
        stop.send(()).unwrap();
        (serving.await.unwrap().unwrap(), journal)
    });
    assert_eq!(ended.journal_error, None);
    replays_equal(folder.path(), &journal, &ended.journal_hash.to_string());
}

/// What became of the file last, once it is this.
fn outcome(host: &Host, outcome: &str) -> Value {
    let shown = host.until(outcome, STRATEGY, |shown| {
        shown["last_build"]["outcome"] == outcome
    });
    assert_eq!(shown["state"], "RUNNING", "{shown}");
    shown
}

fn alert(host: &Host) -> Value {
    let alerts = host.get("/risk/alerts");
    let alerts = alerts["items"].as_array().or(alerts.as_array()).unwrap();
    let raised = alerts.iter().find(|alert| alert["code"] == "NEW_BUILD");
    raised.unwrap()["state"].clone()
}

fn drop_builds(host: &Host, file: &Path) {
    assert_eq!(host.get(STRATEGY)["last_build"], Value::Null);
    let build = std::fs::read(plugin("counter-v2")).unwrap();
    let (half, rest) = build.split_at(build.len() / 2);
    // A copy that stands still half way, for longer than anybody waits.
    std::fs::write(file, half).unwrap();
    let shown = outcome(host, "REFUSED");
    assert_eq!(shown["plugin"]["version"], "1.0.0");
    assert_eq!(shown["last_build"]["stage"], "parse", "{shown}");
    assert_eq!(shown["last_build"]["file"], "count.wasm");
    assert_eq!(alert(host), "OPEN");
    let mut copy = std::fs::File::options().append(true).open(file).unwrap();
    copy.write_all(rest).unwrap();
    drop(copy);
    let shown = outcome(host, "SWAPPED");
    assert_eq!(shown["plugin"]["version"], "2.0.0");
    assert_eq!(shown["probation"]["max_denials"], json!(20));
    assert_eq!(shown["probation"]["before"]["version"], "1.0.0");
    assert_eq!(alert(host), "RESOLVED");
    let hash = shown["plugin"]["hash"].as_str().unwrap();
    assert_eq!(shown["last_build"]["plugin"], hash);
    let record = host.get(&format!("/plugins/{hash}"));
    let text = record.to_string();
    assert!(text.contains("\"watch\""), "{text}");
    std::fs::remove_file(file).unwrap();
    let shown = outcome(host, "GONE");
    assert_eq!(shown["plugin"]["version"], "2.0.0");
}

fn watched(plugins: &str, strategy: &str) -> String {
    format!(
        "{GOOD}\n[plugins]\n{plugins}\n[[strategy]]\nname = \"a\"\nplugin = \"noop.wasm\"\n{strategy}\n"
    )
}

#[test]
fn what_is_watched_is_read_as_it_is_written() {
    let of = |plugins: &str, strategy: &str| {
        let text = watched(plugins, strategy);
        let config = config::parse(Path::new(FILE), &text, &[]).unwrap();
        config::build(Path::new(FILE), &config).unwrap();
        config.plugin_watch().unwrap()
    };
    let on = |strategy: &str| of("", strategy).map(|watch| watch.watched[0].on_new_build);
    assert_eq!(on(""), None);
    assert_eq!(on("on_new_build = \"ignore\""), None);
    assert_eq!(on("on_new_build = \"admit\""), Some(OnNewBuild::Admit));
    assert_eq!(on("on_new_build = \"shadow\""), Some(OnNewBuild::Shadow));
    let swap = "on_new_build = \"swap\"";
    assert_eq!(on(swap), Some(OnNewBuild::Swap(None)));
    let probation = format!("{swap}\nprobation = {{ for = \"2h\", max_loss = \"250\" }}");
    let Some(OnNewBuild::Swap(Some(terms))) = on(&probation) else {
        panic!("no probation");
    };
    assert_eq!(terms.lasts, model::Duration::from_secs(7_200));
    assert_eq!((terms.max_faults, terms.max_denials), (0, None));
    assert_eq!(terms.max_loss, Some("250".parse().unwrap()));
    assert_eq!(of("watch = false", swap), None);
    let watch = of("watch_quiet = \"3s\"\nwatch_signature_wait = \"0s\"", swap).unwrap();
    let seconds = (watch.quiet.as_secs(), watch.signature_wait.as_secs());
    assert_eq!(seconds, (3, 0));
    assert_eq!(watch.watched[0].plugin, Path::new("noop.wasm"));
}

#[test]
fn what_cannot_be_watched_is_named() {
    let strategy = |strategy: &str, expect: &str| check(&watched("", strategy), expect);
    strategy(
        "probation = { for = \"1h\" }",
        "host.toml: strategy[0].probation: it is of builds that take over; set `on_new_build",
    );
    let swap = |probation: &str, expect: &str| {
        strategy(
            &format!("on_new_build = \"swap\"\nprobation = {{ {probation} }}"),
            expect,
        );
    };
    swap(
        "for = \"0s\"",
        "host.toml: strategy[0].probation.for: give more than 0",
    );
    swap(
        "for = \"1h\", max_loss = \"-1\"",
        "host.toml: strategy[0].probation.max_loss: a loss is given as an amount of 0 or more",
    );
    swap(
        "max_faults = 1",
        "host.toml:28: strategy[0].probation: missing field `for`",
    );
    strategy(
        "on_new_build = \"load\"",
        "host.toml:27: strategy[0].on_new_build: unknown variant `load`, expected one of `ignore`, ",
    );
    check(
        &watched("watch_quiet = \"1ms\"", ""),
        "host.toml: plugins.watch_quiet: give \"50ms\" to \"1h\"",
    );
    check(
        &watched("watch_signature_wait = \"2h\"", ""),
        "host.toml: plugins.watch_signature_wait: give \"0s\" to \"1h\"",
    );
}
