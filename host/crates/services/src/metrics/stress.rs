//! Runs a scenario over today's holdings. All amounts are in the firm's currency.
//!
//! A holding gains what its price does. On a margin account the gain is converted at the shocked
//! rate; a cash account owns what it holds, so its whole worth is converted. Balances gain with their
//! currency; what a cash account's balance holds of an asset because of a position is counted with
//! the position.

use super::scenario::{Scenario, ScenarioKind, Shock, ShockTarget};
use super::snapshot::{Holding, Part, Purse, Snapshot};
use super::view::ScenarioView;
use super::{MetricSettings, reckon};
use engine::LimitScope;
use model::{AccountId, CurrencyId, InstrumentId, Rate, StrategyId, Timestamp};
use quant::{Figure, Unavailable, convert};
use std::collections::BTreeMap;

/// Runs it; nothing where there is no account.
pub(crate) fn run(
    snapshot: &Snapshot,
    scenario: &Scenario,
    settings: &MetricSettings,
) -> Option<ScenarioView> {
    let currency = snapshot.currency(LimitScope::Firm)?;
    let run = Run::new(snapshot, currency, &scenario.kind);
    let sums = run.sums();
    let balances: Figure = snapshot
        .accounts
        .iter()
        .map(|purse| run.balances(purse))
        .sum();
    let mut accounts = sums.accounts;
    for purse in &snapshot.accounts {
        let gained = accounts.entry(purse.id).or_insert(Ok(0.0));
        *gained = gained.and_then(|gained| Ok(gained + run.balances(purse)?));
    }
    Some(ScenarioView {
        name: scenario.name.clone(),
        time: snapshot.time,
        currency,
        total: accounts.values().copied().sum(),
        worst: run.worst(),
        balances,
        accounts: accounts.into_iter().collect(),
        strategies: sums.strategies.into_iter().collect(),
        instruments: sums.instruments.into_iter().collect(),
        value_at_risk: reckon::stressed(snapshot, settings, |_| Ok((1.0, 1.0))),
        stressed_value_at_risk: reckon::stressed(snapshot, settings, |part| run.change(part)),
    })
}

#[derive(Default)]
struct Sums {
    accounts: BTreeMap<AccountId, Figure>,
    strategies: BTreeMap<StrategyId, Figure>,
    instruments: BTreeMap<InstrumentId, Figure>,
}

/// What happens to each price, currency and volatility.
struct Run<'a> {
    snapshot: &'a Snapshot,
    currency: CurrencyId,
    kind: &'a ScenarioKind,
    /// Places of the window among the periods of returns.
    window: Vec<usize>,
}

impl<'a> Run<'a> {
    fn new(snapshot: &'a Snapshot, currency: CurrencyId, kind: &'a ScenarioKind) -> Self {
        let inside = |time: &Timestamp| match kind {
            ScenarioKind::Window { from, to } => *time > *from && *time <= *to,
            ScenarioKind::Shocks(_) => false,
        };
        let times = snapshot.times.iter().enumerate();
        let window = times
            .filter(|(_, time)| inside(time))
            .map(|(place, _)| place);
        Self {
            snapshot,
            currency,
            kind,
            window: window.collect(),
        }
    }

    fn shocks(&self) -> &[Shock] {
        match self.kind {
            ScenarioKind::Shocks(shocks) => shocks,
            ScenarioKind::Window { .. } => &[],
        }
    }

    /// The most specific shock that says something.
    fn most_specific(&self, part: &Part, of: impl Fn(&Shock) -> Option<Rate>) -> f64 {
        let rank = |target: &ShockTarget| match target {
            ShockTarget::Market => Some(0),
            ShockTarget::Sector(name) => (part.sector.as_ref() == Some(name)).then_some(1),
            ShockTarget::Instrument(symbol) => (part.symbol == *symbol).then_some(2),
            ShockTarget::Currency(_) => None,
        };
        let ranked = self.shocks().iter();
        let ranked = ranked.filter_map(|shock| Some((rank(&shock.target)?, of(shock)?)));
        let chosen = ranked.max_by_key(|(rank, _)| *rank);
        chosen.map_or(1.0, |(_, change)| 1.0 + convert::rate(change))
    }

    /// What a currency's worth is multiplied by.
    fn worth_of(&self, currency: CurrencyId) -> f64 {
        let name = self.snapshot.currencies.get(currency.index());
        let of = |shock: &&Shock| match &shock.target {
            ShockTarget::Currency(shocked) => Some(shocked) == name,
            _ => false,
        };
        let shock = self.shocks().iter().find(of);
        let change = shock.and_then(|shock| shock.price);
        change.map_or(1.0, |change| 1.0 + convert::rate(change))
    }

