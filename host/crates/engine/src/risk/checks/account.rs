//! P26: the account must be known, belong to the instrument's venue, and agree with it where that
//! is outside.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let account = context.account.ok_or(DenyCode::Account)?;
    match context.instrument() {
        Some(instrument) if instrument.venue != account.config().venue => Err(DenyCode::Account),
        Some(_) if !context.reconciled => Err(DenyCode::Account),
        _ => Ok(()),
    }
}
