//! Plugins of a live host: who may have made them, told by its API and its command line.

use super::process::{argonaut, error_line, execute, fresh_key, plugin, plugin_dir, stdout};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use argonaut::signing::{Password, make_key, sign};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

const FILE: &str = "built-in configuration";

/// A folder with a key `a.key` and a plugin folder `built` with the EMA crossover.
struct Author {
    folder: TempDir,
    /// The public key.
    key: String,
}

impl Author {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("built");
        std::fs::create_dir(&built).unwrap();
        std::fs::copy(plugin("ema-cross"), built.join("ema.wasm")).unwrap();
        let made = make_key(&folder.path().join("a.key"), Password::None).unwrap();
        Self {
            folder,
            key: made.public,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("built").join(name)
    }

    /// Signs a file of the plugin folder; the text of the signature.
    fn sign(&self, name: &str) -> String {
        let key = self.folder.path().join("a.key");
        let (signature, public) = sign(&self.file(name), &key, Password::Asked).unwrap();
        assert_eq!(public, self.key);
        std::fs::read_to_string(signature).unwrap()
    }
}

/// The built-in market without its strategies, in a folder of its own.
fn config(author: &Author, folder: &Path) -> Config {
    let set = |name: &str, value: &Path| (name.to_owned(), value.display().to_string());
    let overrides = [
        ("ARGONAUT_HOST__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        set("ARGONAUT_HOST__DATA_DIR", folder),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            &author.folder.path().join("built"),
        ),
    ];
    let mut config = config::parse(Path::new(FILE), DEFAULT_CONFIG, &overrides).unwrap();
    config.strategies.clear();
    config
}

/// Runs a host until `act` is done with its address.
fn with_host(config: &Config, run: &str, act: impl FnOnce(&str) + Send + 'static) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, &config.host.data_dir);
        let app = App::start(Path::new(FILE), config, run.to_owned(), compiler)
            .await
            .unwrap();
        let address = app.address().unwrap().to_string();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        tokio::task::spawn_blocking(move || act(&address))
            .await
            .unwrap();
        stop.send(()).unwrap();
        assert_eq!(serving.await.unwrap().unwrap().journal_error, None);
    });
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.build().into()
}

/// Sends a component with the text of its signature; status and body of the answer.
fn send(address: &str, path: &str, bytes: &[u8], signature: Option<&str>) -> (u16, Value) {
    let mut request = agent()
        .post(format!("http://{address}/api/v1{path}"))
        .header("idempotency-key", fresh_key())
        .header("content-type", "application/wasm");
    if let Some(text) = signature {
        let text = registry::signature_to_base64(text.as_bytes());
        request = request.header("x-plugin-signature", text);
    }
    let mut answer = request.send(bytes).unwrap();
    (
        answer.status().as_u16(),
        answer.body_mut().read_json().unwrap(),
    )
}

fn get(address: &str, path: &str) -> Value {
    let url = format!("http://{address}/api/v1{path}");
    agent()
        .get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap()
}

#[track_caller]
fn refused((status, body): (u16, Value), expect: u16, code: &str, words: &str) {
    assert_eq!(
        (status, body["code"].as_str()),
        (expect, Some(code)),
        "{body:#}"
    );
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains(words), "{detail}");
}

/// What the command line says, with the address of a host.
fn told(author: &Author, address: &str, arguments: &[&str]) -> Output {
    let mut all = vec!["plugin"];
    all.extend(arguments);
    all.extend(["--address", address]);
    argonaut(author.folder.path(), &all)
}

/// Loads and starts what is sent.
const LOAD: &str = "/strategies?name=ema&start=true";

fn signed_one_is_taken(address: &str, sent: &[u8], signature: &str, hash: &str) {
    let (status, body) = send(address, LOAD, sent, Some(signature));
    assert_eq!(status, 201, "{body:#}");
    assert_eq!(body["plugin"]["hash"], hash);
    let known = get(address, &format!("/plugins/{hash}"));
    let comment = known["signature"]["comment"].as_str().unwrap();
    assert!(comment.contains("file:ema.wasm"), "{comment}");
    assert!(
        known["imports"].to_string().contains("orders@1.0.0#"),
        "{known:#}"
    );
    assert!(known["fuel"]["median"].as_u64() > Some(0), "{known:#}");
    let history = get(address, &format!("/plugins/{hash}/history"));
    assert_eq!(history["uses"][0]["journal"], "first");
}

