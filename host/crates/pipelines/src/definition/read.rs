//! From text to a definition: one clear line for whatever is wrong with it.

use serde::de::DeserializeOwned;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a pipeline's file cannot be used, in one line: where, which key, why, and what would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    file: PathBuf,
    line: Option<usize>,
    /// Empty where it is not about one key.
    key: String,
    reason: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.reason)
    }
}

impl std::error::Error for FileError {}

impl FileError {
    pub(super) fn read(file: &Path, error: &std::io::Error) -> Self {
        Self::meaning(file, "", format!("cannot be read: {error}"))
    }

    pub(super) fn meaning(file: &Path, key: &str, reason: String) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            key: key.to_owned(),
            reason,
        }
    }

    fn located(file: &Path, text: &str, error: &toml::de::Error, key: String) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        let before = text.bytes().take(offset);
        let message = error.message().lines().map(str::trim);
        Self {
            file: file.to_owned(),
            line: Some(1 + before.filter(|byte| *byte == b'\n').count()),
            key,
            reason: message.collect::<Vec<_>>().join("; "),
        }
    }
}

pub(super) fn read<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, FileError> {
    let from = toml::de::Deserializer::parse(text)
        .map_err(|error| FileError::located(file, text, &error, String::new()))?;
    let mut track = serde_path_to_error::Track::new();
    let from = serde_path_to_error::Deserializer::new(from, &mut track);
    T::deserialize(from).map_err(|error| {
        let path = track.path().to_string();
        let key = if path == "." { String::new() } else { path };
        FileError::located(file, text, &error, key)
    })
}
