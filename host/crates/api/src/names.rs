//! Handles back to names, and what it takes to print an instrument's numbers.

use engine::LimitScope;
use model::{AccountId, AlgorithmId, CurrencyId, InstrumentId, Quantity, StrategyId, VenueId};
use services::handle::{Queries, ScopeName};
use std::collections::BTreeMap;

/// What printing an instrument's numbers needs.
#[derive(Debug, Clone)]
pub(crate) struct InstrumentName {
    pub(crate) symbol: String,
    pub(crate) quote_currency: String,
    pub(crate) price_digits: usize,
    pub(crate) quantity_digits: usize,
    pub(crate) multiplier: Quantity,
}

/// The names at one moment. Names are only ever added, so an old table is never wrong, only short.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    instruments: BTreeMap<InstrumentId, InstrumentName>,
    strategies: BTreeMap<StrategyId, String>,
    accounts: BTreeMap<AccountId, String>,
    currencies: BTreeMap<CurrencyId, String>,
    venues: BTreeMap<VenueId, String>,
    algorithms: Vec<String>,
}

impl Names {
    /// Reads all names from the host's projections.
    pub(crate) fn read(host: &impl Queries) -> Self {
        let mut names = Self::default();
        let algorithms = host.algorithms().into_iter();
        names.algorithms = algorithms.map(|config| config.name).collect();
        for strategy in host.strategies() {
            names.strategies.insert(strategy.id, strategy.name.clone());
        }
        for account in host.accounts() {
            names.accounts.insert(account.id, account.config.name);
            let balances = account.balances.into_iter();
            names
                .currencies
                .extend(balances.map(|(id, name, _)| (id, name)));
        }
        for view in host.instruments() {
            let instrument = view.instrument;
            names
                .currencies
                .insert(instrument.quote_currency, view.quote_currency.clone());
            names.venues.insert(instrument.venue, view.venue);
            let name = InstrumentName {
                price_digits: instrument.price_digits(),
                quantity_digits: instrument.quantity_digits(),
                multiplier: instrument.multiplier,
                symbol: instrument.symbol,
                quote_currency: view.quote_currency,
            };
            names.instruments.insert(view.id, name);
        }
        names
    }

    /// The name of one instrument and nothing else.
    #[cfg(test)]
    pub(crate) fn of_one(id: InstrumentId, symbol: &str, quote_currency: &str) -> Self {
        let name = InstrumentName {
            symbol: symbol.to_owned(),
            quote_currency: quote_currency.to_owned(),
            price_digits: 0,
            quantity_digits: 0,
            multiplier: Quantity::ONE,
        };
        Self {
            instruments: BTreeMap::from([(id, name)]),
            ..Self::default()
        }
    }

    /// Of instruments alone, by their symbols: for a stream of another process, whose messages have all others.
    pub(crate) fn of_symbols(symbols: impl IntoIterator<Item = (InstrumentId, String)>) -> Self {
        let named = symbols.into_iter().map(|(id, symbol)| {
            let name = InstrumentName {
                symbol,
                quote_currency: String::new(),
                price_digits: 0,
                quantity_digits: 0,
                multiplier: Quantity::default(),
            };
            (id, name)
        });
        Self {
            instruments: named.collect(),
            ..Self::default()
        }
    }

    /// The symbols of all instruments.
    pub(crate) fn symbols(&self) -> impl ExactSizeIterator<Item = (InstrumentId, &str)> {
        let all = self.instruments.iter();
        all.map(|(id, name)| (*id, name.symbol.as_str()))
    }

    /// The instrument, if it was known when the table was made.
    pub(crate) fn instrument(&self, id: InstrumentId) -> Option<&InstrumentName> {
        self.instruments.get(&id)
    }

    /// The handle of a symbol.
    pub(crate) fn instrument_id(&self, symbol: &str) -> Option<InstrumentId> {
        let mut all = self.instruments.iter();
        all.find(|(_, name)| name.symbol == symbol)
            .map(|(id, _)| *id)
    }

    /// The symbol of an instrument.
    pub(crate) fn symbol(&self, id: InstrumentId) -> String {
        let symbol = self.instrument(id).map(|name| name.symbol.clone());
        symbol.unwrap_or_else(|| unnamed(id.number()))
    }

    /// The handle of a strategy's name.
    pub(crate) fn strategy_id(&self, name: &str) -> Option<StrategyId> {
        let mut all = self.strategies.iter();
        all.find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    /// Whether the strategy was known when the table was made.
    pub(crate) fn knows_strategy(&self, id: StrategyId) -> bool {
        self.strategies.contains_key(&id)
    }

    /// The name of a strategy.
    pub(crate) fn strategy(&self, id: StrategyId) -> String {
        let name = self.strategies.get(&id).cloned();
        name.unwrap_or_else(|| unnamed(id.number()))
    }

    /// The name of an execution algorithm.
    pub(crate) fn algorithm(&self, id: AlgorithmId) -> String {
        let name = self.algorithms.get(id.index()).cloned();
        name.unwrap_or_else(|| unnamed(id.number()))
    }

    /// The name of an account.
    pub(crate) fn account(&self, id: AccountId) -> String {
        let name = self.accounts.get(&id).cloned();
        name.unwrap_or_else(|| unnamed(id.number()))
    }

    /// The handle of an account's name.
    pub(crate) fn account_id(&self, name: &str) -> Option<AccountId> {
        let mut all = self.accounts.iter();
        all.find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    /// The name of a scope, as paths and bodies write it.
    pub(crate) fn scope(&self, scope: LimitScope) -> String {
        let name = match scope {
            LimitScope::Firm => ScopeName::Firm,
            LimitScope::Account(id) => ScopeName::Account(self.account(id)),
            LimitScope::Strategy(id) => ScopeName::Strategy(self.strategy(id)),
            LimitScope::Instrument(id) => ScopeName::Instrument(self.symbol(id)),
        };
        name.to_string()
    }

    /// The name of a currency, where some account or instrument shows it.
    pub(crate) fn currency(&self, id: CurrencyId) -> Option<String> {
        self.currencies.get(&id).cloned()
    }

    /// The name of a venue, where some instrument trades on it.
    pub(crate) fn venue(&self, id: VenueId) -> Option<String> {
        self.venues.get(&id).cloned()
    }
}

/// What stands in for a name that no projection shows.
fn unnamed(number: u32) -> String {
    format!("#{number}")
}
