//! P04: the instrument must be known, open to orders, not expired, not halted, and in session. Between
//! sessions only orders for the next auction pass.

use crate::risk::Context;
use model::{DenyCode, Instrument};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let halted = context.state.is_none_or(|state| state.halted);
    match context.instrument() {
        Some(instrument)
            if !halted
                && instrument.is_tradable(context.now)
                && in_session(context, instrument) =>
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
