//! Orders, lists and changes of random runs, sensible and not.

use super::{SIDES, Scale};
use crate::dice::Dice;
use model::*;

/// A position of a hedging account, and what is held of it.
pub(super) type Named = (InstrumentId, PositionId, SignedQuantity);

pub(super) fn price_near(dice: &mut Dice, tick: Price, scale: Scale) -> Price {
    let most = Price::MAX.raw() / tick.raw();
    let ticks = i64::try_from(dice.below(scale.ticks)).unwrap();
    // An ordinary market stays around a thousand ticks.
    let ticks = if scale.ticks < 1_000 {
        1_000 + ticks
    } else {
        ticks
    };
    Price::from_raw(ticks.clamp(1, most) * tick.raw())
}

pub(super) fn lots(dice: &mut Dice, lot: Quantity, scale: Scale) -> Quantity {
    let count = dice.below(scale.lots).min(u64::MAX / lot.raw());
    Quantity::from_raw(count * lot.raw())
}

pub(super) fn kind(dice: &mut Dice, tick: Price, scale: Scale) -> OrderKind {
    let price = price_near(dice, tick, scale);
    let trigger = Trigger {
        price: price_near(dice, tick, scale),
        by: dice.one_of(&TriggerBy::ALL),
    };
    let offset = dice.one_of(&[
        Offset::Ticks(3),
        Offset::BasisPoints(50),
        Offset::Price(tick),
    ]);
    let activation = dice.one_of(&[None, Some(price)]);
    let by = dice.one_of(&TriggerBy::ALL);
    let trail = Trail {
        offset,
        activation,
        by,
    };
    dice.one_of(&[
        OrderKind::Market,
        OrderKind::Market,
        OrderKind::Limit { price },
        OrderKind::Limit { price },
        OrderKind::Limit { price },
        OrderKind::StopMarket { trigger },
        OrderKind::StopLimit { trigger, price },
        OrderKind::MarketToLimit,
        OrderKind::MarketIfTouched { trigger },
        OrderKind::LimitIfTouched { trigger, price },
        OrderKind::TrailingStopMarket { trail },
        OrderKind::TrailingStopLimit {
            trail,
            limit: offset,
        },
    ])
}

pub(super) fn tif(dice: &mut Dice, now: Timestamp) -> TimeInForce {
    use TimeInForce::{AtTheClose, AtTheOpen, Day, Fok, Gtc, Gtd, Ioc};
    let until = Gtd(now.after(Duration::from_nanos(1 + dice.below(200))));
    dice.one_of(&[Gtc, Gtc, Gtc, Day, until, Ioc, Fok, AtTheOpen, AtTheClose])
}

pub(super) fn terms(dice: &mut Dice, tick: Price, lot: Quantity, scale: Scale) -> Terms {
    let mut terms = Terms::default();
    match dice.below(12) {
        0 => terms.post_only = true,
        1 | 2 => terms.reduce_only = true,
        3 => terms.quote_quantity = true,
        4 => terms.display = Some(lot),
        5 => {
            terms.hold = Some(Trigger {
                price: price_near(dice, tick, scale),
                by: dice.one_of(&TriggerBy::ALL),
            });
        }
        _ => {}
    }
    terms
}

pub(super) type Grid = (InstrumentId, Price, Quantity);

pub(super) fn request(dice: &mut Dice, grid: Grid, scale: Scale, now: Timestamp) -> OrderRequest {
    let (instrument, tick, lot) = grid;
    let side = dice.one_of(&SIDES);
    let kind = kind(dice, tick, scale);
    let quantity = lots(dice, lot, scale);
    OrderRequest::new(instrument, side, kind, quantity)
        .lasting(tif(dice, now))
        .with(terms(dice, tick, lot, scale))
}

/// An entry with orders that depend on it and on each other.
pub(super) fn list(dice: &mut Dice, grid: Grid, scale: Scale, now: Timestamp) -> Vec<OrderRequest> {
    let entry = request(dice, grid, scale, now);
    let rule = dice.one_of(&[PeerRule::Cancel, PeerRule::Reduce]);
    let peers = dice.one_of(&[None, Some(Peers { group: 1, rule })]);
    let parent = dice.one_of(&[None, Some(0), Some(0)]);
    let mut orders = vec![entry];
    for _ in 0..=dice.below(2) {
        let mut child = request(dice, grid, scale, now);
        child.side = entry.side.opposite();
        child.quantity = entry.quantity;
        child.terms.links = Links { parent, peers };
        child.terms.reduce_only |= dice.below(2) == 0;
        orders.push(child);
    }
    orders
}

pub(super) fn amendment(
    dice: &mut Dice,
    order: &model::Order,
    grid: Grid,
    scale: Scale,
) -> Amendment {
    let (_, tick, lot) = grid;
    let maybe = |dice: &mut Dice| dice.below(2) == 0;
    Amendment {
        order: order.id,
        quantity: maybe(dice).then(|| lots(dice, lot, scale)),
        price: maybe(dice).then(|| price_near(dice, tick, scale)),
        trigger: (dice.below(3) == 0).then(|| price_near(dice, tick, scale)),
    }
}

/// Names one of several positions, mostly to close it, where there are some.
pub(super) fn name_position(dice: &mut Dice, ask: &mut OrderRequest, legs: &[Named]) {
    let legs: Vec<&Named> = legs.iter().filter(|leg| leg.0 == ask.instrument).collect();
    if legs.is_empty() || dice.below(3) == 0 {
        return;
    }
    let (_, position, held) = *dice.one_of(&legs);
    ask.terms.position = Some(position);
    if dice.below(4) > 0 {
        let closes = if held.is_short() {
            Side::Buy
        } else {
            Side::Sell
        };
        ask.side = closes;
    }
    if dice.below(2) == 0 {
        ask.quantity = ask.quantity.min(held.magnitude().unwrap_or(Quantity::MAX));
    }
}
