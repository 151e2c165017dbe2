//! The policy against the router: each route has a row, each row a route, and each role may what its
//! rows say, at the routes themselves.

use crate::fake::Fake;
use crate::identity_desk::Desk;
use api::{Operation, operations};
use identity::Role;
use identity::policy::{Access, POLICY, access};
use std::collections::BTreeSet;

/// The path of an operation with something in each of its places.
pub(crate) fn path(operation: &Operation) -> String {
    let parts = operation.path.split('/').map(|part| {
        if part.starts_with("{*") {
            "EUR/USD.SIM"
        } else if part.starts_with('{') {
            "x"
        } else {
            part
        }
    });
    // One route takes what is done with an instrument, and its symbol.
    let below = match operation.id {
        "instruments.happen" => "/events",
        "instruments.status.set" => "/status",
        "instruments.prices.set" => "/prices",
        _ => "",
    };
    // Not below `/api/v1`: these are whole paths.
    format!("!{}{below}", parts.collect::<Vec<_>>().join("/"))
}

/// Of what goes both ways the body that stops; what lets trade again is judged as another operation.
fn tightening(operation: &str) -> &'static str {
    match operation {
        "engine.kill" => r#"{"set":true}"#,
        "engine.trading_state.set" | "risk.states.set" => r#"{"state":"HALTED"}"#,
        _ => "",
    }
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let operations = operations::<Fake>();
    let routes: BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
    let rows: BTreeSet<_> = POLICY.iter().map(|(id, _)| *id).collect();
    let without: Vec<_> = routes.difference(&rows).collect();
    assert!(without.is_empty(), "routes without a row: {without:?}");
    let stale: Vec<_> = rows.difference(&routes).collect();
    assert!(stale.is_empty(), "rows without a route: {stale:?}");
    assert_eq!(routes.len(), operations.len(), "two routes of one name");
}

#[tokio::test]
async fn each_role_may_what_its_rows_say() {
    let desk = Desk::new(false);
    for role in Role::ALL {
        desk.person(role.name(), &[role]);
    }
    for operation in operations::<Fake>() {
        for role in Role::ALL {
            // Anew: one of them logs out.
            let token = desk.login(role.name());
            let place = path(&operation);
            let what = (operation.method.as_str(), place.as_str());
            let answer = desk.by(&token, what, tightening(operation.id)).await;
            let may = match access(operation.id).unwrap() {
                Access::Open => true,
                Access::Roles(roles) | Access::People(roles) => roles.contains(&role),
            };
            let is_refused = answer.text.contains("\"code\":\"FORBIDDEN\"");
            assert_eq!(is_refused, !may, "{role} {operation:?} {}", answer.text);
            let is_known = !answer.text.contains("\"code\":\"UNAUTHENTICATED\"");
            // The cookie is missing, and no access token stands for it.
            let is_known = is_known || operation.id == "auth.refresh";
            assert!(is_known, "{role} {operation:?} {}", answer.text);
        }
    }
}

#[tokio::test]
async fn the_copy_of_the_log_is_for_whoever_may_read_the_log() {
    let desk = Desk::new(false);
    for role in Role::ALL {
        let token = desk.person(role.name(), &[role]);
        let answer = desk.by(&token, ("GET", "/history/audit"), "").await;
        if matches!(role, Role::Admin | Role::Risk) {
            answer.check_problem(404, "NO_STORE", None);
        } else {
            answer.check_problem(403, "FORBIDDEN", None);
        }
        let answer = desk.by(&token, ("GET", "/audit"), "").await;
        let may = matches!(role, Role::Admin | Role::Risk);
        assert_eq!(answer.status == 200, may, "{role}");
        for table in ["jobs", "backtests", "fills"] {
            let place = format!("/history/{table}");
            let answer = desk.by(&token, ("GET", &place), "").await;
            answer.check_problem(404, "NO_STORE", None);
        }
    }
}

#[tokio::test]
async fn strangers_reach_what_is_open_and_nothing_else() {
    let desk = Desk::new(false);
    for operation in operations::<Fake>() {
        let place = path(&operation);
        let what = (operation.method.as_str(), place.as_str());
        let answer = desk.ask(what, &[], "").await;
        let is_open = access(operation.id) == Some(Access::Open);
        if is_open && operation.id != "auth.refresh" {
            assert_ne!(answer.status, 401, "{operation:?}");
        } else {
            assert_eq!(answer.status, 401, "{operation:?} {}", answer.text);
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    for what in [
        ("GET", "/nothing"),
        ("PUT", "/engine"),
        ("GET", "!/nothing"),
    ] {
        let answer = desk.ask(what, &[], "").await;
        answer.check_problem(401, "UNAUTHENTICATED", None);
    }
    let token = desk.login("root");
    let answer = desk.by(&token, ("GET", "/nothing"), "").await;
    answer.check_problem(404, "NOT_FOUND", None);
    let answer = desk.by(&token, ("PUT", "/engine"), "").await;
    answer.check_problem(405, "METHOD_NOT_ALLOWED", None);
    assert_eq!(answer.headers["allow"], "GET,HEAD");
    assert_eq!(desk.host.asked(), Vec::<String>::new());
    assert_eq!(desk.written(), []);
}
