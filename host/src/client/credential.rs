//! What a command shows so that the host knows who asks. It comes from the environment or from files that
//! only their owner may read, and never from the command line, which everybody on the machine can read.

use anyhow::{Context, Result, bail};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use ureq::http::HeaderValue;

/// What has the API key.
const KEY_VARIABLE: &str = "ARGONAUT_API_KEY";
/// What names a file with it.
const KEY_FILE_VARIABLE: &str = "ARGONAUT_API_KEY_FILE";
/// What has an access token.
const TOKEN_VARIABLE: &str = "ARGONAUT_TOKEN";
/// Who may not read a secret: the group, and all others.
const OTHERS: u32 = 0o077;

/// A secret that says who asks; printed nowhere.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// An API key.
    Key(HeaderValue),
    /// An access token, with `Bearer`.
    Bearer(HeaderValue),
    /// What refreshes a session, as the cookie that it is.
    Cookie(HeaderValue),
}

impl Credential {
    pub(crate) fn key(text: &str) -> Result<Self> {
        Ok(Self::Key(secret(text)?))
    }

    pub(crate) fn bearer(token: &str) -> Result<Self> {
        Ok(Self::Bearer(secret(&format!("Bearer {token}"))?))
    }

    /// The key in a file, else what the environment has.
    pub(super) fn find(key_file: Option<&Path>) -> Result<Option<Self>> {
        if let Some(file) = key_file {
            return Self::key(&read_secret(file)?).map(Some);
        }
        if let Ok(key) = std::env::var(KEY_VARIABLE) {
            return Self::key(&key).context(KEY_VARIABLE).map(Some);
        }
        if let Some(file) = std::env::var_os(KEY_FILE_VARIABLE) {
            return Self::key(&read_secret(&PathBuf::from(file))?).map(Some);
        }
        match std::env::var(TOKEN_VARIABLE) {
            Ok(token) => Self::bearer(&token).context(TOKEN_VARIABLE).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The key of the environment, if there is one that a header takes.
    pub(super) fn of_environment() -> Option<Self> {
        let text = std::env::var(KEY_VARIABLE).ok()?;
        Self::key(&text).ok()
    }

    /// The header that shows it.
    pub(super) fn header(&self) -> (&'static str, HeaderValue) {
        match self {
            Self::Key(value) => ("x-api-key", value.clone()),
            Self::Bearer(value) => ("authorization", value.clone()),
            Self::Cookie(value) => ("cookie", value.clone()),
        }
    }

    /// The secret itself, for the first message of a WebSocket.
    pub(crate) fn text(&self) -> &str {
        let (Self::Key(value) | Self::Bearer(value) | Self::Cookie(value)) = self;
        let text = value.to_str().unwrap_or_default();
        text.strip_prefix("Bearer ").unwrap_or(text)
    }
}

fn secret(text: &str) -> Result<HeaderValue> {
    let value = HeaderValue::try_from(text.trim());
    let mut value = value.context("is no key or token: it has characters that none has")?;
    value.set_sensitive(true);
    Ok(value)
}

/// The first line of a file that nobody but its owner may read.
pub(crate) fn read_secret(file: &Path) -> Result<String> {
    let place = file.display();
    let unreadable = || format!("{place}: cannot be read");
    let mode = std::fs::metadata(file).with_context(unreadable)?.mode();
    if mode & OTHERS != 0 {
        bail!("{place}: others may read it, so it is no secret; say `chmod 600 {place}`");
    }
    let text = std::fs::read_to_string(file).with_context(unreadable)?;
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("{place}: its first line is empty; the secret must stand there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_that_others_may_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "abc\n").unwrap();
        let allow = |mode: u32| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        allow(0o640);
        let error = read_secret(&file).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        allow(0o600);
        assert_eq!(read_secret(&file).unwrap(), "abc");
        std::fs::write(&file, "\n").unwrap();
        assert!(read_secret(&file).is_err());
    }

    #[test]
    fn what_is_shown_is_printed_nowhere() {
        let credential = Credential::bearer("v4.local.abc").unwrap();
        assert_eq!(credential.text(), "v4.local.abc");
        assert!(!format!("{credential:?}").contains("abc"));
        assert!(Credential::key("a\nb").is_err());
    }
}
