//! Indicators: updates and values across the boundary, state, and what is refused.

use crate::support::{expect_fault, runtime};
use model::{
    Bar, BarBasis, BarSpec, Fault, FaultKind, InstrumentId, Price, Quantity, Quote, SavedState,
    Timestamp,
};
use runtime::{Feed, Indicator, IndicatorConfig, Limits, Pane, Parameters, World};
use testkit::plugin::Plugin;

fn made(plugin: &Plugin) -> Result<Indicator, Fault> {
    let limits = Limits {
        event_fuel: 1_000_000,
        init_fuel: 1_000_000,
        ..Limits::default()
    };
    let bytes = plugin.build().unwrap();
    let admitted = runtime().admit_as(World::Indicator, &bytes, &limits);
    admitted.unwrap().indicator(IndicatorConfig {
        name: "test".to_owned(),
        parameters: Parameters::default(),
        limits,
    })
}

fn bar(close: i64) -> Bar {
    Bar {
        instrument: InstrumentId::new(3),
        spec: BarSpec::seconds(60, BarBasis::Last),
        open: Price::from_raw(1),
        high: Price::from_raw(2),
        low: Price::from_raw(1),
        close: Price::from_raw(close),
        volume: Quantity::ZERO,
        ts_open: Timestamp::ZERO,
        ts_event: Timestamp::from_nanos(60),
        ts_init: Timestamp::from_nanos(60),
    }
}

fn quote() -> Quote {
    Quote {
        instrument: InstrumentId::new(3),
        bid: Price::from_raw(1),
        ask: Price::from_raw(2),
        bid_size: Quantity::ZERO,
        ask_size: Quantity::ZERO,
        ts_event: Timestamp::ZERO,
        ts_init: Timestamp::ZERO,
    }
}

/// Answers with `count` values, each of them this one.
fn answers(value: &str, count: u32) -> String {
    format!(
        "(f64.store (i32.const 2064) {value}) (f64.store (i32.const 2072) {value})
         (i32.store (i32.const 2048) (i32.const 1)) (i32.store (i32.const 2052) (i32.const 2064))
         (i32.store (i32.const 2056) (i32.const {count})) (i32.const 2048)"
    )
}

const CLOSE: &str = "(f64.convert_i64_s (local.get $close))";

#[test]
fn a_bar_arrives_and_its_value_comes_back() {
    let plugin = Plugin::indicator().with("update-bar", &answers(CLOSE, 1));
    let mut indicator = made(&plugin).unwrap();
    let shape = indicator.shape();
    assert_eq!((shape.feed, shape.warm_up), (Feed::Bars, 0));
    assert_eq!(
        (shape.lines[0].name.as_str(), shape.lines[0].pane),
        ("close", Pane::Price)
    );
    assert_eq!(indicator.on_bar(&bar(7)), Ok(Some(vec![7.0])));
    assert_eq!(indicator.on_bar(&bar(-2)), Ok(Some(vec![-2.0])));
    assert_eq!(indicator.on_quote(&quote()), Ok(None), "it is not asked");
    let mut silent = made(&Plugin::indicator()).unwrap();
    assert_eq!(silent.on_bar(&bar(7)), Ok(None));
}

#[test]
fn values_for_other_lines_or_infinite_ones_are_faults_that_stay() {
    let check = |body: &str, words: &str| {
        let mut indicator = made(&Plugin::indicator().with("update-bar", body)).unwrap();
        for _ in 0..2 {
            let refused = indicator.on_bar(&bar(1)).map(drop);
            expect_fault(refused, FaultKind::BadOutput, words);
        }
    };
    check(
        &answers(CLOSE, 2),
        "update-bar: returned 2 values for 1 lines",
    );
    check(
        &answers("(f64.const -inf)", 1),
        "the value of line `close` is infinite; return NaN",
    );
}

#[test]
fn state_is_saved_and_loaded_or_refused() {
    let mut indicator = made(&Plugin::indicator()).unwrap();
    let state = indicator.save().unwrap();
    assert_eq!((state.version, state.bytes.len()), (1, 0));
    assert_eq!(indicator.load(state), Ok(()));
    let refusing = "(i32.store (i32.const 2048) (i32.const 1))
        (i32.store (i32.const 2052) (i32.const 512)) (i32.store (i32.const 2056) (i32.const 3))
        (i32.const 2048)";
    let mut strict = made(&Plugin::indicator().with("load", refusing)).unwrap();
    let state = SavedState {
        version: 9,
        bytes: vec![1, 2],
    };
    expect_fault(strict.load(state), FaultKind::Refused, "load: wat");
}

#[test]
fn lines_without_a_name_are_faults() {
    let nameless = Plugin::indicator().items(r#"(data (i32.const 1332) "\00")"#);
    let refused = made(&nameless).map(drop);
    expect_fault(refused, FaultKind::BadOutput, "a line's name is empty");
    let lineless = Plugin::indicator().items(r#"(data (i32.const 1368) "\00")"#);
    let refused = made(&lineless).map(drop);
    expect_fault(refused, FaultKind::BadOutput, "it has 0 lines; 1 to 32");
}

#[test]
fn an_indicator_says_of_which_world_it_is() {
    let bytes = Plugin::indicator().build().unwrap();
    let admitted = runtime().admit_any(&bytes, &Limits::default()).unwrap();
    assert_eq!(admitted.world(), World::Indicator);
    assert_eq!(admitted.describe().unwrap().name, "wat");
}
