//! P03: the strategy may trade this instrument, this side, at this venue, and for this account. Which person
//! may use which strategy is asked where a request comes in: the engine knows no people.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let permissions = context.config.map(|config| &config.permissions);
    let (permissions, instrument) = permissions
        .zip(context.instrument())
        .ok_or(DenyCode::Permission)?;
    let account = context.account_id.ok_or(DenyCode::Permission)?;
    let request = context.request;
    let allowed = permissions.instruments.allows(&request.instrument)
        && permissions.sides.allows(&request.side)
        && permissions.venues.allows(&instrument.venue)
        && permissions.accounts.allows(&account);
    if allowed {
        Ok(())
    } else {
        Err(DenyCode::Permission)
    }
}
