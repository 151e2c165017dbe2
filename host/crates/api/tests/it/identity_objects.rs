//! Somebody else's sessions, keys, approvals and jobs: who sees them and who changes them, by every role.

use crate::fake::Fake;
use crate::identity_desk::{Desk, HERE};
use crate::rest_client::{Answer, request};
use api::operations;
use axum::body::Body;
use identity::policy::{Access, access, roles_may};
use identity::{Credential, NewKey, Principal, Role, Roles};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const KILL: (&str, &str) = ("POST", "/engine/kill");

/// Routes of things that are somebody's, each tried below.
const TRIED: [&str; 7] = [
    "approvals.confirm",
    "approvals.refuse",
    "jobs.cancel",
    "jobs.resume",
    "jobs.show",
    "keys.revoke",
    "sessions.end",
];

#[test]
fn every_route_of_somebodys_things_is_tried() {
    let things = ["/keys/{", "/sessions/{", "/approvals/{", "/jobs/{"];
    let operations = operations::<Fake>();
    let of_things = operations
        .iter()
        .filter(|operation| things.iter().any(|thing| operation.path.contains(thing)));
    let ids: BTreeSet<_> = of_things.map(|operation| operation.id).collect();
    assert_eq!(ids, BTreeSet::from(TRIED));
}

/// A person for each role, by name and token.
fn one_of_each(desk: &Desk) -> Vec<(Role, String)> {
    let of = |role: Role| (role, desk.person(role.name(), &[role]));
    Role::ALL.into_iter().map(of).collect()
}

fn who(desk: &Desk, token: &str) -> Principal {
    desk.guarded.identity().authenticate(token, HERE).unwrap()
}

/// The id of the session that a token is of.
fn session(desk: &Desk, token: &str) -> String {
    match who(desk, token).by {
        Credential::Session(id) => id,
        Credential::Key(id) => panic!("{id} is a key"),
    }
}

/// A key of somebody.
fn key(desk: &Desk, token: &str, scope: Role) -> (String, String) {
    let new = NewKey {
        name: "script".to_owned(),
        scopes: [scope].into(),
        networks: Vec::new(),
        days: 1,
    };
    let made = desk.guarded.identity().add_key(&who(desk, token), new);
    let (view, text) = made.unwrap();
    (view.id, text)
}

