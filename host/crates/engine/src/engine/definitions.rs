//! Taking in definitions. One that contradicts itself or an earlier one has no effect but a notice.

use super::Engine;
use crate::account::Account;
use crate::agenda::Due;
use crate::effect::{Ignored, StrategyState};
use crate::exchange::Exchange;
use crate::input::{
    Definition, LimitScope, Limits, Permissions, SelfMatch, StrategyConfig, VenueConfig,
};
use crate::listeners::Listeners;
use crate::risk::MOST_WINDOWS;
use crate::underway::Underway;
use model::{
    AccountConfig, AccountId, AccountKind, AccountRules, Instrument, InstrumentId, Price, Quantity,
    Rate, StrategyId, VenueId,
};

impl Engine {
    pub(super) fn define(&mut self, definition: Definition) {
        let refused = match definition {
            Definition::Currency(name) => self.define_currency(&name),
            Definition::Venue(config) => self.define_venue(config),
            Definition::Instrument(instrument) => self.define_instrument(instrument),
            Definition::Account(config) => self.define_account(config),
            Definition::Limits(scope, limits) => self.define_limits(scope, limits),
            Definition::Strategy(config) => self.define_strategy(config),
            Definition::Permissions(strategy, permissions) => {
                self.define_permissions(strategy, permissions)
            }
            Definition::AverageVolume(instrument, volume) => {
                self.define_average_volume(instrument, volume)
            }
            Definition::Adopter(strategy) => self.define_adopter(strategy),
            Definition::FeeTiers(instrument, tiers) => self.define_fee_tiers(instrument, tiers),
            Definition::AccountRules(account, rules) => self.define_account_rules(account, rules),
            Definition::Algorithm(config) => self.define_algorithm(config),
            Definition::Rule(config) => self.define_rule(config),
            Definition::Locate(account, instrument, most) => {
                self.define_locate(account, instrument, most)
            }
            Definition::SelfMatch(venue, mode) => self.define_self_match(venue, mode),
        };
        if let Err(reason) = refused {
            self.journal.refused(&reason);
            self.ignore(Ignored::BadDefinition(reason));
        }
    }

    fn define_currency(&mut self, name: &str) -> Result<(), String> {
        if self.market.find_currency(name).is_some() {
            return Err(format!("currency {name} is defined twice"));
        }
        self.market.add_currency(name);
        Ok(())
    }

    fn define_venue(&mut self, config: VenueConfig) -> Result<(), String> {
        if self
            .venues
            .iter()
            .any(|venue| venue.config().name == config.name)
        {
            return Err(format!("venue {} is defined twice", config.name));
        }
        if let Some(flaw) = config.flaw() {
            return Err(format!("venue {}: {flaw}", config.name));
        }
        let models = self.take_models(&config)?;
        if let Some(external) = config.external {
            let id = VenueId::new(u32::try_from(self.venues.len()).unwrap_or(u32::MAX));
            self.outside.add_venue(id, external);
        }
        let venue = Exchange::new(config, models);
        self.delays_data |= venue.delays_data();
        self.venues.push(venue);
        self.last_execution.push(0);
        Ok(())
    }

    fn define_self_match(&mut self, id: VenueId, mode: SelfMatch) -> Result<(), String> {
        let venue = self.venues.get_mut(id.index());
        let venue = venue.ok_or("self-match of a venue that is not defined")?;
        if venue.set_self_match(mode) {
            return Ok(());
        }
        let name = &venue.config().name;
        Err(format!(
            "venue {name}: it is outside and keeps orders apart by its own rules"
        ))
    }

    fn define_instrument(&mut self, instrument: Instrument) -> Result<(), String> {
        self.check_instrument(&instrument)
            .map_err(|reason| format!("instrument {}: {reason}", instrument.symbol))?;
        self.list(&instrument)?;
        let id = self.market.add(instrument.clone());
        self.listeners.push(Listeners::default());
        self.underway.push(Underway::default());
        self.held.push(super::held::Held::default());
        if let Some(expiry) = instrument.class.expiry() {
            self.agenda.add(expiry.max(self.now), Due::Maturity(id));
        }
        if instrument.session.is_some() {
            self.begin_sessions(id);
        }
        Ok(())
    }

    fn check_instrument(&self, instrument: &Instrument) -> Result<(), &'static str> {
        let base = instrument.class.base();
        let rules: [(bool, &'static str); 9] = [
            (
                self.market.find(&instrument.symbol).is_none(),
                "defined twice",
            ),
            (
                instrument.venue.index() < self.venues.len(),
                "its venue is not defined",
            ),
            (
                self.market.has_currency(instrument.quote_currency),
                "its quote currency is not defined",
            ),
            (
                base.is_none_or(|base| self.market.has_currency(base)),
                "its base currency is not defined",
            ),
            (instrument.tick > Price::ZERO, "the tick must be positive"),
            (!instrument.lot.is_zero(), "the lot must be positive"),
            (
                instrument.min_quantity <= instrument.max_quantity,
                "no quantity fits its range",
            ),
            (
                instrument.multiplier > Quantity::ZERO,
                "the multiplier must be positive",
            ),
            (
                instrument.margin.initial.min(instrument.margin.maintenance) >= Rate::ZERO,
                "no margin must be negative",
            ),
        ];
        let broken = rules.into_iter().find(|(holds, _)| !holds);
        let flaw = broken.map(|(_, reason)| reason);
        flaw.or(instrument.fees.flaw()).map_or(Ok(()), Err)
    }

