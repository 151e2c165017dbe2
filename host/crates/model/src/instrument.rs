//! What can be traded, and the grid and margin it trades on.

use crate::{
    CurrencyId, Duration, Fees, InstrumentId, Price, Quantity, Rate, Session, Timestamp, VenueId,
};

/// Whether an option is a call or a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionRight {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// The kind of instrument, with what only that kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetClass {
    /// A share. Quoted and settled in its currency.
    Equity,
    /// A currency pair; buying it buys `base`.
    FxPair {
        /// The currency bought.
        base: CurrencyId,
    },
    /// A crypto pair settled by delivery; buying it buys `base`.
    CryptoSpot {
        /// The asset bought.
        base: CurrencyId,
    },
    /// A linear perpetual contract on `base`, settled in the quote currency.
    CryptoPerpetual {
        /// The asset it follows.
        base: CurrencyId,
    },
    /// A dated contract.
    Future {
        /// Last trading moment.
        expiry: Timestamp,
    },
    /// An option.
    Option {
        /// What it is written on, if that is known to the engine too.
        underlying: Option<InstrumentId>,
        /// Strike price.
        strike: Price,
        /// Last trading moment.
        expiry: Timestamp,
        /// Call or put.
        right: OptionRight,
    },
}

impl AssetClass {
    /// The asset that changes hands when the trade settles by delivery.
    pub const fn delivered(&self) -> Option<CurrencyId> {
        match self {
            AssetClass::FxPair { base } | AssetClass::CryptoSpot { base } => Some(*base),
            _ => None,
        }
    }

    /// The asset that prices of this instrument can convert from.
    pub const fn base(&self) -> Option<CurrencyId> {
        match self {
            AssetClass::CryptoPerpetual { base } => Some(*base),
            _ => self.delivered(),
        }
    }

    /// Last trading moment, for what expires.
    pub const fn expiry(&self) -> Option<Timestamp> {
        match self {
            AssetClass::Future { expiry } | AssetClass::Option { expiry, .. } => Some(*expiry),
            _ => None,
        }
    }
}

/// Margin as a share of notional value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Margin {
    /// Needed to open.
    pub initial: Rate,
    /// Needed to stay open.
    pub maintenance: Rate,
}

/// An instrument. The id is its position in the engine's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Unique name, such as `EUR/USD.SIM`.
    pub symbol: String,
    /// Where it trades.
    pub venue: VenueId,
    /// What kind it is.
    pub class: AssetClass,
    /// Currency of prices, and of profit and loss.
    pub quote_currency: CurrencyId,
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
    /// Margin rates.
    pub margin: Margin,
    /// Fees.
    pub fees: Fees,
    /// Time of day (UTC) at which DAY orders expire where there are no sessions; midnight by default.
    /// Where there are, they expire at the close.
    pub day_end: Duration,
    /// When it trades; at all times when `None`.
    pub session: Option<Session>,
    /// Whether orders are accepted at all.
    pub tradable: bool,
    /// The part of the economy it belongs to, to limit what is held of it in all.
    pub sector: Option<String>,
}

impl Instrument {
    /// Digits after the point that prices of this instrument show.
    pub fn price_digits(&self) -> usize {
        digits_after_point(&self.tick.to_string())
    }

    /// Digits after the point that quantities of this instrument show.
    pub fn quantity_digits(&self) -> usize {
        digits_after_point(&self.lot.to_string())
    }

    /// Whether it takes orders at `now`: open to orders and not expired. Sessions are another
    /// matter: see [`Instrument::is_in_session`].
    pub fn is_tradable(&self, now: Timestamp) -> bool {
        self.tradable && self.class.expiry().is_none_or(|expiry| now < expiry)
    }

    /// Whether a session is on at `now`.
    pub fn is_in_session(&self, now: Timestamp) -> bool {
        self.session.is_none_or(|session| session.is_open(now))
    }
}

fn digits_after_point(text: &str) -> usize {
    text.split_once('.')
        .map_or(0, |(_, fraction)| fraction.len())
}
