//! P28: the order's value must be computable, and convertible to the account's base currency.

use crate::risk::Context;
use model::{AccountKind, DenyCode, Money};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    // Without any price there is nothing to compute; the notional control denies that.
    let Some(notional) = notional(context).transpose()? else {
        return Ok(());
    };
    let (Some(instrument), Some(account)) = (context.instrument(), context.account) else {
        return Err(DenyCode::Conversion);
    };
    if account.config().kind == AccountKind::Cash {
        return Ok(());
    }
    let (from, to) = (instrument.quote_currency, account.config().base_currency);
    match context.market.convert(notional, from, to) {
        Ok(Some(_)) => Ok(()),
        Ok(None) | Err(_) => Err(DenyCode::Conversion),
    }
}

/// The value of the order in the quote currency; `None` when no price is known.
pub(super) fn notional(context: &Context<'_>) -> Option<Result<Money, DenyCode>> {
    let instrument = context.instrument()?;
    let price = context.valuation()?;
    let value = price.notional(context.request.quantity, instrument.multiplier);
    Some(
        value
            .and_then(Money::magnitude)
            .map_err(|_| DenyCode::Conversion),
    )
}
