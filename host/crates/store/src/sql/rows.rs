//! Rows made from the model's types.

mod files;
mod kept;

pub use files::{AuditRecord, Backtest, Job, audit_record, backtest, job};
pub use kept::{Alert, RiskMetrics, alert, risk_metrics};

use super::batch::{Cell, Row};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, Balance, Bar, BarBasis, BarMethod, CashFlow,
    CurrencyId, Fill, Instrument, InstrumentId, Liquidity, Money, Order, OrderChange,
    OrderKindName, OrderUpdate, PositionUpdate, Quote, Side, StrategyId, TimeInForce, Timestamp,
    Trade,
};
use std::fmt::Display;

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Engine time of the input.
    pub time: Timestamp,
    /// The input's sequence.
    pub sequence: u64,
    /// The row's place among those of the input.
    pub ordinal: u64,
}

impl Place {
    fn row(self, rest: impl IntoIterator<Item = Cell>) -> Row {
        let mut row = vec![
            time(self.time),
            integer(self.sequence),
            integer(self.ordinal),
        ];
        row.extend(rest);
        row
    }
}

fn integer(number: u64) -> Cell {
    Cell::Integer(number.cast_signed())
}

fn id(number: u32) -> Cell {
    Cell::Integer(i64::from(number))
}

fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
    value.map_or(Cell::Null, cell)
}

fn text(value: impl Display) -> Cell {
    Cell::Text(value.to_string())
}

/// Moments later than BIGINT holds, in the year 2262, stand for never.
fn time(moment: Timestamp) -> Cell {
    i64::try_from(moment.nanos()).map_or(Cell::Null, Cell::Integer)
}

/// A currency or a venue, by its handle.
pub fn name(place: Place, number: u32, name: &str) -> Row {
    place.row([id(number), text(name)])
}

/// An instrument.
pub fn instrument(place: Place, handle: InstrumentId, instrument: &Instrument) -> Row {
    let class = match instrument.class {
        AssetClass::Equity => "EQUITY",
        AssetClass::FxPair { .. } => "FX_PAIR",
        AssetClass::CryptoSpot { .. } => "CRYPTO_SPOT",
        AssetClass::CryptoPerpetual { .. } => "CRYPTO_PERPETUAL",
        AssetClass::Future { .. } => "FUTURE",
        AssetClass::Option { .. } => "OPTION",
    };
    place.row([
        id(handle.number()),
        text(&instrument.symbol),
        id(instrument.venue.number()),
        text(class),
        id(instrument.quote_currency.number()),
        text(instrument.tick),
        text(instrument.lot),
        text(instrument.multiplier),
    ])
}

/// An account.
pub fn account(place: Place, handle: AccountId, account: &AccountConfig) -> Row {
    let kind = match account.kind {
        AccountKind::Cash => "CASH",
        AccountKind::Margin { .. } => "MARGIN",
    };
    place.row([
        id(handle.number()),
        text(&account.name),
        id(account.venue.number()),
        text(kind),
        id(account.base_currency.number()),
    ])
}

/// Money that was in an account from the start.
pub fn deposit(place: Place, account: AccountId, currency: CurrencyId, amount: Money) -> Row {
    place.row([
        id(account.number()),
        id(currency.number()),
        text(amount),
        text("DEPOSIT"),
        Cell::Null,
        Cell::Null,
    ])
}

/// A strategy.
pub fn strategy(place: Place, handle: StrategyId, name: &str, account: AccountId) -> Row {
    place.row([id(handle.number()), text(name), id(account.number())])
}

/// What was asked of a strategy.
pub fn strategy_version(
    place: Place,
    strategy: StrategyId,
    event: &str,
    plugin: Option<String>,
    reason: Option<&str>,
) -> Row {
    place.row([
        id(strategy.number()),
        text(event),
        maybe(plugin, Cell::Text),
        maybe(reason, text),
    ])
}

/// A parameter of a strategy.
pub fn parameter(place: Place, strategy: StrategyId, name: &str, value: &str) -> Row {
    place.row([id(strategy.number()), text(name), text(value)])
}

/// Whose trading was decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    Firm,
    /// An account's.
    Account(AccountId),
    /// A strategy's.
    Strategy(StrategyId),
    /// That in an instrument.
    Instrument(InstrumentId),
}