#[test]
fn only_what_a_trusted_key_signed_gets_in() {
    let author = Author::new();
    let data = tempfile::tempdir().unwrap();
    let mut trusting = config(&author, data.path());
    trusting.plugins.trusted = vec![author.key.clone()];
    let ema = std::fs::read(plugin("ema-cross")).unwrap();
    let hash = model::PluginHash::of(&ema).to_string();
    let stranger = Author::new().sign("ema.wasm");
    let signature = author.sign("ema.wasm");
    let (sent, signed) = (ema.clone(), signature.clone());
    let name = hash.clone();
    with_host(&trusting, "first", move |address| {
        let check = |bytes: &[u8], signature: Option<&str>, code: &str, words: &str| {
            for path in ["/plugins", LOAD] {
                refused(send(address, path, bytes, signature), 422, code, words);
            }
        };
        check(&sent, None, "PLUGIN_UNSIGNED", "argonaut plugin sign");
        check(
            &sent,
            Some(&stranger),
            "PLUGIN_KEY_UNKNOWN",
            "add the key to `trusted`",
        );
        check(
            &sent,
            Some("nothing"),
            "PLUGIN_SIGNATURE_MALFORMED",
            "four lines",
        );
        let mut altered = sent.clone();
        *altered.last_mut().unwrap() ^= 1;
        check(&altered, Some(&signed), "PLUGIN_SIGNATURE_WRONG", "altered");
        // Nothing of all that was kept.
        assert_eq!(get(address, "/plugins"), serde_json::json!([]));
        signed_one_is_taken(address, &sent, &signed, &name);
    });
    // The signature of a file in the folder lies beside it.
    let beside = with_strategy(&trusting, "beside");
    with_host(&beside, "second", |address| {
        assert_eq!(get(address, "/strategies/beside")["state"], "RUNNING");
        assert_eq!(get(address, "/strategies/ema")["state"], "RUNNING");
    });
    let mut revoking = trusting.clone();
    revoking.plugins.revoked = vec![author.key.clone()];
    let name = hash.clone();
    with_host(&revoking, "third", move |address| {
        refused(
            send(address, "/plugins", &ema, Some(&signature)),
            422,
            "PLUGIN_KEY_REVOKED",
            "another key",
        );
        // Nothing that it signed starts again.
        assert_eq!(get(address, "/strategies/ema")["state"], "STOPPED");
        let known = get(address, &format!("/plugins/{name}"));
        assert_eq!(known["refusal"]["code"], "PLUGIN_KEY_REVOKED");
    });
}

/// The same with a strategy by this name of the file `ema.wasm`.
fn with_strategy(config: &Config, name: &str) -> Config {
    let mut config = config.clone();
    let text = format!("[[strategy]]\nname = \"{name}\"\nplugin = \"ema.wasm\"\n");
    let table: toml::Table = text.parse().unwrap();
    let section = table["strategy"][0].clone().try_into().unwrap();
    config.strategies.push(section);
    config
}

#[test]
fn a_configured_plugin_without_its_signature_stops_the_start() {
    let author = Author::new();
    let data = tempfile::tempdir().unwrap();
    let text = DEFAULT_CONFIG.replace(
        "[feed]",
        &format!("[plugins]\ntrusted = [\"{}\"]\n\n[feed]", author.key),
    );
    let file = author.folder.path().join("host.toml");
    std::fs::write(&file, text).unwrap();
    let variables = [
        ("ARGONAUT_HOST__LISTEN", "127.0.0.1:0"),
        ("ARGONAUT_HOST__DATA_DIR", data.path().to_str().unwrap()),
        ("ARGONAUT_HOST__PLUGIN_DIR", plugin_dir().to_str().unwrap()),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let output = execute(
        author.folder.path(),
        &["run", "--config", "host.toml"],
        &variables,
    );
    let line = error_line(&output);
    assert!(
        line.contains("PLUGIN_UNSIGNED: this host takes signed plugins only"),
        "{line}"
    );
    assert!(line.contains("host.toml: strategy `"), "{line}");
}

#[test]
fn factors_and_indicators_are_kept_as_strategies_are_and_run_in_no_place_of_theirs() {
    let author = Author::new();
    let data = tempfile::tempdir().unwrap();
    with_host(&config(&author, data.path()), "first", |address| {
        for (name, world) in [("momentum-12-1", "factor"), ("supertrend", "indicator")] {
            let bytes = std::fs::read(plugin(name)).unwrap();
            let (status, body) = send(address, "/plugins", &bytes, None);
            assert_eq!(status, 201, "{body:#}");
            assert_eq!(body["name"], name);
            assert_eq!(body["world"], world);
            let listed = get(address, &format!("/plugins?world={world}"));
            assert_eq!(listed[0]["hash"], body["hash"], "{listed:#}");
            refused(
                send(address, LOAD, &bytes, None),
                422,
                "PLUGIN_REFUSED",
                "a `strategy` is wanted",
            );
        }
    });
}

#[test]
fn an_operator_looks_approves_swaps_revokes_and_deletes() {
    let author = Author::new();
    let data = tempfile::tempdir().unwrap();
    for name in ["counter", "counter-v2"] {
        let file = format!("{name}.wasm");
        std::fs::copy(plugin(name), author.file(&file)).unwrap();
        author.sign(&file);
    }
    let mut careful = config(&author, data.path());
    careful.plugins.trusted = vec![author.key.clone()];
    careful.plugins.require_approval = true;
    let hashes = ["counter", "counter-v2"].map(|name| {
        let bytes = std::fs::read(plugin(name)).unwrap();
        model::PluginHash::of(&bytes).to_string()
    });
    let before = hashes.clone();
    let author = std::sync::Arc::new(author);
    let operator = std::sync::Arc::clone(&author);
    with_host(&careful, "first", move |address| {
        operate(&operator, address, &before)
    });
    with_host(&careful, "second", move |address| {
        let [old, new] = &hashes;
        assert_eq!(get(address, &format!("/plugins/{old}"))["state"], "REVOKED");
        assert_eq!(
            get(address, &format!("/plugins/{new}"))["state"],
            "APPROVED"
        );
        let line = error_line(&told(&author, address, &["upload", "built/counter.wasm"]));
        assert!(
            line.contains("was revoked") && line.contains("PLUGIN_REVOKED"),
            "{line}"
        );
        let text = stdout(&told(&author, address, &["list"]));
        assert!(
            text.contains(&new[..12]) && text.contains("strategy count"),
            "{text}"
        );
    });
}

/// What a POST with a key of its own is answered: the status and the body.
fn posted(url: &str, body: &Value) -> (u16, Value) {
    let request = agent().post(url).header("idempotency-key", fresh_key());
    let mut answer = request.send_json(body).unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap())
}

