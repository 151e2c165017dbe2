//! What must come of a step.

use super::super::terms::{Wanted, read_change, read_order};
use super::super::words::{NAME, PRICE, WordError, Words};
use crate::universe::Universe;
use model::{InstrumentId, LogLevel, Price, SignedQuantity};
use std::collections::BTreeSet;

/// What must come.
#[derive(Debug, Clone)]
pub(in super::super) enum Expect {
    /// No order, change, cancel or log line.
    Nothing,
    /// Whatever else it asks for.
    Anything,
    /// An order, change or cancel; these are told completely and in order.
    Ask(Wanted),
    /// A line of the log with this in it.
    Log(Option<LogLevel>, String),
    /// A timer with this number, due then if that is said.
    Timer(u64),
    /// A value that the host keeps, with this text in it.
    Value(String, String),
    /// What became of an order begins with these words.
    Change(String, String),
    /// What it holds then, at what price if that is said.
    Position(InstrumentId, SignedQuantity, Option<Price>),
    /// State that it saved has this version.
    Version(u32),
    /// State that it saved has this text in it.
    State(String),
    /// It breaks, refuses, or its swap is aborted, with this in the reason.
    Fault(String),
}

const VERBS: [&str; 13] = [
    "buy",
    "sell",
    "modify",
    "cancel",
    "cancel_all",
    "log",
    "timer",
    "value",
    "position",
    "state",
    "fault",
    "nothing",
    "anything",
];
const LEVELS: [(&str, LogLevel); 4] = [
    ("DEBUG", LogLevel::Debug),
    ("INFO", LogLevel::Info),
    ("WARN", LogLevel::Warn),
    ("ERROR", LogLevel::Error),
];

impl Expect {
    /// Whether orders cannot be named so.
    pub(super) fn is_word(name: &str) -> bool {
        VERBS.contains(&name)
    }

    /// The name that it gives to an order.
    pub(super) fn names(&self) -> Option<&str> {
        match self {
            Self::Ask(Wanted::Order(_, name)) => name.as_deref(),
            _ => None,
        }
    }

    /// Whether one of the two is `nothing` and the other something that it excludes.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let is_something =
            |one: &Self| matches!(one, Self::Ask(_) | Self::Log(..) | Self::Anything);
        match (self, other) {
            (Self::Nothing, something) | (something, Self::Nothing) => is_something(something),
            _ => false,
        }
    }

    /// Reads what follows `->`.
    pub(super) fn read(
        words: &mut Words<'_>,
        universe: &Universe,
        names: &BTreeSet<String>,
    ) -> Result<Self, WordError> {
        let symbol = words
            .peek()
            .filter(|word| universe.find_instrument(word).is_some());
        if symbol.is_some() {
            words.pop();
        }
        let about_one = ["buy", "sell", "cancel_all", "position"];
        if symbol.is_none() && words.peek().is_some_and(|verb| about_one.contains(&verb)) {
            super::only_one(universe)?;
        }
        if matches!(words.peek(), Some("buy" | "sell")) {
            let (mut terms, name) = read_order(words)?;
            terms.extend(symbol.map(|symbol| ("instrument", symbol.to_owned())));
            return Ok(Self::Ask(Wanted::Order(terms, name)));
        }
        let order = |words: &mut Words<'_>| {
            let name = words.next(NAME)?;
            match names.contains(name) {
                true => Ok(name.to_owned()),
                false => Err(WordError::wrong(name, NAME)),
            }
        };
        let verb = words.next("what must come")?;
        Ok(match verb {
            "nothing" => Self::Nothing,
            "anything" => Self::Anything,
            "modify" => {
                order(&mut { *words })?;
                let (name, terms) = read_change(words)?;
                Self::Ask(Wanted::Modify(name, terms))
            }
            "cancel" => Self::Ask(Wanted::Cancel(order(words)?)),
            "cancel_all" => Self::Ask(Wanted::CancelAll(symbol.map(str::to_owned))),
            "log" => log(words)?,
            "timer" => Self::Timer(words.value("the number of a timer")?),
            "value" => {
                let key = words.next("the name of a value")?.to_owned();
                Self::Value(key, words.raw().to_owned())
            }
            "position" => {
                let id = symbol.and_then(|symbol| universe.find_instrument(symbol));
                position(words, id.unwrap_or_default())?
            }
            "state" => state(words)?,
            "fault" => Self::Fault(words.raw().to_owned()),
            name if names.contains(name) => Self::Change(name.to_owned(), normal(words.raw())),
            other => return Err(unknown(other)),
        })
    }
}

fn unknown(word: &str) -> WordError {
    let verbs = VERBS.join(", ");
    let what =
        format!("what can come: {verbs}, or the name that an order got by `as` and its status");
    WordError::wrong(word, what)
}

fn log(words: &mut Words<'_>) -> Result<Expect, WordError> {
    let named = |word: &str| LEVELS.iter().find(|(name, _)| *name == word);
    let level = words.peek().and_then(named).map(|(_, level)| *level);
    if level.is_some() {
        words.pop();
    }
    Ok(Expect::Log(level, words.raw().to_owned()))
}

/// `flat`, `1000`, `-1000 @ 1.0850`.
fn position(words: &mut Words<'_>, instrument: InstrumentId) -> Result<Expect, WordError> {
    if words.take("flat") {
        return Ok(Expect::Position(instrument, SignedQuantity::ZERO, None));
    }
    let quantity = words.value("a position such as 1000, -1000 or flat")?;
    let price = match words.take("@") {
        true => Some(words.value(PRICE)?),
        false => None,
    };
    Ok(Expect::Position(instrument, quantity, price))
}

fn state(words: &mut Words<'_>) -> Result<Expect, WordError> {
    let kinds = [("version", true), ("has", false)];
    Ok(match words.one_of("what is told of state", &kinds)? {
        true => Expect::Version(words.value("a version")?),
        false => Expect::State(words.raw().to_owned()),
    })
}

/// Numbers as they are shown, single spaces.
fn normal(text: &str) -> String {
    let words = text
        .split_whitespace()
        .map(|word| match word.parse::<Price>() {
            Ok(number) => number.to_string(),
            Err(_) => word.to_owned(),
        });
    words.collect::<Vec<_>>().join(" ")
}
