//! What is known of a backtest that somebody asked for.

use crate::settings::BacktestSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is kept of a report; the curve, the months and the single trades are in the HTML only.
const KEPT: &[&str] = &[
    "title",
    "strategy",
    "data",
    "period",
    "counters",
    "warnings",
    "journal_hash",
    "currency",
    "start_equity",
    "end_equity",
    "statistics",
    "attribution",
    "costs",
    "trades_total",
];

/// How a backtest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BacktestState {
    /// Its turn has not come.
    Queued,
    /// It is at work.
    Running,
    /// It came to its end.
    Done,
    /// It could not be run, or its strategy broke.
    Failed,
    /// Somebody ended it.
    Canceled,
    /// The host ended meanwhile.
    Interrupted,
}

impl BacktestState {
    /// The name as shown to people; a job in this state has the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
            Self::Interrupted => "INTERRUPTED",
        }
    }

    /// Whether nothing more becomes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A backtest that somebody asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BacktestRecord {
    /// Counts up, also over restarts.
    pub id: u64,
    /// SHA-256 of the component.
    pub plugin: String,
    /// Name and version of the component.
    pub title: String,
    /// Its parameters, as given.
    pub parameters: BTreeMap<String, String>,
    /// What it is of, and the world it is in.
    pub settings: BacktestSettings,
    /// Who asked, where that is known.
    pub by: Option<String>,
    /// How it stands.
    pub state: BacktestState,
    /// What of it is done, from 0 to 1.
    pub progress: f64,
    /// Why it is no success.
    pub error: Option<String>,
    /// When it was asked for, in nanoseconds since the epoch.
    pub asked_at_ns: u64,
    /// When its turn came.
    pub began_at_ns: Option<u64>,
    /// When it was over.
    pub ended_at_ns: Option<u64>,
    /// Statistics, the hash of the journal and the like, once it was run; also where the strategy broke.
    pub result: Option<Value>,
    /// Whether there is a report.
    pub has_report: bool,
}

impl BacktestRecord {
    pub(super) fn end(&mut self, state: BacktestState, error: Option<String>, now: u64) {
        self.state = state;
        self.error = error;
        self.ended_at_ns = Some(now);
        if state == BacktestState::Done {
            self.progress = 1.0;
        }
    }
}

/// What is kept of the report that a child answers with; nothing where it is none.
pub(super) fn kept_of(output: &str) -> Option<Value> {
    let Ok(Value::Object(mut report)) = serde_json::from_str(output) else {
        return None;
    };
    let kept = KEPT.iter().filter_map(|name| {
        report
            .remove(*name)
            .map(|value| ((*name).to_owned(), value))
    });
    Some(Value::Object(kept.collect::<Map<String, Value>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_report_its_figures_are_kept() {
        let report = r#"{"journal_hash":"ab","statistics":{"trades":{}},"curve":[1],"trades":[2]}"#;
        let kept = kept_of(report).unwrap();
        assert_eq!(kept["journal_hash"], "ab");
        assert!(kept.get("statistics").is_some());
        assert!(kept.get("curve").is_none() && kept.get("trades").is_none());
        assert_eq!(kept_of(""), None);
        assert_eq!(kept_of("[1]"), None);
    }
}