    /// A rate to the firm's currency, before and after.
    fn rates(&self, from: CurrencyId) -> Result<(f64, f64), Unavailable> {
        let rate = self.snapshot.rates.rate(from, self.currency)?;
        let change = self.worth_of(from) / self.worth_of(self.currency);
        Ok((rate, rate * change))
    }

    /// What the price of a part is multiplied by after so many periods of the window.
    fn price(&self, part: &Part, periods: usize) -> Figure {
        let ScenarioKind::Window { .. } = self.kind else {
            let moved = self.most_specific(part, |shock| shock.price);
            let pair = part
                .follows
                .map_or(1.0, |base| self.worth_of(base) / self.worth_of(part.quote));
            return Ok(moved * pair);
        };
        if self.window.is_empty() {
            return Err(Unavailable::Missing("no samples of the window are kept"));
        }
        let early = self.snapshot.times.len() - part.returns.len().min(self.snapshot.times.len());
        let returns = self.window.iter().take(periods);
        returns
            .map(|place| {
                place
                    .checked_sub(early)
                    .and_then(|own| part.returns.get(own))
            })
            .map(|value| value.map(|value| 1.0 + value))
            .try_fold(1.0, |all, one| Some(all * one?))
            .ok_or(Unavailable::Missing(
                "an instrument has no samples of the window",
            ))
    }

    /// What value and volatility of a part are multiplied by.
    fn change(&self, part: usize) -> Result<(f64, f64), Unavailable> {
        let part = &self.snapshot.parts[part];
        let (before, after) = self.rates(part.quote)?;
        let volatility = self.most_specific(part, |shock| shock.volatility);
        Ok((self.price(part, usize::MAX)? * after / before, volatility))
    }

    fn profit(&self, holding: &Holding, periods: usize) -> Figure {
        let part = &self.snapshot.parts[holding.part];
        let value = self.snapshot.value(holding, self.currency)?;
        let (before, after) = self.rates(part.quote)?;
        let price = self.price(part, periods)?;
        let account = self.snapshot.account(holding.account);
        let owned = account.is_some_and(|purse| purse.is_cash);
        let rate = after / before;
        Ok(if owned {
            value * (price * rate - 1.0)
        } else {
            // What it gained before the scenario is converted anew as well.
            let open = value - holding.open_cost * before;
            value * (price - 1.0) * rate + open * (rate - 1.0)
        })
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for holding in &self.snapshot.holdings {
            let profit = self.profit(holding, usize::MAX);
            let add = |sum: &mut Figure| *sum = sum.and_then(|sum| Ok(sum + profit?));
            let instrument = self.snapshot.parts[holding.part].id;
            add(sums.accounts.entry(holding.account).or_insert(Ok(0.0)));
            add(sums.strategies.entry(holding.strategy).or_insert(Ok(0.0)));
            add(sums.instruments.entry(instrument).or_insert(Ok(0.0)));
        }
        sums
    }

    /// What an account's balances gain, but for assets that positions stand for.
    fn balances(&self, purse: &Purse) -> Figure {
        let mut gained = 0.0;
        for (currency, amount) in &purse.balances {
            let (before, after) = match self.rates(*currency) {
                Ok(rates) => rates,
                Err(_) if *amount == 0.0 => continue,
                Err(why) => return Err(why),
            };
            gained += (amount - self.stood_for(purse, *currency)) * (after - before);
        }
        Ok(gained)
    }

    fn stood_for(&self, purse: &Purse, currency: CurrencyId) -> f64 {
        if !purse.is_cash {
            return 0.0;
        }
        let holdings = self.snapshot.under(LimitScope::Account(purse.id));
        let delivered = holdings
            .filter(|holding| self.snapshot.parts[holding.part].delivered == Some(currency));
        delivered.map(|holding| holding.quantity).sum()
    }

