//! Parents and their children: a child takes over what its parent has counted and held back, so that
//! the two never count twice; fills of children are fills of their parent; and a parent ends when its
//! last child does.

use super::Engine;
use super::execution::update_of;
use super::held::changed;
use crate::account::Reservation;
use crate::algorithms::{Ending, is_within_limit};
use crate::engine::judging::Part;
use crate::orders::OpenOrder;
use crate::risk::{self, Approved};
use model::{
    AlgorithmEvent, Amendment, DenyCode, Fill, InstrumentId, Money, Order, OrderChange, OrderId,
    OrderKind, OrderRequest, OrderStatus, Quantity, StrategyId, Timestamp,
};

impl Engine {
    /// Judges a child and sends it, or denies it.
    pub(super) fn submit_child(&mut self, parent: OrderId, mut request: OrderRequest) {
        let Some(order) = self.orders.get(parent).map(|open| open.order) else {
            return;
        };
        request.terms.reduce_only |= order.terms.reduce_only;
        request.terms.position = order.terms.position;
        if request.terms.tag.is_empty() {
            request.terms.tag = order.terms.tag;
        }
        // Slices are alike by design; it is their parent that must not come twice.
        request.intent = 0;
        let part = Part::Child(parent);
        if let Err(code) = self.admit_as(order.strategy, &request, None, None, part) {
            return self.deny_child(&order, &request, code);
        }
        if let Some(worker) = self.algorithms.get_mut(parent) {
            worker.children.push(request.id);
        }
        self.cover(parent);
        self.launch(request.id);
    }

    /// What open children may still do, whether they are sent or held by the host.
    pub(super) fn promised(&self, parent: OrderId) -> Quantity {
        self.children_of(parent).fold(Quantity::ZERO, |sum, open| {
            sum.checked_add(open.left()).unwrap_or(Quantity::MAX)
        })
    }

    pub(super) fn children_of(&self, parent: OrderId) -> impl Iterator<Item = &OpenOrder> {
        let ids = self.algorithms.children(parent).iter();
        ids.filter_map(|id| self.orders.get(*id))
    }

    /// Brings what a parent counts and holds back in line with what its children do.
    pub(super) fn cover(&mut self, parent: OrderId) {
        let working = self.children_of(parent).fold(Quantity::ZERO, |sum, open| {
            sum.checked_add(open.pending()).unwrap_or(Quantity::MAX)
        });
        let Some(worker) = self.algorithms.get(parent) else {
            return;
        };
        let (whole, of) = (worker.whole, worker.of);
        let Some(open) = self.orders.get_mut(parent) else {
            return;
        };
        let (order, before) = (open.order, open.pending());
        let after = order.remaining().saturating_sub(working);
        open.uncovered = Some(after);
        // A share that cannot be computed keeps all of it back: too much, never too little.
        let kept = whole.part(after.min(of), of).unwrap_or(whole);
        let held = std::mem::replace(&mut open.reserved, kept);
        let holding = self.holdings.entry(order.strategy, order.instrument);
        let on_order = holding.on_order_mut(order.side);
        let without = on_order.saturating_sub(before);
        *on_order = without.checked_add(after).unwrap_or(Quantity::MAX);
        self.release(order.account, held.currency, held.amount);
        let locked = self.lock(order.account, kept.currency, kept.amount);
        debug_assert!(locked.is_ok(), "what was locked before fits");
        self.count_order(parent);
    }

    /// Counts a child's fill into its parent. What the parent itself has left to do stays as it is.
    pub(super) fn count_into_parent(&mut self, parent: OrderId, quantity: Quantity, value: Money) {
        let Some(open) = self.orders.get_mut(parent) else {
            return;
        };
        let order = &mut open.order;
        // Children are bounded by their parent, so the sums fit.
        let filled = order.filled.checked_add(quantity);
        order.filled = filled.unwrap_or(order.filled);
        let worth = order.filled_value.checked_add(value);
        order.filled_value = worth.unwrap_or(order.filled_value);
    }

    /// Tells of a child's fill as its parent's.
    pub(super) fn publish_parent_fill(
        &mut self,
        parent: OrderId,
        fill: &Fill,
        ts_event: Timestamp,
    ) {
        let Some(order) = self.orders.get(parent).map(|open| open.order) else {
            return;
        };
        let to = if order.remaining().is_zero() {
            OrderStatus::Filled
        } else {
            OrderStatus::PartiallyFilled
        };
        let fill = Fill {
            order: parent,
            ..*fill
        };
        if let Some(order) = self.move_order(parent, to) {
            let change = OrderChange::Filled(fill);
            self.publish(update_of(&order, change, ts_event), order);
        }
    }

