//! The description against the router: all that there is, nothing else, and every part of it whole.

use crate::fake::Fake;
use crate::rest_client::Client;
use api::{KeyUse, Operation, operations};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn document() -> Value {
    serde_json::from_str(api::openapi()).unwrap()
}

/// Its operations by method and path, as `GET /api/v1/orders`.
fn described(document: &Value) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{} {path}", method.to_uppercase());
            found.insert(place, operation);
        }
    }
    found
}

/// Where an operation of the router is described. Symbols contain `/`, so that one handler takes its path apart
/// itself.
fn place(route: &Operation) -> String {
    let end = match route.id {
        "instruments.happen" => "/events",
        "instruments.status.set" => "/status",
        "instruments.prices.set" => "/prices",
        _ => "",
    };
    let path = route.path.replace("{*", "{");
    format!("{} {path}{end}", route.method)
}

/// The router's operations by method and path.
fn routed() -> BTreeMap<String, &'static str> {
    let routes = operations::<Fake>().into_iter();
    routes.map(|route| (place(&route), route.id)).collect()
}

/// Parameters that an operation shares with others, by their names among the components.
fn shared(operation: &Value) -> Vec<&str> {
    let parameters = operation["parameters"].as_array();
    let references = parameters.into_iter().flatten().filter_map(|one| {
        let place = one["$ref"].as_str()?;
        place.strip_prefix("#/components/parameters/")
    });
    references.collect()
}

/// What an operation answers with, by the name of the components that say it.
fn answer<'a>(operation: &'a Value, status: &str) -> Option<&'a str> {
    let place = operation["responses"][status]["$ref"].as_str()?;
    place.strip_prefix("#/components/responses/")
}

#[test]
fn the_committed_description_is_the_programs() {
    let kept = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../docs/openapi.json"
    ));
    if std::env::var_os("ARGONAUT_BLESS").is_some() {
        std::fs::write(&kept, api::openapi()).unwrap();
    }
    let is_it = std::fs::read_to_string(&kept).is_ok_and(|text| text == api::openapi());
    assert!(
        is_it,
        "the API changed: run this test with ARGONAUT_BLESS=1 and commit docs/openapi.json"
    );
}

#[test]
fn every_operation_is_described_under_its_name_and_no_other_is() {
    let document = document();
    let described = described(&document);
    let names: BTreeMap<_, _> = described
        .iter()
        .map(|(place, operation)| (place.clone(), operation["operationId"].as_str().unwrap()))
        .collect();
    assert_eq!(names, routed());
}

#[test]
fn every_operation_says_what_it_does_takes_and_answers() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    for (place, operation) in described(&document) {
        let text = |pointer: &str| operation.pointer(pointer).and_then(Value::as_str);
        assert!(text("/summary").is_some_and(|it| !it.is_empty()), "{place}");
        assert!(text("/tags/0").is_some(), "{place}");
        assert!(operation["security"].is_array(), "{place}");
        let answers = operation["responses"].as_object().unwrap();
        let is_good = |status: &String| status.starts_with(['1', '2']);
        assert!(answers.keys().any(is_good), "{place}");
        assert_eq!(
            answers["default"]["$ref"], "#/components/responses/Refused",
            "{place}"
        );
        for (status, answer) in answers {
            let whole = answer["$ref"].is_string() || answer["description"] != "";
            assert!(whole, "{place} {status} says nothing");
        }
        for body in contents(&operation["requestBody"]) {
            assert!(body["schema"].is_object(), "{place}");
        }
        for name in place.split('{').skip(1) {
            let name = name.split('}').next().unwrap();
            let parameters = operation["parameters"].as_array().unwrap();
            let is_it = |known: &Value| known["name"] == name && known["in"] == "path";
            assert!(parameters.iter().any(is_it), "{place} does not tell {name}");
        }
    }
}

fn contents(body: &Value) -> Vec<&Value> {
    let content = body["content"].as_object();
    content
        .into_iter()
        .flat_map(|kinds| kinds.values())
        .collect()
}

#[test]
fn every_reference_leads_somewhere() {
    fn visit(document: &Value, at: &Value, seen: &mut usize) {
        match at {
            Value::Object(fields) => {
                if let Some(Value::String(place)) = fields.get("$ref") {
                    let pointer = place.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{place}");
                    *seen += 1;
                }
                fields
                    .values()
                    .for_each(|value| visit(document, value, seen));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(document, item, seen)),
            _ => {}
        }
    }
    let (document, mut seen) = (document(), 0);
    visit(&document, &document, &mut seen);
    assert!(seen > 300, "there are references: {seen}");
}

#[test]
fn bodies_are_closed_where_unknown_fields_are_refused() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    for name in [
        "OrderTicketRequest",
        "AmendmentRequest",
        "ListRequest",
        "LimitsDto",
        "ScenarioRequest",
        "RuleRequestDto",
    ] {
        assert_eq!(schemas[name]["additionalProperties"], false, "{name}");
    }
    for event in schemas["EventRequest"]["oneOf"].as_array().unwrap() {
        assert_eq!(event["additionalProperties"], false, "{event:#}");
    }
}

