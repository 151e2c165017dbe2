//! P12: the order is at most a share of what trades on an average day, and, where it takes
//! liquidity, of the size at the touch and of what the order book shows up to its limit. What is not
//! known is too little.

use crate::market::MarketState;
use crate::risk::{Context, Work};
use model::{DenyCode, OrderRequest, Quantity, Rate, Side};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let state = context.state.ok_or(DenyCode::Participation)?;
    let (request, mut limits) = (context.request, context.limits());
    // What an algorithm works takes from the book in parts, each of which is asked.
    let in_parts = context.work == Work::Parent;
    let small = limits.all(|limits| {
        let limits = &limits.volume;
        let day = || state.average_volume;
        let touch = || touch_size(state, request.side);
        let depth = || depth_size(context);
        is_share(request.quantity, limits.max_day_share, day)
            && (in_parts
                || !takes(state, request)
                || (is_share(request.quantity, limits.max_book_share, touch)
                    && is_share(request.quantity, limits.max_depth_share, depth)))
    });
    if small {
        Ok(())
    } else {
        Err(DenyCode::Participation)
    }
}

fn is_share(part: Quantity, share: Rate, whole: impl FnOnce() -> Option<Quantity>) -> bool {
    if share == Rate::MAX {
        return true;
    }
    let (part, scale) = (i128::from(part.raw()), i128::from(Rate::SCALE));
    whole().is_some_and(|whole| part * scale <= i128::from(whole.raw()) * i128::from(share.raw()))
}

/// Whether the order would take what the other side offers now.
fn takes(state: &MarketState, request: &OrderRequest) -> bool {
    let touch = state.reference(request.side);
    match (request.kind.price().zip(touch), request.side) {
        _ if request.terms.post_only => false,
        (None, _) => true,
        (Some((price, touch)), Side::Buy) => price >= touch,
        (Some((price, touch)), Side::Sell) => price <= touch,
    }
}

/// The size an order of `side` would take from; `None` where the source gives none.
fn touch_size(state: &MarketState, side: Side) -> Option<Quantity> {
    let size = state.quote.map(|quote| match side {
        Side::Buy => quote.ask_size,
        Side::Sell => quote.bid_size,
    });
    size.filter(|size| !size.is_zero())
}

/// What the order book shows at the order's limit or better; `None` where no book is kept, or it is lost.
fn depth_size(context: &Context<'_>) -> Option<Quantity> {
    let request = context.request;
    let depth = context.venue?.depth(request.instrument)?;
    depth.shown_to(request.side, request.kind.price())
}
