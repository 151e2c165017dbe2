//! Makes a failing run small: fewer turns, fewer faults, fewer strategies and instruments, as long
//! as the same promise breaks.

use super::run::{Outcome, Violation, run, tell};
use super::scenario::Scenario;
use std::fmt;

/// Runs after which shrinking is content with what it has.
const MOST_RUNS: u32 = 3_000;

/// A small failing run.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// What is left.
    pub scenario: Scenario,
    /// How it fails, with its trace.
    pub outcome: Outcome,
    /// Runs it took.
    pub runs: u32,
}

/// Shrinks a scenario that breaks a promise; `None` when it does not.
pub fn shrink(scenario: &Scenario) -> Option<Shrunk> {
    let violation = run(scenario).violation?;
    let mut search = Search {
        best: scenario.clone(),
        violation,
        runs: 1,
    };
    loop {
        let before = search.best.clone();
        search.drop_what_comes_after();
        search.drop_faults();
        search.drop_strategies();
        search.drop_pieces(|scenario| &mut scenario.instruments);
        search.drop_pieces(|scenario| &mut scenario.turns);
        if search.best == before || search.runs >= MOST_RUNS {
            break;
        }
    }
    let outcome = tell(&search.best);
    Some(Shrunk {
        scenario: search.best,
        outcome,
        runs: search.runs,
    })
}

struct Search {
    best: Scenario,
    violation: Violation,
    runs: u32,
}

impl Search {
    /// Takes a smaller scenario if it breaks the same promise.
    fn attempt(&mut self, smaller: Scenario) -> bool {
        if self.runs >= MOST_RUNS {
            return false;
        }
        self.runs += 1;
        match run(&smaller).violation {
            Some(violation) if violation.kind == self.violation.kind => {
                self.best = smaller;
                self.violation = violation;
                true
            }
            _ => false,
        }
    }

    fn drop_what_comes_after(&mut self) {
        let mut smaller = self.best.clone();
        let last = self.violation.turn;
        smaller.turns.retain(|turn| *turn <= last);
        if smaller.turns.len() < self.best.turns.len() {
            self.attempt(smaller);
        }
    }

    fn drop_faults(&mut self) {
        for fault in self.best.faults.iter().collect::<Vec<_>>() {
            let faults = self.best.faults.without(fault);
            self.attempt(self.best.clone().with_faults(faults));
        }
    }

    fn drop_strategies(&mut self) {
        for strategy in self.best.strategies.clone() {
            let mut smaller = self.best.clone();
            smaller.strategies.retain(|other| *other != strategy);
            self.attempt(smaller);
        }
    }

    /// Leaves out pieces of a list: halves, then quarters, down to single items (Zeller and
    /// Hildebrandt, "Simplifying and isolating failure-inducing input", 2002).
    fn drop_pieces<T: Clone>(&mut self, list: impl Fn(&mut Scenario) -> &mut Vec<T>) {
        let mut size = list(&mut self.best).len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < list(&mut self.best).len() {
                let mut smaller = self.best.clone();
                let items = list(&mut smaller);
                let end = (at + size).min(items.len());
                items.drain(at..end);
                if !self.attempt(smaller) {
                    at += size;
                }
            }
            size /= 2;
        }
    }
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenario = &self.scenario;
        let faults: Vec<_> = scenario.faults.iter().map(super::Fault::name).collect();
        writeln!(
            f,
            "seed {}, {} turns {:?}, {} instruments, strategies {:?}, faults: {}",
            scenario.seed,
            scenario.turns.len(),
            scenario.turns,
            scenario.instruments.len(),
            scenario.strategies,
            faults.join(", ")
        )?;
        for line in &self.outcome.trace {
            writeln!(f, "  {line}")?;
        }
        match &self.outcome.violation {
            Some(violation) => writeln!(f, "broken at {violation}"),
            None => writeln!(f, "not broken when run again"),
        }
    }
}
