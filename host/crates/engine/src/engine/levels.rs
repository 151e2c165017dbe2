//! Trading states, kill latches and limits by scope, as somebody commands them; and the latch of a
//! strategy that repeats itself.

use super::Engine;
use crate::effect::{Effect, Ignored, Severity};
use crate::input::{LimitScope, TradingState};
use crate::risk::Change;
use crate::scopes::scopes_of;
use model::{
    DenyCode, Fill, InstrumentId, Order, OrderId, OrderRequest, Rate, SignedQuantity, StrategyId,
};

impl Engine {
    pub(super) fn set_trading_state(&mut self, state: TradingState) {
        self.set_scope_state(LimitScope::Firm, state);
    }

    /// Sets a scope's state, and takes back what escalation made of it. Is it still beyond a
    /// threshold, the next change of its sums escalates again.
    pub(super) fn set_scope_state(&mut self, scope: LimitScope, state: TradingState) {
        if self.check_scope(scope).is_err() {
            return self.ignore(Ignored::BadCommand("a state for something not defined"));
        }
        let level = self.memory.levels.entry(scope);
        level.set = state;
        (level.loss, level.exposure) = Default::default();
        self.tell_state(scope);
    }

    pub(super) fn set_scope_kill(&mut self, scope: LimitScope, killed: bool) {
        if self.check_scope(scope).is_err() {
            return self.ignore(Ignored::BadCommand(
                "a kill latch for something not defined",
            ));
        }
        let level = self.memory.levels.entry(scope);
        level.killed = killed;
        level.note(self.sequence);
        self.effects.push(match scope {
            LimitScope::Firm => Effect::KillLatch(killed),
            scope => Effect::ScopeKill(scope, killed),
        });
        if killed {
            self.cancel_all_under(scope);
        }
    }

    fn cancel_all_under(&mut self, scope: LimitScope) {
        let under = |order: &Order| {
            let scopes = scopes_of(Some(order.account), order.strategy, order.instrument);
            scopes.contains(&Some(scope))
        };
        let orders = self.orders.iter().map(|open| &open.order);
        let open: Vec<OrderId> = orders
            .filter(|order| under(order))
            .map(|order| order.id)
            .collect();
        for order in open {
            self.cancel(order);
        }
    }

    pub(super) fn scale_limits(&mut self, scope: LimitScope, factor: Rate) {
        let known = self.check_scope(scope).is_ok();
        if !known || factor < Rate::ZERO || factor.raw() > Rate::SCALE {
            return self.ignore(Ignored::BadCommand(
                "limits are scaled by a factor from 0 to 1, for a scope that is defined",
            ));
        }
        self.limits.scale(scope, factor);
    }

    pub(super) fn set_data_intact(&mut self, instrument: InstrumentId, intact: bool) {
        match self.market.get_mut(instrument) {
            Some(state) => state.flaw.gap = !intact,
            None => self.ignore(Ignored::UnknownInstrument(instrument)),
        }
    }

    /// Lets a strategy trade again that repeated itself.
    pub(super) fn clear_repeats(&mut self, strategy: StrategyId) {
        if self.strategies.get(strategy).is_none() {
            return self.ignore(Ignored::UnknownStrategy(strategy));
        }
        let scope = LimitScope::Strategy(strategy);
        self.memory.conduct.forgive(strategy);
        let level = self.memory.levels.entry(scope);
        if std::mem::take(&mut level.repeated) {
            self.alert(
                Severity::Cleared,
                DenyCode::RepeatedExecution,
                scope,
                Rate::ZERO,
            );
        }
    }

    /// Counts a strategy's first fill of an order, and stops it when it was one too many of the
    /// same.
    pub(super) fn count_execution(&mut self, order: &Order) {
        let (strategy, now) = (order.strategy, self.now);
        self.memory.conduct.filled(strategy, now);
        let automated = self
            .strategies
            .config(strategy)
            .is_some_and(|config| !config.manual);
        if !automated || !order.filled.is_zero() || !self.limits.ask_for_repeats() {
            return;
        }
        let executed = OrderRequest {
            quantity: order.quantity,
            ..super::execution::request_of(order)
        };
        self.memory.conduct.executed(strategy, now, &executed);
        let conduct = &self.memory.conduct;
        let bound = self
            .limits
            .of(Some(order.account), strategy, order.instrument);
        let repeated = bound.map(|(_, limits)| &limits.conduct).any(|limits| {
            let most = limits.max_repeats;
            most < u32::MAX
                && conduct.repeats(strategy, now, &executed, limits.repeat_window) >= most
        });
        let scope = LimitScope::Strategy(strategy);
        if repeated && !std::mem::replace(&mut self.memory.levels.entry(scope).repeated, true) {
            self.alert(
                Severity::Critical,
                DenyCode::RepeatedExecution,
                scope,
                Rate::ZERO,
            );
        }
    }

    /// Counts what a fill did to its position, where somebody limits day trades.
    pub(super) fn count_day_trade(&mut self, fill: &Fill, before: SignedQuantity) {
        if !self.limits.ask_for_day_trades() {
            return;
        }
        let place = (fill.strategy, fill.instrument);
        let after = self.holdings.get(place.0, place.1).position.quantity;
        let closed = before.raw().signum() * fill.side.signed(fill.quantity).raw().signum() < 0;
        let change = Change {
            opened: !closed || before.raw().signum() * after.raw().signum() < 0,
            closed,
            flat: after.is_zero(),
        };
        let trades = &mut self.memory.day_trades;
        trades.on_fill(fill.account, place, change, self.now);
    }
}