    fn define_account(&mut self, config: AccountConfig) -> Result<(), String> {
        let name = config.name.clone();
        let problem = |reason: &str| Err(format!("account {name}: {reason}"));
        if self
            .accounts
            .iter()
            .any(|account| account.config().name == name)
        {
            return problem("defined twice");
        }
        if config.venue.index() >= self.venues.len() {
            return problem("its venue is not defined");
        }
        let mut currencies = config.deposits.iter().map(|(currency, _)| *currency);
        let known = self.market.has_currency(config.base_currency)
            && currencies.all(|currency| self.market.has_currency(currency));
        if !known {
            return problem("a currency of it is not defined");
        }
        if matches!(config.kind, AccountKind::Margin { leverage } if leverage <= Rate::ZERO) {
            return problem("the leverage must be positive");
        }
        let venue = config.venue;
        let outside = self.venues.get(venue.index());
        let outside = outside.is_some_and(Exchange::is_external);
        if let Some(reason) = hedging_problem(&config, outside) {
            return problem(reason);
        }
        match Account::new(config) {
            Ok(account) => {
                let id = AccountId::new(u32::try_from(self.accounts.len()).unwrap_or(u32::MAX));
                self.outside.add_account(id, venue, self.now);
                self.accounts.push(account);
                self.follow_limits();
                Ok(())
            }
            Err(_) => problem("its deposits overflow"),
        }
    }

    fn define_account_rules(&mut self, id: AccountId, rules: AccountRules) -> Result<(), String> {
        let now = self.now;
        let Some(account) = self.accounts.get_mut(id.index()) else {
            return Err("rules of an account that is not defined".to_owned());
        };
        let name = account.config().name.clone();
        let on_margin = matches!(account.config().kind, AccountKind::Margin { .. });
        let possible = rules.margin_call.is_none_or(|call| {
            on_margin && call.liquidate > Rate::ZERO && call.liquidate <= call.call
        });
        if !possible {
            return Err(format!(
                "account {name}: a margin call needs margin, and levels above zero of which that of \
                 liquidation is not the higher"
            ));
        }
        if rules.margin_call.is_some() && account.config().hedging.is_some() {
            return Err(format!(
                "account {name}: a hedging account has no margin call; positions are not closed for it"
            ));
        }
        account.set_rules(rules);
        self.plan_day_end(id, now);
        self.follow_limits();
        self.reckon(LimitScope::Account(id));
        Ok(())
    }

    fn define_strategy(&mut self, config: StrategyConfig) -> Result<(), String> {
        if self
            .strategies
            .configs()
            .iter()
            .any(|other| other.name == config.name)
        {
            return Err(format!("strategy {} is defined twice", config.name));
        }
        if config.account.index() >= self.accounts.len() {
            return Err(format!(
                "strategy {}: its account is not defined",
                config.name
            ));
        }
        let manual = config.manual;
        let strategy = self.strategies.add(config);
        self.follow_limits();
        if manual {
            self.set_state(strategy, StrategyState::Running);
        }
        Ok(())
    }

    fn define_permissions(
        &mut self,
        strategy: StrategyId,
        permissions: Permissions,
    ) -> Result<(), String> {
        match self.strategies.config_mut(strategy) {
            Some(config) => {
                config.permissions = permissions.sorted();
                Ok(())
            }
            None => Err("permissions of a strategy that is not defined".to_owned()),
        }
    }

    fn define_average_volume(
        &mut self,
        instrument: InstrumentId,
        volume: Quantity,
    ) -> Result<(), String> {
        match self.market.get_mut(instrument) {
            Some(state) => {
                state.average_volume = Some(volume);
                Ok(())
            }
            None => Err("the volume of an instrument that is not defined".to_owned()),
        }
    }

    fn define_locate(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        most: Quantity,
    ) -> Result<(), String> {
        self.check_scope(LimitScope::Account(account))?;
        self.check_scope(LimitScope::Instrument(instrument))?;
        self.limits.locate(account, instrument, most);
        Ok(())
    }

    fn define_limits(&mut self, scope: LimitScope, limits: Limits) -> Result<(), String> {
        self.check_scope(scope)?;
        let sums = limits.exposure.bind_sums() || limits.loss.bind();
        if sums && matches!(scope, LimitScope::Instrument(_)) {
            return Err("an instrument has no exposure or loss of its own to limit".to_owned());
        }
        if self.limits.price_windows_with(&limits) > MOST_WINDOWS {
            return Err(format!(
                "more than {MOST_WINDOWS} windows of prices to watch"
            ));
        }
        self.limits.set(scope, limits);
        self.follow_limits();
        self.reckon(scope);
        Ok(())
    }

    pub(super) fn check_scope(&self, scope: LimitScope) -> Result<(), String> {
        let known = match scope {
            LimitScope::Firm => true,
            LimitScope::Account(id) => id.index() < self.accounts.len(),
            LimitScope::Strategy(id) => self.strategies.get(id).is_some(),
            LimitScope::Instrument(id) => self.market.get(id).is_some(),
        };
        if known {
            Ok(())
        } else {
            Err("limits for something that is not defined".to_owned())
        }
    }
}

/// Why an account cannot hold several positions in one instrument, if it cannot.
fn hedging_problem(config: &AccountConfig, outside: bool) -> Option<&'static str> {
    config.hedging?;
    if config.kind == AccountKind::Cash {
        Some("a cash account holds what it owns and cannot be hedging")
    } else if outside {
        Some("its venue is outside and names no positions, so it cannot be hedging")
    } else {
        None
    }
}
