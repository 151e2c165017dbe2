//! Orders of hedging accounts and the positions they name: an order that names none opens one of its
//! own, and one that closes what another order of its list opens closes that.

use super::Engine;
use crate::legs::Leg;
use model::{
    Fill, HedgeMargin, Order, OrderRequest, PositionChange, PositionId, PositionUpdate, StrategyId,
    Timestamp,
};

impl Engine {
    /// What margin a strategy's account asks for its positions; `None` where it nets them.
    pub(super) fn hedging(&self, strategy: StrategyId) -> Option<HedgeMargin> {
        let account = self.strategies.config(strategy)?.account;
        let account = self.accounts.get(account.index())?;
        account.config().hedging
    }

    /// Names the position that an order opens, where it names none.
    pub(super) fn give_position(&self, strategy: StrategyId, request: &mut OrderRequest) {
        if self.hedging(strategy).is_some() {
            let own = PositionId::opened_by(request.id);
            request.terms.position.get_or_insert(own);
        }
    }

    /// An order of a list with the position that it closes of its parent, which is taken on already.
    pub(super) fn beside_parent(
        &self,
        requests: &[OrderRequest],
        at: &OrderRequest,
    ) -> OrderRequest {
        let mut request = *at;
        let parent = request.terms.links.parent.map(usize::from);
        let parent = parent.and_then(|place| requests.get(place));
        let parent = parent.and_then(|parent| self.orders.get(parent.id));
        if let Some(parent) = parent.map(|open| open.order)
            && parent.instrument == request.instrument
            && parent.side != request.side
            && request.terms.position.is_none()
        {
            request.terms.position = parent.terms.position;
        }
        request
    }

    /// The position that an order names, if it is known.
    pub(super) fn leg_of(&self, strategy: StrategyId, request: &OrderRequest) -> Option<&Leg> {
        let position = request.terms.position?;
        self.legs.get(strategy, request.instrument, position)
    }

    pub(super) fn join_leg(&mut self, order: &Order) {
        if let Some(position) = order.terms.position {
            let place = (order.strategy, order.instrument);
            self.legs.join(place, position, order.side);
        }
    }

    pub(super) fn leave_leg(&mut self, order: &Order) {
        if let Some(position) = order.terms.position {
            let place = (order.strategy, order.instrument);
            self.legs.leave(place, position);
        }
    }

    /// The position that a fill belongs to, as news.
    pub(super) fn leg_update(&self, fill: &Fill, ts_event: Timestamp) -> Option<PositionUpdate> {
        let position = fill.position?;
        let leg = self.legs.get(fill.strategy, fill.instrument, position)?;
        Some(PositionUpdate {
            strategy: fill.strategy,
            instrument: fill.instrument,
            position: Some(position),
            change: PositionChange::Fill,
            state: leg.state,
            ts_event,
        })
    }
}