#[test]
fn what_needs_a_second_person_says_so() {
    let document = document();
    let set = &document["paths"]["/api/v1/risk/limits/{scope}"]["put"];
    assert!(shared(set).contains(&"Approval"), "{set:#}");
    let approval = &document["components"]["parameters"]["Approval"];
    assert_eq!(approval["name"], "X-Approval");
    assert_eq!(approval["in"], "header");
    assert_eq!(answer(set, "404"), Some("Refused"));
    assert_eq!(answer(set, "409"), Some("Refused"));
    let asked = &set["responses"]["202"]["content"]["application/json"]["schema"];
    assert_eq!(asked["$ref"], "#/components/schemas/ApprovalDto");
    let ways = set["security"].as_array().unwrap();
    for scheme in ["access_token", "api_key"] {
        assert!(ways.iter().any(|way| way[scheme].is_array()), "{scheme}");
    }
    let open = &document["paths"]["/api/v1/openapi.json"]["get"];
    assert_eq!(open["security"], serde_json::json!([]));
}

#[test]
fn what_is_done_once_takes_a_key_as_the_router_has_it() {
    let document = document();
    let described = described(&document);
    let of_keys = ["IdempotencyKey", "IdempotencyKeyRequired"];
    for route in operations::<Fake>() {
        let operation = described[&place(&route)];
        let mut keys = shared(operation);
        keys.retain(|name| of_keys.contains(name));
        let expect = match route.key {
            KeyUse::Unused => vec![],
            KeyUse::Required => vec!["IdempotencyKeyRequired"],
            KeyUse::Optional | KeyUse::Withheld => vec!["IdempotencyKey"],
        };
        assert_eq!(keys, expect, "{}", route.id);
        if expect.is_empty() {
            continue;
        }
        for status in ["400", "409", "422"] {
            assert!(answer(operation, status).is_some(), "{} {status}", route.id);
        }
    }
    let parameters = &document["components"]["parameters"];
    for (name, needed) in of_keys.into_iter().zip([false, true]) {
        assert_eq!(parameters[name]["name"], "Idempotency-Key");
        assert_eq!(parameters[name]["required"], needed);
    }
    let placed = &document["paths"]["/api/v1/orders"]["post"]["responses"]["201"];
    assert!(placed["headers"]["Idempotency-Replayed"]["$ref"].is_string());
    let key = &document["paths"]["/api/v1/keys"]["post"]["responses"]["201"];
    assert!(key["headers"]["Idempotency-Replayed"].is_null());
}

#[test]
fn what_has_a_tag_shows_it_and_takes_it_back() {
    let document = document();
    let limits = &document["paths"]["/api/v1/risk/limits/{scope}"];
    let (shown, set) = (&limits["get"], &limits["put"]);
    let tag = &shown["responses"]["200"]["headers"]["ETag"]["$ref"];
    assert_eq!(tag, "#/components/headers/ETag");
    assert!(shared(set).contains(&"IfMatchRequired"), "{set:#}");
    assert_eq!(answer(set, "412"), Some("Changed"));
    assert_eq!(answer(set, "428"), Some("Refused"));
    let order = &document["paths"]["/api/v1/orders/{id}"]["patch"];
    assert!(shared(order).contains(&"IfMatch"), "{order:#}");
    assert_eq!(answer(order, "412"), Some("Changed"));
    assert_eq!(answer(order, "428"), None);
    let listed = &document["paths"]["/api/v1/orders"]["get"]["responses"]["200"];
    assert!(listed["headers"]["ETag"].is_null());
    let placed = &document["paths"]["/api/v1/orders"]["post"];
    assert_eq!(answer(placed, "412"), None);
}

#[test]
fn what_takes_long_may_go_on_after_its_answer() {
    let document = document();
    let swap = &document["paths"]["/api/v1/strategies/{name}/swap"]["post"];
    assert!(shared(swap).contains(&"Prefer"), "{swap:#}");
    let later = &swap["responses"]["202"];
    let schema = &later["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/JobDto");
    assert!(later["headers"]["Location"]["$ref"].is_string());
    // It may wait for a second person, too.
    let canary = &document["paths"]["/api/v1/strategies/{name}/canary"]["post"];
    let either = &canary["responses"]["202"]["content"]["application/json"]["schema"]["oneOf"];
    assert_eq!(either[0]["$ref"], "#/components/schemas/ApprovalDto");
    assert_eq!(either[1]["$ref"], "#/components/schemas/JobDto");
    let pause = &document["paths"]["/api/v1/strategies/{name}/pause"]["post"];
    assert!(pause["responses"]["202"].is_null());
}

#[test]
fn all_but_stops_and_the_way_in_may_come_too_often() {
    let document = document();
    let paths = &document["paths"];
    let place = &paths["/api/v1/orders"]["post"];
    assert_eq!(answer(place, "429"), Some("Limited"));
    assert_eq!(answer(&paths["/"]["get"], "429"), Some("Limited"));
    assert_eq!(answer(&paths["/api/v1/engine/kill"]["post"], "429"), None);
    assert_eq!(answer(&paths["/livez"]["get"], "429"), None);
}

#[tokio::test]
async fn the_description_is_served_and_shown_without_anything_from_outside() {
    let client = Client::new();
    let served = client.get("/openapi.json").await;
    assert_eq!(served.headers["content-type"], "application/json");
    assert_eq!(served.text, api::openapi());
    let page = client.get("!/docs").await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!page.text.contains("://"), "{}", page.text);
    let files = page.text.split("=\"/docs/").skip(1);
    let files: Vec<_> = files.map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(files, ["swagger-ui.css", "swagger-ui-bundle.js"]);
    for name in files {
        let file = client.get(&format!("!/docs/{name}")).await;
        assert_eq!(file.status, 200, "{name}");
        assert!(file.body.len() > 100_000, "{name}");
    }
    let none = client.get("!/docs/index.html").await;
    none.check_problem(404, "NOT_FOUND", None);
}
