//! A scenario: events in, and what the plugin must want, as lines in the words of the golden traces of
//! the exchange (`host/crates/engine/tests/it/traces.rs`). One line is one step, so that an error and a
//! failure have a line to name, and what a random market found can be pasted in.
//!
//! ```text
//! # What the scenario shows.
//! given instrument EUR/USD.SIM,tick=0.00001,lot=1
//! given parameter fast 2
//! 09:30:00 quote 1.08500 x 1000 / 1.08502 x 1000
//! -> buy 1000 MARKET as A
//! -> A FILLED 1000 @ 1.08502
//! ```
//!
//! A step without `->` lines below it must lead to no order, change or cancel.

mod act;
mod expect;
mod given;

pub(super) use act::{Act, Answer, Succession};
pub(super) use expect::Expect;
pub use given::Given;

use super::words::{WordError, Words};
use crate::config::Span;
use crate::universe::Universe;
use model::{Duration, InstrumentId, Timestamp};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// When scenarios begin, as in the SDK's harness: 2024-01-01T00:00:00Z, a Monday.
pub(super) const BEGIN: Timestamp = Timestamp::from_nanos(1_704_067_200_000_000_000);
/// A day in nanoseconds.
pub(super) const DAY: u64 = 86_400_000_000_000;
/// The days of the week as lines name them.
pub(super) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Why a scenario cannot be played. Every message is one line: where, what, and what would do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", place(file, *line))]
pub struct ScenarioError {
    /// Which file.
    pub file: PathBuf,
    /// Which line, from 1; 0 for the whole of it.
    pub line: usize,
    /// Why, and what would do.
    pub reason: String,
}

fn place(file: &Path, line: usize) -> String {
    match line {
        0 => file.display().to_string(),
        line => format!("{}:{line}", file.display()),
    }
}

/// A scenario that was read.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Where it is from.
    pub file: PathBuf,
    /// What the plugin begins with.
    pub given: Given,
    pub(super) steps: Vec<Step>,
}

/// Something that happens, and what must come of it.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) at: Timestamp,
    pub(super) instrument: InstrumentId,
    pub(super) act: Act,
    pub(super) expects: Vec<Expected>,
}

/// A line that says what must come.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) what: Expect,
}

/// What lines are read with.
struct Reading {
    given: Given,
    /// Made when the first step is read.
    universe: Option<Universe>,
    now: Timestamp,
    names: BTreeSet<String>,
    steps: Vec<Step>,
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, or the first line that cannot.
    pub fn read(file: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(file).map_err(|error| ScenarioError {
            file: file.to_owned(),
            line: 0,
            reason: format!("cannot be read: {error}"),
        })?;
        Self::parse(file, &text)
    }

    /// The same for text that is already there; `file` names it in messages, and its folder is where
    /// other plugins are looked for.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ScenarioError> {
        let mut reading = Reading {
            given: Given::default(),
            universe: None,
            now: BEGIN,
            names: BTreeSet::new(),
            steps: Vec::new(),
        };
        let failed = |line: usize, reason: String| ScenarioError {
            file: file.to_owned(),
            line,
            reason,
        };
        for (index, text) in text.lines().enumerate() {
            let read = reading.line(index + 1, text.trim());
            read.map_err(|reason| failed(index + 1, reason))?;
        }
        if reading.steps.is_empty() {
            let reason = "nothing happens in it; write a step such as `09:30:00 start`";
            return Err(failed(text.lines().count().max(1), reason.to_owned()));
        }
        Ok(Self {
            file: file.to_owned(),
            given: reading.given,
            steps: reading.steps,
        })
    }
}

impl Reading {
    fn line(&mut self, line: usize, text: &str) -> Result<(), String> {
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let mut words = Words::new(text);
        if words.take("given") {
            if self.universe.is_some() {
                return Err("`given` belongs above the first step; move the line up".to_owned());
            }
            return self.given.take(&mut words);
        }
        if words.take("->") {
            return self.expect(line, text, &mut words);
        }
        self.step(line, text, &mut words)
    }

    /// Nothing more can be given.
    fn begin(&mut self) -> Result<(), String> {
        if self.universe.is_none() {
            self.universe = Some(self.given.universe()?);
            self.now = self.given.date();
        }
        Ok(())
    }

