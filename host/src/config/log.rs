//! `[log]`: how the lines of the log look. What is logged says `ARGONAUT_LOG`.

use serde::Deserialize;

/// `[log]`. Lines go to standard error.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// What a line is.
    #[serde(default)]
    pub format: LogFormat,
}

/// What a line of the log is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text, for people.
    #[default]
    Text,
    /// A JSON object, for programs: `timestamp`, `level`, `target`, `fields`, and in `span` the request that it
    /// is about.
    Json,
}
