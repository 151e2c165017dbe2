//! P16: how much of the account's equity is in one instrument and in one sector, all open orders
//! filled the worst way. The way out stays open.

use crate::input::{ExposureLimits, LimitScope};
use crate::risk::Context;
use crate::valuation;
use model::{DenyCode, Money, Rate};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let limits = context.limits().map(|limits| &limits.exposure);
    let (instrument, sector) = limits.fold((Rate::MAX, Rate::MAX), strictest);
    if (instrument, sector) == (Rate::MAX, Rate::MAX) || context.reduces() {
        return Ok(());
    }
    match is_within(context, instrument, sector) {
        Some(true) => Ok(()),
        Some(false) | None => Err(DenyCode::Concentration),
    }
}

fn strictest((instrument, sector): (Rate, Rate), limits: &ExposureLimits) -> (Rate, Rate) {
    (
        instrument.min(limits.max_instrument_share),
        sector.min(limits.max_sector_share),
    )
}

fn is_within(context: &Context<'_>, instrument: Rate, sector: Rate) -> Option<bool> {
    let (account, scope) = (context.account?, LimitScope::Account(context.account_id?));
    let (market, base) = (context.market, account.config().base_currency);
    let (exposures, state) = (&context.memory.exposures, context.state?);
    let totals = exposures.totals(scope)?;
    let equity = valuation::equity(account, totals, market).ok()?;
    let added = context.added?.gross;
    let quote = state.instrument.quote_currency;
    let own = exposures.gross_in(scope, context.request.instrument)?;
    let own = market.convert(own.checked_add(added).ok()?, quote, base);
    let mut within = is_share(own.ok()??, instrument, equity)?;
    if sector < Rate::MAX {
        // Where a sector may not grow too large, an instrument of an unknown one may not be bought.
        let of = state.sector?;
        let mut all = Money::ZERO;
        for (currency, gross) in totals.sector(of).chain([(quote, added)]) {
            let gross = market.convert(gross, currency, base).ok()??;
            all = all.checked_add(gross).ok()?;
        }
        within &= is_share(all, sector, equity)?;
    }
    Some(within)
}

fn is_share(part: Money, share: Rate, whole: Money) -> Option<bool> {
    if share == Rate::MAX {
        return Some(true);
    }
    Some(whole > Money::ZERO && part <= whole.times(share).ok()?)
}
