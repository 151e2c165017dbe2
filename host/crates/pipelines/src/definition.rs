//! The file of a pipeline: which gates a version must pass, and by what measure.
//!
//! What is left out is not asked. What is written and cannot be meant is refused with file, line, key and
//! what would do, before anything begins.

mod check;
mod read;

use crate::run::Stage;
use crate::text::{Amount, Length};
pub use read::FileError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A whole file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The strategy whose versions pass it; the file is named by it.
    pub strategy: String,
    /// Parameters that differ from those of the version that runs.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// What the component is.
    pub validate: Option<Validate>,
    /// Scenarios and random markets.
    pub checks: Option<Checks>,
    /// A backtest.
    pub backtest: Option<Backtest>,
    /// A shadow beside the version that runs.
    pub paper: Option<Paper>,
    /// People who say yes.
    pub approve: Option<Approve>,
    /// It has some of the strategy's instruments.
    pub canary: Option<Canary>,
    /// It runs, on probation.
    pub live: Option<Live>,
}

/// `[validate]`: what the component is. That it is a strategy that may run is always asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validate {
    /// Largest component, in bytes.
    pub max_size: Option<u64>,
    /// Most fuel that a made-up event may take at admission.
    pub max_fuel: Option<u64>,
    /// Functions it may import: `interface#function`, or `interface` for all of one.
    pub imports: Option<Vec<String>>,
    /// Whether it must be signed.
    #[serde(default)]
    pub signed: bool,
}

/// `[checks]`: what `argonaut plugin test` finds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Scenarios, or folders of them; relative to the folder of this file.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// Random markets.
    pub random: Option<RandomMarkets>,
    /// How long all of it may take.
    #[serde(default = "usual_limit")]
    pub limit: Length,
}

/// `[checks.random]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomMarkets {
    /// How many.
    pub markets: u32,
    /// Seed of the first.
    #[serde(default = "usual_seed")]
    pub seed: u64,
    /// Events of each.
    pub events: Option<u32>,
    /// Most fuel that an event may take.
    pub max_fuel: Option<u64>,
    /// Orders in all of them, at least.
    #[serde(default = "one")]
    pub min_orders: u64,
    /// Whether a hand-over to a new instance must change nothing.
    #[serde(default = "yes")]
    pub hand_over: bool,
    /// Instruments, as `argonaut backtest` takes them.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// Parameters that differ from those that it would run with.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// `[backtest]`: what `argonaut backtest` finds. That the version does not break is always asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backtest {
    /// Instruments, as `argonaut backtest` takes them.
    pub instruments: Vec<String>,
    /// Files of market data, relative to the folder of this file.
    #[serde(default)]
    pub data: Vec<String>,
    /// A catalog of market data, in the place of files.
    pub catalog: Option<String>,
    /// Of a catalog: what is from here on.
    pub from: Option<String>,
    /// Of a catalog: what is before here.
    pub to: Option<String>,
    /// Trading begins here; what is before is history.
    pub start: Option<String>,
    /// Trading ends before here.
    pub end: Option<String>,
    /// Money to begin with, such as `1000000 USD`.
    #[serde(default)]
    pub deposits: Vec<String>,
    /// Value that one unit of margin carries.
    pub leverage: Option<String>,
    /// How long orders travel, such as `5ms`.
    pub latency: Option<String>,
    /// How long market data travels.
    pub feed_latency: Option<String>,
    /// Ticks by which takers fill worse than the touch.
    pub slippage_ticks: Option<u32>,
    /// Parameters that differ from those that it would run with; also of the version that runs.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Closed trades at least.
    #[serde(default = "one")]
    pub min_trades: u64,
    /// Sharpe ratio at least.
    pub min_sharpe: Option<f64>,
    /// Profit at least, fees paid.
    pub min_profit: Option<Amount>,
    /// Largest fall from a peak, as a fraction.
    pub max_drawdown: Option<f64>,
    /// The same backtest of the version that runs, and by how much this one may be worse.
    pub against_running: Option<AgainstRunning>,
    /// How long one backtest may take.
    #[serde(default = "usual_limit")]
    pub limit: Length,
}

/// `[backtest.against_running]`: by how much it may be worse; 0 for not at all.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgainstRunning {
    /// In profit.
    pub profit_worse_by: Option<Amount>,
    /// In Sharpe ratio.
    pub sharpe_worse_by: Option<f64>,
    /// In the largest fall, as a fraction.
    pub drawdown_worse_by: Option<f64>,
}

