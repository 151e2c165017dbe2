//! What takes a second person, of what, and what becomes of a yes when trading is stopped.

use crate::identity_desk::{Desk, HERE, PASSWORD};
use crate::rest_client::{Answer, Client, request};
use axum::body::Body;
use identity::{Role, UserChange};
use serde_json::{Value, json};

const STATE: (&str, &str) = ("POST", "/engine/trading-state");
const KILL: (&str, &str) = ("POST", "/engine/kill");
const FIRM: (&str, &str) = ("PUT", "/risk/states/firm");

/// Two who guard risk and one who trades.
struct People {
    anna: String,
    bert: String,
    otto: String,
}

fn people(desk: &Desk) -> People {
    People {
        anna: desk.person("anna", &[Role::Risk]),
        bert: desk.person("bert", &[Role::Risk]),
        otto: desk.person("otto", &[Role::Operator]),
    }
}

fn id(asked: &Answer) -> String {
    assert_eq!(asked.status, 202, "{}", asked.text);
    asked.json()["id"].as_str().unwrap().to_owned()
}

async fn confirm(desk: &Desk, token: &str, id: &str) -> Answer {
    let place = format!("/approvals/{id}/confirm");
    desk.by(token, ("POST", place.as_str()), "").await
}

async fn with(desk: &Desk, token: &str, id: &str, what: (&str, &str), body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("x-approval", id)];
    desk.ask(what, &headers, body).await
}

#[tokio::test]
async fn what_is_no_id_of_an_approval_is_refused_whether_one_is_needed_or_not() {
    let (long, longest) = ("a".repeat(65), "a".repeat(64));
    let pause = ("POST", "/strategies/ema/pause");
    let desk = Desk::new(true);
    let people = people(&desk);
    let off = Client::new();
    let without_identity = async |id: &str| {
        let request = request(pause.0, pause.1).header("x-approval", id);
        off.send(request.body(Body::empty()).unwrap()).await
    };
    for wrong in ["", long.as_str()] {
        let answer = with(&desk, &people.otto, wrong, pause, "").await;
        answer.check_problem(400, "INVALID_FIELD", Some(""));
        let answer = without_identity(wrong).await;
        answer.check_problem(400, "INVALID_FIELD", Some(""));
    }
    assert_eq!(desk.host.asked(), Vec::<String>::new());
    assert_eq!(off.host.asked(), Vec::<String>::new());
    let answer = with(&desk, &people.otto, &longest, pause, "").await;
    answer.check(200, &[]);
    without_identity(&longest).await.check(200, &[]);
}

#[tokio::test]
async fn reducing_loosens_what_is_halted() {
    let reducing = r#"{"state":"REDUCING"}"#;
    let halted = r#"{"state":"HALTED"}"#;
    for place in [STATE, FIRM] {
        let desk = Desk::new(true);
        let people = people(&desk);
        // From active it tightens: a trader may, and by themselves.
        let tighter = desk.by(&people.otto, place, reducing).await;
        tighter.check(200, &[]);
        desk.by(&people.otto, place, halted).await.check(200, &[]);
        let refused = desk.by(&people.otto, place, reducing).await;
        refused.check_problem(403, "FORBIDDEN", None);
        let asked = id(&desk.by(&people.anna, place, reducing).await);
        confirm(&desk, &people.bert, &asked).await.check(200, &[]);
        let done = with(&desk, &people.anna, &asked, place, reducing).await;
        done.check(200, &[]);
        let record = desk.written().pop().unwrap();
        assert_eq!(record.approval, Some(asked));
        assert_eq!(record.confirmed_by.as_deref(), Some("bert"));
        assert!(record.place.ends_with(place.1), "{}", record.place);
    }
}

