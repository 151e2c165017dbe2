//! P14: were all open orders filled, no position may exceed its limit, unless the order reduces it.

use crate::legs::MAX_LEGS;
use crate::risk::{Bound, Context};
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let request = context.request;
    let on_order = context.holding.on_order(request.side);
    // What is on order must stay countable, also where it reduces the largest of positions.
    on_order
        .checked_add(request.quantity)
        .map_err(|_| DenyCode::MaxPosition)?;
    if context.opens_leg() && context.leg.is_none() && context.legs >= MAX_LEGS {
        return Err(DenyCode::MaxPosition);
    }
    if context.reduces() {
        return Ok(());
    }
    let worst = context
        .holding
        .worst_case(request.side, request.quantity)
        .and_then(model::SignedQuantity::magnitude)
        .map_err(|_| DenyCode::MaxPosition)?;
    let within = |bound: &Bound<'_>| worst <= bound.quantity(bound.limits.max_position);
    if context.bounds().all(within) {
        Ok(())
    } else {
        Err(DenyCode::MaxPosition)
    }
}
