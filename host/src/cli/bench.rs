//! `argonaut bench`.

use super::say;
use crate::bench::crowd::Held;
use crate::bench::{self, Mode, Options};
use anyhow::{Context, Result};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// CSV (plain or gz) with columns ts_ns, bid, ask, bid_size, ask_size. Not needed for swap and crowd.
    #[arg(long)]
    quotes: Option<PathBuf>,
    /// Which strategy runs; `swap` measures hot swaps under a live feed instead, `shadow` what a shadow
    /// costs the engine's thread, `bus` how fast a journal of these quotes gets into Redis, `crowd` what is
    /// held when many strategies start and stop.
    #[arg(long, value_enum, default_value = "none")]
    mode: BenchMode,
    /// For `order`, `shadow` and `bus`: one market order every so many quotes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    order_every: u64,
    /// Run the strategy compiled into this program instead of as WebAssembly.
    #[arg(long)]
    native: bool,
    /// Where the built plugins are.
    #[arg(long, default_value = "target/plugins")]
    plugins: PathBuf,
    /// For `swap`: how many.
    #[arg(long, default_value_t = 1_000)]
    swaps: u32,
    /// For `swap`: events per second of the feed.
    #[arg(long, default_value_t = 100_000)]
    rate: u32,
    /// For `bus`: the Redis, in which streams of their own are made and removed again.
    #[arg(long, default_value = "redis://127.0.0.1:6379/0")]
    redis: String,
    /// For `crowd`: how many strategies.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    strategies: u32,
    /// For `crowd`: how often all are started, told quotes and stopped again. They are loaded once.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Print one JSON object on one line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BenchMode {
    None,
    Noop,
    Ema,
    Order,
    Swap,
    Shadow,
    Bus,
    Crowd,
}

pub(super) fn run(arguments: BenchArguments) -> Result<()> {
    let mode = match arguments.mode {
        BenchMode::None => Mode::None,
        BenchMode::Noop => Mode::Noop,
        BenchMode::Ema => Mode::Ema,
        BenchMode::Order => Mode::Order,
        BenchMode::Swap => {
            let figures = bench::swap::run(&arguments.plugins, arguments.swaps, arguments.rate)?;
            return print(arguments.json, &serde_json::to_value(figures)?);
        }
        BenchMode::Shadow => {
            let figures = bench::shadow::run(&bench::shadow::Options {
                quotes: quotes(arguments.quotes)?,
                plugin_dir: arguments.plugins,
                order_every: arguments.order_every,
            })?;
            return print(arguments.json, &serde_json::to_value(figures)?);
        }
        BenchMode::Crowd => {
            let many = (arguments.strategies, arguments.rounds);
            let figures = bench::crowd::run(&arguments.plugins, many, tell)?;
            return print(arguments.json, &serde_json::to_value(figures)?);
        }
        BenchMode::Bus => {
            let figures = bench::bus::run(&bench::bus::Options {
                quotes: quotes(arguments.quotes)?,
                plugin_dir: arguments.plugins,
                order_every: arguments.order_every,
                redis: arguments.redis,
            })?;
            return print(arguments.json, &serde_json::to_value(figures)?);
        }
    };
    let figures = bench::run(&Options {
        quotes: quotes(arguments.quotes)?,
        mode,
        order_every: arguments.order_every,
        native: arguments.native,
        plugin_dir: arguments.plugins,
    })?;
    print(arguments.json, &serde_json::to_value(figures)?)
}

/// Says on standard error what is held; figures go to standard output.
fn tell(held: &Held) -> Result<()> {
    let Held {
        round,
        resident_kib,
        descriptors,
    } = held;
    let line = format!("round {round}: {resident_kib} KiB resident, {descriptors} descriptors");
    writeln!(std::io::stderr(), "{line}")?;
    Ok(())
}

fn quotes(given: Option<PathBuf>) -> Result<PathBuf> {
    given.context("--quotes FILE is needed for this mode")
}

fn print(json: bool, figures: &serde_json::Value) -> Result<()> {
    if json {
        return say(&figures.to_string());
    }
    let rows = figures.as_object().into_iter().flatten();
    rows.map(|(name, value)| format!("{name:<20} {value}"))
        .try_for_each(|row| say(&row))
}
