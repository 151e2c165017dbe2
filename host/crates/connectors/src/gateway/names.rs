//! Handles and the names that travel for them.

use model::{AccountId, CurrencyId, InstrumentId};
use std::collections::BTreeMap;

/// The names of what is traded, who trades and what is paid with.
#[derive(Debug, Clone, Default)]
pub struct Names {
    instruments: Table,
    accounts: Table,
    currencies: Table,
}

#[derive(Debug, Clone, Default)]
struct Table {
    names: BTreeMap<u32, String>,
    numbers: BTreeMap<String, u32>,
}

impl Table {
    fn add(&mut self, number: u32, name: &str) {
        self.names.insert(number, name.to_owned());
        self.numbers.insert(name.to_owned(), number);
    }

    fn name(&self, number: u32) -> Option<String> {
        self.names.get(&number).cloned()
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }
}

impl Names {
    /// Adds an instrument.
    pub fn add_instrument(&mut self, id: InstrumentId, symbol: &str) {
        self.instruments.add(id.number(), symbol);
    }

    /// Adds an account.
    pub fn add_account(&mut self, id: AccountId, name: &str) {
        self.accounts.add(id.number(), name);
    }

    /// Adds a currency.
    pub fn add_currency(&mut self, id: CurrencyId, name: &str) {
        self.currencies.add(id.number(), name);
    }

    pub(super) fn symbol(&self, id: InstrumentId) -> Option<String> {
        self.instruments.name(id.number())
    }

    pub(super) fn account(&self, id: AccountId) -> Option<String> {
        self.accounts.name(id.number())
    }

    pub(super) fn currency(&self, id: CurrencyId) -> Option<String> {
        self.currencies.name(id.number())
    }

    pub(super) fn instrument_id(&self, symbol: &str) -> Option<InstrumentId> {
        self.instruments.number(symbol).map(InstrumentId::new)
    }

    pub(super) fn account_id(&self, name: &str) -> Option<AccountId> {
        self.accounts.number(name).map(AccountId::new)
    }

    pub(super) fn currency_id(&self, name: &str) -> Option<CurrencyId> {
        self.currencies.number(name).map(CurrencyId::new)
    }
}
