//! Parts along the profile: how they rest, and how they catch up.

use super::Vwap;
use argonaut_sdk::testing::{AlgorithmHarness, AlgorithmSetup, equity};
use argonaut_sdk::{Duration, OrderKind, Side};

fn setup(side: Side) -> AlgorithmSetup {
    AlgorithmSetup::new(equity("ACME", "0.01"), side, "100")
        .parameter("duration_seconds", 60)
        .parameter("profile", "5, 2,3")
        .quote("10.00", "10.02")
}

/// Quantity and limit of each child sent; `-` for none.
fn sent(test: &AlgorithmHarness<Vwap>) -> Vec<String> {
    let words = test.children().iter().map(|sent| {
        let price = sent.child.kind.price();
        let price = price.map_or("-".to_owned(), |price| price.to_string());
        format!("{}@{price}", sent.child.quantity)
    });
    words.collect()
}

#[test]
fn a_part_rests_at_the_touch_of_its_own_side() {
    let buys = setup(Side::Buy).start::<Vwap>().unwrap();
    assert_eq!(sent(&buys), ["50@10"]);
    let sells = setup(Side::Sell).start::<Vwap>().unwrap();
    assert_eq!(sent(&sells), ["50@10.02"]);
    let limited = setup(Side::Buy).limit("9.98").start::<Vwap>().unwrap();
    assert_eq!(sent(&limited), ["50@9.98"]);
}

#[test]
fn what_a_slice_did_not_fill_takes_when_the_next_begins() {
    let mut test = setup(Side::Buy).start::<Vwap>().unwrap();
    let first = test.children()[0].id;
    test.fill(first, "20", "10.00");
    test.quote("10.04", "10.06");
    test.pass(Duration::from_secs(20));
    // 50 were due, 20 are filled; the slice's own 20 rest at the new touch.
    assert_eq!(sent(&test), ["50@10", "30@-", "20@10.04"]);
    assert_eq!(test.open_children().len(), 2);
}

#[test]
fn a_filled_slice_is_followed_by_its_next_part_alone() {
    let mut test = setup(Side::Sell).start::<Vwap>().unwrap();
    let first = test.children()[0].id;
    test.fill(first, "50", "10.02");
    assert_eq!(sent(&test).len(), 1);
    test.pass(Duration::from_secs(20));
    assert_eq!(sent(&test), ["50@10.02", "20@10.02"]);
}

#[test]
fn at_the_end_everything_left_is_sent_once() {
    let mut test = setup(Side::Buy)
        .limit("10.00")
        .fills()
        .start::<Vwap>()
        .unwrap();
    // Nobody sells at 10 or below: overdue parts are cancelled, never tried twice in a slice.
    test.pass(Duration::from_secs(60));
    let expect = ["50@10", "50@10", "20@10", "70@10", "30@10", "100@10"];
    assert_eq!(sent(&test), expect);
    assert!(test.is_done());
    assert!(test.open_children().is_empty());
}

#[test]
fn without_a_quote_parts_take() {
    let setup = AlgorithmSetup::new(equity("ACME", "0.01"), Side::Buy, "10");
    let test = setup.parameter("profile", "1,1").start::<Vwap>().unwrap();
    assert!(matches!(test.children()[0].child.kind, OrderKind::Market));
}

#[test]
fn another_instance_withdraws_and_goes_on() {
    let mut test = setup(Side::Buy).start::<Vwap>().unwrap();
    test.pass(Duration::from_secs(21));
    let test = test.take_over::<Vwap>().unwrap();
    assert_eq!(sent(&test).last().unwrap(), "20@10");
    // 50 of the first slice are overdue again, 20 are the second slice's.
    assert_eq!(test.open_children().len(), 2);
}

#[test]
fn a_profile_that_is_none_is_refused() {
    for profile in ["", "1,x", "0,0", "-1", "1,,2"] {
        let setup = setup(Side::Buy).parameter("profile", profile);
        assert!(setup.start::<Vwap>().is_err(), "{profile}");
    }
    let long = vec!["1"; 1_001].join(",");
    assert!(
        setup(Side::Buy)
            .parameter("profile", long)
            .start::<Vwap>()
            .is_err()
    );
}
