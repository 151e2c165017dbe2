//! Tests of the figures: invented samples in, verdicts out.

use super::*;

/// A sample of a run of a million events.
fn sample(cpu_s: f64, orders: f64) -> Sample {
    Sample {
        orders,
        cpu_s,
        events_per_cpu_s: 1e6 / cpu_s,
        peak_rss_mb: 100.0,
        load_s: 0.5,
        end_to_end_s: 1.0,
        journal_hash: "abc".to_owned(),
    }
}

/// Results that meet every target.
fn good() -> Results {
    let mut results = Results::default();
    results.add(CaseId::None, sample(0.1, 0.0));
    results.add(CaseId::Noop, sample(0.2, 0.0));
    results.add(CaseId::Ema, sample(0.12, 0.0));
    results.add(CaseId::EmaNative, sample(0.11, 0.0));
    results.add(CaseId::Order, sample(0.5, 100_000.0));
    results.add(CaseId::NoopShort, sample(0.002, 0.0));
    results.add(CaseId::OrderShort, sample(0.005, 1_000.0));
    results.swap = Some(Swap {
        swaps: 1000.0,
        missed: 0.0,
        doubled: 0.0,
        events_per_s: 1e5,
        begin_us_p99: 30.0,
        pause_us_p50: 20.0,
        pause_us_p99: 90.0,
    });
    results.shadow = Some(Shadow {
        ratio: 1.2,
        ratio_least: 1.1,
        ratio_most: 1.4,
    });
    results
}

/// The figures that miss their target.
fn missed(results: &Results) -> Vec<String> {
    let rows = rows(results)
        .into_iter()
        .filter(|row| row.holds == Some(false));
    rows.map(|row| row.figure).collect()
}

#[test]
fn good_results_miss_nothing() {
    assert_eq!(missed(&good()), Vec::<String>::new());
}

#[test]
fn each_target_can_be_missed() {
    let with = |change: fn(&mut Results)| {
        let mut results = good();
        change(&mut results);
        missed(&results)
    };
    let slow = with(|results| {
        results
            .samples
            .insert(CaseId::Noop, vec![sample(0.26, 0.0)]);
    });
    assert!(slow[0].starts_with("no-op"), "{slow:?}");
    let growing = with(|results| {
        results
            .samples
            .insert(CaseId::Order, vec![sample(0.6, 100_000.0)]);
    });
    assert_eq!(growing, ["CPU per order, 100,000 over 1,000"]);
    let interpreted = with(|results| {
        results
            .samples
            .insert(CaseId::EmaNative, vec![sample(0.07, 0.0)]);
    });
    assert_eq!(interpreted, ["EMA, CPU time of Wasm over native"]);
    let large = with(|results| {
        let sample = Sample {
            peak_rss_mb: 300.0,
            ..sample(0.1, 0.0)
        };
        results.samples.insert(CaseId::None, vec![sample]);
    });
    assert_eq!(large, ["peak memory of any run, MB"]);
    let unstable = with(|results| {
        results.add(
            CaseId::None,
            Sample {
                journal_hash: "other".into(),
                ..sample(0.1, 0.0)
            },
        );
    });
    assert_eq!(unstable, ["journal hash equal in all runs of each case"]);
    let lossy = with(|results| {
        let swap = Swap {
            swaps: 1000.0,
            missed: 1.0,
            doubled: 0.0,
            events_per_s: 1e5,
            begin_us_p99: 30.0,
            pause_us_p50: 51.0,
            pause_us_p99: 2000.0,
        };
        results.swap = Some(swap);
    });
    assert_eq!(lossy.len(), 3, "{lossy:?}");
    let shadowed = with(|results| {
        results.shadow = Some(Shadow {
            ratio: 1.31,
            ratio_least: 1.0,
            ratio_most: 1.4,
        });
    });
    assert_eq!(
        shadowed,
        ["engine's thread for an input, with a shadow over alone"]
    );
}

#[test]
fn nothing_measured_meets_no_target() {
    let missed = missed(&Results::default());
    assert_eq!(missed.len(), 7, "{missed:?}");
}

#[test]
fn a_peer_of_this_session_replaces_the_recorded_one() {
    let mut results = good();
    let before = rows(&results)[0].peer.clone();
    assert!(before.ends_with("(recorded)"), "{before}");
    results.add_peer(
        CaseId::None,
        PeerSample {
            events_per_cpu_s: 2e6,
            peak_rss_mb: 900.0,
        },
    );
    let row = &rows(&results)[0];
    assert_eq!((row.peer.as_str(), row.ratio.as_str()), ("2.000", "5.0x"));
}

#[test]
fn the_median_is_the_middle() {
    let check = |values: &[f64], expect: f64| {
        assert!((median(values) - expect).abs() < 1e-12, "{values:?}");
    };
    check(&[3.0, 1.0, 2.0], 2.0);
    check(&[4.0, 1.0, 2.0, 3.0], 2.5);
    assert!(median(&[]).is_nan());
}

#[test]
fn a_run_without_a_key_is_an_error() {
    assert!(Sample::parse("{\"orders\": 1}").is_err());
    assert!(
        Swap::parse("{\"swaps\": 1}")
            .unwrap_err()
            .to_string()
            .contains("missed")
    );
    assert!(Shadow::parse("{\"ratio\": 1}").is_err());
}
