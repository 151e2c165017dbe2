//! Orders, fills, and the ticket of an order by hand.

use super::market::Printer;
use super::text::{Decimal, Name};
use crate::names::Names;
use crate::problem::Problem;
use model::{
    DenyCode, Fill, Liquidity, Order, OrderChange, OrderKind, Price, Quantity, Side, TimeInForce,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use services::handle::OrderTicket;

/// An order. `deny_code` is set when our own risk gate refused it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OrderDto {
    pub(crate) id: String,
    pub(crate) strategy: String,
    pub(crate) account: String,
    pub(crate) instrument: String,
    pub(crate) side: Name,
    #[serde(rename = "type")]
    pub(crate) kind: Name,
    pub(crate) price: Option<String>,
    pub(crate) trigger: Option<String>,
    pub(crate) quantity: String,
    pub(crate) time_in_force: Name,
    pub(crate) status: Name,
    pub(crate) filled: String,
    pub(crate) remaining: String,
    pub(crate) average_price: Option<String>,
    pub(crate) ts_created: String,
    pub(crate) ts_created_ns: String,
    pub(crate) expires: Option<String>,
    pub(crate) expires_ns: Option<String>,
    pub(crate) deny_code: Option<String>,
    pub(crate) deny_reason: Option<&'static str>,
}

impl OrderDto {
    pub(crate) fn new(order: &Order, denied: Option<DenyCode>, names: &Names) -> Self {
        let print = Printer::new(order.instrument, names);
        let expires = (order.expires != Timestamp::MAX).then_some(order.expires);
        Self {
            id: order.id.to_string(),
            strategy: names.strategy(order.strategy),
            account: names.account(order.account),
            side: side(order.side),
            kind: kind(&order.kind),
            price: order.kind.price().map(|price| print.price(price)),
            trigger: order.kind.trigger().map(|price| print.price(price)),
            quantity: print.quantity(order.quantity),
            time_in_force: time_in_force(order.time_in_force),
            status: Name(order.status.name()),
            filled: print.quantity(order.filled),
            remaining: print.quantity(order.remaining()),
            average_price: average_price(order, names).map(|price| print.price(price)),
            ts_created: order.ts_created.to_string(),
            ts_created_ns: order.ts_created.nanos().to_string(),
            expires: expires.as_ref().map(Timestamp::to_string),
            expires_ns: expires.map(|expires| expires.nanos().to_string()),
            deny_code: denied.as_ref().map(DenyCode::to_string),
            deny_reason: denied.map(DenyCode::reason),
            instrument: print.symbol,
        }
    }
}

fn average_price(order: &Order, names: &Names) -> Option<Price> {
    let multiplier = names.instrument(order.instrument)?.multiplier;
    let filled = order.filled.long();
    order.filled_value.average_price(filled, multiplier).ok()
}

/// An order after a change, with the change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OrderUpdateDto {
    pub(crate) change: Name,
    #[serde(flatten)]
    pub(crate) order: OrderDto,
}

