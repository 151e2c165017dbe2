//! A host that speaks TLS, with the program's own client, and what it refuses to start with.

use super::kill::CONFIG;
use super::process::{argonaut, error_line, error_line_of, execute, stdout};
use argonaut::client::Client;
use argonaut::config;
use argonaut::plugins::runtime_options_with;
use argonaut::run::App;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::crypto::ring;
use serde_json::json;
use services::handle::{Queries, ScopeName};
use services::host::HostHandle;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

const FILE: &str = "host.toml";

/// A certificate for this machine, below a folder; returns its file.
fn certificate(folder: &Path) -> PathBuf {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let made: CertifiedKey<KeyPair> = generate_simple_self_signed(names).unwrap();
    let (file, key) = (folder.join("desk.pem"), folder.join("desk.key"));
    std::fs::write(&file, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&key, private).unwrap();
    file
}

/// Starts a host in `folder` by the configuration of the kill switch's tests and more of it.
async fn start(folder: &Path, more: &str, sets: &[(&str, &str)]) -> anyhow::Result<App> {
    let set = |name: &str, value: &Path| (name.to_owned(), value.display().to_string());
    let mut overrides = vec![set("ARGONAUT_HOST__DATA_DIR", &folder.join("data"))];
    let given = sets.iter().map(|(name, value)| set(name, Path::new(value)));
    overrides.extend(given);
    let config = config::parse(Path::new(FILE), &format!("{CONFIG}\n{more}"), &overrides)?;
    let program = env!("CARGO_BIN_EXE_argonaut").into();
    let compiler = runtime_options_with(program, folder);
    App::start(Path::new(FILE), &config, "tls".to_owned(), compiler).await
}

/// The section of the certificate in a folder.
fn section(folder: &Path) -> String {
    let (certificate, key) = (folder.join("desk.pem"), folder.join("desk.key"));
    format!(
        "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
        certificate.display(),
        key.display()
    )
}

/// Runs a host over TLS, and lets `visit` ask it at its address.
fn visited(folder: &Path, more: &str, visit: impl FnOnce(&HostHandle, Option<&str>, &str)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let more = format!("{}{more}", section(folder));
    let app = runtime.block_on(start(folder, &more, &[])).unwrap();
    assert_eq!(app.scheme(), "https");
    let (address, handle) = (app.address().unwrap().to_string(), app.handle().clone());
    let invitation = app.invitation().map(str::to_owned);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(app.serve(async { stopped.await.unwrap_or_default() }));
    visit(&handle, invitation.as_deref(), &address);
    drop(handle);
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap().unwrap();
}

#[test]
fn the_kill_switch_works_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let ca = certificate(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = certificate(elsewhere.path());
    visited(folder.path(), "", |host, _, address| {
        let firm = ScopeName::Firm;
        // Who speaks in the clear or trusts somebody else does not get through.
        assert!(Client::new(address).kill(&firm).is_err());
        let stranger = Client::over_tls(address, &other).unwrap();
        let refused = stranger.kill(&firm).unwrap_err().to_string();
        assert!(refused.contains("trusted"), "{refused}");
        assert!(!host.engine().killed);
        let client = Client::over_tls(address, &ca).unwrap();
        client.kill(&firm).unwrap();
        assert!(host.engine().killed);
        client.clear(&firm).unwrap();
        let ca = ca.to_str().unwrap();
        let kill = ["kill", "--address", address, "--ca", ca];
        stdout(&argonaut(folder.path(), &kill));
        assert!(host.engine().killed);
    });
}

#[test]
fn what_happens_is_followed_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let ca = certificate(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = certificate(elsewhere.path());
    visited(folder.path(), "", |_, _, address| {
        let url = format!("https://{address}");
        let watch = |trusted: &Path| {
            let ca = trusted.to_str().unwrap();
            let words = ["watch", "engine", "--count", "1", "--url", &url, "--ca", ca];
            argonaut(folder.path(), &words)
        };
        let line = stdout(&watch(&ca));
        assert!(line.starts_with("engine is "), "{line}");
        let line = error_line_of(3, &watch(&other));
        assert!(line.contains("trusted"), "{line}");
    });
}

