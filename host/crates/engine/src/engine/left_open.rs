//! Orders of a broken strategy that its venue does not let go: a refused cancel is told and asked for again,
//! a few times and ever later, unless the orders are to be kept.
//!
//! The agenda is all that remembers: while an entry for an order waits there, a refusal begins no other
//! series. The last entry does nothing but outlast the answer to the last cancel.

use super::Engine;
use crate::agenda::Due;
use crate::effect::StrategyState;
use crate::input::OrdersOnFault;
use model::{DenyCode, Duration, Order, OrderId, StrategyId};

/// How long each cancel waits after the one before, the first after the refusal; and how long the last
/// one is remembered.
const WAITS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(3_600),
];

impl Engine {
    /// A venue refused a cancel.
    pub(super) fn on_cancel_refused(&mut self, order: &Order) {
        if order.status.is_closed() || !self.is_to_let_go(order.strategy) {
            return;
        }
        self.alert_left(order.strategy, DenyCode::StrategyState);
        let is_own =
            |due: &Due| matches!(due, Due::CancelAgain(waiting, _) if *waiting == order.id);
        if !self.agenda.has(is_own) {
            self.plan_cancel(order.id, 0);
        }
    }

    /// It is time for a cancel of this place in its series.
    pub(super) fn cancel_left_open(&mut self, order: OrderId, place: u8) {
        let open = self.orders.get(order).map(|open| open.order.strategy);
        if !open.is_some_and(|strategy| self.is_to_let_go(strategy)) {
            return;
        }
        let next = place.saturating_add(1);
        if usize::from(next) < WAITS.len() {
            self.plan_cancel(order, next);
            self.cancel(order);
        }
    }

    fn plan_cancel(&mut self, order: OrderId, place: u8) {
        if let Some(wait) = WAITS.get(usize::from(place)) {
            let due = self.now.after(*wait);
            self.agenda.add(due, Due::CancelAgain(order, place));
        }
    }

    /// Whether no order of a strategy is to stay open, because it broke.
    fn is_to_let_go(&self, strategy: StrategyId) -> bool {
        let config = self.strategies.config(strategy);
        let keeps = config.is_none_or(|config| config.on_fault == OrdersOnFault::Keep);
        !keeps && self.strategy_state(strategy) == Some(StrategyState::Error)
    }
}
