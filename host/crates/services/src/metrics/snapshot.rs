//! All that metrics are made of, at one engine time: plain numbers, cut off from the read model.

use crate::view::{AccountView, InstrumentView, PositionView, StrategyView};
use engine::LimitScope;
use model::{AccountId, AccountKind, CurrencyId, InstrumentId, StrategyId, Timestamp};
use quant::portfolio::Decline;
use quant::{Figure, Unavailable, convert};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a value is not known.
const NO_PRICE: Unavailable = Unavailable::Missing("a held instrument has no price");
/// Why a value is not known in a currency.
const NO_RATE: Unavailable = Unavailable::Missing("there is no rate to the scope's currency");

/// What the read model shows.
pub(crate) struct World<'a> {
    pub(crate) instruments: &'a [InstrumentView],
    pub(crate) accounts: &'a [AccountView],
    pub(crate) strategies: &'a [Arc<StrategyView>],
    pub(crate) currencies: &'a [String],
    pub(crate) positions: Vec<PositionView>,
}

/// An instrument that is held, or that others are compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) id: InstrumentId,
    pub(crate) symbol: String,
    pub(crate) sector: Option<String>,
    pub(crate) quote: CurrencyId,
    /// The asset that changes hands.
    pub(crate) delivered: Option<CurrencyId>,
    /// The asset that its price follows.
    pub(crate) follows: Option<CurrencyId>,
    pub(crate) price: Option<f64>,
    pub(crate) multiplier: f64,
    pub(crate) daily_volume: Option<f64>,
    /// Oldest first.
    pub(crate) returns: Vec<f64>,
}

/// A position that is open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Holding {
    pub(crate) strategy: StrategyId,
    pub(crate) account: AccountId,
    /// Place of its instrument among the parts.
    pub(crate) part: usize,
    pub(crate) quantity: f64,
    pub(crate) open_cost: f64,
}

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Purse {
    pub(crate) id: AccountId,
    pub(crate) currency: CurrencyId,
    pub(crate) is_cash: bool,
    pub(crate) balances: Vec<(CurrencyId, f64)>,
}

/// Marks of pairs.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rates(BTreeMap<(CurrencyId, CurrencyId), f64>);

impl Rates {
    /// What one unit is worth, by a direct or an inverse pair.
    pub(crate) fn rate(&self, from: CurrencyId, to: CurrencyId) -> Figure {
        if from == to {
            return Ok(1.0);
        }
        let direct = self.0.get(&(from, to)).copied();
        let inverse = || self.0.get(&(to, from)).map(|rate| 1.0 / rate);
        direct.or_else(inverse).ok_or(NO_RATE)
    }
}

/// The numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Snapshot {
    pub(crate) time: Timestamp,
    pub(crate) parts: Vec<Part>,
    pub(crate) holdings: Vec<Holding>,
    pub(crate) accounts: Vec<Purse>,
    /// Each strategy's account, by its handle.
    pub(crate) strategies: Vec<AccountId>,
    /// What strategies that ever had a position made, in their account's currency.
    pub(crate) profits: BTreeMap<StrategyId, Figure>,
    pub(crate) currencies: Vec<String>,
    pub(crate) rates: Rates,
    pub(crate) declines: BTreeMap<LimitScope, Decline>,
    /// Place of the benchmark among the parts.
    pub(crate) benchmark: Option<usize>,
    /// Ends of the periods of returns.
    pub(crate) times: Vec<Timestamp>,
    /// Reckonings that were left out before this one.
    pub(crate) skipped: u64,
}

impl Snapshot {
    /// Holdings and balances at these marks (by instrument, NaN where there is none), without
    /// returns.
    pub(crate) fn new(time: Timestamp, world: &World<'_>, marks: &[f64]) -> Self {
        let mut snapshot = Self {
            time,
            accounts: world.accounts.iter().map(purse).collect(),
            strategies: world.strategies.iter().map(|view| view.account).collect(),
            rates: rates(world, marks),
            ..Self::default()
        };
        let mut places = BTreeMap::new();
        for position in &world.positions {
            snapshot.hold(position, world, marks, &mut places);
        }
        snapshot
    }

