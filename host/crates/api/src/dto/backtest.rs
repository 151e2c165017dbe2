//! Backtests that a host is asked for.

use super::command::{Parameters, plain};
use super::text::{Name, ParameterValue};
use model::Timestamp;
use pipelines::{BacktestRecord, BacktestSettings, BacktestWanted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Body of `POST backtests`. What is left out is as `argonaut backtest` has it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BacktestRequest {
    /// Path below the host's plugin folder, or `sha256:` and the hash of one that the host has.
    pub(crate) plugin: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    pub(crate) parameters: Parameters,
    /// `SYMBOL[,KEY=VALUE]`; keys are those of `[[instrument]]`, such as `tick`, `lot` and `taker_fee`.
    #[schema(min_items = 1, max_items = 64)]
    pub(crate) instruments: Vec<String>,
    /// Files below the host's folder of market data; `SYMBOL=FILE` where there are several instruments.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub(crate) data: Vec<String>,
    /// A catalog below that folder, in the place of files.
    pub(crate) catalog: Option<String>,
    /// What the files hold, or which series of the catalog are read: `quotes`, `trades`, `bars` or `books`.
    pub(crate) kind: Option<String>,
    /// Length and basis of bars, such as `60s-last`.
    pub(crate) bar: Option<String>,
    /// Of a catalog: what is from here on. RFC 3339 or a date.
    pub(crate) from: Option<String>,
    /// Of a catalog: what is before here.
    pub(crate) to: Option<String>,
    /// Trading begins here; what is before is history.
    pub(crate) start: Option<String>,
    /// Trading ends before here.
    pub(crate) end: Option<String>,
    /// Money to begin with, such as `1000000 USD`; the first currency is the account's base.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub(crate) deposits: Vec<String>,
    /// Whether the account pays in full instead of putting up margin.
    #[serde(default)]
    pub(crate) cash_account: bool,
    /// Value that one unit of margin carries.
    pub(crate) leverage: Option<String>,
    /// What the account is beside its money, `KEY=VALUE[,KEY=VALUE]`; keys are those of `[[account]]`: `hedging`,
    /// `hedge_margin`, `delivers`, `converts_debts`, `margin_call.call`, `margin_call.liquidate`, `margin_call.grace`.
    pub(crate) account: Option<String>,
    /// A file below the host's folder of market data with what happens beside it, a line of JSON each: funding,
    /// final prices, splits, dividends, halts and marks.
    pub(crate) events: Option<String>,
    /// How long orders travel, such as `5ms`.
    pub(crate) latency: Option<String>,
    /// How long market data travels to the strategy.
    pub(crate) feed_latency: Option<String>,
    /// Ticks by which takers fill worse than the touch.
    #[schema(maximum = 4294967295u32)]
    pub(crate) slippage_ticks: Option<u32>,
    /// The chance, from 0 to 1, that an order fills which the market touches and does not cross.
    pub(crate) touch_fill_chance: Option<String>,
    /// The chance, from 0 to 1, that a taking order fills a tick worse.
    pub(crate) slip_chance: Option<String>,
    /// Seed of what is left to chance.
    #[schema(maximum = 18446744073709551615u64)]
    pub(crate) seed: Option<u64>,
    /// Whether an older version than what runs or is approved will do.
    #[serde(default)]
    pub(crate) force: bool,
    /// Who asks, where the host does not know it.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: Option<String>,
}

impl BacktestRequest {
    /// As the host takes it, of whoever asks.
    pub(crate) fn wanted(self, by: Option<String>) -> BacktestWanted {
        let settings = BacktestSettings {
            instruments: self.instruments,
            data: self.data,
            catalog: self.catalog,
            kind: self.kind,
            bar: self.bar,
            from: self.from,
            to: self.to,
            start: self.start,
            end: self.end,
            deposits: self.deposits,
            cash_account: self.cash_account,
            leverage: self.leverage,
            account: self.account,
            events: self.events,
            latency: self.latency,
            feed_latency: self.feed_latency,
            slippage_ticks: self.slippage_ticks,
            touch_fill_chance: self.touch_fill_chance,
            slip_chance: self.slip_chance,
            seed: self.seed,
        };
        BacktestWanted {
            parameters: plain(self.parameters),
            settings,
            by,
        }
    }
}

/// A backtest, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct BacktestDto {
    pub(crate) id: u64,
    /// Its job.
    pub(crate) job: String,
    pub(crate) plugin: String,
    /// Name and version of the component.
    pub(crate) title: String,
    pub(crate) parameters: BTreeMap<String, String>,
    /// What it is of and the world it is in, as it was asked for.
    pub(crate) settings: Value,
    pub(crate) by: Option<String>,
    pub(crate) state: Name,
    /// From 0 to 1.
    pub(crate) progress: f64,
    /// Why it is no success.
    pub(crate) error: Option<String>,
    pub(crate) asked: String,
    pub(crate) asked_ns: String,
    pub(crate) began: Option<String>,
    pub(crate) began_ns: Option<String>,
    pub(crate) ended: Option<String>,
    pub(crate) ended_ns: Option<String>,
    /// The hash of the journal: that of `argonaut backtest` of the same plugin, parameters and data.
    pub(crate) journal_hash: Option<String>,
    /// Statistics, costs, warnings and the like, as in the JSON of `argonaut backtest`, without the curve and the
    /// single trades. `null` in lists.
    pub(crate) result: Option<Value>,
    /// Whether there is a report.
    pub(crate) has_report: bool,
}

impl BacktestDto {
    /// With all that came of it.
    pub(crate) fn new(record: BacktestRecord) -> Self {
        let hash = record.result.as_ref();
        let hash = hash.and_then(|result| result["journal_hash"].as_str());
        Self {
            journal_hash: hash.filter(|hash| !hash.is_empty()).map(str::to_owned),
            id: record.id,
            job: job_of(record.id),
            plugin: record.plugin,
            title: record.title,
            parameters: record.parameters,
            settings: serde_json::to_value(&record.settings).unwrap_or_default(),
            by: record.by,
            state: Name(record.state.name()),
            progress: record.progress,
            error: record.error,
            asked: shown(record.asked_at_ns),
            asked_ns: record.asked_at_ns.to_string(),
            began: record.began_at_ns.map(shown),
            began_ns: record.began_at_ns.map(|nanos| nanos.to_string()),
            ended: record.ended_at_ns.map(shown),
            ended_ns: record.ended_at_ns.map(|nanos| nanos.to_string()),
            result: record.result,
            has_report: record.has_report,
        }
    }

    /// As a row of a list.
    pub(crate) fn row(record: BacktestRecord) -> Self {
        Self {
            result: None,
            ..Self::new(record)
        }
    }
}

/// The id of its job.
pub(crate) fn job_of(id: u64) -> String {
    format!("backtest-{id}")
}

fn shown(nanos: u64) -> String {
    Timestamp::from_nanos(nanos).to_string()
}
