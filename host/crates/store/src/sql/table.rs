//! The tables as data: columns in order, and how each table grows.

use super::batch::Cell;
use Kind::{
    Account, Currency, Decimal, Flag, Instrument, Integer, Order, Strategy, Text, Time, Venue,
};

/// Columns that say where a row comes from: time, sequence and ordinal.
const PLACE: usize = 3;
/// Columns of kept rows that stay as they were where the row that comes again says nothing: who saw an
/// alert last is not forgotten. All others are those of the newest word, so that no row is made of
/// two.
const LASTING: &[&str] = &["acknowledged_by", "acknowledged"];

/// What stands in a column. It decides how a value is cast, and how readers show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// Zero or one.
    Flag,
    /// Text.
    Text,
    /// An exact decimal.
    Decimal,
    /// Nanoseconds since the epoch.
    Time,
    /// An order's number, or that of the position which the order opened.
    Order,
    /// A handle of an instrument.
    Instrument,
    /// A handle of a strategy.
    Strategy,
    /// A handle of an account.
    Account,
    /// A handle of a currency.
    Currency,
    /// A handle of a venue.
    Venue,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// How rows get into a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Rows are added and never change.
    Append,
    /// Rows are added, one partition for each day.
    AppendByDay,
    /// Rows that no journal has: they do not move the cursor and are not made again. A row whose place
    /// is taken becomes the one that is there, up to who acknowledged it.
    Keep,
    /// The first column names a row of this table that is there already; the columns that are not
    /// `NULL` replace what it has.
    Change,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name in the database.
    pub name: &'static str,
    /// Its columns. Those of tables that grow by rows begin with time, sequence and ordinal.
    pub columns: &'static [Column],
    /// How it grows.
    pub growth: Growth,
}

impl Table {
    /// The columns' names with commas between.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }

    /// What says which row it is, where a row may come more than once.
    pub(super) fn key<'r>(&self, row: &'r [Cell]) -> Option<&'r [Cell]> {
        match self.growth {
            Growth::Change => row.get(..1),
            Growth::Keep => row.get(..PLACE),
            Growth::Append | Growth::AppendByDay => None,
        }
    }

    /// Whether a row that comes again and has nothing in a column leaves what was there.
    pub(super) fn leaves(&self, column: &Column) -> bool {
        match self.growth {
            Growth::Change => true,
            Growth::Keep => LASTING.contains(&column.name),
            Growth::Append | Growth::AppendByDay => false,
        }
    }

    /// What is to be done where the place of a kept row is taken.
    pub(super) fn taken(&self) -> String {
        let rest = self.columns.iter().skip(PLACE);
        let sets: Vec<_> = rest
            .map(|column| match self.leaves(column) {
                true => format!(
                    "{0} = COALESCE(excluded.{0}, {1}.{0})",
                    column.name, self.name
                ),
                false => format!("{0} = excluded.{0}", column.name),
            })
            .collect();
        format!(
            "ON CONFLICT (time, sequence, ordinal) DO UPDATE SET {}",
            sets.join(", ")
        )
    }

    /// Whether there is a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

macro_rules! tables {
    ($list:ident: $list_doc:literal; $($(#[$doc:meta])* $table:ident = $name:literal, $growth:ident { $($column:ident: $kind:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            pub static $table: Table = Table {
                name: $name,
                columns: &[
                    column("time", Time),
                    column("sequence", Integer),
                    column("ordinal", Integer),
                    $(column(stringify!($column), $kind)),*
                ],
                growth: Growth::$growth,
            };
        )*
        #[doc = $list_doc]
        pub static $list: &[&Table] = &[$(&$table),*];
    };
}