    fn hold(
        &mut self,
        position: &PositionView,
        world: &World<'_>,
        marks: &[f64],
        places: &mut BTreeMap<InstrumentId, usize>,
    ) {
        let (strategy, id) = (position.strategy, position.instrument);
        let view = world.instruments.get(id.index());
        let account = self.strategies.get(strategy.index()).copied();
        let (Some(view), Some(account)) = (view, account) else {
            return;
        };
        let state = &position.state;
        let quantity = convert::signed(state.quantity);
        let open_cost = convert::money(state.open_cost);
        let mut part = part(view, marks);
        let value = part.price.map(|price| quantity * price * part.multiplier);
        let open = match value {
            Some(value) => Ok(value - open_cost),
            None if quantity == 0.0 => Ok(0.0),
            None => Err(NO_PRICE),
        };
        let closed = convert::money(state.realized) - convert::money(state.fees);
        let made = open.and_then(|open| {
            let to = self
                .account(account)
                .map_or(part.quote, |purse| purse.currency);
            Ok((open + closed) * self.rates.rate(part.quote, to)?)
        });
        let profit = self.profits.entry(strategy).or_insert(Ok(0.0));
        *profit = profit.and_then(|so_far| Ok(so_far + made?));
        if quantity == 0.0 {
            return;
        }
        part.returns.clear();
        let place = *places.entry(id).or_insert_with(|| {
            self.parts.push(part);
            self.parts.len() - 1
        });
        self.holdings.push(Holding {
            strategy,
            account,
            part: place,
            quantity,
            open_cost,
        });
    }

    /// Adds an instrument that is not held, or finds it; its place.
    pub(crate) fn add(&mut self, view: &InstrumentView, marks: &[f64]) -> usize {
        let known = self.parts.iter().position(|known| known.id == view.id);
        known.unwrap_or_else(|| {
            self.parts.push(part(view, marks));
            self.parts.len() - 1
        })
    }

    /// An account.
    pub(crate) fn account(&self, id: AccountId) -> Option<&Purse> {
        self.accounts.get(id.index())
    }

    /// The currency in which a scope is told: the firm's is that of its first account.
    pub(crate) fn currency(&self, scope: LimitScope) -> Option<CurrencyId> {
        let account = match scope {
            LimitScope::Account(id) => id,
            LimitScope::Strategy(id) => *self.strategies.get(id.index())?,
            LimitScope::Firm | LimitScope::Instrument(_) => AccountId::new(0),
        };
        self.account(account).map(|purse| purse.currency)
    }

    /// The name of a currency.
    pub(crate) fn currency_name(&self, id: CurrencyId) -> String {
        self.currencies.get(id.index()).cloned().unwrap_or_default()
    }

    /// Holdings under a scope.
    pub(crate) fn under(&self, scope: LimitScope) -> impl Iterator<Item = &Holding> {
        self.holdings.iter().filter(move |holding| match scope {
            LimitScope::Firm => true,
            LimitScope::Account(id) => holding.account == id,
            LimitScope::Strategy(id) => holding.strategy == id,
            LimitScope::Instrument(id) => self.parts[holding.part].id == id,
        })
    }

    /// What a holding is worth at its mark: negative when short.
    pub(crate) fn value(&self, holding: &Holding, currency: CurrencyId) -> Figure {
        let part = &self.parts[holding.part];
        let price = part.price.ok_or(NO_PRICE)?;
        let rate = self.rates.rate(part.quote, currency)?;
        Ok(holding.quantity * price * part.multiplier * rate)
    }

    /// What a scope is worth in its currency; a strategy's is that of its account.
    pub(crate) fn equity(&self, scope: LimitScope) -> Figure {
        let unknown = Unavailable::Missing("there is no account");
        let currency = self.currency(scope).ok_or(unknown)?;
        let worth = |purse: &Purse| self.worth(purse, currency);
        match scope {
            LimitScope::Account(id) => worth(self.account(id).ok_or(unknown)?),
            LimitScope::Strategy(id) => {
                let account = self.strategies.get(id.index()).ok_or(unknown)?;
                worth(self.account(*account).ok_or(unknown)?)
            }
            LimitScope::Firm | LimitScope::Instrument(_) => self.accounts.iter().map(worth).sum(),
        }
    }

    /// Balances, and what is not in them: gains of a margin account, goods of a cash account that
    /// are no currency.
    fn worth(&self, purse: &Purse, currency: CurrencyId) -> Figure {
        let mut worth = 0.0;
        for (held, amount) in &purse.balances {
            if *amount != 0.0 {
                worth += amount * self.rates.rate(*held, currency)?;
            }
        }
        for holding in self.under(LimitScope::Account(purse.id)) {
            let part = &self.parts[holding.part];
            if purse.is_cash && part.delivered.is_some() {
                continue;
            }
            worth += self.value(holding, currency)?;
            if !purse.is_cash {
                worth -= holding.open_cost * self.rates.rate(part.quote, currency)?;
            }
        }
        Ok(worth)
    }
}

fn purse(view: &AccountView) -> Purse {
    let balances = view.balances.iter();
    Purse {
        id: view.id,
        currency: view.config.base_currency,
        is_cash: matches!(view.config.kind, AccountKind::Cash),
        balances: balances
            .map(|(currency, _, balance)| (*currency, convert::money(balance.total)))
            .collect(),
    }
}

fn mark(marks: &[f64], id: InstrumentId) -> Option<f64> {
    marks
        .get(id.index())
        .copied()
        .filter(|mark| mark.is_finite())
}

