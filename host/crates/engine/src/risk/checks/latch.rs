//! P29: nothing new leaves while the kill latch is set, the venue is away, or the journal fails.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    // An unknown instrument has no venue; the instrument control names that better.
    let connected = context
        .venue
        .is_none_or(crate::exchange::Exchange::is_connected);
    let open = !context.killed && connected && context.journal_writable;
    if open { Ok(()) } else { Err(DenyCode::Latch) }
}
