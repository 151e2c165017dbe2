//! What is written and cannot be meant.

use super::{Approve, Backtest, Canary, Checks, Definition, Live, Paper};
use crate::stages::approve::same;
use crate::stages::watched::MOST_ORDERS;
use crate::text::{Amount, Length};
use model::Money;
use std::collections::BTreeSet;
use std::path::Path;

/// A key, why it cannot be meant, and what would do.
pub(super) type Flaw = (String, String);

/// Most persons that may be asked.
const MOST_PERSONS: u32 = 8;
/// Most random markets.
const MOST_MARKETS: u32 = 100_000;
/// The longest canary: one is begun for twice as long as it is watched.
const LONGEST_CANARY: Length = Length::from_secs(46 * 86_400);
/// The longest that anything may take.
const LONGEST: Length = Length::from_secs(92 * 86_400);

fn flaw(key: &str, reason: &str) -> Option<Flaw> {
    Some((key.to_owned(), reason.to_owned()))
}

/// Of a length of time that must pass.
fn of_length(key: &str, length: Length) -> Option<Flaw> {
    if length.0.nanos() == 0 || length > LONGEST {
        return flaw(key, "give more than \"0s\" and at most \"92d\"");
    }
    None
}

/// Of orders that are counted while a version is watched.
fn of_orders(key: &str, least: u64) -> Option<Flaw> {
    let reason = format!("`{least}` does not do; give 0 to {MOST_ORDERS}");
    (least > MOST_ORDERS).then(|| (key.to_owned(), reason))
}

/// Of a number that must be one.
fn of_number(key: &str, number: Option<f64>, (least, most): (f64, f64)) -> Option<Flaw> {
    let number = number?;
    let fits = number.is_finite() && number >= least && number <= most;
    let reason = format!("`{number}` does not do; give {least} to {most}");
    (!fits).then(|| (key.to_owned(), reason))
}

impl Definition {
    /// The first thing that cannot be meant.
    pub(super) fn flaw(&self, file: &Path) -> Option<Flaw> {
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        if stem != Some(self.strategy.as_str()) {
            let reason = "a pipeline's file is named by its strategy: rename the file, or this";
            return flaw("strategy", reason);
        }
        if self.stages().is_empty() {
            let reason = "it has no gate; write one of [validate], [checks], [backtest], [paper], \
                          [approve], [canary], [live]";
            return flaw("", reason);
        }
        let checks = self.checks.as_ref().and_then(Checks::flaw);
        checks
            .or_else(|| self.backtest.as_ref().and_then(Backtest::flaw))
            .or_else(|| self.paper.as_ref().and_then(Paper::flaw))
            .or_else(|| self.approve.as_ref().and_then(Approve::flaw))
            .or_else(|| self.canary.as_ref().and_then(Canary::flaw))
            .or_else(|| self.live.as_ref().and_then(Live::flaw))
    }
}

impl Checks {
    fn flaw(&self) -> Option<Flaw> {
        let random = self.random.as_ref();
        if self.scenarios.is_empty() && random.is_none() {
            return flaw(
                "checks",
                "it checks nothing; give `scenarios` or [checks.random]",
            );
        }
        if random.is_some_and(|random| random.markets == 0 || random.markets > MOST_MARKETS) {
            return flaw("checks.random.markets", "give 1 to 100000");
        }
        if random.is_some_and(|random| random.events == Some(0)) {
            return flaw("checks.random.events", "give 1 to 1000000");
        }
        of_length("checks.limit", self.limit)
    }
}

impl Backtest {
    fn flaw(&self) -> Option<Flaw> {
        if self.instruments.is_empty() {
            return flaw("backtest.instruments", "name one, such as \"EUR/USD\"");
        }
        match (self.data.is_empty(), &self.catalog) {
            (true, None) => {
                return flaw(
                    "backtest.data",
                    "there is no market data; give `data` or `catalog`",
                );
            }
            (false, Some(_)) => {
                return flaw("backtest.catalog", "give either `data` or `catalog`");
            }
            _ => {}
        }
        if self.catalog.is_none() && (self.from.is_some() || self.to.is_some()) {
            let key = match self.from {
                Some(_) => "backtest.from",
                None => "backtest.to",
            };
            return flaw(
                key,
                "it is of a `catalog`; use `start` and `end` with `data`",
            );
        }
        let against = self.against_running.as_ref();
        let is_idle = against.is_some_and(|against| *against == super::AgainstRunning::default());
        if is_idle {
            let reason = "it compares nothing; give `profit_worse_by`, `sharpe_worse_by` or \
                          `drawdown_worse_by`";
            return flaw("backtest.against_running", reason);
        }
        let key = "backtest.against_running.";
        let of = |name: &str, number: Option<f64>, range: (f64, f64)| {
            of_number(&format!("{key}{name}"), number, range)
        };
        let profit = against.and_then(|against| against.profit_worse_by);
        if profit.is_some_and(|amount| amount.0 < Money::ZERO) {
            return flaw(&format!("{key}profit_worse_by"), "give \"0\" or more");
        }
        let sharpe = against.and_then(|against| against.sharpe_worse_by);
        let drawdown = against.and_then(|against| against.drawdown_worse_by);
        of_number("backtest.min_sharpe", self.min_sharpe, (-100.0, 100.0))
            .or_else(|| of_number("backtest.max_drawdown", self.max_drawdown, (0.0, 1.0)))
            .or_else(|| of("sharpe_worse_by", sharpe, (0.0, 100.0)))
            .or_else(|| of("drawdown_worse_by", drawdown, (0.0, 1.0)))
            .or_else(|| of_length("backtest.limit", self.limit))
    }
}

