//! Orders between the engine and the SDK.

use super::{instrument_id, money, price, quantity, sdk_side, time};
use argonaut_sdk as sdk;
use model::{
    Amendment, InstrumentId, Links, Offset, Order, OrderChange, OrderId, OrderKind, OrderRequest,
    OrderStatus, OrderUpdate, PeerRule, Peers, PositionId, Price, Quantity, Side, Terms,
    TimeInForce, Timestamp, Trail, Trigger, TriggerBy,
};

fn model_price(price: sdk::Price) -> Price {
    Price::from_raw(price.raw())
}

fn model_quantity(quantity: sdk::Quantity) -> Quantity {
    Quantity::from_raw(quantity.raw())
}

pub(in crate::native) fn order_request(order: &sdk::NewOrder) -> OrderRequest {
    OrderRequest {
        id: OrderId::default(),
        instrument: InstrumentId::new(order.instrument.number()),
        side: match order.side {
            sdk::Side::Buy => Side::Buy,
            sdk::Side::Sell => Side::Sell,
        },
        kind: order_kind(order.kind),
        quantity: model_quantity(order.quantity),
        time_in_force: time_in_force(order.time_in_force),
        terms: terms(order),
        intent: order.intent,
    }
}

pub(in crate::native) fn amendment(order: sdk::OrderId, amendment: sdk::Amendment) -> Amendment {
    Amendment {
        order: OrderId::from_number(order.number()),
        quantity: amendment.quantity.map(model_quantity),
        price: amendment.price.map(model_price),
        trigger: amendment.trigger.map(model_price),
    }
}

fn terms(order: &sdk::NewOrder) -> Terms {
    let terms = &order.terms;
    let peers = |peers: sdk::Peers| Peers {
        group: peers.group,
        rule: match peers.rule {
            sdk::PeerRule::Cancel => PeerRule::Cancel,
            sdk::PeerRule::Reduce => PeerRule::Reduce,
        },
    };
    Terms {
        post_only: terms.post_only,
        reduce_only: terms.reduce_only,
        quote_quantity: terms.quote_quantity,
        display: terms.display.map(model_quantity),
        hold: terms.hold.map(trigger),
        links: Links {
            parent: order.links.parent,
            peers: order.links.peers.map(peers),
        },
        // Both sides allow the same texts.
        tag: terms.tag.as_str().parse().unwrap_or_default(),
        position: terms.position.map(|position| {
            PositionId::opened_by(OrderId::from_number(position.opener().number()))
        }),
    }
}

fn trigger(trigger: sdk::Trigger) -> Trigger {
    Trigger {
        price: model_price(trigger.price),
        by: trigger_by(trigger.by),
    }
}

fn trigger_by(by: sdk::TriggerBy) -> TriggerBy {
    match by {
        sdk::TriggerBy::BidAsk => TriggerBy::BidAsk,
        sdk::TriggerBy::Last => TriggerBy::Last,
        sdk::TriggerBy::Mid => TriggerBy::Mid,
        sdk::TriggerBy::Mark => TriggerBy::Mark,
        sdk::TriggerBy::Index => TriggerBy::Index,
    }
}

fn trail(trail: sdk::Trail) -> Trail {
    Trail {
        offset: offset(trail.offset),
        activation: trail.activation.map(model_price),
        by: trigger_by(trail.by),
    }
}

fn offset(offset: sdk::Offset) -> Offset {
    match offset {
        sdk::Offset::Price(price) => Offset::Price(model_price(price)),
        sdk::Offset::BasisPoints(points) => Offset::BasisPoints(points),
        sdk::Offset::Ticks(ticks) => Offset::Ticks(ticks),
    }
}

fn order_kind(kind: sdk::OrderKind) -> OrderKind {
    match kind {
        sdk::OrderKind::Market => OrderKind::Market,
        sdk::OrderKind::Limit { price } => OrderKind::Limit {
            price: model_price(price),
        },
        sdk::OrderKind::StopMarket { trigger: at } => OrderKind::StopMarket {
            trigger: trigger(at),
        },
        sdk::OrderKind::StopLimit { trigger: at, price } => OrderKind::StopLimit {
            trigger: trigger(at),
            price: model_price(price),
        },
        sdk::OrderKind::MarketToLimit => OrderKind::MarketToLimit,
        sdk::OrderKind::MarketIfTouched { trigger: at } => OrderKind::MarketIfTouched {
            trigger: trigger(at),
        },
        sdk::OrderKind::LimitIfTouched { trigger: at, price } => OrderKind::LimitIfTouched {
            trigger: trigger(at),
            price: model_price(price),
        },
        sdk::OrderKind::TrailingStopMarket { trail: by } => {
            OrderKind::TrailingStopMarket { trail: trail(by) }
        }
        sdk::OrderKind::TrailingStopLimit { trail: by, limit } => OrderKind::TrailingStopLimit {
            trail: trail(by),
            limit: offset(limit),
        },
    }
}

