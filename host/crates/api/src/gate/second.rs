//! Which requests loosen something, so that a second person must agree. What tightens never waits, and
//! which it is depends on how things stand: `REDUCING` tightens what is active and loosens what is halted.

use crate::extract::BodyKind;
use crate::problem::Problem;
use axum::extract::Query;
use axum::http::{HeaderMap, Uri};
use engine::{LimitScope, TradingState};
use identity::policy::{self, Second};
use model::PluginHash;
use serde_json::Value;
use services::handle::{Queries, ScopeName};

/// The header that names what a second person has confirmed.
const APPROVAL: &str = "x-approval";
/// Longest id of an approval.
const LONGEST: usize = 64;
/// What must stand before the digits where a body could name a path, too.
const HASH_PREFIX: &str = "sha256:";
/// What goes both ways.
const BOTH_WAYS: [&str; 3] = ["engine.kill", "engine.trading_state.set", "risk.states.set"];

/// A request, as far as it says what it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// As in the policy.
    pub(super) operation: &'static str,
    /// The name in its path, where it has one.
    pub(super) name: Option<&'a str>,
    pub(super) uri: &'a Uri,
    pub(super) kind: Option<BodyKind>,
    /// Its body, where that is JSON.
    pub(super) body: Option<&'a Value>,
    /// How the scope stands whose state it sets.
    pub(super) state: TradingState,
    /// Whether somebody else manages people, too.
    pub(super) has_second_admin: bool,
}

impl Asking<'_> {
    /// Whether it takes a second person. Of a body that cannot be read the worst is assumed; the handler
    /// refuses it anyway.
    pub(super) fn loosens(&self) -> bool {
        match policy::second(self.operation) {
            None => false,
            Some(Second::Always) => true,
            Some(Second::OtherAdmin) => {
                let is_stop = self.operation == "users.change" && self.only_disables();
                self.has_second_admin && !is_stop
            }
            Some(Second::Loosening) => self.lets_more(),
        }
    }

    /// Whether one that goes both ways goes the looser one.
    fn lets_more(&self) -> bool {
        match self.operation {
            "engine.kill" => self.field("set") != Some(&Value::Bool(true)),
            "engine.trading_state.set" | "risk.states.set" => {
                // Of what is active already it stays unsaid whether escalation would make it less.
                self.wanted()
                    .is_none_or(|wanted| wanted == TradingState::Active || wanted < self.state)
            }
            // A factor of nothing stops, and needs no second person.
            "risk.factors.set" => self.field("factor") != Some(&Value::from("0")),
            "canaries.begin" => self.promotes_itself(),
            // The worst of what nobody told apart.
            _ => true,
        }
    }

    /// What it has to be allowed as: what lets trade again is the clearing of a kill, by whichever route
    /// it comes.
    pub(super) fn means(&self) -> &'static str {
        if BOTH_WAYS.contains(&self.operation) && self.loosens() {
            return "risk.kill.clear";
        }
        self.operation
    }

    /// Whether it stops trading, so that what was to let trade again must be thought about anew.
    pub(super) fn stops_trading(&self) -> bool {
        match self.operation {
            "engine.kill" => !self.loosens(),
            "engine.trading_state.set" | "risk.states.set" => {
                self.wanted() == Some(TradingState::Halted)
            }
            operation => ["risk.kill.set", "strategies.pause"].contains(&operation),
        }
    }

    /// Refuses what a second person could not confirm, because it does not say which component it is of.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let named = self.field("plugin").and_then(Value::as_str);
        let (field, is_whole) = match self.operation {
            "shadows.promote" | "canaries.promote" => {
                let digits = named.map(|text| text.strip_prefix(HASH_PREFIX).unwrap_or(text));
                ("plugin", is_hash(digits))
            }
            "canaries.begin" | "risk.rules.set" => {
                let digits = named.and_then(|text| text.strip_prefix(HASH_PREFIX));
                ("plugin", is_hash(digits))
            }
            "plugins.approve" | "plugins.release" => ("", is_hash(self.name)),
            _ => return Ok(()),
        };
        if is_whole {
            return Ok(());
        }
        let place = if field.is_empty() {
            "the path"
        } else {
            "`plugin`"
        };
        let detail = format!(
            "it takes a second person, who must know which component it is: {place} must name it by all \
             64 digits of its SHA-256, in a body as `{HASH_PREFIX}…`; upload it first if the host has it not"
        );
        Err(Problem::invalid(field, detail))
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.body?.get(name)
    }

    /// The trading state that it sets.
    fn wanted(&self) -> Option<TradingState> {
        match self.field("state")?.as_str()? {
            "ACTIVE" => Some(TradingState::Active),
            "REDUCING" => Some(TradingState::Reducing),
            "HALTED" => Some(TradingState::Halted),
            _ => None,
        }
    }

    /// Whether a canary is to have all instruments when its time is over, with nobody asked again.
    fn promotes_itself(&self) -> bool {
        let back = ["ROLL_BACK", "roll_back"];
        if self.kind == Some(BodyKind::Wasm) {
            let pairs = Query::<Vec<(String, String)>>::try_from_uri(self.uri);
            let Ok(Query(pairs)) = pairs else {
                return true;
            };
            let mut said = pairs.iter().filter(|(name, _)| name == "when_over");
            return said.any(|(_, value)| !back.contains(&value.as_str()));
        }
        match self.body.map(|body| body.get("when_over")) {
            Some(None) => false,
            Some(Some(value)) => !value.as_str().is_some_and(|said| back.contains(&said)),
            None => true,
        }
    }

    fn only_disables(&self) -> bool {
        let fields = self.body.and_then(Value::as_object);
        fields.is_some_and(|fields| {
            fields.len() == 1 && fields.get("disabled") == Some(&Value::Bool(true))
        })
    }
}

