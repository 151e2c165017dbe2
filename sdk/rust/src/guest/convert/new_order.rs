//! An order on its way to the host.

use super::wit;
use crate::{
    NewOrder, Offset, OrderKind, PeerRule, Peers, Price, Quantity, Side, TimeInForce, Trail,
    Trigger, TriggerBy,
};

pub(in crate::guest) fn new_order(order: &NewOrder) -> wit::NewOrder {
    let terms = &order.terms;
    wit::NewOrder {
        instrument: order.instrument.number(),
        side: to_side(order.side),
        kind: kind(order.kind),
        quantity: order.quantity.raw(),
        tif: to_time_in_force(order.time_in_force),
        intent: order.intent,
        post_only: terms.post_only,
        reduce_only: terms.reduce_only,
        quote_quantity: terms.quote_quantity,
        display: terms.display.map(Quantity::raw),
        hold: terms.hold.map(trigger),
        parent: order.links.parent,
        peers: order.links.peers.map(peers),
        tag: terms.tag.as_str().to_owned(),
    }
}

pub(in crate::guest) fn to_side(side: Side) -> wit::Side {
    match side {
        Side::Buy => wit::Side::Buy,
        Side::Sell => wit::Side::Sell,
    }
}

pub(in crate::guest) fn to_time_in_force(time_in_force: TimeInForce) -> wit::TimeInForce {
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

fn kind(kind: OrderKind) -> wit::OrderKind {
    match kind {
        OrderKind::Market => wit::OrderKind::Market,
        OrderKind::Limit { price } => wit::OrderKind::Limit(price.raw()),
        OrderKind::StopMarket { trigger: at } => wit::OrderKind::StopMarket(trigger(at)),
        OrderKind::StopLimit { trigger, price } => {
            wit::OrderKind::StopLimit(triggered_limit(trigger, price))
        }
        OrderKind::MarketToLimit => wit::OrderKind::MarketToLimit,
        OrderKind::MarketIfTouched { trigger: at } => wit::OrderKind::MarketIfTouched(trigger(at)),
        OrderKind::LimitIfTouched { trigger, price } => {
            wit::OrderKind::LimitIfTouched(triggered_limit(trigger, price))
        }
        OrderKind::TrailingStopMarket { trail: by } => {
            wit::OrderKind::TrailingStopMarket(trail(by))
        }
        OrderKind::TrailingStopLimit { trail: by, limit } => {
            wit::OrderKind::TrailingStopLimit(wit::TrailedLimit {
                trail: trail(by),
                limit: offset(limit),
            })
        }
    }
}

fn triggered_limit(at: Trigger, price: Price) -> wit::TriggeredLimit {
    wit::TriggeredLimit {
        trigger: trigger(at),
        price: price.raw(),
    }
}

fn trigger(trigger: Trigger) -> wit::Trigger {
    wit::Trigger {
        price: trigger.price.raw(),
        by: trigger_by(trigger.by),
    }
}

fn trail(trail: Trail) -> wit::Trail {
    wit::Trail {
        offset: offset(trail.offset),
        activation: trail.activation.map(Price::raw),
        by: trigger_by(trail.by),
    }
}

fn trigger_by(by: TriggerBy) -> wit::TriggerBy {
    match by {
        TriggerBy::BidAsk => wit::TriggerBy::BidAsk,
        TriggerBy::Last => wit::TriggerBy::Last,
        TriggerBy::Mid => wit::TriggerBy::Mid,
        TriggerBy::Mark => wit::TriggerBy::Mark,
        TriggerBy::Index => wit::TriggerBy::Index,
    }
}

fn offset(offset: Offset) -> wit::Offset {
    match offset {
        Offset::Price(price) => wit::Offset::Price(price.raw()),
        Offset::BasisPoints(points) => wit::Offset::BasisPoints(points),
        Offset::Ticks(ticks) => wit::Offset::Ticks(ticks),
    }
}

fn peers(peers: Peers) -> wit::Peers {
    wit::Peers {
        group: peers.group,
        rule: match peers.rule {
            PeerRule::Cancel => wit::PeerRule::Cancel,
            PeerRule::Reduce => wit::PeerRule::Reduce,
        },
    }
}
