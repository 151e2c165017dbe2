//! Orders on their way out: taken on, sent, withdrawn, and what they hold while open.

use super::judging::Part;
use super::{Engine, Told};
use crate::agenda::Due;
use crate::algorithms::Ending;
use crate::effect::{Effect, Ignored};
use crate::exchange::{Paid, VenueCommand, VenueOrder};
use crate::lists::Happening;
use crate::orders::OpenOrder;
use crate::risk::{Approved, Way};
use model::{
    AccountId, AlgorithmEvent, DenyCode, Event, InstrumentId, Money, NumberError, Order,
    OrderChange, OrderId, OrderRequest, OrderStatus, OrderUpdate, Quantity, StrategyId,
    TimeInForce, Timestamp,
};

impl Engine {
    /// Judges an order and sends it, holds it, or denies it.
    pub(super) fn submit(&mut self, strategy: StrategyId, request: &OrderRequest) {
        if !request.terms.links.is_none() {
            return self.deny(strategy, request, DenyCode::List);
        }
        if let Err(code) = self.admit(strategy, request, None, None) {
            return self.deny(strategy, request, code);
        }
        self.launch(request.id);
    }

    /// Adds an order to the books: with an approval to be sent, without one to be held.
    pub(super) fn take_on(
        &mut self,
        strategy: StrategyId,
        request: &OrderRequest,
        (list, part): (Option<OrderId>, Part),
        approval: Option<Approved>,
    ) -> Result<(), DenyCode> {
        let config = self.strategies.config(strategy);
        let account = config.ok_or(DenyCode::Account)?.account;
        let reserved = approval.as_ref().map(Approved::reservation);
        let reserved = reserved.unwrap_or_default();
        self.lock(account, reserved.currency, reserved.amount)
            .map_err(|_| DenyCode::Conversion)?;
        let mut order = new_order(strategy, account, request, self.now);
        order.list = list;
        (order.parent, order.algorithm) = (part.parent(), part.algorithm());
        order.status = match approval {
            Some(_) => OrderStatus::Submitted,
            None => OrderStatus::Emulated,
        };
        let open = OpenOrder {
            order,
            reserved,
            approval,
            before: order.status,
            arrives: self.now,
            expiry: None,
            update: None,
            placed_at: None,
            foreign: false,
            uncovered: part.algorithm().map(|_| order.remaining()),
        };
        if let Err(code) = self.count_on_order(&order, open.pending()) {
            self.release(account, reserved.currency, reserved.amount);
            return Err(code);
        }
        self.orders.add(open);
        let holding = self.holdings.entry(strategy, order.instrument);
        holding.open_orders += 1;
        self.join_leg(&order);
        if self.orders.get(order.id).is_some_and(is_message) {
            self.note_message(strategy, order.instrument);
        }
        // What follows from it is looked at when it goes its way; until then it may be taken back.
        self.count_order(order.id);
        Ok(())
    }

    /// Counts what an order may fill beyond what is counted already. The position control bounds
    /// what may come of it, but not the sum itself where it would close a large position.
    pub(super) fn count_on_order(&mut self, order: &Order, more: Quantity) -> Result<(), DenyCode> {
        let holding = self.holdings.entry(order.strategy, order.instrument);
        let on_order = holding.on_order_mut(order.side);
        *on_order = on_order
            .checked_add(more)
            .map_err(|_| DenyCode::MaxPosition)?;
        Ok(())
    }

    /// Takes back an order that was taken on and told to nobody.
    pub(super) fn retract(&mut self, id: OrderId) {
        let open = self.orders.get(id);
        if let Some((order, sent)) = open.map(|open| (open.order, is_message(open))) {
            if sent && let Some(way) = self.way(order.strategy, order.instrument) {
                self.windows.unsent(way);
            }
            self.close(id);
            // Nobody knew it, so nothing follows from its end.
            self.happenings.retain(|(of, _)| of.id != order.id);
        }
    }

    /// Lets an order that was taken on go its way: to its venue, or to wait here.
    pub(super) fn launch(&mut self, id: OrderId) {
        let Some(order) = self.orders.get(id).map(|open| open.order) else {
            return;
        };
        if order.parent.is_none() {
            self.windows
                .approved(order.strategy, self.now, &request_of(&order));
        }
        self.reckon_scopes_of(order.strategy);
        if order.status == OrderStatus::Emulated {
            self.hold(&order);
        } else {
            self.send(&order);
        }
    }

