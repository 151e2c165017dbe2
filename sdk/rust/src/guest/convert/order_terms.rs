//! What the host tells of orders of others: types, life times, triggers.

use super::wit;
use crate::{Offset, OrderKind, Price, TimeInForce, Timestamp, Trail, Trigger, TriggerBy};

pub(in crate::guest) fn order_kind(kind: wit::OrderKind) -> OrderKind {
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

pub(in crate::guest) fn time_in_force(time_in_force: wit::TimeInForce) -> TimeInForce {
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

pub(in crate::guest) fn trigger(trigger: wit::Trigger) -> Trigger {
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
