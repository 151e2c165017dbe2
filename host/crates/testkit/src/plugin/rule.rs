//! The world `pre-trade-rule` as core functions.

use super::Function;
use super::strategy::EXPORTS as OF_STRATEGIES;

/// Exports. A verdict lies in memory: 0 for a pass; or 1, and from the fourth byte on where the reason
/// lies and its length.
pub(super) const EXPORTS: [Function; 3] = [
    OF_STRATEGIES[0],
    (
        "init",
        "(param $name i32) (param $name_len i32) (param $instruments i32) \
         (param $instruments_len i32) (param $strategies i32) (param $strategies_len i32) \
         (param $accounts i32) (param $accounts_len i32) (param $parameters i32) \
         (param $parameters_len i32) (result i32)",
        "(i32.const 1088)",
    ),
    // where order and surroundings lie
    (
        "judge",
        "(param $facts i32) (result i32)",
        "(i32.const 1088)",
    ),
];

/// Imports: interface, name, signature.
pub(super) const IMPORTS: [Function; 1] = [("log", "write", "(param i32 i32 i32)")];
