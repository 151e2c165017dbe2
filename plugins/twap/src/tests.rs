//! Parts, their times, and the end.

use super::Twap;
use argonaut_sdk::testing::{AlgorithmHarness, AlgorithmSetup, equity};
use argonaut_sdk::{Duration, OrderKind, Side, TimeInForce};

fn setup(how_much: &str) -> AlgorithmSetup {
    AlgorithmSetup::new(equity("ACME", "0.01"), Side::Buy, how_much)
        .parameter("duration_seconds", 60)
        .parameter("slices", 4)
        .quote("9.99", "10.01")
}

fn seconds(test: &mut AlgorithmHarness<Twap>, seconds: u64) {
    test.pass(Duration::from_secs(seconds));
}

#[test]
fn equal_parts_go_at_equal_times() {
    let mut test = setup("10").fills().start::<Twap>().unwrap();
    let begin = test.now();
    seconds(&mut test, 60);
    // 10 in 4 parts on a grid of 1: due 2, 5, 7, 10.
    assert_eq!(test.quantities(), ["2", "3", "2", "3"]);
    let times = test
        .children()
        .iter()
        .map(|sent| (sent.sent - begin).nanos() / 1_000_000_000);
    assert_eq!(times.collect::<Vec<_>>(), [0, 15, 30, 45]);
    assert!(test.is_done());
    assert_eq!(test.filled().to_string(), "10");
}

#[test]
fn what_a_part_missed_the_next_one_makes_up_for() {
    let mut test = setup("8").start::<Twap>().unwrap();
    let first = test.children()[0].id;
    test.reject(first);
    seconds(&mut test, 15);
    assert_eq!(test.quantities(), ["2", "4"]);
    // The second part is still open: the third counts it as on its way.
    seconds(&mut test, 15);
    assert_eq!(test.quantities(), ["2", "4", "2"]);
}

#[test]
fn a_limit_makes_parts_that_fill_at_once_or_not_at_all() {
    let mut test = setup("4").limit("10.00").fills().start::<Twap>().unwrap();
    let child = test.children()[0].child;
    assert!(matches!(child.kind, OrderKind::Limit { .. }));
    assert_eq!(child.time_in_force, TimeInForce::Ioc);
    seconds(&mut test, 40);
    assert_eq!(test.filled().to_string(), "0");
    test.quote("9.98", "10.00");
    seconds(&mut test, 10);
    // All four parts are due by now.
    assert_eq!(test.quantities(), ["1", "2", "3", "4"]);
    assert_eq!(test.filled().to_string(), "4");
}

#[test]
fn what_is_left_at_the_end_is_sent_once_more_or_given_back() {
    let run = |clean_up: bool| {
        let setup = setup("4")
            .limit("10.00")
            .fills()
            .parameter("clean_up", clean_up);
        let mut test = setup.start::<Twap>().unwrap();
        seconds(&mut test, 59);
        assert!(!test.is_done());
        test.quote("9.98", "10.00");
        seconds(&mut test, 1);
        assert!(test.is_done());
        test.filled().to_string()
    };
    assert_eq!([run(true), run(false)], ["4", "0"]);
}

#[test]
fn the_end_waits_for_what_has_no_answer_yet() {
    let mut test = setup("4").start::<Twap>().unwrap();
    seconds(&mut test, 60);
    assert!(!test.is_done());
    for child in test.open_children() {
        test.fill(child.id, "1", "10.01");
    }
    assert!(test.is_done());
    assert_eq!(test.quantities(), ["1", "1", "1", "1"]);
}

#[test]
fn another_instance_goes_on_where_the_first_was() {
    let mut test = setup("8").fills().start::<Twap>().unwrap();
    seconds(&mut test, 20);
    let mut test = test.take_over::<Twap>().unwrap();
    assert_eq!(test.quantities(), ["2", "2"]);
    seconds(&mut test, 40);
    assert_eq!(test.quantities(), ["2", "2", "2", "2"]);
    assert!(test.is_done());
}

#[test]
fn a_larger_parent_is_caught_up_with() {
    let mut test = setup("4").fills().start::<Twap>().unwrap();
    test.amend("8", None);
    seconds(&mut test, 60);
    assert_eq!(test.quantities(), ["1", "3", "2", "2"]);
}
