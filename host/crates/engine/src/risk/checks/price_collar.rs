//! P08: the order's worst price is at most so much worse than its reference. A limit order's worst
//! price is its limit, a market order's the touch; the reference is the midpoint or the last trade,
//! for an order that waits its trigger, where the market will be by then.

use crate::risk::Context;
use model::{DenyCode, OrderKind, Price, Rate, Side};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let shares = context.limits().map(|limits| limits.price.max_distance);
    let share = shares.min().unwrap_or(Rate::MAX);
    if share == Rate::MAX {
        return Ok(());
    }
    let (reference, worst) = prices(context).ok_or(DenyCode::PriceCollar)?;
    if is_within(reference, worst, context.request.side, share) {
        Ok(())
    } else {
        Err(DenyCode::PriceCollar)
    }
}

/// The reference and the worst price.
fn prices(context: &Context<'_>) -> Option<(Price, Price)> {
    let (state, request) = (context.state?, context.request);
    if let OrderKind::TrailingStopLimit { limit, .. } = request.kind {
        let mark = state.mark()?;
        let worst = limit.away(mark, state.instrument.tick, request.side).ok()?;
        return Some((mark, worst));
    }
    let trigger = request.kind.trigger().map(|trigger| trigger.price);
    let reference = trigger.or(state.mark())?;
    let touch = trigger.or(state.reference(request.side));
    Some((reference, request.kind.price().or(touch)?))
}

fn is_within(reference: Price, worst: Price, side: Side, share: Rate) -> bool {
    let (reference, worst) = (i128::from(reference.raw()), i128::from(worst.raw()));
    let worse = match side {
        Side::Buy => worst - reference,
        Side::Sell => reference - worst,
    };
    let scale = i128::from(Rate::SCALE);
    reference > 0 && worse * scale <= reference * i128::from(share.raw())
}
