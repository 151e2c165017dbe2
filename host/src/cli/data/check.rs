//! `argonaut data verify`, `compact` and `quality`.

use super::{CatalogArguments, FOUND};
use crate::cli::reading::range;
use crate::cli::say;
use crate::config::Span;
use anyhow::{Result, bail};
use clap::Args;
use model::{Duration, Rate};
use serde_json::json;
use std::process::ExitCode;
use store::catalog::{BarName, Catalog, DayQuality, Thresholds};

/// What to check.
#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// Only this instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    #[command(flatten)]
    catalog: CatalogArguments,
}

/// What to merge.
#[derive(Debug, Args)]
pub(super) struct CompactArguments {
    /// Only this instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    #[command(flatten)]
    catalog: CatalogArguments,
}

/// What to look at, and what is odd.
#[derive(Debug, Args)]
pub(super) struct QualityArguments {
    /// Only this instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    /// From here on. RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before here.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// A gap: no event for longer than this within a day.
    #[arg(long, default_value = "5min")]
    gap: Span,
    /// An outlier: a price further than this share from the median of the 21 before it.
    #[arg(long, default_value = "0.05")]
    outlier: Rate,
    /// Stale: nothing changes for at least so long though events come.
    #[arg(long, default_value = "5min")]
    stale: Span,
    #[command(flatten)]
    catalog: CatalogArguments,
}

pub(super) fn verify(arguments: &VerifyArguments) -> Result<ExitCode> {
    let catalog = Catalog::open(&arguments.catalog.catalog)?;
    let verified = catalog.verify(arguments.instrument.as_deref(), &mut |_| {})?;
    if arguments.catalog.json {
        let problems = verified.problems.iter().map(|problem| {
            json!({ "file": problem.path.display().to_string(), "problem": problem.detail })
        });
        let problems: Vec<_> = problems.collect();
        let (parts, events) = (verified.parts, verified.events);
        say(&json!({ "parts": parts, "events": events, "problems": problems }).to_string())?;
    } else {
        for problem in &verified.problems {
            say(&problem.line())?;
        }
        say(&format!(
            "{} parts, {} events, {} problems",
            verified.parts,
            verified.events,
            verified.problems.len()
        ))?;
    }
    Ok(exit(verified.problems.is_empty()))
}

pub(super) fn compact(arguments: &CompactArguments) -> Result<()> {
    let catalog = Catalog::open(&arguments.catalog.catalog)?;
    let done = catalog.compact(arguments.instrument.as_deref(), &mut |_| {})?;
    if arguments.catalog.json {
        let (days, removed, events) = (done.days, done.removed, done.events);
        return say(&json!({ "days": days, "removed": removed, "events": events }).to_string());
    }
    say(&format!(
        "{} days merged, {} events; {} parts removed",
        done.days, done.events, done.removed
    ))
}

pub(super) fn quality(arguments: &QualityArguments) -> Result<ExitCode> {
    if arguments.outlier <= Rate::ZERO || arguments.stale.0 == Duration::ZERO {
        bail!("--outlier and --stale must be above zero");
    }
    let range = range(arguments.from.as_deref(), arguments.to.as_deref())?;
    let thresholds = Thresholds {
        gap: arguments.gap.0,
        outlier: arguments.outlier,
        stale: arguments.stale.0,
    };
    let catalog = Catalog::open(&arguments.catalog.catalog)?;
    let mut rows = Vec::new();
    let mut clean = true;
    for series in catalog.series(arguments.instrument.as_deref())? {
        for day in series.quality(range, thresholds)? {
            clean &= day.is_clean();
            if !arguments.catalog.json {
                say(&format!("{} {}", series.key, words(&day)))?;
            }
            rows.push(json!({
                "instrument": series.key.instrument,
                "kind": series.key.kind.to_string(),
                "bars": series.key.bars.map(|spec| BarName(spec).to_string()),
                "day": day.day,
                "events": day.events,
                "gaps": day.gaps,
                "longest_gap_ns": day.longest_gap.nanos(),
                "duplicates": day.duplicates,
                "outliers": day.outliers,
                "crossed": day.crossed,
                "stale": day.stale,
            }));
        }
    }
    if arguments.catalog.json {
        say(&json!({ "clean": clean, "days": rows }).to_string())?;
    }
    Ok(exit(clean))
}

fn words(day: &DayQuality) -> String {
    format!(
        "{}: {} events, {} gaps (longest {}.{:03} s), {} duplicates, {} outliers, {} crossed, {} stale",
        day.day,
        day.events,
        day.gaps,
        day.longest_gap.nanos() / 1_000_000_000,
        day.longest_gap.nanos() / 1_000_000 % 1_000,
        day.duplicates,
        day.outliers,
        day.crossed,
        day.stale
    )
}

fn exit(clean: bool) -> ExitCode {
    if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    }
}