/// `[paper]`: a shadow beside the version that runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Engine time it trades.
    #[serde(rename = "for")]
    pub lasts: Option<Length>,
    /// Events it handles, at least.
    pub events: Option<u64>,
    /// By the host's clock: how long it may take to get there.
    #[serde(default = "month")]
    pub within: Length,
    /// Whether it begins without the state of the version that runs.
    #[serde(default)]
    pub fresh: bool,
    /// How far apart in event time the same decision may be.
    pub tolerance: Option<Length>,
    /// Orders it makes, at least.
    #[serde(default = "one")]
    pub min_orders: u64,
    /// Decisions that differ from those of the version that runs, at most.
    pub max_differences: Option<u64>,
    /// The same as a fraction of all decisions.
    pub max_difference_share: Option<f64>,
    /// Orders and changes that the gate refuses, at most.
    pub max_denied: Option<u64>,
    /// Times that it breaks, at most.
    #[serde(default)]
    pub max_faults: u64,
    /// Profit at least, fees paid.
    pub min_profit: Option<Amount>,
    /// By how much less it may earn than the version that runs.
    pub profit_worse_by: Option<Amount>,
    /// Most fuel of 99 % of the events.
    pub max_fuel_p99: Option<u64>,
    /// Longest time of 99 % of the events.
    pub max_time_p99: Option<Length>,
}

/// `[approve]`: people who say yes. Who began the run does not count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// How many.
    #[serde(default = "one_person")]
    pub persons: u32,
    /// Who may; anybody when left out.
    pub by: Option<Vec<String>>,
}

/// `[canary]`: it takes over some instruments, and bears no fault there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Symbols of the instruments that are its own.
    pub instruments: Vec<String>,
    /// Engine time it has them, at least.
    #[serde(rename = "for")]
    pub lasts: Length,
    /// Whether it begins without the state of the version that runs.
    #[serde(default)]
    pub fresh: bool,
    /// What may be lost on its instruments.
    pub max_loss: Option<Amount>,
    /// Orders and changes on its instruments that may be refused.
    pub max_denials: Option<u64>,
    /// How far it may fall below the most it had brought on its instruments.
    pub max_drawdown: Option<Amount>,
    /// How many of a hundred orders and changes on its instruments may be refused.
    pub max_denied_percent: Option<u8>,
    /// Orders on its instruments, at least.
    #[serde(default = "one")]
    pub min_orders: u64,
}

/// `[live]`: it takes over, of a canary the other instruments, and stays at least so long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// Engine time of its probation.
    #[serde(rename = "for")]
    pub lasts: Length,
    /// Whether it begins without the state of the version before.
    #[serde(default)]
    pub fresh: bool,
    /// Faults that are borne.
    #[serde(default)]
    pub max_faults: u32,
    /// What may be lost.
    pub max_loss: Option<Amount>,
    /// Orders and changes that may be refused.
    pub max_denials: Option<u64>,
    /// How far it may fall below the most it had brought.
    pub max_drawdown: Option<Amount>,
    /// How many of a hundred orders and changes may be refused.
    pub max_denied_percent: Option<u8>,
    /// Orders since it took over, at least.
    #[serde(default = "one")]
    pub min_orders: u64,
}

const fn usual_limit() -> Length {
    Length::from_secs(3_600)
}

const fn month() -> Length {
    Length::from_secs(31 * 86_400)
}

const fn usual_seed() -> u64 {
    1
}

const fn one() -> u64 {
    1
}

const fn one_person() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

impl Definition {
    /// Reads a file, which is named by its strategy.
    ///
    /// # Errors
    /// File, line where there is one, key, why, and what would do.
    pub fn load(file: &Path) -> Result<(Self, String), FileError> {
        let text = std::fs::read_to_string(file).map_err(|error| FileError::read(file, &error))?;
        Ok((Self::parse(file, &text)?, text))
    }

    /// The same for text that is already there.
    ///
    /// # Errors
    /// As [`Definition::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, FileError> {
        let definition: Self = read::read(file, text)?;
        match definition.flaw(file) {
            Some((key, reason)) => Err(FileError::meaning(file, &key, reason)),
            None => Ok(definition),
        }
    }

    /// The gates that it has, in order.
    pub fn stages(&self) -> Vec<Stage> {
        let wanted = [
            (self.validate.is_some(), Stage::Validate),
            (self.checks.is_some(), Stage::Checks),
            (self.backtest.is_some(), Stage::Backtest),
            (self.paper.is_some(), Stage::Paper),
            (self.approve.is_some(), Stage::Approve),
            (self.canary.is_some(), Stage::Canary),
            (self.live.is_some(), Stage::Live),
        ];
        let wanted = wanted.into_iter().filter(|(is_wanted, _)| *is_wanted);
        wanted.map(|(_, stage)| stage).collect()
    }
}
