//! The world `indicator` as core functions.

use super::Function;
use super::strategy::EXPORTS as OF_STRATEGIES;

/// Exports. What it shows lies in memory: 0; from the fourth byte on where the lines lie and how many there are, a
/// byte for what updates it, and from the sixteenth on the updates before the first value. Values too: 0 for none;
/// or 1, and from the fourth byte on where they lie and how many there are.
pub(super) const EXPORTS: [Function; 6] = [
    OF_STRATEGIES[0],
    (
        "init",
        "(param $name i32) (param $name_len i32) (param $parameters i32) \
         (param $parameters_len i32) (result i32)",
        "(i32.const 1360)",
    ),
    (
        "load",
        "(param $version i32) (param $bytes i32) (param $bytes_len i32) (result i32)",
        "(i32.const 1088)",
    ),
    (
        "update-bar",
        "(param $instrument i32) (param $method i32) (param $step i64) (param $basis i32) \
         (param $open i64) (param $high i64) (param $low i64) (param $close i64) \
         (param $volume i64) (param $ts_open i64) (param $ts_event i64) (param $ts_init i64) \
         (result i32)",
        "(i32.const 1088)",
    ),
    (
        "update-quote",
        "(param $instrument i32) (param $bid i64) (param $ask i64) (param $bid_size i64) \
         (param $ask_size i64) (param $ts_event i64) (param $ts_init i64) (result i32)",
        "(i32.const 1088)",
    ),
    ("save", "(result i32)", "(i32.const 1104)"),
];
