//! Orders across the wall: what a guest asks for, and what it hears of it. Whether an order makes
//! sense is the risk gate's to say; only what the model cannot hold is refused here.

use super::{money, side};
use crate::bindings::argonaut::plugin::types as wit;
use crate::host::Breach;
use model::{
    InstrumentId, Links, Liquidity, Offset, Order, OrderChange, OrderId, OrderKind, OrderRequest,
    OrderStatus, OrderUpdate, PeerRule, Peers, PositionId, Price, Quantity, Side, Tag, Terms,
    TimeInForce, Timestamp, Trail, Trigger, TriggerBy,
};

pub(crate) fn side_from(side: wit::Side) -> Side {
    match side {
        wit::Side::Buy => Side::Buy,
        wit::Side::Sell => Side::Sell,
    }
}

pub(crate) fn time_in_force_from(time_in_force: wit::TimeInForce) -> TimeInForce {
    match time_in_force {
        wit::TimeInForce::Gtc => TimeInForce::Gtc,
        wit::TimeInForce::Ioc => TimeInForce::Ioc,
        wit::TimeInForce::Fok => TimeInForce::Fok,
        wit::TimeInForce::Day => TimeInForce::Day,
        wit::TimeInForce::Gtd(until) => TimeInForce::Gtd(Timestamp::from_nanos(until)),
        wit::TimeInForce::AtTheOpen => TimeInForce::AtTheOpen,
        wit::TimeInForce::AtTheClose => TimeInForce::AtTheClose,
    }
}

/// A request; its id is given later. A tag that is none breaks the contract.
pub(crate) fn order_request(order: &wit::NewOrder) -> Result<OrderRequest, Breach> {
    Ok(OrderRequest {
        id: OrderId::default(),
        instrument: InstrumentId::new(order.instrument),
        side: side_from(order.side),
        kind: order_kind(order.kind),
        quantity: Quantity::from_raw(order.quantity),
        time_in_force: time_in_force_from(order.tif),
        terms: terms(order)?,
        intent: order.intent,
    })
}

/// A label; one that is none breaks the contract.
pub(super) fn tag(text: &str) -> Result<Tag, Breach> {
    text.parse().map_err(|error| {
        let length = text.len();
        Breach::bad_output(format!("a tag of {length} bytes: {error}"))
    })
}

pub(super) fn display(display: Option<u64>) -> Option<Quantity> {
    display.map(Quantity::from_raw)
}

fn terms(order: &wit::NewOrder) -> Result<Terms, Breach> {
    Ok(Terms {
        post_only: order.post_only,
        reduce_only: order.reduce_only,
        quote_quantity: order.quote_quantity,
        display: display(order.display),
        hold: order.hold.map(trigger),
        links: Links {
            parent: order.parent,
            peers: order.peers.map(peers),
        },
        tag: tag(&order.tag)?,
        position: order.position.map(position),
    })
}

fn position(opener: u64) -> PositionId {
    PositionId::opened_by(OrderId::from_number(opener))
}

/// What a guest knows a position by.
pub(super) fn position_to(position: PositionId) -> u64 {
    position.opener().number()
}

fn peers(peers: wit::Peers) -> Peers {
    Peers {
        group: peers.group,
        rule: match peers.rule {
            wit::PeerRule::Cancel => PeerRule::Cancel,
            wit::PeerRule::Reduce => PeerRule::Reduce,
        },
    }
}

pub(crate) fn order_kind(kind: wit::OrderKind) -> OrderKind {
    match kind {
        wit::OrderKind::Market => OrderKind::Market,
        wit::OrderKind::Limit(price) => OrderKind::Limit {
            price: Price::from_raw(price),
        },
        wit::OrderKind::StopMarket(at) => OrderKind::StopMarket {
            trigger: trigger(at),
        },
        wit::OrderKind::StopLimit(order) => OrderKind::StopLimit {
            trigger: trigger(order.trigger),
            price: Price::from_raw(order.price),
        },
        wit::OrderKind::MarketToLimit => OrderKind::MarketToLimit,
        wit::OrderKind::MarketIfTouched(at) => OrderKind::MarketIfTouched {
            trigger: trigger(at),
        },
        wit::OrderKind::LimitIfTouched(order) => OrderKind::LimitIfTouched {
            trigger: trigger(order.trigger),
            price: Price::from_raw(order.price),
        },
        wit::OrderKind::TrailingStopMarket(by) => {
            OrderKind::TrailingStopMarket { trail: trail(by) }
        }
        wit::OrderKind::TrailingStopLimit(order) => OrderKind::TrailingStopLimit {
            trail: trail(order.trail),
            limit: offset(order.limit),
        },
    }
}

