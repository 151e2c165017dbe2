//! `argonaut store`: the tables that are made from the journal.

use super::say;
use crate::config::{self, Config, environment_overrides};
use crate::filing::{Rebuilt, rebuild};
use crate::run::{DEFAULT_CONFIG, JOURNAL};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use journal::Folder;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What to do with the store.
#[derive(Debug, Args)]
pub(super) struct StoreArguments {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Make all tables again from the journal, say which differed, and put the new ones in place.
    Rebuild(WhichStore),
    /// The same without replacing anything; ends with code 3 when a table differs.
    Verify(WhichStore),
}

/// Of which host. It must not run.
#[derive(Debug, Args)]
struct WhichStore {
    /// The host's configuration; without it that of `argonaut run` without one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object on one line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: StoreArguments) -> Result<ExitCode> {
    let (which, replace) = match &arguments.command {
        StoreCommand::Rebuild(which) => (which, true),
        StoreCommand::Verify(which) => (which, false),
    };
    let rebuilt = made_again(which, replace)?;
    let differing = rebuilt.differing();
    show(&rebuilt, &differing, which.json)?;
    Ok(match differing.is_empty() || replace {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(3),
    })
}

fn configuration(which: &WhichStore) -> Result<Config> {
    let overrides = environment_overrides(std::env::vars());
    Ok(match &which.config {
        Some(file) => config::load(file, &overrides)?,
        None => config::parse(
            Path::new("built-in configuration"),
            DEFAULT_CONFIG,
            &overrides,
        )?,
    })
}

fn made_again(which: &WhichStore, replace: bool) -> Result<Rebuilt> {
    let config = configuration(which)?;
    let data_dir = &config.host.data_dir;
    let journal = data_dir.join(JOURNAL);
    if !journal.is_dir() {
        bail!(
            "{}: there is no journal to make a store from",
            journal.display()
        );
    }
    let Some(location) = config.store.location(data_dir, &config.secrets())? else {
        bail!("store.url: it is `none`, so there is no store");
    };
    // Nobody writes the journal or the store meanwhile.
    let _lock = Folder::lock(&journal, "store rebuild").context("stop the host first")?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(
        "{spinner} {pos} inputs, {elapsed}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rebuilt = runtime.block_on(rebuild(
        &location,
        &journal,
        &config.store,
        replace,
        |sequence| bar.set_position(sequence),
    ));
    bar.finish_and_clear();
    rebuilt.with_context(|| location.to_string())
}

fn show(rebuilt: &Rebuilt, differing: &[&str], json: bool) -> Result<()> {
    if json {
        let tables: serde_json::Map<_, _> = rebuilt
            .tables
            .iter()
            .map(|table| {
                let said = serde_json::json!({
                    "rows": table.rows,
                    "hash": table.hash,
                    "equal": !differing.contains(&table.table),
                });
                (table.table.to_owned(), said)
            })
            .collect();
        let report = serde_json::json!({
            "sequence": rebuilt.sequence,
            "tables": tables,
            "before": rebuilt.before.as_ref().err(),
        });
        return say(&report.to_string());
    }
    if let Err(reason) = &rebuilt.before {
        say(&format!("the store before cannot be compared: {reason}"))?;
    }
    for table in &rebuilt.tables {
        let verdict = match (&rebuilt.before, differing.contains(&table.table)) {
            (Err(_), _) => "",
            (Ok(_), true) => "DIFFERS",
            (Ok(_), false) => "equal",
        };
        say(&format!(
            "{:<18} {:>10} rows  {verdict}",
            table.table, table.rows
        ))?;
    }
    say(&format!(
        "all of the journal up to sequence {}",
        rebuilt.sequence
    ))
}
