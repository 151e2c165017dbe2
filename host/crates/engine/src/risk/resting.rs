//! Orders that could trade with another of their account: by account and instrument, the most eager
//! price of either side. One look-up says whether an order would meet one of its own.
//!
//! An order that still waits for a trigger is not on the book and is not here.

use crate::orders::OpenOrder;
use model::{AccountId, InstrumentId, OrderId, OrderKind, Price, Side};
use std::collections::{BTreeMap, BTreeSet};

type Line = BTreeSet<(Price, OrderId)>;

/// Orders by what they could trade at.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Resting {
    lines: BTreeMap<(AccountId, InstrumentId, Side), Line>,
    placed: BTreeMap<OrderId, Price>,
}

impl Resting {
    /// Takes over an order as it is now.
    pub(crate) fn place(&mut self, open: &OpenOrder) {
        let price = eager_price(open);
        if self.placed.get(&open.order.id).copied() == price {
            return;
        }
        self.remove(open);
        if let Some(price) = price {
            let order = &open.order;
            let line = self
                .lines
                .entry((order.account, order.instrument, order.side));
            line.or_default().insert((price, order.id));
            self.placed.insert(order.id, price);
        }
    }

    /// Forgets an order.
    pub(crate) fn remove(&mut self, open: &OpenOrder) {
        let order = &open.order;
        let Some(price) = self.placed.remove(&order.id) else {
            return;
        };
        let key = (order.account, order.instrument, order.side);
        if let Some(line) = self.lines.get_mut(&key) {
            line.remove(&(price, order.id));
            if line.is_empty() {
                self.lines.remove(&key);
            }
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

/// The most eager price at which an order could trade, a change on its way included; `None` while it
/// is on no book.
fn eager_price(open: &OpenOrder) -> Option<Price> {
    if open.is_held() {
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
