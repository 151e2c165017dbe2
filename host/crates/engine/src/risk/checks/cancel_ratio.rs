//! P20: so many cancels and changes for each fill within the window, beyond some that are free.
//! Cancels themselves always pass.

use crate::input::ConductLimits;
use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let mut bound = context
        .limits()
        .map(|limits| &limits.conduct)
        .filter(|conduct| conduct.max_cancels_per_fill < u32::MAX);
    if bound.all(|limits| is_within(context, limits)) {
        Ok(())
    } else {
        Err(DenyCode::CancelRatio)
    }
}

fn is_within(context: &Context<'_>, limits: &ConductLimits) -> bool {
    let conduct = &context.memory.conduct;
    let [cancels, fills] = conduct.churn(context.strategy, context.now, limits.cancel_window);
    // A change is itself one more.
    let cancels =
        u64::from(cancels) + u64::from(context.replaces.is_some_and(|open| !open.is_held()));
    let allowed = u64::from(limits.max_cancels_per_fill) * u64::from(fills);
    cancels <= allowed + u64::from(limits.free_cancels)
}