#[test]
fn a_kill_that_cannot_trust_anybody_still_writes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let kill = ["kill", "--ca", "no-such.pem", "--kill-file", "kill"];
    let line = error_line(&argonaut(folder.path(), &kill));
    assert!(line.contains("kill is written"), "{line}");
    assert!(line.contains("no-such.pem"), "{line}");
    assert!(folder.path().join("kill").exists());
}

#[test]
fn over_tls_the_cookie_is_a_secure_one() {
    let folder = tempfile::tempdir().unwrap();
    let ca = certificate(folder.path());
    let on = "[identity]\nmode = \"on\"\n";
    visited(folder.path(), on, |_, invitation, address| {
        let pem = std::fs::read(&ca).unwrap();
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&pem).unwrap()]);
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(roots)
            .build();
        let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
        let claim = json!({
            "token": invitation.unwrap(),
            "name": "anna",
            "password": "correct horse battery staple",
        });
        let post = |path: &str, cookie: &str, body: String| {
            let request = agent.post(format!("https://{address}/api/v1/auth/{path}"));
            let request = request.header("cookie", cookie);
            let request = request.header("content-type", "application/json");
            let answer = request.send(body).unwrap();
            let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
            assert!(cookie.starts_with("__Secure-argonaut_refresh="), "{cookie}");
            assert!(cookie.contains("; Secure"), "{cookie}");
            cookie
        };
        let cookie = post("claim", "", claim.to_string());
        let pair = cookie.split(';').next().unwrap();
        post("refresh", pair, String::new());
        a_login_lasts_over_its_token(folder.path(), address, &ca);
    });
}

fn a_login_lasts_over_its_token(folder: &Path, address: &str, ca: &Path) {
    let (password, state) = (folder.join("password"), folder.join("state"));
    std::fs::write(&password, "correct horse battery staple").unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&password, private).unwrap();
    let variables = [
        ("ARGONAUT_URL", address),
        ("ARGONAUT_CA", ca.to_str().unwrap()),
        ("XDG_STATE_HOME", state.to_str().unwrap()),
    ];
    let password = password.to_str().unwrap();
    let login = ["login", "anna", "--password-file", password];
    stdout(&execute(folder, &login, &variables));
    let mut kept = std::fs::read_dir(state.join("argonaut")).unwrap();
    let kept = kept.next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&kept).unwrap();
    let mut session: serde_json::Value = serde_json::from_str(&text).unwrap();
    session["access_until_s"] = json!(0);
    std::fs::write(&kept, session.to_string()).unwrap();
    let known = stdout(&execute(folder, &["whoami", "--json"], &variables));
    assert!(known.contains("anna"), "{known}");
    assert_ne!(std::fs::read_to_string(&kept).unwrap(), session.to_string());
}

/// Why a host does not start.
fn refused(folder: &Path, more: &str, sets: &[(&str, &str)]) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = runtime.block_on(start(folder, more, sets));
    format!("{:#}", started.err().unwrap())
}

#[test]
fn what_cannot_be_meant_is_named() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let outside = [("ARGONAUT_HOST__LISTEN", "0.0.0.0:0")];
    let check = |more: &str, sets: &[(&str, &str)], expect: &str| {
        let found = refused(folder.path(), more, sets);
        assert!(found.starts_with(expect), "{found}\nexpected: {expect}");
    };
    let on = "[identity]\nmode = \"on\"\n";
    check(
        on,
        &outside,
        "host.toml: host.listen: 0.0.0.0:0 is reachable",
    );
    // TLS alone lets everybody in.
    check(
        &section(folder.path()),
        &outside,
        "host.toml: host.listen: ",
    );
    let gone = "[tls]\ncertificate = \"gone.pem\"\nkey = \"gone.key\"\n";
    check(
        gone,
        &[],
        "host.toml: tls.certificate: gone.pem cannot be read",
    );
    let wrong = "[network]\nproxies = [\"desk\"]\n";
    check(wrong, &[], "host.toml: network.proxies: `desk` is neither");
    let wrong = "[rate]\nlogin = { burst = 3 }\n";
    check(wrong, &[], "host.toml: rate.login: write `per_second`");
}
