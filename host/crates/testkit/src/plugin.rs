//! A strategy in WebAssembly text: every export of the world with a harmless body, any of which a
//! test replaces. Parameters keep the canonical ABI's names below, so that bodies can use them.

use crate::component::{ComponentError, STRATEGY, componentise};
use std::fmt::Write;

/// Exports of the world as core functions: name, signature, harmless body.
///
/// Results that do not fit one value lie in memory: a description at 1024, `ok` at 1088, a saved
/// state (version 1, no bytes) at 1104.
///
/// The details of an order's change are, in order: a denial's code; for a fill price, quantity, the
/// fee's halves and whether it is the maker's; for new prices whether there is a limit, the limit,
/// whether there is a trigger, the trigger.
const EXPORTS: [(&str, &str, &str); 13] = [
    ("describe", "(result i32)", "(i32.const 1024)"),
    (
        "init",
        "(param $name i32) (param $name_len i32) (param $instruments i32) \
         (param $instruments_len i32) (param $parameters i32) (param $parameters_len i32) \
         (result i32)",
        "(i32.const 1088)",
    ),
    (
        "load",
        "(param $version i32) (param $bytes i32) (param $bytes_len i32) (result i32)",
        "(i32.const 1088)",
    ),
    (
        "on-history",
        "(param $instrument i32) (param $method i32) (param $step i64) (param $basis i32) \
         (param $block i32) (param $block_len i32)",
        "",
    ),
    (
        "on-start",
        "(param $reason i32) (param $now i64) (param $positions i32) (param $positions_len i32) \
         (param $orders i32) (param $orders_len i32)",
        "",
    ),
    (
        "on-quote",
        "(param $instrument i32) (param $bid i64) (param $ask i64) (param $bid_size i64) \
         (param $ask_size i64) (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    (
        "on-trade",
        "(param $instrument i32) (param $price i64) (param $size i64) (param $aggressor i32) \
         (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    (
        "on-bar",
        "(param $instrument i32) (param $method i32) (param $step i64) (param $basis i32) \
         (param $open i64) (param $high i64) (param $low i64) (param $close i64) \
         (param $volume i64) (param $ts_open i64) (param $ts_event i64) (param $ts_init i64)",
        "",
    ),
    ("on-timer", "(param $id i64) (param $due i64)", ""),
    (
        "on-order-event",
        "(param $order i64) (param $instrument i32) (param $change i32) (param $detail i64) \
         (param $detail_1 i64) (param $detail_2 i64) (param $detail_3 i64) (param $detail_4 i32) \
         (param $status i32) (param $side i32) (param $quantity i64) (param $filled i64) \
         (param $ts_event i64)",
        "",
    ),
    (
        "on-position-event",
        "(param $instrument i32) (param $quantity i64) (param $side i32) \
         (param $average_price i64) (param $realized_high i64) (param $realized_low i64) \
         (param $fees_high i64) (param $fees_low i64) (param $ts_event i64)",
        "",
    ),
    ("on-stop", "", ""),
    ("save", "(result i32)", "(i32.const 1104)"),
];

