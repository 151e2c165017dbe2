//! `argonaut plugin new`: begins a plugin that builds and works, in the author's language.

use crate::cli::say;
use anyhow::Result;
use builder::{Language, ProjectKind};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// The plugin's folder, which is made; its last part is the plugin's name.
    folder: PathBuf,
    /// What to write it in: rust, ts, python or c.
    #[arg(long)]
    lang: Language,
    /// What it is: strategy, factor or indicator; the latter two in Rust.
    #[arg(long, default_value = "strategy")]
    world: ProjectKind,
}

pub(super) fn run(arguments: &NewArguments) -> Result<()> {
    let NewArguments {
        folder,
        lang,
        world,
    } = arguments;
    for file in builder::new_project(folder, *lang, *world)? {
        say(&folder.join(file).display().to_string())?;
    }
    let what = match world {
        ProjectKind::Strategy => "a strategy",
        ProjectKind::Factor => "a factor",
        ProjectKind::Indicator => "an indicator",
    };
    let works = match world {
        ProjectKind::Strategy => "trades",
        _ => "works",
    };
    say(&format!(
        "README.md there says how to build and run it: {what} in {lang} that {works} already"
    ))
}
