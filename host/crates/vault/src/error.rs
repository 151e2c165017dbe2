//! Why secrets cannot be read or changed. No message has a secret in it.

use crate::name::Name;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong, and what would do.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file cannot be read or written.
    #[error("{}: {reason}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// There is no file of secrets.
    #[error("{}: there are no secrets yet; make the file by `argonaut secrets init`", .0.display())]
    Missing(PathBuf),
    /// There is something that would be overwritten.
    #[error("{}: is there already, and is not overwritten; name another file", .0.display())]
    Exists(PathBuf),
    /// Others may look into a file.
    #[error(
        "{0} is open to others on this machine (mode {mode:o}): `chmod 600 {0}`, and if somebody else was \
         here, make a new master key by `argonaut secrets rotate` and set new values",
        file.display()
    )]
    Open {
        /// Which.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another process changes the file.
    #[error("{}: another process is about to change it; try again", .0.display())]
    Locked(PathBuf),
    /// Sealed by another master key than the one that is there.
    #[error(
        "the secrets are wrapped by master key {wanted}, and {place} has {found}; give the key with that id, \
         or wrap them anew by `argonaut secrets rewrap --from FILE`"
    )]
    WrongKey {
        /// The id of the key that opens them.
        wanted: String,
        /// The id of the key that is there.
        found: String,
        /// Where it is.
        place: String,
    },
    /// There is no master key where one is said to be.
    #[error("{place}: {reason}")]
    Key {
        /// Where.
        place: String,
        /// What is wrong, and what would do.
        reason: String,
    },
    /// The file is not as it was written.
    #[error("{}: {reason}", file.display())]
    Broken {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no secret of that name.
    #[error("there is no secret `{0}`; `argonaut secrets list` shows which there are")]
    Unknown(Name),
    /// What cannot be done, and why.
    #[error("{0}")]
    Refused(String),
    /// The operating system has no randomness.
    #[error("no key can be made, as there is no randomness: {0}")]
    Entropy(String),
}

impl VaultError {
    /// About a file.
    pub(crate) fn file(file: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |reason| Self::File {
            file: file.to_owned(),
            reason,
        }
    }

    /// About a file that is not as it was written.
    pub(crate) fn broken(file: &Path, reason: impl Into<String>) -> Self {
        Self::Broken {
            file: file.to_owned(),
            reason: reason.into(),
        }
    }
}
