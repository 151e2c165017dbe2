//! A host whose clock jumps by a second and by an hour, goes back, and stands still. The strategy
//! breaks on a timer that comes early or again.

use crate::stand::{START_NS, Stand, quote};
use engine::StrategyState;
use model::Timestamp;
use services::handle::Queries;
use std::time::Duration;

/// Many times as long as the engine's thread ever sleeps.
const A_WHILE: Duration = Duration::from_millis(60);

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;

fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(START_NS + ms * 1_000_000)
}

/// Sets the clock, lets quotes come meanwhile, and gives the timers that came so far. Engine time
/// never goes back.
async fn timers_at(stand: &Stand, ms: u64) -> Vec<String> {
    let before = stand.host.engine().time;
    stand.clock.set(at(ms));
    for number in 1..4 {
        stand.host.send_market(&[quote(number)]).unwrap();
    }
    tokio::time::sleep(A_WHILE).await;
    let engine = stand.host.engine();
    assert!(engine.time >= before, "{} after {before}", engine.time);
    assert!(engine.time <= at(ms).max(before), "ahead of the clock");
    let view = stand.view("one");
    assert_eq!(view.state, StrategyState::Running, "{:?}", view.faults);
    let timers = view.log.iter().map(|line| line.text.clone());
    timers.collect()
}

/// The same, until so many timers came.
async fn until_timers(stand: &Stand, ms: u64, count: usize) -> Vec<String> {
    loop {
        let timers = timers_at(stand, ms).await;
        if timers.len() >= count {
            return timers;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_timer_comes_early_or_again_when_the_clock_jumps_goes_back_or_stands_still() {
    let stand = Stand::new();
    stand.load("one", "timed").await.unwrap();
    // It stands still, twice; then it is a moment too early for the first timer.
    for ms in [0, 0, 499] {
        assert_eq!(timers_at(&stand, ms).await, [""; 0], "{ms}");
    }
    assert_eq!(until_timers(&stand, SECOND + 499, 1).await, ["timer 1"]);
    // A second back, and over the same time again.
    for ms in [499, 0, 500, SECOND + 499, 2 * SECOND] {
        assert_eq!(timers_at(&stand, ms).await, ["timer 1"], "{ms}");
    }
    let two = ["timer 1", "timer 2"];
    assert_eq!(until_timers(&stand, HOUR, 2).await, two);
    // An hour back, where it stands still, and on from there.
    for ms in [0, 0, SECOND, HOUR / 2 + SECOND, HOUR + SECOND, 3 * HOUR - 1] {
        assert_eq!(timers_at(&stand, ms).await, two, "{ms}");
    }
    let three = ["timer 1", "timer 2", "timer 3"];
    assert_eq!(until_timers(&stand, 3 * HOUR, 3).await, three);
    assert_eq!(timers_at(&stand, 9 * HOUR).await, three);
    let stopped = stand.host.stop("one").await.unwrap();
    // One that is set anew each second came once for each, also for those that were jumped over.
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 32400");
    stand.end_and_verify().await;
}
