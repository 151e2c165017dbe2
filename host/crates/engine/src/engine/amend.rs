//! Changes to open orders. A change that only takes quantity away passes like a cancel; any other is
//! judged like a new order that takes the old one's place. Until the venue answers, the larger of the
//! two is held back.

use super::Engine;
use super::execution::{request_of, update_of};
use super::held::changed;
use crate::effect::Ignored;
use crate::exchange::{Terms, VenueCommand};
use crate::lists::Happening;
use crate::orders::{OpenOrder, PendingUpdate};
use crate::risk;
use model::{
    Amendment, DenyCode, Money, NumberError, Order, OrderChange, OrderId, OrderKind, OrderRequest,
    OrderStatus, Quantity, StrategyId, Timestamp,
};

impl Engine {
    /// A strategy changes an order; only its own.
    pub(super) fn modify_own(&mut self, strategy: StrategyId, amendment: &Amendment) {
        let open = self.orders.get(amendment.order);
        if open.is_some_and(|open| open.order.strategy == strategy) {
            self.modify(amendment)
        } else {
            self.ignore(Ignored::UnknownOrder(amendment.order))
        }
    }

    pub(super) fn modify(&mut self, amendment: &Amendment) {
        let Some(open) = self.orders.get(amendment.order) else {
            return self.ignore(Ignored::UnknownOrder(amendment.order));
        };
        let busy = open.update.is_some() || open.order.status == OrderStatus::PendingCancel;
        let Some(target) = amended(open, amendment).filter(|_| !busy) else {
            return self.refuse_update(amendment.order, DenyCode::Unsupported);
        };
        let judged = if open.is_worked() {
            self.modify_parent(amendment, &target)
        } else if open.is_held() {
            self.modify_held(amendment, &target)
        } else {
            self.send_update(amendment, &target)
        };
        if let Err(code) = judged {
            self.refuse_update(amendment.order, code);
        }
    }

    fn modify_held(
        &mut self,
        amendment: &Amendment,
        target: &OrderRequest,
    ) -> Result<(), DenyCode> {
        self.take_in_marks();
        let id = amendment.order;
        let open = self.orders.get(id).ok_or(DenyCode::List)?;
        let context = self.context(open.order.strategy, target, Some(open));
        risk::judge_held(&context)?;
        let only_less = target.kind == open.order.kind && target.quantity <= open.order.remaining();
        let facts = self.facts(&context, open.order.parent, true);
        self.ask_rules(facts.filter(|_| !only_less))?;
        let Some(open) = self.orders.get_mut(id) else {
            return Ok(());
        };
        open.order.kind = target.kind;
        open.order.quantity = target.quantity;
        open.order.trigger = target.kind.trigger().map(|trigger| trigger.price);
        let order = open.order;
        self.publish(update_of(&order, changed(&order), self.now), order);
        self.tell_list(&order, Happening::Updated);
        self.watch_held(&order);
        self.check_held(order.instrument);
        Ok(())
    }

