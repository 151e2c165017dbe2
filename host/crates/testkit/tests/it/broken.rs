//! What is broken on purpose is found and made small enough to read.

use testkit::simulator::{Scenario, run, shrink};

/// A day whose venue counts its first execution twice in the positions it shows.
fn lying(seed: u64) -> Scenario {
    let mut scenario = Scenario::short(seed);
    scenario.turns.truncate(300);
    scenario.venue_lies_from = Some(1);
    scenario
}

#[test]
fn a_venue_that_lies_is_found_and_shrunk() {
    let scenario = lying(2);
    assert!(scenario.outside);
    let honest = Scenario {
        venue_lies_from: None,
        ..scenario.clone()
    };
    assert_eq!(run(&honest).violation, None);
    let shrunk = shrink(&scenario).unwrap();
    assert!(shrunk.scenario.turns.len() < 50, "{shrunk}");
    assert!(shrunk.scenario.turns.len() < scenario.turns.len() / 5);
    let violation = shrunk.outcome.violation.as_ref().unwrap();
    assert_eq!(violation.kind, "I13");
    // The trace tells the whole story: the order, its execution, and what the venue claims.
    let text = shrunk.to_string();
    for word in [
        "SUBMITTED",
        "venue gets insert",
        "filled E1.0",
        "the venue says",
    ] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
}

#[test]
fn a_day_that_keeps_its_promises_is_not_shrunk() {
    let mut scenario = Scenario::short(2);
    scenario.turns.truncate(50);
    assert!(shrink(&scenario).is_none());
}
