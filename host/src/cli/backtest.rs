//! `argonaut backtest`.

use super::background::BackgroundArguments;
use super::reading::{ReadingArguments, moment, progress_bar, range};
use super::say;
use crate::backtest::custom::{CustomPlugin, check_names};
use crate::backtest::data::Data;
use crate::backtest::spec::{DataFile, Spec, World, load, place_files, sections};
use crate::backtest::{self, Record, happenings};
use crate::config::{AccountSort, AccountTerms, Span};
use crate::plugins::{Plugins, default_data_dir, runtime_options};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use engine::FillChances;
use engine::journal::Sink;
use journal::file::JournalFile;
use model::{InstrumentId, Money, Rate};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::catalog::Catalog;

/// What to run, on what, and what to make of it.
#[derive(Debug, Args)]
pub(super) struct BacktestArguments {
    /// The strategy, a component file.
    #[arg(long, value_name = "FILE")]
    strategy: PathBuf,
    /// A file of quotes, trades, bars or order books: .csv, .csv.gz, .zip or .parquet. With several instruments
    /// write SYMBOL=FILE.
    #[arg(long, required_unless_present = "catalog", num_args = 1.., value_name = "FILE")]
    data: Vec<String>,
    /// Stream the instruments' data from this catalog (see `argonaut data`) instead of loading files.
    #[arg(long, value_name = "FOLDER", conflicts_with = "data")]
    catalog: Option<PathBuf>,
    /// Of a catalog, read what is from here on. RFC 3339 or a date.
    #[arg(long, requires = "catalog", value_name = "TIME")]
    from: Option<String>,
    /// Of a catalog, read what is before here.
    #[arg(long, requires = "catalog", value_name = "TIME")]
    to: Option<String>,
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
    /// A plugin that answers for the venue how orders fill, what fills cost or how long orders take:
    /// fee=stamp-duty.wasm,duty=0.005
    #[arg(long, value_name = "fill|fee|latency=FILE[,KEY=VALUE]")]
    venue_model: Vec<CustomPlugin>,
    /// What happens beside the market data, a line of JSON each: {"time":"2024-01-31T08:00:00Z","instrument":
    /// "BTCUSDT-PERP","event":"FUNDING","rate":"0.0001"}; events are those of a running host, STATUS and PRICES too.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Write the report as one HTML file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the report as JSON; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Tell a program that waits how far it is: lines of `progress 250` on standard error, in thousandths.
    #[arg(long, hide = true)]
    progress: bool,
    #[command(flatten)]
    background: BackgroundArguments,
    /// Write the journal, for `argonaut replay --verify`.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Trade from here on; what is before is history for the strategy. RFC 3339 or a date.
    #[arg(long)]
    start: Option<String>,
    /// Trade until before here.
    #[arg(long)]
    end: Option<String>,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    world: WorldArguments,
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
    /// What the account is beside its money, by keys of `[[account]]`:
    /// hedging=true,hedge_margin=net,delivers=true,converts_debts=true,margin_call.call=1,margin_call.grace=10min
    #[arg(long, value_name = "KEY=VALUE[,KEY=VALUE]")]
    account: Option<String>,
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
    arguments.background.take_on()?;
    let begin = Instant::now();
    let quiet = arguments.json.as_deref() == Some(Path::new("-"));
    let (spec, notes) = spec(&arguments)?;
    for note in &notes {
        warn(note);
    }
    let load_s = begin.elapsed().as_secs_f64();
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let all: u64 = spec.data.series().iter().map(|known| known.events).sum();
    let bar = progress_bar(all);
    let sink = arguments.journal.as_deref().map(journal).transpose()?;
    let run = Instant::now();
    let record = backtest::run(&spec, &plugins, sink, &mut |done| {
        bar.set_position(done);
        if arguments.progress {
            tell_progress(done, all);
        }
    })?;
    bar.finish_and_clear();
    let timing = backtest::Timing {
        load_s,
        run_s: run.elapsed().as_secs_f64(),
    };
    for unmet in &record.unmet {
        warn(unmet);
    }
    logged(&record);
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

fn tell_progress(done: u64, all: u64) {
    let thousandths = done.saturating_mul(1_000) / all.max(1);
    // A courtesy, as notes are.
    let _ = writeln!(std::io::stderr(), "progress {thousandths}");
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
    let (data, files, mut notes) = match &arguments.catalog {
        Some(folder) => catalog_data(arguments, folder, &symbols)?,
        None => file_data(arguments, &symbols)?,
    };
    let (sections, more) = sections(&arguments.instrument, &data)?;
    notes.extend(more);
    let world = world(&arguments.world)?;
    check_names("--algorithm", &arguments.algorithm)?;
    check_names("--rule", &arguments.rule)?;
    check_names("--venue-model", &arguments.venue_model)?;
    let universe = world.universe(&sections)?;
    let events = arguments.events.as_deref();
    let happenings = events.map(|file| happenings::read(file, &universe));
    let spec = Spec {
        strategy: arguments.strategy.clone(),
        parameters: parameters(&arguments.param)?,
        algorithms: arguments.algorithm.clone(),
        rules: arguments.rule.clone(),
        venue_models: arguments.venue_model.clone(),
        happenings: happenings.transpose()?.unwrap_or_default(),
        universe,
        files,
        data,
        start: moment("--start", arguments.start.as_deref())?,
        end: moment("--end", arguments.end.as_deref())?,
    };
    Ok((spec, notes))
}

/// The data in memory, what it was read from, and words about it.
type Found = (Data, Vec<DataFile>, Vec<String>);

fn file_data(arguments: &BacktestArguments, symbols: &[String]) -> Result<Found> {
    let placed = place_files(&arguments.data, symbols)?;
    let bar = progress_bar(100);
    let found = load(&arguments.reading.source()?, &placed, &mut |done, all| {
        bar.set_position(done.saturating_mul(100) / all.max(1));
    })?;
    bar.finish_and_clear();
    Ok(found)
}

fn catalog_data(arguments: &BacktestArguments, folder: &Path, symbols: &[String]) -> Result<Found> {
    // A wrong `--bar` is told here.
    arguments.reading.source()?;
    let catalog = Catalog::open(folder)?;
    let range = range(arguments.from.as_deref(), arguments.to.as_deref())?;
    let mut series = Vec::new();
    for (index, symbol) in symbols.iter().enumerate() {
        let own = catalog.series(Some(symbol))?;
        let own: Vec<_> = own
            .into_iter()
            .filter(|one| arguments.reading.wants(&one.key))
            .collect();
        if !own.iter().any(|one| !one.within(range).parts.is_empty()) {
            bail!(
                "--instrument {symbol}: the catalog {} has no such data in that time; \
                 `argonaut data list` shows what it has",
                folder.display()
            );
        }
        let id = InstrumentId::new(u32::try_from(index).context("too many instruments")?);
        series.extend(own.into_iter().map(|one| (one, id)));
    }
    let data = Data::catalog(series, range)?;
    let files = data.series().iter().map(|known| DataFile {
        path: folder.to_owned(),
        instrument: known.instrument,
        skipped_rows: 0,
    });
    let files = files.collect();
    Ok((data, files, Vec::new()))
}

pub(super) fn parameters(given: &[String]) -> Result<BTreeMap<String, String>> {
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
        external: None,
        terms: terms(arguments)?,
    })
}

fn terms(arguments: &WorldArguments) -> Result<AccountTerms> {
    let kind = match arguments.cash_account {
        true => AccountSort::Cash,
        false => AccountSort::Margin,
    };
    let Some(text) = arguments.account.as_deref() else {
        return Ok(AccountTerms::default());
    };
    AccountTerms::parse(text, kind).map_err(|reason| anyhow!("--account: {reason}"))
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

fn journal(path: &Path) -> Result<Box<dyn Sink>> {
    Ok(Box::new(JournalFile::create(path)?))
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("{}: cannot be written", file.display()))
}

/// What the strategy logged, for its author.
fn logged(record: &Record) {
    let mut stderr = std::io::stderr().lock();
    for (at, level, text) in &record.log {
        // A courtesy, as notes are.
        let level = format!("{level:?}").to_ascii_uppercase();
        let _ = writeln!(stderr, "{at} {level} {text}");
    }
}

fn warn(note: &str) {
    // Notes are a courtesy; the run does not depend on who reads them.
    let _ = writeln!(std::io::stderr(), "note: {note}");
}
