//! `argonaut indicator run`: the lines that an indicator makes of one instrument of a catalog.

use super::backtest::parameters;
use super::reading::{bar_spec, range};
use super::say;
use crate::plugins::{Plugins, default_data_dir, runtime_options};
use crate::research::indicator::{Updates, run as update};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use model::Timestamp;
use runtime::{Line, World};
use serde_json::json;
use std::path::{Path, PathBuf};
use store::catalog::Catalog;
use store::{SheetCells, SheetForm, SheetWriter};

/// Rows that are written at once.
const ROWS: usize = 4_096;

/// What to do with indicators.
#[derive(Debug, Args)]
pub(super) struct IndicatorArguments {
    #[command(subcommand)]
    command: IndicatorCommand,
}

#[derive(Debug, Subcommand)]
enum IndicatorCommand {
    /// Update an indicator with bars or quotes of a catalog and write its lines.
    Run(Box<RunArguments>),
}

/// What to look at, and by what.
#[derive(Debug, Args)]
struct RunArguments {
    /// The component, of the world `indicator`.
    #[arg(value_name = "FILE")]
    plugin: PathBuf,
    /// The folder of the catalog, or s3://BUCKET/PREFIX.
    #[arg(long, value_name = "FOLDER")]
    catalog: PathBuf,
    /// The instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: String,
    /// The bars, of an indicator of bars: 1d, 60s, 1h-mid. Made of shorter ones where the catalog has no such.
    #[arg(long, value_name = "LENGTH[-BASIS]", default_value = "1d")]
    bars: String,
    /// From here on. RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before here.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// A parameter of the indicator.
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// Write time and values of every update that has any; the name ends in .csv or .parquet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &IndicatorArguments) -> Result<()> {
    let IndicatorCommand::Run(arguments) = &arguments.command;
    let given = parameters(&arguments.param)?;
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let plugin = plugins.load_as(World::Indicator, &arguments.plugin)?;
    let mut indicator = plugins.indicator(&plugin, &given)?;
    let shape = indicator.shape().clone();
    let rule = bar_spec("--bars", &arguments.bars)?;
    let range = range(arguments.from.as_deref(), arguments.to.as_deref())?;
    let all = Catalog::open(&arguments.catalog)?.series(Some(&arguments.instrument))?;
    let updates = Updates::find(&all, &arguments.instrument, shape.feed, rule, range)
        .context("--instrument")?;
    let out = arguments.out.as_deref();
    let mut rows = Rows::new(out, &shape.lines)?;
    let mut last = None;
    let count = update(&mut indicator, &updates, &mut |time, values| {
        last = Some((time, values.to_vec()));
        rows.push(time, values)
    })?;
    let written = rows.finish()?;
    let name = format!("{} {}", plugin.description.name, plugin.description.version);
    let latest: Vec<_> = last.iter().flat_map(|(_, values)| values).collect();
    let lines = shape.lines.iter().map(|line| line.name.as_str());
    if arguments.json {
        let values: serde_json::Map<_, _> = lines
            .zip(&latest)
            .map(|(line, value)| (line.to_owned(), json!(value)))
            .collect();
        let summary = json!({
            "indicator": name,
            "updates": count,
            "rows": written,
            "last": last.as_ref().map(|(time, _)| time.to_string()),
            "values": values,
        });
        return say(&summary.to_string());
    }
    say(&format!("{name}: {count} updates, {written} with values"))?;
    if let Some((time, _)) = &last {
        say(&format!("at {time}:"))?;
        for (line, value) in lines.zip(&latest) {
            say(&format!("{value:>14.6}  {line}"))?;
        }
    }
    match out {
        Some(file) => say(&format!("{}: {written} rows", file.display())),
        None => Ok(()),
    }
}

/// Rows on their way to a file, if there is one.
struct Rows {
    sheet: Option<SheetWriter>,
    times: Vec<Timestamp>,
    /// By line.
    values: Vec<Vec<f64>>,
    count: u64,
}

impl Rows {
    fn new(file: Option<&Path>, lines: &[Line]) -> Result<Self> {
        let names = lines.iter();
        let names = names.map(|line| (line.name.as_str(), SheetForm::Number));
        let columns: Vec<_> = std::iter::once(("time", SheetForm::Time))
            .chain(names)
            .collect();
        let sheet = file.map(|file| SheetWriter::create(file, &columns));
        Ok(Self {
            sheet: sheet.transpose()?,
            times: Vec::new(),
            values: vec![Vec::new(); lines.len()],
            count: 0,
        })
    }

    fn push(&mut self, time: Timestamp, values: &[f64]) -> Result<()> {
        self.count += 1;
        if self.sheet.is_none() {
            return Ok(());
        }
        self.times.push(time);
        for (column, value) in self.values.iter_mut().zip(values) {
            column.push(*value);
        }
        if self.times.len() < ROWS {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        if let Some(sheet) = &mut self.sheet {
            let numbers = self.values.iter().map(|column| SheetCells::Numbers(column));
            let columns: Vec<_> = std::iter::once(SheetCells::Times(&self.times))
                .chain(numbers)
                .collect();
            sheet.push(&columns)?;
        }
        self.times.clear();
        self.values.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// How many rows there were.
    fn finish(mut self) -> Result<u64> {
        self.flush()?;
        if let Some(sheet) = self.sheet {
            sheet.finish()?;
        }
        Ok(self.count)
    }
}