    /// Sends an order that passed the gate. There is no other way to the venue.
    pub(super) fn send(&mut self, order: &Order) {
        let approval = self.orders.get(order.id).map(|open| &open.approval);
        let Some(Some(approved)) = approval else {
            return;
        };
        let leg = self.leg_of(order.strategy, approved.request());
        let closes = leg.is_some_and(|leg| leg.is_closed_by(order.side));
        let command = VenueCommand::Insert(venue_order(order, approved.request(), closes));
        let arrives = self.arrival(&command);
        let expires = self.lapse(order, arrives.at);
        let expiry =
            (expires != Timestamp::MAX).then(|| self.agenda.add(expires, Due::Expiry(order.id)));
        let Some(open) = self.orders.get_mut(order.id) else {
            return;
        };
        open.order.expires = expires;
        open.arrives = arrives.at;
        if let Some(ticket) = std::mem::replace(&mut open.expiry, expiry) {
            self.agenda.remove(ticket);
        }
        // One that was held is known since then.
        let is_new = order.status == OrderStatus::Submitted;
        let order = open.order;
        let update = update_of(&order, OrderChange::Submitted, self.now);
        if is_new {
            self.introduce(update, order);
        } else {
            self.publish(update, order);
        }
        self.dispatch(command, arrives);
    }

    /// When an order that is at its venue from `since` on runs out of time.
    pub(super) fn lapse(&self, order: &Order, since: Timestamp) -> Timestamp {
        let state = self.market.get(order.instrument);
        match (order.time_in_force, state) {
            (TimeInForce::Gtd(until), _) => until,
            // The day is the venue's: one that ends while the order travels is not the order's.
            (TimeInForce::Day, Some(state)) => match state.instrument.session {
                Some(session) if session.is_open(since) => session.next_change(since),
                _ => since.next_time_of_day(state.instrument.day_end),
            },
            _ => Timestamp::MAX,
        }
    }

    pub(super) fn reach_venue(&mut self, command: VenueCommand) {
        let Some(state) = self.market.get(command.instrument()) else {
            return;
        };
        let id = state.instrument.venue;
        let Some(venue) = self.venues.get_mut(id.index()) else {
            return;
        };
        if venue.is_external() {
            return self.leave_for(id, &command);
        }
        venue.on_command(command, self.now, &mut self.reports);
    }

    /// A strategy withdraws an order; only its own.
    pub(super) fn cancel_own(&mut self, strategy: StrategyId, order: OrderId) {
        let own = self
            .orders
            .get(order)
            .is_some_and(|open| open.order.strategy == strategy);
        if own {
            self.cancel(order)
        } else {
            self.ignore(Ignored::UnknownOrder(order))
        }
    }

    /// Remembers that a message goes to a venue now.
    pub(super) fn note_message(&mut self, strategy: StrategyId, instrument: InstrumentId) {
        if let Some(way) = self.way(strategy, instrument) {
            let keep = self.limits.messages_to_remember();
            self.windows.sent(way, self.now, keep);
        }
    }

    fn way(&self, strategy: StrategyId, instrument: InstrumentId) -> Option<Way> {
        let venue = self.market.get(instrument)?.instrument.venue;
        Some(Way { strategy, venue })
    }

    /// Cancels are never held back by the gate: less risk must always be possible.
    pub(super) fn cancel(&mut self, order: OrderId) {
        let now = self.now;
        let Some(open) = self.orders.get_mut(order) else {
            return self.ignore(Ignored::UnknownOrder(order));
        };
        if open.is_worked() {
            return self.end_parent(order, Ending::Canceled);
        }
        if open.order.status == OrderStatus::PendingCancel {
            return;
        }
        if open.order.status == OrderStatus::Emulated {
            return self.end_held(order, OrderStatus::Canceled, OrderChange::Canceled);
        }
        open.order.status = OrderStatus::PendingCancel;
        let (order, inserted) = (open.order, open.arrives);
        self.note_message(order.strategy, order.instrument);
        self.memory.conduct.cancelled(order.strategy, now);
        self.publish(update_of(&order, OrderChange::PendingCancel, now), order);
        let command = VenueCommand::Cancel(order.id, order.instrument);
        // A cancel never overtakes its order: it would miss, and the order would live on.
        let arrives = self.arrival(&command).not_before(inserted);
        self.dispatch(command, arrives);
    }

    pub(super) fn cancel_all_of(&mut self, strategy: StrategyId) {
        for order in self.orders.ids_of(strategy, None) {
            self.cancel(order);
        }
    }

    pub(super) fn expire(&mut self, order: OrderId) {
        let Some(open) = self.orders.get_mut(order) else {
            return;
        };
        open.expiry = None;
        if open.is_worked() {
            return self.end_parent(order, Ending::Expired);
        }
        if open.order.status == OrderStatus::Emulated {
            return self.end_held(order, OrderStatus::Expired, OrderChange::Expired);
        }
        let instrument = open.order.instrument;
        let Some(state) = self.market.get(instrument) else {
            return;
        };
        let Some(venue) = self.venues.get_mut(state.instrument.venue.index()) else {
            return;
        };
        if venue.is_external() {
            return self.on_lapsed(order);
        }
        venue.expire(order, instrument, self.now, &mut self.reports);
    }

    /// Sets an order's status; a closed one leaves the core and frees what it held.
    pub(super) fn move_order(&mut self, id: OrderId, to: OrderStatus) -> Option<Order> {
        let open = self.orders.get_mut(id)?;
        open.order.status = to;
        let order = open.order;
        if to.is_closed() {
            self.close(id);
        }
        Some(order)
    }