fn is_hash(digits: Option<&str>) -> bool {
    digits.and_then(PluginHash::parse).is_some()
}

/// How a scope stands now, the stricter of what was set and what escalation made of it. One that is not
/// there stands as strict as any: what would set it is refused anyway.
pub(crate) fn state_of(host: &impl Queries, scope: &str) -> TradingState {
    let found = scope.parse::<ScopeName>().ok();
    let found = found.and_then(|scope| scope.find(host).ok());
    match found {
        None => TradingState::Halted,
        Some(LimitScope::Firm) => {
            let state = host.risk_state(LimitScope::Firm).state;
            state.max(host.engine().trading_state)
        }
        Some(scope) => host.risk_state(scope).state,
    }
}

/// The approval that a request names.
///
/// # Errors
/// It is empty or too long, whether or not one is needed.
pub(super) fn shown(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(APPROVAL) else {
        return Ok(None);
    };
    let text = value.to_str().ok();
    let text = text.filter(|text| (1..=LONGEST).contains(&text.len()));
    let wrong = || Problem::invalid("", "`X-Approval` must be the id of an approval");
    text.map(|text| Some(text.to_owned())).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A request without a body, where trading is active and one person manages people.
    fn asking<'a>(operation: &'static str, uri: &'a Uri) -> Asking<'a> {
        Asking {
            operation,
            name: None,
            uri,
            kind: Some(BodyKind::Json),
            body: None,
            state: TradingState::Active,
            has_second_admin: false,
        }
    }

    #[track_caller]
    fn check(operation: &'static str, body: Value, expect: bool) {
        let uri = Uri::from_static("/");
        let asking = Asking {
            body: Some(&body),
            ..asking(operation, &uri)
        };
        assert_eq!(asking.loosens(), expect, "{operation} {body}");
    }

    #[test]
    fn what_loosens_takes_a_second_person() {
        check("engine.kill", json!({ "set": true }), false);
        check("engine.kill", json!({ "set": false }), true);
        check("engine.trading_state.set", json!([]), true);
        check("engine.trading_state.set", json!({ "state": "x" }), true);
        check("risk.factors.set", json!({ "factor": "0" }), false);
        check("risk.factors.set", json!({ "factor": "0.5" }), true);
        check("risk.limits.set", json!({}), true);
        check("risk.regimes.set", json!({}), true);
        check("risk.rules.set", json!({}), true);
        check("risk.rules.remove", json!({}), true);
        check("risk.repeats.clear", json!({}), true);
        check("risk.kill.set", json!({ "scope": "firm" }), false);
        check("orders.place", json!({}), false);
        let uri = Uri::from_static("/");
        assert!(asking("risk.kill.clear", &uri).loosens());
        assert!(asking("engine.kill", &uri).loosens());
        assert_eq!(asking("engine.kill", &uri).means(), "risk.kill.clear");
        assert_eq!(asking("orders.place", &uri).means(), "orders.place");
    }

    #[test]
    fn a_state_loosens_or_tightens_by_how_things_stand() {
        use TradingState::{Active, Halted, Reducing};
        let uri = Uri::from_static("/");
        let check = |from: TradingState, to: &str, loosens: bool, stops: bool| {
            let body = json!({ "state": to });
            for operation in ["engine.trading_state.set", "risk.states.set"] {
                let asking = Asking {
                    body: Some(&body),
                    state: from,
                    ..asking(operation, &uri)
                };
                assert_eq!(asking.loosens(), loosens, "{from:?} {to}");
                assert_eq!(asking.stops_trading(), stops, "{from:?} {to}");
                let means = if loosens {
                    "risk.kill.clear"
                } else {
                    operation
                };
                assert_eq!(asking.means(), means, "{from:?} {to}");
            }
        };
        check(Active, "REDUCING", false, false);
        check(Active, "HALTED", false, true);
        check(Reducing, "REDUCING", false, false);
        check(Reducing, "HALTED", false, true);
        check(Halted, "REDUCING", true, false);
        check(Halted, "HALTED", false, true);
        for from in [Active, Reducing, Halted] {
            check(from, "ACTIVE", true, false);
        }
    }

    #[test]
    fn a_canary_that_promotes_itself_takes_a_second_person() {
        check("canaries.begin", json!({}), false);
        check("canaries.begin", json!({ "when_over": "ROLL_BACK" }), false);
        check("canaries.begin", json!({ "when_over": "roll_back" }), false);
        check("canaries.begin", json!({ "when_over": "PROMOTE" }), true);
        check("canaries.begin", json!({ "when_over": "promote" }), true);
        check("canaries.begin", json!({ "when_over": 1 }), true);
        let by_bytes = |uri: &'static str, expect: bool| {
            let uri = Uri::from_static(uri);
            let asking = Asking {
                kind: Some(BodyKind::Wasm),
                ..asking("canaries.begin", &uri)
            };
            assert_eq!(asking.loosens(), expect, "{uri}");
            assert!(asking.check().is_err(), "{uri}");
        };
        by_bytes("/x?instruments=a", false);
        by_bytes("/x?when_over=roll_back", false);
        by_bytes("/x?when_over=promote", true);
        by_bytes("/x?when%5Fover=promote", true);
        by_bytes("/x?when_over=roll_back&when_over=promote", true);
    }

    #[test]
    fn people_are_managed_by_two_where_there_are_two() {
        let uri = Uri::from_static("/");
        let check = |operation, body: Value, expect: bool| {
            for has_second_admin in [false, true] {
                let asking = Asking {
                    body: Some(&body),
                    has_second_admin,
                    ..asking(operation, &uri)
                };
                assert_eq!(asking.loosens(), expect && has_second_admin, "{body}");
            }
        };
        check("users.add", json!({}), true);
        check("users.invite", json!({}), true);
        check("users.change", json!({ "roles": ["viewer"] }), true);
        check("users.change", json!({ "disabled": false }), true);
        check("users.change", json!({ "disabled": true }), false);
        check(
            "users.change",
            json!({ "disabled": true, "networks": [] }),
            true,
        );
        check("users.remove", json!({}), true);
        check("users.remove", json!({ "disabled": true }), true);
    }

    #[test]
    fn what_a_second_person_confirms_names_the_component() {
        let uri = Uri::from_static("/");
        let hash = "ab".repeat(32);
        let check = |operation, body: Value, name: Option<&str>, expect: bool| {
            let asking = Asking {
                body: Some(&body),
                name,
                ..asking(operation, &uri)
            };
            assert_eq!(
                asking.check().is_ok(),
                expect,
                "{operation} {body} {name:?}"
            );
        };
        let named = |text: &str| json!({ "plugin": text });
        for operation in ["shadows.promote", "canaries.promote"] {
            check(operation, named(&hash), Some("trend"), true);
            check(operation, named(&format!("sha256:{hash}")), None, true);
            check(operation, named(&hash[..8]), None, false);
            check(operation, json!({}), None, false);
        }
        for operation in ["canaries.begin", "risk.rules.set"] {
            check(operation, named(&format!("sha256:{hash}")), None, true);
            check(operation, named("sha256:abababab"), None, false);
            check(operation, named("trend.wasm"), None, false);
            check(operation, named(&hash), None, false);
        }
        for operation in ["plugins.approve", "plugins.release"] {
            check(operation, json!({}), Some(&hash), true);
            check(operation, json!({}), Some(&hash[..8]), false);
        }
        check("risk.limits.set", json!({}), Some("firm"), true);
    }
}
