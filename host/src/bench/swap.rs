//! A thousand hot swaps under a live feed: is any event missed or doubled, and for how long does the
//! engine wait?

use crate::plugins::{default_data_dir, runtime_options};
use anyhow::{Context, Result};
use runtime::{Limits, Runtime};
use serde::Serialize;
use services::swap_bench::{SwapBenchConfig, swap_bench};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The figures. Pauses are times for which the engine's thread does nothing else.
#[derive(Debug, Clone, Serialize)]
pub struct SwapFigures {
    mode: &'static str,
    swaps: u32,
    events: u64,
    seen: u64,
    missed: u64,
    doubled: u64,
    events_per_s: u64,
    /// At the switch.
    pause_us_p50: f64,
    pause_us_p99: f64,
    pause_us_max: f64,
    /// When the old version's state is taken.
    begin_us_p99: f64,
    /// From the request to its answer.
    total_ms_p50: f64,
    total_ms_p99: f64,
    journal_hash: String,
}

/// Swaps the two versions of the counter back and forth.
pub fn run(plugin_dir: &Path, swaps: u32, rate: u32) -> Result<SwapFigures> {
    let read = |name: &str| {
        let file = plugin_dir.join(name);
        std::fs::read(&file).with_context(|| format!("{}: cannot be read", file.display()))
    };
    let config = SwapBenchConfig {
        swaps,
        events_per_second: rate,
        component_a: read("counter.wasm")?,
        component_b: read("counter-v2.wasm")?,
        parameters: BTreeMap::from([("sequence".to_owned(), "true".to_owned())]),
    };
    let runtime = Runtime::new(runtime_options(&default_data_dir())?)?;
    let report = swap_bench(
        &config,
        Arc::new(WasmPlugins::new(runtime, Limits::default())),
    )?;
    Ok(SwapFigures {
        mode: "swap",
        swaps: report.swaps,
        events: report.events,
        seen: report.seen,
        missed: report.missed,
        doubled: report.doubled,
        events_per_s: report.events_per_second,
        pause_us_p50: micros(report.switch_ns.p50),
        pause_us_p99: micros(report.switch_ns.p99),
        pause_us_max: micros(report.switch_ns.max),
        begin_us_p99: micros(report.begin_ns.p99),
        total_ms_p50: micros(report.total_ns.p50) / 1e3,
        total_ms_p99: micros(report.total_ns.p99) / 1e3,
        journal_hash: report.journal_hash.to_string(),
    })
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a figure to read, far below 2^53"
)]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}
