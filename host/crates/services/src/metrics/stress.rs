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
