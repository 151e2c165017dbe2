//! What passes the gate, as whom, and what is written down.

use crate::fake_values::alert;
use crate::identity_desk::{Desk, HERE, PASSWORD};
use crate::rest_client::{Answer, Client};
use identity::audit::verify;
use identity::{NewKey, Role, UserChange};
use serde_json::{Value, json};
use services::view::Change;

const KILL: (&str, &str) = ("POST", "/engine/kill");
const LIMITS: (&str, &str) = ("PUT", "/risk/limits/firm");

fn login(name: &str, password: &str) -> String {
    json!({ "name": name, "password": password }).to_string()
}

/// The refresh cookie of an answer, as a browser would send it back.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(cookie.contains("; Path=/api/v1/auth;"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_begun_refreshed_and_ended() {
    let desk = Desk::new(false);
    let answer = desk
        .ask(("POST", "/auth/login"), &[], &login("root", PASSWORD))
        .await;
    answer.check(200, &[("/user", json!("root"))]);
    let first = cookie(&answer);
    assert!(!answer.text.contains(first.split_once('=').unwrap().1));
    let refresh = async |cookie: &str| {
        let headers = [("cookie", cookie)];
        desk.ask(("POST", "/auth/refresh"), &headers, "").await
    };
    let answer = refresh(&format!("other=1; {first}")).await;
    answer.check(200, &[]);
    let second = cookie(&answer);
    let access = answer.json()["access"].as_str().unwrap().to_owned();
    let me = desk.by(&access, ("GET", "/auth/me"), "").await;
    me.check(200, &[("/user", json!("root"))]);
    refresh(&first)
        .await
        .check_problem(401, "REFRESH_REUSED", None);
    refresh(&second)
        .await
        .check_problem(401, "UNAUTHENTICATED", None);
    let me = desk.by(&access, ("GET", "/auth/me"), "").await;
    me.check_problem(401, "UNAUTHENTICATED", None);
    let access = desk.login("root");
    let answer = desk.by(&access, ("POST", "/auth/logout"), "").await;
    assert_eq!(answer.status, 204);
    assert!(
        answer.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    let me = desk.by(&access, ("GET", "/auth/me"), "").await;
    me.check_problem(401, "UNAUTHENTICATED", None);
}

#[tokio::test]
async fn an_invited_person_chooses_a_password_and_is_managed() {
    let desk = Desk::new(false);
    let root = desk.login("root");
    let body = r#"{"name":"anna","roles":["viewer"]}"#;
    let answer = desk.by(&root, ("POST", "/users"), body).await;
    answer.check(201, &[("/user/has_password", json!(false))]);
    let token = answer.json()["invitation"].as_str().unwrap().to_owned();
    let claim = json!({ "token": token, "name": "anna", "password": PASSWORD }).to_string();
    let answer = desk.ask(("POST", "/auth/claim"), &[], &claim).await;
    answer.check(200, &[("/roles", json!(["viewer"]))]);
    let again = desk.ask(("POST", "/auth/claim"), &[], &claim).await;
    again.check_problem(401, "WRONG_CREDENTIALS", None);
    let body = r#"{"roles":["viewer","operator"]}"#;
    let answer = desk.by(&root, ("PATCH", "/users/anna"), body).await;
    answer.check(200, &[("/version", json!(3))]);
    let record = desk.written().pop().unwrap();
    assert_eq!(
        (record.actor.as_str(), record.subject.as_str()),
        ("root", "anna")
    );
    assert_eq!(record.before.unwrap()["roles"], json!(["viewer"]));
    assert_eq!(
        record.after.unwrap()["roles"],
        json!(["viewer", "operator"])
    );
    let bad = desk
        .by(
            &root,
            ("POST", "/users"),
            r#"{"name":"bert","roles":["boss"]}"#,
        )
        .await;
    assert_eq!(bad.status, 400, "{}", bad.text);
    let bad = desk
        .by(
            &root,
            ("POST", "/users"),
            r#"{"name":"B","roles":["viewer"]}"#,
        )
        .await;
    bad.check_problem(400, "INVALID_FIELD", Some("/name"));
    let gone = desk.by(&root, ("DELETE", "/users/anna"), "").await;
    assert_eq!(gone.status, 204);
}