fn trigger(trigger: wit::Trigger) -> Trigger {
    Trigger {
        price: Price::from_raw(trigger.price),
        by: trigger_by(trigger.by),
    }
}

fn trail(trail: wit::Trail) -> Trail {
    Trail {
        offset: offset(trail.offset),
        activation: trail.activation.map(Price::from_raw),
        by: trigger_by(trail.by),
    }
}

fn trigger_by(by: wit::TriggerBy) -> TriggerBy {
    match by {
        wit::TriggerBy::BidAsk => TriggerBy::BidAsk,
        wit::TriggerBy::Last => TriggerBy::Last,
        wit::TriggerBy::Mid => TriggerBy::Mid,
        wit::TriggerBy::Mark => TriggerBy::Mark,
        wit::TriggerBy::Index => TriggerBy::Index,
    }
}

fn offset(offset: wit::Offset) -> Offset {
    match offset {
        wit::Offset::Price(price) => Offset::Price(Price::from_raw(price)),
        wit::Offset::BasisPoints(points) => Offset::BasisPoints(points),
        wit::Offset::Ticks(ticks) => Offset::Ticks(ticks),
    }
}

pub(crate) fn time_in_force_to(time_in_force: TimeInForce) -> wit::TimeInForce {
    match time_in_force {
        TimeInForce::Gtc => wit::TimeInForce::Gtc,
        TimeInForce::Ioc => wit::TimeInForce::Ioc,
        TimeInForce::Fok => wit::TimeInForce::Fok,
        TimeInForce::Day => wit::TimeInForce::Day,
        TimeInForce::Gtd(until) => wit::TimeInForce::Gtd(until.nanos()),
        TimeInForce::AtTheOpen => wit::TimeInForce::AtTheOpen,
        TimeInForce::AtTheClose => wit::TimeInForce::AtTheClose,
    }
}

pub(crate) fn order_kind_to(kind: OrderKind) -> wit::OrderKind {
    let limited = |trigger, price: Price| wit::TriggeredLimit {
        trigger: trigger_to(trigger),
        price: price.raw(),
    };
    match kind {
        OrderKind::Market => wit::OrderKind::Market,
        OrderKind::Limit { price } => wit::OrderKind::Limit(price.raw()),
        OrderKind::StopMarket { trigger } => wit::OrderKind::StopMarket(trigger_to(trigger)),
        OrderKind::StopLimit { trigger, price } => {
            wit::OrderKind::StopLimit(limited(trigger, price))
        }
        OrderKind::MarketToLimit => wit::OrderKind::MarketToLimit,
        OrderKind::MarketIfTouched { trigger } => {
            wit::OrderKind::MarketIfTouched(trigger_to(trigger))
        }
        OrderKind::LimitIfTouched { trigger, price } => {
            wit::OrderKind::LimitIfTouched(limited(trigger, price))
        }
        OrderKind::TrailingStopMarket { trail } => {
            wit::OrderKind::TrailingStopMarket(trail_to(trail))
        }
        OrderKind::TrailingStopLimit { trail, limit } => {
            wit::OrderKind::TrailingStopLimit(wit::TrailedLimit {
                trail: trail_to(trail),
                limit: offset_to(limit),
            })
        }
    }
}

pub(super) fn trigger_to(trigger: Trigger) -> wit::Trigger {
    wit::Trigger {
        price: trigger.price.raw(),
        by: trigger_by_to(trigger.by),
    }
}

fn trail_to(trail: Trail) -> wit::Trail {
    wit::Trail {
        offset: offset_to(trail.offset),
        activation: trail.activation.map(Price::raw),
        by: trigger_by_to(trail.by),
    }
}

fn trigger_by_to(by: TriggerBy) -> wit::TriggerBy {
    match by {
        TriggerBy::BidAsk => wit::TriggerBy::BidAsk,
        TriggerBy::Last => wit::TriggerBy::Last,
        TriggerBy::Mid => wit::TriggerBy::Mid,
        TriggerBy::Mark => wit::TriggerBy::Mark,
        TriggerBy::Index => wit::TriggerBy::Index,
    }
}

