//! Trades of a recorded feed: Binance sends them between the messages of depth.

use model::{Price, Quantity, Side, Timestamp, Trade};
use serde_json::Value;

use crate::depth_feed::{Symbols, broken_row};
use crate::depth_line::{Flaw, message, millis, number, text};
use crate::error::{DataError, Place, RowProblem};
use crate::events::{Loaded, Series, Skipped};
use crate::source::{DataSource, Field};

/// Takes the trades of one symbol.
pub(crate) struct FeedTrades<'a> {
    source: &'a DataSource,
    symbols: Symbols<'a>,
    trades: Vec<Trade>,
    /// `trade` or `aggTrade`: whichever comes first, as the other tells the same again.
    stream: Option<String>,
}

impl<'a> FeedTrades<'a> {
    pub(crate) fn new(source: &'a DataSource) -> Self {
        Self {
            source,
            symbols: Symbols::new(source),
            trades: Vec::new(),
            stream: None,
        }
    }

    /// Takes a line.
    pub(crate) fn line(&mut self, line: &str, place: Place) -> Result<(), DataError> {
        let bad = |problem| broken_row(self.source, problem, place);
        let flawed = |flaw: Flaw| bad(RowProblem::Message(flaw.to_string()));
        let message = message(line).map_err(flawed)?;
        let data = message.get("data").unwrap_or(&message);
        let Some(stream @ ("trade" | "aggTrade")) = text(data, "e") else {
            return Ok(());
        };
        // Transfers to the insurance fund and the like are no trades of the market.
        let of_market = text(data, "X").is_none_or(|kind| kind == "MARKET");
        let first = self.stream.get_or_insert_with(|| stream.to_owned());
        if *first != *stream || !of_market || !self.symbols.want(text(data, "s"), place)? {
            return Ok(());
        }
        let (price, size, aggressor, at) = read(data).map_err(flawed)?;
        if price <= Price::ZERO {
            let field = Field::Price;
            return Err(bad(RowProblem::ZeroPrice { field }));
        }
        if let Some(before) = self.trades.last().filter(|before| at < before.ts_event) {
            let previous = before.ts_event;
            return Err(bad(RowProblem::TimeGoesBack { previous, this: at }));
        }
        self.trades.push(Trade {
            instrument: self.source.instrument,
            price,
            size,
            aggressor: Some(aggressor),
            ts_event: at,
            ts_init: at,
        });
        Ok(())
    }

    /// The trades, once the last line is in.
    pub(crate) fn finish(mut self, rows: u64) -> Result<Loaded, DataError> {
        if self.trades.is_empty() {
            let file = self.source.path.clone();
            return Err(DataError::NoTrades { file, rows });
        }
        self.trades.shrink_to_fit();
        Ok(Loaded {
            series: Series::Trades(self.trades),
            rows,
            skipped: Skipped::default(),
        })
    }
}

/// Price, size, who took, and when.
fn read(data: &Value) -> Result<(Price, Quantity, Side, Timestamp), Flaw> {
    let word = |key| text(data, key).ok_or(Flaw::Missing(key));
    let (price, size) = (word("p")?, word("q")?);
    let wrong = |key, value: &str, wanted| Flaw::Number {
        key,
        value: value.to_owned(),
        wanted,
    };
    let price: Price = price
        .parse()
        .map_err(|_| wrong("p", price, "price of at most 9 decimals"))?;
    let size: Quantity = size
        .parse()
        .map_err(|_| wrong("q", size, "size of at most 8 decimals, zero or more"))?;
    let buyer_rested = data.get("m").and_then(Value::as_bool);
    let side = match buyer_rested.ok_or(Flaw::Missing("m"))? {
        true => Side::Sell,
        false => Side::Buy,
    };
    Ok((price, size, side, millis(number(data, "T")?)))
}