fn time_in_force(time_in_force: sdk::TimeInForce) -> TimeInForce {
    match time_in_force {
        sdk::TimeInForce::Gtc => TimeInForce::Gtc,
        sdk::TimeInForce::Ioc => TimeInForce::Ioc,
        sdk::TimeInForce::Fok => TimeInForce::Fok,
        sdk::TimeInForce::Day => TimeInForce::Day,
        sdk::TimeInForce::Gtd(until) => TimeInForce::Gtd(Timestamp::from_nanos(until.nanos())),
        sdk::TimeInForce::AtTheOpen => TimeInForce::AtTheOpen,
        sdk::TimeInForce::AtTheClose => TimeInForce::AtTheClose,
    }
}

fn order_status(status: OrderStatus) -> sdk::OrderStatus {
    match status {
        OrderStatus::Initialized => sdk::OrderStatus::Initialized,
        OrderStatus::Denied => sdk::OrderStatus::Denied,
        OrderStatus::Emulated => sdk::OrderStatus::Emulated,
        OrderStatus::Released => sdk::OrderStatus::Released,
        OrderStatus::Submitted => sdk::OrderStatus::Submitted,
        OrderStatus::Accepted => sdk::OrderStatus::Accepted,
        OrderStatus::Rejected => sdk::OrderStatus::Rejected,
        OrderStatus::Triggered => sdk::OrderStatus::Triggered,
        OrderStatus::PendingUpdate => sdk::OrderStatus::PendingUpdate,
        OrderStatus::PendingCancel => sdk::OrderStatus::PendingCancel,
        OrderStatus::PartiallyFilled => sdk::OrderStatus::PartiallyFilled,
        OrderStatus::Filled => sdk::OrderStatus::Filled,
        OrderStatus::Canceled => sdk::OrderStatus::Canceled,
        OrderStatus::Expired => sdk::OrderStatus::Expired,
    }
}

pub(in crate::native) fn order_event(update: &OrderUpdate) -> sdk::OrderEvent {
    sdk::OrderEvent {
        order: sdk::OrderId::new(update.order.number()),
        instrument: instrument_id(update.instrument),
        change: order_change(&update.change),
        status: order_status(update.status),
        side: sdk_side(update.side),
        quantity: quantity(update.quantity),
        filled: quantity(update.filled),
        ts_event: time(update.ts_event),
    }
}

fn order_change(change: &OrderChange) -> sdk::OrderChange {
    match change {
        OrderChange::Denied(code) => sdk::OrderChange::Denied(code.number()),
        OrderChange::Submitted => sdk::OrderChange::Submitted,
        OrderChange::Accepted => sdk::OrderChange::Accepted,
        OrderChange::Rejected => sdk::OrderChange::Rejected,
        OrderChange::Emulated => sdk::OrderChange::Emulated,
        OrderChange::Released => sdk::OrderChange::Released,
        OrderChange::Triggered => sdk::OrderChange::Triggered,
        OrderChange::PendingUpdate => sdk::OrderChange::PendingUpdate,
        OrderChange::Updated {
            price: limit,
            trigger,
        } => sdk::OrderChange::Updated {
            price: limit.map(price),
            trigger: trigger.map(price),
        },
        OrderChange::UpdateDenied(code) => sdk::OrderChange::UpdateDenied(code.number()),
        OrderChange::UpdateRejected => sdk::OrderChange::UpdateRejected,
        OrderChange::PendingCancel => sdk::OrderChange::PendingCancel,
        OrderChange::CancelRejected => sdk::OrderChange::CancelRejected,
        OrderChange::Filled(fill) => sdk::OrderChange::Filled(sdk::Execution {
            price: price(fill.price),
            quantity: quantity(fill.quantity),
            fee: money(fill.fee),
            maker: fill.liquidity == model::Liquidity::Maker,
            position: fill.position.map(position_id),
        }),
        OrderChange::Canceled => sdk::OrderChange::Canceled,
        OrderChange::Expired => sdk::OrderChange::Expired,
    }
}

pub(super) fn open_order(order: &Order) -> sdk::OpenOrder {
    sdk::OpenOrder {
        order: sdk::OrderId::new(order.id.number()),
        instrument: instrument_id(order.instrument),
        side: sdk_side(order.side),
        quantity: quantity(order.quantity),
        filled: quantity(order.filled),
        limit_price: order.kind.price().map(price),
        trigger_price: order.trigger.map(price),
        status: order_status(order.status),
        tag: order.terms.tag.as_str().parse().unwrap_or_default(),
        list: order.list.map(|list| sdk::OrderId::new(list.number())),
        position: order.terms.position.map(position_id),
    }
}

pub(super) fn position_id(position: PositionId) -> sdk::PositionId {
    sdk::PositionId::opened_by(sdk::OrderId::new(position.opener().number()))
}
