//! Which requests loosen something, so that a second person must agree. What tightens never waits.

use crate::problem::Problem;
use axum::http::HeaderMap;
use identity::policy::FOUR_EYES;
use serde_json::Value;

/// The header that names what a second person has confirmed.
const APPROVAL: &str = "x-approval";
/// Longest id of an approval.
const LONGEST: usize = 64;

/// Whether a request takes a second person. Of a body that cannot be read the worst is assumed; the
/// handler refuses it anyway.
pub(super) fn is_needed(operation: &str, body: Option<&Value>) -> bool {
    let says = |field: &str, tightens: &[Value]| {
        let value = body.and_then(|body| body.get(field));
        value.is_none_or(|value| !tightens.contains(value))
    };
    match operation {
        "engine.kill" => says("set", &[Value::Bool(true)]),
        "engine.trading_state.set" | "risk.states.set" => {
            says("state", &[Value::from("REDUCING"), Value::from("HALTED")])
        }
        // A factor of nothing stops, and needs no second person.
        "risk.factors.set" => says("factor", &[Value::from("0")]),
        operation => FOUR_EYES.contains(&operation),
    }
}

/// What a request has to be allowed as: what lets trade again is the clearing of a kill, by whichever
/// route it comes.
pub(super) fn meaning(operation: &'static str, body: Option<&Value>) -> &'static str {
    let both_ways = ["engine.kill", "engine.trading_state.set", "risk.states.set"];
    if both_ways.contains(&operation) && is_needed(operation, body) {
        return "risk.kill.clear";
    }
    operation
}

/// The approval that a request names.
pub(super) fn shown(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(APPROVAL) else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|text| text.len() <= LONGEST);
    let wrong = || Problem::invalid("", "`X-Approval` must be the id of an approval");
    text.map(|text| Some(text.to_owned())).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_loosens_takes_a_second_person() {
        let check = |operation: &str, body: Value, expect: bool| {
            assert_eq!(
                is_needed(operation, Some(&body)),
                expect,
                "{operation} {body}"
            );
        };
        check("engine.kill", json!({ "set": true }), false);
        check("engine.kill", json!({ "set": false }), true);
        check("risk.states.set", json!({ "state": "HALTED" }), false);
        check("risk.states.set", json!({ "state": "REDUCING" }), false);
        check("risk.states.set", json!({ "state": "ACTIVE" }), true);
        check(
            "engine.trading_state.set",
            json!({ "state": "ACTIVE" }),
            true,
        );
        check("engine.trading_state.set", json!([]), true);
        check("risk.factors.set", json!({ "factor": "0" }), false);
        check("risk.factors.set", json!({ "factor": "0.5" }), true);
        check("risk.limits.set", json!({}), true);
        check("risk.kill.set", json!({ "scope": "firm" }), false);
        check("orders.place", json!({}), false);
        let on = json!({ "state": "ACTIVE" });
        assert_eq!(meaning("risk.states.set", Some(&on)), "risk.kill.clear");
        let off = json!({ "set": true });
        assert_eq!(meaning("engine.kill", Some(&off)), "engine.kill");
        assert_eq!(meaning("engine.kill", None), "risk.kill.clear");
        assert_eq!(meaning("orders.place", None), "orders.place");
        assert!(is_needed("risk.kill.clear", None));
        assert!(is_needed("engine.kill", None));
    }
}
