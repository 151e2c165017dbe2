//! What commands that speak with a running host have in common: which host, who asks, and how to answer.

use super::say;
use crate::client::{At, Client, Request};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Which host, who asks, and how to answer.
#[derive(Debug, Clone, Args)]
pub(super) struct Where {
    #[command(flatten)]
    host: At,
    /// Print what the host answers, as one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// What every write takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Writing {
    /// The approval that a second person has confirmed.
    #[arg(long, value_name = "ID")]
    approval: Option<String>,
    /// A name under which it is done once, however often it is asked for; a fresh one when left out.
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<String>,
}

impl Writing {
    /// A request, as it was asked for.
    pub(super) fn on(&self, request: Request) -> Request {
        Request {
            approval: self.approval.clone(),
            idempotency_key: self.idempotency_key.clone(),
            ..request
        }
    }
}

impl Where {
    pub(super) fn client(&self) -> Result<Client> {
        Client::find(&self.host)
    }

    /// The same, for requests that take as long as the compilation of a plugin.
    pub(super) fn client_for_plugins(&self) -> Result<Client> {
        Client::find_for_plugins(&self.host)
    }

    /// Shows nothing, for who is about to log in.
    pub(super) fn stranger(&self) -> Result<Client> {
        Client::stranger(&self.host)
    }

    /// Says what a host answered: as it is, or in words.
    pub(super) fn show(
        &self,
        answer: &Value,
        words: impl FnOnce(&Value) -> Vec<String>,
    ) -> Result<()> {
        if self.json {
            return say(&answer.to_string());
        }
        words(answer).iter().try_for_each(|line| say(line))
    }
}

/// A component to send, and the Base64 of its signature: that in `signature`, else that in `FILE.minisig`
/// beside it, if there is one.
pub(super) fn component(
    file: &Path,
    signature: Option<&Path>,
) -> Result<(Vec<u8>, Option<String>)> {
    let plugin = read(file)?;
    let signature = match signature {
        Some(file) => Some(read(file)?),
        None => {
            let mut beside = file.as_os_str().to_owned();
            beside.push(".minisig");
            let beside = PathBuf::from(beside);
            beside.exists().then(|| read(&beside)).transpose()?
        }
    };
    let signature = signature.map(|bytes| registry::signature_to_base64(&bytes));
    Ok((plugin, signature))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))
}
