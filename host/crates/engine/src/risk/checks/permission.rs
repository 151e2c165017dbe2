//! P03: the strategy may trade this instrument, this side, and at this venue.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let permissions = context.config.map(|config| &config.permissions);
    let (permissions, instrument) = permissions
        .zip(context.instrument())
        .ok_or(DenyCode::Permission)?;
    let request = context.request;
    let allowed = permissions.instruments.allows(&request.instrument)
        && permissions.sides.allows(&request.side)
        && permissions.venues.allows(&instrument.venue);
    if allowed {
        Ok(())
    } else {
        Err(DenyCode::Permission)
    }
}
