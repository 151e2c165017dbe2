//! P30: orders of a list that close what their parent opens may not close more than it opens, what
//! closes a named position may not close more than is left of it, and an algorithm's orders may not
//! do more than their parent, or anything else.

use crate::risk::{Context, Work};
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let quantity = context.request.quantity;
    let within = match context.work {
        Work::Child { room, fits } => fits && quantity <= room,
        Work::Parent | Work::None => true,
    };
    if within && within_position(context) && context.room.is_none_or(|room| quantity <= room) {
        Ok(())
    } else {
        Err(DenyCode::Child)
    }
}

/// Whether the position that the order names is there, and large enough for what closes it. What may
/// only reduce is cut to size at its venue, and what waits for its parent is bound by that.
fn within_position(context: &Context<'_>) -> bool {
    let terms = &context.request.terms;
    if context.hedging().is_none() || context.opens_leg() {
        return true;
    }
    let Some(leg) = context.leg else {
        return false;
    };
    let cut = terms.reduce_only || terms.links.parent.is_some();
    let left = leg.state.quantity.magnitude();
    !context.closes_leg() || cut || left.is_ok_and(|left| context.request.quantity <= left)
}
