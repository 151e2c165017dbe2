//! A plugin in WebAssembly text: every export of its world with a harmless body, any of which a test
//! replaces. Parameters keep the canonical ABI's names in the tables, so that bodies can use them.

mod algorithm;
mod factor;
mod indicator;
mod model;
mod rule;
mod strategy;

use crate::component::{
    ALGORITHM, ComponentError, FACTOR, INDICATOR, MODEL, RULE, STRATEGY, STRATEGY_WITH_BOOKS,
    STRATEGY_WITH_LIFE, World, componentise,
};
use std::fmt::Write;

/// A core function: its name (of an import: its interface before it), its signature, and of an
/// export a harmless body.
type Function = (&'static str, &'static str, &'static str);

/// What kind of plugin it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Strategy,
    StrategyWithBooks,
    StrategyWithLife,
    Algorithm,
    Rule,
    Model,
    Factor,
    Indicator,
}

impl Kind {
    const fn world(self) -> World<'static> {
        match self {
            Self::Strategy => STRATEGY,
            Self::StrategyWithBooks => STRATEGY_WITH_BOOKS,
            Self::StrategyWithLife => STRATEGY_WITH_LIFE,
            Self::Algorithm => ALGORITHM,
            Self::Rule => RULE,
            Self::Model => MODEL,
            Self::Factor => FACTOR,
            Self::Indicator => INDICATOR,
        }
    }

    fn imports(self) -> &'static [Function] {
        match self {
            Self::Strategy | Self::StrategyWithBooks | Self::StrategyWithLife => &strategy::IMPORTS,
            Self::Algorithm => &algorithm::IMPORTS,
            // These can do no more than log.
            Self::Rule | Self::Model | Self::Factor | Self::Indicator => &rule::IMPORTS,
        }
    }

    fn exports(self) -> impl Iterator<Item = &'static Function> {
        let (always, besides): (&[Function], &[Function]) = match self {
            Self::Strategy => (&strategy::EXPORTS, &[]),
            Self::StrategyWithBooks => (&strategy::EXPORTS, &strategy::BOOK_EXPORTS),
            Self::StrategyWithLife => (&strategy::EXPORTS, &strategy::LIFE_EXPORTS),
            Self::Algorithm => (&algorithm::EXPORTS, &[]),
            Self::Rule => (&rule::EXPORTS, &[]),
            Self::Model => (&model::EXPORTS, &[]),
            Self::Factor => (&factor::EXPORTS, &[]),
            Self::Indicator => (&indicator::EXPORTS, &[]),
        };
        always.iter().chain(besides)
    }
}

/// What the data segments hold: the description's strings and records, `ok` (which is also the verdict
/// `pass`), the saved state, what a factor needs and what an indicator shows.
const DATA: &str = r#"
  (data (i32.const 512) "wat1.0.0made for a test")
  ;; description: name, version, documentation, no parameters
  (data (i32.const 1024) "\00\02\00\00\03\00\00\00\03\02\00\00\05\00\00\00\08\02\00\00\0f\00\00\00")
  ;; ok
  (data (i32.const 1088) "\00")
  ;; saved state: version 1, no bytes
  (data (i32.const 1104) "\01\00\00\00\00\00\00\00\00\00\00\00")
  (data (i32.const 544) "close")
  ;; a list of one text, `close`
  (data (i32.const 1280) "\20\02\00\00\05\00\00\00")
  ;; ok: the fields of that list, no rows of history, higher is better
  (data (i32.const 1296) "\00\00\00\00\00\05\00\00\01\00\00\00\00\00\00\00\00\00\00\00")
  ;; a list of one line: name `close`, no documentation, with the prices
  (data (i32.const 1328) "\20\02\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
  ;; ok: the lines of that list, bars, no updates before the first value
  (data (i32.const 1360) "\00\00\00\00\30\05\00\00\01\00\00\00\00\00\00\00\00\00\00\00")
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

/// A plugin under construction.
#[derive(Debug, Clone, Default)]
pub struct Plugin {
    kind: Kind,
    bodies: Vec<(String, String)>,
    realloc: Option<String>,
    items: String,
}

impl Plugin {
    /// A strategy that does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and can be told of order books.
    pub fn with_books() -> Self {
        Self::of(Kind::StrategyWithBooks)
    }

    /// The same, and hears of cash flows, of what happens to instruments, and of signals.
    pub fn with_life() -> Self {
        Self::of(Kind::StrategyWithLife)
    }

    /// An execution algorithm that does nothing.
    pub fn algorithm() -> Self {
        Self::of(Kind::Algorithm)
    }

    /// A pre-trade rule that passes everything.
    pub fn rule() -> Self {
        Self::of(Kind::Rule)
    }

    /// A model of a venue that answers nothing but zeros.
    pub fn venue_model() -> Self {
        Self::of(Kind::Model)
    }

    /// A factor that reads closes and scores everything zero.
    pub fn factor() -> Self {
        Self::of(Kind::Factor)
    }

    /// An indicator of bars that never has a value.
    pub fn indicator() -> Self {
        Self::of(Kind::Indicator)
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
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
        for (interface, name, signature) in self.kind.imports() {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  (import \"argonaut:plugin/{interface}@1.0.0\" \"{name}\" \
                 (func ${name} {signature}))"
            );
        }
        text.push_str("  (memory (export \"memory\") 2)\n");
        for (name, signature, harmless) in self.kind.exports() {
            let replaced = self.bodies.iter().rev().find(|(export, _)| export == name);
            let body = replaced.map_or(*harmless, |(_, body)| body.as_str());
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
        componentise(&self.text(), self.kind.world())
    }
}
