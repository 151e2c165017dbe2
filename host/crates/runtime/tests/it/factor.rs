//! Factors: panels and scores across the boundary, and what is refused of both.

use crate::support::{expect_fault, runtime};
use model::{FaultKind, Timestamp};
use runtime::{Better, Factor, FactorConfig, Limits, PanelField, PanelRows, Parameters, World};
use testkit::plugin::Plugin;

fn limits() -> Limits {
    Limits {
        init_fuel: 1_000_000,
        batch_fuel: 1_000_000,
        batch_bytes: 4_096,
        ..Limits::default()
    }
}

fn made(plugin: &Plugin) -> Result<Factor, model::Fault> {
    let bytes = plugin.build().unwrap();
    let admitted = runtime().admit_as(World::Factor, &bytes, &limits());
    admitted.unwrap().factor(FactorConfig {
        name: "test".to_owned(),
        parameters: Parameters::default(),
        limits: limits(),
    })
}

/// Scores rows of two instruments, the closes counting up from 1; the first is history.
fn score(factor: &mut Factor, rows: u64) -> Result<Vec<f64>, model::Fault> {
    let times: Vec<_> = (1..=rows).map(Timestamp::from_nanos).collect();
    let instruments = ["A", "B"].map(str::to_owned);
    let closes: Vec<f64> = (1..=2 * rows)
        .map(|n| f64::from(u32::try_from(n).unwrap()))
        .collect();
    factor.score(&PanelRows {
        times: &times,
        instruments: &instruments,
        fields: &[&closes],
        first: 1,
    })
}

/// Answers with the numbers that lie at `from`, `count` of them.
fn answers(from: &str, count: &str) -> String {
    format!(
        "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) {from}) (i32.store (i32.const 2056) {count})
         (i32.const 2048)"
    )
}

/// Where the numbers of the first field lie.
const FIELD: &str = "(i32.load (local.get $fields))";

#[test]
fn a_panel_arrives_whole_and_so_do_scores() {
    // The numbers of the field from the first row to be scored on.
    let begin = format!(
        "(i32.add {FIELD} (i32.mul (i32.const 8) (i32.mul (local.get $first) (local.get $instruments_len))))"
    );
    let count = "(i32.mul (local.get $instruments_len) (i32.sub (local.get $times_len) (local.get $first)))";
    let plugin = Plugin::factor().with("score", &answers(&begin, count));
    let mut factor = made(&plugin).unwrap();
    assert_eq!(factor.needs().fields, [PanelField::Close]);
    assert_eq!(factor.needs().lookback, 0);
    assert_eq!(factor.needs().better, Better::Higher);
    assert_eq!(score(&mut factor, 3), Ok(vec![3.0, 4.0, 5.0, 6.0]));
    assert_eq!(score(&mut factor, 2), Ok(vec![3.0, 4.0]));
}

#[test]
fn scores_of_another_count_or_infinite_ones_are_faults_that_stay() {
    let check = |body: &str, words: &str| {
        let mut factor = made(&Plugin::factor().with("score", body)).unwrap();
        for _ in 0..2 {
            expect_fault(score(&mut factor, 3).map(drop), FaultKind::BadOutput, words);
        }
    };
    check(
        &answers(FIELD, "(i32.const 6)"),
        "score: returned 6 scores instead of 4, for 2 rows from `first` on of 2 instruments each",
    );
    check(&answers(FIELD, "(i32.const 0)"), "0 scores instead of 4");
    let infinite = format!(
        "(f64.store (i32.const 2080) (f64.const inf)) {}",
        answers("(i32.const 2064)", "(i32.const 4)")
    );
    check(
        &infinite,
        "the score of A at 1970-01-01T00:00:00.000000003Z is infinite; return NaN",
    );
}

#[test]
fn what_it_says_that_it_cannot_score_is_asked_again() {
    // One error, of which the text is `wat`, then scores.
    let refusing = "(if (result i32) (i32.eqz (global.get $asked))
        (then (global.set $asked (i32.const 1))
          (i32.store (i32.const 2048) (i32.const 1)) (i32.store (i32.const 2052) (i32.const 512))
          (i32.store (i32.const 2056) (i32.const 3)) (i32.const 2048))
        (else (i32.store (i32.const 2048) (i32.const 0)) (i32.store (i32.const 2052) (i32.const 2064))
          (i32.store (i32.const 2056) (i32.const 4)) (i32.const 2048)))";
    let plugin = Plugin::factor()
        .items("(global $asked (mut i32) (i32.const 0))")
        .with("score", refusing);
    let mut factor = made(&plugin).unwrap();
    let refused = score(&mut factor, 3).map(drop);
    expect_fault(refused, FaultKind::Refused, "score: wat");
    assert_eq!(score(&mut factor, 3), Ok(vec![0.0; 4]));
}

#[test]
fn a_batch_is_bounded_in_size_fuel_and_memory() {
    let mut harmless = made(&Plugin::factor()).unwrap();
    // 256 rows of two instruments are 4,096 bytes.
    assert_eq!(score(&mut harmless, 256).unwrap().len(), 510);
    let large = score(&mut harmless, 257).map(drop);
    expect_fault(large, FaultKind::Refused, "more than the 4096 allowed");
    assert!(score(&mut harmless, 2).is_ok(), "nothing broke");
    let endless = Plugin::factor().with("score", "(loop $on (br $on)) (i32.const 0)");
    let spent = score(&mut made(&endless).unwrap(), 2).map(drop);
    expect_fault(spent, FaultKind::OutOfFuel, "fuel of 1000000");
}

#[test]
fn needs_that_no_panel_can_meet_are_faults() {
    // Of a field that is named otherwise, of none, and of too long a history.
    let check = |items: &str, words: &str| {
        let refused = made(&Plugin::factor().items(items)).map(drop);
        expect_fault(refused, FaultKind::BadOutput, words);
    };
    check(
        r#"(data (i32.const 544) "clone")"#,
        "init: it needs the field `clone`; panels have open, high, low, close, volume",
    );
    check(
        r#"(data (i32.const 1304) "\00")"#,
        "init: it needs no field",
    );
    check(
        r#"(data (i32.const 1308) "\ff\ff\ff\00")"#,
        "init: it needs 16777215 rows of history",
    );
}

#[test]
fn a_factor_is_no_strategy_and_says_of_which_world_it_is() {
    let bytes = Plugin::factor().build().unwrap();
    let admitted = runtime().admit_any(&bytes, &limits()).unwrap();
    assert_eq!(admitted.world(), World::Factor);
    assert_eq!(admitted.describe().unwrap().name, "wat");
    let error = runtime().admit(&bytes, &limits()).unwrap_err().to_string();
    assert!(
        error.contains("the plugin is of the world `factor`"),
        "{error}"
    );
}
