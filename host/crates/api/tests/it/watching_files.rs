//! The dashboard, the rules and the documentation against what `/metrics` tells: no name that is not there, and
//! no metric that nobody is told of.

use crate::rest_client::Client;
use crate::watching::{Scraped, family};
use serde_json::Value;
use std::collections::BTreeSet;

const RULES: &str = include_str!("../../../../../docker/prometheus/alerts.yml");
const PROMETHEUS: &str = include_str!("../../../../../docker/prometheus/prometheus.yml");
const DASHBOARD: &str = include_str!("../../../../../docker/grafana/argonaut.json");
const DOCUMENTATION: &str = include_str!("../../../../../docs/observability.md");

/// Words that begin as our metrics do.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = |word: &&str| word.starts_with("argonaut_") || word.starts_with("process_");
    words.filter(ours).collect()
}

async fn told() -> Scraped {
    let client = Client::new();
    // What is counted has no metric before it happened.
    client.get("/engine").await;
    Scraped::read(&client.get("!/metrics").await.text)
}

#[tokio::test]
async fn dashboard_and_rules_name_what_there_is() {
    let told = told().await;
    for (file, text) in [("alerts.yml", RULES), ("argonaut.json", DASHBOARD)] {
        let named = metrics_in(text);
        assert!(named.len() > 10, "{file} names {named:?}");
        for name in named {
            assert!(family(name, &told.kinds).is_some(), "{file} names {name}");
        }
    }
}

#[tokio::test]
async fn every_metric_is_documented_and_nothing_else() {
    let told = told().await;
    let documented = metrics_in(DOCUMENTATION);
    for name in told.kinds.keys() {
        assert!(
            documented.contains(name.as_str()),
            "{name} is not documented"
        );
    }
    for name in documented {
        assert!(family(name, &told.kinds).is_some(), "there is no {name}");
    }
}

#[test]
fn every_rule_says_what_to_do() {
    let rules: Vec<_> = RULES.split("- alert: ").skip(1).collect();
    assert!(rules.len() >= 10, "{}", rules.len());
    for rule in rules {
        let name = rule.lines().next().unwrap();
        for part in ["expr: ", "severity: ", "summary: ", "description: "] {
            assert_eq!(rule.matches(part).count(), 1, "{name} has not one `{part}`");
        }
        let documented = DOCUMENTATION.contains(&format!("`{name}`"));
        assert!(documented, "{name} is not documented");
    }
    assert!(PROMETHEUS.contains("alerts.yml") && PROMETHEUS.contains("/metrics"));
}

#[test]
fn every_panel_of_the_dashboard_asks_for_something() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        if panel["type"] == "row" {
            continue;
        }
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title}");
        for target in targets {
            let expression = target["expr"].as_str().unwrap();
            assert!(!metrics_in(expression).is_empty(), "{title}: {expression}");
            let is_balanced = expression.matches('(').count() == expression.matches(')').count();
            assert!(is_balanced, "{title}: {expression}");
        }
    }
    assert!(ids.len() > 10);
}
