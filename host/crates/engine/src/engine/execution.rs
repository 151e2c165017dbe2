//! Orders on their way out, and what the venue says about them on the way back.

use super::Engine;
use crate::account::Reservation;
use crate::agenda::Due;
use crate::candidate::denied;
use crate::effect::{Effect, Ignored, StrategyState};
use crate::exchange::{Execution, Report, ReportKind, VenueCommand, VenueOrder};
use crate::input::{StrategyConfig, TradingState};
use crate::orders::OpenOrder;
use crate::risk::{self, Approved, Context};
use model::{
    AccountId, AccountKind, DenyCode, Duration, Event, Fill, InstrumentId, Money, NumberError,
    Order, OrderChange, OrderId, OrderRequest, OrderStatus, OrderUpdate, PositionUpdate, Quantity,
    StrategyId, TimeInForce, Timestamp,
};

impl Engine {
    /// Judges an order and sends it, or denies it.
    pub(super) fn submit(&mut self, strategy: StrategyId, request: &OrderRequest) {
        let verdict = self.judge(strategy, request);
        match verdict {
            Ok(approved) => self.send(strategy, &approved),
            Err(code) => self.deny(strategy, request, code),
        }
    }

    fn judge(&self, strategy: StrategyId, request: &OrderRequest) -> Result<Approved, DenyCode> {
        let account_id = self
            .strategies
            .config(strategy)
            .map(|config| config.account);
        let state = self.market.get(request.instrument);
        let venue = state.and_then(|state| self.venues.get(state.instrument.venue.index()));
        let place = self.strategies.get(strategy);
        risk::judge(&Context {
            request,
            sequence: self.sequence,
            now: self.now,
            strategy,
            strategy_state: place.map_or(StrategyState::Stopped, |place| place.state),
            account_id,
            account: account_id.and_then(|id| self.accounts.get(id.index())),
            market: &self.market,
            state,
            holding: self.holdings.get(strategy, request.instrument),
            holdings: &self.holdings,
            strategies: self.strategies.configs(),
            orders: &self.orders,
            limits: &self.limits,
            windows: &self.windows,
            trading_state: self.trading_state,
            killed: self.killed,
            // An unknown instrument has no venue; the instrument control names that better.
            venue_connected: venue.is_none_or(crate::exchange::Exchange::is_connected),
            journal_writable: self.journal.is_writable(),
        })
    }

    fn deny(&mut self, strategy: StrategyId, request: &OrderRequest, code: DenyCode) {
        let update = denied(strategy, request, code, self.now);
        let account = self
            .strategies
            .config(strategy)
            .map(|config| config.account);
        let mut order = new_order(strategy, account.unwrap_or_default(), request, self.now);
        order.status = OrderStatus::Denied;
        self.publish(update, order);
    }

    /// Sends an order that passed the gate. There is no other way to make an order.
    fn send(&mut self, strategy: StrategyId, approved: &Approved) {
        let request = *approved.request();
        let Some(StrategyConfig { account, .. }) = self.strategies.config(strategy) else {
            return;
        };
        let account = *account;
        let reserved = approved.reservation();
        if self
            .lock(account, reserved.currency, reserved.amount)
            .is_err()
        {
            return self.deny(strategy, &request, DenyCode::Conversion);
        }
        let mut order = new_order(strategy, account, &request, self.now);
        order.status = OrderStatus::Submitted;
        let command = VenueCommand::Insert(VenueOrder {
            id: order.id,
            instrument: order.instrument,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            remaining: order.quantity,
        });
        let arrives = self.arrival(&command);
        let mut expiry = None;
        if request.time_in_force == TimeInForce::Day
            && let Some(state) = self.market.get(request.instrument)
        {
            // The day is the venue's: one that ends while the order travels is not the order's.
            order.expires = arrives.next_time_of_day(state.instrument.day_end);
            expiry = Some(self.agenda.add(order.expires, Due::Expiry(order.id)));
        }
        self.orders.add(OpenOrder {
            order,
            reserved,
            approved_at: approved.sequence(),
            before_cancel: OrderStatus::Submitted,
            arrives,
            expiry,
        });
        self.expect(&order, request.quantity);
        self.windows
            .sent(strategy, self.now, self.limits.messages_to_remember());
        self.windows.approved(strategy, self.now, &request);
        self.publish(update_of(&order, OrderChange::Submitted, self.now), order);
        self.dispatch(command, arrives);
    }

    /// Counts a new order into its holding.
    fn expect(&mut self, order: &Order, quantity: Quantity) {
        let holding = self.holdings.entry(order.strategy, order.instrument);
        holding.open_orders += 1;
        let pending = holding.on_order_mut(order.side);
        // The position control has bounded the sum.
        *pending = pending.checked_add(quantity).unwrap_or(Quantity::MAX);
    }

    /// When a command sent now reaches its venue.
    fn arrival(&mut self, command: &VenueCommand) -> Timestamp {
        let state = self.market.get(instrument_of(command));
        let venue = state.and_then(|state| self.venues.get_mut(state.instrument.venue.index()));
        let delay = venue.map_or(Duration::ZERO, |venue| venue.delay(command));
        self.now.after(delay)
    }

    /// Lets a command travel to its venue; without latency it is there at once.
    fn dispatch(&mut self, command: VenueCommand, arrives: Timestamp) {
        if arrives > self.now {
            self.agenda.add(arrives, Due::Venue(command));
        } else {
            self.reach_venue(command);
        }
    }

