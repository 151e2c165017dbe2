//! `[backtests]`: whether a running host can be asked for backtests, of what data, and what they may take.

use super::Span;
use serde::Deserialize;
use std::path::PathBuf;

/// Most that may be at work at a time: what trades needs processors, too.
const MOST_AT_WORK: usize = 2;
/// Most that may be kept.
const MOST_KEPT: usize = 1_000;
/// The least memory that a backtest does with, in MiB.
const LEAST_MIB: u64 = 256;
/// The most that it may be given.
const MOST_MIB: u64 = 1 << 20;
/// The longest that one may take.
const LONGEST: model::Duration = model::Duration::from_secs(7 * 86_400);

/// `[backtests]`. Without it a host runs none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BacktestsSection {
    /// The folder of market data: files and catalogs that requests may name lie below it.
    pub data: PathBuf,
    /// How many are at work at a time, 1 or 2.
    #[serde(default = "one")]
    pub at_work: usize,
    /// How many that are over are kept, with their reports.
    #[serde(default = "usual_keep")]
    pub keep: usize,
    /// How long one may take.
    #[serde(default = "usual_limit")]
    pub limit: Span,
    /// What one may take of memory, in MiB.
    #[serde(default = "usual_memory")]
    pub memory_mib: u64,
}

const fn one() -> usize {
    1
}

const fn usual_keep() -> usize {
    100
}

const fn usual_limit() -> Span {
    Span(model::Duration::from_secs(3_600))
}

const fn usual_memory() -> u64 {
    2_048
}

impl BacktestsSection {
    /// Whether it can be meant.
    ///
    /// # Errors
    /// The key that cannot be meant, and what would do.
    pub fn check(&self) -> Result<(), (String, String)> {
        let fault = |key: &str, reason: String| Err((format!("backtests.{key}"), reason));
        if !(1..=MOST_AT_WORK).contains(&self.at_work) {
            return fault(
                "at_work",
                format!("{} is not from 1 to {MOST_AT_WORK}", self.at_work),
            );
        }
        if !(1..=MOST_KEPT).contains(&self.keep) {
            return fault(
                "keep",
                format!("{} is not from 1 to {MOST_KEPT}", self.keep),
            );
        }
        if self.limit.0.nanos() == 0 || self.limit.0 > LONGEST {
            return fault(
                "limit",
                "give more than \"0s\" and at most \"168h\"".to_owned(),
            );
        }
        if !(LEAST_MIB..=MOST_MIB).contains(&self.memory_mib) {
            let reason = format!("{} is not from {LEAST_MIB} to {MOST_MIB}", self.memory_mib);
            return fault("memory_mib", reason);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_named() {
        let section = |more: &str| {
            let text = format!("data = \"data\"\n{more}");
            toml::from_str::<BacktestsSection>(&text).unwrap()
        };
        let key = |more: &str| section(more).check().unwrap_err().0;
        assert_eq!(section("").check(), Ok(()));
        assert_eq!(key("at_work = 3"), "backtests.at_work");
        assert_eq!(key("keep = 0"), "backtests.keep");
        assert_eq!(key("limit = \"0s\""), "backtests.limit");
        assert_eq!(key("memory_mib = 1"), "backtests.memory_mib");
        assert!(
            toml::from_str::<BacktestsSection>("keep = 1").is_err(),
            "`data` is needed"
        );
    }
}
