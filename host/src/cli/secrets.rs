//! `argonaut secrets`: secrets in a sealed file, which a configuration names as `secret:NAME`. A value
//! comes in by standard input or a prompt that shows nothing, never as an argument, and never goes out again.

use super::say;
use crate::config::{self, Config, environment_overrides};
use crate::run::DEFAULT_CONFIG;
use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use model::Timestamp;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use vault::{KeyPlace, LONGEST_VALUE, Name, Place, Rotate, Value, VaultError};
use zeroize::Zeroizing;

/// What to do with secrets.
#[derive(Debug, Args)]
pub(super) struct SecretsArguments {
    #[command(subcommand)]
    command: SecretsCommand,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Make the file of secrets, and a master key where its file is named and not there.
    Init(WhichSecrets),
    /// Keep a secret, which is asked for without showing it, or read from standard input.
    Set(NamedSecret),
    /// Show names, versions and when each was set; never a value.
    List(ListArguments),
    /// Forget a secret.
    Remove(NamedSecret),
    /// Make a new master key and wrap all data keys by it.
    Rotate(RotateArguments),
    /// Seal all secrets by new data keys, wrapped by the master key that is configured.
    Rewrap(RewrapArguments),
    /// Unseal each secret once; ends with code 3 when one is not what was sealed.
    Verify(WhichSecrets),
}

