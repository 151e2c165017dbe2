//! The kinds of plugins there are, by the world of `wit/v1` they fit.

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
}

impl World {
    /// All of them.
    pub const ALL: [World; 3] = [Self::Strategy, Self::ExecutionAlgorithm, Self::PreTradeRule];

    /// The name in `wit/v1`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::ExecutionAlgorithm => "execution-algorithm",
            Self::PreTradeRule => "pre-trade-rule",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
