//! What is owned, and what trading brought, at one moment: exact, at the prices that readers see.
//!
//! Amounts are summed by currency and converted once, as the engine does it; what has no price or no rate makes the sums
//! it is part of unknown, and is named beside them.

mod ledger;

use crate::view::{AccountView, EngineView, InstrumentView, PositionView, StrategyView};
use ledger::{Ledger, Parts, Rates};
use model::{
    AccountId, AccountKind, CurrencyId, InstrumentId, Money, Price, SignedQuantity, StrategyId,
    Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that is held, as it was at one moment.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// The engine then.
    pub engine: EngineView,
    /// Instruments with their latest prices.
    pub instruments: Vec<InstrumentView>,
    /// Accounts with their balances.
    pub accounts: Vec<AccountView>,
    /// Strategies.
    pub strategies: Vec<Arc<StrategyView>>,
    /// What each strategy holds of each instrument, whatever positions that is made of.
    pub positions: Vec<PositionView>,
    /// Names of currencies by their handles.
    pub currencies: Vec<String>,
}

/// What positions come to, in one currency. `None` is what cannot be told for lack of what is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// The currency of all amounts.
    pub currency: CurrencyId,
    /// Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another.
    pub gross_exposure: Option<Money>,
    /// Values at the marks, shorts negative.
    pub net_exposure: Option<Money>,
    /// Profit of what is open, at the marks.
    pub unrealized: Option<Money>,
    /// Profit of what was closed, before fees, and what funding and dividends brought.
    pub realized: Option<Money>,
    /// Fees paid.
    pub fees: Option<Money>,
    /// Instruments that are held and have no price.
    pub unpriced: BTreeSet<InstrumentId>,
    /// Currencies of which something is part of it and for which there is no rate.
    pub unconverted: BTreeSet<CurrencyId>,
}

/// What accounts are worth, in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Worth {
    /// Balances of all currencies.
    pub cash: Option<Money>,
    /// What positions are worth beyond the balances: the profit of what is open in a margin account; in a cash account the
    /// value of what it owns and what is no balance.
    pub positions_value: Option<Money>,
    /// Cash and positions.
    pub net_worth: Option<Money>,
    /// Gross exposure over net worth; nothing where that is not above zero.
    pub leverage: Option<f64>,
    /// What the positions come to.
    pub sums: Sums,
}

/// What is held of an instrument, in its quote currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentSums {
    /// Of what.
    pub instrument: InstrumentId,
    /// Of all strategies; `None` where it is beyond the range of quantities.
    pub quantity: Option<SignedQuantity>,
    /// At what it is valued: the middle of the quote, otherwise the latest trade.
    pub mark: Option<Price>,
    /// What the positions come to.
    pub sums: Sums,
}

/// The whole.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioView {
    /// Engine time.
    pub time: Timestamp,
    /// Inputs that it shows.
    pub sequence: u64,
    /// All accounts together, once in each currency that some account is told in.
    pub totals: Vec<Worth>,
    /// Each account in its base currency.
    pub accounts: Vec<(AccountId, Worth)>,
    /// Each strategy that ever had a position, in the base currency of its account.
    pub strategies: Vec<(StrategyId, Sums)>,
    /// Each instrument of which there ever was a position.
    pub instruments: Vec<InstrumentSums>,
    /// Names of currencies by their handles.
    pub currencies: Vec<String>,
}

impl Holdings {
    /// What they come to.
    pub fn portfolio(&self) -> PortfolioView {
        let rates = Rates::new(&self.instruments);
        let mut ledgers = Ledgers::default();
        for account in &self.accounts {
            for (currency, _, balance) in &account.balances {
                let cash = Parts::cash(balance.total);
                for ledger in [
                    &mut ledgers.all,
                    ledgers.accounts.entry(account.id).or_default(),
                ] {
                    ledger.add(*currency, &cash, None);
                }
            }
        }
        for position in &self.positions {
            self.enter(position, &mut ledgers);
        }
        PortfolioView {
            time: self.engine.time,
            sequence: self.engine.sequence,
            totals: self.totals(&ledgers.all, &rates),
            accounts: self.by_account(&ledgers, &rates),
            strategies: self.by_strategy(&ledgers, &rates),
            instruments: self.by_instrument(&ledgers, &rates),
            currencies: self.currencies.clone(),
        }
    }

    /// Enters a position wherever it counts.
    fn enter(&self, position: &PositionView, ledgers: &mut Ledgers) {
        let (strategy, id) = (position.strategy, position.instrument);
        let account = self
            .strategies
            .get(strategy.index())
            .and_then(|view| self.account(view.account));
        let (Some(view), Some(account)) = (self.instruments.get(id.index()), account) else {
            return;
        };
        let is_cash = matches!(account.config.kind, AccountKind::Cash);
        let (parts, is_priced) = Parts::of(position, view, is_cash);
        let unpriced = (!is_priced).then_some(id);
        let currency = view.instrument.quote_currency;
        for ledger in [
            &mut ledgers.all,
            ledgers.accounts.entry(account.id).or_default(),
            ledgers.strategies.entry(strategy).or_default(),
            ledgers.instruments.entry(id).or_default(),
        ] {
            ledger.add(currency, &parts, unpriced);
        }
        let quantity = ledgers
            .quantities
            .entry(id)
            .or_insert(Some(SignedQuantity::ZERO));
        *quantity = quantity.and_then(|sum| sum.checked_add(position.state.quantity).ok());
    }

