//! Market data as a strategy receives it: quotes, trades, bars, and bars from before the start.

use crate::{Duration, InstrumentId, Price, Quantity, Side, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A new best bid and ask. A size of zero means the source gives no sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When the host first saw it.
    pub ts_init: Timestamp,
}

impl Quote {
    /// Halfway between bid and ask.
    pub const fn mid(&self) -> Price {
        self.bid.midpoint(self.ask)
    }
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
    /// When the host first saw it.
    pub ts_init: Timestamp,
}

/// What closes a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BarMethod {
    /// Every so much event time, aligned to the epoch.
    Time(Duration),
    /// Every so many events.
    Tick(u64),
    /// Whenever this much has traded (or been quoted, for quote bases).
    Volume(Quantity),
}

/// Which price a bar follows.
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

impl FromStr for BarBasis {
    type Err = String;

    /// Reads `bid`, `ask`, `mid` or `last`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "bid" => Ok(Self::Bid),
            "ask" => Ok(Self::Ask),
            "mid" => Ok(Self::Mid),
            "last" => Ok(Self::Last),
            _ => Err(format!("`{text}` is not one of bid, ask, mid, last")),
        }
    }
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
        Self {
            method: BarMethod::Time(Duration::from_secs(seconds)),
            basis,
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
    /// When it ended: no event at or after this time is in it.
    pub ts_event: Timestamp,
    /// When the host knew it.
    pub ts_init: Timestamp,
}

/// Bars from before the start, oldest first; the answer to
/// [`Context::request_history`](crate::Context::request_history).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Which bars.
    pub spec: BarSpec,
    /// At most as many as were asked for, possibly fewer or none.
    pub bars: Vec<Bar>,
}

impl History {
    /// Words per bar in the block that crosses the plugin boundary.
    pub const WORDS_PER_BAR: usize = 6;

    /// Reads the block of the plugin contract: open, high, low, close, volume, end.
    pub fn from_words(instrument: InstrumentId, spec: BarSpec, words: &[u64]) -> Self {
        let (bars, _) = words.as_chunks::<{ Self::WORDS_PER_BAR }>();
        let bars = bars
            .iter()
            .map(|words| bar_from_words(instrument, spec, words))
            .collect();
        Self {
            instrument,
            spec,
            bars,
        }
    }
}

fn bar_from_words(instrument: InstrumentId, spec: BarSpec, words: &[u64; 6]) -> Bar {
    let [open, high, low, close, volume, end] = *words;
    let price = |word: u64| Price::from_raw(word.cast_signed());
    let opened = match spec.method {
        BarMethod::Time(step) => end.saturating_sub(step.nanos()),
        BarMethod::Tick(_) | BarMethod::Volume(_) => end,
    };
    Bar {
        instrument,
        spec,
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: Quantity::from_raw(volume),
        ts_open: Timestamp::from_nanos(opened),
        ts_event: Timestamp::from_nanos(end),
        ts_init: Timestamp::from_nanos(end),
    }
}

/// What a strategy wants to be told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// Every quote of an instrument.
    Quotes(InstrumentId),
    /// Every trade of an instrument.
    Trades(InstrumentId),
    /// Every bar made by a rule.
    Bars(InstrumentId, BarSpec),
    /// So many of the best levels a side of the order book.
    Book(InstrumentId, u8),
}
