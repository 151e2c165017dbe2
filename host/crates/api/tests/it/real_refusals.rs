//! The API in front of the real host, where a custom rule or an algorithm refuses in words.

use crate::fake::number;
use crate::real_host::Stand;
use crate::rest_client::Answer;
use model::{
    AlgorithmMaker, ContextFacts, DenyCode, ExecutionAlgorithm, Fault, FaultKind, Order,
    OrderFacts, PluginHash, PreTradeRule, Verdict,
};
use registry::Manifest;
use serde_json::{Value, json};
use services::handle::{AlgorithmRequest, PluginSource, RuleRequest, ScopeName, Terms};
use services::plugin::{MadeAlgorithm, MadeRule};
use std::collections::BTreeMap;

/// Lets nobody buy or sell more than 5,000.
struct Small;

impl PreTradeRule for Small {
    fn judge(&mut self, order: &OrderFacts, _: &ContextFacts) -> Result<Verdict, Fault> {
        Ok(match order.quantity > number("5000") {
            true => Verdict::deny("more than 5,000 after lunch"),
            false => Verdict::Pass,
        })
    }
}

/// Takes no parameters.
struct Stubborn;

impl AlgorithmMaker for Stubborn {
    fn make(
        &mut self,
        _: &Order,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn ExecutionAlgorithm>, Fault> {
        let named = parameters.first().map_or("?", |(name, _)| name.as_str());
        Err(Fault {
            kind: FaultKind::Refused,
            message: format!("init: parameter `{named}` is not for me"),
        })
    }
}

/// Of what is both.
pub(crate) fn manifest(bytes: &[u8]) -> Manifest {
    Manifest {
        hash: PluginHash::of(bytes),
        size_bytes: bytes.len() as u64,
        world: "custom".to_owned(),
        name: "any".to_owned(),
        version: "1".to_owned(),
        documentation: String::new(),
        authors: None,
        imports: Vec::new(),
        options: Vec::new(),
        parameters: Vec::new(),
        limits: BTreeMap::new(),
        fuel: None,
    }
}

pub(crate) fn algorithm() -> MadeAlgorithm {
    MadeAlgorithm {
        plugin: PluginHash::of(b"any"),
        maker: Box::new(Stubborn),
    }
}

pub(crate) fn rule() -> MadeRule {
    MadeRule {
        plugin: PluginHash::of(b"any"),
        rule: Box::new(Small),
        parameters: Vec::new(),
    }
}

async fn stand() -> Stand {
    let mut stand = Stand::new();
    stand.priced().await;
    let plugin = || PluginSource::unsigned(b"any".to_vec());
    let rule = RuleRequest {
        name: "lunch".to_owned(),
        scope: ScopeName::Firm,
        plugin: plugin(),
        parameters: BTreeMap::new(),
        terms: Terms::default(),
    };
    stand.host.set_rule(rule).await.unwrap();
    let algorithm = AlgorithmRequest {
        name: "stubborn".to_owned(),
        plugin: plugin(),
        parameters: BTreeMap::new(),
        terms: Terms::default(),
    };
    stand.host.set_algorithm(algorithm).await.unwrap();
    stand
}

async fn place(stand: &Stand, more: Value) -> Answer {
    let mut ticket = json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "type": "LIMIT", "quantity": "6000",
        "price": "1.0500",
    });
    for (key, value) in more.as_object().unwrap() {
        ticket[key] = value.clone();
    }
    stand.send("POST", "/orders", &ticket.to_string()).await
}

const SAID: &str = "rule lunch: more than 5,000 after lunch";

fn denied(code: &str, reason: &str) -> [(&'static str, Value); 3] {
    [
        ("/status", json!("DENIED")),
        ("/deny_code", json!(code)),
        ("/deny_reason", json!(reason)),
    ]
}

#[tokio::test]
async fn an_order_that_a_rule_refused_shows_the_words_of_the_rule() {
    let stand = stand().await;
    let order = place(&stand, json!({})).await;
    order.check(201, &denied("RULE", SAID));
    let id = order.json()["id"].as_str().unwrap().to_owned();
    let shown = stand.send("GET", &format!("/orders/{id}"), "").await;
    shown.check(200, &denied("RULE", SAID));
    let listed = stand.send("GET", "/orders", "").await;
    listed.check(200, &[("/0/deny_reason", json!(SAID))]);
    // Of another control's denial it is the code's meaning.
    let order = place(&stand, json!({"quantity": "1500"})).await;
    order.check(201, &denied("P05", DenyCode::Quantity.reason()));
}

#[tokio::test]
async fn of_a_list_the_order_that_a_rule_refused_has_its_words() {
    let stand = stand().await;
    let order = |quantity: &str| {
        json!({
            "instrument": "EUR/USD.SIM", "side": "BUY", "type": "LIMIT", "quantity": quantity,
            "price": "1.0500",
        })
    };
    let list = json!({"orders": [order("2000"), order("6000")]});
    let placed = stand.send("POST", "/orders/lists", &list.to_string()).await;
    let expect = [
        ("/orders/0/deny_code", json!("LIST")),
        ("/orders/0/deny_reason", json!(DenyCode::List.reason())),
        ("/orders/1/deny_code", json!("RULE")),
        ("/orders/1/deny_reason", json!(SAID)),
    ];
    placed.check(201, &expect);
}

#[tokio::test]
async fn a_change_that_a_rule_refused_is_refused_in_its_words() {
    let stand = stand().await;
    let order = place(&stand, json!({"quantity": "5000"})).await;
    let id = order.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/orders/{id}");
    stand.until(&path, "/status", json!("ACCEPTED")).await;
    let refused = stand.send("PATCH", &path, r#"{"quantity":"6000"}"#).await;
    refused.check_problem(422, "CHANGE_DENIED", None);
    refused.check(422, &[("/deny_code", json!("RULE"))]);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.ends_with("more than 5,000 after lunch"), "{detail}");
}

#[tokio::test]
async fn parameters_that_an_algorithm_refused_are_named() {
    let stand = stand().await;
    let call = json!({
        "quantity": "2000", "algorithm": {"name": "stubborn", "parameters": {"slices": "4"}},
    });
    let said = "its algorithm: init: parameter `slices` is not for me";
    let order = place(&stand, call).await;
    order.check(201, &denied("ALGORITHM", said));
}