    fn send_update(
        &mut self,
        amendment: &Amendment,
        target: &OrderRequest,
    ) -> Result<(), DenyCode> {
        self.take_in_marks();
        let open = self.orders.get(amendment.order).ok_or(DenyCode::List)?;
        let strategy = open.order.strategy;
        let only_less = target.kind == open.kind_now() && target.quantity <= open.order.remaining();
        let context = self.context(strategy, target, Some(open));
        let facts = self.facts(&context, open.order.parent, true);
        let (reserved, approval) = if only_less {
            risk::judge_decrease(&context)?;
            let part = open.reserved.part(target.quantity, open.order.remaining());
            let part = part.map_err(|_| DenyCode::Conversion)?;
            (part, open.approval.clone())
        } else {
            let approved = risk::judge(&context)?;
            (approved.reservation(), Some(approved))
        };
        self.ask_rules(facts.filter(|_| !only_less))?;
        let open = self.orders.get(amendment.order).ok_or(DenyCode::List)?;
        let more = target.quantity.saturating_sub(open.order.remaining());
        let more_reserved = reserved
            .amount
            .checked_sub(open.reserved.amount)
            .map_err(|_| DenyCode::Conversion)?
            .max(Money::ZERO);
        let update = PendingUpdate {
            more,
            more_reserved,
            remaining: target.quantity,
            reserved,
            kind: target.kind,
            quantity: amendment.quantity.unwrap_or(open.order.quantity),
        };
        let order = open.order;
        self.count_on_order(&order, more)?;
        let locked = self.lock(order.account, reserved.currency, more_reserved);
        if locked.is_err() {
            let holding = self.holdings.entry(strategy, order.instrument);
            let on_order = holding.on_order_mut(order.side);
            *on_order = on_order.saturating_sub(more);
            return Err(DenyCode::Conversion);
        }
        self.note_message(strategy, order.instrument);
        let Some(open) = self.orders.get_mut(amendment.order) else {
            return Ok(());
        };
        open.update = Some(update);
        open.approval = approval;
        open.order.status = OrderStatus::PendingUpdate;
        let (order, inserted) = (open.order, open.arrives);
        self.memory.conduct.cancelled(strategy, self.now);
        self.follow_order(order.id);
        self.publish(
            update_of(&order, OrderChange::PendingUpdate, self.now),
            order,
        );
        let command = VenueCommand::Modify(*amendment, order.instrument);
        // Like a cancel, a change never overtakes its order.
        let arrives = self.arrival(&command).not_before(inserted);
        self.dispatch(command, arrives);
        Ok(())
    }

    fn refuse_update(&mut self, id: OrderId, code: DenyCode) {
        self.memory.count_denial(code);
        if let Some(open) = self.orders.get(id) {
            let order = open.order;
            let change = OrderChange::UpdateDenied(code);
            self.publish(update_of(&order, change, self.now), order);
        }
    }

    /// The venue changed an order, asked to or by its own rules.
    pub(super) fn on_updated(
        &mut self,
        id: OrderId,
        terms: &Terms,
        to: OrderStatus,
        ts_event: Timestamp,
    ) {
        let open = self.orders.get(id);
        let before = open.map(|open| open.order.quantity);
        let held = open.map_or(Money::ZERO, |open| open.reserved.amount);
        let update = if terms.answers {
            self.drop_update(id)
        } else {
            None
        };
        if self.resize(id, terms.quantity, update).is_err() {
            return self.ignore(Ignored::Overflow(id));
        }
        if !terms.answers {
            self.keep_promised(id, held);
        }
        let Some(open) = self.orders.get_mut(id) else {
            return;
        };
        open.order.kind = terms.kind;
        open.order.trigger = terms.trigger;
        open.order.status = to;
        let order = open.order;
        self.follow_order(id);
        self.publish(update_of(&order, changed(&order), ts_event), order);
        if terms.answers {
            self.tell_list(&order, Happening::Updated);
        } else if before.is_some_and(|before| order.quantity < before) {
            self.tell_list(&order, Happening::Shrunk);
        }
    }

    /// A change on its way may make an order as much as was asked for, although its venue made it less
    /// meanwhile: all of that stays counted, and what it `held` held back. What may only reduce is
    /// never more than its position.
    fn keep_promised(&mut self, id: OrderId, held: Money) {
        let Some(open) = self.orders.get_mut(id) else {
            return;
        };
        let order = open.order;
        let freed = held.checked_sub(open.reserved.amount).unwrap_or_default();
        let update = open.update.as_mut();
        let Some(update) = update.filter(|_| !order.terms.reduce_only) else {
            return;
        };
        let more = update.quantity.saturating_sub(order.quantity);
        let grown = more.saturating_sub(update.more);
        if grown.is_zero() {
            return;
        }
        let Ok(more_reserved) = update.more_reserved.checked_add(freed) else {
            return;
        };
        (update.more, update.more_reserved) = (more, more_reserved);
        let currency = update.reserved.currency;
        let holding = self.holdings.entry(order.strategy, order.instrument);
        let on_order = holding.on_order_mut(order.side);
        *on_order = on_order.checked_add(grown).unwrap_or(Quantity::MAX);
        let locked = self.lock(order.account, currency, freed);
        debug_assert!(locked.is_ok(), "what was locked before fits");
    }

