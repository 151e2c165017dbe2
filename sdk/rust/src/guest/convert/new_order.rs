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
        kind: to_order_kind(order.kind),
        quantity: order.quantity.raw(),
        tif: to_time_in_force(order.time_in_force),
        intent: order.intent,
        post_only: terms.post_only,
        reduce_only: terms.reduce_only,
        quote_quantity: terms.quote_quantity,
        display: terms.display.map(Quantity::raw),
        hold: terms.hold.map(to_trigger),
        parent: order.links.parent,
        peers: order.links.peers.map(peers),
        tag: terms.tag.as_str().to_owned(),
        position: terms.position.map(|position| position.opener().number()),
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

pub(in crate::guest) fn to_order_kind(kind: OrderKind) -> wit::OrderKind {
    match kind {
        OrderKind::Market => wit::OrderKind::Market,
        OrderKind::Limit { price } => wit::OrderKind::Limit(price.raw()),
        OrderKind::StopMarket { trigger: at } => wit::OrderKind::StopMarket(to_trigger(at)),
        OrderKind::StopLimit { trigger, price } => {
            wit::OrderKind::StopLimit(to_triggered_limit(trigger, price))
        }
        OrderKind::MarketToLimit => wit::OrderKind::MarketToLimit,
        OrderKind::MarketIfTouched { trigger: at } => {
            wit::OrderKind::MarketIfTouched(to_trigger(at))
        }
        OrderKind::LimitIfTouched { trigger, price } => {
            wit::OrderKind::LimitIfTouched(to_triggered_limit(trigger, price))
        }
        OrderKind::TrailingStopMarket { trail: by } => {
            wit::OrderKind::TrailingStopMarket(to_trail(by))
        }
        OrderKind::TrailingStopLimit { trail: by, limit } => {
            wit::OrderKind::TrailingStopLimit(wit::TrailedLimit {
                trail: to_trail(by),
                limit: to_offset(limit),
            })
        }
    }
}

fn to_triggered_limit(at: Trigger, price: Price) -> wit::TriggeredLimit {
    wit::TriggeredLimit {
        trigger: to_trigger(at),
        price: price.raw(),
    }
}

fn to_trigger(trigger: Trigger) -> wit::Trigger {
    wit::Trigger {
        price: trigger.price.raw(),
        by: to_trigger_by(trigger.by),
    }
}

fn to_trail(trail: Trail) -> wit::Trail {
    wit::Trail {
        offset: to_offset(trail.offset),
        activation: trail.activation.map(Price::raw),
        by: to_trigger_by(trail.by),
    }
}

fn to_trigger_by(by: TriggerBy) -> wit::TriggerBy {
    match by {
        TriggerBy::BidAsk => wit::TriggerBy::BidAsk,
        TriggerBy::Last => wit::TriggerBy::Last,
        TriggerBy::Mid => wit::TriggerBy::Mid,
        TriggerBy::Mark => wit::TriggerBy::Mark,
        TriggerBy::Index => wit::TriggerBy::Index,
    }
}

fn to_offset(offset: Offset) -> wit::Offset {
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
