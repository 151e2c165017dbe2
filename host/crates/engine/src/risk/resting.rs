//! Orders that could trade with another of their account: by account and instrument, the most eager
//! price of either side. One look-up says whether an order would meet one of its own.
//!
//! An order that still waits for a trigger is not on the book and is not here.

use crate::journal::codec::fields;
use crate::orders::OpenOrder;
use model::{AccountId, InstrumentId, OrderId, OrderKind, Price, Side};
use std::collections::{BTreeMap, BTreeSet};

type Line = BTreeSet<(Price, OrderId)>;

/// Orders by what they could trade at. A line that has emptied stays for the next order.
#[derive(Debug, Default)]
pub(crate) struct Resting {
    lines: BTreeMap<(AccountId, InstrumentId, Side), Line>,
}

/// Empty lines are as good as none.
impl PartialEq for Resting {
    fn eq(&self, other: &Self) -> bool {
        let filled = |lines: &Self| {
            let lines = lines.lines.iter().filter(|(_, line)| !line.is_empty());
            lines.map(|(key, line)| (*key, line.clone())).collect()
        };
        let (own, others): (Vec<_>, Vec<_>) = (filled(self), filled(other));
        own == others
    }
}

impl Resting {
    /// Takes over an order as it is now.
    pub(crate) fn place(&mut self, open: &mut OpenOrder) {
        let price = eager_price(open);
        if open.placed_at == price {
            return;
        }
        self.remove(open);
        open.placed_at = price;
        self.add(open);
    }

    /// Adds an order where it would be placed.
    pub(crate) fn add(&mut self, open: &OpenOrder) {
        if let Some(price) = eager_price(open) {
            let line = self.lines.entry(key(open)).or_default();
            line.insert((price, open.order.id));
        }
    }

    /// Forgets an order.
    pub(crate) fn remove(&mut self, open: &OpenOrder) {
        if let Some(price) = open.placed_at
            && let Some(line) = self.lines.get_mut(&key(open))
        {
            line.remove(&(price, open.order.id));
        }
    }

    /// The price of the most eager order of one side, `but` one left out.
    pub(crate) fn best(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        but: Option<OrderId>,
    ) -> Option<Price> {
        let line = self.lines.get(&(account, instrument, side))?;
        let others = |(_, id): &&(Price, OrderId)| Some(*id) != but;
        let best = match side {
            Side::Buy => line.iter().rev().find(others),
            Side::Sell => line.iter().find(others),
        };
        best.map(|(price, _)| *price)
    }
}

fn key(open: &OpenOrder) -> (AccountId, InstrumentId, Side) {
    let order = &open.order;
    (order.account, order.instrument, order.side)
}

/// The most eager price at which an order could trade, a change on its way included; `None` while it
/// is on no book.
fn eager_price(open: &OpenOrder) -> Option<Price> {
    if open.is_held() || open.is_worked() {
        return None;
    }
    let side = open.order.side;
    let now = on_book(open, &open.order.kind, side);
    let then = open
        .update
        .and_then(|update| on_book(open, &update.kind, side));
    match side {
        Side::Buy => now.max(then),
        Side::Sell => now.into_iter().chain(then).min(),
    }
}

fn on_book(open: &OpenOrder, kind: &OrderKind, side: Side) -> Option<Price> {
    let waits = kind.waits() && (open.order.trigger.is_some() || kind.trail().is_some());
    if waits && open.before != model::OrderStatus::Triggered {
        return None;
    }
    let any = match side {
        Side::Buy => Price::MAX,
        Side::Sell => Price::MIN,
    };
    Some(kind.price().unwrap_or(any))
}

fields! {
    Resting { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_when_the_same_orders_are_in_them() {
        let with = |line: Line| {
            let key = (AccountId::new(0), InstrumentId::new(0), Side::Buy);
            Resting {
                lines: BTreeMap::from([(key, line)]),
            }
        };
        let order = (Price::MAX, OrderId::default());
        assert_eq!(with(Line::new()), Resting::default());
        assert_eq!(with(Line::from([order])), with(Line::from([order])));
        assert_ne!(with(Line::from([order])), Resting::default());
    }
}