    fn tell_list(&mut self, order: &Order, happening: Happening) {
        if order.list.is_some() {
            self.happenings.push_back((*order, happening));
        }
    }

    pub(super) fn give_up_update(&mut self, id: OrderId) {
        self.drop_update(id);
        if let Some(order) = self.orders.get(id).map(|open| open.order) {
            self.tell_list(&order, Happening::Refused);
        }
    }

    /// Lets go of what a change held back beyond its order.
    fn drop_update(&mut self, id: OrderId) -> Option<PendingUpdate> {
        let open = self.orders.get_mut(id)?;
        let update = open.update.take()?;
        let order = open.order;
        let currency = update.reserved.currency;
        let holding = self.holdings.entry(order.strategy, order.instrument);
        let on_order = holding.on_order_mut(order.side);
        *on_order = on_order.saturating_sub(update.more);
        self.release(order.account, currency, update.more_reserved);
        self.follow_order(id);
        Some(update)
    }

    /// Gives up an order of which a fill cannot be counted: nobody knows any more what is left of it.
    pub(super) fn disown(&mut self, id: OrderId, ts_event: Timestamp) {
        let Some(order) = self.move_order(id, OrderStatus::Canceled) else {
            return;
        };
        self.publish(update_of(&order, OrderChange::Canceled, ts_event), order);
        let command = VenueCommand::Cancel(id, order.instrument);
        let arrives = self.arrival(&command);
        self.dispatch(command, arrives);
    }

    /// Sets an order's quantity and brings what is counted on order, and reserved, in line. Fills
    /// may have come while a change was on its way, so only its share of what is left is kept.
    fn resize(
        &mut self,
        id: OrderId,
        quantity: Quantity,
        update: Option<PendingUpdate>,
    ) -> Result<(), NumberError> {
        let Some(open) = self.orders.get_mut(id) else {
            return Ok(());
        };
        let (before, held) = (open.order.remaining(), open.reserved);
        let after = quantity.saturating_sub(open.order.filled);
        let holding = self
            .holdings
            .entry(open.order.strategy, open.order.instrument);
        let on_order = holding.on_order_mut(open.order.side);
        // Nothing has changed yet where this does not fit.
        *on_order = on_order.saturating_sub(before).checked_add(after)?;
        open.order.quantity = quantity;
        let order = open.order;
        let (whole, of) = match update {
            Some(update) => (update.reserved, update.remaining),
            None => (held, before),
        };
        // A share that cannot be computed keeps all of it back: too much is locked, never too little.
        open.reserved = whole.part(after.min(of), of).unwrap_or(whole);
        let kept = open.reserved;
        self.release(order.account, held.currency, held.amount);
        self.lock(order.account, kept.currency, kept.amount)
    }
}

/// The order as it would be, with what would be left of it as quantity; `None` for a change that
/// asks for nothing, or for something the order does not have.
fn amended(open: &OpenOrder, amendment: &Amendment) -> Option<OrderRequest> {
    let order = &open.order;
    let mut kind: OrderKind = open.kind_now();
    if let Some(price) = amendment.price {
        kind.price()?;
        kind = kind.with_price(price);
    }
    if let Some(trigger) = amendment.trigger {
        kind.trigger()?;
        kind = kind.with_trigger(trigger);
    }
    let quantity = amendment.quantity.unwrap_or(order.quantity);
    let remaining = quantity.saturating_sub(order.filled);
    let same = kind == open.kind_now() && quantity == order.quantity;
    (!same && !remaining.is_zero()).then_some(OrderRequest {
        kind,
        quantity: remaining,
        ..request_of(order)
    })
}