fn part(view: &InstrumentView, marks: &[f64]) -> Part {
    let instrument = &view.instrument;
    Part {
        id: view.id,
        symbol: instrument.symbol.clone(),
        sector: instrument.sector.clone(),
        quote: instrument.quote_currency,
        delivered: instrument.class.delivered(),
        follows: instrument.class.base(),
        price: mark(marks, view.id),
        multiplier: convert::quantity(instrument.multiplier),
        daily_volume: None,
        returns: Vec::new(),
    }
}

fn rates(world: &World<'_>, marks: &[f64]) -> Rates {
    let mut rates = Rates::default();
    for view in world.instruments {
        let base = view.instrument.class.base();
        let price = mark(marks, view.id).filter(|price| *price > 0.0);
        if let (Some(base), Some(price)) = (base, price) {
            // The first pair that is defined counts, as in the engine.
            let pair = (base, view.instrument.quote_currency);
            rates.0.entry(pair).or_insert(price);
        }
    }
    rates
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const USD: CurrencyId = CurrencyId::new(0);
    const EUR: CurrencyId = CurrencyId::new(1);
    const BTC: CurrencyId = CurrencyId::new(2);

    fn part(id: u32, symbol: &str, sector: Option<&str>, quote: CurrencyId, price: f64) -> Part {
        Part {
            id: InstrumentId::new(id),
            symbol: symbol.to_owned(),
            sector: sector.map(str::to_owned),
            quote,
            delivered: None,
            follows: None,
            price: Some(price),
            multiplier: 1.0,
            daily_volume: Some(1_000.0),
            returns: Vec::new(),
        }
    }

    fn holding(strategy: u32, account: u32, part: usize, quantity: f64, cost: f64) -> Holding {
        Holding {
            strategy: StrategyId::new(strategy),
            account: AccountId::new(account),
            part,
            quantity,
            open_cost: cost,
        }
    }

    fn purse(id: u32, is_cash: bool, balances: Vec<(CurrencyId, f64)>) -> Purse {
        Purse {
            id: AccountId::new(id),
            currency: USD,
            is_cash,
            balances,
        }
    }

    /// EUR/USD is 1.25 and BTC/USD 20,000. A margin account with 10,000 USD and 800 EUR is long 100
    /// of SHARE at 50 USD (bought at 40) and short 10 of EUROPE at 80 EUR (sold at 90). A cash account
    /// with 1,000 USD holds 0.5 BTC, of which 0.2 were bought by a strategy.
    pub(crate) fn sample() -> Snapshot {
        let bitcoin = Part {
            delivered: Some(BTC),
            follows: Some(BTC),
            ..part(2, "BTC/USD", None, USD, 20_000.0)
        };
        Snapshot {
            parts: vec![
                part(0, "SHARE", Some("tech"), USD, 50.0),
                part(1, "EUROPE", Some("oil"), EUR, 80.0),
                bitcoin,
            ],
            holdings: vec![
                holding(0, 0, 0, 100.0, 4_000.0),
                holding(1, 0, 1, -10.0, -900.0),
                holding(2, 1, 2, 0.2, 3_900.0),
            ],
            accounts: vec![
                purse(0, false, vec![(USD, 10_000.0), (EUR, 800.0)]),
                purse(1, true, vec![(USD, 1_000.0), (BTC, 0.5)]),
            ],
            strategies: vec![AccountId::new(0), AccountId::new(0), AccountId::new(1)],
            currencies: ["USD", "EUR", "BTC"].map(str::to_owned).to_vec(),
            rates: Rates(BTreeMap::from([((EUR, USD), 1.25), ((BTC, USD), 20_000.0)])),
            profits: (0..3).map(|n| (StrategyId::new(n), Ok(0.0))).collect(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn equity_by_hand() {
        let snapshot = sample();
        // 10,000 + 800 · 1.25 + (5,000 - 4,000) + (-800 + 900) · 1.25
        let account = |id| LimitScope::Account(AccountId::new(id));
        assert_eq!(snapshot.equity(account(0)), Ok(12_125.0));
        // The bitcoins are in the balance: 1,000 + 0.5 · 20,000.
        assert_eq!(snapshot.equity(account(1)), Ok(11_000.0));
        assert_eq!(snapshot.equity(LimitScope::Firm), Ok(23_125.0));
        let third = LimitScope::Strategy(StrategyId::new(2));
        assert_eq!(snapshot.equity(third), Ok(11_000.0));
        let mut unknown = sample();
        unknown.rates = Rates::default();
        assert_eq!(unknown.equity(LimitScope::Firm), Err(NO_RATE));
        unknown.parts[0].price = None;
        assert!(unknown.value(&unknown.holdings[0], USD).is_err());
        let none = LimitScope::Strategy(StrategyId::new(9));
        assert!(unknown.equity(none).is_err());
    }
}