impl Scope {
    /// Its name, and the strategy, account or instrument that it is.
    fn cells(self) -> [Cell; 4] {
        let (name, strategy, account, instrument) = match self {
            Self::Firm => ("FIRM", Cell::Null, Cell::Null, Cell::Null),
            Self::Account(of) => ("ACCOUNT", Cell::Null, id(of.number()), Cell::Null),
            Self::Strategy(of) => ("STRATEGY", id(of.number()), Cell::Null, Cell::Null),
            Self::Instrument(of) => ("INSTRUMENT", Cell::Null, Cell::Null, id(of.number())),
        };
        [text(name), strategy, account, instrument]
    }
}

/// A decision about trading.
pub fn risk_event(place: Place, event: &str, scope: Scope, value: impl Display) -> Row {
    let [name, strategy, account, instrument] = scope.cells();
    place.row([
        text(event),
        name,
        strategy,
        account,
        instrument,
        text(value),
    ])
}

/// An order as it was made.
pub fn order(place: Place, order: &Order) -> Row {
    let terms = &order.terms;
    place.row([
        integer(order.id.number()),
        id(order.strategy.number()),
        id(order.account.number()),
        id(order.instrument.number()),
        text(side(order.side)),
        text(kind(order.kind.name())),
        text(order.quantity),
        maybe(order.kind.price(), text),
        maybe(
            order.trigger.or(order.kind.trigger().map(|at| at.price)),
            text,
        ),
        text(lasting(order.time_in_force)),
        time(order.expires),
        Cell::Integer(i64::from(terms.post_only)),
        Cell::Integer(i64::from(terms.reduce_only)),
        text(terms.tag),
        text(order.intent),
        maybe(order.list, |list| integer(list.number())),
        maybe(order.parent, |parent| integer(parent.number())),
        maybe(terms.position, |position| {
            integer(position.opener().number())
        }),
        text(order.status.name()),
        text(order.filled),
        Cell::Null,
        time(order.ts_created),
    ])
}

/// How an order is after a change.
pub fn order_state(update: &OrderUpdate) -> Row {
    let Detail {
        price,
        trigger,
        denied,
        ..
    } = Detail::of(&update.change);
    // A change that was refused leaves the order undenied.
    let denied = match update.change {
        OrderChange::Denied(_) => denied,
        _ => Cell::Null,
    };
    vec![
        integer(update.order.number()),
        text(update.quantity),
        price,
        trigger,
        text(update.status.name()),
        text(update.filled),
        denied,
        time(update.ts_event),
    ]
}

/// A change of an order.
///
/// `words` are those of the custom rule that denied it.
pub fn order_event(place: Place, update: &OrderUpdate, words: Option<&str>) -> Row {
    let detail = Detail::of(&update.change);
    place.row([
        integer(update.order.number()),
        id(update.strategy.number()),
        id(update.instrument.number()),
        text(side(update.side)),
        text(detail.event),
        text(update.status.name()),
        text(update.filled),
        text(update.quantity),
        detail.price,
        detail.trigger,
        detail.denied,
        maybe(words, text),
        time(update.ts_event),
    ])
}

/// What a change says.
struct Detail {
    event: &'static str,
    price: Cell,
    trigger: Cell,
    denied: Cell,
}

impl Detail {
    fn of(change: &OrderChange) -> Self {
        let mut detail = Self {
            event: event(change),
            price: Cell::Null,
            trigger: Cell::Null,
            denied: Cell::Null,
        };
        match change {
            OrderChange::Denied(code) | OrderChange::UpdateDenied(code) => {
                detail.denied = text(code);
            }
            OrderChange::Updated { price, trigger } => {
                detail.price = maybe(*price, text);
                detail.trigger = maybe(*trigger, text);
            }
            _ => {}
        }
        detail
    }
}

fn event(change: &OrderChange) -> &'static str {
    match change {
        OrderChange::Denied(_) => "DENIED",
        OrderChange::Submitted => "SUBMITTED",
        OrderChange::Accepted => "ACCEPTED",
        OrderChange::Rejected => "REJECTED",
        OrderChange::Emulated => "EMULATED",
        OrderChange::Released => "RELEASED",
        OrderChange::Triggered => "TRIGGERED",
        OrderChange::PendingUpdate => "PENDING_UPDATE",
        OrderChange::Updated { .. } => "UPDATED",
        OrderChange::UpdateDenied(_) => "UPDATE_DENIED",
        OrderChange::UpdateRejected => "UPDATE_REJECTED",
        OrderChange::PendingCancel => "PENDING_CANCEL",
        OrderChange::CancelRejected => "CANCEL_REJECTED",
        OrderChange::Filled(_) => "FILLED",
        OrderChange::Canceled => "CANCELED",
        OrderChange::Expired => "EXPIRED",
    }
}

