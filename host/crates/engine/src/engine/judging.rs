//! Orders before the gate: what it may look at, and what becomes of its word.

use super::Engine;
use super::execution::new_order;
use crate::account::Reservation;
use crate::algorithms::{MAX_CHILDREN, Worker, is_within_limit};
use crate::candidate::denied;
use crate::effect::{Standing, StrategyState};
use crate::input::{LimitScope, TradingState};
use crate::orders::OpenOrder;
use crate::risk::{self, Context, Work};
use model::{
    AlgorithmId, DenyCode, Order, OrderId, OrderRequest, OrderStatus, Quantity, StrategyId,
};

/// What an order is to an execution algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing.
    Alone,
    /// It is worked by this one.
    Parent(AlgorithmId),
    /// It is sent by the one that works this parent.
    Child(OrderId),
}

impl Part {
    /// What an open order is.
    fn of(order: &Order) -> Self {
        match (order.algorithm, order.parent) {
            (Some(algorithm), _) => Self::Parent(algorithm),
            (None, Some(parent)) => Self::Child(parent),
            (None, None) => Self::Alone,
        }
    }

    pub(super) fn parent(self) -> Option<OrderId> {
        match self {
            Self::Child(parent) => Some(parent),
            Self::Alone | Self::Parent(_) => None,
        }
    }

    pub(super) fn algorithm(self) -> Option<AlgorithmId> {
        match self {
            Self::Parent(algorithm) => Some(algorithm),
            Self::Alone | Self::Child(_) => None,
        }
    }
}

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
        self.admit_as(strategy, request, list, room, Part::Alone)
    }

    /// The same for parents and children of algorithms.
    pub(super) fn admit_as(
        &mut self,
        strategy: StrategyId,
        request: &OrderRequest,
        list: Option<OrderId>,
        room: Option<Quantity>,
        part: Part,
    ) -> Result<(), DenyCode> {
        let mut request = *request;
        self.size(&mut request)?;
        self.give_position(strategy, &mut request);
        self.take_in_marks();
        let mut context = self.context_as(strategy, &request, None, part);
        context.room = room;
        self.count_once(&mut context, list);
        let worked = part.algorithm().is_some();
        let approval = if !worked && self.must_hold(&request) {
            risk::judge_held(&context)?;
            None
        } else {
            Some(risk::judge(&context)?)
        };
        let facts = self.facts(&context, part.parent(), false);
        self.ask_rules(facts)?;
        self.take_on(strategy, &request, (list, part), approval)
    }

    /// An order for an amount of the quote currency becomes one for a quantity.
    fn size(&self, request: &mut OrderRequest) -> Result<(), DenyCode> {
        if !request.terms.quote_quantity {
            return Ok(());
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
        request.quantity = quantity;
        request.terms.quote_quantity = false;
        Ok(())
    }

    /// What the gate may look at. An order that is open already does not count twice.
    pub(super) fn context<'a>(
        &'a self,
        strategy: StrategyId,
        request: &'a OrderRequest,
        replaces: Option<&'a OpenOrder>,
    ) -> Context<'a> {
        let part = replaces.map_or(Part::Alone, |open| Part::of(&open.order));
        self.context_as(strategy, request, replaces, part)
    }

    fn context_as<'a>(
        &'a self,
        strategy: StrategyId,
        request: &'a OrderRequest,
        replaces: Option<&'a OpenOrder>,
        part: Part,
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
            leg: self.leg_of(strategy, request).copied(),
            legs: self.legs.count(strategy, request.instrument),
            orders: &self.orders,
            limits: &self.limits,
            bounds: [None; 4],
            added: None,
            windows: &self.windows,
            memory: &self.memory,
            trading_state: TradingState::Halted,
            killed: true,
            journal_writable: self.journal_writable && !self.journal.is_lossy(),
            room: replaces.and_then(|open| self.lists.room(&open.order)),
            covered: Vec::new(),
            work: Work::None,
            freed: Reservation::default(),
            behind: Quantity::ZERO,
        };
        self.relate(&mut context, part);
        context.bind();
        self.count_once(&mut context, replaces.and_then(|open| open.order.list));
        context
    }

    /// Counts an order once with its parent or its children: what takes over from the other.
    fn relate(&self, context: &mut Context<'_>, part: Part) {
        match part {
            Part::Alone => {}
            Part::Parent(_) => self.relate_parent(context),
            Part::Child(parent) => self.relate_child(context, parent),
        }
    }

    /// A parent as it would be stands for its children, too.
    fn relate_parent(&self, context: &mut Context<'_>) {
        context.work = Work::Parent;
        let Some(open) = context.replaces else {
            return;
        };
        let id = open.order.id;
        let on_order = context.holding.on_order_mut(context.request.side);
        for child in self.children_of(id) {
            *on_order = on_order.saturating_sub(child.pending());
        }
        context.freed = self.locked_by_children(id, open.reserved);
    }

    /// A child takes over from its parent what it is for.
    fn relate_child(&self, context: &mut Context<'_>, parent: OrderId) {
        let request = context.request;
        context.work = Work::Child {
            room: Quantity::ZERO,
            fits: false,
        };
        let worker = self.algorithms.get(parent);
        let (Some(open), Some(worker)) = (self.orders.get(parent), worker) else {
            return;
        };
        let own = context.replaces;
        let counted = own.map_or(Quantity::ZERO, OpenOrder::pending);
        let uncovered = open.pending();
        let wanted = request.quantity.saturating_sub(counted);
        let taken = wanted.min(uncovered);
        // A child that would shrink gives back what it has to.
        let back = counted.saturating_sub(request.quantity);
        let order = &open.order;
        if (order.instrument, order.side) == (request.instrument, request.side) {
            let on_order = context.holding.on_order_mut(request.side);
            let without = on_order.saturating_sub(taken);
            *on_order = without.checked_add(back).unwrap_or(Quantity::MAX);
            let rest = uncovered.saturating_sub(taken);
            context.behind = rest.checked_add(back).unwrap_or(Quantity::MAX);
            let share = open.reserved.part(taken, uncovered);
            context.freed = share.unwrap_or_default();
        }
        context.work = Work::Child {
            room: self.room_for_child(open, worker, own),
            fits: is_child_of(request, order),
        };
    }

    /// The most a child may be for: what neither is done nor promised by another.
    fn room_for_child(
        &self,
        parent: &OpenOrder,
        worker: &Worker,
        own: Option<&OpenOrder>,
    ) -> Quantity {
        let full = own.is_none() && worker.children.len() >= MAX_CHILDREN;
        if full || worker.ending.is_some() {
            return Quantity::ZERO;
        }
        let order = &parent.order;
        let quantity = worker
            .wanted
            .map_or(order.quantity, |w| w.min(order.quantity));
        let promised = self.promised(order.id);
        let others = promised.saturating_sub(own.map_or(Quantity::ZERO, OpenOrder::left));
        quantity.saturating_sub(order.filled).saturating_sub(others)
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
                && order.terms.position == request.terms.position
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
        self.introduce(update, order);
    }
}

/// Whether a request can be a part of an order.
fn is_child_of(request: &OrderRequest, parent: &Order) -> bool {
    (request.instrument, request.side) == (parent.instrument, parent.side)
        && is_within_limit(&parent.kind, parent.side, &request.kind)
        && (request.terms.reduce_only || !parent.terms.reduce_only)
        && request.terms.links.is_none()
}