impl Paper {
    fn flaw(&self) -> Option<Flaw> {
        if self.lasts.is_none() && self.events.is_none() {
            return flaw("paper.for", "say how long: `for = \"2h\"`, or `events`");
        }
        if self.events == Some(0) {
            return flaw("paper.events", "give 1 or more");
        }
        if self
            .profit_worse_by
            .is_some_and(|amount| amount.0 < Money::ZERO)
        {
            return flaw("paper.profit_worse_by", "give \"0\" or more");
        }
        if self
            .tolerance
            .is_some_and(|length| length > Length::from_secs(3_600))
        {
            return flaw("paper.tolerance", "give \"0s\" to \"1h\"");
        }
        let share = self.max_difference_share;
        of_number("paper.max_difference_share", share, (0.0, 1.0))
            .or_else(|| of_length("paper.for", self.lasts?))
            .or_else(|| of_length("paper.within", self.within))
    }
}

impl Approve {
    fn flaw(&self) -> Option<Flaw> {
        if self.persons == 0 || self.persons > MOST_PERSONS {
            return flaw("approve.persons", "give 1 to 8");
        }
        let known = self.by.iter().flatten().map(|name| same(name));
        let known: BTreeSet<String> = known.filter(|name| !name.is_empty()).collect();
        let persons = usize::try_from(self.persons).unwrap_or(usize::MAX);
        if self.by.is_some() && known.len() < persons {
            let reason = "it names fewer than must say yes; name more, or ask fewer `persons`";
            return flaw("approve.by", reason);
        }
        None
    }
}

impl Canary {
    fn flaw(&self) -> Option<Flaw> {
        if self.instruments.is_empty() {
            let reason = "name the instruments that the new version is to trade";
            return flaw("canary.instruments", reason);
        }
        let losses = [
            ("canary.max_loss", self.max_loss),
            ("canary.max_drawdown", self.max_drawdown),
        ];
        if let Some(flaw) = of_losses(losses) {
            return Some(flaw);
        }
        if self.max_denied_percent.is_some_and(|most| most > 100) {
            return flaw("canary.max_denied_percent", "give at most 100");
        }
        let nanos = self.lasts.0.nanos();
        if nanos == 0 || self.lasts > LONGEST_CANARY {
            return flaw("canary.for", "give more than \"0s\" and at most \"46d\"");
        }
        of_orders("canary.min_orders", self.min_orders)
    }
}

impl Live {
    fn flaw(&self) -> Option<Flaw> {
        let losses = [
            ("live.max_loss", self.max_loss),
            ("live.max_drawdown", self.max_drawdown),
        ];
        if let Some(flaw) = of_losses(losses) {
            return Some(flaw);
        }
        if self.max_denied_percent.is_some_and(|most| most > 100) {
            return flaw("live.max_denied_percent", "give at most 100");
        }
        of_orders("live.min_orders", self.min_orders).or_else(|| of_length("live.for", self.lasts))
    }
}

