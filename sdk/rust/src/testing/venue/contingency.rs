//! What follows for other orders from a fill or an end: those of the same list, and those that may
//! only reduce the position. The rules are the host's.

use crate::testing::{Harness, SentOrder};
use crate::{OrderChange, OrderId, OrderStatus, PeerRule, Quantity, Side, Strategy};

impl<S: Strategy> Harness<S> {
    /// The other orders of an order's list.
    pub(super) fn others_of(&self, sent: &SentOrder) -> Vec<OrderId> {
        let orders = self.desk.orders.iter();
        let others = orders
            .filter(|other| sent.list.is_some() && other.list == sent.list && other.id != sent.id);
        others.map(|other| other.id).collect()
    }

    /// An order filled: its children go or grow, its peers end or shrink.
    pub(super) fn after_fill(&mut self, order: OrderId, more: Quantity) {
        let filled = self.sent(order);
        for id in self.others_of(&filled) {
            let other = self.sent(id);
            if other.status.is_closed() {
                continue;
            }
            if is_child(&filled, &other) {
                // The rest of an entry whose exit fills would be without protection.
                self.desk.ask_cancel(id);
            } else if is_child(&other, &filled) {
                self.free_child(&filled, &other);
            } else if let Some(rule) = peer_rule(&filled, &other) {
                self.follow_peer(&other, rule, more);
            }
        }
    }

    /// An order ended: children that still wait for it, and its peers, end too.
    pub(super) fn after_close(&mut self, order: OrderId) {
        let closed = self.sent(order);
        for id in self.others_of(&closed) {
            let other = self.sent(id);
            let orphan = is_child(&other, &closed) && other.progress.waits;
            let follows = orphan || peer_rule(&closed, &other).is_some();
            if follows && !other.status.is_closed() {
                self.desk.ask_cancel(id);
            }
        }
    }

    fn free_child(&mut self, parent: &SentOrder, child: &SentOrder) {
        let closes = child.order.instrument == parent.order.instrument
            && child.order.side != parent.order.side;
        if !closes && !parent.remaining().is_zero() {
            return;
        }
        let full = child.progress.full;
        let wanted = if closes {
            full.min(parent.filled)
        } else {
            full
        };
        if child.progress.waits {
            let freed = self.sent_mut(child.id);
            freed.progress.waits = false;
            freed.order.quantity = wanted;
            self.start_to_wait(child.id);
        } else if wanted > child.order.quantity {
            self.resize_now(child, wanted);
        }
    }

    fn follow_peer(&mut self, peer: &SentOrder, rule: PeerRule, more: Quantity) {
        if rule == PeerRule::Cancel {
            return self.desk.ask_cancel(peer.id);
        }
        let left = peer.order.quantity.saturating_sub(more);
        self.sent_mut(peer.id).progress.full = peer.progress.full.saturating_sub(more);
        if left <= peer.filled {
            self.desk.ask_cancel(peer.id);
        } else if peer.progress.waits {
            self.sent_mut(peer.id).order.quantity = left;
        } else {
            self.resize_now(peer, left);
        }
    }

    fn resize_now(&mut self, sent: &SentOrder, quantity: Quantity) {
        if sent.status != OrderStatus::Emulated {
            let pending = OrderStatus::PendingUpdate;
            self.tell(sent.id, OrderChange::PendingUpdate, pending);
        }
        self.sent_mut(sent.id).order.quantity = quantity;
        self.tell_update(sent.id, sent.status);
    }

    /// How much an order can close of the position.
    pub(super) fn closable(&self, sent: &SentOrder) -> Quantity {
        let position = self.position_on(sent.order.instrument);
        let closes = match sent.order.side {
            Side::Buy => position.is_short(),
            Side::Sell => position.is_long(),
        };
        if closes {
            position.quantity
        } else {
            Quantity::ZERO
        }
    }

    /// Brings the other reduce-only orders at the venue into line with what is left to reduce.
    pub(super) fn shrink_others(&mut self, but: OrderId) {
        let instrument = self.sent(but).order.instrument;
        for sent in self.open_orders() {
            let here = sent.id != but && sent.order.instrument == instrument;
            if here && sent.order.terms.reduce_only && is_at_venue(self.sent(sent.id).status) {
                self.shrink(&self.sent(sent.id));
            }
        }
    }

    fn shrink(&mut self, sent: &SentOrder) {
        let closable = self.closable(sent);
        if closable.is_zero() {
            self.cancel_now(sent.id);
        } else if sent.remaining() > closable {
            self.sent_mut(sent.id).order.quantity = sent.filled + closable;
            self.tell_update(sent.id, sent.status);
        }
    }
}

const fn is_at_venue(status: OrderStatus) -> bool {
    matches!(
        status,
        OrderStatus::Accepted
            | OrderStatus::Triggered
            | OrderStatus::PartiallyFilled
            | OrderStatus::PendingUpdate
            | OrderStatus::PendingCancel
    )
}

/// Whether `child` waits, or waited, for a fill of `parent`, which is of the same list.
fn is_child(child: &SentOrder, parent: &SentOrder) -> bool {
    let first = parent.list.unwrap_or(parent.id);
    let place = child.order.links.parent;
    place.is_some_and(|place| first.following(place) == parent.id)
}

fn peer_rule(one: &SentOrder, other: &SentOrder) -> Option<PeerRule> {
    let (own, peers) = (one.order.links.peers?, other.order.links.peers?);
    (own.group == peers.group).then_some(own.rule)
}