    /// The lowest sum of profits on the way through a window.
    fn worst(&self) -> Option<Figure> {
        if let ScenarioKind::Shocks(_) = self.kind {
            return None;
        }
        let mut worst = Ok(f64::INFINITY);
        for periods in 1..=self.window.len() {
            let holdings = self.snapshot.holdings.iter();
            let sum: Figure = holdings.map(|holding| self.profit(holding, periods)).sum();
            worst = worst.and_then(|worst: f64| Ok(worst.min(sum?)));
        }
        if self.window.is_empty() {
            return Some(Err(Unavailable::Missing(
                "no samples of the window are kept",
            )));
        }
        Some(worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::snapshot::tests::sample;

    fn shocks(list: &[(&str, &str)]) -> Scenario {
        let shock = |(target, price): &(&str, &str)| Shock {
            target: target.parse().unwrap(),
            price: Some(price.parse().unwrap()),
            volatility: None,
        };
        Scenario {
            name: "test".to_owned(),
            kind: ScenarioKind::Shocks(list.iter().map(shock).collect()),
        }
    }

    #[track_caller]
    fn near(got: Figure, expect: f64) {
        let got = got.unwrap();
        assert!((got - expect).abs() < 1e-6, "{got} is not {expect}");
    }

    fn run(snapshot: &Snapshot, scenario: &Scenario) -> ScenarioView {
        super::run(snapshot, scenario, &MetricSettings::default()).unwrap()
    }

    #[test]
    fn the_most_specific_shock_counts() {
        let list = [
            ("market", "-0.1"),
            ("sector/oil", "-0.2"),
            ("instrument/SHARE", "0.3"),
        ];
        let view = run(&sample(), &shocks(&list));
        // 5,000 · 0.3; -800 EUR · -0.2 · 1.25; 4,000 · -0.1.
        let of = |place: usize| view.instruments[place].1;
        near(of(0), 1_500.0);
        near(of(1), 200.0);
        near(of(2), -400.0);
        near(view.strategies[1].1, 200.0);
        near(view.accounts[0].1, 1_700.0);
        near(view.accounts[1].1, -400.0);
        near(view.balances, 0.0);
        near(view.total, 1_300.0);
        assert!(view.worst.is_none() && view.value_at_risk.is_err());
    }

    #[test]
    fn a_currency_shock_changes_equity_as_the_new_rates_say() {
        let view = run(
            &sample(),
            &shocks(&[("currency/EUR", "-0.2"), ("currency/BTC", "0.1")]),
        );
        // With EUR/USD at 1.00: 10,000 + 800 + 1,000 + 100 = 11,900, which was 12,125.
        near(view.accounts[0].1, -225.0);
        // With BTC/USD at 22,000: 1,000 + 11,000, which was 11,000; 400 of it by the strategy.
        near(view.accounts[1].1, 1_000.0);
        near(view.strategies[2].1, 400.0);
        near(view.total, 775.0);
        // The firm's own currency: all others rise against it, to 1.25 / 0.8 and 20,000 / 0.8.
        let view = run(&sample(), &shocks(&[("currency/USD", "-0.2")]));
        near(view.accounts[0].1, 900.0 * 0.3125);
        near(view.accounts[1].1, 0.5 * 5_000.0);
    }

    #[test]
    fn a_window_replays_its_returns_and_tells_the_worst_on_the_way() {
        let at = Timestamp::from_nanos;
        let mut snapshot = sample();
        snapshot.holdings.truncate(1);
        snapshot.times = (1..=4).map(at).collect();
        snapshot.parts[0].returns = vec![0.5, -0.1, 0.2, 0.7];
        let window = |from, to| Scenario {
            name: "past".to_owned(),
            kind: ScenarioKind::Window {
                from: at(from),
                to: at(to),
            },
        };
        // Of the second and third: 0.9 · 1.2 = 1.08; lowest after the first of them.
        let view = run(&snapshot, &window(1, 3));
        near(view.total, 5_000.0 * 0.08);
        near(view.worst.unwrap(), -500.0);
        let view = run(&snapshot, &window(10, 20));
        assert!(view.total.is_err() && view.worst.unwrap().is_err());
        // It has no price before the third.
        snapshot.parts[0].returns = vec![0.2, 0.7];
        assert!(run(&snapshot, &window(1, 3)).total.is_err());
        near(run(&snapshot, &window(2, 3)).total, 1_000.0);
    }

    #[test]
    fn volatility_shocks_scale_the_value_at_risk_after_the_scenario() {
        let mut snapshot = sample();
        snapshot.holdings.truncate(1);
        snapshot.parts[0].returns = (0..40).map(|n| f64::from(n % 3) / 100.0).collect();
        let mut scenario = shocks(&[("market", "-0.5")]);
        let ScenarioKind::Shocks(list) = &mut scenario.kind else {
            panic!("shocks were asked for");
        };
        list[0].volatility = Some("1".parse().unwrap());
        let view = run(&snapshot, &scenario);
        // Half the value with twice the volatility loses as much.
        let before = view.value_at_risk.unwrap();
        near(view.stressed_value_at_risk, before);
        assert!(before > 0.0);
    }
}