/// Of which host. It may run: it reads its secrets when it starts.
#[derive(Debug, Args)]
struct WhichSecrets {
    /// The host's configuration; without it that of `argonaut run` without one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The file with the master key, in the place of what `[secrets]` says.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct NamedSecret {
    /// Its name: lower-case letters, digits, `.`, `_` and `-`.
    name: Name,
    #[command(flatten)]
    which: WhichSecrets,
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    which: WhichSecrets,
    /// Print one JSON object on one line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RotateArguments {
    #[command(flatten)]
    which: WhichSecrets,
    /// Where the new master key goes; in the place of the old one when left out. Needed where the old one
    /// is in the environment.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Keep the old master key there, for copies of the file that were made before. When left out, and
    /// without --to, it is forgotten.
    #[arg(long, value_name = "FILE")]
    keep_old: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RewrapArguments {
    #[command(flatten)]
    which: WhichSecrets,
    /// The master key that they are wrapped by, where it is another than the configured one.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

pub(super) fn run(arguments: &SecretsArguments) -> Result<ExitCode> {
    match &arguments.command {
        SecretsCommand::Init(which) => init(which)?,
        SecretsCommand::Set(named) => set(named)?,
        SecretsCommand::List(list) => show(list)?,
        SecretsCommand::Remove(named) => {
            place(&named.which)?.remove(&named.name)?;
            say(&format!("`{}` is forgotten", named.name))?;
        }
        SecretsCommand::Rotate(rotate) => rotated(rotate)?,
        SecretsCommand::Rewrap(rewrap) => {
            let from = rewrap.from.clone().map(KeyPlace::File);
            let place = place(&rewrap.which)?;
            let secrets = place.rewrap(from.as_ref())?;
            say(&format!("{secrets} secrets are sealed by new data keys"))?;
        }
        SecretsCommand::Verify(which) => return verify(which),
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the secrets of a host are.
fn place(which: &WhichSecrets) -> Result<Place> {
    let config = configuration(which)?;
    let mut section = config.secrets.clone();
    if let Some(file) = &which.key_file {
        section.master_key_file = Some(file.clone());
        section.master_key_env = None;
    }
    let place = section.place(&config.host.data_dir);
    place.map_err(|(key, reason)| anyhow!("{key}: {reason}"))
}

fn configuration(which: &WhichSecrets) -> Result<Config> {
    let overrides = environment_overrides(std::env::vars());
    let built_in = Path::new("built-in configuration");
    Ok(match &which.config {
        Some(file) => config::load(file, &overrides)?,
        None => config::parse(built_in, DEFAULT_CONFIG, &overrides)?,
    })
}

fn init(which: &WhichSecrets) -> Result<()> {
    let place = place(which)?;
    if let Some(folder) = place.file.parent() {
        let made = std::fs::create_dir_all(folder);
        made.with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let id = place.init().map_err(|error| match error {
        error @ VaultError::Key { .. } => anyhow!(
            "{error}; name a file for it by `master_key_file` in [secrets] or by --key-file, and one is made"
        ),
        error => anyhow!(error),
    })?;
    say(&format!(
        "{}: made; master key {id} is in {}, without which nothing opens: keep a copy of it elsewhere",
        place.file.display(),
        place.key
    ))
}

fn set(named: &NamedSecret) -> Result<()> {
    let place = place(&named.which)?;
    // Before anybody types it in vain.
    place.open()?;
    let value = asked(&named.name)?;
    let version = place.set(&named.name, &value, now_ms()?)?;
    say(&format!("`{}` is kept, version {version}", named.name))
}

/// The value, without the line's end that a prompt or `echo` leaves.
fn asked(name: &Name) -> Result<Value> {
    let text = if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(format!("{name}: "));
        Zeroizing::new(typed.context("nothing can be asked for")?)
    } else {
        // One more than it may be, and room for all of it: a buffer that grows leaves copies behind.
        let most = LONGEST_VALUE + 3;
        let mut bytes = Zeroizing::new(Vec::<u8>::with_capacity(most));
        let mut limited = std::io::stdin().lock().take(u64::try_from(most)?);
        let read = limited.read_to_end(&mut bytes);
        read.context("standard input cannot be read")?;
        let text = std::str::from_utf8(&bytes).context("a secret is text")?;
        Zeroizing::new(text.to_owned())
    };
    let text = text.as_str();
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Value::new(line.to_owned()).map_err(|reason| anyhow!("{name}: {reason}"))
}

fn show(list: &ListArguments) -> Result<()> {
    let vault = place(&list.which)?.open()?;
    let listed = vault.list();
    if list.json {
        let secrets = listed.iter().map(|secret| {
            serde_json::json!({
                "name": secret.name.as_str(),
                "version": secret.version,
                "set": moment(secret.set_ms),
            })
        });
        let report = serde_json::json!({
            "master_key": vault.master_id(),
            "secrets": secrets.collect::<Vec<_>>(),
        });
        return say(&report.to_string());
    }
    for secret in &listed {
        say(&format!(
            "{:<32} version {:<4} set {}",
            secret.name.as_str(),
            secret.version,
            moment(secret.set_ms)
        ))?;
    }
    say(&format!(
        "{} secrets, master key {}",
        listed.len(),
        vault.master_id()
    ))
}

fn rotated(arguments: &RotateArguments) -> Result<()> {
    let place = place(&arguments.which)?;
    let done = place.rotate(&Rotate {
        to: arguments.to.clone(),
        keep_old: arguments.keep_old.clone(),
    })?;
    say(&format!(
        "{} data keys are wrapped by master key {}, which is in {}; {} is {}",
        done.secrets,
        done.new,
        done.place,
        done.old,
        left(arguments.keep_old.as_deref(), (&place.key, &done.place))
    ))?;
    if done.place != place.key {
        say("let `[secrets]` or the environment give the new one before the host starts again")?;
    }
    Ok(())
}

/// What became of the key before: nothing, where the new one went elsewhere.
fn left(kept: Option<&Path>, (old, new): (&KeyPlace, &KeyPlace)) -> String {
    let kept = kept.map(|file| format!("kept in {}", file.display()));
    if old == new {
        return kept.unwrap_or_else(|| "forgotten".to_owned());
    }
    let still = format!("still in {old}: remove it there once nothing needs it");
    match kept {
        Some(kept) => format!("{kept}, and {still}"),
        None => still,
    }
}

fn verify(which: &WhichSecrets) -> Result<ExitCode> {
    let place = place(which)?;
    match place.open().and_then(|vault| vault.verify()) {
        Ok(secrets) => {
            say(&format!(
                "{}: whole; {secrets} secrets open",
                place.file.display()
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ VaultError::Broken { .. }) => {
            say(&error.to_string())?;
            Ok(ExitCode::from(3))
        }
        Err(error) => Err(error.into()),
    }
}

fn now_ms() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(u64::try_from(
        since.context("the clock is before 1970")?.as_millis(),
    )?)
}

fn moment(ms: u64) -> String {
    Timestamp::from_nanos(ms.saturating_mul(1_000_000)).to_string()
}
