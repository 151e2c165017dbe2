//! P29: nothing new leaves while the kill latch is set, the venue is away, or the journal fails.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let open = !context.killed && context.venue_connected && context.journal_writable;
    if open { Ok(()) } else { Err(DenyCode::Latch) }
}
