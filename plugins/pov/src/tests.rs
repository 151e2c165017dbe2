//! The share, and the bounds of its parts.

use super::Pov;
use argonaut_sdk::Side;
use argonaut_sdk::testing::{AlgorithmSetup, equity};

fn setup(how_much: &str) -> AlgorithmSetup {
    AlgorithmSetup::new(equity("ACME", "0.01"), Side::Sell, how_much)
        .parameter("rate", 10)
        .quote("9.99", "10.01")
}

#[test]
fn a_tenth_of_what_others_trade_is_sent() {
    let mut test = setup("100").fills().start::<Pov>().unwrap();
    test.trade("10", "9");
    assert!(test.children().is_empty());
    test.trade("10", "20");
    // 29 traded, 2.9 due, on a grid of 1.
    assert_eq!(test.quantities(), ["2"]);
    test.trade("10", "1");
    assert_eq!(test.quantities(), ["2", "1"]);
}

#[test]
fn parts_are_never_smaller_or_larger_than_wanted() {
    let bounds = setup("100")
        .parameter("min_slice", 5)
        .parameter("max_slice", 8);
    let mut test = bounds.fills().start::<Pov>().unwrap();
    test.trade("10", "49");
    assert!(test.children().is_empty());
    test.trade("10", "151");
    // 20 are due: 8 now, 8 with the next trade, and the rest is less than a part.
    test.trade("10", "0");
    test.trade("10", "0");
    assert_eq!(test.quantities(), ["8", "8"]);
}

#[test]
fn the_rest_of_the_parent_may_be_a_small_part() {
    let mut test = setup("12")
        .parameter("min_slice", 5)
        .fills()
        .start::<Pov>()
        .unwrap();
    test.trade("10", "100");
    assert_eq!(test.quantities(), ["10"]);
    test.trade("10", "1000");
    assert_eq!(test.quantities(), ["10", "2"]);
    assert_eq!(test.filled().to_string(), "12");
}

#[test]
fn what_is_on_its_way_is_not_sent_again() {
    let mut test = setup("100").start::<Pov>().unwrap();
    test.trade("10", "50");
    test.trade("10", "0");
    assert_eq!(test.quantities(), ["5"]);
    let first = test.children()[0].id;
    test.reject(first);
    test.trade("10", "10");
    assert_eq!(test.quantities(), ["5", "6"]);
}

#[test]
fn another_instance_knows_what_was_traded() {
    let mut test = setup("100").fills().start::<Pov>().unwrap();
    test.trade("10", "55");
    let mut test = test.take_over::<Pov>().unwrap();
    test.trade("10", "5");
    assert_eq!(test.quantities(), ["5", "1"]);
}

#[test]
fn a_largest_part_below_the_smallest_is_refused() {
    let refused = setup("10")
        .parameter("min_slice", 5)
        .parameter("max_slice", 4);
    assert!(refused.start::<Pov>().unwrap_err().contains("max_slice"));
    assert!(setup("10").parameter("rate", 0).start::<Pov>().is_err());
}