    fn close(&mut self, id: OrderId) {
        let Some(open) = self.orders.remove(id) else {
            return;
        };
        self.memory.resting.remove(&open);
        let (order, pending) = (open.order, open.pending());
        let reserved = open.locked();
        if let Some(ticket) = open.expiry {
            self.agenda.remove(ticket);
        }
        if let Some(ticket) = self.outside.close(&order) {
            self.agenda.remove(ticket);
        }
        let holding = self.holdings.entry(order.strategy, order.instrument);
        holding.open_orders = holding.open_orders.saturating_sub(1);
        let on_order = holding.on_order_mut(order.side);
        *on_order = on_order.saturating_sub(pending);
        self.leave_leg(&order);
        self.release(order.account, reserved.currency, reserved.amount);
        if open.is_worked() {
            self.dismiss(&order);
        }
        if let Some(parent) = order.parent {
            self.leave_parent(parent, &order);
        }
        self.recount(order.strategy, order.instrument);
        if order.list.is_some() {
            self.happenings.push_back((order, Happening::Closed));
        }
    }

    /// Tells of an order for the first time, with all that was asked for.
    pub(super) fn introduce(&mut self, update: OrderUpdate, order: Order) {
        self.journal.new_order(&order);
        self.publish(update, order);
    }

    pub(super) fn publish(&mut self, update: OrderUpdate, order: Order) {
        self.journal.order(&update);
        if self.strategies.are_on_probation() {
            self.count_judged(&update);
        }
        self.effects.push(Effect::Order(update, order));
        self.follow_flattening(&order);
        // A strategy knows the order it asked for; its parts are the algorithm's business.
        self.outbox.push_back(match order.parent {
            Some(parent) => Told::Algorithm(parent, AlgorithmEvent::Child(update)),
            None => Told::Strategy(update.strategy, Event::Order(update)),
        });
    }

    pub(super) fn lock(
        &mut self,
        account: AccountId,
        currency: model::CurrencyId,
        amount: Money,
    ) -> Result<(), NumberError> {
        match self.accounts.get_mut(account.index()) {
            Some(account) => account.lock(currency, amount),
            None => Err(NumberError::Overflow),
        }
    }

    pub(super) fn release(
        &mut self,
        account: AccountId,
        currency: model::CurrencyId,
        amount: Money,
    ) {
        // What was locked fits, so letting it go fits too.
        let released = amount
            .negated()
            .and_then(|amount| self.lock(account, currency, amount));
        debug_assert!(released.is_ok(), "releasing {amount} failed");
    }
}

/// Whether an order goes out as a message: what is held, or worked by an algorithm, does not.
fn is_message(open: &OpenOrder) -> bool {
    !open.is_held() && !open.is_worked()
}

pub(super) fn new_order(
    strategy: StrategyId,
    account: AccountId,
    request: &OrderRequest,
    now: Timestamp,
) -> Order {
    Order {
        id: request.id,
        strategy,
        account,
        instrument: request.instrument,
        side: request.side,
        kind: request.kind,
        quantity: request.quantity,
        time_in_force: request.time_in_force,
        terms: request.terms,
        intent: request.intent,
        list: None,
        parent: None,
        algorithm: None,
        trigger: request.kind.trigger().map(|trigger| trigger.price),
        status: OrderStatus::Initialized,
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        ts_created: now,
        expires: Timestamp::MAX,
    }
}

/// An approved order as it goes to its venue. What closes one of several positions takes no more than
/// is left of it, whatever else closes it meanwhile.
fn venue_order(order: &Order, request: &OrderRequest, closes: bool) -> VenueOrder {
    VenueOrder {
        id: request.id,
        instrument: request.instrument,
        owner: order.strategy,
        account: order.account,
        position: request.terms.position,
        side: request.side,
        kind: request.kind,
        time_in_force: request.time_in_force,
        quantity: request.quantity,
        remaining: request.quantity,
        post_only: request.terms.post_only,
        reduce_only: request.terms.reduce_only || closes,
        display: request.terms.display,
        paid: Paid::default(),
    }
}

/// The order as its request, with what is left of it as quantity.
pub(super) fn request_of(order: &Order) -> OrderRequest {
    OrderRequest {
        id: order.id,
        instrument: order.instrument,
        side: order.side,
        kind: order.kind,
        quantity: order.remaining(),
        time_in_force: order.time_in_force,
        terms: order.terms,
        intent: order.intent,
    }
}

pub(super) fn update_of(order: &Order, change: OrderChange, ts_event: Timestamp) -> OrderUpdate {
    OrderUpdate {
        order: order.id,
        strategy: order.strategy,
        instrument: order.instrument,
        side: order.side,
        change,
        status: order.status,
        filled: order.filled,
        quantity: order.quantity,
        ts_event,
    }
}
