//! Limits by scope. The firm's always exist; the others bind only where set.

use crate::input::{LimitScope, Limits};
use model::{AccountId, InstrumentId, StrategyId};
use std::collections::BTreeMap;

/// Message times kept at most, so that a careless limit costs no memory. A larger
/// `max_messages` acts as no limit.
const MOST_REMEMBERED: u32 = 100_000;

/// The limits of all scopes.
#[derive(Debug, Default)]
pub struct LimitBook {
    firm: Limits,
    scopes: BTreeMap<LimitScope, Limits>,
}

impl LimitBook {
    /// Replaces the limits of a scope.
    pub(crate) fn set(&mut self, scope: LimitScope, limits: Limits) {
        match scope {
            LimitScope::Firm => self.firm = limits,
            scope => {
                self.scopes.insert(scope, limits);
            }
        }
    }

    /// The limits of one scope, if it has its own.
    pub fn get(&self, scope: LimitScope) -> Option<&Limits> {
        match scope {
            LimitScope::Firm => Some(&self.firm),
            scope => self.scopes.get(&scope),
        }
    }

    /// How many sent messages must be remembered for the largest window.
    pub(crate) fn messages_to_remember(&self) -> usize {
        let scoped = self.scopes.values().map(|limits| limits.max_messages);
        let most = scoped.fold(self.firm.max_messages, u32::max);
        most.min(MOST_REMEMBERED) as usize
    }

    /// Every set of limits that binds an order.
    pub(crate) fn of(
        &self,
        account: Option<AccountId>,
        strategy: StrategyId,
        instrument: InstrumentId,
    ) -> impl Iterator<Item = &Limits> {
        let scopes = [
            account.map(LimitScope::Account),
            Some(LimitScope::Strategy(strategy)),
            Some(LimitScope::Instrument(instrument)),
        ];
        let scoped = scopes
            .into_iter()
            .flatten()
            .filter_map(|scope| self.scopes.get(&scope));
        std::iter::once(&self.firm).chain(scoped)
    }
}
