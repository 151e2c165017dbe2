//! `argonaut plugin keygen` and `argonaut plugin sign`.

use super::say;
use crate::signing::{self, Password};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// A key to make.
#[derive(Debug, Args)]
pub(super) struct KeygenArguments {
    /// Where the secret key goes; the public one goes beside it, with the extension `pub`.
    #[arg(default_value = "argonaut.key")]
    file: PathBuf,
    #[command(flatten)]
    protection: Protection,
}

/// How the secret key is protected. Without either, a password is asked for.
#[derive(Debug, Args)]
struct Protection {
    /// By the password in the first line of this file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// By nothing but who may read the file.
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
}

impl Protection {
    fn password(&self) -> Result<Password> {
        match &self.password_file {
            Some(file) => Password::read(file),
            None if self.no_password => Ok(Password::None),
            None => Ok(Password::Asked),
        }
    }
}

/// What to sign.
#[derive(Debug, Args)]
pub(super) struct SignArguments {
    /// The component.
    file: PathBuf,
    /// The secret key.
    #[arg(long, value_name = "SECRET")]
    key: PathBuf,
    /// The password of the key is the first line of this file; else it is asked for, if there is one.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) fn keygen(arguments: KeygenArguments) -> Result<()> {
    let made = signing::make_key(&arguments.file, arguments.protection.password()?)?;
    let (secret, public) = (arguments.file.display(), made.public_file.display());
    say(&format!(
        "secret key  {secret}; whoever has it signs as you"
    ))?;
    say(&format!("public key  {public}; hosts trust it by"))?;
    say(&format!("[plugins]\ntrusted = [\"{}\"]", made.public))
}

pub(super) fn sign(arguments: SignArguments) -> Result<()> {
    let password = match &arguments.password_file {
        Some(file) => Password::read(file)?,
        None => Password::Asked,
    };
    let (signature, public) = signing::sign(&arguments.file, &arguments.key, password)?;
    say(&format!("{}, by {public}", signature.display()))
}
