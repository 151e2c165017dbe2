//! Plays a scenario and holds what came against what its lines expect.

use super::scenario::{Expect, Expected, Scenario, Step};
use super::stage::{Happened, Stage};
use super::terms::{self, Ask, Wanted};
use crate::plugins::{Plugin, Plugins};
use anyhow::{Context, Result};
use model::{
    Fill, Liquidity, LogLevel, Order, OrderChange, OrderId, OrderStatus, OrderUpdate, Price,
};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A line that did not go as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which file.
    pub file: PathBuf,
    /// Which line.
    pub line: usize,
    /// The step that led to it.
    pub step: String,
    /// What the line says.
    pub expected: String,
    /// What came instead, in the words of scenarios, and what differs.
    pub came: String,
    /// What the plugin said at the step.
    pub log: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}:{}: at `{}`",
            self.file.display(),
            self.line,
            self.step
        )?;
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  came:     {}", self.came)?;
        let mut said = self.log.iter();
        said.try_for_each(|line| write!(f, "\n  it said:  {line}"))
    }
}

/// What a step was held against: the line, what it says, what came.
struct Wrong {
    line: usize,
    expected: String,
    came: String,
}

/// Plays a scenario up to the first line that does not go as written.
///
/// # Errors
/// What keeps it from being played: not the plugin, which fails a line.
pub fn play(plugins: &Plugins, plugin: Rc<Plugin>, scenario: &Scenario) -> Result<Option<Failure>> {
    let folder = scenario.file.parent().unwrap_or(Path::new("."));
    let mut stage = Stage::new(plugins, plugin, &scenario.given, folder)?;
    let mut orders = BTreeMap::new();
    for step in &scenario.steps {
        let place = || format!("{}:{}", scenario.file.display(), step.line);
        let happened = stage.play(step, &orders).with_context(place)?;
        let judged = Judge {
            step,
            happened: &happened,
            stage: &stage,
            orders: &mut orders,
        }
        .judge();
        if let Err(wrong) = judged {
            return Ok(Some(Failure {
                file: scenario.file.clone(),
                line: wrong.line,
                step: step.text.clone(),
                expected: wrong.expected,
                came: wrong.came,
                log: happened.log.iter().map(log_words).collect(),
            }));
        }
    }
    Ok(None)
}

fn log_words((level, text): &(LogLevel, String)) -> String {
    format!("{} {text}", format!("{level:?}").to_ascii_uppercase())
}

struct Judge<'a> {
    step: &'a Step,
    happened: &'a Happened,
    stage: &'a Stage<'a>,
    orders: &'a mut BTreeMap<String, OrderId>,
}

