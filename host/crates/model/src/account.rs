//! Accounts hold money in several currencies at one venue.

use crate::{CurrencyId, Money, NumberError, Rate, VenueId};

/// How an account pays for what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// Pays in full; orders lock what they need; nothing can be sold that is not owned.
    Cash,
    /// Puts up margin; profit and loss settle in the instrument's quote currency.
    Margin {
        /// Notional value that one unit of margin carries, on top of the instrument's own rate:
        /// 1 leaves the instrument's rate as it is, 10 divides it by ten.
        leverage: Rate,
    },
}

/// What a hedging account puts up margin for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HedgeMargin {
    /// For every position, long or short.
    #[default]
    Gross,
    /// For what the longs of an instrument and its shorts leave of each other, at the average cost of
    /// the larger side.
    Net,
}

/// An account as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountConfig {
    /// Unique name.
    pub name: String,
    /// Where it is held.
    pub venue: VenueId,
    /// Cash or margin.
    pub kind: AccountKind,
    /// The currency in which margin and limits are reckoned.
    pub base_currency: CurrencyId,
    /// What is in it at the start.
    pub deposits: Vec<(CurrencyId, Money)>,
    /// Whether a strategy may hold several positions in one instrument at once, long and short, and
    /// what margin they ask for; `None` nets them into one.
    pub hedging: Option<HedgeMargin>,
}

/// Money of one currency: `total = locked + free`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// All of it.
    pub total: Money,
    /// Held for open orders or margin.
    pub locked: Money,
}

impl Balance {
    /// What is left to use.
    pub fn free(&self) -> Result<Money, NumberError> {
        self.total.checked_sub(self.locked)
    }
}
