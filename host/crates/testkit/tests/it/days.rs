//! Simulated days with everything going wrong.

use testkit::simulator::{Batch, Scenario};

/// Seeds of every run of the tests.
const SEEDS: u64 = 200;

#[test]
fn short_days_keep_every_promise() {
    let batch = Batch::run(1..1 + SEEDS, Scenario::short, false);
    assert_eq!(batch.violations, []);
    // They are worth running: enough happened in them.
    let total = batch.total;
    assert!(total.crashes > 2 * SEEDS, "{total:?}");
    assert!(total.lost > SEEDS, "{total:?}");
    assert!(total.snapshots > 2 * SEEDS, "{total:?}");
    assert!(total.orders > 50 * SEEDS, "{total:?}");
    assert!(total.fills > 50 * SEEDS, "{total:?}");
    assert!(total.reports > 150 * SEEDS, "{total:?}");
}

#[test]
fn a_seed_gives_one_journal() {
    let batch = Batch::run(1..5, Scenario::short, true);
    assert_eq!(batch.violations, []);
    let other = Batch::run(2..6, Scenario::short, false);
    assert_ne!(batch.digest(), other.digest());
}