impl Judge<'_> {
    fn judge(mut self) -> Result<(), Wrong> {
        self.faults()?;
        if let Some(why) = self.happened.ignored.first() {
            let expected = "an event that can happen".to_owned();
            return Err(self.wrong(
                self.step.line,
                expected,
                format!("the engine ignored it: {why}"),
            ));
        }
        self.asks()?;
        let (mut said, mut changed) = (0, 0);
        for expected in &self.step.expects {
            match &expected.what {
                Expect::Log(level, text) => {
                    said = self.log(expected, (*level, text.as_str()), said)?
                }
                Expect::Change(name, words) => {
                    changed = self.change(expected, (name.as_str(), words.as_str()), changed)?;
                }
                Expect::Nothing if !self.happened.log.is_empty() => {
                    let came = self.happened.log.iter().map(log_words);
                    let came = came.collect::<Vec<_>>().join("; ");
                    return Err(self.against(expected, format!("log {came}")));
                }
                _ => self.other(expected)?,
            }
        }
        Ok(())
    }

    fn wrong(&self, line: usize, expected: String, came: String) -> Wrong {
        Wrong {
            line,
            expected,
            came,
        }
    }

    fn against(&self, expected: &Expected, came: String) -> Wrong {
        let text = expected.text.trim_start_matches("->").trim();
        self.wrong(expected.line, text.to_owned(), came)
    }

    /// Each fault must be expected, and each that is expected must come.
    fn faults(&self) -> Result<(), Wrong> {
        let expects = self.step.expects.iter();
        let mut wanted = expects.filter_map(|expected| match &expected.what {
            Expect::Fault(text) => Some((expected, text)),
            _ => None,
        });
        for fault in &self.happened.faults {
            match wanted.next() {
                None => {
                    let expected = "no fault".to_owned();
                    return Err(self.wrong(self.step.line, expected, fault.clone()));
                }
                Some((expected, text)) if !fault.contains(text.as_str()) => {
                    return Err(self.against(expected, fault.clone()));
                }
                Some(_) => {}
            }
        }
        match wanted.next() {
            Some((expected, _)) => Err(self.against(expected, "no fault".to_owned())),
            None => Ok(()),
        }
    }

    /// Orders, changes and cancels, all of them and in order; beside `anything` others may come too.
    fn asks(&mut self) -> Result<(), Wrong> {
        let step = self.step;
        let mut expects = step.expects.iter();
        let is_open = expects.any(|one| matches!(one.what, Expect::Anything));
        let mut came = self.happened.asks.as_slice();
        for expected in &step.expects {
            if let Expect::Ask(wanted) = &expected.what {
                came = self.ask(expected, wanted, came, is_open)?;
            }
        }
        match came.first() {
            Some(ask) if !is_open => Err(self.too_much(ask)),
            _ => Ok(()),
        }
    }

    /// What a line wants must be the first of those that came, or be among them where others may come
    /// too. Returns those after it.
    fn ask<'h>(
        &mut self,
        expected: &Expected,
        wanted: &Wanted,
        came: &'h [Ask],
        is_open: bool,
    ) -> Result<&'h [Ask], Wrong> {
        let mut others = Vec::new();
        let mut rest = came;
        while let Some((ask, after)) = rest.split_first() {
            rest = after;
            let Some(differs) = self.differs(wanted, ask) else {
                if let (Wanted::Order(_, Some(name)), Ask::Order(id, _)) = (wanted, ask) {
                    self.orders.insert(name.clone(), *id);
                }
                return Ok(rest);
            };
            others.push(format!("{}   ({differs})", self.words(ask)));
            if !is_open {
                break;
            }
        }
        let came = match others.is_empty() {
            true => "nothing".to_owned(),
            false => others.join("; "),
        };
        Err(self.against(expected, came))
    }

    /// More came than lines want.
    fn too_much(&self, ask: &Ask) -> Wrong {
        let mut expects = self.step.expects.iter().rev();
        let last = expects.find(|one| matches!(one.what, Expect::Ask(_) | Expect::Nothing));
        let line = last.map_or(self.step.line, |expected| expected.line);
        let expected = match last.map(|expected| &expected.what) {
            Some(Expect::Ask(_)) => "no more orders, changes or cancels",
            _ => "no orders, changes or cancels",
        };
        self.wrong(line, expected.to_owned(), self.words(ask))
    }

    /// What differs, if anything does.
    fn differs(&self, wanted: &Wanted, came: &Ask) -> Option<String> {
        let told =
            |differences: Vec<String>| (!differences.is_empty()).then(|| differences.join(", "));
        let is = |name: &String, id: &OrderId| match self.orders.get(name) == Some(id) {
            true => None,
            false => Some(format!("it is another order than {name}")),
        };
        match (wanted, came) {
            (Wanted::Order(wanted, _), Ask::Order(_, came)) => {
                told(terms::differences(wanted, came))
            }
            (Wanted::Modify(name, wanted), Ask::Modify(id, came)) => {
                is(name, id).or_else(|| told(terms::differences(wanted, came)))
            }
            (Wanted::Cancel(name), Ask::Cancel(id)) => is(name, id),
            (Wanted::CancelAll(symbol), Ask::CancelAll(came)) => match symbol {
                Some(symbol) if symbol != came => Some(format!("it is {came} and not {symbol}")),
                _ => None,
            },
            _ => Some("it is another kind of thing".to_owned()),
        }
    }

    /// An order by the name that a line gave it.
    fn name(&self, id: OrderId) -> String {
        let mut known = self.orders.iter();
        let found = known.find(|(_, known)| **known == id);
        found.map_or_else(|| id.to_string(), |(name, _)| name.clone())
    }

    fn words(&self, ask: &Ask) -> String {
        match ask {
            Ask::Order(_, terms) => {
                let mut terms = terms.clone();
                if !self.stage.has_many() {
                    terms.remove("instrument");
                }
                terms::written(&terms)
            }
            Ask::Modify(id, terms) => {
                format!("modify {} {}", self.name(*id), terms::written(terms))
            }
            Ask::Cancel(id) => format!("cancel {}", self.name(*id)),
            Ask::CancelAll(symbol) => format!("{symbol} cancel_all"),
        }
    }

    /// A line of the log from `from` on; returns where the next is looked for.
    fn log(
        &self,
        expected: &Expected,
        (level, text): (Option<LogLevel>, &str),
        from: usize,
    ) -> Result<usize, Wrong> {
        let mut lines = self.happened.log.iter().skip(from);
        let is_it = |(own, line): &(LogLevel, String)| {
            level.is_none_or(|level| level == *own) && line.contains(text)
        };
        match lines.position(is_it) {
            Some(place) => Ok(from + place + 1),
            None => Err(self.against(expected, "no such line of the log".to_owned())),
        }
    }

    /// What became of an order, from `from` on.
    fn change(
        &self,
        expected: &Expected,
        (name, words): (&str, &str),
        from: usize,
    ) -> Result<usize, Wrong> {
        let id = self.orders.get(name);
        let changes = &self.happened.changes;
        let own = |(update, order): &(OrderUpdate, Order)| {
            Some(&update.order) == id && begins_with(&change_words(update, order), words)
        };
        if let Some(place) = changes.iter().skip(from).position(own) {
            return Ok(from + place + 1);
        }
        let told = changes.iter().map(|(update, order)| {
            format!(
                "{} {}",
                self.name(update.order),
                change_words(update, order)
            )
        });
        let told: Vec<String> = told.collect();
        let came = match told.is_empty() {
            true => "no order changed".to_owned(),
            false => told.join("; "),
        };
        Err(self.against(expected, came))
    }

    fn other(&self, expected: &Expected) -> Result<(), Wrong> {
        let happened = self.happened;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (is_so, came) = match &expected.what {
            Expect::Timer(id) => (
                happened.timers.contains(id),
                format!("timers {:?}", happened.timers),
            ),
            Expect::Value(key, part) => {
                let value = happened.values.iter().rev().find(|(name, _)| name == key);
                let value = value.map(|(_, value)| text(value));
                let is_so = value.as_ref().is_some_and(|value| value.contains(part));
                (
                    is_so,
                    value.map_or("no such value".to_owned(), |value| {
                        format!("value {key} {value}")
                    }),
                )
            }
            Expect::Position(instrument, quantity, price) => {
                let held = self.stage.position(*instrument);
                let average = self.stage.average_price(*instrument);
                let is_so =
                    held.quantity == *quantity && price.is_none_or(|price| average == Some(price));
                (is_so, position_words(held.quantity.to_string(), average))
            }
            Expect::Version(version) => {
                let versions: Vec<u32> =
                    happened.states.iter().map(|state| state.version).collect();
                (
                    versions.contains(version),
                    format!("state of version {versions:?}"),
                )
            }
            Expect::State(part) => {
                let states: Vec<String> = happened
                    .states
                    .iter()
                    .map(|state| text(&state.bytes))
                    .collect();
                let is_so = states.iter().any(|state| state.contains(part));
                (is_so, format!("state {states:?}"))
            }
            _ => (true, String::new()),
        };
        match is_so {
            true => Ok(()),
            false => Err(self.against(expected, came)),
        }
    }
}

