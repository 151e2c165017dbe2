//! `argonaut data`: the catalog of market data. One file per command below `data/`.
//!
//! Exit codes: 0 done; 1 it could not be done; 2 wrong usage; 3 done, and a check found something.

mod backfill;
mod check;
mod export;
mod import;
mod list;

use anyhow::Result;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of a check that found something.
const FOUND: u8 = 3;

/// What to do with a catalog.
#[derive(Debug, Args)]
pub(super) struct DataArguments {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Take files of one instrument in.
    Import(Box<import::ImportArguments>),
    /// Take all files of one instrument in that patterns name; a run that was cut off goes on where
    /// it stopped.
    Backfill(Box<backfill::BackfillArguments>),
    /// Show what is in a catalog.
    List(list::ListArguments),
    /// Write a stretch of one series to a CSV or Parquet file.
    Export(export::ExportArguments),
    /// Check every file: checksum, schema, order of time, overlaps.
    Verify(check::VerifyArguments),
    /// Merge the files of each day into one.
    Compact(check::CompactArguments),
    /// Report gaps, duplicates, outliers, crossed quotes and stale prices.
    Quality(check::QualityArguments),
}

/// Which catalog, and how the answer is written.
#[derive(Debug, Args)]
struct CatalogArguments {
    /// The folder of the catalog, or s3://BUCKET/PREFIX with what the environment says by AWS_…
    #[arg(long, value_name = "FOLDER")]
    catalog: PathBuf,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: DataArguments) -> Result<ExitCode> {
    match arguments.command {
        DataCommand::Import(arguments) => import::run(&arguments)?,
        DataCommand::Backfill(arguments) => backfill::run(&arguments)?,
        DataCommand::List(arguments) => list::run(&arguments)?,
        DataCommand::Export(arguments) => export::run(&arguments)?,
        DataCommand::Verify(arguments) => return check::verify(&arguments),
        DataCommand::Compact(arguments) => check::compact(&arguments)?,
        DataCommand::Quality(arguments) => return check::quality(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}
