//! Open orders. Closed ones leave at once, so neither cost nor memory grows with what is done.

use crate::account::Reservation;
use crate::agenda::Ticket;
use crate::input::LimitScope;
use crate::journal::codec::fields;
use crate::lists::MAX_LIST;
use crate::risk::Approved;
use crate::scopes::{ByScope, scopes_of};
use model::{
    AccountId, InstrumentId, Money, Order, OrderId, OrderKind, OrderStatus, Price, Quantity,
    StrategyId, Timestamp,
};
use std::collections::BTreeMap;

/// An open order with what the engine keeps beside it.
#[derive(Debug, Clone)]
pub struct OpenOrder {
    /// The order.
    pub order: Order,
    /// Money held back for the rest of it.
    pub reserved: Reservation,
    /// The gate's word that it may be sent (invariant I6); none while the host holds it.
    pub(crate) approval: Option<Approved>,
    /// Where it is at its venue, whatever is on its way: what a refused cancel or change returns to.
    pub(crate) before: OrderStatus,
    /// When it reaches, or reached, its venue.
    pub(crate) arrives: Timestamp,
    /// Its entry in the agenda, when it runs out of time.
    pub(crate) expiry: Option<Ticket>,
    /// A change that the venue has not answered yet.
    pub(crate) update: Option<PendingUpdate>,
    /// The price under which the gate finds it among those that can trade.
    pub(crate) placed_at: Option<Price>,
    /// Whether it was first seen at its venue: nobody here sent it, so nobody approved it.
    pub(crate) foreign: bool,
    /// Of an order that an algorithm works: how much of it no child has in hand.
    pub(crate) uncovered: Option<Quantity>,
}

/// A change on its way: what it holds back beyond what the order holds itself, so that whichever of
/// the two comes true is covered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PendingUpdate {
    /// Quantity beyond what is left of the order.
    pub(crate) more: Quantity,
    /// Money beyond what the order has reserved.
    pub(crate) more_reserved: Money,
    /// What would be left of the order, at the time of asking.
    pub(crate) remaining: Quantity,
    /// What that needs to have reserved.
    pub(crate) reserved: Reservation,
    /// Type, prices and quantity in all, as asked for.
    pub(crate) kind: OrderKind,
    pub(crate) quantity: Quantity,
}

impl OpenOrder {
    /// Whether it was never sent: the host holds it back, and it counts as no exposure.
    pub(crate) fn is_held(&self) -> bool {
        self.approval.is_none() && !self.foreign
    }

    /// Whether it closes a position for its account, which is being liquidated.
    pub(crate) fn is_liquidation(&self) -> bool {
        self.approval.as_ref().is_some_and(Approved::is_liquidation)
    }

    /// Whether an algorithm works it: it is at no venue, its children are.
    pub(crate) fn is_worked(&self) -> bool {
        self.order.algorithm.is_some()
    }

    /// Its type as its venue works it now: what woke is a limit order, whatever it was.
    pub(crate) fn kind_now(&self) -> OrderKind {
        let woke = matches!(
            self.before,
            OrderStatus::Triggered | OrderStatus::PartiallyFilled
        );
        match self.order.kind {
            OrderKind::StopLimit { price, .. } | OrderKind::LimitIfTouched { price, .. }
                if woke =>
            {
                OrderKind::Limit { price }
            }
            kind => kind,
        }
    }

    /// What it may still fill, as counted into its holding: nothing before it is approved.
    pub(crate) fn pending(&self) -> Quantity {
        if self.is_held() {
            return Quantity::ZERO;
        }
        self.uncovered.unwrap_or_else(|| self.left())
    }

    /// What is left to do of it, a change on its way included, whether it is sent or not.
    pub(crate) fn left(&self) -> Quantity {
        let more = self.update.map_or(Quantity::ZERO, |update| update.more);
        // The gate has bounded the sum.
        let remaining = self.order.remaining();
        remaining.checked_add(more).unwrap_or(Quantity::MAX)
    }