/// The story that `docs/plugins.md` tells.
fn operate(author: &Author, address: &str, [old, new]: &[String; 2]) {
    let say = |arguments: &[&str]| stdout(&told(author, address, arguments));
    let fail = |arguments: &[&str]| error_line(&told(author, address, arguments));
    let text = say(&["upload", "built/counter.wasm", "--by", "anna"]);
    assert!(
        text.contains("uploaded") && text.contains("is not approved"),
        "{text}"
    );
    let text = say(&["inspect", &old[..8]]);
    assert!(
        text.contains("world    strategy") && text.contains("signed   by "),
        "{text}"
    );
    let exports = "exports  describe, init, load, ";
    assert!(
        text.contains(exports) && text.contains("event_fuel 10000000, "),
        "{text}"
    );
    let load = |hash: &str| {
        let body =
            serde_json::json!({"name": "count", "plugin": format!("sha256:{hash}"), "start": true});
        posted(&format!("http://{address}/api/v1/strategies"), &body)
    };
    refused(
        load(old),
        409,
        "PLUGIN_NOT_APPROVED",
        "argonaut plugin approve",
    );
    let text = say(&["approve", old, "--by", "ben", "--reason", "looked at it"]);
    assert!(text.contains("approved"), "{text}");
    assert_eq!(load(old).0, 201);
    let upload = ["upload", "built/counter-v2.wasm", "--by", "anna"];
    let followed = told(author, address, &[&upload[..], &["--progress"]].concat());
    let stages = String::from_utf8_lossy(&followed.stderr).into_owned();
    assert!(stages.contains("done       100 %"), "{stages}");
    assert!(stdout(&followed).contains("uploaded"), "{followed:?}");
    let json: Value = serde_json::from_str(&say(&["diff", old, new, "--json"])).unwrap();
    assert_eq!(json["order"], "NEWER", "{json:#}");
    say(&["approve", new, "--by", "ben"]);
    let url = format!("http://{address}/api/v1/strategies/count/swap");
    let swap = |hash: &str, force: bool| {
        let body = serde_json::json!({"plugin": format!("sha256:{hash}"), "force": force});
        posted(&url, &body)
    };
    assert_eq!(swap(new, false).0, 200);
    refused(swap(old, false), 409, "PLUGIN_DOWNGRADE", "which runs");
    assert_eq!(swap(old, true).0, 200);
    let text = say(&["revoke", old, "--by", "ben", "--reason", "counts wrong"]);
    assert!(text.contains("strategy count is paused"), "{text}");
    assert_eq!(get(address, "/strategies/count")["state"], "PAUSED");
    assert_eq!(swap(new, false).0, 200);
    let line = fail(&["delete", old]);
    assert!(
        line.contains("the journal `first` has it as the strategy `count`"),
        "{line}"
    );
    let line = fail(&["approve", "1234"]);
    assert!(
        line.contains("PLUGIN_UNKNOWN") && line.contains("the first 8 or more"),
        "{line}"
    );
    let text = say(&["history", old]);
    assert!(text.contains("revoke by ben: counts wrong"), "{text}");
    assert!(
        text.contains("used as strategy count in the journal first"),
        "{text}"
    );
}
