//! Market data: top-of-book quotes, trades, and bars with the rule that makes them.
//!
//! `ts_event` is the venue's time, `ts_init` the time at which this host first saw the event.

use crate::{InstrumentId, Price, Quantity, Side, Timestamp};

/// The best bid and ask. A size of zero means the source does not give sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Best price to sell at.
    pub bid: Price,
    /// Best price to buy at.
    pub ask: Price,
    /// Amount wanted at the bid.
    pub bid_size: Quantity,
    /// Amount offered at the ask.
    pub ask_size: Quantity,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

/// One trade between others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Traded price.
    pub price: Price,
    /// Traded amount.
    pub size: Quantity,
    /// Side of the order that took liquidity, if the source says so.
    pub aggressor: Option<Side>,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

/// Prices of a derivative that are not traded prices; what is `None` stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkPrice {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The price at which the venue values positions.
    pub mark: Option<Price>,
    /// The price of the index the derivative follows.
    pub index: Option<Price>,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

/// The venue halts an instrument, or lets it trade again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstrumentStatus {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Whether it is halted from now on.
    pub halted: bool,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

/// What closes a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BarMethod {
    /// Every `n` nanoseconds of event time, aligned to the epoch.
    Time(u64),
    /// Every `n` events.
    Tick(u64),
    /// Whenever this much has traded (or been quoted, for quote bases).
    Volume(Quantity),
}

/// Which price the bar follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BarBasis {
    /// Best bid of quotes.
    Bid,
    /// Best ask of quotes.
    Ask,
    /// Midpoint of quotes.
    Mid,
    /// Trades.
    Last,
}

/// The rule that makes a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BarSpec {
    /// What closes it.
    pub method: BarMethod,
    /// Which price it follows.
    pub basis: BarBasis,
}

impl BarSpec {
    /// A time bar of so many seconds.
    pub const fn seconds(seconds: u64, basis: BarBasis) -> Self {
        let nanos = seconds.saturating_mul(crate::time::NANOS_PER_SECOND);
        Self {
            method: BarMethod::Time(nanos),
            basis,
        }
    }

    /// Whether the rule can ever close a bar.
    pub const fn is_valid(&self) -> bool {
        match self.method {
            BarMethod::Time(step) | BarMethod::Tick(step) => step > 0,
            BarMethod::Volume(step) => !step.is_zero(),
        }
    }
}

/// Open, high, low and close over one step of a [`BarSpec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The rule that made it.
    pub spec: BarSpec,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Amount traded (for quote bases, the sum of quoted sizes on that side).
    pub volume: Quantity,
    /// When the bar began.
    pub ts_open: Timestamp,
    /// When the bar ended: no event at or after this time is in it.
    pub ts_event: Timestamp,
    /// When we knew it.
    pub ts_init: Timestamp,
}

impl Bar {
    /// Whether high and low enclose open and close.
    pub fn is_consistent(&self) -> bool {
        self.high >= self.open.max(self.close) && self.low <= self.open.min(self.close)
    }
}
