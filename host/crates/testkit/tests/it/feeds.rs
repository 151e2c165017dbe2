//! Feeds that flood, repeat, reorder, lose and make things up.

use testkit::simulator::{Fault, Faults, Scenario, run};

/// Turns of a bit more than a minute; of a few seconds in debug builds, which check everything after
/// each event. A day of full size has the minute, too.
const TURNS: u64 = if cfg!(debug_assertions) { 40 } else { 520 };

/// A hundred times as many events as usual, with everything wrong that a feed does.
fn flood(seed: u64, outside: bool) -> Scenario {
    let mut scenario = Scenario::short(seed).with_faults(Faults::of(&[
        Fault::DoubledData,
        Fault::ReorderedData,
        Fault::ImpossibleData,
        Fault::DataGaps,
        Fault::Bursts,
    ]));
    scenario.outside = outside;
    scenario.turns = (0..TURNS).collect();
    (scenario.turns_per_burst, scenario.burst_turns) = (1, TURNS);
    scenario
}

#[track_caller]
fn check(outside: bool) {
    let outcome = run(&flood(1, outside));
    assert_eq!(outcome.violation, None);
    let summary = outcome.summary;
    assert!(summary.events > TURNS * 95, "{summary:?}");
    // What is kept does not grow with what comes in: no input leads to more than a few hundred
    // effects, and few orders and messages are open at once.
    assert!(summary.most_effects < 500, "{summary:?}");
    assert!(summary.most_open < 500, "{summary:?}");
    assert!(summary.most_in_flight < 2_000, "{summary:?}");
}

#[test]
fn a_hundredfold_feed_into_the_simulated_exchange() {
    check(false);
}

#[test]
fn a_hundredfold_feed_beside_a_venue_outside() {
    check(true);
}
