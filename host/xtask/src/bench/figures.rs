//! From samples to figures: medians, ratios, and whether each target holds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::case::CaseId;
use super::json;
use super::peer::PeerSample;
use super::table::Row;

/// What one run of the host reported.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    orders: f64,
    cpu_s: f64,
    events_per_cpu_s: f64,
    peak_rss_mb: f64,
    load_s: f64,
    end_to_end_s: f64,
    journal_hash: String,
}

impl Sample {
    /// Reads the JSON of `argonaut bench --json`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let object = json::last_object(text)?;
        let number = |key| json::number(&object, key);
        let hash = object["journal_hash"].as_str();
        Ok(Self {
            orders: number("orders")?,
            cpu_s: number("cpu_s")?,
            events_per_cpu_s: number("events_per_cpu_s")?,
            peak_rss_mb: number("peak_rss_mb")?,
            load_s: number("load_s")?,
            end_to_end_s: number("end_to_end_s")?,
            journal_hash: hash.context("no text `journal_hash`")?.to_owned(),
        })
    }
}

/// What the swap run reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Swap {
    swaps: f64,
    missed: f64,
    doubled: f64,
    events_per_s: f64,
    begin_us_p99: f64,
    pause_us_p50: f64,
    pause_us_p99: f64,
}

impl Swap {
    /// Reads the JSON of `argonaut bench --mode swap --json`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let object = json::last_object(text)?;
        let number = |key| json::number(&object, key);
        Ok(Self {
            swaps: number("swaps")?,
            missed: number("missed")?,
            doubled: number("doubled")?,
            events_per_s: number("events_per_s")?,
            begin_us_p99: number("begin_us_p99")?,
            pause_us_p50: number("pause_us_p50")?,
            pause_us_p99: number("pause_us_p99")?,
        })
    }
}

/// What the shadow run reported: the engine's thread for an input, with a shadow over alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shadow {
    ratio: f64,
    ratio_least: f64,
    ratio_most: f64,
}

impl Shadow {
    /// Reads the JSON of `argonaut bench --mode shadow --json`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let object = json::last_object(text)?;
        let number = |key| json::number(&object, key);
        Ok(Self {
            ratio: number("ratio")?,
            ratio_least: number("ratio_least")?,
            ratio_most: number("ratio_most")?,
        })
    }
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(super) struct Results {
    samples: BTreeMap<CaseId, Vec<Sample>>,
    peer: BTreeMap<CaseId, Vec<PeerSample>>,
    /// The swap run, once made.
    pub(super) swap: Option<Swap>,
    /// The shadow run, once made.
    pub(super) shadow: Option<Shadow>,
}

impl Results {
    pub(super) fn add(&mut self, case: CaseId, sample: Sample) {
        self.samples.entry(case).or_default().push(sample);
    }

    pub(super) fn add_peer(&mut self, case: CaseId, sample: PeerSample) {
        self.peer.entry(case).or_default().push(sample);
    }

    /// One value of every run of a case.
    fn values(&self, case: CaseId, value: impl Fn(&Sample) -> f64) -> Vec<f64> {
        self.samples
            .get(&case)
            .into_iter()
            .flatten()
            .map(value)
            .collect()
    }

    fn median(&self, case: CaseId, value: impl Fn(&Sample) -> f64) -> f64 {
        median(&self.values(case, value))
    }
}

/// A speed that has a target, and what the peer did when it was last measured on a machine of this
/// kind (NautilusTrader 2.0.0rc7, million events per CPU-second). Used when `--peer` is not given.
struct Speed {
    case: CaseId,
    figure: &'static str,
    target_millions: Option<f64>,
    recorded_peer_millions: Option<f64>,
}

const SPEEDS: &[Speed] = &[
    Speed {
        case: CaseId::None,
        figure: "no strategy, M events per CPU-second",
        target_millions: Some(8.0),
        recorded_peer_millions: Some(1.720),
    },
    Speed {
        case: CaseId::Noop,
        figure: "no-op on every quote, Wasm, M events per CPU-second",
        target_millions: Some(4.0),
        recorded_peer_millions: Some(1.133),
    },
    Speed {
        case: CaseId::Ema,
        figure: "EMA on minute bars, Wasm, M events per CPU-second",
        target_millions: Some(6.0),
        recorded_peer_millions: Some(1.494),
    },
    Speed {
        case: CaseId::EmaNative,
        figure: "EMA on minute bars, native, M events per CPU-second",
        target_millions: None,
        recorded_peer_millions: None,
    },
    Speed {
        case: CaseId::Order,
        figure: "an order every 10 quotes, Wasm, M events per CPU-second",
        target_millions: Some(1.5),
        recorded_peer_millions: Some(0.200),
    },
];

