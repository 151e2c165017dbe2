//! `argonaut backtest`.

use super::say;
use crate::backtest::custom::{CustomPlugin, check_names};
use crate::backtest::spec::{Spec, World, load, place_files, sections};
use crate::backtest::{self, Record};
use crate::config::Span;
use crate::plugins::{Plugins, default_data_dir, runtime_options};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use engine::FillChances;
use engine::journal::Sink;
use indicatif::{ProgressBar, ProgressStyle};
use journal::file::JournalFile;
use model::number::Excess;
use model::{BarBasis, BarSpec, InstrumentId, Money, Rate, Timestamp};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::{BarLabel, ColumnMap, DataKind, DataSource, Header, OnBadRow, TimeFormat};

/// What to run, on what, and what to make of it.
#[derive(Debug, Args)]
pub(super) struct BacktestArguments {
    /// The strategy, a component file.
    #[arg(long, value_name = "FILE")]
    strategy: PathBuf,
    /// A file of quotes, trades or bars: .csv, .csv.gz, .zip or .parquet. With several instruments
    /// write SYMBOL=FILE.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    data: Vec<String>,
    /// SYMBOL, and what does not follow from it or from the data: SYMBOL,tick=0.01,taker_fee=0.0005
    #[arg(long, required = true, value_name = "SYMBOL[,KEY=VALUE]")]
    instrument: Vec<String>,
    /// A parameter of the strategy.
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// An execution algorithm that the strategy may hand orders to, under a name, with parameters:
    /// twap=twap.wasm,slices=10
    #[arg(long, value_name = "NAME=FILE[,KEY=VALUE]")]
    algorithm: Vec<CustomPlugin>,
    /// A custom rule that judges every order after all controls, with parameters.
    #[arg(long, value_name = "NAME=FILE[,KEY=VALUE]")]
    rule: Vec<CustomPlugin>,
    /// Write the report as one HTML file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the report as JSON; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the journal, for `argonaut replay --verify`.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    world: WorldArguments,
}

/// How the files are read.
#[derive(Debug, Args)]
struct ReadingArguments {
    /// What the files hold, where it cannot be told from their columns: quotes, trades or bars.
    #[arg(long)]
    kind: Option<DataKind>,
    /// Which column is what, by name or by position from 0: bid=BidPrice, time=0
    #[arg(long, value_name = "FIELD=COLUMN")]
    column: Vec<String>,
    /// How times are written: auto, s, ms, us, ns, iso, day-ms, or a pattern like %Y%m%d %H%M%S
    #[arg(long, default_value = "auto")]
    time: TimeFormat,
    /// By how many seconds the files' clock is ahead of UTC.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    utc_offset_s: i32,
    /// The files have no header.
    #[arg(long)]
    no_header: bool,
    /// What separates the fields.
    #[arg(long)]
    delimiter: Option<char>,
    /// Read only the rows of this symbol.
    #[arg(long)]
    symbol: Option<String>,
    /// The bars' length and basis, where it does not follow from the data: 60s or 60s-last
    #[arg(long, value_name = "LENGTH[-BASIS]")]
    bar: Option<String>,
    /// Bars carry the time of their end instead of their start.
    #[arg(long)]
    bar_end: bool,
    /// Round prices and sizes with more digits than can be held, instead of refusing them.
    #[arg(long)]
    round: bool,
    /// Leave out up to so many bad rows, and say so.
    #[arg(long, value_name = "COUNT")]
    skip_bad: Option<u64>,
    /// Trade from here on; what is before is history for the strategy. RFC 3339 or a date.
    #[arg(long)]
    start: Option<String>,
    /// Trade until before here.
    #[arg(long)]
    end: Option<String>,
}