#[tokio::test]
async fn a_yes_is_void_when_trading_is_stopped_meanwhile() {
    let desk = Desk::new(true);
    let people = people(&desk);
    let (kill, clear) = (r#"{"set":true}"#, r#"{"set":false}"#);
    desk.by(&people.anna, KILL, kill).await.check(200, &[]);
    let stops = [
        (KILL, kill),
        (("POST", "/risk/kill"), r#"{"scope":"firm"}"#),
        (("POST", "/strategies/ema/pause"), ""),
        (STATE, r#"{"state":"HALTED"}"#),
    ];
    for (stop, body) in stops {
        let asked = id(&desk.by(&people.anna, KILL, clear).await);
        confirm(&desk, &people.bert, &asked).await.check(200, &[]);
        desk.by(&people.otto, stop, body).await.check(200, &[]);
        let late = with(&desk, &people.anna, &asked, KILL, clear).await;
        late.check_problem(409, "CONFLICT", None);
    }
    assert!(!desk.host.asked().contains(&"kill false".to_owned()));
}

#[tokio::test]
async fn what_is_promoted_is_named() {
    let desk = Desk::new(true);
    let otto = desk.person("otto", &[Role::Operator]);
    let olga = desk.person("olga", &[Role::Operator]);
    let begin = r#"{"instruments":["BTC/USD.SIM"],"probation":{"for_ns":"5"}"#;
    let canary = ("POST", "/strategies/ema/canary");
    let promote = ("POST", "/strategies/ema/canary/promote");
    desk.by(&otto, canary, &format!("{begin}}}"))
        .await
        .check(201, &[]);
    let unnamed = desk.by(&otto, promote, "").await;
    unnamed.check_problem(400, "INVALID_FIELD", Some("/plugin"));
    let named = json!({ "plugin": "ab".repeat(32) }).to_string();
    let asked = id(&desk.by(&otto, promote, &named).await);
    confirm(&desk, &olga, &asked).await.check(200, &[]);
    with(&desk, &otto, &asked, promote, &named)
        .await
        .check(200, &[]);
    // One that promotes itself is a promotion.
    let by_itself = format!(r#"{begin},"when_over":"promote"}}"#);
    let unnamed = desk.by(&otto, canary, &by_itself).await;
    unnamed.check_problem(400, "INVALID_FIELD", Some("/plugin"));
    let hash = "ab".repeat(32);
    let named = format!(r#"{begin},"when_over":"promote","plugin":"sha256:{hash}"}}"#);
    let asked = desk.by(&otto, canary, &named).await;
    asked.check(202, &[("/operation", json!("canaries.begin"))]);
    // By bytes it cannot be named.
    let place =
        "/strategies/ema/canary?instruments=BTC/USD.SIM&probation.for_ns=5&when_over=promote";
    let sent = request("POST", place)
        .header("authorization", format!("Bearer {otto}"))
        .header("content-type", "application/wasm")
        .body(Body::from(vec![0; 70_000]));
    let answer = desk.send(sent.unwrap()).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/plugin"));
}

#[tokio::test]
async fn admins_watch_each_other() {
    let desk = Desk::new(true);
    let root = desk.login("root");
    let add = |name: &str| json!({ "name": name, "roles": ["admin"] }).to_string();
    // Alone there is nobody to ask.
    let added = desk.by(&root, ("POST", "/users"), &add("carl")).await;
    added.check(201, &[]);
    let dora = desk.person("dora", &[Role::Admin]);
    let asked = id(&desk.by(&root, ("POST", "/users"), &add("eve")).await);
    confirm(&desk, &dora, &asked).await.check(200, &[]);
    let done = with(&desk, &root, &asked, ("POST", "/users"), &add("eve")).await;
    done.check(201, &[]);
    let change = ("PATCH", "/users/dora");
    let wider = json!({ "roles": ["admin", "risk"] }).to_string();
    let asked = id(&desk.by(&dora, change, &wider).await);
    confirm(&desk, &root, &asked).await.check(200, &[]);
    let own = with(&desk, &dora, &asked, change, &wider).await;
    own.check_problem(403, "FORBIDDEN", None);
    let remove = (("DELETE", "/users/carl"), "");
    let asked = id(&desk.by(&root, remove.0, remove.1).await);
    confirm(&desk, &dora, &asked).await.check(200, &[]);
    let done = with(&desk, &root, &asked, remove.0, remove.1).await;
    assert_eq!(done.status, 204, "{}", done.text);
    // What only disables waits for nobody.
    let gone = desk.by(&root, change, r#"{"disabled":true}"#).await;
    gone.check(200, &[("/disabled", json!(true))]);
}

#[tokio::test]
async fn rights_are_asked_for_again_when_a_body_has_come() {
    let desk = Desk::new(false);
    let otto = desk.person("otto", &[Role::Operator]);
    let slow = |kind: &'static str, place: &'static str| {
        let guarded = desk.guarded.clone();
        let otto = otto.clone();
        let late = futures_util::stream::once(async move {
            let change = UserChange {
                roles: Some([Role::Viewer].into()),
                ..UserChange::default()
            };
            guarded.identity().change_user("otto", change).unwrap();
            Ok::<_, std::io::Error>("{\"set\":true}")
        });
        request("POST", place)
            .header("authorization", format!("Bearer {otto}"))
            .header("content-type", kind)
            .body(Body::from_stream(late))
            .unwrap()
    };
    for (kind, place) in [
        ("application/json", "/engine/kill"),
        ("application/wasm", "/strategies?name=x&account=main"),
    ] {
        let back = UserChange {
            roles: Some([Role::Operator].into()),
            ..UserChange::default()
        };
        desk.guarded.identity().change_user("otto", back).unwrap();
        let answer = desk.send(slow(kind, place)).await;
        answer.check_problem(403, "FORBIDDEN", None);
    }
    assert_eq!(desk.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused_and_a_component_is_known_by_its_hash() {
    let desk = Desk::new(false);
    let otto = desk.person("otto", &[Role::Operator]);
    let send = async |kind: &str, place: &str, body: Vec<u8>| {
        let sent = request("POST", place)
            .header("authorization", format!("Bearer {otto}"))
            .header("content-type", kind)
            .body(Body::from(body));
        desk.send(sent.unwrap()).await
    };
    let broken = send("application/json", "/engine/kill", vec![0xff, 0xfe]).await;
    broken.check_problem(400, "MALFORMED_JSON", None);
    let place = "/strategies/ema/shadow?state=fresh";
    let begun = send("application/wasm", place, vec![7; 70_000]).await;
    begun.check(201, &[]);
    let record = desk.written().pop().unwrap();
    // What `sha256sum` says, as in the registry.
    let hash = "4f772cad45a568461aeb93ed8e3451422e5ba92d94c01a3355cb02e75c4b387e";
    let expect = json!({ "bytes": 70_000, "sha256": hash });
    assert_eq!(record.after, Some(expect));
    assert!(record.place.ends_with(place), "{}", record.place);
    assert_eq!(record.action, "shadows.begin");
}

#[tokio::test]
async fn whose_refresh_token_came_again_is_written_down() {
    let desk = Desk::new(false);
    desk.person("anna", &[Role::Viewer]);
    let granted = {
        let identity = desk.guarded.identity();
        let first = identity.login("anna", PASSWORD, HERE).unwrap();
        identity.refresh(&first.refresh, HERE).unwrap();
        first
    };
    let cookie = format!("argonaut_refresh={}", granted.refresh);
    let headers = [("cookie", cookie.as_str())];
    let again = desk.ask(("POST", "/auth/refresh"), &headers, "").await;
    again.check_problem(401, "REFRESH_REUSED", None);
    let record = desk.written().pop().unwrap();
    assert_eq!(record.actor, "?anna");
    assert!(record.subject.contains(&granted.session), "{record:?}");
}

#[tokio::test]
async fn an_operator_alone_does_not_loosen_by_another_name() {
    let desk = Desk::new(true);
    let people = people(&desk);
    let loosening: [((&str, &str), Value); 5] = [
        (
            ("PUT", "/risk/regime"),
            json!({ "scope": "firm", "regime": "calm" }),
        ),
        (
            ("PUT", "/risk/locates"),
            json!({ "account": "paper", "instrument": "EUR/USD.SIM", "quantity": "5" }),
        ),
        (("DELETE", "/risk/rules/x"), Value::Null),
        (("DELETE", "/risk/repeats/ema"), Value::Null),
        (
            ("PUT", "/risk/rules/x"),
            json!({ "scope": "firm", "plugin": format!("sha256:{}", "ab".repeat(32)) }),
        ),
    ];
    for (what, body) in loosening {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let refused = desk.by(&people.otto, what, &body).await;
        refused.check_problem(403, "FORBIDDEN", None);
        let asked = desk.by(&people.anna, what, &body).await;
        asked.check(202, &[("/state", json!("OPEN"))]);
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_written_down() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Risk]);
    let what = ("DELETE", "/risk/scenarios/panics");
    let answer = desk.by(&anna, what, "").await;
    answer.check_problem(500, "INTERNAL", None);
    let record = desk.written().pop().unwrap();
    assert_eq!(
        (record.actor.as_str(), record.outcome.as_str()),
        ("anna", "PANICKED")
    );
}

#[tokio::test]
async fn stops_and_the_ways_in_pass_while_nothing_can_be_written_down() {
    let desk = Desk::new(false);
    let people = people(&desk);
    let session = desk.login("otto");
    desk.guarded.audit().stop("the disk is full");
    let stops = [
        (KILL, r#"{"set":true}"#),
        (STATE, r#"{"state":"REDUCING"}"#),
        (STATE, r#"{"state":"HALTED"}"#),
        (FIRM, r#"{"state":"HALTED"}"#),
        (("POST", "/strategies/ema/pause"), ""),
        (("POST", "/strategies/ema/rollback"), ""),
    ];
    for (what, body) in stops {
        let answer = desk.by(&people.otto, what, body).await;
        assert_eq!(answer.status, 200, "{what:?} {}", answer.text);
    }
    let refused = [
        (&people.otto, ("POST", "/orders"), "{}"),
        (&people.anna, KILL, r#"{"set":false}"#),
        (&people.anna, STATE, r#"{"state":"REDUCING"}"#),
        (&people.anna, ("PUT", "/risk/limits/firm"), "{}"),
    ];
    for (who, what, body) in refused {
        let answer = desk.by(who, what, body).await;
        answer.check_problem(503, "AUDIT_FAILED", None);
    }
    let login = json!({ "name": "anna", "password": PASSWORD }).to_string();
    let answer = desk.ask(("POST", "/auth/login"), &[], &login).await;
    answer.check(200, &[("/user", json!("anna"))]);
    let answer = desk.by(&session, ("POST", "/auth/ticket"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = desk.by(&session, ("POST", "/auth/logout"), "").await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}

#[tokio::test]
async fn the_log_tells_how_it_was_before() {
    let desk = Desk::new(false);
    let people = people(&desk);
    let check = async |token: &str, what: (&str, &str), body: &str, expect: Value| {
        let answer = desk.by(token, what, body).await;
        assert!(answer.status.is_success(), "{what:?} {}", answer.text);
        let before = desk.written().pop().unwrap().before;
        assert_eq!(before, Some(expect), "{what:?}");
    };
    let active = json!({ "scope": "firm", "state": "ACTIVE", "killed": false });
    let halted = r#"{"state":"HALTED"}"#;
    check(&people.otto, FIRM, halted, active).await;
    let running = json!({ "trading_state": "ACTIVE", "killed": false });
    check(&people.otto, KILL, r#"{"set":true}"#, running).await;
    let place = ("PUT", "/risk/limits/strategy/ema");
    let answer = desk.by(&people.anna, place, "{}").await;
    answer.check(200, &[]);
    let before = desk.written().pop().unwrap().before.unwrap();
    assert_eq!(before["scope"], json!("strategy/ema"));
    assert!(!before.to_string().contains("null"), "{before}");
    let answer = desk
        .by(&people.otto, ("POST", "/strategies/ema/pause"), "")
        .await;
    answer.check(200, &[]);
    let before = desk.written().pop().unwrap().before.unwrap();
    assert_eq!(before["state"], json!("RUNNING"));
    assert!(before["plugin"]["hash"].is_string(), "{before}");
    let answer = desk.by(&people.otto, ("DELETE", "/orders/9-0"), "").await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let before = desk.written().pop().unwrap().before.unwrap();
    assert_eq!(before["status"], json!("ACCEPTED"));
    assert_eq!(before["filled"], json!("40000"));
    assert!(before["price"].is_string(), "{before}");
}
