//! P21: none of the latest intents again, and the same order not again within the window.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    // A change of an order, or its release, is the same intent and not a second one.
    if context.replaces.is_some() {
        return Ok(());
    }
    let duplicate = context.limits().any(|limits| {
        context.windows.is_duplicate(
            context.strategy,
            context.now,
            context.request,
            limits.duplicate_window,
        )
    });
    if duplicate {
        Err(DenyCode::Duplicate)
    } else {
        Ok(())
    }
}
