//! Many seeds on all processors, with one digest over all their journals.

use super::run::{Outcome, Violation, run};
use super::scenario::Scenario;
use super::summary::Summary;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What came of many seeds.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// All together.
    pub total: Summary,
    /// Seeds that broke a promise, with the promise.
    pub violations: Vec<(u64, Violation)>,
    /// The hash of each journal, by seed; none where the run ended early.
    hashes: Vec<(u64, Option<[u8; 32]>)>,
}

impl Batch {
    /// Runs the scenarios that `make` makes of seeds, each twice where `twice`.
    pub fn run(seeds: Range<u64>, make: impl Fn(u64) -> Scenario + Sync, twice: bool) -> Self {
        let next = AtomicU64::new(seeds.start);
        let done = Mutex::new(Vec::new());
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            break;
                        }
                        let outcome = one(&make(seed), twice);
                        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                        done.push((seed, outcome));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(seed, _)| *seed);
        let mut batch = Self::default();
        for (seed, outcome) in done {
            batch.add(seed, outcome);
        }
        batch
    }

    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.total = self.total.and(&outcome.summary);
        let hash = outcome.summary.hash.map(|hash| *hash.bytes());
        self.hashes.push((seed, hash));
        let violation = outcome.violation.map(|violation| (seed, violation));
        self.violations.extend(violation);
    }

    /// A digest over all journals, in hexadecimal: equal for all builds of one version.
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (seed, hash) in &self.hashes {
            hasher.update(&seed.to_le_bytes());
            hasher.update(&hash.unwrap_or_default());
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn one(scenario: &Scenario, twice: bool) -> Outcome {
    let mut outcome = run(scenario);
    if twice && outcome.violation.is_none() && run(scenario) != outcome {
        let detail = "the second run differs from the first".to_owned();
        outcome.violation = Some(Violation::new("G4", detail));
    }
    outcome
}
