//! The hostile corpus: twenty families of attack, H01 to H20, each with what must come of it. One list
//! of cases serves the tests, which run them short and ask what happened, and `cargo xtask hostile`, which
//! runs them long and measures.
//!
//! Nothing here judges time: a case says what it measured and what is allowed, and whoever runs it decides
//! whether that counts.

mod admitting;
mod computing;
mod crowd;
mod desk;
mod finding;
mod guests;
mod life;
mod mutants;
mod process;
mod signing;
mod swapping;
mod talking;
mod trading;

pub use finding::{Figure, Finding};
pub use process::{descriptors, resident_kib};

use runtime::{Compiler, Runtime, RuntimeOptions};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a case gives: nothing, as it writes what it finds into the finding; or why it could not be tried.
type Done = Result<(), String>;

/// One family of attack.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, `H01` to `H20`.
    pub id: &'static str,
    /// What attacks.
    pub attack: &'static str,
    /// What must come of it.
    pub promise: &'static str,
    run: fn(&Setting, &mut Finding) -> Done,
}

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As little as shows what happens: for tests.
    Short,
    /// As much as a figure needs.
    Long,
}

/// How cases are run.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How much.
    pub length: Length,
    /// What compiles components that are mutants.
    pub compiler: Compiler,
}

/// All cases.
pub const CASES: [Case; 20] = [
    of(
        "H01",
        "endless loops in start, every export, the allocator and after returns",
        "out of fuel, within 10 ms",
        computing::endless_loops,
    ),
    of(
        "H02",
        "loops of cheap host calls",
        "host work is charged: stopped within 10 ms",
        computing::chatter,
    ),
    of(
        "H03",
        "memory bombs: growth, huge memories and tables, data",
        "refused, or growth fails; the host's memory stays",
        computing::memory_bombs,
    ),
    of(
        "H04",
        "stack overflows: recursion, mutual, indirect, large frames",
        "a trap; the host's stack is untouched",
        computing::deep_stacks,
    ),
    of(
        "H05",
        "a trap in every export",
        "a fault of one instance; a fresh one serves within 5 ms",
        computing::traps,
    ),
    of(
        "H06",
        "giant, torn and misaligned results",
        "a fault before they are copied",
        talking::giant_results,
    ),
    of(
        "H07",
        "allocators that lie",
        "a fault of one instance",
        talking::evil_allocators,
    ),
    of(
        "H08",
        "log spam with line breaks and terminal escapes",
        "limited, cut, escaped, counted",
        talking::log_spam,
    ),
    of(
        "H09",
        "order spam, self-crosses, cancel storms, same intents, others' orders",
        "denied by code, nothing beyond limits",
        trading::order_spam,
    ),
    of(
        "H10",
        "calls into the host while it calls the guest",
        "a fault, no deadlock",
        talking::re_entrancy,
    ),
    of(
        "H11",
        "forbidden imports, wrong versions and types, core modules",
        "refused by name before anything is compiled",
        admitting::misfits,
    ),
    of(
        "H12",
        "malformed components",
        "refused within 200 ms, or by the compiler within its limit; no panic",
        admitting::malformed,
    ),
    of(
        "H13",
        "forged, doubled and leaked handles",
        "a fault; the table is bounded",
        talking::handles,
    ),
    of(
        "H14",
        "leaks from instance to instance, a finer clock",
        "memory is zero, time stands still",
        trading::leaks,
    ),
    of(
        "H15",
        "floating point that differs",
        "one hash in a backtest, in a live run and in a replay",
        trading::floats,
    ),
    of(
        "H16",
        "abuse of saved state",
        "capped; the running version goes on",
        swapping::state_abuse,
    ),
    of(
        "H17",
        "unsigned, altered, revoked, older plugins; a file exchanged after the check",
        "refused; what was verified is compiled",
        signing::forgeries,
    ),
    of(
        "H18",
        "a compile cache that was tampered with",
        "compiled anew, never loaded",
        admitting::tampered_cache,
    ),
    of(
        "H19",
        "a plugin that uses 90 % of its fuel, traps or spams the log beside 20 good ones",
        "the p99 of the others' own calls at most doubles; they wait 10 ms at most",
        crowd::slow_neighbour,
    ),
    of(
        "H20",
        "500 plugins loaded and unloaded 100 times",
        "memory within 5 %, descriptors equal",
        crowd::load_and_unload,
    ),
];

const fn of(
    id: &'static str,
    attack: &'static str,
    promise: &'static str,
    run: fn(&Setting, &mut Finding) -> Done,
) -> Case {
    Case {
        id,
        attack,
        promise,
        run,
    }
}

/// The case of this name.
#[must_use]
pub fn case(id: &str) -> Option<&'static Case> {
    static ALL: [Case; 20] = CASES;
    ALL.iter().find(|case| case.id.eq_ignore_ascii_case(id))
}

impl Case {
    /// Runs it. What cannot be tried and what panics counts as broken.
    #[must_use]
    pub fn run(&self, setting: &Setting) -> Finding {
        let mut finding = Finding::default();
        let done = catch_unwind(AssertUnwindSafe(|| (self.run)(setting, &mut finding)));
        match done {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => finding.expect(false, || format!("cannot be tried: {reason}")),
            Err(panic) => finding.expect(false, || {
                let words = panic.downcast_ref::<String>().map(String::as_str);
                let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
                format!("the host panicked: {}", words.unwrap_or_default())
            }),
        }
        finding.expect(finding.runs() > 0, || "nothing was run".to_owned());
        finding
    }
}

impl Setting {
    /// A setting for tests.
    #[must_use]
    pub fn short() -> Self {
        Self {
            length: Length::Short,
            compiler: Compiler::InProcess,
        }
    }

    /// One of two, by how much is run.
    fn pick<T>(&self, short: T, long: T) -> T {
        match self.length {
            Length::Short => short,
            Length::Long => long,
        }
    }
}

/// A runtime that compiles in this process and keeps nothing.
fn sandbox() -> Result<Runtime, String> {
    Runtime::new(RuntimeOptions::default()).map_err(said)
}

/// An error as text.
fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_numbered_and_found() {
        for (number, case) in (1..).zip(&CASES) {
            assert_eq!(case.id, format!("H{number:02}"));
        }
        assert_eq!(case("h07").unwrap().id, "H07");
        assert!(case("H21").is_none());
    }

    #[test]
    fn what_cannot_be_tried_panics_or_does_nothing_is_broken() {
        let broken = |run: fn(&Setting, &mut Finding) -> Done| {
            let finding = of("H00", "", "", run).run(&Setting::short());
            finding.broken().join("; ")
        };
        assert_eq!(broken(|_, _| Ok(())), "nothing was run");
        assert!(broken(|_, _| Err("no disk".to_owned())).starts_with("cannot be tried: no disk"));
        assert!(broken(|_, _| panic!("on purpose")).starts_with("the host panicked: on"));
    }
}
