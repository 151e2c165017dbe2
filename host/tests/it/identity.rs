//! A host with identity on: the first person, a restart, and the log of it.

use super::process::{argonaut, fresh_key, plugin_dir, stdout};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const FILE: &str = "built-in configuration";
pub(super) const PASSWORD: &str = "correct horse battery staple";

/// Lets a host begin another audit log.
pub(super) const NEW_LOG: (&str, &str) = ("ARGONAUT_IDENTITY__NEW_AUDIT_LOG", "true");

fn config(folder: &Path, more: &[(&str, &str)]) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let mut overrides = vec![
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            plugin_dir().display().to_string(),
        ),
        set("ARGONAUT_IDENTITY__MODE", "on".to_owned()),
    ];
    let more = more.iter();
    overrides.extend(more.map(|(name, value)| set(name, (*value).to_owned())));
    config::parse(Path::new(FILE), DEFAULT_CONFIG, &overrides).unwrap()
}

/// Asks, and returns the status and the body.
pub(super) fn ask(method: &str, url: &str, access: &str, body: &Value) -> (u16, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = agent.build().into();
    let bearer = format!("Bearer {access}");
    let answer = match method {
        "GET" => agent.get(url).header("authorization", bearer).call(),
        _ => agent
            .post(url)
            .header("idempotency-key", fresh_key())
            .header("authorization", bearer)
            .header("content-type", "application/json")
            .send(body.to_string()),
    };
    let mut answer = answer.unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap_or(Value::Null))
}

/// Runs a host, and lets `visit` ask it; it is told the base address and the invitation.
fn visited<T: Send + 'static>(
    folder: &Path,
    run: &str,
    visit: impl FnOnce(String, Option<String>) -> T + Send + 'static,
) -> T {
    visited_with(folder, run, &[], visit)
}

/// Why identity cannot be opened.
fn refused(folder: &Path) -> String {
    let config = config(folder, &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let begun = runtime.block_on(argonaut::identity::begin(&config));
    format!("{:#}", begun.err().unwrap())
}

/// The same as [`visited`], with more keys that are set.
pub(super) fn visited_with<T: Send + 'static>(
    folder: &Path,
    run: &str,
    more: &[(&str, &str)],
    visit: impl FnOnce(String, Option<String>) -> T + Send + 'static,
) -> T {
    let config = config(folder, more);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder);
        let app = App::start(Path::new(FILE), &config, run.to_owned(), compiler);
        let app = app.await.unwrap();
        let base = format!("http://{}/api/v1", app.address().unwrap());
        let invitation = app.invitation().map(str::to_owned);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let found = tokio::task::spawn_blocking(move || visit(base, invitation));
        let found = found.await.unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
        found
    })
}

#[test]
fn the_first_person_comes_in_and_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    let access = visited(&data, "first", |base, invitation| {
        let url = format!("{base}/engine");
        assert_eq!(ask("GET", &url, "", &Value::Null).0, 401);
        let claim = json!({
            "token": invitation.unwrap(),
            "name": "anna",
            "password": PASSWORD,
        });
        let (status, granted) = ask("POST", &format!("{base}/auth/claim"), "", &claim);
        assert_eq!(status, 200, "{granted}");
        let access = granted["access"].as_str().unwrap().to_owned();
        assert_eq!(ask("GET", &url, &access, &Value::Null).0, 200);
        let kill = json!({ "set": true });
        assert_eq!(ask("POST", &format!("{url}/kill"), &access, &kill).0, 200);
        access
    });
    let audit = ["audit", "verify", "--json", "--data-dir"];
    let audit = |more: &[&str]| {
        let place = [data.to_str().unwrap()];
        let arguments = [&audit[..], &place[..], more].concat();
        argonaut(&data, &arguments)
    };
    let report: Value = serde_json::from_str(&stdout(&audit(&[]))).unwrap();
    assert_eq!(report["records"], 2);
    let head = format!("2:{}", report["head"].as_str().unwrap());
    visited(&data, "second", move |base, invitation| {
        assert_eq!(invitation, None);
        // The session went on.
        let url = format!("{base}/engine");
        assert_eq!(ask("GET", &url, &access, &Value::Null).0, 200);
        let login = json!({ "name": "anna", "password": PASSWORD });
        assert_eq!(
            ask("POST", &format!("{base}/auth/login"), "", &login).0,
            200
        );
    });
    let report: Value = serde_json::from_str(&stdout(&audit(&["--noted", &head]))).unwrap();
    assert_eq!(report["records"], 3);
    let log = data.join("identity/audit.log");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replacen("engine.kill", "engine.show", 1)).unwrap();
    let broken = audit(&[]);
    assert_eq!(broken.status.code(), Some(3));
    let said = String::from_utf8(broken.stdout).unwrap();
    assert!(said.contains("record 2 (line 3)"), "{said}");
    loses(&data, &log);
    let report: Value = serde_json::from_str(&stdout(&audit(&[]))).unwrap();
    assert_eq!(report["records"], 1);
}

/// A host does not start with a broken log, nor without it, but when it is told to.
fn loses(data: &Path, log: &Path) {
    assert!(refused(data).contains("record 2 (line 3)"));
    std::fs::remove_file(log).unwrap();
    let missing = refused(data);
    assert!(missing.contains("though it had 3 records"), "{missing}");
    assert!(!log.exists());
    let begun = visited_with(data, "third", &[NEW_LOG], |base, _| {
        let health = ask("GET", &format!("{base}/health"), "", &Value::Null);
        health.0
    });
    assert_eq!(begun, 200);
    // What others can look into is no secret.
    let mode = |mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(log, permissions).unwrap();
    };
    mode(0o644);
    assert!(refused(data).contains("chmod 600"));
    mode(0o600);
}
