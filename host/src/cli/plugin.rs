//! `argonaut plugin new`, `argonaut plugin build` and `argonaut plugin inspect`.

mod new;

use super::say;
use crate::plugins::{Plugins, default_data_dir, runtime_options};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};

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
    /// Show what a plugin is, what it wants, and what can be set.
    Inspect {
        /// The component.
        file: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: PluginArguments) -> Result<()> {
    match arguments.command {
        PluginCommand::New(arguments) => new::run(&arguments),
        PluginCommand::Build {
            folders,
            out,
            features,
            name,
        } => build(folders, &out, &features, name.as_deref()),
        PluginCommand::Inspect { file, json } => inspect(&file, json),
    }
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

fn inspect(file: &Path, json: bool) -> Result<()> {
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let plugin = plugins.load_any(file)?;
    let bytes = std::fs::read(file)?;
    let imports = builder::imports(&file.display().to_string(), &bytes)?;
    let described = &plugin.description;
    if json {
        let parameters = described.parameters.iter().map(|parameter| {
            serde_json::json!({
                "name": parameter.name,
                "kind": parameter.kind.name(),
                "default": parameter.default,
                "minimum": parameter.minimum,
                "maximum": parameter.maximum,
                "documentation": parameter.documentation,
            })
        });
        return say(&serde_json::json!({
            "world": plugin.admitted.world().name(),
            "name": described.name,
            "version": described.version,
            "documentation": described.documentation,
            "hash": plugin.admitted.hash().to_string(),
            "size_bytes": bytes.len(),
            "imports": imports,
            "parameters": parameters.collect::<Vec<_>>(),
        })
        .to_string());
    }
    say(&format!("{} {}", described.name, described.version))?;
    say(&described.documentation)?;
    say(&format!("world    {}", plugin.admitted.world()))?;
    say(&format!("hash     {}", plugin.admitted.hash()))?;
    say(&format!("size     {} bytes", bytes.len()))?;
    say(&format!("imports  {}", imports.join(", ")))?;
    for parameter in &described.parameters {
        let default = parameter
            .default
            .as_deref()
            .map_or("required".to_owned(), |text| {
                format!("default {}", if text.is_empty() { "empty" } else { text })
            });
        let range = match (&parameter.minimum, &parameter.maximum) {
            (None, None) => String::new(),
            (low, high) => {
                let bound = |text: &Option<String>| text.clone().unwrap_or_default();
                format!(", {}..={}", bound(low), bound(high))
            }
        };
        say(&format!(
            "  {} ({}{range}, {default})",
            parameter.name,
            parameter.kind.name()
        ))?;
        say(&format!("      {}", parameter.documentation))?;
    }
    Ok(())
}
