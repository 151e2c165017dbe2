//! What venues say about orders: checked against the status table, then taken over; fills move
//! positions and cash.

use super::Engine;
use super::execution::update_of;
use crate::account::Reservation;
use crate::effect::{Effect, Ignored, VenueEvent};
use crate::exchange::{Execution, Report, ReportKind};
use crate::input::TradingState;
use crate::lists::Happening;
use crate::orders::OpenOrder;
use model::{
    Fill, Money, NumberError, Order, OrderChange, OrderId, OrderStatus, PositionChange,
    PositionUpdate, Timestamp,
};

impl Engine {
    pub(super) fn on_report(&mut self, report: Report) {
        if report.kind == ReportKind::ModelBroke {
            return self.on_model_broke(report.instrument);
        }
        if let Err(why) = self.take_report(report) {
            self.ignore(why);
        }
    }

    /// A venue's word on an order: checked against the status table, then taken over. All orders,
    /// at simulated venues and outside, move by this alone once they are sent.
    pub(super) fn take_report(&mut self, report: Report) -> Result<(), Ignored> {
        let Some(open) = self.orders.get(report.order) else {
            return Err(Ignored::UnknownOrder(report.order));
        };
        let from = open.order.status;
        let to = status_after(open, &report.kind);
        // What crosses a cancel or a change leaves the order where it is: not a move.
        let stays = from == to && !matches!(report.kind, ReportKind::Filled(_));
        if !stays && !from.may_become(to) {
            return Err(Ignored::IllegalTransition {
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
                self.on_updated(report.order, &terms, to, report.ts_event);
                return Ok(());
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
            ReportKind::SelfMatch { other, mode } => {
                let order = report.order;
                let met = VenueEvent::SelfMatch { order, other, mode };
                self.effects.push(Effect::Venue(met));
                return Ok(());
            }
            ReportKind::ModelBroke => return Ok(()),
        };
        if let Some(order) = self.move_order(report.order, to) {
            self.publish(update_of(&order, change, report.ts_event), order);
            if change == OrderChange::CancelRejected {
                self.on_cancel_refused(&order);
            }
        }
        Ok(())
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

    fn on_execution(
        &mut self,
        id: OrderId,
        execution: &Execution,
        to: OrderStatus,
        ts_event: Timestamp,
    ) -> Result<(), Ignored> {
        let Some(open) = self.orders.get(id) else {
            return Ok(());
        };
        let order = open.order;
        let fill = fill_of(&order, execution, ts_event);
        if !self.is_new_execution(&fill) {
            return Err(Ignored::DuplicateExecution(fill.execution));
        }
        if self.book(&fill, execution.value).is_err() {
            // A fill that cannot be counted must not be forgotten: stop and let people look.
            self.set_trading_state(TradingState::Halted);
            self.disown(id, ts_event);
            return Err(Ignored::Overflow(id));
        }
        self.count_turnover(&fill, execution.value);
        match order.parent.and_then(|id| self.orders.get(id)) {
            Some(parent) => {
                let asked_for = parent.order;
                self.count_execution(&asked_for);
            }
            None => self.count_execution(&order),
        }
        let leg = self.leg_update(&fill, ts_event);
        let Some(order) = self.take_fill(id, &fill, execution.value, to) else {
            return Ok(());
        };
        self.journal.fill(&fill);
        self.effects.push(Effect::Fill(fill));
        self.publish(
            update_of(&order, OrderChange::Filled(fill), ts_event),
            order,
        );
        if let Some(parent) = order.parent {
            self.publish_parent_fill(parent, &fill, ts_event);
        }
        leg.into_iter().for_each(|leg| self.tell_position(leg));
        self.publish_position(&fill, ts_event);
        Ok(())
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
        let (account, parent) = (open.order.account, open.order.parent);
        let holding = self.holdings.entry(fill.strategy, fill.instrument);
        let pending = holding.on_order_mut(fill.side);
        *pending = pending.saturating_sub(fill.quantity);
        self.release(account, currency, share);
        if let Some(parent) = parent {
            self.count_into_parent(parent, fill.quantity, value);
        }
        self.follow_order(id);
        self.move_order(id, to)
    }

    /// Moves position and cash; all or nothing.
    pub(super) fn book(&mut self, fill: &Fill, value: Money) -> Result<(), NumberError> {
        let state = self
            .market
            .get(fill.instrument)
            .ok_or(NumberError::Overflow)?;
        let instrument = &state.instrument;
        let mut holding = self.holdings.get(fill.strategy, fill.instrument);
        let before = holding.position.quantity;
        let leg = self.legs.after(fill, value)?;
        let realized = match &leg {
            Some(leg) => {
                holding.position = holding.position.plus(&leg.change)?;
                leg.change.realized
            }
            None => holding
                .position
                .apply(fill.side, fill.quantity, value, fill.fee)?,
        };
        holding.filled = holding
            .filled
            .checked_add(fill.side.signed(fill.quantity))?;
        let index = fill.account.index();
        let account = self.accounts.get(index).ok_or(NumberError::Overflow)?;
        let base = account.config().base_currency;
        let before_margin = holding.margin;
        let cost = leg.as_ref().map(|leg| leg.sides);
        let margin = self.margin_for(account, &holding, cost, instrument)?;
        let locked = margin.checked_sub(before_margin)?;
        let account = self.accounts.get_mut(index).ok_or(NumberError::Overflow)?;
        holding.margin = margin;
        account.lock(base, locked)?;
        let booked = account.book(fill, instrument, value, realized);
        if booked.is_err() {
            account.lock(base, locked.negated()?)?;
        }
        let (quote, asset) = booked?;
        for currency in [Some(quote), asset].into_iter().flatten() {
            let balance = account.balance(currency);
            self.journal.balance(fill.account, currency, balance);
            self.effects
                .push(Effect::Balance(fill.account, currency, balance));
        }
        *self.holdings.entry(fill.strategy, fill.instrument) = holding;
        if let Some(leg) = &leg {
            self.legs.put(fill, leg);
        }
        self.count_day_trade(fill, before);
        Ok(())
    }

    pub(super) fn publish_position(&mut self, fill: &Fill, ts_event: Timestamp) {
        self.tell_position(PositionUpdate {
            strategy: fill.strategy,
            instrument: fill.instrument,
            position: None,
            state: self.holdings.get(fill.strategy, fill.instrument).position,
            change: PositionChange::Fill,
            ts_event,
        });
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
        // One moves nothing by itself, one is about no order.
        ReportKind::SelfMatch { .. } | ReportKind::ModelBroke => open.order.status,
        ReportKind::Filled(execution) if execution.quantity >= open.order.remaining() => {
            OrderStatus::Filled
        }
        ReportKind::Filled(_) => OrderStatus::PartiallyFilled,
    }
}

pub(super) fn fill_of(order: &Order, execution: &Execution, ts_event: Timestamp) -> Fill {
    Fill {
        execution: execution.id,
        order: order.id,
        strategy: order.strategy,
        account: order.account,
        instrument: order.instrument,
        position: order.terms.position,
        side: order.side,
        price: execution.price,
        quantity: execution.quantity,
        fee: execution.fee,
        liquidity: execution.liquidity,
        ts_event,
    }
}