/// The account and the venue.
#[derive(Debug, Args)]
struct WorldArguments {
    /// Pay in full; without it the account is a margin account.
    #[arg(long)]
    cash_account: bool,
    /// Value that one unit of margin carries, on top of the instruments' own rates.
    #[arg(long, default_value = "1", conflicts_with = "cash_account")]
    leverage: Rate,
    /// Money to begin with, such as "1000000 USD"; the first currency is the account's base.
    #[arg(long, value_name = "AMOUNT CURRENCY")]
    deposit: Vec<String>,
    /// How long orders, changes and cancels travel, such as 5ms.
    #[arg(long, default_value = "0ns")]
    latency: Span,
    /// How long market data travels to the strategy, such as 1ms; the venue matches with it at once.
    #[arg(long, default_value = "0ns")]
    feed_latency: Span,
    /// Ticks by which takers fill worse than the touch.
    #[arg(long, default_value_t = 0)]
    slippage_ticks: u32,
    /// The chance, from 0 to 1, that an order fills which the market touches and does not cross.
    #[arg(long, default_value = "1")]
    touch_fill_chance: Rate,
    /// The chance, from 0 to 1, that a taking order fills a tick worse.
    #[arg(long, default_value = "0")]
    slip_chance: Rate,
    /// Seed of what is left to chance.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(arguments: BacktestArguments) -> Result<()> {
    let begin = Instant::now();
    let quiet = arguments.json.as_deref() == Some(Path::new("-"));
    let (spec, notes) = spec(&arguments)?;
    for note in &notes {
        warn(note);
    }
    let load_s = begin.elapsed().as_secs_f64();
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let bar = progress_bar(spec.data.iter().map(|series| series.len() as u64).sum());
    let sink = arguments.journal.as_deref().map(journal).transpose()?;
    let run = Instant::now();
    let record = backtest::run(&spec, &plugins, sink, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    let timing = backtest::Timing {
        load_s,
        run_s: run.elapsed().as_secs_f64(),
    };
    for unmet in &record.unmet {
        warn(unmet);
    }
    let report = backtest::report(&spec, &record, timing);
    if let Some(file) = &arguments.report {
        write(file, &report::html(&report))?;
    }
    if let Some(file) = &arguments.json {
        let json = report::json(&report).to_string();
        if quiet {
            say(&json)?
        } else {
            write(file, &json)?
        }
    }
    if !quiet {
        backtest::summary(&report, &record)
            .iter()
            .try_for_each(|line| say(line))?;
    }
    broken(&record)
}

/// A strategy that broke is a failed run, though its report is written.
fn broken(record: &Record) -> Result<()> {
    match &record.fault {
        Some((event, fault)) => bail!(
            "strategy `{}` broke at event {event}: {fault}",
            record.plugin.0
        ),
        None => Ok(()),
    }
}

fn spec(arguments: &BacktestArguments) -> Result<(Spec, Vec<String>)> {
    let symbols: Vec<String> = arguments
        .instrument
        .iter()
        .map(|text| text.split(',').next().unwrap_or_default().trim().to_owned())
        .collect();
    let placed = place_files(&arguments.data, &symbols)?;
    let bar = progress_bar(100);
    let (data, files, mut notes) =
        load(&source(&arguments.reading)?, &placed, &mut |done, all| {
            bar.set_position(done.saturating_mul(100) / all.max(1));
        })?;
    bar.finish_and_clear();
    let (sections, more) = sections(&arguments.instrument, &data)?;
    notes.extend(more);
    let world = world(&arguments.world)?;
    check_names("--algorithm", &arguments.algorithm)?;
    check_names("--rule", &arguments.rule)?;
    let spec = Spec {
        strategy: arguments.strategy.clone(),
        parameters: parameters(&arguments.param)?,
        algorithms: arguments.algorithm.clone(),
        rules: arguments.rule.clone(),
        universe: world.universe(&sections)?,
        files,
        data,
        start: moment("--start", arguments.reading.start.as_deref())?,
        end: moment("--end", arguments.reading.end.as_deref())?,
    };
    Ok((spec, notes))
}

fn source(reading: &ReadingArguments) -> Result<DataSource> {
    let mut columns = ColumnMap::new();
    for mapping in &reading.column {
        columns
            .set(mapping)
            .with_context(|| format!("--column {mapping}"))?;
    }
    let delimiter = reading
        .delimiter
        .map(|c| u8::try_from(c).context("--delimiter: one byte"));
    let excess = if reading.round {
        Excess::Round
    } else {
        Excess::Refuse
    };
    Ok(DataSource {
        kind: reading.kind,
        columns,
        time: reading.time.clone(),
        utc_offset_s: reading.utc_offset_s,
        delimiter: delimiter.transpose()?,
        header: if reading.no_header {
            Header::Absent
        } else {
            Header::Auto
        },
        bar: reading.bar.as_deref().map(bar_spec).transpose()?,
        bar_label: if reading.bar_end {
            BarLabel::End
        } else {
            BarLabel::Start
        },
        symbol: reading.symbol.clone(),
        price_excess: excess,
        size_excess: excess,
        on_bad_row: reading
            .skip_bad
            .map_or(OnBadRow::Fail, |max| OnBadRow::Skip { max }),
        ..DataSource::new("", InstrumentId::new(0))
    })
}

fn bar_spec(text: &str) -> Result<BarSpec> {
    let (length, basis) = text.split_once('-').unwrap_or((text, "last"));
    let basis = match basis {
        "bid" => BarBasis::Bid,
        "ask" => BarBasis::Ask,
        "mid" => BarBasis::Mid,
        "last" => BarBasis::Last,
        other => bail!("--bar {text}: `{other}` is none of bid, ask, mid, last"),
    };
    let length: Span = length
        .parse()
        .map_err(|reason| anyhow!("--bar {text}: {reason}"))?;
    Ok(BarSpec {
        method: model::BarMethod::Time(length.0.nanos()),
        basis,
    })
}

fn parameters(given: &[String]) -> Result<BTreeMap<String, String>> {
    given
        .iter()
        .map(|text| {
            let (name, value) = text
                .split_once('=')
                .with_context(|| format!("--param {text}: write NAME=VALUE"))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn world(arguments: &WorldArguments) -> Result<World> {
    let deposits = arguments.deposit.iter().map(|text| {
        let wrong = || format!("--deposit {text}: write AMOUNT CURRENCY, such as 1000000 USD");
        let (amount, currency) = text.split_once(' ').with_context(wrong)?;
        let amount: Money = amount.parse().with_context(wrong)?;
        Ok((currency.trim().to_owned(), amount))
    });
    Ok(World {
        cash_account: arguments.cash_account,
        leverage: arguments.leverage,
        deposits: deposits.collect::<Result<_>>()?,
        latency: arguments.latency,
        feed_latency: arguments.feed_latency,
        slippage_ticks: arguments.slippage_ticks,
        chances: chances(arguments)?,
    })
}

fn chances(arguments: &WorldArguments) -> Result<Option<FillChances>> {
    let chances = FillChances {
        touch: arguments.touch_fill_chance,
        slip: arguments.slip_chance,
        seed: arguments.seed,
    };
    if let Some(flaw) = chances.flaw() {
        bail!("--touch-fill-chance and --slip-chance: {flaw}");
    }
    let certain = FillChances {
        seed: arguments.seed,
        ..FillChances::default()
    };
    Ok((chances != certain).then_some(chances))
}

fn moment(option: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    text.map(|text| {
        store::parse_iso(text)
            .with_context(|| format!("{option} {text}: write a date or 2024-01-31T09:30:00Z"))
    })
    .transpose()
}

fn journal(path: &Path) -> Result<Box<dyn Sink>> {
    Ok(Box::new(JournalFile::create(path)?))
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("{}: cannot be written", file.display()))
}

fn warn(note: &str) {
    // Notes are a courtesy; the run does not depend on who reads them.
    let _ = writeln!(std::io::stderr(), "note: {note}");
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {per_sec} {eta}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
