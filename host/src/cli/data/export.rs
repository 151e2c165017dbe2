//! `argonaut data export`.

use super::CatalogArguments;
use crate::cli::reading::range;
use crate::cli::say;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use store::DataKind;
use store::catalog::{BarName, Catalog};

/// What to write, and where.
#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// The file; its name ends in .csv or .parquet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The symbol of the instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: String,
    /// Which kind, where the catalog has several: quotes, trades, bars or books.
    #[arg(long)]
    kind: Option<DataKind>,
    /// Which bars, where the catalog has several: a rule as `data list` shows it, such as 60s-last.
    #[arg(long, value_name = "RULE")]
    bar: Option<String>,
    /// From here on. RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before here.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    #[command(flatten)]
    catalog: CatalogArguments,
}

pub(super) fn run(arguments: &ExportArguments) -> Result<()> {
    let range = range(arguments.from.as_deref(), arguments.to.as_deref())?;
    let rule: Option<BarName> = arguments.bar.as_deref().map(str::parse).transpose()?;
    let catalog = Catalog::open(&arguments.catalog.catalog)?;
    let all = catalog.series(Some(&arguments.instrument))?;
    if all.is_empty() {
        bail!(
            "--instrument {}: the catalog {} has no such data; `argonaut data list` shows what it has",
            arguments.instrument,
            arguments.catalog.catalog.display()
        );
    }
    let names: Vec<_> = all.iter().map(|series| series.key.to_string()).collect();
    let wanted = all.iter().filter(|series| {
        arguments.kind.is_none_or(|kind| kind == series.key.kind)
            && (rule.is_none() || rule == series.key.bars.map(BarName))
    });
    let wanted: Vec<_> = wanted.collect();
    let [series] = wanted.as_slice() else {
        bail!(
            "--instrument {}: {} series fit, one is needed; choose with --kind and --bar; there are: {}",
            arguments.instrument,
            wanted.len(),
            names.join(", ")
        );
    };
    if series.within(range).parts.is_empty() {
        bail!("{}: there is nothing from --from to --to", series.key);
    }
    let events = series.export(&arguments.file, range)?;
    let file = arguments.file.display();
    if arguments.catalog.json {
        return say(&json!({ "file": file.to_string(), "events": events }).to_string());
    }
    say(&format!("{file}: {events} events"))
}