const WASM_OVER_NATIVE_LIMIT: f64 = 1.5;
const ORDER_COST_TOLERANCE: f64 = 0.2;
const PEAK_LIMIT_MB: f64 = 265.0;
const RECORDED_PEER_PEAK_MB: &str = "765..1498 (recorded)";
const SWAPS: f64 = 1_000.0;
const PAUSE_P50_LIMIT_US: f64 = 50.0;
const PAUSE_P99_LIMIT_US: f64 = 1_000.0;
const SHADOW_LIMIT: f64 = 1.3;

/// The table's rows.
pub(super) fn rows(results: &Results) -> Vec<Row> {
    let mut rows: Vec<Row> = SPEEDS
        .iter()
        .map(|speed| speed_row(results, speed))
        .collect();
    rows.push(wasm_over_native(results));
    rows.extend(order_cost(results));
    rows.push(peak_memory(results));
    rows.extend(beside(results));
    rows.push(stable_hash(results));
    rows.extend(results.swap.iter().flat_map(swap_rows));
    rows.extend(results.shadow.iter().map(shadow_row));
    rows
}

fn speed_row(results: &Results, speed: &Speed) -> Row {
    let values = results.values(speed.case, |sample| sample.events_per_cpu_s / 1e6);
    let ours = median(&values);
    let measured: Vec<f64> = results
        .peer
        .get(&speed.case)
        .into_iter()
        .flatten()
        .map(|sample| sample.events_per_cpu_s / 1e6)
        .collect();
    let peer = if measured.is_empty() {
        speed.recorded_peer_millions
    } else {
        Some(median(&measured))
    };
    let note = if measured.is_empty() {
        " (recorded)"
    } else {
        ""
    };
    Row {
        target: speed
            .target_millions
            .map(|target| format!(">= {target:.1}"))
            .unwrap_or_default(),
        holds: speed.target_millions.map(|target| ours >= target),
        peer: peer
            .map(|peer| format!("{peer:.3}{note}"))
            .unwrap_or_default(),
        ratio: peer
            .map(|peer| format!("{:.1}x", ours / peer))
            .unwrap_or_default(),
        ..measured_row(speed.figure, &values, 2)
    }
}

fn wasm_over_native(results: &Results) -> Row {
    let wasm = results.median(CaseId::Ema, |sample| sample.cpu_s);
    let ratio = wasm / results.median(CaseId::EmaNative, |sample| sample.cpu_s);
    Row {
        figure: "EMA, CPU time of Wasm over native".to_owned(),
        median: format!("{ratio:.2}"),
        target: format!("<= {WASM_OVER_NATIVE_LIMIT:.1}"),
        holds: Some(ratio <= WASM_OVER_NATIVE_LIMIT),
        ..Row::default()
    }
}

/// CPU time that an order adds: a run with orders less the median run without, per order. Both
/// have the same quotes and the same cold start, so what is left is the order's own.
fn order_cost(results: &Results) -> Vec<Row> {
    let cost_ns = |orders, without| {
        let base = results.median(without, |sample| sample.cpu_s);
        results.values(orders, |sample| (sample.cpu_s - base) / sample.orders * 1e9)
    };
    let few = cost_ns(CaseId::OrderShort, CaseId::NoopShort);
    let many = cost_ns(CaseId::Order, CaseId::Noop);
    let ratio = median(&many) / median(&few);
    let bounds = (1.0 - ORDER_COST_TOLERANCE)..=(1.0 + ORDER_COST_TOLERANCE);
    vec![
        measured_row("CPU per order in a run of 1,000 orders, ns", &few, 0),
        measured_row("CPU per order in a run of 100,000 orders, ns", &many, 0),
        Row {
            figure: "CPU per order, 100,000 over 1,000".to_owned(),
            median: format!("{ratio:.2}"),
            target: format!("{:.1}..{:.1}", bounds.start(), bounds.end()),
            holds: Some(bounds.contains(&ratio)),
            ..Row::default()
        },
    ]
}