fn of_losses(losses: [(&'static str, Option<Amount>); 2]) -> Option<Flaw> {
    let is_below = |loss: &Option<Amount>| loss.is_some_and(|loss| loss.0 < Money::ZERO);
    let (key, _) = losses.into_iter().find(|(_, loss)| is_below(loss))?;
    flaw(key, "a loss is given as an amount of 0 or more")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that a file may say.
    const FULL: &str = include_str!("../../../../../examples/pipelines/trend.toml");

    fn parse(text: &str) -> Result<Definition, String> {
        let parsed = Definition::parse(Path::new("pipelines/trend.toml"), text);
        parsed.map_err(|error| error.to_string())
    }

    /// A file that has only this beside its strategy.
    fn check(text: &str, expect: &str) {
        let error = parse(&format!("strategy = \"trend\"\n{text}")).unwrap_err();
        assert!(error.starts_with("pipelines/trend.toml:"), "{error}");
        assert!(error.contains(expect), "{error}");
    }

    #[test]
    fn the_example_is_read_as_it_is_written() {
        use crate::run::Stage::{Approve, Backtest, Canary, Checks, Live, Paper, Validate};
        let full = parse(FULL).unwrap();
        let all = vec![Validate, Checks, Backtest, Paper, Approve, Canary, Live];
        assert_eq!(full.stages(), all);
        let live = full.live.unwrap();
        assert_eq!(live.lasts, Length::from_secs(3_600));
        assert_eq!(live.min_orders, 1);
        assert_eq!(full.approve.unwrap().persons, 2);
        let paper = full.paper.unwrap();
        assert_eq!((paper.min_orders, paper.max_faults), (20, 0));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        check("[live]\nfor = 5", "trend.toml:3: live.for: invalid type");
        check(
            "[live]\nfor = \"5\"",
            "trend.toml:3: live.for: `5` needs a unit",
        );
        check("[live]\nmax_faults = 1", "live: missing field `for`");
        check(
            "[paper]\nfro = \"1h\"",
            "trend.toml:3: paper.fro: unknown field `fro`",
        );
        check("[backtest", "trend.toml:2: ");
    }

    #[test]
    fn what_cannot_be_meant_is_named_with_what_would_do() {
        check("", "it has no gate; write one of");
        let canary = |text: &str, expect: &str| check(&format!("[canary]\n{text}"), expect);
        canary("for = \"1h\"", "canary: missing field `instruments`");
        let none = "for = \"1h\"\ninstruments = []";
        canary(none, " canary.instruments: name the");
        let short = "for = \"0s\"\ninstruments = [\"A\"]";
        canary(short, " canary.for: give more than");
        check("[checks]", " checks: it checks nothing");
        check(
            "[checks.random]\nmarkets = 0",
            " checks.random.markets: give 1",
        );
        check("[paper]", " paper.for: say how long");
        check("[paper]\nfor = \"0s\"", " paper.for: give more than");
        check(
            "[paper]\nevents = 5\nmax_difference_share = 2.0",
            "`2` does not do; give 0 to 1",
        );
        check(
            "[paper]\nevents = 5\nprofit_worse_by = \"-1\"",
            " paper.profit_worse_by: give",
        );
        check("[approve]\npersons = 0", " approve.persons: give 1 to 8");
        check(
            "[approve]\npersons = 2\nby = [\"anna\", \"anna\"]",
            " approve.by: it names fewer",
        );
        check(
            "[live]\nfor = \"1h\"\nmax_loss = \"-1\"",
            " live.max_loss: a loss",
        );
        check(
            "[live]\nfor = \"1h\"\nmax_drawdown = \"-1\"",
            " live.max_drawdown: a loss",
        );
        check(
            "[live]\nfor = \"1h\"\nmax_denied_percent = 101",
            " live.max_denied_percent: give at most",
        );
        let backtest = |text: &str, expect: &str| check(&format!("[backtest]\n{text}"), expect);
        backtest("instruments = []", " backtest.instruments: name one");
        backtest(
            "instruments = [\"A\"]",
            " backtest.data: there is no market data",
        );
        let with = "instruments = [\"A\"]\ndata = [\"a.csv\"]\n";
        backtest(
            &format!("{with}from = \"2026-01-01\""),
            " backtest.from: it is of a `catalog`",
        );
        backtest(
            &format!("{with}catalog = \"c\""),
            " backtest.catalog: give either",
        );
        backtest(
            &format!("{with}max_drawdown = nan"),
            " backtest.max_drawdown: `NaN` does not do",
        );
        let against = format!("{with}[backtest.against_running]");
        backtest(&against, " backtest.against_running: it compares nothing");
        let other = parse("strategy = \"other\"\n[live]\nfor = \"1h\"").unwrap_err();
        assert!(
            other.contains(" strategy: a pipeline's file is named by"),
            "{other}"
        );
    }

    #[test]
    fn one_person_is_one_however_written_and_orders_have_a_bound() {
        let names = "[approve]\npersons = 2\nby = [\"anna\", \"Anna \"]";
        check(names, " approve.by: it names fewer");
        let many = "for = \"1h\"\nmin_orders = 100001";
        let canary = format!("[canary]\n{many}\ninstruments = [\"A\"]");
        check(&canary, " canary.min_orders: `100001` does not do; give 0");
        let live = format!("[live]\n{many}");
        check(&live, " live.min_orders: `100001` does not do; give 0");
    }
}
