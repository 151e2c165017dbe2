//! What a report is made of.

use model::{Money, Timestamp};
use quant::{ClosedTrade, MonthReturn, Statistics};

use crate::curve::CurvePoint;

/// Everything a backtest has to tell. Money is in `currency` unless a field says otherwise.
#[derive(Debug, Clone, Default)]
pub struct RunReport {
    /// Headline, such as `EMA crossover on EUR/USD`.
    pub title: String,
    /// Name and version of the strategy.
    pub strategy: String,
    /// Its parameters, name and value, in order of declaration.
    pub parameters: Vec<(String, String)>,
    /// The files it ran on.
    pub data: Vec<DataDescription>,
    /// First and last moment of the data.
    pub period: Option<(Timestamp, Timestamp)>,
    /// What the engine counted, name and value: events, orders, fills, denials, time taken.
    pub counters: Vec<(String, String)>,
    /// Things the reader should know before trusting a figure: skipped rows, faults, limits hit.
    pub warnings: Vec<String>,
    /// The journal's running hash, in hexadecimal.
    pub journal_hash: String,
    /// The currency of money and statistics, such as `USD`.
    pub currency: String,
    /// Digits after the point that money shows on the page: 2 for USD, 8 for BTC.
    pub currency_digits: u32,
    /// Worth at the start.
    pub start_equity: Money,
    /// Worth at the end.
    pub end_equity: Money,
    /// All statistics.
    pub statistics: Statistics,
    /// Equity and drawdown, down-sampled by [`crate::curve`].
    pub curve: Vec<CurvePoint>,
    /// Returns by calendar month.
    pub months: Vec<MonthReturn>,
    /// Where profit and cost came from.
    pub attribution: Vec<Attribution>,
    /// What trading cost.
    pub costs: Costs,
    /// Closed trades in order of exit, possibly only the first of them.
    pub trades: Vec<TradeRow>,
    /// How many trades there were, listed or not.
    pub trades_total: usize,
}

/// One file of market data.
#[derive(Debug, Clone, Default)]
pub struct DataDescription {
    /// The file as the user named it.
    pub file: String,
    /// Quotes, trades or bars.
    pub kind: String,
    /// The instrument it was read as.
    pub instrument: String,
    /// Events used.
    pub events: u64,
    /// Bad rows left out.
    pub skipped_rows: u64,
}

/// The part of one instrument in the result.
#[derive(Debug, Clone, Default)]
pub struct Attribution {
    /// Which instrument.
    pub instrument: String,
    /// Closed trades.
    pub trades: usize,
    /// Profit net of fees, open positions included.
    pub pnl: Money,
    /// Fees.
    pub fees: Money,
    /// Value of all fills.
    pub traded_value: Money,
}

/// What trading cost, where it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs {
    /// Commissions and exchange fees; negative is a rebate.
    pub fees: Option<Money>,
    /// Paid for crossing the spread, against the midpoint.
    pub spread: Option<Money>,
    /// Paid beyond the touch.
    pub slippage: Option<Money>,
}

/// A closed trade with the names of its handles. Its money is in the quote currency.
#[derive(Debug, Clone)]
pub struct TradeRow {
    /// Name of the instrument.
    pub instrument: String,
    /// Quote currency of the instrument.
    pub currency: String,
    /// The trade.
    pub trade: ClosedTrade,
}