fn peak_memory(results: &Results) -> Row {
    let all = |pick: fn(&Sample) -> f64| -> Vec<f64> {
        results
            .samples
            .keys()
            .flat_map(|case| results.values(*case, pick))
            .collect()
    };
    let values = all(|sample| sample.peak_rss_mb);
    let peer: Vec<f64> = results
        .peer
        .values()
        .flatten()
        .map(|sample| sample.peak_rss_mb)
        .collect();
    let largest = values.iter().copied().fold(f64::NAN, f64::max);
    Row {
        figure: "peak memory of any run, MB".to_owned(),
        median: format!("{largest:.0}"),
        range: range(&values, 0),
        target: format!("< {PEAK_LIMIT_MB:.0}"),
        holds: Some(largest < PEAK_LIMIT_MB),
        peer: if peer.is_empty() {
            RECORDED_PEER_PEAK_MB.to_owned()
        } else {
            range(&peer, 0)
        },
        ..Row::default()
    }
}

/// What the speeds leave out, beside them.
fn beside(results: &Results) -> [Row; 2] {
    let ema = |pick: fn(&Sample) -> f64| results.values(CaseId::Ema, pick);
    [
        measured_row(
            "EMA, loading the quotes before the run, s",
            &ema(|it| it.load_s),
            2,
        ),
        measured_row("EMA, the whole process, s", &ema(|it| it.end_to_end_s), 2),
    ]
}

fn stable_hash(results: &Results) -> Row {
    let stable = results.samples.values().all(|samples| {
        let hashes: BTreeSet<&str> = samples
            .iter()
            .map(|sample| sample.journal_hash.as_str())
            .collect();
        hashes.len() == 1
    });
    Row {
        figure: "journal hash equal in all runs of each case".to_owned(),
        median: if stable { "equal" } else { "DIFFERENT" }.to_owned(),
        target: "equal".to_owned(),
        holds: Some(stable),
        ..Row::default()
    }
}

fn swap_rows(swap: &Swap) -> [Row; 5] {
    let wrong = swap.missed + swap.doubled;
    let pause = |name: &str, measured: f64, limit: f64| Row {
        figure: format!("engine pause at a swap, {name}, us"),
        median: format!("{measured:.0}"),
        target: format!("<= {limit:.0}"),
        holds: Some(measured <= limit),
        ..Row::default()
    };
    [
        Row {
            figure: format!("events missed or doubled in {} swaps", swap.swaps),
            median: format!("{wrong}"),
            target: format!("0 in {SWAPS}"),
            holds: Some(wrong == 0.0 && swap.swaps >= SWAPS),
            ..Row::default()
        },
        Row {
            figure: "events per second during the swaps".to_owned(),
            median: format!("{:.0}", swap.events_per_s),
            ..Row::default()
        },
        pause("p50", swap.pause_us_p50, PAUSE_P50_LIMIT_US),
        pause("p99", swap.pause_us_p99, PAUSE_P99_LIMIT_US),
        Row {
            figure: "engine pause as a swap takes the state, p99, us".to_owned(),
            median: format!("{:.0}", swap.begin_us_p99),
            ..Row::default()
        },
    ]
}

fn shadow_row(shadow: &Shadow) -> Row {
    Row {
        figure: "engine's thread for an input, with a shadow over alone".to_owned(),
        median: format!("{:.2}", shadow.ratio),
        range: range(&[shadow.ratio_least, shadow.ratio_most], 2),
        target: format!("<= {SHADOW_LIMIT:.1}"),
        holds: Some(shadow.ratio <= SHADOW_LIMIT),
        ..Row::default()
    }
}

fn measured_row(figure: &str, values: &[f64], decimals: usize) -> Row {
    Row {
        figure: figure.to_owned(),
        median: format!("{:.decimals$}", median(values)),
        range: range(values, decimals),
        ..Row::default()
    }
}

fn range(values: &[f64], decimals: usize) -> String {
    let least = values.iter().copied().fold(f64::NAN, f64::min);
    let greatest = values.iter().copied().fold(f64::NAN, f64::max);
    format!("{least:.decimals$}..{greatest:.decimals$}")
}

/// The middle value; the mean of the two middle ones for an even count; NaN for none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        odd if odd.len() % 2 == 1 => odd[middle],
        even => (even[middle - 1] + even[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests;