    pub(super) fn reach_venue(&mut self, command: VenueCommand) {
        let Some(state) = self.market.get(instrument_of(&command)) else {
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
        open.before_cancel = open.order.status;
        open.order.status = OrderStatus::PendingCancel;
        let (order, inserted) = (open.order, open.arrives);
        self.windows
            .sent(order.strategy, now, self.limits.messages_to_remember());
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
        // An acknowledgement that crosses a cancel leaves the order where it is: not a move.
        let stays = from == to && report.kind == ReportKind::Accepted;
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
            ReportKind::Accepted => OrderChange::Accepted,
            ReportKind::Rejected => OrderChange::Rejected,
            ReportKind::Triggered => OrderChange::Triggered,
            ReportKind::Canceled => OrderChange::Canceled,
            ReportKind::CancelRejected => OrderChange::CancelRejected,
            ReportKind::Expired => OrderChange::Expired,
        };
        let Some(order) = self.move_order(report.order, to) else {
            return;
        };
        if stays && let Some(open) = self.orders.get_mut(report.order) {
            open.before_cancel = OrderStatus::Accepted;
        }
        self.publish(update_of(&order, change, report.ts_event), order);
    }

    /// Sets an order's status; a closed one leaves the core and frees what it held.
    fn move_order(&mut self, id: OrderId, to: OrderStatus) -> Option<Order> {
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
        let OpenOrder {
            order,
            reserved,
            expiry,
            ..
        } = open;
        if let Some(ticket) = expiry {
            self.agenda.remove(ticket);
        }
        let holding = self.holdings.entry(order.strategy, order.instrument);
        holding.open_orders = holding.open_orders.saturating_sub(1);
        let pending = holding.on_order_mut(order.side);
        *pending = pending.saturating_sub(order.remaining());
        self.release(order.account, reserved.currency, reserved.amount);
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
        let fill = fill_of(&open.order, execution, ts_event);
        if !self.is_new_execution(&fill) {
            return self.ignore(Ignored::DuplicateExecution(fill.execution));
        }
        if self.book(&fill, execution.value).is_err() {
            // A fill that cannot be counted must not be forgotten: stop and let people look.
            self.set_trading_state(TradingState::Halted);
            return self.ignore(Ignored::Overflow(id));
        }
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
        open.before_cancel = if to == OrderStatus::Filled {
            to
        } else {
            OrderStatus::PartiallyFilled
        };
        let Reservation { currency, .. } = open.reserved;
        let account = open.order.account;
        let holding = self.holdings.entry(fill.strategy, fill.instrument);
        let pending = holding.on_order_mut(fill.side);
        *pending = pending.saturating_sub(fill.quantity);
        self.release(account, currency, share);
        self.move_order(id, to)
    }

    /// Moves position and cash; all or nothing.
    fn book(&mut self, fill: &Fill, value: Money) -> Result<(), NumberError> {
        let state = self
            .market
            .get(fill.instrument)
            .ok_or(NumberError::Overflow)?;
        let instrument = state.instrument.clone();
        let mut holding = self.holdings.get(fill.strategy, fill.instrument);
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
            let needed = risk::initial_margin(holding.position.open_cost, &instrument, leverage)?;
            // A rate was known when the order was approved, and rates are never forgotten.
            let margin = self
                .market
                .convert(needed, instrument.quote_currency, base)?;
            let margin = margin.ok_or(NumberError::DivisionByZero)?;
            locked = margin.checked_sub(holding.margin)?;
            holding.margin = margin;
        }
        account.lock(base, locked)?;
        let booked = account.book(fill, &instrument, value, realized);
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

    fn publish(&mut self, update: OrderUpdate, order: Order) {
        self.journal.order(&update);
        self.effects.push(Effect::Order(update, order));
        self.outbox
            .push_back((update.strategy, Event::Order(update)));
    }

    fn lock(
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

    fn release(&mut self, account: AccountId, currency: model::CurrencyId, amount: Money) {
        // What was locked fits, so letting it go fits too.
        let released = amount
            .negated()
            .and_then(|amount| self.lock(account, currency, amount));
        debug_assert!(released.is_ok(), "releasing {amount} failed");
    }
}

fn instrument_of(command: &VenueCommand) -> InstrumentId {
    match command {
        VenueCommand::Insert(order) => order.instrument,
        VenueCommand::Cancel(_, instrument) => *instrument,
    }
}

/// Where a report takes an order. A refused cancel returns it to where it was.
fn status_after(open: &OpenOrder, report: &ReportKind) -> OrderStatus {
    let pending = open.order.status == OrderStatus::PendingCancel;
    match report {
        ReportKind::Accepted if pending => OrderStatus::PendingCancel,
        ReportKind::Accepted => OrderStatus::Accepted,
        ReportKind::Rejected => OrderStatus::Rejected,
        ReportKind::Triggered => OrderStatus::Triggered,
        ReportKind::Canceled => OrderStatus::Canceled,
        ReportKind::CancelRejected => open.before_cancel,
        ReportKind::Expired => OrderStatus::Expired,
        ReportKind::Filled(execution) if execution.quantity >= open.order.remaining() => {
            OrderStatus::Filled
        }
        ReportKind::Filled(_) => OrderStatus::PartiallyFilled,
    }
}

fn new_order(
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
        status: OrderStatus::Initialized,
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        ts_created: now,
        expires: Timestamp::MAX,
    }
}

fn update_of(order: &Order, change: OrderChange, ts_event: Timestamp) -> OrderUpdate {
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
