//! One of a thing for each scope: the firm, every account, strategy and instrument. A look-up is an
//! index, however many there are.

use crate::input::LimitScope;
use crate::journal::codec::{Decode, DecodeError, Encode};
use model::{AccountId, InstrumentId, StrategyId};

/// A `T` for each scope; scopes nobody touched have none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ByScope<T> {
    firm: T,
    accounts: Vec<T>,
    strategies: Vec<T>,
    instruments: Vec<T>,
}

impl<T: Default> ByScope<T> {
    pub(crate) fn get(&self, scope: LimitScope) -> Option<&T> {
        match scope {
            LimitScope::Firm => Some(&self.firm),
            LimitScope::Account(id) => self.accounts.get(id.index()),
            LimitScope::Strategy(id) => self.strategies.get(id.index()),
            LimitScope::Instrument(id) => self.instruments.get(id.index()),
        }
    }

    /// The scope's own, made if it has none. Only for scopes that are defined: it makes those
    /// before it too.
    pub(crate) fn entry(&mut self, scope: LimitScope) -> &mut T {
        match scope {
            LimitScope::Firm => &mut self.firm,
            LimitScope::Account(id) => grown(&mut self.accounts, id.index()),
            LimitScope::Strategy(id) => grown(&mut self.strategies, id.index()),
            LimitScope::Instrument(id) => grown(&mut self.instruments, id.index()),
        }
    }

    /// All that were touched.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LimitScope, &T)> {
        let numbers = || 0_u32..;
        let accounts = numbers().map(|n| LimitScope::Account(AccountId::new(n)));
        let strategies = numbers().map(|n| LimitScope::Strategy(StrategyId::new(n)));
        let instruments = numbers().map(|n| LimitScope::Instrument(InstrumentId::new(n)));
        std::iter::once((LimitScope::Firm, &self.firm))
            .chain(accounts.zip(&self.accounts))
            .chain(strategies.zip(&self.strategies))
            .chain(instruments.zip(&self.instruments))
    }
}

fn grown<T: Default>(items: &mut Vec<T>, index: usize) -> &mut T {
    if items.len() <= index {
        items.resize_with(index + 1, T::default);
    }
    &mut items[index]
}

/// The scopes an order falls under.
pub(crate) fn scopes_of(
    account: Option<AccountId>,
    strategy: StrategyId,
    instrument: InstrumentId,
) -> [Option<LimitScope>; 4] {
    [
        Some(LimitScope::Firm),
        account.map(LimitScope::Account),
        Some(LimitScope::Strategy(strategy)),
        Some(LimitScope::Instrument(instrument)),
    ]
}

impl<T: Encode> Encode for ByScope<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            firm,
            accounts,
            strategies,
            instruments,
        } = self;
        (firm, accounts, strategies, instruments).encode(out);
    }
}

impl<T: Decode> Decode for ByScope<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (firm, accounts, strategies, instruments) = Decode::decode(from)?;
        Ok(Self {
            firm,
            accounts,
            strategies,
            instruments,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_its_own() {
        let mut numbers = ByScope::<u8>::default();
        let scopes = scopes_of(
            Some(AccountId::new(2)),
            StrategyId::new(0),
            InstrumentId::new(1),
        );
        for (number, scope) in (1..).zip(scopes.into_iter().flatten()) {
            *numbers.entry(scope) = number;
        }
        let kept: Vec<u8> = numbers.iter().map(|(_, number)| *number).collect();
        assert_eq!(kept, [1, 0, 0, 2, 3, 0, 4]);
        assert_eq!(
            numbers.get(LimitScope::Account(AccountId::new(3))),
            None::<&u8>
        );
    }
}