#[tokio::test]
async fn what_is_done_and_refused_is_written_down_without_secrets() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Operator]);
    desk.by(&anna, KILL, r#"{"set":true}"#)
        .await
        .check(200, &[]);
    let refused = desk.by(&anna, LIMITS, r#"{"max_open_orders":50}"#).await;
    refused.check_problem(403, "FORBIDDEN", None);
    desk.by(&anna, ("GET", "/engine"), "").await.check(200, &[]);
    let wrong = login("anna", "a wrong password");
    let answer = desk.ask(("POST", "/auth/login"), &[], &wrong).await;
    answer.check_problem(401, "WRONG_CREDENTIALS", None);
    let right = login("anna", PASSWORD);
    desk.ask(("POST", "/auth/login"), &[], &right)
        .await
        .check(200, &[]);
    let written = desk.written();
    let rows: Vec<_> = written
        .iter()
        .map(|one| {
            (
                one.actor.as_str(),
                one.action.as_str(),
                one.outcome.as_str(),
            )
        })
        .collect();
    let expect = [
        ("anna", "engine.kill", "200"),
        ("anna", "risk.limits.set", "FORBIDDEN"),
        ("?anna", "auth.login", "401"),
        ("anna", "auth.login", "200"),
    ];
    assert_eq!(rows, expect);
    assert_eq!(written[0].after, Some(json!({ "set": true })));
    let log = std::fs::read_to_string(desk.log()).unwrap();
    assert!(!log.contains("wrong password") && !log.contains(PASSWORD));
    assert_eq!(verify(&desk.log(), None).unwrap().records, 4);
    assert_eq!(desk.host.asked(), ["kill true"]);
}

#[tokio::test]
async fn the_log_is_read_in_pages() {
    let desk = Desk::new(false);
    let root = desk.login("root");
    for _ in 0..5 {
        desk.by(&root, KILL, r#"{"set":true}"#)
            .await
            .check(200, &[]);
    }
    let numbers = async |query: &str| -> (Vec<u64>, Value) {
        let place = format!("/audit{query}");
        let answer = desk.by(&root, ("GET", place.as_str()), "").await;
        answer.check(200, &[]);
        let json = answer.json();
        let items = json["items"].as_array().unwrap().iter();
        let numbers = items.map(|item| item["number"].as_u64().unwrap()).collect();
        (numbers, json["next"].clone())
    };
    assert_eq!(numbers("?limit=2").await, (vec![1, 2], json!(2)));
    assert_eq!(numbers("?after=2").await, (vec![3, 4, 5], Value::Null));
    assert_eq!(
        numbers("?order=newest&limit=3").await,
        (vec![5, 4, 3], json!(3))
    );
    assert_eq!(
        numbers("?order=newest&after=3").await,
        (vec![2, 1], Value::Null)
    );
    let bad = desk.by(&root, ("GET", "/audit?order=x"), "").await;
    bad.check_problem(400, "INVALID_FIELD", Some("/order"));
}

#[tokio::test]
async fn what_loosens_takes_a_second_person() {
    let desk = Desk::new(true);
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    // What tightens does not wait.
    desk.by(&anna, KILL, r#"{"set":true}"#)
        .await
        .check(200, &[]);
    let clear = r#"{"set":false}"#;
    let asked = desk.by(&anna, KILL, clear).await;
    asked.check(
        202,
        &[("/state", json!("OPEN")), ("/asked_by", json!("anna"))],
    );
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    let confirm = format!("/approvals/{id}/confirm");
    let confirm = ("POST", confirm.as_str());
    let own = desk.by(&anna, confirm, "").await;
    own.check_problem(403, "FORBIDDEN", None);
    let with = async |token: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-approval", id.as_str()),
        ];
        desk.ask(KILL, &headers, body).await
    };
    with(&anna, clear)
        .await
        .check_problem(409, "CONFLICT", None);
    let confirmed = desk.by(&bert, confirm, "").await;
    confirmed.check(200, &[("/state", json!("CONFIRMED"))]);
    with(&bert, clear)
        .await
        .check_problem(404, "NOT_FOUND", None);
    with(&anna, r#"{"set": false}"#)
        .await
        .check_problem(409, "CONFLICT", None);
    with(&anna, clear).await.check(200, &[]);
    with(&anna, clear)
        .await
        .check_problem(409, "CONFLICT", None);
    assert_eq!(desk.host.asked(), ["kill true", "kill false"]);
    let outcomes: Vec<_> = desk.written().into_iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, ["200", "ASKED", "403", "200", "200"]);
}

#[tokio::test]
async fn who_may_stop_may_not_let_trade_again() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Operator]);
    let bert = desk.person("bert", &[Role::Risk]);
    let state = ("POST", "/engine/trading-state");
    desk.by(&anna, KILL, r#"{"set":true}"#)
        .await
        .check(200, &[]);
    let halt = desk.by(&anna, state, r#"{"state":"HALTED"}"#).await;
    halt.check(200, &[]);
    let scope = ("PUT", "/risk/states/firm");
    let again = [
        (KILL, r#"{"set":false}"#),
        (state, r#"{"state":"ACTIVE"}"#),
        (scope, r#"{"state":"ACTIVE"}"#),
        (("DELETE", "/risk/kill/firm"), ""),
    ];
    for (what, body) in again {
        let refused = desk.by(&anna, what, body).await;
        refused.check_problem(403, "FORBIDDEN", None);
        assert_eq!(desk.written().pop().unwrap().outcome, "FORBIDDEN");
    }
    desk.by(&bert, KILL, r#"{"set":false}"#)
        .await
        .check(200, &[]);
}

#[tokio::test]
async fn keys_come_in_as_a_header_and_may_what_their_scopes_say() {
    let desk = Desk::new(false);
    let access = desk.person("anna", &[Role::Viewer, Role::Operator]);
    let body = r#"{"name":"script","scopes":["viewer"]}"#;
    let made = desk.by(&access, ("POST", "/keys"), body).await;
    made.check(201, &[("/key/user", json!("anna"))]);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let key = [("x-api-key", secret.as_str())];
    desk.ask(("GET", "/engine"), &key, "").await.check(200, &[]);
    let refused = desk.ask(KILL, &key, r#"{"set":true}"#).await;
    refused.check_problem(403, "FORBIDDEN", None);
    let refused = desk.ask(("GET", "/keys"), &key, "").await;
    refused.check_problem(403, "FORBIDDEN", None);
    let bearer = format!("Bearer {access}");
    let both = [
        ("x-api-key", secret.as_str()),
        ("authorization", bearer.as_str()),
    ];
    let refused = desk.ask(("GET", "/engine"), &both, "").await;
    refused.check_problem(401, "UNAUTHENTICATED", None);
    assert!(
        !std::fs::read_to_string(desk.log())
            .unwrap()
            .contains(&secret)
    );
    let who = desk.guarded.identity().authenticate(&access, HERE).unwrap();
    let elsewhere = NewKey {
        name: "elsewhere".to_owned(),
        scopes: [Role::Viewer].into(),
        networks: vec!["10.0.0.0/8".to_owned()],
        days: 1,
    };
    let (_, text) = desk.guarded.identity().add_key(&who, elsewhere).unwrap();
    let refused = desk
        .ask(("GET", "/engine"), &[("x-api-key", text.as_str())], "")
        .await;
    refused.check_problem(401, "UNAUTHENTICATED", None);
}

#[tokio::test]
async fn nobody_signs_with_another_name() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Risk, Role::Viewer]);
    desk.host.publish(Change::Alert(alert(1)));
    let what = ("POST", "/risk/alerts/1/acknowledge");
    let answer = desk.by(&anna, what, r#"{"by":"bert"}"#).await;
    answer.check(200, &[("/acknowledged_by", json!("anna"))]);
    // A key is its owner's: nobody is two persons.
    let body = r#"{"name":"script","scopes":["risk"]}"#;
    let made = desk.by(&anna, ("POST", "/keys"), body).await;
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    desk.host.publish(Change::Alert(alert(2)));
    let what = ("POST", "/risk/alerts/2/acknowledge");
    let key = [("x-api-key", secret.as_str())];
    let answer = desk.ask(what, &key, r#"{"by":"bert"}"#).await;
    answer.check(200, &[("/acknowledged_by", json!("anna"))]);
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_once() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Operator]);
    desk.by(&anna, KILL, r#"{"set":true}"#)
        .await
        .check(200, &[]);
    let change = UserChange {
        roles: Some([Role::Viewer].into()),
        ..UserChange::default()
    };
    desk.guarded.identity().change_user("anna", change).unwrap();
    let refused = desk.by(&anna, KILL, r#"{"set":true}"#).await;
    refused.check_problem(403, "FORBIDDEN", None);
}

#[tokio::test]
async fn failed_tries_lock_with_the_time_to_wait_and_fill_no_log() {
    let desk = Desk::new(false);
    let wrong = login("nobody", "a wrong password");
    for _ in 0..5 {
        let answer = desk.ask(("POST", "/auth/login"), &[], &wrong).await;
        answer.check_problem(401, "WRONG_CREDENTIALS", None);
    }
    let before = desk.written().len();
    let answer = desk.ask(("POST", "/auth/login"), &[], &wrong).await;
    answer.check_problem(429, "LOCKED", None);
    assert!(answer.headers.contains_key("retry-after"));
    for _ in 0..20 {
        let forged = [("cookie", "argonaut_refresh=argr_1.2.3")];
        let answer = desk.ask(("POST", "/auth/refresh"), &forged, "").await;
        answer.check_problem(401, "UNAUTHENTICATED", None);
        let answer = desk.ask(("POST", "/auth/login"), &[], "{}").await;
        assert_eq!(answer.status, 400);
    }
    assert_eq!(desk.written().len(), before);
}

#[tokio::test]
async fn where_identity_is_off_nobody_is_asked() {
    let client = Client::new();
    client.get("/engine").await.check(200, &[]);
    for path in [
        "/users",
        "/keys",
        "/sessions",
        "/approvals",
        "/audit",
        "/auth/me",
    ] {
        let answer = client.get(path).await;
        answer.check_problem(404, "IDENTITY_OFF", None);
    }
    let answer = client
        .json("POST", "/auth/login", &login("root", PASSWORD))
        .await;
    answer.check_problem(404, "IDENTITY_OFF", None);
}