    /// A child is closed: its parent takes back what it left undone.
    pub(super) fn leave_parent(&mut self, parent: OrderId, child: &Order) {
        if let Some(worker) = self.algorithms.get_mut(parent) {
            worker.children.retain(|id| *id != child.id);
            let filled = worker.filled_by_closed.checked_add(child.filled);
            worker.filled_by_closed = filled.unwrap_or(Quantity::MAX);
            self.algorithms.touched.push_back(parent);
            self.cover(parent);
        }
    }

    /// Takes the next parent that may have come to its end, and looks.
    pub(super) fn follow_parent(&mut self) -> bool {
        let Some(parent) = self.algorithms.touched.pop_front() else {
            return false;
        };
        self.shrink_as_wanted(parent);
        self.end_if_idle(parent);
        true
    }

    fn end_if_idle(&mut self, parent: OrderId) {
        let worker = self.algorithms.get(parent);
        let idle = worker.filter(|worker| worker.children.is_empty());
        let Some(ending) = idle.and_then(|worker| worker.ending) else {
            return;
        };
        let change = match ending {
            Ending::Finished | Ending::Canceled => OrderChange::Canceled,
            Ending::Expired => OrderChange::Expired,
        };
        if let Some(order) = self.move_order(parent, ending.status()) {
            self.publish(update_of(&order, change, self.now), order);
        }
    }

    /// No more children come; the open ones are worked on.
    pub(super) fn finish_parent(&mut self, parent: OrderId) {
        if let Some(worker) = self.algorithms.get_mut(parent) {
            worker.ending.get_or_insert(Ending::Finished);
            self.algorithms.touched.push_back(parent);
        }
    }

    /// Withdraws a parent's children, and with the last of them the parent.
    pub(super) fn end_parent(&mut self, parent: OrderId, ending: Ending) {
        let Some(worker) = self.algorithms.get_mut(parent) else {
            return;
        };
        if matches!(worker.ending, Some(Ending::Canceled | Ending::Expired)) {
            return;
        }
        worker.ending = Some(ending);
        let children = worker.children.clone();
        if children.is_empty() {
            return self.end_if_idle(parent);
        }
        if let Some(order) = self.move_order(parent, OrderStatus::PendingCancel) {
            let change = OrderChange::PendingCancel;
            self.publish(update_of(&order, change, self.now), order);
        }
        self.queue_for_algorithm(parent, AlgorithmEvent::Ending);
        for child in children {
            self.cancel(child);
        }
    }

    /// Ends the parents that may only reduce a position once there is none to reduce.
    pub(super) fn follow_position(&mut self, strategy: StrategyId, instrument: InstrumentId) {
        if self.algorithms.at_work() == 0 {
            return;
        }
        let position = self.holdings.get(strategy, instrument).position.quantity;
        let orders = self.algorithms.parents();
        let orders = orders.filter_map(|(id, _)| self.orders.get(id).map(|open| &open.order));
        let idle = orders.filter(|order| {
            let own = (order.strategy, order.instrument) == (strategy, instrument);
            let opens = order.side.signed(order.quantity).raw().signum() * position.raw().signum();
            own && order.terms.reduce_only && opens >= 0
        });
        let idle: Vec<OrderId> = idle.map(|order| order.id).collect();
        for parent in idle {
            self.end_parent(parent, Ending::Canceled);
        }
    }

    /// Changes a parent. Children that are too many, or beyond its new limit, are withdrawn first.
    pub(super) fn modify_parent(
        &mut self,
        amendment: &Amendment,
        target: &OrderRequest,
    ) -> Result<(), DenyCode> {
        self.take_in_marks();
        let id = amendment.order;
        let open = self.orders.get(id).ok_or(DenyCode::Algorithm)?;
        let worker = self.algorithms.get(id).ok_or(DenyCode::Algorithm)?;
        if worker.ending.is_some() || worker.wanted.is_some() {
            return Err(DenyCode::Unsupported);
        }
        let order = open.order;
        let only_less = target.kind == order.kind && target.quantity <= order.remaining();
        let context = self.context(order.strategy, target, Some(open));
        let approval = if only_less {
            risk::judge_decrease(&context)?;
            None
        } else {
            let approved = risk::judge(&context)?;
            let facts = self.facts(&context, None, true);
            self.ask_rules(facts)?;
            Some(approved)
        };
        self.take_parent_change(amendment, target, &order, approval);
        Ok(())
    }

