//! One line of a recorded depth feed: a JSON message as a venue sends it, behind the local time of receipt
//! or not. Binance (spot and futures), Bybit and Hyperliquid are read; messages of other kinds are
//! passed over. The tests of `engine` read recordings by this file too, so it uses nothing of this crate.

use model::{BookLevel, BookScope, Side, Timestamp};
use serde_json::Value;

/// A snapshot or a change of an order book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Depth {
    /// The venue's symbol, where the message has it.
    pub(crate) symbol: Option<String>,
    pub(crate) scope: BookScope,
    /// Numbers as in `BookUpdate`.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Venue time; a snapshot of Binance's spot market has none.
    pub(crate) time: Option<Timestamp>,
    pub(crate) levels: Vec<BookLevel>,
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// No JSON.
    #[error("is no JSON message behind an optional time of receipt: {0}")]
    NoJson(String),
    /// Something that a message of its kind has.
    #[error("`{0}` is missing or of another type")]
    Missing(&'static str),
    /// A price or a size.
    #[error("`{key}` has `{value}`, which is no {wanted}")]
    Number {
        /// The list it is in.
        key: &'static str,
        /// Its text.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Reads a line; `None` for a message that is not about the depth of a book.
pub(crate) fn parse(line: &str) -> Result<Option<Depth>, Flaw> {
    let message = message(line)?;
    let data = message.get("data").unwrap_or(&message);
    if data.get("lastUpdateId").is_some() {
        return binance_snapshot(data).map(Some);
    }
    if text(data, "e") == Some("depthUpdate") {
        return binance_delta(data).map(Some);
    }
    if text(&message, "topic").is_some_and(|topic| topic.starts_with("orderbook.")) {
        return bybit(&message, data).map(Some);
    }
    if text(&message, "channel") == Some("l2Book") {
        return hyperliquid(data).map(Some);
    }
    Ok(None)
}

/// The JSON of a line.
pub(crate) fn message(line: &str) -> Result<Value, Flaw> {
    let json = line.trim_start_matches(|c: char| c.is_ascii_digit());
    serde_json::from_str(json.trim()).map_err(|error| Flaw::NoJson(error.to_string()))
}

fn binance_snapshot(data: &Value) -> Result<Depth, Flaw> {
    let last = number(data, "lastUpdateId")?;
    Ok(Depth {
        symbol: text(data, "symbol").map(str::to_owned),
        scope: BookScope::Snapshot,
        first: last,
        last,
        time: number(data, "T")
            .or_else(|_| number(data, "E"))
            .ok()
            .map(millis),
        levels: both(data, ("bids", "asks"))?,
    })
}

fn binance_delta(data: &Value) -> Result<Depth, Flaw> {
    // Futures give the number before theirs; the spot market the first of theirs.
    let first = match number(data, "pu") {
        Ok(previous) => previous.saturating_add(1),
        Err(_) => number(data, "U")?,
    };
    Ok(Depth {
        symbol: text(data, "s").map(str::to_owned),
        scope: BookScope::Delta,
        first,
        last: number(data, "u")?,
        time: Some(millis(number(data, "T").or_else(|_| number(data, "E"))?)),
        levels: both(data, ("b", "a"))?,
    })
}

/// Every message has the next number.
fn bybit(message: &Value, data: &Value) -> Result<Depth, Flaw> {
    let last = number(data, "u")?;
    let time = number(message, "cts").or_else(|_| number(message, "ts"))?;
    Ok(Depth {
        symbol: text(data, "s").map(str::to_owned),
        scope: match text(message, "type") {
            Some("snapshot") => BookScope::Snapshot,
            Some("delta") => BookScope::Delta,
            _ => return Err(Flaw::Missing("type")),
        },
        first: last,
        last,
        time: Some(millis(time)),
        levels: both(data, ("b", "a"))?,
    })
}

/// Snapshots only, without numbers: their time stands for them.
fn hyperliquid(data: &Value) -> Result<Depth, Flaw> {
    let time = number(data, "time")?;
    let sides = data.get("levels").and_then(Value::as_array);
    let [bids, asks] = sides.map_or(&[][..], Vec::as_slice) else {
        return Err(Flaw::Missing("levels"));
    };
    let pair = |level: &Value| -> Option<(String, String)> {
        Some((text(level, "px")?.to_owned(), text(level, "sz")?.to_owned()))
    };
    let mut levels = side(bids, "levels", Side::Buy, pair)?;
    levels.extend(side(asks, "levels", Side::Sell, pair)?);
    Ok(Depth {
        symbol: text(data, "coin").map(str::to_owned),
        scope: BookScope::Snapshot,
        first: time,
        last: time,
        time: Some(millis(time)),
        levels,
    })
}

/// `[["61800.20","2.909"],...]`, bids before asks.
fn both(data: &Value, (bids, asks): (&'static str, &'static str)) -> Result<Vec<BookLevel>, Flaw> {
    let pair = |level: &Value| -> Option<(String, String)> {
        Some((
            level.get(0)?.as_str()?.to_owned(),
            level.get(1)?.as_str()?.to_owned(),
        ))
    };
    let list = |key| data.get(key).ok_or(Flaw::Missing(key));
    let mut levels = side(list(bids)?, bids, Side::Buy, pair)?;
    levels.extend(side(list(asks)?, asks, Side::Sell, pair)?);
    Ok(levels)
}

fn side(
    list: &Value,
    key: &'static str,
    side: Side,
    pair: impl Fn(&Value) -> Option<(String, String)>,
) -> Result<Vec<BookLevel>, Flaw> {
    let list = list.as_array().ok_or(Flaw::Missing(key))?;
    let level = |value: &Value| -> Result<BookLevel, Flaw> {
        let (price, size) = pair(value).ok_or(Flaw::Missing(key))?;
        let wrong = |value: &str, wanted| Flaw::Number {
            key,
            value: value.to_owned(),
            wanted,
        };
        Ok(BookLevel {
            side,
            price: price
                .parse()
                .map_err(|_| wrong(&price, "price of at most 9 decimals"))?,
            size: size
                .parse()
                .map_err(|_| wrong(&size, "size of at most 8 decimals, zero or more"))?,
        })
    };
    list.iter().map(level).collect()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

pub(crate) fn number(value: &Value, key: &'static str) -> Result<u64, Flaw> {
    let found = value.get(key).and_then(Value::as_u64);
    found.ok_or(Flaw::Missing(key))
}

pub(crate) const fn millis(millis: u64) -> Timestamp {
    Timestamp::from_nanos(millis.saturating_mul(1_000_000))
}
