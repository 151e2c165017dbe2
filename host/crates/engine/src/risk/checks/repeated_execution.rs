//! P22: a strategy that executed the same order again and again trades no more until somebody lets
//! it. The count is kept, and the latch set, where fills come in.

use crate::input::LimitScope;
use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let level = context
        .memory
        .levels
        .of(LimitScope::Strategy(context.strategy));
    if level.repeated {
        Err(DenyCode::RepeatedExecution)
    } else {
        Ok(())
    }
}
