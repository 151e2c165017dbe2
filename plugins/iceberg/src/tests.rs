//! What is shown, and when more is.

use super::Iceberg;
use argonaut_sdk::testing::{AlgorithmSetup, equity};
use argonaut_sdk::{Duration, Side};

fn setup(how_much: &str) -> AlgorithmSetup {
    AlgorithmSetup::new(equity("ACME", "0.01"), Side::Buy, how_much)
        .limit("10")
        .parameter("visible", 10)
}

#[test]
fn when_all_that_is_shown_is_gone_the_next_part_comes() {
    let mut test = setup("25").start::<Iceberg>().unwrap();
    let fill = |test: &mut argonaut_sdk::testing::AlgorithmHarness<Iceberg>, how_much| {
        let open = test.open_children()[0].id;
        test.fill(open, how_much, "10");
    };
    fill(&mut test, "9");
    assert_eq!(test.quantities(), ["10"]);
    fill(&mut test, "1");
    fill(&mut test, "10");
    assert_eq!(test.quantities(), ["10", "10", "5"]);
    fill(&mut test, "5");
    assert_eq!(test.quantities().len(), 3);
    assert_eq!(test.filled().to_string(), "25");
}

#[test]
fn what_is_shown_is_topped_up_when_little_is_left() {
    let mut test = setup("100")
        .parameter("refill_below", 50)
        .start::<Iceberg>()
        .unwrap();
    let first = test.children()[0].id;
    test.fill(first, "5", "10");
    assert_eq!(test.quantities(), ["10"]);
    test.fill(first, "1", "10");
    // 4 of 10 are left: 6 more are shown.
    assert_eq!(test.quantities(), ["10", "6"]);
}

#[test]
fn a_refusal_is_waited_out() {
    let mut test = setup("100").start::<Iceberg>().unwrap();
    let first = test.children()[0].id;
    test.reject(first);
    assert_eq!(test.quantities().len(), 1);
    test.pass(Duration::from_secs(1));
    assert_eq!(test.quantities(), ["10", "10"]);
    assert_eq!(test.log().len(), 1);
}

#[test]
fn a_new_limit_moves_what_rests() {
    let mut test = setup("100").start::<Iceberg>().unwrap();
    test.amend("100", Some("10.5"));
    let child = test.open_children()[0].child;
    assert_eq!(child.kind.price().unwrap().to_string(), "10.5");
    assert_eq!(test.children().len(), 1);
}

#[test]
fn another_instance_finds_what_is_shown() {
    let test = setup("100").start::<Iceberg>().unwrap();
    let test = test.take_over::<Iceberg>().unwrap();
    assert_eq!(test.quantities(), ["10"]);
}

#[test]
fn a_parent_without_a_limit_and_parts_too_small_are_refused() {
    let instrument = equity("ACME", "0.01");
    let market = AlgorithmSetup::new(instrument, Side::Buy, "5").parameter("visible", 1);
    assert!(
        market
            .start::<Iceberg>()
            .unwrap_err()
            .contains("limit price")
    );
    let small = setup("5").parameter("visible", "0.5");
    assert!(
        small
            .start::<Iceberg>()
            .unwrap_err()
            .contains("smallest order")
    );
}
