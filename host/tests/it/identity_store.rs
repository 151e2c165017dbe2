//! What people did, and jobs, as rows of a store: a database that is away, a restart, and a log that is begun anew.

use super::identity::{NEW_LOG, PASSWORD, ask, visited_with};
use super::process::fresh_key;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::postgres::Server;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// The first person, who may do all; their access token.
pub(super) fn claim(base: &str, invitation: &str) -> String {
    let claim = json!({ "token": invitation, "name": "anna", "password": PASSWORD });
    let (status, granted) = ask("POST", &format!("{base}/auth/claim"), "", &claim);
    assert_eq!(status, 200, "{granted}");
    granted["access"].as_str().unwrap().to_owned()
}

/// Does something that is written down.
fn log_in(base: &str) {
    let login = json!({ "name": "anna", "password": PASSWORD });
    let (status, granted) = ask("POST", &format!("{base}/auth/login"), "", &login);
    assert_eq!(status, 200, "{granted}");
}

/// Asks for what cannot be done, as a job.
fn ask_in_vain(base: &str, access: &str) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = agent.build().into();
    let body = json!({ "name": "x", "account": "paper", "plugin": "there-is-none.wasm" });
    let answer = agent
        .post(format!("{base}/strategies"))
        .header("idempotency-key", fresh_key())
        .header("authorization", format!("Bearer {access}"))
        .header("content-type", "application/json")
        .header("prefer", "respond-async")
        .send(body.to_string());
    assert_eq!(answer.unwrap().status().as_u16(), 202);
}

fn items(base: &str, path: &str, access: &str) -> Vec<Value> {
    let (_, mut page) = ask("GET", &format!("{base}/{path}"), access, &Value::Null);
    match page["items"].take() {
        Value::Array(items) => items,
        // A store that is away has no answer.
        _ => Vec::new(),
    }
}

/// A record as the log has it.
fn logged(record: &Value) -> Value {
    json!([
        record["number"],
        record["actor"],
        record["action"],
        record["subject"],
        record["after"],
        record["request"],
        record["outcome"],
        record["place"],
    ])
}

/// A record as the store has it.
fn stored(row: &Value) -> Value {
    let after = row["after"].as_str().map_or(Value::Null, |text| {
        serde_json::from_str(text).unwrap_or_default()
    });
    json!([
        row["sequence"],
        row["actor"],
        row["action"],
        row["subject"],
        after,
        row["request"],
        row["outcome"],
        row["place"],
    ])
}

/// Waits until the store has these records of an earlier log and all of this one, each once; returns them.
fn until_copied(base: &str, access: &str, earlier: &[Value]) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let log = items(base, "audit", access);
        let log = log.iter().map(logged);
        let expect: Vec<_> = earlier.iter().cloned().chain(log).collect();
        let rows = items(base, "history/audit", access);
        let rows: Vec<_> = rows.iter().map(stored).collect();
        if rows == expect {
            return rows;
        }
        assert!(begun.elapsed() < PATIENCE, "{rows:#?}\n{expect:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn until_job_is_over(base: &str, access: &str) {
    let begun = Instant::now();
    loop {
        let jobs = items(base, "history/jobs", access);
        if let [job] = jobs.as_slice()
            && job["state"] == "FAILED"
        {
            assert_eq!(
                (&job["sequence"], &job["asked_by"]),
                (&json!(1), &json!("anna"))
            );
            assert_eq!(job["operation"], "strategies.load", "{job}");
            assert!(job["status"].as_u64().unwrap() >= 400, "{job}");
            assert!(job["ended"].is_string(), "{job}");
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{jobs:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A host with its store in one of the databases; one that is a server dies and comes back meanwhile.
fn check(folder: &Path, url: &str, server: Option<&Arc<Server>>) {
    let server = server.cloned();
    let keys = [("ARGONAUT_STORE__URL", url)];
    let access = visited_with(folder, "first", &keys, move |base, invitation| {
        let access = claim(&base, &invitation.unwrap());
        assert_eq!(until_copied(&base, &access, &[]).len(), 1);
        if let Some(server) = &server {
            server.down();
        }
        log_in(&base);
        ask_in_vain(&base, &access);
        if let Some(server) = &server {
            server.up();
        }
        until_job_is_over(&base, &access);
        // The job is written down when it is asked for, and when it is over.
        assert_eq!(until_copied(&base, &access, &[]).len(), 4);
        access
    });
    let again = access.clone();
    let rows = visited_with(folder, "second", &keys, move |base, _| {
        log_in(&base);
        until_job_is_over(&base, &again);
        until_copied(&base, &again, &[])
    });
    assert_eq!(rows.len(), 5, "the same and one more: {rows:#?}");

    std::fs::remove_file(folder.join("identity/audit.log")).unwrap();
    let keys = [keys[0], NEW_LOG];
    let both = visited_with(folder, "third", &keys, move |base, _| {
        log_in(&base);
        until_copied(&base, &access, &rows)
    });
    assert_eq!(both.len(), 7, "{both:#?}");
    assert_eq!(both[5][2], "audit.begin", "{both:#?}");
}

#[test]
fn what_people_did_is_in_sqlite_once_and_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.sqlite");
    check(folder.path(), &format!("sqlite:{}", file.display()), None);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_people_did_is_in_postgresql_once_and_it_is_caught_up_with() {
    let server = Arc::new(Server::start());
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &url, Some(&server));
}
