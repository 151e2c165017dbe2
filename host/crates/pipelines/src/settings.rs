//! What a backtest is of and the world it is in, as `argonaut backtest` takes it: of the gate of a pipeline, and
//! of whoever asks for one. It is made into a command line here and nowhere else.

use crate::definition::Backtest;
use crate::stages::parameters::{Parameters, arguments};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// What a backtest is of, and the world it is in. What is left out is as `argonaut backtest` has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BacktestSettings {
    /// `SYMBOL[,KEY=VALUE]`, with fees and margins where they matter.
    pub instruments: Vec<String>,
    /// Files of market data; `SYMBOL=FILE` where there are several instruments.
    pub data: Vec<String>,
    /// A catalog of market data, in the place of files.
    pub catalog: Option<String>,
    /// What the files hold, or which series of the catalog are read: `quotes`, `trades`, `bars` or `books`.
    pub kind: Option<String>,
    /// Length and basis of bars, such as `60s-last`.
    pub bar: Option<String>,
    /// Of a catalog: what is from here on.
    pub from: Option<String>,
    /// Of a catalog: what is before here.
    pub to: Option<String>,
    /// Trading begins here; what is before is history.
    pub start: Option<String>,
    /// Trading ends before here.
    pub end: Option<String>,
    /// Money to begin with, such as `1000000 USD`.
    pub deposits: Vec<String>,
    /// Whether the account pays in full instead of putting up margin.
    pub cash_account: bool,
    /// Value that one unit of margin carries.
    pub leverage: Option<String>,
    /// What the account is beside its money, by keys of `[[account]]`: `hedging=true,margin_call.call=1`.
    pub account: Option<String>,
    /// A file of what happens beside the market data, such as funding and halts.
    pub events: Option<String>,
    /// How long orders travel, such as `5ms`.
    pub latency: Option<String>,
    /// How long market data travels.
    pub feed_latency: Option<String>,
    /// Ticks by which takers fill worse than the touch.
    pub slippage_ticks: Option<u32>,
    /// The chance, from 0 to 1, that an order fills which the market touches and does not cross.
    pub touch_fill_chance: Option<String>,
    /// The chance, from 0 to 1, that a taking order fills a tick worse.
    pub slip_chance: Option<String>,
    /// Seed of what is left to chance.
    pub seed: Option<u64>,
}

impl From<&Backtest> for BacktestSettings {
    fn from(terms: &Backtest) -> Self {
        Self {
            instruments: terms.instruments.clone(),
            data: terms.data.clone(),
            catalog: terms.catalog.clone(),
            from: terms.from.clone(),
            to: terms.to.clone(),
            start: terms.start.clone(),
            end: terms.end.clone(),
            deposits: terms.deposits.clone(),
            leverage: terms.leverage.clone(),
            latency: terms.latency.clone(),
            feed_latency: terms.feed_latency.clone(),
            slippage_ticks: terms.slippage_ticks,
            ..Self::default()
        }
    }
}

impl BacktestSettings {
    /// The command of a backtest that gives way to what trades, tells its progress, and answers with the report
    /// as JSON.
    pub(crate) fn on(
        &self,
        mut command: Command,
        (component, parameters): (&Path, &Parameters),
    ) -> Command {
        command.args(["backtest", "--json=-", "--progress"]);
        command.arg(format!("--background={}", std::process::id()));
        command.arg("--strategy").arg(component);
        command.args(self.options()).args(arguments(parameters));
        command
    }

    /// One argument each, so that no value is ever taken for another option.
    fn options(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut many = |option: &str, values: &[String]| {
            all.extend(values.iter().map(|value| format!("--{option}={value}")));
        };
        many("data", &self.data);
        many("instrument", &self.instruments);
        many("deposit", &self.deposits);
        let slippage_ticks = self.slippage_ticks.map(|ticks| ticks.to_string());
        let seed = self.seed.map(|seed| seed.to_string());
        let single = [
            ("catalog", &self.catalog),
            ("kind", &self.kind),
            ("bar", &self.bar),
            ("from", &self.from),
            ("to", &self.to),
            ("start", &self.start),
            ("end", &self.end),
            ("leverage", &self.leverage),
            ("account", &self.account),
            ("events", &self.events),
            ("latency", &self.latency),
            ("feed-latency", &self.feed_latency),
            ("slippage-ticks", &slippage_ticks),
            ("touch-fill-chance", &self.touch_fill_chance),
            ("slip-chance", &self.slip_chance),
            ("seed", &seed),
        ];
        for (option, value) in single {
            many(option, value.as_slice());
        }
        if self.cash_account {
            all.push("--cash-account".to_owned());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_asks_for_a_backtest_as_it_is_written() {
        let text = "instruments = [\"A\"]\ndata = [\"a.csv\"]\nmin_trades = 10\n\
                    start = \"2026-01-01\"\nslippage_ticks = 1";
        let terms: Backtest = toml::from_str(text).unwrap();
        let words = BacktestSettings::from(&terms).options().join(" ");
        let expect = "--data=a.csv --instrument=A --start=2026-01-01 --slippage-ticks=1";
        assert_eq!(words, expect);
    }

    #[test]
    fn no_value_is_taken_for_an_option() {
        let settings = BacktestSettings {
            instruments: vec!["--journal".to_owned()],
            start: Some("--report=x".to_owned()),
            seed: Some(7),
            cash_account: true,
            ..BacktestSettings::default()
        };
        let expect = [
            "--instrument=--journal",
            "--start=--report=x",
            "--seed=7",
            "--cash-account",
        ];
        assert_eq!(settings.options(), expect);
    }
}
