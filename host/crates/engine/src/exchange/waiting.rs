//! Orders that wait for a price: fixed triggers, and triggers that trail the market. The venue keeps
//! its stops here, the host the orders it holds back itself.

use super::references::References;
use crate::journal::codec::fields;
use model::{Offset, OrderId, OrderKind, Price, Side, Trail, Trigger, TriggerBy};
use std::collections::BTreeMap;

/// What a group of triggers watches, and from where it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Watch {
    /// Triggers reached by a rising market come first.
    falls: bool,
    by: TriggerBy,
    side: Side,
}

/// A level, negated for falling markets, and an arrival number: the order in which triggers are
/// reached.
type Key = (i64, u64);

#[derive(Debug, Clone, Copy)]
struct Trailing {
    trail: Trail,
    side: Side,
    active: bool,
    trigger: Option<Price>,
    arrival: u64,
}

/// A trigger that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) order: OrderId,
    /// Where its trigger stood.
    pub(crate) trigger: Price,
    pub(crate) arrival: u64,
}

/// Triggers of one instrument.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    watches: BTreeMap<Watch, BTreeMap<Key, OrderId>>,
    keys: BTreeMap<OrderId, (Watch, Key)>,
    trails: BTreeMap<OrderId, Trailing>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.trails.is_empty()
    }

    /// Where the trigger of an order stands; none while it trails and has not begun to follow.
    pub(crate) fn trigger_of(&self, order: OrderId) -> Option<Price> {
        let (watch, (key, _)) = self.keys.get(&order)?;
        Some(price_of(*watch, *key))
    }

    /// Adds an order whose kind waits; others are not taken. A trailing order starts to follow with
    /// the next [`Waiting::follow`].
    pub(crate) fn add(&mut self, order: OrderId, side: Side, kind: &OrderKind, arrival: u64) {
        if let Some(trigger) = kind.trigger() {
            self.add_trigger(order, side, trigger, kind.wakes_on_rise(side), arrival);
        } else if let Some(trail) = kind.trail() {
            let trailing = Trailing {
                trail,
                side,
                active: trail.activation.is_none(),
                trigger: None,
                arrival,
            };
            self.trails.insert(order, trailing);
        }
    }

    /// Adds a trigger that is reached from below (`rises`) or from above.
    pub(crate) fn add_trigger(
        &mut self,
        order: OrderId,
        side: Side,
        trigger: Trigger,
        rises: bool,
        arrival: u64,
    ) {
        let watch = Watch {
            falls: !rises,
            by: trigger.by,
            side,
        };
        let key = (level_key(watch, trigger.price), arrival);
        self.keys.insert(order, (watch, key));
        self.watches.entry(watch).or_default().insert(key, order);
    }

    /// Takes an order out; whether it was there.
    pub(crate) fn remove(&mut self, order: OrderId) -> bool {
        let trailed = self.trails.remove(&order).is_some();
        self.remove_trigger(order) || trailed
    }

    fn remove_trigger(&mut self, order: OrderId) -> bool {
        let Some((watch, key)) = self.keys.remove(&order) else {
            return false;
        };
        if let Some(level) = self.watches.get_mut(&watch) {
            level.remove(&key);
            if level.is_empty() {
                self.watches.remove(&watch);
            }
        }
        true
    }

    /// Lets trailing triggers follow the market; tells each that moved with its new trigger.
    pub(crate) fn follow(
        &mut self,
        at: &References,
        tick: Price,
        mut moved: impl FnMut(OrderId, Price),
    ) {
        if self.trails.is_empty() {
            return;
        }
        let mut changes = Vec::new();
        for (order, trailing) in &mut self.trails {
            if let Some(trigger) = trailing.advance(at, tick) {
                changes.push((*order, *trailing, trigger));
            }
        }
        for (order, trailing, price) in changes {
            self.remove_trigger(order);
            let by = trailing.trail.by;
            let rises = trailing.side == Side::Buy;
            let trigger = Trigger { price, by };
            self.add_trigger(order, trailing.side, trigger, rises, trailing.arrival);
            moved(order, price);
        }
    }

    /// The next order whose trigger the market has reached: rising ones first, nearest first.
    pub(crate) fn reached(&self, at: &References) -> Option<Reached> {
        self.reached_by(at, |_| true)
    }

    /// The same among orders of the sides that `may` wake.
    pub(crate) fn reached_by(
        &self,
        at: &References,
        may: impl Fn(Side) -> bool,
    ) -> Option<Reached> {
        let watches = self.watches.iter().filter(|(watch, _)| may(watch.side));
        watches.into_iter().find_map(|(watch, levels)| {
            let now = at.watched(watch.by, watch.side)?;
            first_within(*watch, levels, now)
        })
    }

    /// The next order that a market going through every price up to `to` reaches. Prices that the
    /// venue gives apart from the market are not on its way.
    pub(crate) fn next_on_walk(
        &self,
        to: Price,
        rising: bool,
        apart: impl Fn(TriggerBy) -> bool,
    ) -> Option<Reached> {
        let on_way = self
            .watches
            .iter()
            .filter(|(watch, _)| watch.falls != rising && !apart(watch.by))
            .filter_map(|(watch, levels)| first_within(*watch, levels, to));
        on_way.min_by_key(|reached| {
            let raw = reached.trigger.raw();
            let distance = if rising { raw } else { raw.saturating_neg() };
            (distance, reached.arrival)
        })
    }
}

