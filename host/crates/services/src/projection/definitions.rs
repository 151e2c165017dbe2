//! What definitions make of the read model.

use super::ReadModel;
use crate::view::{AccountView, Change, InstrumentView, LocateView, StrategyView};
use engine::{Definition, StrategyConfig, StrategyState};
use model::{
    AccountConfig, AccountId, Balance, CurrencyId, Instrument, InstrumentId, Money, StrategyId,
    Timestamp,
};
use std::collections::BTreeMap;
use std::sync::Arc;

impl ReadModel {
    pub(super) fn define(
        &mut self,
        time: Timestamp,
        definition: Definition,
        changes: &mut Vec<Change>,
    ) {
        match definition {
            Definition::Currency(name) => self.currencies.push(name),
            Definition::Venue(config) => self.define_venue(config),
            Definition::Instrument(instrument) => self.define_instrument(instrument),
            Definition::Account(config) => self.define_account(time, config, changes),
            Definition::Strategy(config) => self.define_strategy(config, changes),
            Definition::FeeTiers(instrument, tiers) => {
                if let Some(view) = self.instruments.get_mut(instrument.index()) {
                    view.fee_tiers = tiers;
                }
            }
            Definition::SelfMatch(venue, mode) => {
                if let Some(view) = self.venues.get_mut(venue.index()) {
                    Arc::make_mut(view).self_match = mode;
                }
            }
            Definition::Limits(scope, limits) => self.risk.set_limits(scope, limits),
            Definition::Locate(account, instrument, quantity) => self.risk.locate(LocateView {
                account,
                instrument,
                quantity,
            }),
            Definition::AverageVolume(instrument, volume) => {
                if let Some(tracker) = &mut self.tracker {
                    tracker.set_volume(instrument, volume);
                }
            }
            Definition::Permissions(..)
            | Definition::Adopter(_)
            | Definition::Algorithm(_)
            | Definition::Rule(_) => {}
            Definition::AccountRules(account, rules) => {
                if let Some(view) = self.accounts.get_mut(account.index()) {
                    view.rules = rules;
                }
            }
        }
    }

    fn define_instrument(&mut self, instrument: Instrument) {
        let venue = self
            .venues
            .get(instrument.venue.index())
            .map(|view| view.config.name.clone())
            .unwrap_or_default();
        self.instruments.push(InstrumentView {
            id: InstrumentId::new(count(self.instruments.len())),
            quote_currency: self.currency_name(instrument.quote_currency),
            venue,
            fee_tiers: Vec::new(),
            instrument,
            quote: None,
            last: None,
            book: None,
            venue_mark: None,
            index: None,
            halted: false,
        });
    }

    fn define_account(
        &mut self,
        time: Timestamp,
        config: AccountConfig,
        changes: &mut Vec<Change>,
    ) {
        let id = AccountId::new(count(self.accounts.len()));
        let mut balances = BTreeMap::from([(config.base_currency, Money::ZERO)]);
        for (currency, amount) in &config.deposits {
            let total = balances.entry(*currency).or_insert(Money::ZERO);
            // The engine has refused deposits that overflow.
            *total = total.checked_add(*amount).unwrap_or(Money::MAX);
        }
        let balances: Vec<(CurrencyId, String, Balance)> = balances
            .into_iter()
            .map(|(currency, total)| {
                let balance = Balance {
                    total,
                    locked: Money::ZERO,
                };
                changes.push(Change::Balance(id, currency, balance));
                (currency, self.currency_name(currency), balance)
            })
            .collect();
        self.show_at_venue(time, id, config.venue);
        self.accounts.push(AccountView {
            rules: model::AccountRules::default(),
            margin: None,
            id,
            config,
            balances,
        });
    }

    fn define_strategy(&mut self, config: StrategyConfig, changes: &mut Vec<Change>) {
        let StrategyConfig {
            name,
            account,
            manual,
            ..
        } = config;
        let id = StrategyId::new(count(self.strategies.len()));
        let state = if manual {
            StrategyState::Running
        } else {
            StrategyState::Stopped
        };
        self.strategies.push(Arc::new(StrategyView {
            id,
            name,
            manual,
            account,
            state,
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
        }));
        self.publish_strategy(id, changes);
    }
}

/// Handles count up from zero; as many as u32 counts would exhaust memory first.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
