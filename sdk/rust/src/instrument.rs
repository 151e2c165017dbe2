//! What can be traded, and the grid it trades on.

use crate::{Price, Quantity};
use serde::{Deserialize, Serialize};

/// A handle of an instrument, valid for one run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct InstrumentId(u32);

impl InstrumentId {
    /// From its number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// The kind of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetClass {
    /// A share.
    Equity,
    /// A currency pair.
    FxPair,
    /// A crypto pair settled by delivery.
    CryptoSpot,
    /// A linear perpetual contract.
    CryptoPerpetual,
    /// A dated contract.
    Future,
    /// An option.
    Option,
}

/// An instrument the strategy may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Its handle in this run.
    pub id: InstrumentId,
    /// Its name, such as `EUR/USD.SIM`.
    pub symbol: String,
    /// Its kind.
    pub class: AssetClass,
    /// Currency of prices, and of profit and loss.
    pub quote_currency: String,
    /// Price grid.
    pub tick: Price,
    /// Quantity grid.
    pub lot: Quantity,
    /// Smallest order.
    pub min_quantity: Quantity,
    /// Largest order the venue takes.
    pub max_quantity: Quantity,
    /// Units of the underlying in one contract.
    pub multiplier: Quantity,
}
