//! Whether the engine of a host keeps what the core promises. It is looked at as it begins and as it ends, when
//! nothing trades, and in each of its snapshots by the thread that writes it: never while an order waits.

use crate::view::Looked;
use engine::Engine;
use engine::invariants::{Violation, check_all};
use std::sync::atomic::{AtomicU64, Ordering};

/// How often it was looked, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    checks: AtomicU64,
    violations: AtomicU64,
}

impl Promises {
    /// Looks at an engine, on the thread that owns it.
    pub(crate) fn look(&self, engine: &Engine) {
        self.note(engine.sequence(), check_all(engine));
    }

    /// Looks at the engine in a snapshot, on any thread.
    pub(crate) fn look_at_snapshot(&self, last: u64, bytes: &[u8]) {
        match Engine::check_snapshot(bytes) {
            Ok(found) => self.note(last, found),
            Err(error) => tracing::error!(last, %error, "a snapshot could not be looked at"),
        }
    }

    fn note(&self, sequence: u64, found: Result<(), Violation>) {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let Err(Violation { invariant, detail }) = found else {
            return;
        };
        self.violations.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            sequence,
            invariant,
            %detail,
            "the engine breaks a promise of its own; kill it, keep the journal, and replay it with --verify"
        );
    }

    /// What was found so far.
    pub(crate) fn view(&self) -> Looked {
        Looked {
            checks: self.checks.load(Ordering::Relaxed),
            violations: self.violations.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{Command, Input, Journal, Sequenced};
    use model::Timestamp;

    fn check(promises: &Promises, checks: u64, violations: u64) {
        assert_eq!(promises.view(), Looked { checks, violations });
    }

    #[test]
    fn what_is_found_is_counted() {
        let promises = Promises::default();
        check(&promises, 0, 0);
        promises.look(&Engine::new(Journal::default()));
        check(&promises, 1, 0);
        let broken = Violation {
            invariant: "I4",
            detail: "a cent too many".to_owned(),
        };
        promises.note(7, Err(broken));
        check(&promises, 2, 1);
    }

    #[test]
    fn a_snapshot_is_looked_at_and_what_is_none_is_not_counted() {
        let promises = Promises::default();
        let mut engine = Engine::new(Journal::default());
        let input = Sequenced {
            sequence: 1,
            time: Timestamp::ZERO,
            input: Input::Command(Box::new(Command::Snapshot)),
        };
        assert!(engine.step(input).is_ok());
        let bytes = engine.snapshot_bytes().unwrap();
        promises.look_at_snapshot(1, &bytes);
        check(&promises, 1, 0);
        promises.look_at_snapshot(1, &bytes[1..]);
        check(&promises, 1, 0);
    }
}
