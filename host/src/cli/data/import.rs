//! `argonaut data import`.

use super::CatalogArguments;
use crate::cli::reading::{ReadingArguments, progress_bar};
use crate::cli::say;
use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use store::catalog::Catalog;
use store::{BookStart, DataSource};

/// What to take in.
#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// Files of quotes, trades, bars or order books: .csv, .csv.gz, .zip or .parquet, and recorded depth feeds
    /// as JSON lines in .gz or .zip.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The symbol of the instrument they are about.
    #[arg(long, value_name = "SYMBOL")]
    instrument: String,
    #[command(flatten)]
    catalog: CatalogArguments,
    #[command(flatten)]
    reading: ReadingArguments,
}

pub(super) fn run(arguments: &ImportArguments) -> Result<()> {
    let template = arguments.reading.source()?;
    let catalog = Catalog::create(&arguments.catalog.catalog)?;
    let mut taken = Vec::new();
    for file in &arguments.files {
        let one = take_in(&catalog, &template, file, &arguments.instrument)?;
        if !arguments.catalog.json {
            say(&one.line())?;
        }
        taken.push(one);
    }
    if arguments.catalog.json {
        let files: Vec<_> = taken.iter().map(Taken::json).collect();
        say(&json!({ "files": files }).to_string())?;
    }
    Ok(())
}

/// A file that is in the catalog now.
pub(super) struct Taken {
    file: String,
    kind: String,
    added: store::catalog::Added,
    skipped: u64,
}

/// Takes one file in.
pub(super) fn take_in(
    catalog: &Catalog,
    template: &DataSource,
    file: &Path,
    instrument: &str,
) -> Result<Taken> {
    let bar = progress_bar(100);
    let source = DataSource {
        path: file.to_owned(),
        // The catalog knows what is before.
        book_start: BookStart::After(catalog.book_ends(instrument)?),
        ..template.clone()
    };
    let loaded = store::load(&source, &mut |done, all| {
        bar.set_position(done.saturating_mul(100) / all.max(1));
    })?;
    bar.finish_and_clear();
    let added = catalog
        .add(instrument, &loaded.series)
        .with_context(|| file.display().to_string())?;
    Ok(Taken {
        file: file.display().to_string(),
        kind: loaded.series.kind().to_string(),
        added,
        skipped: loaded.skipped.count,
    })
}

impl Taken {
    /// How many events are new.
    pub(super) const fn added(&self) -> store::catalog::Added {
        self.added
    }

    /// In words.
    pub(super) fn line(&self) -> String {
        let Self {
            file,
            kind,
            added,
            skipped,
        } = self;
        let mut line = format!(
            "{file}: {} {kind} in {} new parts",
            added.events, added.parts
        );
        if added.already > 0 {
            line.push_str(&format!(", {} were there already", added.already));
        }
        if *skipped > 0 {
            line.push_str(&format!(", {skipped} bad rows left out"));
        }
        line
    }

    /// For programs.
    fn json(&self) -> Value {
        json!({
            "file": self.file,
            "kind": self.kind,
            "events": self.added.events,
            "parts": self.added.parts,
            "already": self.added.already,
            "skipped_rows": self.skipped,
        })
    }
}
