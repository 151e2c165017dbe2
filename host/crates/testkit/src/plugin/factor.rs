//! The world `factor` as core functions.

use super::Function;
use super::strategy::EXPORTS as OF_STRATEGIES;

/// Exports. What it needs lies in memory: 0; from the fourth byte on where the names of fields lie and how many
/// there are, the rows of history, and a byte for what is better. Scores too: 0; from the fourth byte on where
/// they lie and how many there are.
pub(super) const EXPORTS: [Function; 3] = [
    OF_STRATEGIES[0],
    (
        "init",
        "(param $name i32) (param $name_len i32) (param $parameters i32) \
         (param $parameters_len i32) (result i32)",
        "(i32.const 1296)",
    ),
    (
        "score",
        "(param $times i32) (param $times_len i32) (param $instruments i32) \
         (param $instruments_len i32) (param $fields i32) (param $fields_len i32) \
         (param $first i32) (result i32)",
        // Zeros, as many as asked for, of the memory that is free.
        "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const 2064))
         (i32.store (i32.const 2056) (i32.mul (local.get $instruments_len)
           (i32.sub (local.get $times_len) (local.get $first))))
         (i32.const 2048)",
    ),
];