/// An execution.
pub fn fill(place: Place, fill: &Fill) -> Row {
    let liquidity = match fill.liquidity {
        Liquidity::Maker => "MAKER",
        Liquidity::Taker => "TAKER",
    };
    place.row([
        text(fill.execution),
        integer(fill.order.number()),
        id(fill.strategy.number()),
        id(fill.account.number()),
        id(fill.instrument.number()),
        maybe(fill.position, |position| {
            integer(position.opener().number())
        }),
        text(side(fill.side)),
        text(fill.price),
        text(fill.quantity),
        text(fill.fee),
        text(liquidity),
        time(fill.ts_event),
    ])
}

/// A position after a change, on the account of its strategy.
pub fn position(place: Place, account: AccountId, update: &PositionUpdate) -> Row {
    let state = &update.state;
    place.row([
        id(update.strategy.number()),
        id(account.number()),
        id(update.instrument.number()),
        maybe(update.position, |position| {
            integer(position.opener().number())
        }),
        text(update.change.name()),
        text(state.quantity),
        text(state.open_cost),
        text(state.realized),
        text(state.fees),
        time(update.ts_event),
    ])
}

/// Money that moved.
pub fn cash_flow(place: Place, flow: &CashFlow) -> Row {
    let (strategy, instrument) = flow.position.unzip();
    place.row([
        id(flow.account.number()),
        id(flow.currency.number()),
        text(flow.amount),
        text(flow.reason.name()),
        maybe(strategy, |of| id(of.number())),
        maybe(instrument, |of| id(of.number())),
    ])
}

/// What an account has of a currency.
pub fn balance(place: Place, account: AccountId, currency: CurrencyId, balance: Balance) -> Row {
    place.row([
        id(account.number()),
        id(currency.number()),
        text(balance.total),
        text(balance.locked),
    ])
}

/// A quote.
pub fn quote(place: Place, quote: &Quote) -> Row {
    place.row([
        id(quote.instrument.number()),
        text(quote.bid),
        text(quote.ask),
        text(quote.bid_size),
        text(quote.ask_size),
        time(quote.ts_event),
    ])
}

/// A trade between others.
pub fn trade(place: Place, trade: &Trade) -> Row {
    place.row([
        id(trade.instrument.number()),
        text(trade.price),
        text(trade.size),
        maybe(trade.aggressor, |of| text(side(of))),
        time(trade.ts_event),
    ])
}

/// A bar.
pub fn bar(place: Place, bar: &Bar) -> Row {
    let (method, step) = match bar.spec.method {
        BarMethod::Time(nanos) => ("TIME", text(nanos)),
        BarMethod::Tick(events) => ("TICK", text(events)),
        BarMethod::Volume(quantity) => ("VOLUME", text(quantity)),
    };
    let basis = match bar.spec.basis {
        BarBasis::Bid => "BID",
        BarBasis::Ask => "ASK",
        BarBasis::Mid => "MID",
        BarBasis::Last => "LAST",
    };
    place.row([
        id(bar.instrument.number()),
        text(method),
        step,
        text(basis),
        text(bar.open),
        text(bar.high),
        text(bar.low),
        text(bar.close),
        text(bar.volume),
        time(bar.ts_open),
        time(bar.ts_event),
    ])
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

fn kind(kind: OrderKindName) -> &'static str {
    match kind {
        OrderKindName::Market => "MARKET",
        OrderKindName::Limit => "LIMIT",
        OrderKindName::StopMarket => "STOP_MARKET",
        OrderKindName::StopLimit => "STOP_LIMIT",
        OrderKindName::MarketToLimit => "MARKET_TO_LIMIT",
        OrderKindName::MarketIfTouched => "MARKET_IF_TOUCHED",
        OrderKindName::LimitIfTouched => "LIMIT_IF_TOUCHED",
        OrderKindName::TrailingStopMarket => "TRAILING_STOP_MARKET",
        OrderKindName::TrailingStopLimit => "TRAILING_STOP_LIMIT",
    }
}

fn lasting(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::Day => "DAY",
        TimeInForce::Gtd(_) => "GTD",
        TimeInForce::AtTheOpen => "AT_THE_OPEN",
        TimeInForce::AtTheClose => "AT_THE_CLOSE",
    }
}
