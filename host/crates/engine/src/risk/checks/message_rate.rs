//! P19: no more messages in a window than allowed, by one strategy, by all, and by all to one venue.

use crate::input::{LimitScope, Limits};
use crate::risk::Context;
use model::{DenyCode, StrategyId};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let full = |sender: Option<StrategyId>, limits: &Limits| {
        let (most, window) = (limits.max_messages, limits.message_window);
        context.windows.is_full(sender, context.now, most, window)
    };
    let firm = context
        .limits
        .get(LimitScope::Firm)
        .is_none_or(|limits| full(None, limits));
    let own = context
        .limits()
        .any(|limits| full(Some(context.strategy), limits));
    let venue = context.limits().any(|limits| {
        let (most, window) = (limits.max_venue_messages, limits.message_window);
        context.instrument().is_none_or(|instrument| {
            context
                .windows
                .is_venue_full(instrument.venue, context.now, most, window)
        })
    });
    if firm || own || venue {
        Err(DenyCode::MessageRate)
    } else {
        Ok(())
    }
}
