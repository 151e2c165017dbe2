//! What a case found: how often it ran, how its runs ended, how long they took, and what did not hold.

use model::{Fault, FaultKind};
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

/// Broken promises that are told; more are counted.
const MAX_TOLD: usize = 20;

/// How a life must end: in a fault of one of these kinds, whose message has one of these words, or any where
/// there are none.
pub(super) type Ending = (&'static [FaultKind], &'static [&'static str]);

/// Something measured, and the most it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What.
    pub name: &'static str,
    /// As measured.
    pub measured: u64,
    /// At most.
    pub allowed: u64,
    /// Of both.
    pub unit: &'static str,
}

impl Figure {
    /// Whether it is within what is allowed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.measured <= self.allowed
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            measured,
            allowed,
            unit,
        } = self;
        write!(f, "{name} {measured} {unit} of at most {allowed}")
    }
}

/// What a case found.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    runs: u64,
    times_ns: Vec<u64>,
    outcomes: BTreeMap<String, u64>,
    broken: Vec<String>,
    more_broken: u64,
    figures: Vec<Figure>,
    notes: Vec<String>,
}

impl Finding {
    /// How often it ran.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// How its runs ended, and how many in each way.
    #[must_use]
    pub fn outcomes(&self) -> &BTreeMap<String, u64> {
        &self.outcomes
    }

    /// What did not hold; empty when all did.
    #[must_use]
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    /// What did not hold beyond what is told.
    #[must_use]
    pub fn more_broken(&self) -> u64 {
        self.more_broken
    }

    /// What was measured, where something is allowed.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// What else is worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The time, in nanoseconds, that so many of a thousand runs took at most; `None` when none was timed.
    #[must_use]
    pub fn quantile_ns(&self, per_mille: usize) -> Option<u64> {
        quantile(&self.times_ns, per_mille)
    }

    /// Whether everything held; `measured` says whether figures count.
    #[must_use]
    pub fn holds(&self, measured: bool) -> bool {
        self.broken.is_empty() && (!measured || self.figures.iter().all(Figure::holds))
    }

    /// Notes what did not hold, unless it did.
    pub(super) fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if holds {
            return;
        }
        if self.broken.len() < MAX_TOLD {
            self.broken.push(what());
        } else {
            self.more_broken += 1;
        }
    }

    /// Counts a run that ended like this.
    pub(super) fn ended(&mut self, how: impl Into<String>) {
        self.runs += 1;
        self.happened(how);
    }

    /// Counts something that happened in a run.
    pub(super) fn happened(&mut self, what: impl Into<String>) {
        *self.outcomes.entry(what.into()).or_default() += 1;
    }

    /// Notes how long a run took.
    pub(super) fn took(&mut self, time: Duration) {
        self.times_ns.push(nanos(time));
    }

    /// Does something and notes how long it took.
    pub(super) fn clocked<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let made = act();
        self.took(begun.elapsed());
        made
    }

    /// Counts a run that must have ended in a fault of one of these kinds, whose message has one of these
    /// words; without words any message will do.
    pub(super) fn faulted(
        &mut self,
        what: &str,
        result: &Result<(), Fault>,
        kinds: &[FaultKind],
        words: &[&str],
    ) {
        match result {
            Ok(()) => {
                self.ended("no fault");
                self.expect(false, || format!("{what}: no fault"));
            }
            Err(fault) => {
                self.ended(fault.kind.name());
                let worded =
                    words.is_empty() || words.iter().any(|word| fault.message.contains(word));
                self.expect(kinds.contains(&fault.kind) && worded, || {
                    format!("{what}: ended in {fault}")
                });
                self.expect(!fault.message.contains(char::is_control), || {
                    format!("{what}: a fault of more than one line")
                });
            }
        }
    }

    /// Notes something measured, and the most it may be.
    pub(super) fn figure(
        &mut self,
        name: &'static str,
        measured: u64,
        allowed: u64,
        unit: &'static str,
    ) {
        self.figures.push(Figure {
            name,
            measured,
            allowed,
            unit,
        });
    }

    /// Notes the 99th percentile of all times so far, and the most it may be.
    pub(super) fn p99_figure(&mut self, name: &'static str, allowed_us: u64) {
        if let Some(ns) = self.quantile_ns(990) {
            self.figure(name, ns.div_ceil(1_000), allowed_us, "us");
        }
    }

    /// Notes what is worth knowing.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

/// The value below which so many of a thousand lie.
pub(super) fn quantile(values: &[u64], per_mille: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().checked_sub(1)?;
    let index = last.saturating_mul(per_mille).div_ceil(1_000);
    sorted.get(index.min(last)).copied()
}

/// A time in nanoseconds.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let values: Vec<u64> = (1..=101).rev().collect();
        let of = |per_mille| quantile(&values, per_mille);
        assert_eq!((of(0), of(500), of(990)), (Some(1), Some(51), Some(100)));
        assert_eq!((of(1_000), quantile(&[], 500)), (Some(101), None));
    }

    #[test]
    fn a_fault_must_be_of_its_kind_and_say_why() {
        let check = |kind, words: &[&str]| {
            let mut finding = Finding::default();
            let fault = Fault {
                kind: FaultKind::Trap,
                message: "save: call stack exhausted".to_owned(),
            };
            finding.faulted("test", &Err(fault), &[kind], words);
            assert_eq!(finding.runs(), 1);
            finding.holds(false)
        };
        assert!(check(FaultKind::Trap, &[]));
        assert!(check(FaultKind::Trap, &["nothing", "stack"]));
        assert!(!check(FaultKind::Trap, &["fuel"]));
        assert!(!check(FaultKind::Memory, &[]));
    }

    #[test]
    fn figures_count_only_where_somebody_measures() {
        let mut finding = Finding::default();
        finding.figure("wait", 11, 10, "us");
        assert!(finding.holds(false) && !finding.holds(true));
        assert_eq!(finding.figures()[0].to_string(), "wait 11 us of at most 10");
    }
}
