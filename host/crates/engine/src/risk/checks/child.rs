//! P30: orders of a list that close what their parent opens may not close more than it opens, and an
//! algorithm's orders may not do more than their parent, or anything else.

use crate::risk::{Context, Work};
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let quantity = context.request.quantity;
    let within = match context.work {
        Work::Child { room, fits } => fits && quantity <= room,
        Work::Parent | Work::None => true,
    };
    if within && context.room.is_none_or(|room| quantity <= room) {
        Ok(())
    } else {
        Err(DenyCode::Child)
    }
}
