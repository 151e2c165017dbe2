//! The crossover, walked through natively.

use super::*;
use argonaut_sdk::testing::{Harness, Setup, fx_pair};
use argonaut_sdk::{BarBasis, BarSpec};

const BARS: BarSpec = BarSpec::seconds(60, BarBasis::Bid);
/// Averages with periods 2 and 3 first differ at the fourth close; then they rise, fall and rise.
const CLOSES: [&str; 12] = [
    "1.10", "1.11", "1.12", "1.13", "1.14", "1.10", "1.06", "1.02", "1.02", "1.05", "1.10", "1.15",
];

fn setup() -> Setup {
    let setup = Setup::new()
        .instrument(fx_pair("EUR/USD", "0.00001"))
        .fills();
    setup
        .parameter("fast", 2)
        .parameter("slow", 3)
        .parameter("quantity", 1000)
}

fn feed(test: &mut Harness<EmaCross>, closes: &[&str]) {
    closes.iter().for_each(|close| test.close(BARS, close));
}

fn trades(test: &Harness<EmaCross>) -> Vec<(Side, Quantity)> {
    test.orders()
        .iter()
        .map(|sent| (sent.order.side, sent.order.quantity))
        .collect()
}

#[test]
fn a_cross_reverses_the_position_with_one_order() {
    let mut test = setup().start::<EmaCross>().unwrap();
    feed(&mut test, &CLOSES);
    let (once, twice) = (Quantity::whole(1000), Quantity::whole(2000));
    assert_eq!(
        trades(&test),
        [(Side::Buy, once), (Side::Sell, twice), (Side::Buy, twice)]
    );
    assert!(test.position().is_long());
}

#[test]
fn history_warms_up_and_is_not_counted_twice() {
    let warm = setup().history(BARS, &CLOSES[..5]).parameter("warm_up", 4);
    let mut test = warm.clone().start::<EmaCross>().unwrap();
    assert_eq!(test.strategy().slow.inputs(), [1.11, 1.12, 1.13, 1.14]);
    assert_eq!(test.strategy().trend(), Some(Side::Buy));
    feed(&mut test, &CLOSES[5..8]);
    assert_eq!(
        test.orders()[0].order.side,
        Side::Sell,
        "decides from the first bar on"
    );
    let restored = warm.state(test.save()).start::<EmaCross>().unwrap();
    assert_eq!(
        restored.save(),
        test.save(),
        "the state has all that history has"
    );
}

#[test]
fn bars_without_a_range_decide_nothing() {
    let mut test = setup().start::<EmaCross>().unwrap();
    feed(&mut test, &["1.10"; 10]);
    assert!(test.strategy().trend().is_some() && test.orders().is_empty());
}

#[test]
fn a_swap_changes_no_decision() {
    let mut straight = setup().start::<EmaCross>().unwrap();
    feed(&mut straight, &CLOSES);
    for split in 0..CLOSES.len() {
        let mut test = setup().start::<EmaCross>().unwrap();
        feed(&mut test, &CLOSES[..split]);
        let mut test = test.swap::<EmaCross>().unwrap();
        feed(&mut test, &CLOSES[split..]);
        assert_eq!(
            (trades(&test), test.save()),
            (trades(&straight), straight.save())
        );
    }
}

#[test]
fn periods_that_cannot_cross_are_refused() {
    let error = setup()
        .parameter("fast", 3)
        .start::<EmaCross>()
        .unwrap_err();
    assert_eq!(error, "parameter `fast`: 3 is not less than `slow`, 3");
}
