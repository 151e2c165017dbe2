//! Orders before the gate: what it may look at, and what becomes of its word.

use super::Engine;
use super::execution::new_order;
use crate::candidate::denied;
use crate::effect::{Standing, StrategyState};
use crate::input::{LimitScope, TradingState};
use crate::orders::OpenOrder;
use crate::risk::{self, Context};
use model::{DenyCode, OrderId, OrderRequest, OrderStatus, Quantity, StrategyId};

impl Engine {
    /// Takes an order on without telling anybody: judged, its money held back, counted. It can
    /// still be retracted. `room` bounds what closes another order of its list.
    pub(super) fn admit(
        &mut self,
        strategy: StrategyId,
        request: &OrderRequest,
        list: Option<OrderId>,
        room: Option<Quantity>,
    ) -> Result<(), DenyCode> {
        let request = self.sized(request)?;
        self.take_in_marks();
        let mut context = self.context(strategy, &request, None);
        context.room = room;
        self.count_once(&mut context, list);
        let approval = if self.must_hold(&request) {
            risk::judge_held(&context)?;
            None
        } else {
            Some(risk::judge(&context)?)
        };
        self.take_on(strategy, &request, list, approval)
    }

    /// An order for an amount of the quote currency becomes one for a quantity.
    fn sized(&self, request: &OrderRequest) -> Result<OrderRequest, DenyCode> {
        if !request.terms.quote_quantity {
            return Ok(*request);
        }
        let state = self.market.get(request.instrument);
        let state = state.ok_or(DenyCode::Instrument)?;
        let trigger = request.kind.trigger().map(|trigger| trigger.price);
        let price = request.kind.price().or(trigger);
        let price = price.or(state.reference(request.side));
        let price = price.ok_or(DenyCode::Conversion)?;
        let instrument = &state.instrument;
        let quantity = price
            .quantity_worth(request.quantity, instrument.multiplier, instrument.lot)
            .map_err(|_| DenyCode::Conversion)?;
        let mut sized = OrderRequest {
            quantity,
            ..*request
        };
        sized.terms.quote_quantity = false;
        Ok(sized)
    }

    /// What the gate may look at. An order that is open already does not count twice.
    pub(super) fn context<'a>(
        &'a self,
        strategy: StrategyId,
        request: &'a OrderRequest,
        replaces: Option<&'a OpenOrder>,
    ) -> Context<'a> {
        let config = self.strategies.config(strategy);
        let account_id = config.map(|config| config.account);
        let state = self.market.get(request.instrument);
        let venue = state.and_then(|state| self.venues.get(state.instrument.venue.index()));
        let place = self.strategies.get(strategy);
        let mut holding = self.holdings.get(strategy, request.instrument);
        if let Some(open) = replaces {
            let pending = holding.on_order_mut(open.order.side);
            *pending = pending.saturating_sub(open.pending());
        }
        let mut context = Context {
            request,
            replaces,
            sequence: self.sequence,
            now: self.now,
            strategy,
            strategy_state: place.map_or(StrategyState::Stopped, |place| place.state),
            config,
            account_id,
            account: account_id.and_then(|id| self.accounts.get(id.index())),
            reconciled: account_id.is_some_and(|id| self.standing(id) == Standing::Reconciled),
            firm_base: self.base_of(LimitScope::Firm),
            market: &self.market,
            state,
            venue,
            holding,
            orders: &self.orders,
            limits: &self.limits,
            bounds: [None; 4],
            added: None,
            windows: &self.windows,
            memory: &self.memory,
            trading_state: TradingState::Halted,
            killed: true,
            journal_writable: self.journal.is_writable(),
            room: replaces.and_then(|open| self.lists.room(&open.order)),
            covered: Vec::new(),
        };
        context.bind();
        self.count_once(&mut context, replaces.and_then(|open| open.order.list));
        context
    }

    /// Of orders in one group that may only reduce the same position, only one can: the largest counts
    /// and the others cost nothing. Their venue sees to it that they take no more than there is.
    fn count_once(&self, context: &mut Context<'_>, list: Option<OrderId>) {
        let request = context.request;
        let (Some(first), Some(peers), true) =
            (list, request.terms.links.peers, request.terms.reduce_only)
        else {
            return;
        };
        let rivals = self.orders.of_list(first).filter(|open| {
            let order = &open.order;
            order.terms.links.peers.map(|peers| peers.group) == Some(peers.group)
                && order.terms.reduce_only
                && order.id != request.id
                && (order.instrument, order.side) == (request.instrument, request.side)
        });
        let (mut sum, mut largest) = (Quantity::ZERO, request.quantity);
        for open in rivals {
            sum = sum.checked_add(open.pending()).unwrap_or(Quantity::MAX);
            largest = largest.max(open.pending());
            context.covered.push(open.locked());
        }
        let on_order = context.holding.on_order_mut(request.side);
        let without = on_order.saturating_sub(sum);
        let with = without.checked_add(largest.saturating_sub(request.quantity));
        *on_order = with.unwrap_or(Quantity::MAX);
    }

    pub(super) fn deny(&mut self, strategy: StrategyId, request: &OrderRequest, code: DenyCode) {
        self.memory.count_denial(code);
        let update = denied(strategy, request, code, self.now);
        let account = self
            .strategies
            .config(strategy)
            .map(|config| config.account);
        let mut order = new_order(strategy, account.unwrap_or_default(), request, self.now);
        order.status = OrderStatus::Denied;
        self.publish(update, order);
    }
}