fn offset_to(offset: Offset) -> wit::Offset {
    match offset {
        Offset::Price(price) => wit::Offset::Price(price.raw()),
        Offset::BasisPoints(points) => wit::Offset::BasisPoints(points),
        Offset::Ticks(ticks) => wit::Offset::Ticks(ticks),
    }
}

fn status(status: OrderStatus) -> wit::OrderStatus {
    match status {
        OrderStatus::Initialized => wit::OrderStatus::Initialized,
        OrderStatus::Denied => wit::OrderStatus::Denied,
        OrderStatus::Emulated => wit::OrderStatus::Emulated,
        OrderStatus::Released => wit::OrderStatus::Released,
        OrderStatus::Submitted => wit::OrderStatus::Submitted,
        OrderStatus::Accepted => wit::OrderStatus::Accepted,
        OrderStatus::Rejected => wit::OrderStatus::Rejected,
        OrderStatus::Triggered => wit::OrderStatus::Triggered,
        OrderStatus::PendingUpdate => wit::OrderStatus::PendingUpdate,
        OrderStatus::PendingCancel => wit::OrderStatus::PendingCancel,
        OrderStatus::PartiallyFilled => wit::OrderStatus::PartiallyFilled,
        OrderStatus::Filled => wit::OrderStatus::Filled,
        OrderStatus::Canceled => wit::OrderStatus::Canceled,
        OrderStatus::Expired => wit::OrderStatus::Expired,
    }
}

pub(crate) fn order_event(update: &OrderUpdate) -> wit::OrderEvent {
    wit::OrderEvent {
        order: update.order.number(),
        instrument: update.instrument.number(),
        change: order_change(&update.change),
        status: status(update.status),
        side: side(update.side),
        quantity: update.quantity.raw(),
        filled: update.filled.raw(),
        ts_event: update.ts_event.nanos(),
    }
}

fn order_change(change: &OrderChange) -> wit::OrderChange {
    match change {
        OrderChange::Denied(code) => wit::OrderChange::Denied(code.number()),
        OrderChange::Submitted => wit::OrderChange::Submitted,
        OrderChange::Accepted => wit::OrderChange::Accepted,
        OrderChange::Rejected => wit::OrderChange::Rejected,
        OrderChange::Emulated => wit::OrderChange::Emulated,
        OrderChange::Released => wit::OrderChange::Released,
        OrderChange::Triggered => wit::OrderChange::Triggered,
        OrderChange::PendingUpdate => wit::OrderChange::PendingUpdate,
        OrderChange::Updated { price, trigger } => wit::OrderChange::Updated(wit::OrderPrices {
            limit_price: price.map(Price::raw),
            trigger_price: trigger.map(Price::raw),
        }),
        OrderChange::UpdateDenied(code) => wit::OrderChange::UpdateDenied(code.number()),
        OrderChange::UpdateRejected => wit::OrderChange::UpdateRejected,
        OrderChange::PendingCancel => wit::OrderChange::PendingCancel,
        OrderChange::CancelRejected => wit::OrderChange::CancelRejected,
        OrderChange::Filled(fill) => wit::OrderChange::Filled(wit::Execution {
            price: fill.price.raw(),
            quantity: fill.quantity.raw(),
            fee: money(fill.fee),
            maker: fill.liquidity == Liquidity::Maker,
            position: fill.position.map(position_to),
        }),
        OrderChange::Canceled => wit::OrderChange::Canceled,
        OrderChange::Expired => wit::OrderChange::Expired,
    }
}

pub(crate) fn open_order(order: &Order) -> wit::OpenOrder {
    wit::OpenOrder {
        order: order.id.number(),
        instrument: order.instrument.number(),
        side: side(order.side),
        quantity: order.quantity.raw(),
        filled: order.filled.raw(),
        limit_price: order.kind.price().map(Price::raw),
        trigger_price: order.trigger.map(Price::raw),
        status: status(order.status),
        tag: order.terms.tag.as_str().to_owned(),
        list: order.list.map(OrderId::number),
        position: order.terms.position.map(position_to),
    }
}
