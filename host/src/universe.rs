//! Names to handles: everything a run defines, gathered in the order in which the engine will
//! number it. Configuration files, backtests and benches all define their world through this.

use engine::{Definition, LimitScope, Limits, SelfMatch, StrategyConfig, VenueConfig};
use model::{
    AccountConfig, AccountId, AccountRules, CurrencyId, FeeTier, Instrument, InstrumentId,
    Interner, Quantity, StrategyId, VenueId,
};
use services::venue_models::NamedModel;

/// The world of one run.
#[derive(Debug, Clone, Default)]
pub struct Universe {
    definitions: Vec<Definition>,
    currencies: Interner,
    venues: Interner,
    symbols: Interner,
    instruments: Vec<Instrument>,
    accounts: Interner,
    strategies: Interner,
    venue_models: Vec<NamedModel>,
}

impl Universe {
    /// What the engine must be told, in order.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The instruments by handle.
    pub fn instruments(&self) -> impl Iterator<Item = (InstrumentId, &Instrument)> {
        (0_u32..).map(InstrumentId::new).zip(&self.instruments)
    }

    /// One instrument.
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id.index())
    }

    /// The name of a currency.
    pub fn currency_name(&self, id: CurrencyId) -> &str {
        self.currencies.name(id.number()).unwrap_or("?")
    }

    /// All currencies' names by handle.
    pub fn currency_names(&self) -> &[String] {
        self.currencies.names()
    }

    /// The handle of a symbol.
    pub fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        self.symbols.get(symbol).map(InstrumentId::new)
    }

    /// All symbols, for messages.
    pub fn symbols(&self) -> &[String] {
        self.symbols.names()
    }

    /// The handle of a venue.
    pub fn find_venue(&self, name: &str) -> Option<VenueId> {
        self.venues.get(name).map(VenueId::new)
    }

    /// All venues' names, for messages.
    pub fn venue_names(&self) -> &[String] {
        self.venues.names()
    }

    /// The handle of an account.
    pub fn find_account(&self, name: &str) -> Option<AccountId> {
        self.accounts.get(name).map(AccountId::new)
    }

    /// All accounts' names, for messages.
    pub fn account_names(&self) -> &[String] {
        self.accounts.names()
    }

    /// All strategies' names by handle.
    pub fn strategy_names(&self) -> &[String] {
        self.strategies.names()
    }

    /// The handle of a strategy.
    pub fn find_strategy(&self, name: &str) -> Option<StrategyId> {
        self.strategies.get(name).map(StrategyId::new)
    }

    /// A currency, defined on first use.
    pub fn currency(&mut self, name: &str) -> CurrencyId {
        if self.currencies.get(name).is_none() {
            self.definitions.push(Definition::Currency(name.to_owned()));
        }
        CurrencyId::new(self.currencies.intern(name))
    }

    /// Adds a venue.
    pub fn add_venue(&mut self, config: VenueConfig) -> VenueId {
        let id = self.venues.intern(&config.name);
        self.definitions.push(Definition::Venue(config));
        VenueId::new(id)
    }

    /// Sets what a simulated venue does where orders of one account meet.
    pub fn set_self_match(&mut self, venue: VenueId, mode: SelfMatch) {
        let definition = Definition::SelfMatch(venue, mode);
        self.definitions.push(definition);
    }

    /// Adds models of venues; they are made later, and the venues' definitions then name them.
    pub fn add_venue_models(&mut self, models: Vec<NamedModel>) {
        self.venue_models.extend(models);
    }

    /// The models of venues.
    pub fn venue_models(&self) -> &[NamedModel] {
        &self.venue_models
    }

    /// Adds an instrument.
    pub fn add_instrument(&mut self, instrument: Instrument) -> InstrumentId {
        let id = self.symbols.intern(&instrument.symbol);
        self.instruments.push(instrument.clone());
        self.definitions.push(Definition::Instrument(instrument));
        InstrumentId::new(id)
    }

    /// Adds an account.
    pub fn add_account(&mut self, config: AccountConfig) -> AccountId {
        let id = self.accounts.intern(&config.name);
        self.definitions.push(Definition::Account(config));
        AccountId::new(id)
    }

    /// Adds a strategy.
    pub fn add_strategy(&mut self, config: StrategyConfig) -> StrategyId {
        let id = self.strategies.intern(&config.name);
        self.definitions.push(Definition::Strategy(config));
        StrategyId::new(id)
    }

    /// Sets the limits of a scope.
    pub fn set_limits(&mut self, scope: LimitScope, limits: Limits) {
        self.definitions.push(Definition::Limits(scope, limits));
    }

    /// Says how much of an instrument an account may be short where that must be located.
    pub fn locate(&mut self, account: AccountId, instrument: InstrumentId, most: Quantity) {
        let definition = Definition::Locate(account, instrument, most);
        self.definitions.push(definition);
    }

    /// Lets a strategy for orders by hand take on what its account has at a venue outside and nobody
    /// here knows.
    pub fn set_adopter(&mut self, strategy: StrategyId) {
        self.definitions.push(Definition::Adopter(strategy));
    }

    /// Sets fee rates for accounts that trade much.
    pub fn set_fee_tiers(&mut self, instrument: InstrumentId, tiers: Vec<FeeTier>) {
        let definition = Definition::FeeTiers(instrument, tiers);
        self.definitions.push(definition);
    }

    /// Sets what an account agrees to; nothing is what it agrees to anyway.
    pub fn set_account_rules(&mut self, account: AccountId, rules: AccountRules) {
        if rules != AccountRules::default() {
            let definition = Definition::AccountRules(account, rules);
            self.definitions.push(definition);
        }
    }

    /// Sets what an instrument trades on an average day.
    pub fn set_average_volume(&mut self, instrument: InstrumentId, volume: Quantity) {
        let definition = Definition::AverageVolume(instrument, volume);
        self.definitions.push(definition);
    }
}