/// Imports of the world as core functions: interface, name, signature. Inside a body each is called
/// by its name, as in `(call $cancel (i64.const 1))`.
const IMPORTS: [(&str, &str, &str); 21] = [
    ("market-data", "subscribe-quotes", "(param i32)"),
    ("market-data", "unsubscribe-quotes", "(param i32)"),
    ("market-data", "subscribe-trades", "(param i32)"),
    ("market-data", "subscribe-bars", "(param i32 i32 i64 i32)"),
    ("market-data", "unsubscribe-bars", "(param i32 i32 i64 i32)"),
    (
        "market-data",
        "request-history",
        "(param i32 i32 i64 i32 i32)",
    ),
    (
        "orders",
        "submit-market",
        "(param i32 i32 i64 i32 i64 i64) (result i64)",
    ),
    (
        "orders",
        "submit-limit",
        "(param i32 i32 i64 i64 i32 i64 i64) (result i64)",
    ),
    (
        "orders",
        "submit-stop-market",
        "(param i32 i32 i64 i64 i32 i64 i64) (result i64)",
    ),
    // where the order lies
    ("orders", "submit", "(param i32) (result i64)"),
    // where the orders lie, how many
    ("orders", "submit-list", "(param i32 i32) (result i64)"),
    // the order; then whether there is a new quantity, price, trigger, each before the number
    ("orders", "modify", "(param i64 i32 i64 i32 i64 i32 i64)"),
    ("orders", "cancel", "(param i64)"),
    ("orders", "cancel-all", "(param i32)"),
    ("timers", "now", "(result i64)"),
    ("timers", "set-timer", "(param i64 i64)"),
    ("timers", "cancel-timer", "(param i64)"),
    // level, pointer, length
    ("log", "write", "(param i32 i32 i32)"),
    // key pointer, key length, pointer to the result
    ("state", "get", "(param i32 i32 i32)"),
    ("state", "put", "(param i32 i32 i32 i32)"),
    ("market-data", "unsubscribe-trades", "(param i32)"),
];

/// What the data segments hold: the description's strings and records, `ok`, the saved state.
const DATA: &str = r#"
  (data (i32.const 512) "wat1.0.0made for a test")
  ;; description: name, version, documentation, no parameters
  (data (i32.const 1024) "\00\02\00\00\03\00\00\00\03\02\00\00\05\00\00\00\08\02\00\00\0f\00\00\00")
  ;; ok
  (data (i32.const 1088) "\00")
  ;; saved state: version 1, no bytes
  (data (i32.const 1104) "\01\00\00\00\00\00\00\00\00\00\00\00")
"#;

/// Gives out memory above 64 KiB and never takes it back; grows the memory when it must.
const REALLOC: &str = r#"
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1)))))
    (local.get $at)
"#;

/// A strategy under construction.
#[derive(Debug, Clone, Default)]
pub struct Plugin {
    bodies: Vec<(String, String)>,
    realloc: Option<String>,
    items: String,
}

impl Plugin {
    /// One that does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives an export another body, with locals first if it needs any.
    #[must_use]
    pub fn with(mut self, export: &str, body: &str) -> Self {
        self.bodies.push((export.to_owned(), body.to_owned()));
        self
    }

    /// Gives the allocator that the host calls another body.
    #[must_use]
    pub fn with_realloc(mut self, body: &str) -> Self {
        self.realloc = Some(body.to_owned());
        self
    }

    /// Adds data, globals or functions to the module. Memory from 2,048 to 65,535 is free.
    #[must_use]
    pub fn items(mut self, items: &str) -> Self {
        self.items.push_str(items);
        self
    }

    /// The core module as text.
    pub fn text(&self) -> String {
        let mut text = String::from("(module\n");
        for (interface, name, signature) in IMPORTS {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  (import \"argonaut:plugin/{interface}@1.0.0\" \"{name}\" \
                 (func ${name} {signature}))"
            );
        }
        text.push_str("  (memory (export \"memory\") 2)\n");
        for (name, signature, harmless) in EXPORTS {
            let replaced = self.bodies.iter().rev().find(|(export, _)| export == name);
            let body = replaced.map_or(harmless, |(_, body)| body.as_str());
            let _ = writeln!(text, "  (func (export \"{name}\") {signature} {body})");
        }
        let realloc = self.realloc.as_deref().unwrap_or(REALLOC);
        let _ = writeln!(
            text,
            "  (global $top (mut i32) (i32.const 65536))\n  (func (export \"cabi_realloc\") \
             (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) \
             (result i32) {realloc})"
        );
        text.push_str(DATA);
        text.push_str(&self.items);
        text.push_str(")\n");
        text
    }

    /// The component.
    ///
    /// # Errors
    /// When a body or an item is not valid text.
    pub fn build(&self) -> Result<Vec<u8>, ComponentError> {
        componentise(&self.text(), STRATEGY)
    }
}