tables! {
    TABLES: "Every table of the projection, in the order in which a batch is written.";
    /// Currencies by handle.
    CURRENCIES = "currencies", Append { id: Currency, name: Text }
    /// Venues by handle.
    VENUES = "venues", Append { id: Venue, name: Text }
    /// Instruments by handle.
    INSTRUMENTS = "instruments", Append {
        id: Instrument, symbol: Text, venue: Venue, class: Text, quote_currency: Currency,
        tick: Decimal, lot: Decimal, multiplier: Decimal,
    }
    /// Accounts by handle.
    ACCOUNTS = "accounts", Append {
        id: Account, name: Text, venue: Venue, kind: Text, base_currency: Currency,
    }
    /// Strategies by handle.
    STRATEGIES = "strategies", Append { id: Strategy, name: Text, account: Account }
    /// Starts, swaps and the like.
    STRATEGY_VERSIONS = "strategy_versions", Append {
        strategy: Strategy, event: Text, plugin: Text, reason: Text,
    }
    /// Parameters of starts and swaps.
    PARAMETERS = "parameters", Append { strategy: Strategy, name: Text, value: Text }
    /// Orders as they are now.
    ORDERS = "orders", Append {
        id: Order, strategy: Strategy, account: Account, instrument: Instrument, side: Text,
        type: Text, quantity: Decimal, price: Decimal, trigger_price: Decimal,
        time_in_force: Text, expires: Time, post_only: Flag, reduce_only: Flag, tag: Text,
        intent: Decimal, list: Order, parent: Order, position: Order, status: Text,
        filled: Decimal, deny_code: Text, updated: Time,
    }
    /// What happened to orders.
    ORDER_EVENTS = "order_events", Append {
        order_id: Order, strategy: Strategy, instrument: Instrument, side: Text, event: Text,
        status: Text, filled: Decimal, quantity: Decimal, price: Decimal, trigger_price: Decimal,
        deny_code: Text, reason: Text, ts_event: Time,
    }
    /// Executions.
    FILLS = "fills", AppendByDay {
        execution: Decimal, order_id: Order, strategy: Strategy, account: Account,
        instrument: Instrument, position: Order, side: Text, price: Decimal, quantity: Decimal,
        fee: Decimal, liquidity: Text, ts_event: Time,
    }
    /// Positions after each change.
    POSITIONS = "positions", Append {
        strategy: Strategy, account: Account, instrument: Instrument, position: Order,
        change: Text, quantity: Decimal, open_cost: Decimal, realized: Decimal, fees: Decimal,
        ts_event: Time,
    }
    /// Money that moved without a trade.
    CASH_FLOWS = "cash_flows", Append {
        account: Account, currency: Currency, amount: Decimal, reason: Text, strategy: Strategy,
        instrument: Instrument,
    }
    /// What accounts have of each currency, after each change.
    BALANCES = "balances", AppendByDay {
        account: Account, currency: Currency, total: Decimal, locked: Decimal,
    }
    /// Decisions about trading.
    RISK_EVENTS = "risk_events", Append {
        event: Text, scope: Text, strategy: Strategy, account: Account, instrument: Instrument,
        value: Text,
    }
    /// Best bids and asks.
    QUOTES = "quotes", AppendByDay {
        instrument: Instrument, bid: Decimal, ask: Decimal, bid_size: Decimal, ask_size: Decimal,
        ts_event: Time,
    }
    /// Trades between others.
    TRADES = "trades", AppendByDay {
        instrument: Instrument, price: Decimal, size: Decimal, aggressor: Text, ts_event: Time,
    }
    /// Finished bars.
    BARS = "bars", AppendByDay {
        instrument: Instrument, method: Text, step: Decimal, basis: Text, open: Decimal,
        high: Decimal, low: Decimal, close: Decimal, volume: Decimal, ts_open: Time,
        ts_event: Time,
    }
}

tables! {
    KEPT: "Every table of what no journal has: what a host said, and what files beside the journal hold.";
    /// What the firm, accounts and strategies may lose.
    RISK_METRICS = "risk_metrics", Keep {
        scope: Text, strategy: Strategy, account: Account, currency: Currency, equity: Decimal,
        gross_exposure: Decimal, net_exposure: Decimal, leverage: Decimal, drawdown: Decimal,
        max_drawdown: Decimal, concentration: Decimal, largest_share: Decimal, beta: Decimal,
        liquidity_days: Decimal, confidence: Decimal, value_at_risk: Decimal,
        normal_value_at_risk: Decimal, simulated_value_at_risk: Decimal,
        expected_shortfall: Decimal,
    }
    /// Alerts as they stand.
    ALERTS = "alerts", Keep {
        severity: Text, code: Text, scope: Text, strategy: Strategy, account: Account,
        instrument: Instrument, share: Decimal, last_time: Time, last_sequence: Integer,
        count: Integer, state: Text, acknowledged_by: Text, acknowledged: Time,
        escalations: Integer, reason: Text,
    }
    /// What people did.
    AUDIT = "audit", Keep {
        actor: Text, action: Text, subject: Text, before: Text, after: Text, request: Text,
        outcome: Text, place: Text, approval: Text, confirmed_by: Text,
    }
    /// Requests that went on after their answer.
    JOBS = "jobs", Keep {
        operation: Text, subject: Text, asked_by: Text, state: Text, ended: Time, status: Integer,
        answer: Text,
    }
    /// Backtests that somebody asked a host for.
    BACKTESTS = "backtests", Keep {
        plugin: Text, title: Text, parameters: Text, settings: Text, asked_by: Text, state: Text,
        error: Text, began: Time, ended: Time, journal_hash: Text, result: Text, has_report: Flag,
    }
}

/// Changes of rows in `orders`.
pub static ORDER_STATES: Table = Table {
    name: "orders",
    columns: &[
        column("id", Order),
        column("quantity", Decimal),
        column("price", Decimal),
        column("trigger_price", Decimal),
        column("status", Text),
        column("filled", Decimal),
        column("deny_code", Text),
        column("updated", Time),
    ],
    growth: Growth::Change,
};
