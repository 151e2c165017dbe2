//! The world `venue-model` as core functions.

use super::Function;
use super::strategy::EXPORTS as OF_STRATEGIES;

/// Zeros: an answer of nothing at all.
const NOTHING: &str = "(i32.const 1152)";

/// Exports. An answer lies in memory: 0, and from the eighth byte on its numbers; or 1, and from there on
/// where the reason lies and its length.
pub(super) const EXPORTS: [Function; 8] = [
    OF_STRATEGIES[0],
    (
        "init",
        "(param $venue i32) (param $venue_len i32) (param $port i32) (param $parameters i32) \
         (param $parameters_len i32) (result i32)",
        "(i32.const 1088)",
    ),
    ("delays-data", "(result i32)", "(i32.const 0)"),
    (
        "on-instrument",
        "(param $id i32) (param $symbol i32) (param $symbol_len i32) (param $class i32) \
         (param $currency i32) (param $currency_len i32) (param $tick i64) (param $lot i64) \
         (param $min_quantity i64) (param $max_quantity i64) (param $multiplier i64) (result i32)",
        "(i32.const 1088)",
    ),
    ("ceiling", "(param $instrument i32) (result i32)", NOTHING),
    (
        "fill",
        "(param $order i64) (param $instrument i32) (param $side i32) (param $has_limit i32) \
         (param $limit i64) (param $remaining i64) (param $occasion i32) (param $price i64) \
         (param $offered i64) (param $has_queue i32) (param $queue i64) (param $visit i64) \
         (param $now i64) (result i32)",
        NOTHING,
    ),
    // where the query lies
    ("charge", "(param $query i32) (result i32)", NOTHING),
    (
        "delay",
        "(param $message i32) (param $instrument i32) (param $now i64) (result i32)",
        NOTHING,
    ),
];
