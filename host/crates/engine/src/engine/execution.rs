//! Orders on their way out, and what the venue says about them on the way back.

use super::Engine;
use crate::account::Reservation;
use crate::agenda::Due;
use crate::effect::{Effect, Ignored};
use crate::exchange::{Execution, Report, ReportKind, VenueCommand, VenueOrder};
use crate::input::TradingState;
use crate::lists::Happening;
use crate::orders::OpenOrder;
use crate::risk::{self, Approved};
use model::{
    AccountId, AccountKind, DenyCode, Duration, Event, Fill, Money, NumberError, Order,
    OrderChange, OrderId, OrderRequest, OrderStatus, OrderUpdate, PositionUpdate, Quantity,
    StrategyId, TimeInForce, Timestamp,
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
        list: Option<OrderId>,
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
        };
        if let Err(code) = self.count_on_order(&order, open.pending()) {
            self.release(account, reserved.currency, reserved.amount);
            return Err(code);
        }
        self.orders.add(open);
        let holding = self.holdings.entry(strategy, order.instrument);
        holding.open_orders += 1;
        self.follow_order(order.id);
        self.windows
            .sent(strategy, self.now, self.limits.messages_to_remember());
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
        if let Some(order) = self.orders.get(id).map(|open| open.order) {
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
        self.windows
            .approved(order.strategy, self.now, &request_of(&order));
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
        let command = VenueCommand::Insert(venue_order(order.strategy, approved.request()));
        let arrives = self.arrival(&command);
        let expires = self.lapse(order, arrives);
        let expiry =
            (expires != Timestamp::MAX).then(|| self.agenda.add(expires, Due::Expiry(order.id)));
        let Some(open) = self.orders.get_mut(order.id) else {
            return;
        };
        open.order.expires = expires;
        open.arrives = arrives;
        if let Some(ticket) = std::mem::replace(&mut open.expiry, expiry) {
            self.agenda.remove(ticket);
        }
        let order = open.order;
        self.publish(update_of(&order, OrderChange::Submitted, self.now), order);
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

    /// When a command sent now reaches its venue.
    pub(super) fn arrival(&mut self, command: &VenueCommand) -> Timestamp {
        let state = self.market.get(command.instrument());
        let venue = state.and_then(|state| self.venues.get_mut(state.instrument.venue.index()));
        let delay = venue.map_or(Duration::ZERO, |venue| venue.delay(command));
        self.now.after(delay)
    }

    /// Lets a command travel to its venue; without latency it is there at once.
    pub(super) fn dispatch(&mut self, command: VenueCommand, arrives: Timestamp) {
        if arrives > self.now {
            self.agenda.add(arrives, Due::Venue(command));
        } else {
            self.reach_venue(command);
        }
    }

    pub(super) fn reach_venue(&mut self, command: VenueCommand) {
        let Some(state) = self.market.get(command.instrument()) else {
            return;
        };
        if let Some(venue) = self.venues.get_mut(state.instrument.venue.index()) {
            venue.on_command(command, self.now, &mut self.reports);
        }
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

    /// Cancels are never held back by the gate: less risk must always be possible.
    pub(super) fn cancel(&mut self, order: OrderId) {
        let now = self.now;
        let Some(open) = self.orders.get_mut(order) else {
            return self.ignore(Ignored::UnknownOrder(order));
        };
        if open.order.status == OrderStatus::PendingCancel {
            return;
        }
        if open.order.status == OrderStatus::Emulated {
            return self.end_held(order, OrderStatus::Canceled, OrderChange::Canceled);
        }
        open.order.status = OrderStatus::PendingCancel;
        let (order, inserted) = (open.order, open.arrives);
        self.windows
            .sent(order.strategy, now, self.limits.messages_to_remember());
        self.memory.conduct.cancelled(order.strategy, now);
        self.publish(update_of(&order, OrderChange::PendingCancel, now), order);
        let command = VenueCommand::Cancel(order.id, order.instrument);
        // A cancel never overtakes its order: it would miss, and the order would live on.
        let arrives = self.arrival(&command).max(inserted);
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
        if open.order.status == OrderStatus::Emulated {
            return self.end_held(order, OrderStatus::Expired, OrderChange::Expired);
        }
        let instrument = open.order.instrument;
        let Some(state) = self.market.get(instrument) else {
            return;
        };
        if let Some(venue) = self.venues.get_mut(state.instrument.venue.index()) {
            venue.expire(order, instrument, self.now, &mut self.reports);
        }
    }

    /// A venue's word on an order: checked against the status table, then taken over.
    pub(super) fn on_report(&mut self, report: Report) {
        let Some(open) = self.orders.get(report.order) else {
            return self.ignore(Ignored::UnknownOrder(report.order));
        };
        let from = open.order.status;
        let to = status_after(open, &report.kind);
        // What crosses a cancel or a change leaves the order where it is: not a move.
        let stays = from == to && !matches!(report.kind, ReportKind::Filled(_));
        if !stays && !from.may_become(to) {
            return self.ignore(Ignored::IllegalTransition {
                order: report.order,
                from,
                to,
            });
        }
        let change = match report.kind {
            ReportKind::Filled(execution) => {
                return self.on_execution(report.order, &execution, to, report.ts_event);
            }
            ReportKind::Updated(terms) => {
                return self.on_updated(report.order, &terms, to, report.ts_event);
            }
            ReportKind::UpdateRejected => {
                self.give_up_update(report.order);
                OrderChange::UpdateRejected
            }
            ReportKind::Accepted => self.settled_at(report.order, to, OrderChange::Accepted),
            ReportKind::Triggered => self.settled_at(report.order, to, OrderChange::Triggered),
            ReportKind::Rejected => OrderChange::Rejected,
            ReportKind::Canceled => OrderChange::Canceled,
            ReportKind::CancelRejected => OrderChange::CancelRejected,
            ReportKind::Expired => OrderChange::Expired,
        };
        let Some(order) = self.move_order(report.order, to) else {
            return;
        };
        self.publish(update_of(&order, change, report.ts_event), order);
    }

    /// Remembers where an order is at its venue, whatever else is on its way.
    fn settled_at(&mut self, id: OrderId, to: OrderStatus, change: OrderChange) -> OrderChange {
        if let Some(open) = self.orders.get_mut(id) {
            open.before = match change {
                OrderChange::Triggered => OrderStatus::Triggered,
                _ => OrderStatus::Accepted,
            };
            if change == OrderChange::Triggered {
                open.order.trigger = None;
            }
            debug_assert!(to == open.before || to.is_in_flight());
            self.follow_order(id);
        }
        change
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
        let holding = self.holdings.entry(order.strategy, order.instrument);
        holding.open_orders = holding.open_orders.saturating_sub(1);
        let on_order = holding.on_order_mut(order.side);
        *on_order = on_order.saturating_sub(pending);
        self.release(order.account, reserved.currency, reserved.amount);
        self.recount(order.strategy, order.instrument);
        if order.list.is_some() {
            self.happenings.push_back((order, Happening::Closed));
        }
    }

    fn on_execution(
        &mut self,
        id: OrderId,
        execution: &Execution,
        to: OrderStatus,
        ts_event: Timestamp,
    ) {
        let Some(open) = self.orders.get(id) else {
            return;
        };
        let order = open.order;
        let fill = fill_of(&order, execution, ts_event);
        if !self.is_new_execution(&fill) {
            return self.ignore(Ignored::DuplicateExecution(fill.execution));
        }
        if self.book(&fill, execution.value).is_err() {
            // A fill that cannot be counted must not be forgotten: stop and let people look.
            self.set_trading_state(TradingState::Halted);
            self.ignore(Ignored::Overflow(id));
            return self.disown(id, ts_event);
        }
        self.count_execution(&order);
        let Some(order) = self.take_fill(id, &fill, execution.value, to) else {
            return;
        };
        self.journal.fill(&fill);
        self.effects.push(Effect::Fill(fill));
        self.publish(
            update_of(&order, OrderChange::Filled(fill), ts_event),
            order,
        );
        self.publish_position(&fill, ts_event);
    }

    /// I1: a venue's execution ids only grow, so one seen before is at or below the last.
    fn is_new_execution(&mut self, fill: &Fill) -> bool {
        let Some(state) = self.market.get(fill.instrument) else {
            return false;
        };
        let Some(last) = self.last_execution.get_mut(state.instrument.venue.index()) else {
            return false;
        };
        let new = fill.execution > *last;
        *last = fill.execution.max(*last);
        new
    }

    /// Counts the fill into its order and frees its share of what the order held.
    fn take_fill(
        &mut self,
        id: OrderId,
        fill: &Fill,
        value: Money,
        to: OrderStatus,
    ) -> Option<Order> {
        let open = self.orders.get_mut(id)?;
        let before = open.order.remaining();
        let share = open
            .reserved
            .amount
            .prorated(
                i128::from(fill.quantity.raw()),
                i128::from(before.raw().max(1)),
            )
            .unwrap_or(open.reserved.amount);
        open.reserved.amount = open.reserved.amount.checked_sub(share).unwrap_or_default();
        open.order.filled = open.order.filled.checked_add(fill.quantity).ok()?;
        open.order.filled_value = open.order.filled_value.checked_add(value).ok()?;
        open.before = OrderStatus::PartiallyFilled;
        if open.order.list.is_some() {
            let happening = Happening::Filled(fill.quantity);
            self.happenings.push_back((open.order, happening));
        }
        let Reservation { currency, .. } = open.reserved;
        let account = open.order.account;
        let holding = self.holdings.entry(fill.strategy, fill.instrument);
        let pending = holding.on_order_mut(fill.side);
        *pending = pending.saturating_sub(fill.quantity);
        self.release(account, currency, share);
        self.follow_order(id);
        self.move_order(id, to)
    }

    /// Moves position and cash; all or nothing.
    fn book(&mut self, fill: &Fill, value: Money) -> Result<(), NumberError> {
        let state = self
            .market
            .get(fill.instrument)
            .ok_or(NumberError::Overflow)?;
        let instrument = &state.instrument;
        let mut holding = self.holdings.get(fill.strategy, fill.instrument);
        let before = holding.position.quantity;
        let realized = holding
            .position
            .apply(fill.side, fill.quantity, value, fill.fee)?;
        holding.filled = holding
            .filled
            .checked_add(fill.side.signed(fill.quantity))?;
        let index = fill.account.index();
        let account = self.accounts.get_mut(index).ok_or(NumberError::Overflow)?;
        let base = account.config().base_currency;
        let mut locked = Money::ZERO;
        if let AccountKind::Margin { leverage } = account.config().kind {
            let needed = risk::initial_margin(holding.position.open_cost, instrument, leverage)?;
            // A rate was known when the order was approved, and rates are never forgotten.
            let margin = self
                .market
                .convert(needed, instrument.quote_currency, base)?;
            let margin = margin.ok_or(NumberError::DivisionByZero)?;
            locked = margin.checked_sub(holding.margin)?;
            holding.margin = margin;
        }
        account.lock(base, locked)?;
        let booked = account.book(fill, instrument, value, realized);
        if booked.is_err() {
            account.lock(base, locked.negated()?)?;
        }
        let (quote, asset) = booked?;
        for currency in [Some(quote), asset].into_iter().flatten() {
            let balance = account.balance(currency);
            self.effects
                .push(Effect::Balance(fill.account, currency, balance));
        }
        *self.holdings.entry(fill.strategy, fill.instrument) = holding;
        self.count_day_trade(fill, before);
        Ok(())
    }

    fn publish_position(&mut self, fill: &Fill, ts_event: Timestamp) {
        let update = PositionUpdate {
            strategy: fill.strategy,
            instrument: fill.instrument,
            state: self.holdings.get(fill.strategy, fill.instrument).position,
            ts_event,
        };
        self.journal.position(&update);
        self.effects.push(Effect::Position(update));
        self.outbox
            .push_back((fill.strategy, Event::Position(update)));
    }

    pub(super) fn publish(&mut self, update: OrderUpdate, order: Order) {
        self.journal.order(&update);
        self.effects.push(Effect::Order(update, order));
        self.outbox
            .push_back((update.strategy, Event::Order(update)));
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

/// Where a report takes an order. What is asked for and not answered yet keeps it in flight; a
/// refusal returns it to where it was.
fn status_after(open: &OpenOrder, report: &ReportKind) -> OrderStatus {
    let at_venue = |status| {
        if open.order.status == OrderStatus::PendingCancel {
            OrderStatus::PendingCancel
        } else if open.update.is_some() {
            OrderStatus::PendingUpdate
        } else {
            status
        }
    };
    match report {
        ReportKind::Accepted => at_venue(OrderStatus::Accepted),
        ReportKind::Triggered => at_venue(OrderStatus::Triggered),
        ReportKind::Rejected => OrderStatus::Rejected,
        ReportKind::Canceled => OrderStatus::Canceled,
        ReportKind::CancelRejected if open.update.is_some() => OrderStatus::PendingUpdate,
        ReportKind::CancelRejected => open.before,
        ReportKind::Updated(terms) if !terms.answers => open.order.status,
        ReportKind::Updated(_) | ReportKind::UpdateRejected
            if open.order.status == OrderStatus::PendingCancel =>
        {
            OrderStatus::PendingCancel
        }
        ReportKind::Updated(_) | ReportKind::UpdateRejected => open.before,
        ReportKind::Expired => OrderStatus::Expired,
        ReportKind::Filled(execution) if execution.quantity >= open.order.remaining() => {
            OrderStatus::Filled
        }
        ReportKind::Filled(_) => OrderStatus::PartiallyFilled,
    }
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
        trigger: request.kind.trigger().map(|trigger| trigger.price),
        status: OrderStatus::Initialized,
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        ts_created: now,
        expires: Timestamp::MAX,
    }
}

/// An approved order as it goes to its venue.
fn venue_order(owner: StrategyId, request: &OrderRequest) -> VenueOrder {
    VenueOrder {
        id: request.id,
        instrument: request.instrument,
        owner,
        side: request.side,
        kind: request.kind,
        time_in_force: request.time_in_force,
        quantity: request.quantity,
        remaining: request.quantity,
        post_only: request.terms.post_only,
        reduce_only: request.terms.reduce_only,
        display: request.terms.display,
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

fn fill_of(order: &Order, execution: &Execution, ts_event: Timestamp) -> Fill {
    Fill {
        execution: execution.id,
        order: order.id,
        strategy: order.strategy,
        account: order.account,
        instrument: order.instrument,
        side: order.side,
        price: execution.price,
        quantity: execution.quantity,
        fee: execution.fee,
        liquidity: execution.liquidity,
        ts_event,
    }
}
