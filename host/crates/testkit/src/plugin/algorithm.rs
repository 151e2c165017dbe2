//! The world `execution-algorithm` as core functions.

use super::Function;
use super::strategy::EXPORTS as OF_STRATEGIES;

/// Exports: those that strategies have too are theirs.
pub(super) const EXPORTS: [Function; 12] = [
    OF_STRATEGIES[0],
    // where the configuration lies
    (
        "init",
        "(param $config i32) (result i32)",
        "(i32.const 1088)",
    ),
    OF_STRATEGIES[2],
    // where the snapshot lies
    ("on-start", "(param $snapshot i32)", ""),
    OF_STRATEGIES[5],
    OF_STRATEGIES[6],
    OF_STRATEGIES[7],
    OF_STRATEGIES[8],
    ("on-child-event", OF_STRATEGIES[9].1, ""),
    (
        "on-amended",
        "(param $quantity i64) (param $limited i32) (param $limit i64)",
        "",
    ),
    ("on-ending", "", ""),
    OF_STRATEGIES[12],
];

/// Imports: interface, name, signature.
pub(super) const IMPORTS: [Function; 11] = [
    ("parent", "subscribe-quotes", ""),
    ("parent", "subscribe-trades", ""),
    ("parent", "subscribe-bars", "(param i32 i64 i32)"),
    // the type and its prices; quantity; life time and until when; post-only; whether little is
    // shown, and how much; where the tag lies, its length
    (
        "children",
        "submit",
        "(param i32 i64 i64 i64 i64 i32 i32 i64 i64 i32 i64 i32 i32 i64 i32 i32) (result i64)",
    ),
    // the order; then whether there is a new quantity, price, trigger, each before the number
    ("children", "modify", "(param i64 i32 i64 i32 i64 i32 i64)"),
    ("children", "cancel", "(param i64)"),
    ("children", "done", ""),
    ("timers", "now", "(result i64)"),
    ("timers", "set-timer", "(param i64 i64)"),
    ("timers", "cancel-timer", "(param i64)"),
    // level, pointer, length
    ("log", "write", "(param i32 i32 i32)"),
];
