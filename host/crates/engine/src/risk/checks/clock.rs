//! P25: the market's time is not ahead of the engine's, and data did not take too long to come.

use crate::risk::Context;
use model::{DenyCode, Duration};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let state = context.state.ok_or(DenyCode::Clock)?;
    let ahead = state.ts_event.since(context.now);
    let behind = state.ts_init.since(state.ts_event);
    let within = |most: Duration, found: Duration| found <= most;
    let mut data = context.limits().map(|limits| &limits.data);
    if data.all(|data| within(data.max_ahead, ahead) && within(data.max_behind, behind)) {
        Ok(())
    } else {
        Err(DenyCode::Clock)
    }
}