/// The name of a step in an order's life.
pub(crate) fn change(change: &OrderChange) -> Name {
    Name(match change {
        OrderChange::Denied(_) => "DENIED",
        OrderChange::Submitted => "SUBMITTED",
        OrderChange::Accepted => "ACCEPTED",
        OrderChange::Rejected => "REJECTED",
        OrderChange::Triggered => "TRIGGERED",
        OrderChange::PendingCancel => "PENDING_CANCEL",
        OrderChange::CancelRejected => "CANCEL_REJECTED",
        OrderChange::Filled(_) => "FILLED",
        OrderChange::Canceled => "CANCELED",
        OrderChange::Expired => "EXPIRED",
    })
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FillDto {
    pub(crate) execution: String,
    pub(crate) order: String,
    pub(crate) strategy: String,
    pub(crate) account: String,
    pub(crate) instrument: String,
    pub(crate) side: Name,
    pub(crate) price: String,
    pub(crate) quantity: String,
    pub(crate) fee: String,
    pub(crate) fee_currency: Option<String>,
    pub(crate) liquidity: Name,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

impl FillDto {
    pub(crate) fn new(fill: &Fill, names: &Names) -> Self {
        let print = Printer::new(fill.instrument, names);
        let currency = names
            .instrument(fill.instrument)
            .map(|name| name.quote_currency.clone());
        Self {
            execution: fill.execution.to_string(),
            order: fill.order.to_string(),
            strategy: names.strategy(fill.strategy),
            account: names.account(fill.account),
            side: side(fill.side),
            price: print.price(fill.price),
            quantity: print.quantity(fill.quantity),
            fee: fill.fee.to_string(),
            fee_currency: currency,
            liquidity: liquidity(fill.liquidity),
            ts_event: fill.ts_event.to_string(),
            ts_event_ns: fill.ts_event.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

fn side(side: Side) -> Name {
    Name(match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    })
}

fn kind(kind: &OrderKind) -> Name {
    Name(match kind {
        OrderKind::Market => "MARKET",
        OrderKind::Limit { .. } => "LIMIT",
        OrderKind::StopMarket { .. } => "STOP_MARKET",
    })
}

fn time_in_force(time_in_force: TimeInForce) -> Name {
    Name(match time_in_force {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::Day => "DAY",
    })
}

fn liquidity(liquidity: Liquidity) -> Name {
    Name(match liquidity {
        Liquidity::Maker => "MAKER",
        Liquidity::Taker => "TAKER",
    })
}

/// Body of `POST orders`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderTicketRequest {
    instrument: String,
    side: SideName,
    #[serde(rename = "type")]
    kind: KindName,
    quantity: Decimal<Quantity>,
    price: Option<Decimal<Price>>,
    trigger: Option<Decimal<Price>>,
    #[serde(default)]
    time_in_force: TimeInForceName,
    strategy: Option<String>,
    #[serde(default)]
    intent: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SideName {
    Buy,
    Sell,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum KindName {
    Market,
    Limit,
    StopMarket,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TimeInForceName {
    #[default]
    Gtc,
    Ioc,
    Fok,
    Day,
}

impl OrderTicketRequest {
    /// The ticket, if the prices are those that the type needs.
    pub(crate) fn ticket(self) -> Result<OrderTicket, Problem> {
        Ok(OrderTicket {
            kind: order_kind(self.kind, self.price, self.trigger)?,
            instrument: self.instrument,
            strategy: self.strategy,
            side: match self.side {
                SideName::Buy => Side::Buy,
                SideName::Sell => Side::Sell,
            },
            quantity: self.quantity.0,
            time_in_force: match self.time_in_force {
                TimeInForceName::Gtc => TimeInForce::Gtc,
                TimeInForceName::Ioc => TimeInForce::Ioc,
                TimeInForceName::Fok => TimeInForce::Fok,
                TimeInForceName::Day => TimeInForce::Day,
            },
            intent: self.intent,
        })
    }
}

fn order_kind(
    kind: KindName,
    price: Option<Decimal<Price>>,
    trigger: Option<Decimal<Price>>,
) -> Result<OrderKind, Problem> {
    let missing = |field| Problem::invalid(field, format!("this type of order needs a {field}"));
    let surplus = |field| Err(Problem::invalid(field, format!("this type has no {field}")));
    match (kind, price, trigger) {
        (KindName::Market, Some(_), _) | (KindName::StopMarket, Some(_), _) => surplus("price"),
        (KindName::Market, _, Some(_)) | (KindName::Limit, _, Some(_)) => surplus("trigger"),
        (KindName::Market, None, None) => Ok(OrderKind::Market),
        (KindName::Limit, price, None) => {
            let Decimal(price) = price.ok_or_else(|| missing("price"))?;
            Ok(OrderKind::Limit { price })
        }
        (KindName::StopMarket, None, trigger) => {
            let Decimal(trigger) = trigger.ok_or_else(|| missing("trigger"))?;
            Ok(OrderKind::StopMarket { trigger })
        }
    }
}
