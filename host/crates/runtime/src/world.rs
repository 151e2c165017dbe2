//! The kinds of plugins there are, by the world of `wit/v1` they fit.

use crate::contract::Contract;
use crate::runtime::RuntimeError;
use std::fmt;

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum World {
    /// It trades.
    Strategy,
    /// It does an order in parts.
    ExecutionAlgorithm,
    /// It judges orders beside the risk gate.
    PreTradeRule,
    /// It answers for a simulated venue.
    VenueModel,
    /// It scores instruments.
    Factor,
    /// It makes lines for charts of one series.
    Indicator,
}

impl World {
    /// All of them.
    pub const ALL: [World; 6] = [
        Self::Strategy,
        Self::ExecutionAlgorithm,
        Self::PreTradeRule,
        Self::VenueModel,
        Self::Factor,
        Self::Indicator,
    ];

    /// The name in `wit/v1`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::ExecutionAlgorithm => "execution-algorithm",
            Self::PreTradeRule => "pre-trade-rule",
            Self::VenueModel => "venue-model",
            Self::Factor => "factor",
            Self::Indicator => "indicator",
        }
    }

    /// The functions that each plugin of it exports, sorted; optional ones are not among them.
    ///
    /// # Errors
    /// The description of the world that this program carries cannot be read, which no plugin can cause.
    pub fn exports(self) -> Result<Vec<String>, RuntimeError> {
        let contract = Contract::of(self).map_err(RuntimeError::Engine)?;
        Ok(contract.demanded().map(str::to_owned).collect())
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_names_what_its_plugins_export() {
        let of = |world: World| world.exports().unwrap();
        assert_eq!(of(World::Strategy).len(), 13);
        assert!(of(World::Strategy).contains(&"on-quote".to_owned()));
        for world in World::ALL {
            assert!(of(world).contains(&"describe".to_owned()), "{world}");
        }
    }
}