    fn account(&self, id: AccountId) -> Option<&AccountView> {
        self.accounts.iter().find(|view| view.id == id)
    }

    fn totals(&self, all: &Ledger, rates: &Rates) -> Vec<Worth> {
        let told: BTreeSet<CurrencyId> = self
            .accounts
            .iter()
            .map(|view| view.config.base_currency)
            .collect();
        let told = told.into_iter();
        told.map(|currency| all.worth(currency, rates)).collect()
    }

    fn by_account(&self, ledgers: &Ledgers, rates: &Rates) -> Vec<(AccountId, Worth)> {
        let nothing = Ledger::default();
        let of = |view: &AccountView| {
            let ledger = ledgers.accounts.get(&view.id).unwrap_or(&nothing);
            (view.id, ledger.worth(view.config.base_currency, rates))
        };
        self.accounts.iter().map(of).collect()
    }

    fn by_strategy(&self, ledgers: &Ledgers, rates: &Rates) -> Vec<(StrategyId, Sums)> {
        let told = |(id, ledger): (&StrategyId, &Ledger)| {
            let view = self.strategies.get(id.index())?;
            let currency = self.account(view.account)?.config.base_currency;
            Some((*id, ledger.sums(currency, rates)))
        };
        ledgers.strategies.iter().filter_map(told).collect()
    }

    fn by_instrument(&self, ledgers: &Ledgers, rates: &Rates) -> Vec<InstrumentSums> {
        let told = |(id, ledger): (&InstrumentId, &Ledger)| {
            let view = self.instruments.get(id.index())?;
            Some(InstrumentSums {
                instrument: *id,
                quantity: ledgers.quantities.get(id).copied().flatten(),
                mark: view.mark(),
                sums: ledger.sums(view.instrument.quote_currency, rates),
            })
        };
        ledgers.instruments.iter().filter_map(told).collect()
    }
}

/// What is summed for whom.
#[derive(Debug, Default)]
struct Ledgers {
    all: Ledger,
    accounts: BTreeMap<AccountId, Ledger>,
    strategies: BTreeMap<StrategyId, Ledger>,
    instruments: BTreeMap<InstrumentId, Ledger>,
    quantities: BTreeMap<InstrumentId, Option<SignedQuantity>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::StrategyState;
    use model::{
        AccountConfig, AccountRules, AssetClass, Balance, Duration, Fees, Instrument, Margin,
        PositionChange, PositionState, Quantity, Rate, VenueId,
    };

    const USD: CurrencyId = CurrencyId::new(0);
    const EUR: CurrencyId = CurrencyId::new(1);

    fn number<T: std::str::FromStr>(text: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        text.parse().unwrap()
    }

    fn instrument(id: u32, class: AssetClass, quote: CurrencyId, last: &str) -> InstrumentView {
        InstrumentView {
            id: InstrumentId::new(id),
            instrument: Instrument {
                symbol: format!("I{id}"),
                venue: VenueId::new(0),
                class,
                quote_currency: quote,
                tick: number("0.01"),
                lot: number("1"),
                min_quantity: number("1"),
                max_quantity: number("1000000"),
                multiplier: Quantity::ONE,
                margin: Margin::default(),
                fees: Fees::default(),
                day_end: Duration::ZERO,
                session: None,
                tradable: true,
                sector: None,
            },
            quote_currency: String::new(),
            venue: String::new(),
            fee_tiers: Vec::new(),
            quote: None,
            last: last.parse().ok(),
            book: None,
            venue_mark: None,
            index: None,
            halted: false,
        }
    }

    fn account(id: u32, kind: AccountKind, balances: &[(CurrencyId, &str)]) -> AccountView {
        let balance = |(currency, total): &(CurrencyId, &str)| {
            let balance = Balance {
                total: number(total),
                locked: Money::ZERO,
            };
            (*currency, String::new(), balance)
        };
        AccountView {
            id: AccountId::new(id),
            config: AccountConfig {
                name: format!("a{id}"),
                venue: VenueId::new(0),
                kind,
                base_currency: USD,
                deposits: Vec::new(),
                hedging: None,
            },
            balances: balances.iter().map(balance).collect(),
            rules: AccountRules::default(),
            margin: None,
        }
    }

    fn strategy(id: u32, account: u32) -> Arc<StrategyView> {
        Arc::new(StrategyView {
            id: StrategyId::new(id),
            name: format!("s{id}"),
            manual: true,
            account: AccountId::new(account),
            state: StrategyState::Running,
            plugin: None,
            swap: None,
            probation: None,
            last_roll_back: None,
            last_kept: None,
            pipeline: None,
            last_build: None,
            restart: None,
            broke_paused: false,
            saved_at: None,
            shadow: None,
            faults: Vec::new(),
            log: Vec::new(),
        })
    }

