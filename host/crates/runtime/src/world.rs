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
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
