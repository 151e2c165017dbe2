//! Orders as they are, and what changed in them.

use super::market::Printer;
use super::order_names::{KindName, RuleName, SideName, TimeInForceName, TriggerByName, UnitName};
use super::text::Name;
use crate::denials::Denial;
use crate::names::Names;
use model::{
    Offset, Order, OrderChange, OrderKind, OrderStatus, Price, TimeInForce, Timestamp, Trigger,
};
use serde::Serialize;

/// An order with everything that was asked for. `deny_code` is set when our own risk gate refused
/// it, and `deny_reason` says why: where a custom rule or an algorithm did, in its own words.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct OrderDto {
    pub(crate) id: String,
    pub(crate) strategy: String,
    pub(crate) account: String,
    pub(crate) instrument: String,
    pub(crate) side: SideName,
    #[serde(flatten)]
    pub(crate) prices: PricesDto,
    pub(crate) quantity: String,
    pub(crate) time_in_force: TimeInForceName,
    #[serde(flatten)]
    pub(crate) terms: TermsDto,
    /// The algorithm that works it.
    pub(crate) algorithm: Option<String>,
    /// The order of which an algorithm sent this one as a part.
    pub(crate) parent_order: Option<String>,
    /// Ids of its open parts and the latest closed ones, newest first; only where one order is asked
    /// for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) children: Option<Vec<String>>,
    pub(crate) status: Name,
    /// What is on its way to the venue and not answered yet.
    pub(crate) pending: Option<Name>,
    pub(crate) filled: String,
    pub(crate) remaining: String,
    pub(crate) average_price: Option<String>,
    pub(crate) ts_created: String,
    pub(crate) ts_created_ns: String,
    pub(crate) expires: Option<String>,
    pub(crate) expires_ns: Option<String>,
    pub(crate) deny_code: Option<String>,
    pub(crate) deny_reason: Option<String>,
}

/// The type of an order, and its prices as they are now.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PricesDto {
    #[serde(rename = "type")]
    pub(crate) kind: KindName,
    pub(crate) price: Option<String>,
    pub(crate) trigger: Option<String>,
    pub(crate) trigger_by: Option<TriggerByName>,
    /// The price that wakes it now: the trigger, or where a trailing one has got to; `null` once it
    /// woke.
    pub(crate) trigger_now: Option<String>,
    pub(crate) trail: Option<TrailDto>,
    pub(crate) limit_offset: Option<OffsetDto>,
}

/// How a stop follows the market.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct TrailDto {
    #[serde(flatten)]
    pub(crate) offset: OffsetDto,
    pub(crate) activation: Option<String>,
}

/// A distance from a price.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct OffsetDto {
    pub(crate) offset: String,
    pub(crate) unit: UnitName,
}

/// What most orders do not need, and the order's place in its list.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct TermsDto {
    pub(crate) post_only: bool,
    pub(crate) reduce_only: bool,
    pub(crate) quote_quantity: bool,
    pub(crate) display: Option<String>,
    pub(crate) hold: Option<HoldDto>,
    pub(crate) tag: Option<String>,
    /// The position it opens, adds to or closes, where the account holds several in one instrument.
    pub(crate) position: Option<String>,
    pub(crate) intent: u64,
    /// The id of the first order of its list.
    pub(crate) list: Option<String>,
    pub(crate) parent: Option<u8>,
    pub(crate) group: Option<u8>,
    pub(crate) rule: Option<RuleName>,
}

/// The price for which an order is held back.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct HoldDto {
    pub(crate) trigger: String,
    pub(crate) trigger_by: TriggerByName,
}

impl OrderDto {
    pub(crate) fn new(order: &Order, denied: Option<Denial>, names: &Names) -> Self {
        let print = Printer::new(order.instrument, names);
        let expires = expires(order);
        Self {
            id: order.id.to_string(),
            strategy: names.strategy(order.strategy),
            account: names.account(order.account),
            side: order.side.into(),
            prices: PricesDto::new(order, &print),
            quantity: quantity(order, &print),
            time_in_force: order.time_in_force.into(),
            terms: TermsDto::new(order, &print),
            algorithm: order.algorithm.map(|id| names.algorithm(id)),
            parent_order: order.parent.map(|parent| parent.to_string()),
            children: None,
            status: Name(order.status.name()),
            pending: pending(order.status),
            filled: print.quantity(order.filled),
            remaining: print.quantity(order.remaining()),
            average_price: average_price(order, names).map(|price| print.price(price)),
            ts_created: order.ts_created.to_string(),
            ts_created_ns: order.ts_created.nanos().to_string(),
            expires: expires.as_ref().map(Timestamp::to_string),
            expires_ns: expires.map(|expires| expires.nanos().to_string()),
            deny_code: denied.as_ref().map(|denial| denial.code.to_string()),
            deny_reason: denied.map(Denial::into_reason),
            instrument: print.symbol,
        }
    }
}