    fn step(&mut self, line: usize, text: &str, words: &mut Words<'_>) -> Result<(), String> {
        self.begin()?;
        self.now = moment(words, self.now).map_err(|error| error.to_string())?;
        let Some(universe) = &self.universe else {
            return Ok(());
        };
        let named = words.peek().and_then(|word| universe.find_instrument(word));
        if named.is_some() {
            words.pop();
        }
        let verb = words.peek().unwrap_or_default().to_owned();
        let act = Act::read(words, universe, &self.given, &self.names);
        let act = act.and_then(|act| words.end().map(|()| act));
        let act = act.map_err(|error| within(&verb, &error))?;
        if named.is_none() && act.is_of_an_instrument() {
            only_one(universe).map_err(|error| within(&verb, &error))?;
        }
        if matches!(act, Act::Start) && !self.steps.is_empty() {
            let reason = "`start` belongs to the first step, at which the plugin starts by itself; a new \
                          instance takes over by `restart` or by `swap`";
            return Err(reason.to_owned());
        }
        self.steps.push(Step {
            line,
            text: text.to_owned(),
            at: self.now,
            instrument: named.unwrap_or_default(),
            act,
            expects: Vec::new(),
        });
        Ok(())
    }

    fn expect(&mut self, line: usize, text: &str, words: &mut Words<'_>) -> Result<(), String> {
        let Some(universe) = &self.universe else {
            let reason = "nothing has happened yet; write a step such as `09:30:00 start` above";
            return Err(reason.to_owned());
        };
        let verb = words.peek().unwrap_or_default().to_owned();
        let what = Expect::read(words, universe, &self.names);
        let what = what.and_then(|what| words.end().map(|()| what));
        let what = what.map_err(|error| within(&verb, &error))?;
        if let Some(name) = what.names() {
            if !self.names.insert(name.to_owned()) {
                return Err(format!(
                    "`{name}` names an earlier order; choose another name"
                ));
            }
            if Expect::is_word(name) {
                return Err(format!(
                    "`{name}` is a word of scenarios; choose another name"
                ));
            }
        }
        if let Some(step) = self.steps.last_mut() {
            let mut others = step.expects.iter();
            if others.any(|other| what.contradicts(&other.what)) {
                let reason = "`nothing` cannot hold beside a line that expects an order, a change, a \
                              cancel, a log line or `anything`; take one of the two away";
                return Err(reason.to_owned());
            }
            let text = text.to_owned();
            step.expects.push(Expected { line, text, what });
        }
        Ok(())
    }
}

fn within(verb: &str, error: &WordError) -> String {
    match error {
        WordError::Wrong { word, .. } if word == verb => error.to_string(),
        _ if verb.is_empty() => error.to_string(),
        _ => format!("{verb}: {error}"),
    }
}

/// A line may leave out its instrument where there is one alone.
fn only_one(universe: &Universe) -> Result<(), WordError> {
    match universe.symbols() {
        [] | [_] => Ok(()),
        several => Err(WordError::Unnamed(several.join(" or "))),
    }
}

const MOMENT: &str = "a time such as 09:30:00, 09:30:00.250, Tue 09:30:00 or +5s";

/// When a line happens, given when the one before did.
fn moment(words: &mut Words<'_>, before: Timestamp) -> Result<Timestamp, WordError> {
    let mut day = before.nanos() / DAY;
    let weekday = WEEKDAYS.iter().position(|name| words.take(name));
    if let Some(weekday) = weekday {
        // The epoch was a Thursday.
        while (day + 3) % 7 != weekday as u64 {
            day += 1;
        }
    }
    let word = words.next(MOMENT)?;
    let wrong = || WordError::wrong(word, MOMENT);
    if let Some(later) = word.strip_prefix('+') {
        let span: Span = later.parse().map_err(|_| wrong())?;
        return Ok(before.after(span.0));
    }
    let at = Timestamp::from_nanos(day * DAY).after(time_of_day(word).ok_or_else(wrong)?);
    match at < before {
        true => Err(WordError::wrong(
            word,
            "after the step before; name the day, as in `Tue 09:30:00`",
        )),
        false => Ok(at),
    }
}

