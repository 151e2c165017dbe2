//! `argonaut data list`.

use super::CatalogArguments;
use crate::cli::say;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use store::catalog::{BarName, Catalog};

/// What to show.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only this instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    #[command(flatten)]
    catalog: CatalogArguments,
}

pub(super) fn run(arguments: &ListArguments) -> Result<()> {
    let catalog = Catalog::open(&arguments.catalog.catalog)?;
    let mut rows = Vec::new();
    for series in catalog.series(arguments.instrument.as_deref())? {
        let Some((first, last)) = series.period() else {
            continue;
        };
        let summary = series.summary()?;
        let days = series.parts.chunk_by(|a, b| a.day == b.day).count();
        if !arguments.catalog.json {
            say(&format!(
                "{}: {} events in {} parts on {days} days, {first} to {last}, {} bytes, grid {}",
                series.key,
                summary.events,
                series.parts.len(),
                summary.bytes,
                summary.tick
            ))?;
        }
        rows.push(json!({
            "instrument": series.key.instrument,
            "kind": series.key.kind.to_string(),
            "bars": series.key.bars.map(|spec| BarName(spec).to_string()),
            "events": summary.events,
            "parts": series.parts.len(),
            "days": days,
            "first": first.to_string(),
            "last": last.to_string(),
            "bytes": summary.bytes,
            "grid": summary.tick.to_string(),
        }));
    }
    if arguments.catalog.json {
        say(&json!({ "series": rows }).to_string())?;
    }
    Ok(())
}
