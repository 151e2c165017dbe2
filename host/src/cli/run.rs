//! `argonaut run`.

use super::say;
use crate::config::{self, Config, LogFormat, environment_overrides};
use crate::ending::Ending;
use crate::plugins::runtime_options;
use crate::run::{App, DEFAULT_CONFIG, put_journal_away};
use anyhow::{Context, Result, bail};
use api::Tls;
use clap::Args;
use services::handle::Queries;
use services::host::HostHandle;
use services::view::EngineState;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use telemetry::Telemetry;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Pause between looks whether the host runs.
const READY_LOOK: Duration = Duration::from_millis(2);

/// What to run.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The configuration; without it a simulated market with the sample strategies.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Begin a new journal; the one that is there is moved to `journals/`, and nothing comes back.
    #[arg(long)]
    fresh: bool,
    /// Write logs as JSON, as `format = "json"` in `[log]` does.
    #[arg(long)]
    log_json: bool,
}

pub(super) fn run(arguments: RunArguments) -> Result<()> {
    let overrides = environment_overrides(std::env::vars());
    let (file, config) = match &arguments.config {
        Some(file) => (file.as_path(), config::load(file, &overrides)?),
        None => {
            let file = Path::new("built-in configuration");
            (file, config::parse(file, DEFAULT_CONFIG, &overrides)?)
        }
    };
    // What is wrong with a configuration is said, not logged.
    let run = run_name()?;
    let telemetry = start_telemetry(file, &config, &run)?;
    let json = arguments.log_json || config.log.format == LogFormat::Json;
    start_logging(json, telemetry.as_ref())?;
    let ending = Ending::within(config.host.drain());
    let done = host(&arguments, file, &config, run, &ending);
    if let Some(telemetry) = telemetry {
        telemetry.end(ending.left());
    }
    done
}

/// Runs a host to its end.
fn host(
    arguments: &RunArguments,
    file: &Path,
    config: &Config,
    run: String,
    ending: &Ending,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        let compiler = runtime_options(&config.host.data_dir)?;
        // Before anything trades: the signal's usual effect would end the process.
        let kills = signal(SignalKind::user_defined2())?;
        // A limit on the size of files is a disk that is full, and not the end either.
        let _full = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
        if arguments.fresh
            && let Some(away) = put_journal_away(&config.host.data_dir, &run)?
        {
            say(&format!("the journal before is now {}", away.display()))?;
        }
        let app = App::start(file, config, run, compiler).await?;
        tokio::spawn(kill_at(kills, app.handle().clone()));
        if let Some(tls) = app.tls() {
            // Else its usual effect, the end.
            tokio::spawn(renew_at(signal(SignalKind::hangup())?, tls.clone()));
        }
        let base = format!("{}://{}", app.scheme(), app.address()?);
        say(&format!("argonaut is up: {base}/ shows it live"))?;
        say(&format!("journal: {}", app.journal().display()))?;
        if let Some(recovered) = app.handle().recovered() {
            let (inputs, took) = (recovered.inputs, recovered.took.as_secs_f64());
            let how = if recovered.sealed {
                "ended"
            } else {
                "was cut off"
            };
            let stepped = inputs - recovered.snapshot.unwrap_or_default();
            say(&format!(
                "came back from {inputs} inputs in {took:.3} s, {stepped} of them stepped again; \
                 the run before {how}"
            ))?;
        }
        if let Some(token) = app.invitation() {
            say(&first_way_in(&base, token))?;
        }
        tokio::spawn(say_when_ready(app.handle().clone()));
        let ended = app.serve(ending.noted(stop_signal()?)).await?;
        say(&format!(
            "stopped after {} inputs, journal {}",
            ended.sequence, ended.journal_hash
        ))?;
        match ended.journal_error {
            Some(error) => bail!("{error}"),
            None => Ok::<(), anyhow::Error>(()),
        }
    });
    // Whatever holds a thread now, as a server that does not answer, is no more waited for than all else.
    runtime.shutdown_timeout(ending.left());
    done
}

/// How the first person comes in: by a link, or by a command where there is no browser. What is behind the `#` of a
/// link stays in the browser, so that it comes into no log on the way.
fn first_way_in(base: &str, token: &str) -> String {
    format!(
        "nobody can log in yet; take up the first name within an hour, once: {base}/#claim={token}\n\
         or by a command: curl -X POST {base}/api/v1/auth/claim -H 'content-type: application/json' \
         -d '{{\"token\":\"{token}\",\"name\":\"NAME\",\"password\":\"PASSWORD\"}}'"
    )
}

/// What spans and lines go through: traces first, so that they have spans of their own.
type Traced = Layered<Option<Box<dyn Layer<Registry> + Send + Sync>>, Registry>;

pub(super) fn start_logging(json: bool, telemetry: Option<&Telemetry>) -> Result<()> {
    let filter = EnvFilter::try_from_env("ARGONAUT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Traced> + Send + Sync> = if json {
        Box::new(lines.json())
    } else {
        Box::new(lines)
    };
    let started = tracing_subscriber::registry()
        .with(telemetry.map(Telemetry::layer))
        .with(lines.with_filter(filter))
        .try_init();
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

/// Begins to send traces, where the configuration says where to.
fn start_telemetry(file: &Path, config: &Config, run: &str) -> Result<Option<Telemetry>> {
    let Some(section) = &config.telemetry else {
        return Ok(None);
    };
    let settings = section.settings(run, &config.secrets());
    let begun = settings.and_then(|settings| Telemetry::begin(&settings));
    begun
        .map(Some)
        .map_err(|error| anyhow::anyhow!("{}: telemetry.{error}", file.display()))
}

/// Runs are named by the second in which they begin and the process that is them.
fn run_name() -> Result<String> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is before 1970")?;
    Ok(format!("run-{}-{}", since.as_secs(), std::process::id()))
}

/// Says "ready" once `GET health` says RUNNING: whoever waits for the word may ask for anything.
async fn say_when_ready(host: HostHandle) {
    while host.engine().state != EngineState::Running {
        if host.ended().is_some() {
            return;
        }
        tokio::time::sleep(READY_LOOK).await;
    }
    if let Err(error) = say("ready") {
        tracing::warn!(%error, "nobody can be told that the host is ready");
    }
}

/// Kills the firm at every SIGUSR2.
async fn kill_at(mut kills: Signal, host: HostHandle) {
    while kills.recv().await.is_some() {
        tracing::error!("told by a signal to kill the firm");
        if let Err(error) = host.kill(true).await {
            tracing::error!(%error, "the firm could not be killed");
        }
    }
}

/// Looks for another certificate at every SIGHUP.
async fn renew_at(mut hangups: Signal, tls: Tls) {
    while hangups.recv().await.is_some() {
        tls.look().await;
    }
}

/// Resolves at SIGTERM or SIGINT.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
    })
}

#[cfg(test)]
mod tests {
    use super::first_way_in;

    #[test]
    fn the_first_person_comes_in_by_a_link_or_by_a_command() {
        let told = first_way_in("http://127.0.0.1:8080", "aB-3_z");
        let (link, command) = told.split_once('\n').unwrap();
        assert!(
            link.ends_with(": http://127.0.0.1:8080/#claim=aB-3_z"),
            "{link}"
        );
        let asked = "curl -X POST http://127.0.0.1:8080/api/v1/auth/claim ";
        assert!(command.contains(asked), "{command}");
        let body = r#"-d '{"token":"aB-3_z","name":"NAME","password":"PASSWORD"}'"#;
        assert!(command.ends_with(body), "{command}");
    }
}