fn position_words(quantity: String, average: Option<Price>) -> String {
    match average {
        Some(price) => format!("position {quantity} @ {price}"),
        None => "position flat".to_owned(),
    }
}

/// What became of an order, in the words of the golden traces.
fn change_words(update: &OrderUpdate, order: &Order) -> String {
    let word = |text: &str| text.to_owned();
    match &update.change {
        OrderChange::Denied(code) => format!("DENIED {code}"),
        OrderChange::Submitted => word("SUBMITTED"),
        OrderChange::Accepted => word("ACCEPTED"),
        OrderChange::Rejected => word("REJECTED"),
        OrderChange::Emulated => word("EMULATED"),
        OrderChange::Released => word("RELEASED"),
        OrderChange::Triggered => word("TRIGGERED"),
        OrderChange::PendingUpdate => word("PENDING_UPDATE"),
        OrderChange::Updated { .. } => updated(order),
        OrderChange::UpdateDenied(code) => format!("UPDATE_DENIED {code}"),
        OrderChange::UpdateRejected => word("UPDATE_REJECTED"),
        OrderChange::PendingCancel => word("PENDING_CANCEL"),
        OrderChange::CancelRejected => word("CANCEL_REJECTED"),
        OrderChange::Filled(fill) => filled(fill, update.status),
        OrderChange::Canceled => word("CANCELED"),
        OrderChange::Expired => word("EXPIRED"),
    }
}

fn updated(order: &Order) -> String {
    let mut text = format!("UPDATED quantity {}", order.quantity);
    if let Some(limit) = order.kind.price() {
        text += &format!(" limit {limit}");
    }
    if let Some(trigger) = order.trigger {
        text += &format!(" trigger {trigger}");
    }
    text
}

fn filled(fill: &Fill, status: OrderStatus) -> String {
    let liquidity = match fill.liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    };
    let (status, quantity, price) = (status.name(), fill.quantity, fill.price);
    format!("{status} {quantity} @ {price} {liquidity}")
}

/// Whether a text begins with these words, as whole words: `@ 1.1` is not the beginning of `@ 1.19`.
fn begins_with(text: &str, words: &str) -> bool {
    let rest = text.strip_prefix(words);
    rest.is_some_and(|rest| words.is_empty() || rest.is_empty() || rest.starts_with(' '))
}