/// `09:30`, `09:30:00` or `09:30:00.250`.
fn time_of_day(word: &str) -> Option<Duration> {
    let (clock, fraction) = word.split_once('.').unwrap_or((word, "0"));
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().map_or(Some(0), |seconds| seconds)?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let is_time = hours < 24 && minutes < 60 && seconds < 60 && (1..=9).contains(&digits);
    if !is_time || parts.next().is_some() {
        return None;
    }
    let nanos = fraction.parse::<u64>().ok()? * 10_u64.pow(9 - digits);
    let whole = (hours * 60 + minutes) * 60 + seconds;
    Some(Duration::from_nanos(whole * 1_000_000_000 + nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        Scenario::parse(Path::new("my.scenario"), text)
    }

    #[test]
    fn times_go_on_from_line_to_line() {
        let text = "09:30 wait\n09:30:00.25 wait\n+5s wait\nTue 00:00:01 wait\n";
        let scenario = parse(text).unwrap();
        let since: Vec<u64> = scenario
            .steps
            .iter()
            .map(|step| step.at.since(BEGIN).nanos() / 1_000_000)
            .collect();
        assert_eq!(since, [34_200_000, 34_200_250, 34_205_250, 86_401_000]);
    }

    #[test]
    fn what_cannot_be_read_names_line_word_and_fix() {
        let check = |text: &str, line: usize, expect: &[&str]| {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            for part in expect {
                assert!(
                    error.to_string().contains(part),
                    "{error}\nexpected: {part}"
                );
            }
        };
        check("", 1, &["my.scenario:1:", "09:30:00 start"]);
        check("9 wait", 1, &["`9` is not a time such as"]);
        check("09:30:00", 1, &["the line ends"]);
        check(
            "09:30:00 qoute 1 / 2",
            1,
            &["`qoute` is not", "quote, trade"],
        );
        check("09:30:00 quote 1,0 / 2", 1, &["quote: `0` is not"]);
        check("09:30:00 quote 1.x / 2", 1, &["`1.x`", "a price such as"]);
        check("09:30:00 wait now", 1, &["wait: `now` is too much"]);
        check(
            "09:30:00 wait\n09:29:59 wait",
            2,
            &["after the step before"],
        );
        check("-> nothing", 1, &["nothing has happened yet"]);
        check("09:30:00 wait\n-> by 5 MARKET", 2, &["`by` is not", "buy"]);
        check(
            "09:30:00 wait\n-> buy 5 MARKT",
            2,
            &["`MARKT`", "STOP_LIMIT"],
        );
        check("09:30:00 wait\n-> cancel A", 2, &["`A` is not the name"]);
        check(
            "09:30:00 wait\ngiven parameter a 1",
            2,
            &["above the first step"],
        );
        check(
            "given colour red",
            1,
            &["`colour` is not", "instrument, parameter"],
        );
        check("given instrument EUR/USD,tik=1", 1, &["EUR/USD", "tik"]);
        check(
            "given deposit ten USD",
            1,
            &["deposit: `ten` is not an amount"],
        );
        check(
            "09:30:00 fill A 1 @ 1",
            1,
            &["fill", "given answers by_hand"],
        );
        let twice = "09:30:00 wait\n-> buy 1 MARKET as A\n-> buy 1 MARKET as A";
        check(twice, 3, &["`A` names an earlier order"]);
        let word = "09:30:00 wait\n-> buy 1 MARKET as log";
        check(word, 2, &["`log` is a word of scenarios"]);
        let late = "09:30:00 wait\n+1s start";
        check(late, 2, &["first step", "`restart`"]);
        for other in ["buy 1 MARKET", "log INFO x", "anything"] {
            let both = format!("09:30:00 wait\n-> {other}\n-> nothing");
            check(&both, 3, &["`nothing` cannot hold beside"]);
            let both = format!("09:30:00 wait\n-> nothing\n-> {other}");
            check(&both, 3, &["`nothing` cannot hold beside"]);
        }
    }

    #[test]
    fn a_signal_is_a_name_and_values() {
        for (line, expect) in [
            ("signal", "the line ends where the name of a signal"),
            (
                "signal buy 5",
                "`5` is not a value of the signal, as NAME=VALUE",
            ),
            ("signal b*y", "`b*y` is not a signal"),
            ("signal buy a=1, a=2", "each once"),
        ] {
            let error = parse(&format!("09:30:00 {line}")).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
        parse("09:30:00 signal buy quantity=5, note=").unwrap();
    }

    #[test]
    fn with_several_instruments_a_line_names_its_own() {
        const TWO: &str = "given instrument EUR/USD.SIM\ngiven instrument GBP/USD.SIM\n";
        let check = |lines: &str, line: usize, verb: &str| {
            let error = parse(&format!("{TWO}{lines}")).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            let text = error.to_string();
            let names = "EUR/USD.SIM or GBP/USD.SIM";
            assert!(text.contains(&format!("{verb}: ")), "{text}");
            assert!(text.contains(names), "{text}");
        };
        for act in ["quote 1 / 2", "trade 1", "mark 1", "halt", "lose_book"] {
            let verb = act.split(' ').next().unwrap();
            check(&format!("09:30 {act}"), 3, verb);
            parse(&format!("{TWO}09:30 GBP/USD.SIM {act}")).unwrap();
        }
        for expect in ["buy 1 MARKET", "cancel_all", "position flat"] {
            let verb = expect.split(' ').next().unwrap();
            check(&format!("09:30 wait\n-> {expect}"), 4, verb);
            parse(&format!("{TWO}09:30 wait\n-> GBP/USD.SIM {expect}")).unwrap();
        }
        parse("09:30 quote 1 / 2\n-> position flat").unwrap();
    }
}