/// Whose the things of a list are.
fn owners(list: &Answer) -> BTreeSet<String> {
    list.check(200, &[]);
    let list = list.json();
    let owners = list.as_array().unwrap().iter();
    owners
        .map(|item| item["user"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn keys_and_sessions_are_their_owners_and_the_admins() {
    let desk = Desk::new(false);
    for (role, token) in one_of_each(&desk) {
        let owner = format!("owner-of-{role}");
        let own = desk.person(&owner, &[Role::Viewer]);
        let session = session(&desk, &own);
        let (id, secret) = key(&desk, &own, Role::Viewer);
        let is_admin = role == Role::Admin;
        for list in ["/keys", "/sessions"] {
            let seen = owners(&desk.by(&token, ("GET", list), "").await);
            assert_eq!(seen.contains(&owner), is_admin, "{role} {list}");
            let others = seen.iter().any(|user| user != role.name());
            assert_eq!(others, is_admin, "{role} {list} {seen:?}");
        }
        let shown = [("x-api-key", secret.as_str())];
        for (thing, id) in [("keys", &id), ("sessions", &session)] {
            let place = format!("/{thing}/{id}");
            let what = ("DELETE", place.as_str());
            // No key manages what is somebody's, not even its owner's own.
            let by_key = desk.ask(what, &shown, "").await;
            if by_key.status != 401 {
                by_key.check_problem(403, "FORBIDDEN", None);
            }
            let answer = desk.by(&token, what, "").await;
            if is_admin {
                assert_eq!(answer.status, 204, "{thing}: {}", answer.text);
                continue;
            }
            // As of one that is not there.
            answer.check_problem(404, "NOT_FOUND", None);
            let mine = desk
                .by(&own, ("GET", format!("/{thing}").as_str()), "")
                .await;
            assert!(mine.text.contains(id.as_str()), "{role} {}", mine.text);
        }
        let by_key = desk.ask(("GET", "/engine"), &shown, "").await;
        let by_session = desk.by(&own, ("GET", "/engine"), "").await;
        let expect: u16 = if is_admin { 401 } else { 200 };
        assert_eq!(by_key.status, expect, "{role}");
        assert_eq!(by_session.status, expect, "{role}");
    }
}

#[tokio::test]
async fn what_is_ones_own_one_ends_whatever_one_is() {
    let desk = Desk::new(false);
    for (role, token) in one_of_each(&desk) {
        let (id, secret) = key(&desk, &token, role);
        let place = format!("/keys/{id}");
        let gone = desk.by(&token, ("DELETE", place.as_str()), "").await;
        assert_eq!(gone.status, 204, "{role}");
        let shown = [("x-api-key", secret.as_str())];
        let answer = desk.ask(("GET", "/engine"), &shown, "").await;
        answer.check_problem(401, "UNAUTHENTICATED", None);
        let other = desk.login(role.name());
        for session in [&token, &other].map(|token| session(&desk, token)) {
            let place = format!("/sessions/{session}");
            let ended = desk.by(&other, ("DELETE", place.as_str()), "").await;
            assert_eq!(ended.status, 204, "{role}");
        }
        for token in [&token, &other] {
            let answer = desk.by(token, ("GET", "/engine"), "").await;
            answer.check_problem(401, "UNAUTHENTICATED", None);
        }
    }
}

/// How an approval stands, as somebody is told.
async fn state(desk: &Desk, token: &str, id: &str) -> Value {
    let list = desk.by(token, ("GET", "/approvals"), "").await;
    list.check(200, &[]);
    let list = list.json();
    let found = list.as_array().unwrap().iter().find(|one| one["id"] == id);
    found.unwrap()["state"].clone()
}

#[tokio::test]
async fn approvals_are_decided_by_who_could_do_it_and_used_by_who_asked() {
    let desk = Desk::new(true);
    let everybody = one_of_each(&desk);
    let anna = desk.person("anna", &[Role::Risk]);
    // Each asks for something of its own: what is asked for again is the same approval.
    let mut clear = r#"{"set":false}"#.to_owned();
    for agree in ["confirm", "refuse"] {
        for (role, token) in &everybody {
            clear.push(' ');
            let asked = desk.by(&anna, KILL, &clear).await;
            asked.check(202, &[("/state", json!("OPEN"))]);
            let id = asked.json()["id"].as_str().unwrap().to_owned();
            let place = format!("/approvals/{id}/{agree}");
            let answer = desk.by(token, ("POST", place.as_str()), "").await;
            let may = roles_may(&Roles::from([*role]), "risk.kill.clear");
            if may {
                answer.check(200, &[("/decided_by", json!(role.name()))]);
            } else {
                answer.check_problem(403, "FORBIDDEN", None);
                assert_eq!(state(&desk, &anna, &id).await, "OPEN", "{role} {agree}");
            }
            // It is of who asked, and of nobody else, whoever confirmed it.
            for (role, token) in &everybody {
                let bearer = format!("Bearer {token}");
                let headers = [
                    ("authorization", bearer.as_str()),
                    ("x-approval", id.as_str()),
                ];
                let answer = desk.ask(KILL, &headers, &clear).await;
                let expect: u16 = if *role == Role::Risk { 404 } else { 403 };
                assert_eq!(answer.status, expect, "{role}: {}", answer.text);
            }
        }
    }
    assert_eq!(desk.host.asked(), Vec::<String>::new());
}

/// A swap that is answered at once.
async fn swap(desk: &Desk, token: &str) -> String {
    let sent = request("POST", "/strategies/ema/swap")
        .header("authorization", format!("Bearer {token}"))
        .header("prefer", "respond-async")
        .header("content-type", "application/json")
        .body(Body::from("{}"));
    let job = desk.send(sent.unwrap()).await;
    job.check(202, &[("/by", json!("otto"))]);
    job.json()["id"].as_str().unwrap().to_owned()
}

/// Waits until a job is in a state.
async fn until(desk: &Desk, token: &str, id: &str, expect: &str) {
    let place = format!("/jobs/{id}");
    loop {
        let shown = desk.by(token, ("GET", place.as_str()), "").await;
        if shown.json()["state"] == expect {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn jobs_are_ended_by_who_could_begin_or_stop_them() {
    let desk = Desk::new(false);
    let everybody = one_of_each(&desk);
    let otto = desk.person("otto", &[Role::Operator]);
    let _held = desk.host.hold_swaps();
    // As many as are at work at a time: what comes behind them waits.
    for _ in 0..2 {
        let id = swap(&desk, &otto).await;
        until(&desk, &otto, &id, "RUNNING").await;
    }
    while desk.host.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    for (role, token) in &everybody {
        let id = swap(&desk, &otto).await;
        let place = format!("/jobs/{id}");
        let shown = desk.by(token, ("GET", place.as_str()), "").await;
        shown.check(200, &[("/by", json!("otto")), ("/state", json!("QUEUED"))]);
        let resume = format!("{place}/resume");
        let resumed = desk.by(token, ("POST", resume.as_str()), "").await;
        let may_trade =
            matches!(access("jobs.resume"), Some(Access::Roles(roles)) if roles.contains(role));
        let expect = if may_trade { "CONFLICT" } else { "FORBIDDEN" };
        assert_eq!(resumed.json()["code"], expect, "{role}: {}", resumed.text);
        let canceled = desk.by(token, ("DELETE", place.as_str()), "").await;
        let roles = Roles::from([*role]);
        // What an author may take back is what authors ask for, and a swap is none of it.
        let may = roles_may(&roles, "strategies.swap") || roles_may(&roles, "strategies.stop");
        if may {
            canceled.check(200, &[("/state", json!("CANCELED"))]);
        } else {
            canceled.check_problem(403, "FORBIDDEN", None);
        }
        let expect = if may { "CANCELED" } else { "QUEUED" };
        until(&desk, &otto, &id, expect).await;
    }
    // What waits was never done.
    assert_eq!(desk.host.asked().len(), 2);
}