    /// What it has locked in its account.
    pub(crate) fn locked(&self) -> Reservation {
        let more = self
            .update
            .map_or(Money::ZERO, |update| update.more_reserved);
        let amount = self.reserved.amount.checked_add(more);
        Reservation {
            amount: amount.unwrap_or(self.reserved.amount),
            ..self.reserved
        }
    }
}

/// All open orders by id, with counts per scope.
#[derive(Debug, Default)]
pub struct Orders {
    /// Boxed, so that others need not move when one comes or goes.
    open: BTreeMap<OrderId, Box<OpenOrder>>,
    counts: ByScope<u32>,
    last_id: Option<OrderId>,
}

impl Orders {
    /// One open order.
    pub fn get(&self, id: OrderId) -> Option<&OpenOrder> {
        self.open.get(&id).map(Box::as_ref)
    }

    /// All open orders, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &OpenOrder> {
        self.open.values().map(Box::as_ref)
    }

    /// Open orders that came in one list; `first` is the id of its first.
    pub(crate) fn of_list(&self, first: OrderId) -> impl Iterator<Item = &OpenOrder> {
        let ids = std::iter::successors(Some(first), |id| id.next()).take(MAX_LIST);
        ids.filter_map(|id| self.get(id))
            .filter(move |open| open.order.list == Some(first))
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// How many a strategy has open.
    pub fn of_strategy(&self, strategy: StrategyId) -> u32 {
        self.count(LimitScope::Strategy(strategy))
    }

    /// How many an account has open.
    pub fn of_account(&self, account: AccountId) -> u32 {
        self.count(LimitScope::Account(account))
    }

    /// How many are open on an instrument.
    pub fn of_instrument(&self, instrument: InstrumentId) -> u32 {
        self.count(LimitScope::Instrument(instrument))
    }

    fn count(&self, scope: LimitScope) -> u32 {
        self.counts.get(scope).copied().unwrap_or_default()
    }

    /// The latest id that became an order; ids only grow (invariant I7).
    pub fn last_id(&self) -> Option<OrderId> {
        self.last_id
    }

    pub(crate) fn get_mut(&mut self, id: OrderId) -> Option<&mut OpenOrder> {
        self.open.get_mut(&id).map(Box::as_mut)
    }

    pub(crate) fn add(&mut self, order: OpenOrder) {
        let Order {
            id,
            strategy,
            account,
            instrument,
            ..
        } = order.order;
        let scopes = scopes_of(Some(account), strategy, instrument);
        for scope in scopes.into_iter().flatten() {
            *self.counts.entry(scope) += 1;
        }
        self.last_id = self.last_id.max(Some(id));
        self.open.insert(id, Box::new(order));
    }

    pub(crate) fn remove(&mut self, id: OrderId) -> Option<Box<OpenOrder>> {
        let gone = self.open.remove(&id)?;
        let Order {
            strategy,
            account,
            instrument,
            ..
        } = gone.order;
        let scopes = scopes_of(Some(account), strategy, instrument);
        for scope in scopes.into_iter().flatten() {
            let count = self.counts.entry(scope);
            *count = count.saturating_sub(1);
        }
        Some(gone)
    }

    /// Ids of a strategy's open orders, oldest first, on one instrument or all.
    pub fn ids_of(&self, strategy: StrategyId, instrument: Option<InstrumentId>) -> Vec<OrderId> {
        self.open
            .values()
            .map(|open| &open.order)
            .filter(|order| order.strategy == strategy)
            .filter(|order| instrument.is_none_or(|wanted| order.instrument == wanted))
            .map(|order| order.id)
            .collect()
    }
}

fields! {
    OpenOrder {
        order, reserved, approval, before, arrives, expiry, update, placed_at, foreign,
        uncovered,
    }
    PendingUpdate { more, more_reserved, remaining, reserved, kind, quantity }
    Orders { open, counts, last_id }
}
