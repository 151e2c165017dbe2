//! Values for tests of gates.

use model::PluginHash;
use registry::{Fuel, Manifest, Parameter, Record, Source, State};
use std::collections::BTreeMap;

/// A strategy with these parameters.
pub(super) fn manifest(parameters: &[&str]) -> Manifest {
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
pub(super) fn record() -> Record {
    Record {
        manifest: manifest(&[]),
        state: State::Uploaded,
        kept: true,
        signature: None,
        source: Source::Upload,
        acts: Vec::new(),
        uses: Vec::new(),
    }
}
