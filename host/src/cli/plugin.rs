//! `argonaut plugin`: one file per kind of work below `plugin/`.

mod bench;
mod inspect;
mod new;
mod registry;
mod sign;
mod test;
mod uploading;

use super::say;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The exit code of a test that found something.
const FOUND: u8 = 3;

/// What to do with plugins.
#[derive(Debug, Args)]
pub(super) struct PluginArguments {
    #[command(subcommand)]
    command: PluginCommand,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// Begin a plugin in Rust, TypeScript, Python or C.
    New(new::NewArguments),
    /// Build plugins from source, each to one component.
    Build {
        /// Folders with a Cargo.toml, a package.json, a pyproject.toml or .c files each.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Where the `.wasm` files go.
        #[arg(long, default_value = "target/plugins")]
        out: PathBuf,
        /// Cargo features to build with; for crates only.
        #[arg(long)]
        features: Vec<String>,
        /// Name of the file, without `.wasm`; the package's name when left out.
        #[arg(long)]
        name: Option<String>,
    },
    /// Try a component: scenarios of events and of what must come of them, and random markets.
    Test(test::TestArguments),
    /// Measure what events cost a component, beside one that does nothing.
    Bench(bench::BenchArguments),
    /// Show what a plugin is, what it wants, and what can be set.
    #[command(visible_alias = "show")]
    Inspect(inspect::InspectArguments),
    /// Show how one component differs from another: interface, parameters, size.
    Diff(inspect::DiffArguments),
    /// Make a key to sign plugins with.
    Keygen(sign::KeygenArguments),
    /// Sign a component: FILE.minisig beside it, as minisign makes and checks it.
    Sign(sign::SignArguments),
    /// List what a running host has.
    List(registry::ListArguments),
    /// Send a component to a running host, which keeps it and does not run it.
    Upload(registry::UploadArguments),
    /// Say that a component may run.
    Approve(registry::ApproveArguments),
    /// Say that a component may never run again; strategies that run it are paused.
    Revoke(registry::DecisionArguments),
    /// Let a component run again that broke too often and was put into quarantine.
    Release(registry::DecisionArguments),
    /// Remove a component that nobody needs from a running host.
    Delete(registry::DecisionArguments),
    /// Show what was done with a component, and what ran it.
    History(registry::HistoryArguments),
}

pub(super) fn run(arguments: PluginArguments) -> Result<ExitCode> {
    let done = match arguments.command {
        PluginCommand::Test(arguments) => return test::run(&arguments),
        PluginCommand::Bench(arguments) => bench::run(&arguments),
        PluginCommand::New(arguments) => new::run(&arguments),
        PluginCommand::Build {
            folders,
            out,
            features,
            name,
        } => build(folders, &out, &features, name.as_deref()),
        PluginCommand::Inspect(arguments) => inspect::inspect(&arguments),
        PluginCommand::Diff(arguments) => inspect::compare(&arguments),
        PluginCommand::Keygen(arguments) => sign::keygen(arguments),
        PluginCommand::Sign(arguments) => sign::sign(arguments),
        PluginCommand::List(arguments) => registry::list(&arguments),
        PluginCommand::Upload(arguments) => registry::upload(&arguments),
        PluginCommand::Approve(arguments) => registry::approve(&arguments),
        PluginCommand::Revoke(arguments) => registry::revoke(&arguments),
        PluginCommand::Release(arguments) => registry::release(&arguments),
        PluginCommand::Delete(arguments) => registry::delete(&arguments),
        PluginCommand::History(arguments) => registry::history(&arguments),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// `NAME=VALUE` of `--param`.
fn assignment(text: &str) -> Result<(&str, &str)> {
    let parts = text.split_once('=');
    let (name, value) = parts.with_context(|| format!("--param {text}: write NAME=VALUE"))?;
    Ok((name.trim(), value.trim()))
}

fn build(folders: Vec<PathBuf>, out: &Path, features: &[String], name: Option<&str>) -> Result<()> {
    if name.is_some() && folders.len() > 1 {
        bail!("--name: one name does not fit {} plugins", folders.len());
    }
    let options: Vec<_> = folders
        .into_iter()
        .map(|folder| builder::BuildOptions {
            out_dir: Some(out.to_owned()),
            features: features.to_vec(),
            name: name.map(str::to_owned),
            ..builder::BuildOptions::new(folder)
        })
        .collect();
    let built = builder::build_many(&options, &mut |line| {
        // Progress is a courtesy; losing it must not lose the build.
        let _ = writeln!(std::io::stderr(), "{line}");
    })?;
    for one in built {
        say(&format!(
            "{} ({} bytes)",
            one.component.display(),
            one.bytes
        ))?;
    }
    Ok(())
}
