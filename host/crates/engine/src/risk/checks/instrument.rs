//! P04: the instrument must be known, open to orders, not expired, and in session. Between sessions
//! only orders for the next auction pass.

use crate::risk::Context;
use model::{DenyCode, Instrument};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    match context.instrument() {
        Some(instrument)
            if instrument.is_tradable(context.now) && in_session(context, instrument) =>
        {
            Ok(())
        }
        _ => Err(DenyCode::Instrument),
    }
}

fn in_session(context: &Context<'_>, instrument: &Instrument) -> bool {
    let auction = context.request.time_in_force.is_auction();
    auction || instrument.is_in_session(context.now)
}
