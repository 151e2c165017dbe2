//! Reading the file: one clear line for whatever is wrong with it.

use super::{Config, FanOutConfig, environment};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Why a configuration cannot be used. Every message is one line: where, what, and what would do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {reason}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The file does not say what a configuration says.
    #[error("{}:{line}: {key}{reason}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Where.
        line: usize,
        /// The key, with a colon, or nothing.
        key: String,
        /// Why, and what would do.
        reason: String,
    },
    /// An environment variable does not fit.
    #[error("environment variable {name}: {reason}")]
    Environment {
        /// Which.
        name: String,
        /// Why.
        reason: String,
    },
    /// The parts do not fit together.
    #[error("{}: {key}: {reason}", file.display())]
    Meaning {
        /// Which file.
        file: PathBuf,
        /// Which key.
        key: String,
        /// Why, and what would do.
        reason: String,
    },
}

/// Reads a file and applies overrides.
pub fn load(file: &Path, overrides: &[(String, String)]) -> Result<Config, ConfigError> {
    parse(file, &text(file)?, overrides)
}

/// The same for a process that serves a host's stream.
pub fn load_fan_out(
    file: &Path,
    overrides: &[(String, String)],
) -> Result<FanOutConfig, ConfigError> {
    parse_as(file, &text(file)?, overrides)
}

fn text(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|reason| ConfigError::Read {
        file: file.to_owned(),
        reason,
    })
}

/// The same for text that is already there; `file` only names it in messages.
pub fn parse(
    file: &Path,
    text: &str,
    overrides: &[(String, String)],
) -> Result<Config, ConfigError> {
    parse_as(file, text, overrides)
}

fn parse_as<T: DeserializeOwned>(
    file: &Path,
    text: &str,
    overrides: &[(String, String)],
) -> Result<T, ConfigError> {
    // The file alone first, so that its errors have lines.
    let config = read(file, text)?;
    if overrides.is_empty() {
        return Ok(config);
    }
    let mut table: toml::Table = text.parse().map_err(|error| whole(file, text, &error))?;
    for (name, value) in overrides {
        environment::apply(&mut table, name, value)?;
    }
    let names = overrides
        .iter()
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    serde_path_to_error::deserialize(toml::Value::Table(table)).map_err(|error| {
        let reason = format!("{}: {}", error.path(), one_line(error.inner().message()));
        ConfigError::Environment {
            name: names,
            reason,
        }
    })
}

fn read<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ConfigError> {
    let from = toml::de::Deserializer::parse(text).map_err(|error| whole(file, text, &error))?;
    let mut track = serde_path_to_error::Track::new();
    let from = serde_path_to_error::Deserializer::new(from, &mut track);
    T::deserialize(from).map_err(|error| {
        let path = track.path().to_string();
        let key = if path == "." {
            String::new()
        } else {
            format!("{path}: ")
        };
        located(file, text, &error, key)
    })
}

fn whole(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    located(file, text, error, String::new())
}

fn located(file: &Path, text: &str, error: &toml::de::Error, key: String) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let line = 1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count();
    ConfigError::File {
        file: file.to_owned(),
        line,
        key,
        reason: one_line(error.message()),
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}
