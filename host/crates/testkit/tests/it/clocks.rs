//! Clocks that jump by a second and by an hour, forwards and back, stand still, and are asked to go
//! back. Strategies break, and fail the day, when a timer comes early or twice.

use testkit::simulator::{Batch, Fault, Faults, Scenario};

#[test]
fn no_timer_comes_early_or_twice_when_the_clock_jumps() {
    let jumping = |seed| {
        let faults = Faults::of(&[Fault::ClockJumps]);
        Scenario::short(seed).with_faults(faults)
    };
    let batch = Batch::run(1..13, jumping, false);
    assert_eq!(batch.violations, []);
    assert!(batch.total.fills > 12 * 20, "{:?}", batch.total);
}
