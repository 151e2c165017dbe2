//! A scope as people name it: `firm`, `account/NAME`, `strategy/NAME`, `instrument/SYMBOL`.

use super::{HostError, Queries};
use crate::projection::ReadModel;
use crate::view::{AccountView, InstrumentView, StrategyView};
use engine::LimitScope;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Whom limits, states and kill latches bind, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeName {
    /// Everybody.
    Firm,
    /// One account.
    Account(String),
    /// One strategy.
    Strategy(String),
    /// One instrument, by its symbol.
    Instrument(String),
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope; write firm, account/NAME, strategy/NAME or instrument/SYMBOL")]
pub struct NoScope(String);

impl FromStr for ScopeName {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        if text == "firm" {
            return Ok(Self::Firm);
        }
        match text.split_once('/') {
            Some((_, "")) | None => Err(NoScope(text.to_owned())),
            Some(("account", name)) => Ok(Self::Account(name.to_owned())),
            Some(("strategy", name)) => Ok(Self::Strategy(name.to_owned())),
            Some(("instrument", name)) => Ok(Self::Instrument(name.to_owned())),
            Some(_) => Err(NoScope(text.to_owned())),
        }
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Firm => f.write_str("firm"),
            Self::Account(name) => write!(f, "account/{name}"),
            Self::Strategy(name) => write!(f, "strategy/{name}"),
            Self::Instrument(symbol) => write!(f, "instrument/{symbol}"),
        }
    }
}

impl ScopeName {
    /// The scope of this name.
    ///
    /// # Errors
    /// [`HostError::NotFound`] when there is nothing of that name.
    pub fn find(&self, host: &impl Queries) -> Result<LimitScope, HostError> {
        let (what, name) = match self {
            Self::Firm => return Ok(LimitScope::Firm),
            Self::Account(name) => ("account", name),
            Self::Strategy(name) => ("strategy", name),
            Self::Instrument(symbol) => ("instrument", symbol),
        };
        let found = self.among(&host.accounts(), &host.strategies(), &host.instruments());
        found.ok_or_else(|| HostError::NotFound {
            what,
            name: name.clone(),
        })
    }

    /// The same in the read model; `None` when there is nothing of that name.
    pub(crate) fn find_in(&self, model: &ReadModel) -> Option<LimitScope> {
        self.among(&model.accounts, &model.strategies, &model.instruments)
    }

    fn among(
        &self,
        accounts: &[AccountView],
        strategies: &[Arc<StrategyView>],
        instruments: &[InstrumentView],
    ) -> Option<LimitScope> {
        match self {
            Self::Firm => Some(LimitScope::Firm),
            Self::Account(name) => {
                let found = accounts.iter().find(|view| view.config.name == *name);
                found.map(|view| LimitScope::Account(view.id))
            }
            Self::Strategy(name) => {
                let found = strategies.iter().find(|view| view.name == *name);
                found.map(|view| LimitScope::Strategy(view.id))
            }
            Self::Instrument(symbol) => {
                let mut views = instruments.iter();
                let found = views.find(|view| view.instrument.symbol == *symbol);
                found.map(|view| LimitScope::Instrument(view.id))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_as_they_are_written() {
        for text in [
            "firm",
            "account/a",
            "strategy/ema",
            "instrument/EUR/USD.SIM",
        ] {
            assert_eq!(text.parse::<ScopeName>().unwrap().to_string(), text);
        }
        for wrong in ["", "Firm", "account", "account/", "desk/a"] {
            assert!(wrong.parse::<ScopeName>().is_err(), "{wrong}");
        }
    }
}
