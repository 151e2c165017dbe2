//! Requests that must be refused, with the field named.

use crate::rest_client::{Answer, Client, request};
use axum::body::Body;
use model::DenyCode;
use services::handle::HostError;

/// Sends a limit order with some fields changed, or taken out where `null`.
async fn place(client: &Client, change: &str) -> Answer {
    let mut ticket = serde_json::json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "type": "LIMIT",
        "quantity": "1000", "price": "1.1",
    });
    let change: serde_json::Value = serde_json::from_str(change).unwrap();
    for (name, value) in change.as_object().unwrap() {
        match value.is_null() {
            true => ticket.as_object_mut().unwrap().remove(name),
            false => ticket
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    client.json("POST", "/orders", &ticket.to_string()).await
}

/// A field that is not well formed, or names what is not there.
async fn check_ticket(client: &Client, change: &str, field: &str) {
    let answer = place(client, change).await;
    answer.check_problem(400, "INVALID_FIELD", Some(field));
}

/// A field that is well formed, and does not go with the others.
async fn check_together(client: &Client, change: &str, field: &str) {
    let answer = place(client, change).await;
    answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
}

#[tokio::test]
async fn bad_tickets_name_the_field() {
    let client = Client::new();
    let check = async |change: &str, field: &str| check_ticket(&client, change, field).await;
    check(r#"{"side":"HOLD"}"#, "/side").await;
    check(r#"{"side":"buy"}"#, "/side").await;
    check(r#"{"type":"ICEBERG"}"#, "/type").await;
    check(r#"{"quantity":1000}"#, "/quantity").await;
    check(r#"{"quantity":"-1"}"#, "/quantity").await;
    check(r#"{"quantity":"1e3"}"#, "/quantity").await;
    check(r#"{"price":"1.0000000001"}"#, "/price").await;
    check(r#"{"time_in_force":"FOREVER"}"#, "/time_in_force").await;
    check(r#"{"intent":-1}"#, "/intent").await;
    check(r#"{"leverage":"50"}"#, "/leverage").await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
    check(r#"{"instrument":"GBP/USD.SIM"}"#, "/instrument").await;
}

#[tokio::test]
async fn fields_that_the_type_lacks_or_has_not_are_named() {
    let client = Client::new();
    let check = async |change: &str, field: &str| check_together(&client, change, field).await;
    check(r#"{"quantity":null}"#, "/quantity").await;
    check(r#"{"side":null}"#, "/side").await;
    check(r#"{"instrument":null}"#, "/instrument").await;
    check(r#"{"price":null}"#, "/price").await;
    check(r#"{"trigger":"1"}"#, "/trigger").await;
    check(r#"{"type":"MARKET"}"#, "/price").await;
    check(r#"{"type":"STOP_MARKET","price":null}"#, "/trigger").await;
    check(r#"{"trigger_by":"LAST"}"#, "/trigger_by").await;
    check(r#"{"trail":{"offset":"1","unit":"TICKS"}}"#, "/trail").await;
    check(
        r#"{"limit_offset":{"offset":"1","unit":"TICKS"}}"#,
        "/limit_offset",
    )
    .await;
    check(r#"{"type":"STOP_LIMIT"}"#, "/trigger").await;
    check(
        r#"{"type":"STOP_LIMIT","trigger":"1","price":null}"#,
        "/price",
    )
    .await;
    check(r#"{"type":"LIMIT_IF_TOUCHED"}"#, "/trigger").await;
    check(r#"{"type":"MARKET_TO_LIMIT"}"#, "/price").await;
    check(r#"{"type":"MARKET_IF_TOUCHED","trigger":"1"}"#, "/price").await;
    check_ticket(
        &client,
        r#"{"type":"STOP_LIMIT","trigger":"1","trigger_by":"BID"}"#,
        "/trigger_by",
    )
    .await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn bad_terms_name_the_field() {
    let client = Client::new();
    let check = async |change: &str, field: &str| check_ticket(&client, change, field).await;
    check(
        r#"{"time_in_force":"GTD","expires":"tomorrow"}"#,
        "/expires",
    )
    .await;
    check(
        r#"{"time_in_force":"GTD","expires":"2026-02-30T00:00:00Z"}"#,
        "/expires",
    )
    .await;
    check(r#"{"post_only":"yes"}"#, "/post_only").await;
    check(r#"{"display":100}"#, "/display").await;
    check(r#"{"tag":"more than thirty-two characters..."}"#, "/tag").await;
    check(r#"{"tag":"ü"}"#, "/tag").await;
    check(r#"{"position":"mine"}"#, "/position").await;
    check(r#"{"position":7}"#, "/position").await;
    check(r#"{"hold":"1.1"}"#, "/hold").await;
    check(r#"{"hold":["1.1"]}"#, "/hold").await;
    check(r#"{"hold":{}}"#, "/hold/trigger").await;
    check(r#"{"hold":{"trigger":"1","price":"1"}}"#, "/hold/price").await;
    check(
        r#"{"hold":{"trigger":"1","trigger_by":"TOUCH"}}"#,
        "/hold/trigger_by",
    )
    .await;
    let check = async |change: &str, field: &str| check_together(&client, change, field).await;
    check(r#"{"time_in_force":"GTD"}"#, "/expires").await;
    check(r#"{"expires":"2026-01-02T00:00:00Z"}"#, "/expires").await;
    check(r#"{"parent":0}"#, "/parent").await;
    check(r#"{"group":1,"rule":"OCO"}"#, "/group").await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn bad_trails_name_the_field() {
    let client = Client::new();
    let check = async |is_well_formed: bool, kind: &str, trail: &str, limit: &str, field: &str| {
        let body = format!(
            r#"{{"instrument":"EUR/USD.SIM","side":"SELL","quantity":"1000","type":"{kind}"
            {trail}{limit}}}"#
        );
        let answer = client.json("POST", "/orders", &body).await;
        match is_well_formed {
            true => answer.check_problem(422, "FIELDS_DISAGREE", Some(field)),
            false => answer.check_problem(400, "INVALID_FIELD", Some(field)),
        }
    };
    let market = "TRAILING_STOP_MARKET";
    check(true, market, "", "", "/trail").await;
    check(true, market, r#","price":"1""#, "", "/price").await;
    for (is_well_formed, trail, field) in [
        (false, r#"{"unit":"TICKS"}"#, "/trail/offset"),
        (false, r#"{"offset":"1"}"#, "/trail/unit"),
        (false, r#"{"offset":"1","unit":"PERCENT"}"#, "/trail/unit"),
        (false, r#"{"offset":5,"unit":"TICKS"}"#, "/trail/offset"),
        (false, r#"{"offset":"far","unit":"TICKS"}"#, "/trail/offset"),
        (true, r#"{"offset":"0","unit":"TICKS"}"#, "/trail/offset"),
        (true, r#"{"offset":"1.5","unit":"TICKS"}"#, "/trail/offset"),
        (
            true,
            r#"{"offset":"10000","unit":"BASIS_POINTS"}"#,
            "/trail/offset",
        ),
        (true, r#"{"offset":"-0.1","unit":"PRICE"}"#, "/trail/offset"),
        (
            false,
            r#"{"offset":"1","unit":"TICKS","activation":1}"#,
            "/trail/activation",
        ),
        (
            false,
            r#"{"offset":"1","unit":"TICKS","by":"LAST"}"#,
            "/trail/by",
        ),
        (false, r#"["1","TICKS",null]"#, "/trail"),
    ] {
        let trail = format!(",\"trail\":{trail}");
        check(is_well_formed, market, &trail, "", field).await;
    }
    let trail = r#","trail":{"offset":"1","unit":"TICKS"}"#;
    let limit = |limit: &str| format!(",\"limit_offset\":{limit}");
    check(true, "TRAILING_STOP_LIMIT", trail, "", "/limit_offset").await;
    let nothing = limit(r#"{"offset":"0","unit":"PRICE"}"#);
    check(
        true,
        "TRAILING_STOP_LIMIT",
        trail,
        &nothing,
        "/limit_offset/offset",
    )
    .await;
    let one = limit(r#"{"offset":"1","unit":"TICKS"}"#);
    check(true, market, trail, &one, "/limit_offset").await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn changes_that_the_host_refuses_are_problems() {
    let client = Client::new();
    let change = async |failure: HostError| {
        client.host.fail_with(failure);
        client
            .json("PATCH", "/orders/9-0", r#"{"price":"1.1"}"#)
            .await
    };
    let denied = change(HostError::Denied {
        code: DenyCode::BuyingPower,
        reason: "not enough".to_owned(),
    })
    .await;
    denied.check_problem(422, "CHANGE_DENIED", None);
    denied.check(422, &[("/deny_code", "P17".into())]);
    let busy = change(HostError::Busy).await;
    busy.check_problem(503, "BUSY", None);
    let conflict = change(HostError::Conflict("over".into())).await;
    conflict.check_problem(409, "CONFLICT", None);
    let list =
        r#"{"orders":[{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1"}]}"#;
    client.host.fail_with(HostError::Busy);
    let busy = client.json("POST", "/orders/lists", list).await;
    busy.check_problem(503, "BUSY", None);
}

#[tokio::test]
async fn broken_json_is_told_from_wrong_json() {
    let client = Client::new();
    let check = async |body: &str, code: &str, field: Option<&str>| {
        let answer = client.json("POST", "/engine/kill", body).await;
        answer.check_problem(400, code, field);
    };
    check("{", "MALFORMED_JSON", None).await;
    check("", "MALFORMED_JSON", None).await;
    check(r#"{"set":true} {"set":false}"#, "MALFORMED_JSON", None).await;
    check(r#"{"set":"yes"}"#, "INVALID_FIELD", Some("/set")).await;
    check(r#"{"set":true,"set":false}"#, "INVALID_FIELD", Some("/set")).await;
    check("[1, 2]", "INVALID_FIELD", Some("")).await;
    let answer = client
        .json("POST", "/engine/trading-state", r#"{"state":"OPEN"}"#)
        .await;
    answer.check_problem(400, "INVALID_FIELD", Some("/state"));
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn order_ids_of_another_form_and_unknown_ones_differ() {
    let client = Client::new();
    for method in ["GET", "DELETE"] {
        let answer = client.bare(method, "/orders/seven").await;
        answer.check_problem(400, "INVALID_FIELD", Some("/id"));
        let answer = client.bare(method, "/orders/7-99999").await;
        answer.check_problem(400, "INVALID_FIELD", Some("/id"));
        let answer = client.bare(method, "/orders/7-7").await;
        answer.check_problem(404, "NOT_FOUND", None);
    }
}

#[tokio::test]
async fn bad_queries_name_the_parameter() {
    let client = Client::new();
    let check = async |path: &str, field: &str| {
        client
            .get(path)
            .await
            .check_problem(400, "INVALID_FIELD", Some(field));
    };
    check("/orders?status=half", "/status").await;
    check("/orders?limit=0", "/limit").await;
    check("/orders?limit=many", "/limit").await;
    check("/orders?strategy=none", "/strategy").await;
    check("/orders?colour=red", "/colour").await;
    check("/fills?instrument=none", "/instrument").await;
    check("/fills?limit=1&limit=2", "/limit").await;
    check("/positions?limit=1", "/limit").await;
    check("/instruments?x=1", "/x").await;
    check("/strategies?state=RUNNING", "/state").await;
    check("/strategies/ema/log?limit=5", "/limit").await;
    check("/plugins/quarantine?limit=5", "/limit").await;
    check("/notifications?route=desk", "/route").await;
    let answer = client
        .bare("POST", "/strategies/ema/stop?flatten=true")
        .await;
    answer.check_problem(400, "INVALID_FIELD", Some("/flatten"));
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

/// Routes that take no query at all, of trading, risk and the engine.
#[tokio::test]
async fn what_takes_no_query_refuses_one() {
    let client = Client::new();
    for path in [
        "/openapi.json",
        "/asyncapi.json",
        "/health",
        "/engine",
        "/instruments/EUR/USD.SIM",
        "/orders/9-0",
        "/accounts",
        "/account",
        "/algorithms",
        "/jobs/1",
        "/risk/controls",
        "/risk/limits/firm",
        "/risk/states",
        "/risk/states/firm",
        "/risk/rules",
        "/risk/rules/none",
        "/risk/locates",
        "/risk/regime",
        "/risk/scenarios",
        "/risk/scenarios/none",
    ] {
        let answer = client.get(&format!("{path}?colour=red")).await;
        answer.check_problem(400, "INVALID_FIELD", Some("/colour"));
    }
    for (method, path) in [
        ("POST", "/engine/trading-state"),
        ("POST", "/engine/kill"),
        ("POST", "/instruments/EUR/USD.SIM/events"),
        ("PUT", "/instruments/EUR/USD.SIM/status"),
        ("PATCH", "/instruments/EUR/USD.SIM/prices"),
        ("POST", "/orders"),
        ("POST", "/orders/lists"),
        ("PATCH", "/orders/9-0"),
        ("DELETE", "/orders/9-0"),
        ("POST", "/accounts/paper/conversions"),
        ("PUT", "/risk/limits/firm"),
        ("PUT", "/risk/factors/firm"),
        ("PUT", "/risk/states/firm"),
        ("POST", "/risk/kill"),
        ("DELETE", "/risk/kill/firm"),
        ("DELETE", "/risk/repeats/ema"),
        ("PUT", "/risk/rules/none"),
        ("DELETE", "/risk/rules/none"),
        ("POST", "/risk/metrics"),
        ("PUT", "/risk/locates"),
        ("PUT", "/risk/regime"),
        ("PUT", "/risk/scenarios/none"),
        ("DELETE", "/risk/scenarios/none"),
        ("POST", "/risk/scenarios/none/run"),
        ("POST", "/risk/alerts/1/acknowledge"),
    ] {
        let path = format!("{path}?colour=red");
        let answer = client.json(method, &path, "{}").await;
        answer.check_problem(400, "INVALID_FIELD", Some("/colour"));
    }
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn unknown_places_and_methods_are_problems_too() {
    let client = Client::new();
    for path in [
        "/nothing",
        "/engine/nothing",
        "/instruments/NO/SUCH",
        "!/nothing",
        "!/api/v2",
    ] {
        client.get(path).await.check_problem(404, "NOT_FOUND", None);
    }
    for (method, path) in [
        ("DELETE", "/engine"),
        ("POST", "/fills"),
        ("GET", "/engine/kill"),
        ("PUT", "/strategies/ema/swap"),
        ("POST", "!/"),
    ] {
        let answer = client.bare(method, path).await;
        answer.check_problem(405, "METHOD_NOT_ALLOWED", None);
        assert!(answer.headers.contains_key("allow"), "{method} {path}");
    }
    // One route takes all of these paths.
    for (method, path, allowed) in [
        ("POST", "/instruments/EUR/USD.SIM", "GET,HEAD"),
        ("GET", "/instruments/EUR/USD.SIM/events", "POST"),
        ("POST", "/instruments/EUR/USD.SIM/status", "PUT"),
        ("PUT", "/instruments/EUR/USD.SIM/prices", "PATCH"),
    ] {
        let answer = client.bare(method, path).await;
        answer.check_problem(405, "METHOD_NOT_ALLOWED", None);
        assert_eq!(answer.headers["allow"], allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn small_routes_take_small_bodies_of_their_type() {
    let client = Client::new();
    let large = format!("{{\"set\":true{}}}", " ".repeat(64 << 10));
    let answer = client.json("POST", "/engine/kill", &large).await;
    answer.check_problem(413, "PAYLOAD_TOO_LARGE", None);
    let answer = client
        .typed("POST", "/engine/kill", "text/plain", b"{}".into())
        .await;
    answer.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
    let body = br#"{"set":false}"#.into();
    let kind = "application/json; charset=utf-8";
    client
        .typed("POST", "/engine/kill", kind, body)
        .await
        .check(200, &[]);
}

#[tokio::test]
async fn a_path_that_is_not_text_is_refused() {
    let client = Client::new();
    let answer = client.get("/strategies/%FF").await;
    answer.check_problem(400, "INVALID_PATH", None);
}

#[tokio::test]
async fn other_hosts_and_origins_are_refused() {
    let client = Client::new();
    let foreign = request("GET", "/engine").body(Body::empty()).unwrap();
    let with = |name: &'static str, value: &'static str| {
        let mut request = axum::http::Request::new(Body::empty());
        *request.uri_mut() = foreign.uri().clone();
        request
            .headers_mut()
            .insert("host", "localhost:8080".parse().unwrap());
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let answer = client.send(with("host", "rebound.example:8080")).await;
    answer.check_problem(403, "FORBIDDEN_HOST", None);
    let answer = client
        .send(with("origin", "https://elsewhere.example"))
        .await;
    answer.check_problem(403, "FORBIDDEN_ORIGIN", None);
    client
        .send(with("origin", "http://localhost:8080"))
        .await
        .check(200, &[]);
    let kill = request("POST", "/engine/kill")
        .header("origin", "null")
        .header("content-type", "application/json")
        .body(r#"{"set":true}"#.into())
        .unwrap();
    client
        .send(kill)
        .await
        .check_problem(403, "FORBIDDEN_ORIGIN", None);
    assert_eq!(client.host.asked(), Vec::<String>::new());
}