    fn take_parent_change(
        &mut self,
        amendment: &Amendment,
        target: &OrderRequest,
        order: &Order,
        approval: Option<Approved>,
    ) {
        let id = order.id;
        if let (Some(approved), Some(worker)) = (&approval, self.algorithms.get_mut(id)) {
            (worker.whole, worker.of) = (approved.reservation(), target.quantity);
        }
        let Some(open) = self.orders.get_mut(id) else {
            return;
        };
        open.order.kind = target.kind;
        open.approval = approval.or(open.approval.take());
        if let Some(worker) = self.algorithms.get_mut(id) {
            worker.wanted = Some(amendment.quantity.unwrap_or(order.quantity));
        }
        let wanted = amendment.quantity.unwrap_or(order.quantity);
        if self.done_and_promised(id) > wanted
            && let Some(order) = self.move_order(id, OrderStatus::PendingUpdate)
        {
            let change = OrderChange::PendingUpdate;
            self.publish(update_of(&order, change, self.now), order);
        }
        self.shrink_as_wanted(id);
        self.withdraw_beyond_limit(id);
    }

    /// What a parent has filled, and would have once its open children are filled too.
    fn done_and_promised(&self, parent: OrderId) -> Quantity {
        let open = self.orders.get(parent);
        let filled = open.map_or(Quantity::ZERO, |open| open.order.filled);
        let sum = filled.checked_add(self.promised(parent));
        sum.unwrap_or(Quantity::MAX)
    }

    /// Gives a parent the quantity it is to have, once its children fit. Until then those sent last
    /// are withdrawn first.
    fn shrink_as_wanted(&mut self, parent: OrderId) {
        let wanted = self.algorithms.get(parent).and_then(|worker| worker.wanted);
        let filled = self.orders.get(parent).map(|open| open.order.filled);
        let (Some(wanted), Some(filled)) = (wanted, filled) else {
            return;
        };
        let after = self.done_and_promised(parent);
        if after > wanted && filled < after {
            self.withdraw_latest(parent, after.saturating_sub(wanted));
        } else if filled >= wanted {
            // Fills crossed the change; there is nothing left that the asker wants done.
            if let Some(worker) = self.algorithms.get_mut(parent) {
                worker.wanted = None;
            }
            self.finish_parent(parent);
        } else {
            self.settle_parent_change(parent, wanted);
        }
    }

    fn settle_parent_change(&mut self, parent: OrderId, quantity: Quantity) {
        if let Some(worker) = self.algorithms.get_mut(parent) {
            worker.wanted = None;
        }
        let Some(open) = self.orders.get_mut(parent) else {
            return;
        };
        open.order.quantity = quantity;
        if open.order.status == OrderStatus::PendingUpdate {
            open.order.status = if open.order.filled.is_zero() {
                OrderStatus::Accepted
            } else {
                OrderStatus::PartiallyFilled
            };
        }
        let order = open.order;
        self.cover(parent);
        self.recount(order.strategy, order.instrument);
        self.publish(update_of(&order, changed(&order), self.now), order);
        let price = order.kind.price();
        self.queue_for_algorithm(parent, AlgorithmEvent::Amended { quantity, price });
    }

    fn withdraw_latest(&mut self, parent: OrderId, mut excess: Quantity) {
        let children: Vec<_> = self.children_of(parent).map(|open| open.order).collect();
        for child in children.iter().rev() {
            if excess.is_zero() {
                return;
            }
            excess = excess.saturating_sub(child.remaining());
            self.cancel(child.id);
        }
    }

    fn withdraw_beyond_limit(&mut self, parent: OrderId) {
        let Some(order) = self.orders.get(parent).map(|open| open.order) else {
            return;
        };
        let beyond = self.children_of(parent).filter(|open| {
            let asked = open.update.map_or(open.order.kind, |update| update.kind);
            let beyond = |kind: OrderKind| !is_within_limit(&order.kind, order.side, &kind);
            beyond(open.kind_now()) || beyond(asked)
        });
        let beyond: Vec<OrderId> = beyond.map(|open| open.order.id).collect();
        for child in beyond {
            self.cancel(child);
        }
    }

    /// The money that a parent's children hold back, in one currency.
    pub(super) fn locked_by_children(&self, parent: OrderId, like: Reservation) -> Reservation {
        let own = self.children_of(parent).map(OpenOrder::locked);
        let same = own.filter(|locked| locked.currency == like.currency);
        let amount = same.fold(Money::ZERO, |sum, locked| {
            sum.checked_add(locked.amount).unwrap_or(sum)
        });
        Reservation { amount, ..like }
    }
}
