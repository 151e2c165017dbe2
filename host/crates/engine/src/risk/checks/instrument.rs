//! P04: the instrument must be known, open to orders, and not expired.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    match context.instrument() {
        Some(instrument) if instrument.is_tradable(context.now) => Ok(()),
        _ => Err(DenyCode::Instrument),
    }
}