impl Trailing {
    /// The new trigger, if it moved.
    fn advance(&mut self, at: &References, tick: Price) -> Option<Price> {
        let now = at.watched(self.trail.by, self.side)?;
        if let Some(activation) = self.trail.activation.filter(|_| !self.active) {
            self.active = match self.side {
                Side::Sell => now >= activation,
                Side::Buy => now <= activation,
            };
        }
        if !self.active {
            return None;
        }
        let behind = behind(self.trail.offset, now, tick, self.side)?;
        let better = match self.side {
            Side::Sell => self.trigger.is_none_or(|trigger| behind > trigger),
            Side::Buy => self.trigger.is_none_or(|trigger| behind < trigger),
        };
        if better {
            self.trigger = Some(behind);
        }
        better.then_some(behind)
    }
}

/// A trigger behind `now`; none where it would not be a price any more.
fn behind(offset: Offset, now: Price, tick: Price, side: Side) -> Option<Price> {
    let price = offset.away(now, tick, side).ok()?;
    (price > Price::ZERO).then_some(price)
}

fn first_within(watch: Watch, levels: &BTreeMap<Key, OrderId>, now: Price) -> Option<Reached> {
    let ((key, arrival), order) = levels.first_key_value()?;
    (*key <= level_key(watch, now)).then_some(Reached {
        order: *order,
        trigger: price_of(watch, *key),
        arrival: *arrival,
    })
}

fn price_of(watch: Watch, key: i64) -> Price {
    Price::from_raw(if watch.falls {
        key.saturating_neg()
    } else {
        key
    })
}

fn level_key(watch: Watch, price: Price) -> i64 {
    if watch.falls {
        price.raw().saturating_neg()
    } else {
        price.raw()
    }
}

fields! {
    Watch { falls, by, side }
    Trailing { trail, side, active, trigger, arrival }
    Waiting { watches, keys, trails }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn id(number: u64) -> OrderId {
        OrderId::from_number(number)
    }

    fn trailing(offset: Offset, activation: Option<&str>) -> OrderKind {
        OrderKind::TrailingStopMarket {
            trail: Trail {
                offset,
                activation: activation.map(price),
                by: TriggerBy::Last,
            },
        }
    }

    #[test]
    fn triggers_are_reached_nearest_first_and_then_by_arrival() {
        let mut waiting = Waiting::default();
        for (number, level) in [(1, "12"), (2, "11"), (3, "11")] {
            let kind = OrderKind::stop_market(price(level));
            waiting.add(id(number), Side::Buy, &kind, number);
        }
        let mut order = Vec::new();
        assert_eq!(waiting.reached(&References::all_at(price("10.9"))), None);
        while let Some(reached) = waiting.reached(&References::all_at(price("12"))) {
            assert!(waiting.remove(reached.order));
            order.push(reached.order);
        }
        assert_eq!(order, [id(2), id(3), id(1)]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn a_trailing_sell_stop_follows_up_and_never_down() {
        let mut waiting = Waiting::default();
        waiting.add(
            id(1),
            Side::Sell,
            &trailing(Offset::Price(price("2")), Some("101")),
            1,
        );
        let mut follow = |text: &str| {
            let mut moves = Vec::new();
            let at = References::all_at(price(text));
            waiting.follow(&at, price("0.5"), |_, trigger| moves.push(trigger));
            (moves, waiting.reached(&at).map(|reached| reached.trigger))
        };
        assert_eq!(follow("100"), (vec![], None), "not active yet");
        assert_eq!(follow("101.2"), (vec![price("99")], None));
        assert_eq!(follow("103"), (vec![price("101")], None));
        assert_eq!(follow("101.5"), (vec![], None));
        assert_eq!(follow("101"), (vec![], Some(price("101"))));
    }
}
