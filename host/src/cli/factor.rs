//! `argonaut factor run`: scores instruments of a catalog by a factor.

use super::backtest::parameters;
use super::reading::{bar_spec, progress_bar, range};
use super::say;
use crate::plugins::{Plugins, default_data_dir, runtime_options};
use crate::research::{BarSource, Leak, Scores, Table, ahead, batch_rows, check, score};
use anyhow::{Error, Result, bail};
use clap::{Args, Subcommand};
use model::{Fault, FaultKind};
use runtime::{Better, FactorNeeds, World};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::catalog::{BarName, Catalog};
use store::{SheetCells, SheetForm, SheetWriter};

/// Exit code of a check that found something.
const FOUND: u8 = 3;
/// Instruments that are shown when no file is written.
const SHOWN: usize = 20;
/// What there is to say of a catalog that is read to its end.
const UNFINISHED: &str = "the last row's bars may be unfinished; give --to";

/// What to do with factors.
#[derive(Debug, Args)]
pub(super) struct FactorArguments {
    #[command(subcommand)]
    command: FactorCommand,
}

#[derive(Debug, Subcommand)]
enum FactorCommand {
    /// Score instruments of a catalog at each time, and check that no score knows what came after it.
    Run(Box<RunArguments>),
}

/// What to score, and by what.
#[derive(Debug, Args)]
struct RunArguments {
    /// The component, of the world `factor`.
    #[arg(value_name = "FILE")]
    plugin: PathBuf,
    /// The folder of the catalog, or s3://BUCKET/PREFIX.
    #[arg(long, value_name = "FOLDER")]
    catalog: PathBuf,
    /// An instrument to score; all that have such bars when left out.
    #[arg(long, value_name = "SYMBOL")]
    instrument: Vec<String>,
    /// The bars whose ends are the rows: 1d, 60s, 1h-mid. Made of shorter ones where the catalog has no such.
    #[arg(long, value_name = "LENGTH[-BASIS]", default_value = "1d")]
    bars: String,
    /// Read bars from here on; the first score needs history after that. RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before here.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// A parameter of the factor.
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// Rows scored at once; chosen by size and fuel when left out.
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
    /// Rows that are scored again without those after them.
    #[arg(long, value_name = "ROWS", default_value_t = 16)]
    checks: u32,
    /// Write time, instrument and score of every row; the name ends in .csv or .parquet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &FactorArguments) -> Result<ExitCode> {
    let FactorCommand::Run(arguments) = &arguments.command;
    let given = parameters(&arguments.param)?;
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let plugin = plugins.load_as(World::Factor, &arguments.plugin)?;
    let mut factor = plugins.factor(&plugin, &given)?;
    let needs = factor.needs().clone();
    let table = table(arguments, &needs)?;
    let wanted = arguments.batch.map(usize::try_from).transpose()?;
    let batch = batch_rows(&factor, &table, wanted)?;
    let bar = progress_bar(table.rows() as u64);
    let scores = score(&mut factor, &table, batch, &mut |done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let scores = scores.map_err(hinted)?;
    let rows = ahead::spread(scores.rows(), usize::try_from(arguments.checks)?);
    let found = check(
        &mut || plugins.factor(&plugin, &given),
        &table,
        &scores,
        &rows,
    )?;
    if let Some(leak) = found {
        return refused(arguments, &leak);
    }
    let written = match &arguments.out {
        Some(file) => Some(write(file, &table, &scores)?),
        None => None,
    };
    let name = format!("{} {}", plugin.description.name, plugin.description.version);
    let mut summary = summary(&name, &needs, (&table, &scores), rows.len(), written);
    if arguments.to.is_none() {
        summary["note"] = json!(UNFINISHED);
    }
    if arguments.json {
        say(&summary.to_string())?;
    } else {
        tell(arguments, &summary)?;
        if arguments.out.is_none() {
            latest(&needs, &table, &scores)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The error, with what may help where a batch took too much.
fn hinted(error: Error) -> Error {
    let kind = error.downcast_ref::<Fault>().map(|fault| fault.kind);
    match kind {
        Some(FaultKind::OutOfFuel | FaultKind::Deadline | FaultKind::Memory) => {
            error.context("a smaller --batch takes less at once")
        }
        _ => error,
    }
}

/// No scores are given out that followed from the future.
fn refused(arguments: &RunArguments, leak: &Leak) -> Result<ExitCode> {
    let file = arguments.plugin.display();
    match arguments.json {
        true => say(&json!({ "refused": leak.to_string() }).to_string())?,
        false => say(&format!("FAILED  {file}: {leak}"))?,
    }
    Ok(ExitCode::from(FOUND))
}

fn table(arguments: &RunArguments, needs: &FactorNeeds) -> Result<Table> {
    let rule = bar_spec("--bars", &arguments.bars)?;
    let range = range(arguments.from.as_deref(), arguments.to.as_deref())?;
    let catalog = Catalog::open(&arguments.catalog)?;
    let all = catalog.series(None)?;
    let mut symbols = arguments.instrument.clone();
    if symbols.is_empty() {
        symbols = all.iter().map(|one| one.key.instrument.clone()).collect();
    }
    symbols.sort();
    symbols.dedup();
    let mut sources = Vec::new();
    for symbol in symbols {
        match BarSource::find(&all, &symbol, rule, range) {
            Some(source) => sources.push((symbol, source)),
            None if arguments.instrument.is_empty() => {}
            None => bail!(
                "--instrument {symbol}: the catalog {} has no bars in that time of which {} bars can be \
                 made; `argonaut data list` shows what it has",
                arguments.catalog.display(),
                BarName(rule)
            ),
        }
    }
    if sources.is_empty() {
        bail!(
            "--bars {}: no instrument of the catalog {} has bars in that time of which such can be made; \
             `argonaut data list` shows what it has",
            arguments.bars,
            arguments.catalog.display()
        );
    }
    Table::read(&sources, &needs.fields)
}

fn write(file: &Path, table: &Table, scores: &Scores) -> Result<u64> {
    let columns = [
        ("time", SheetForm::Time),
        ("instrument", SheetForm::Text),
        ("score", SheetForm::Number),
    ];
    let mut sheet = SheetWriter::create(file, &columns)?;
    let names: Vec<&str> = table.instruments().iter().map(String::as_str).collect();
    for (row, time) in scores
        .rows()
        .zip(table.times().iter().skip(scores.rows().start))
    {
        sheet.push(&[
            SheetCells::Times(&vec![*time; names.len()]),
            SheetCells::Texts(&names),
            SheetCells::Numbers(scores.row(row)),
        ])?;
    }
    Ok(sheet.finish()?)
}

/// What was done, for people and programs.
fn summary(
    name: &str,
    needs: &FactorNeeds,
    (table, scores): (&Table, &Scores),
    checked: usize,
    written: Option<u64>,
) -> Value {
    let time = |row: usize| table.times().get(row).map(ToString::to_string);
    let rows = scores.rows();
    let (there, missing) = scores.counts();
    json!({
        "factor": name,
        "fields": needs.fields.iter().map(|field| field.name()).collect::<Vec<_>>(),
        "lookback": needs.lookback,
        "better": needs.better.name(),
        "instruments": table.width(),
        "rows": table.rows(),
        "rows_scored": rows.len(),
        "first": time(rows.start),
        "last": time(rows.end.saturating_sub(1)),
        "scores": there,
        "missing": missing,
        "rows_checked": checked,
        "rows_written": written,
    })
}

fn tell(arguments: &RunArguments, summary: &Value) -> Result<()> {
    let text = |name: &str| summary[name].as_str().unwrap_or_default();
    let fields = summary["fields"].as_array().into_iter().flatten();
    let fields: Vec<_> = fields.filter_map(Value::as_str).collect();
    say(&format!(
        "{}: {} of {} rows of history, {} is better",
        text("factor"),
        fields.join(", "),
        summary["lookback"],
        text("better")
    ))?;
    say(&format!(
        "{} of {} rows scored, {} to {}: {} scores of {} instruments, {} missing",
        summary["rows_scored"],
        summary["rows"],
        text("first"),
        text("last"),
        summary["scores"],
        summary["instruments"],
        summary["missing"]
    ))?;
    say(&format!(
        "{} rows scored again without those after them: the same",
        summary["rows_checked"]
    ))?;
    if let Some(note) = summary["note"].as_str() {
        say(note)?;
    }
    match &arguments.out {
        Some(file) => say(&format!(
            "{}: {} rows",
            file.display(),
            summary["rows_written"]
        )),
        None => Ok(()),
    }
}

/// The scores of the last row, the better ones first.
fn latest(needs: &FactorNeeds, table: &Table, scores: &Scores) -> Result<()> {
    let row = scores.row(scores.rows().end.saturating_sub(1));
    let mut ranked: Vec<_> = table.instruments().iter().zip(row).collect();
    ranked.retain(|(_, score)| !score.is_nan());
    ranked.sort_by(|(_, a), (_, b)| match needs.better {
        Better::Lower => a.total_cmp(b),
        Better::Higher | Better::Neither => b.total_cmp(a),
    });
    for (instrument, score) in ranked.iter().take(SHOWN) {
        say(&format!("{score:>14.6}  {instrument}"))?;
    }
    match ranked.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => say(&format!("and {more} more; --out FILE writes all")),
    }
}
