//! Debug and release builds agree: the same seeds give the same journals.

use std::process::Command;
use testkit::simulator::{Batch, Scenario};

/// Names an optimised build of `examples/simulate.rs`.
const OPTIMISED_VARIABLE: &str = "SIMULATOR_OPTIMISED_BIN";
const SEEDS: u64 = 12;

#[test]
#[ignore = "needs an optimised build: `cargo xtask test` makes one and names it"]
fn debug_and_release_agree() {
    let program = std::env::var_os(OPTIMISED_VARIABLE).expect(OPTIMISED_VARIABLE);
    let seeds = SEEDS.to_string();
    let told = Command::new(program)
        .args(["--json", "--from", "1", "--seeds", &seeds])
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    let release: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let debug = Batch::run(1..1 + SEEDS, Scenario::short, false);
    assert_eq!(debug.violations, []);
    assert_eq!(release["digest"], debug.digest());
    assert_eq!(release["inputs"], debug.total.inputs);
}
