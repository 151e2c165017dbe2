//! `argonaut login` and `argonaut logout`: a session with a running host, for the commands that follow.

use super::asking::Where;
use crate::client::{Session, read_secret};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Who logs in.
#[derive(Debug, Args)]
pub(super) struct LoginArguments {
    /// The name.
    name: String,
    /// The password is the first line of this file, which only its owner may read; else it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    at: Where,
}

/// Whose session ends.
#[derive(Debug, Args)]
pub(super) struct LogoutArguments {
    #[command(flatten)]
    at: Where,
}

pub(super) fn login(arguments: &LoginArguments) -> Result<()> {
    let LoginArguments {
        name,
        password_file,
        at,
    } = arguments;
    let password = match password_file {
        Some(file) => read_secret(file)?,
        None => rpassword::prompt_password(format!("password of {name}: "))
            .context("there is no terminal to ask for a password; give --password-file")?,
    };
    let known = Session::begin(&at.stranger()?, name, &password)?;
    at.show(&known, |known| {
        let text = |name: &str| known[name].as_str().unwrap_or_default();
        let (user, until) = (text("user"), text("session_expires"));
        vec![format!("logged in as {user}; without use until {until}")]
    })
}

pub(super) fn logout(arguments: &LogoutArguments) -> Result<()> {
    let at = &arguments.at;
    let ended = Session::end(&at.stranger()?)?;
    at.show(&json!({"ended": ended}), |_| {
        let words = match ended {
            true => "logged out",
            false => "nobody was logged in",
        };
        vec![words.to_owned()]
    })
}
