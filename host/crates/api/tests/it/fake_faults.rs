//! What the table of a host says of strategies that broke.

use super::plugins::records;
use super::{Fake, NOON};
use api::FaultPort;
use engine::Input;
use model::{Fault, FaultKind, PluginHash, SavedState, StrategyId, Timestamp};
use registry::{Decision, FaultNote, Quarantine, Record};
use services::faults::{BudgetPolicy, CostView, Costs, DeadLetter, Spread};
use services::handle::{HostError, ReleasedPlugin};
use services::host::DeadLetters;
use std::sync::Arc;

/// The one letter's name.
pub(crate) const LETTER: &str = "00000000000000000007-12-ema.letter";

fn letter() -> DeadLetter {
    DeadLetter {
        strategy: "ema".to_owned(),
        id: StrategyId::new(0),
        plugin: PluginHash::new([0xab; 32]),
        title: "ema-cross 1.0.0".to_owned(),
        parameters: vec![("fast".to_owned(), "10".to_owned())],
        journal: "run-1".to_owned(),
        sequence: 12,
        time: Timestamp::from_nanos(NOON),
        fault: Fault {
            kind: FaultKind::Trap,
            message: "on-quote: unreachable; last error logged: panicked at src/lib.rs:42:9: no"
                .to_owned(),
        },
        input: Some(Input::Clock),
        saved: Some(SavedState {
            version: 2,
            bytes: vec![1, 2, 3],
        }),
        definitions: Vec::new(),
    }
}

fn not_found(what: &'static str, name: &str) -> HostError {
    HostError::NotFound {
        what,
        name: name.to_owned(),
    }
}

impl FaultPort for Fake {
    async fn dead_letters(&self, strategy: &str) -> Result<DeadLetters, HostError> {
        match strategy {
            "ema" => Ok(DeadLetters {
                letters: vec![(LETTER.to_owned(), letter())],
                dropped: 3,
            }),
            _ => Err(not_found("strategy", strategy)),
        }
    }

    async fn dead_letter(&self, _: &str, name: &str) -> Result<Vec<u8>, HostError> {
        match name {
            LETTER => Ok(letter().to_bytes()),
            _ => Err(not_found("dead letter", name)),
        }
    }

    fn cost(&self, strategy: &str) -> Result<CostView, HostError> {
        if strategy != "ema" {
            return Err(not_found("strategy", strategy));
        }
        let spread = |p50, p99, max| Some(Spread { p50, p99, max });
        Ok(CostView {
            plugin: PluginHash::new([0xab; 32]),
            every: 1,
            costs: Costs {
                measured: 500,
                time_ns: spread(1_000, 2_000, 9_000),
                fuel: spread(700, 800, 900),
            },
            budget: Some(BudgetPolicy {
                time: None,
                fuel: Some(1_000),
                window: 10_000,
                demote: true,
            }),
        })
    }

    fn quarantined(&self) -> Vec<Arc<Record>> {
        let record = records().remove(0);
        let note = FaultNote {
            journal: "run-1".to_owned(),
            strategy: "ema".to_owned(),
            sequence: 12,
            at_ns: NOON,
            fault: "TRAP: on-quote: unreachable".to_owned(),
        };
        vec![Arc::new(Record {
            faults: vec![note],
            quarantine: Some(Quarantine {
                since_ns: NOON,
                reason: "it broke 3 times within 3600 s".to_owned(),
            }),
            ..Record::clone(&record)
        })]
    }

    async fn release_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<ReleasedPlugin, HostError> {
        let (by, reason) = (decision.by, decision.reason);
        self.ask(format!("release {plugin} by {by:?} because {reason:?}"))?;
        Ok(ReleasedPlugin {
            record: records().remove(0),
            strategies: vec!["ema".to_owned()],
        })
    }
}
