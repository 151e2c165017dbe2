//! `argonaut fan-out`.

use super::run::{start_logging, stop_signal};
use super::say;
use crate::config::{self, LogFormat, environment_overrides};
use crate::fan_out::FanOutApp;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// What to serve.
#[derive(Debug, Args)]
pub(super) struct FanOutArguments {
    /// The configuration: where the host's stream is, and where to listen.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Write logs as JSON, as `format = "json"` in `[log]` does.
    #[arg(long)]
    log_json: bool,
}

pub(super) fn run(arguments: &FanOutArguments) -> Result<()> {
    let overrides = environment_overrides(std::env::vars());
    let config = config::load_fan_out(&arguments.config, &overrides)?;
    let json = arguments.log_json || config.log.format == LogFormat::Json;
    start_logging(json, None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let app = FanOutApp::start(&arguments.config, &config).await?;
        say(&format!(
            "argonaut fan-out is up: {}://{}/ws",
            app.scheme(),
            app.address()?
        ))?;
        app.serve(stop_signal()?).await?;
        say("stopped")
    })
}
