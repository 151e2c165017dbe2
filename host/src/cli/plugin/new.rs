//! `argonaut plugin new`: begins a plugin that builds and trades, in the author's language.

use crate::cli::say;
use anyhow::Result;
use builder::Language;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// The plugin's folder, which is made; its last part is the plugin's name.
    folder: PathBuf,
    /// What to write it in: rust, ts, python or c.
    #[arg(long)]
    lang: Language,
}

pub(super) fn run(arguments: &NewArguments) -> Result<()> {
    let NewArguments { folder, lang } = arguments;
    for file in builder::new_project(folder, *lang)? {
        say(&folder.join(file).display().to_string())?;
    }
    say(&format!(
        "README.md there says how to build and run it: a strategy in {lang} that trades already"
    ))
}