impl PricesDto {
    pub(crate) fn new(order: &Order, print: &Printer) -> Self {
        let kind = &order.kind;
        let watched = kind.trigger().map(|trigger| trigger.by);
        let followed = kind.trail().map(|trail| trail.by);
        let limit = match kind {
            OrderKind::TrailingStopLimit { limit, .. } => Some(OffsetDto::new(limit, print)),
            _ => None,
        };
        Self {
            kind: KindName::of(kind),
            price: kind.price().map(|price| print.price(price)),
            trigger: kind.trigger().map(|trigger| print.price(trigger.price)),
            trigger_by: watched.or(followed).map(TriggerByName::from),
            trigger_now: order.trigger.map(|price| print.price(price)),
            trail: kind.trail().map(|trail| TrailDto {
                offset: OffsetDto::new(&trail.offset, print),
                activation: trail.activation.map(|price| print.price(price)),
            }),
            limit_offset: limit,
        }
    }
}

impl OffsetDto {
    fn new(offset: &Offset, print: &Printer) -> Self {
        let (offset, unit) = match offset {
            Offset::Price(price) => (print.price(*price), UnitName::Price),
            Offset::BasisPoints(points) => (points.to_string(), UnitName::BasisPoints),
            Offset::Ticks(ticks) => (ticks.to_string(), UnitName::Ticks),
        };
        Self { offset, unit }
    }
}

impl TermsDto {
    fn new(order: &Order, print: &Printer) -> Self {
        let terms = &order.terms;
        let hold = |hold: Trigger| HoldDto {
            trigger: print.price(hold.price),
            trigger_by: hold.by.into(),
        };
        let peers = terms.links.peers;
        Self {
            post_only: terms.post_only,
            reduce_only: terms.reduce_only,
            quote_quantity: terms.quote_quantity,
            display: terms.display.map(|quantity| print.quantity(quantity)),
            hold: terms.hold.map(hold),
            tag: (!terms.tag.is_empty()).then(|| terms.tag.to_string()),
            position: terms.position.map(|position| position.to_string()),
            intent: order.intent,
            list: order.list.map(|list| list.to_string()),
            parent: terms.links.parent,
            group: peers.map(|peers| peers.group),
            rule: peers.map(|peers| peers.rule.into()),
        }
    }
}

/// An amount of the quote currency is not on the instrument's grid.
fn quantity(order: &Order, print: &Printer) -> String {
    if order.terms.quote_quantity {
        order.quantity.to_string()
    } else {
        print.quantity(order.quantity)
    }
}

fn expires(order: &Order) -> Option<Timestamp> {
    match order.time_in_force {
        TimeInForce::Gtd(moment) => Some(moment),
        _ => (order.expires != Timestamp::MAX).then_some(order.expires),
    }
}

fn pending(status: OrderStatus) -> Option<Name> {
    match status {
        OrderStatus::Submitted => Some(Name("SUBMIT")),
        OrderStatus::PendingUpdate => Some(Name("UPDATE")),
        OrderStatus::PendingCancel => Some(Name("CANCEL")),
        _ => None,
    }
}

fn average_price(order: &Order, names: &Names) -> Option<Price> {
    let multiplier = names.instrument(order.instrument)?.multiplier;
    let filled = order.filled.long();
    order.filled_value.average_price(filled, multiplier).ok()
}

/// The orders of a list, in their order; `list` is `null` when our own risk gate refused it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ListDto {
    pub(crate) list: Option<String>,
    pub(crate) orders: Vec<OrderDto>,
}

/// An order after a change, with the change. `deny_code` also tells why a change was refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OrderUpdateDto {
    pub(crate) change: Name,
    #[serde(flatten)]
    pub(crate) order: OrderDto,
}

impl OrderUpdateDto {
    pub(crate) fn new(
        change: &OrderChange,
        order: &Order,
        denied: Option<Denial>,
        names: &Names,
    ) -> Self {
        Self {
            change: change_name(change),
            order: OrderDto::new(order, denied, names),
        }
    }
}

/// The name of a step in an order's life.
pub(crate) fn change_name(change: &OrderChange) -> Name {
    Name(match change {
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
    })
}
