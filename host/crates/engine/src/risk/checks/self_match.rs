//! P23: no order may meet another open order of its account. It would where its worst price reaches
//! the other's; a market order's worst price is the touch, or anything if it is larger than what the
//! touch is known to have.

use crate::market::MarketState;
use crate::risk::{Context, Work};
use model::{DenyCode, OrderRequest, Price, Side};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    if !context.limits().any(|limits| limits.conduct.no_self_match) {
        return Ok(());
    }
    let (request, account) = (
        context.request,
        context.account_id.ok_or(DenyCode::SelfMatch)?,
    );
    // What waits for a trigger meets nobody yet, and what an algorithm works nobody ever.
    if request.kind.waits() || context.work == Work::Parent {
        return Ok(());
    }
    let own = context.replaces.map(|open| open.order.id);
    let resting = &context.memory.resting;
    let other = resting.best(account, request.instrument, request.side.opposite(), own);
    let Some(other) = other else {
        return Ok(());
    };
    let worst = context.state.and_then(|state| worst_price(state, request));
    let apart = worst.is_some_and(|worst| match request.side {
        Side::Buy => worst < other,
        Side::Sell => worst > other,
    });
    if apart {
        Ok(())
    } else {
        Err(DenyCode::SelfMatch)
    }
}

/// The worst price at which the order may trade; `None` when that may be any.
fn worst_price(state: &MarketState, request: &OrderRequest) -> Option<Price> {
    if let Some(price) = request.kind.price() {
        return Some(price);
    }
    let quote = state.quote?;
    let (touch, size) = match request.side {
        Side::Buy => (quote.ask, quote.ask_size),
        Side::Sell => (quote.bid, quote.bid_size),
    };
    (size.is_zero() || request.quantity <= size).then_some(touch)
}
