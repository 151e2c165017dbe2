//! Values for tests of gates.

use crate::gate::Criterion;
use crate::run::{Run, State as RunState, TakenOver};
use engine::{Probation, StrategyState};
use model::{
    AccountId, Duration, InstrumentId, Money, Order, OrderId, OrderKind, OrderStatus, PluginHash,
    Quantity, Side, StrategyId, Terms, TimeInForce, Timestamp,
};
use registry::{Fuel, Manifest, Parameter, Record, Source, State};
use services::view::{PluginView, ProbationView, StrategyView};
use std::collections::BTreeMap;

/// A strategy with these parameters.
pub(crate) fn manifest(parameters: &[&str]) -> Manifest {
    let parameter = |name: &&str| Parameter {
        name: (*name).to_owned(),
        kind: "integer".to_owned(),
        default: None,
        minimum: None,
        maximum: None,
        documentation: String::new(),
    };
    Manifest {
        hash: PluginHash::new([7; 32]),
        size_bytes: 1_000,
        world: "strategy".to_owned(),
        name: "trend".to_owned(),
        version: "2.0.0".to_owned(),
        documentation: String::new(),
        authors: None,
        imports: vec!["argonaut:plugin/log#info".to_owned()],
        options: Vec::new(),
        parameters: parameters.iter().map(parameter).collect(),
        limits: BTreeMap::new(),
        fuel: Some(Fuel {
            events: 10,
            median: 100,
            most: 500,
        }),
    }
}

/// The record of one.
pub(crate) fn record() -> Record {
    Record {
        manifest: manifest(&[]),
        state: State::Uploaded,
        kept: true,
        signature: None,
        source: Source::Upload,
        acts: Vec::new(),
        uses: Vec::new(),
        faults: Vec::new(),
        quarantine: None,
    }
}

/// The component that is new.
pub(crate) const NEW: PluginHash = PluginHash::new([2; 32]);

/// A moment.
pub(crate) fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

/// The new version on probation from 100 to 200, in nanoseconds.
pub(crate) fn on_probation() -> StrategyView {
    let plugin = |hash| PluginView {
        hash,
        name: "trend".to_owned(),
        version: "2.0.0".to_owned(),
        parameters: Vec::new(),
    };
    StrategyView {
        id: StrategyId::new(0),
        name: "trend".to_owned(),
        manual: false,
        account: AccountId::new(0),
        state: StrategyState::Running,
        plugin: Some(plugin(NEW)),
        swap: None,
        probation: Some(Box::new(ProbationView {
            before: Some(plugin(PluginHash::new([1; 32]))),
            since: at(100),
            until: at(200),
            terms: Probation {
                lasts: Duration::from_nanos(100),
                max_faults: 0,
                max_loss: None,
                max_denials: None,
                max_drawdown: None,
                max_denied_percent: None,
            },
            canary: None,
        })),
        last_roll_back: None,
        last_kept: None,
        pipeline: None,
        last_build: None,
        restart: None,
        broke_paused: false,
        saved_at: None,
        shadow: None,
        faults: Vec::new(),
        log: Vec::new(),
    }
}

/// A run of a component that has no stages left.
pub(crate) fn run_of(plugin: PluginHash) -> Run {
    Run {
        id: 1,
        strategy: "trend".to_owned(),
        plugin: plugin.to_string(),
        title: "trend 2.0.0".to_owned(),
        parameters: BTreeMap::new(),
        force: false,
        by: "anna".to_owned(),
        definition: String::new(),
        state: RunState::Interrupted,
        began_at_ns: 5,
        ended_at_ns: None,
        steps: Vec::new(),
        approvals: Vec::new(),
        canary_after: None,
        canary: None,
        switching_after: None,
        live: None,
        verdict: String::new(),
    }
}

/// The new version as it took over in [`on_probation`].
pub(crate) fn taken() -> TakenOver {
    TakenOver {
        since_ns: 100,
        until_ns: 200,
        parameters: Vec::new(),
        brought: None,
    }
}

/// An order of the strategy at 100, which rests.
pub(crate) fn order() -> Order {
    Order {
        id: OrderId::derive(5, 0).unwrap(),
        strategy: StrategyId::new(0),
        account: AccountId::new(0),
        instrument: InstrumentId::new(0),
        side: Side::Buy,
        kind: OrderKind::Market,
        quantity: Quantity::ONE,
        time_in_force: TimeInForce::Gtc,
        terms: Terms::default(),
        intent: 0,
        list: None,
        parent: None,
        algorithm: None,
        trigger: None,
        status: OrderStatus::Accepted,
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        ts_created: at(100),
        expires: Timestamp::MAX,
    }
}

/// A criterion holds or not, and what was measured has these words; or nothing is said yet.
#[track_caller]
pub(crate) fn says(found: Option<Criterion>, expect: Option<(&str, bool)>) {
    let found = found.map(|one| (one.measured.unwrap(), one.holds));
    match expect {
        None => assert_eq!(found, None),
        Some((words, holds)) => {
            let (measured, held) = found.unwrap();
            assert!(
                measured.contains(words) && held == holds,
                "{measured} {held}"
            );
        }
    }
}
