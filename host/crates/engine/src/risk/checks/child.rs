//! P30: orders of a list that close what their parent opens may not close more than it opens.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    if context
        .room
        .is_none_or(|room| context.request.quantity <= room)
    {
        Ok(())
    } else {
        Err(DenyCode::Child)
    }
}