    fn position(strategy: u32, instrument: u32, quantity: &str, cost: &str) -> PositionView {
        PositionView {
            strategy: StrategyId::new(strategy),
            instrument: InstrumentId::new(instrument),
            position: None,
            state: PositionState {
                quantity: number(quantity),
                open_cost: number(cost),
                realized: number("10"),
                fees: number("1"),
            },
            unrealized: None,
            change: PositionChange::Fill,
            ts_event: Timestamp::ZERO,
        }
    }

    /// EUR/USD is at 1.25. A margin account with 1,000 USD and 80 EUR is long 10 of a share at 50 USD (bought at 40) and,
    /// by another strategy, short 4 of one at 20 EUR (sold at 25). A cash account has 500 USD and the 100 EUR it bought.
    fn holdings() -> Holdings {
        let margin = AccountKind::Margin {
            leverage: number::<Rate>("2"),
        };
        Holdings {
            instruments: vec![
                instrument(0, AssetClass::FxPair { base: EUR }, USD, "1.25"),
                instrument(1, AssetClass::Equity, USD, "50"),
                instrument(2, AssetClass::Equity, EUR, "20"),
            ],
            accounts: vec![
                account(0, margin, &[(USD, "1000"), (EUR, "80")]),
                account(1, AccountKind::Cash, &[(USD, "500"), (EUR, "100")]),
            ],
            strategies: vec![strategy(0, 0), strategy(1, 0), strategy(2, 1)],
            positions: vec![
                position(0, 1, "10", "400"),
                position(1, 2, "-4", "-100"),
                position(2, 0, "100", "120"),
            ],
            ..Holdings::default()
        }
    }

    fn told(amount: Option<Money>) -> String {
        amount.map_or("?".to_owned(), |amount| amount.to_string())
    }

    #[test]
    fn worth_by_hand() {
        let portfolio = holdings().portfolio();
        let check = |worth: &Worth, expect: [&str; 6]| {
            let sums = &worth.sums;
            let found = [
                worth.cash,
                worth.positions_value,
                worth.net_worth,
                sums.gross_exposure,
                sums.net_exposure,
                sums.unrealized,
            ];
            assert_eq!(found.map(told), expect.map(|text| told(text.parse().ok())));
            assert!(sums.unpriced.is_empty() && sums.unconverted.is_empty());
        };
        // 1,000 + 80 · 1.25, and (500 - 400) + (-80 + 100) · 1.25; the pair that was bought is among the balances.
        check(
            &portfolio.accounts[0].1,
            ["1100", "125", "1225", "600", "400", "125"],
        );
        check(
            &portfolio.accounts[1].1,
            ["625", "0", "625", "125", "125", "5"],
        );
        check(
            &portfolio.totals[0],
            ["1725", "125", "1850", "725", "525", "130"],
        );
        assert_eq!(portfolio.totals.len(), 1);
        assert_eq!(portfolio.totals[0].leverage, Some(725.0 / 1_850.0));
        let short = &portfolio.strategies[1].1;
        let found = [short.unrealized, short.realized, short.fees].map(told);
        assert_eq!(
            found,
            ["25", "12.5", "1.25"].map(|text| told(text.parse().ok()))
        );
        let own = &portfolio.instruments[2];
        assert_eq!((own.sums.currency, own.quantity), (EUR, Some(number("-4"))));
        assert_eq!(own.sums.net_exposure, Some(number("-80")));
    }

    #[test]
    fn what_has_no_price_or_rate_is_named_and_makes_unknown_only_what_it_is_part_of() {
        let mut holdings = holdings();
        (holdings.instruments[0].last, holdings.instruments[1].last) = (None, None);
        let portfolio = holdings.portfolio();
        let margin = &portfolio.accounts[0].1;
        assert_eq!((margin.cash, margin.net_worth), (None, None));
        assert_eq!(margin.leverage, None);
        assert_eq!(margin.sums.unpriced, BTreeSet::from([InstrumentId::new(1)]));
        assert_eq!(margin.sums.unconverted, BTreeSet::from([EUR]));
        let first = &portfolio.strategies[0].1;
        assert_eq!((first.unrealized, first.gross_exposure), (None, None));
        assert_eq!(
            (first.realized, first.fees),
            (Some(number("10")), Some(number("1")))
        );
        assert!(first.unconverted.is_empty());
        let own = &portfolio.instruments[2].sums;
        assert_eq!(own.unrealized, Some(number("20")), "in its own currency");
    }

    #[test]
    fn what_is_closed_needs_no_price() {
        let mut holdings = holdings();
        holdings.instruments[1].last = None;
        holdings.positions = vec![position(0, 1, "0", "0")];
        let portfolio = holdings.portfolio();
        assert_eq!(portfolio.strategies[0].1.unrealized, Some(Money::ZERO));
        assert_eq!(portfolio.accounts[0].1.net_worth, Some(number("1100")));
    }
}
