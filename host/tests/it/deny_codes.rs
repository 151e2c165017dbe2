//! Orders that a plugin sends to a host that trades are denied by the controls that an operator sets meanwhile,
//! each with its own code. Orders by REST are in the tests of the API.

use super::journeys::{Desk, at_a_host};
use super::process::plugin;
use serde_json::Value;

/// How often a control has denied. Nobody but the plugin sends orders.
fn denied(controls: &Value, code: &str) -> u64 {
    let mut controls = controls.as_array().unwrap().iter();
    let control = controls.find(|control| control["code"] == code).unwrap();
    control["denied"].as_u64().unwrap()
}

/// Waits until an order of the plugin is denied with a code.
fn until_denied(desk: &Desk, code: &str) {
    let before = denied(&desk.asked("risk controls"), code);
    desk.until(code, "risk controls", |controls| {
        denied(controls, code) > before
    });
}

fn limit(desk: &Desk, limits: &str) {
    let set = format!("risk limits set strategy/every --limits {limits} --if-match *");
    desk.asked(&set);
}

/// Limits that no order which opens a position passes, and the code that says so.
const LIMITS: [(&str, &str); 14] = [
    (r#"{"price":{"max_distance":"0.000000001"}}"#, "P08"),
    (
        r#"{"price":{"max_drift":"0","drift_window_ns":"60000000000"}}"#,
        "P09",
    ),
    (r#"{"max_order_quantity":"0.0001"}"#, "P10"),
    (r#"{"max_order_notional":"1"}"#, "P11"),
    (r#"{"volume":{"max_day_share":"0"}}"#, "P12"),
    (r#"{"max_open_orders":0}"#, "P13"),
    (r#"{"max_position":"0"}"#, "P14"),
    (r#"{"exposure":{"max_gross":"1"}}"#, "P15"),
    (r#"{"exposure":{"max_instrument_share":"0"}}"#, "P16"),
    (r#"{"loss":{"max_daily":"0"}}"#, "P18"),
    (
        r#"{"max_messages":0,"message_window_ns":"60000000000"}"#,
        "P19",
    ),
    (r#"{"duplicate_window_ns":"3600000000000"}"#, "P21"),
    (
        r#"{"short":{"max_day_trades":0,"day_trade_days":5}}"#,
        "P27",
    ),
    (
        r#"{"conduct":{"max_repeats":2,"repeat_window_ns":"3600000000000"}}"#,
        "P22",
    ),
];

#[test]
fn orders_of_a_plugin_are_denied_by_each_control_that_is_set() {
    at_a_host(&[], |desk, _| {
        let file = plugin("order-every").display().to_string();
        let load = "strategies load --name every --param instrument=BTC/USD.SIM \
                    --param quantity=0.001 --param every=5 --start --file";
        desk.asked(&format!("{load} {file}"));
        for (limits, code) in LIMITS {
            limit(desk, limits);
            until_denied(desk, code);
            limit(desk, "{}");
        }
        // What was executed again and again waits for a person.
        until_denied(desk, "P22");
        desk.told("risk repeats clear every");
        desk.asked("engine trading-state halted");
        until_denied(desk, "P01");
        desk.asked("engine trading-state active");
        desk.told("kill --scope strategy=every");
        until_denied(desk, "P29");
        desk.told("kill --scope strategy=every --clear");
        // It trades on: denials are answers, and break nothing.
        assert_eq!(desk.asked("strategies show every")["state"], "RUNNING");
        let filled = desk.asked("fills");
        desk.until("another fill", "fills", |fills| *fills != filled);
    });
}
