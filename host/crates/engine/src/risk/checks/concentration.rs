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
    let totals = context.memory.exposures.totals(scope)?;
    let equity = valuation::equity(account, totals, market).ok()?;
    let projected = context.projected(scope)?;
    let state = context.state?;
    let quote = state.instrument.quote_currency;
    let own = market.convert(projected.after.gross, quote, base).ok()??;
    let mut within = is_share(own, instrument, equity)?;
    if sector < Rate::MAX {
        // An instrument without a sector is in none that could grow too large.
        if let Some(of) = state.sector {
            let all = projected.sector(of, market, base).ok()??;
            within &= is_share(all, sector, equity)?;
        }
    }
    Some(within)
}

fn is_share(part: Money, share: Rate, whole: Money) -> Option<bool> {
    if share == Rate::MAX {
        return Some(true);
    }
    Some(whole > Money::ZERO && part <= whole.times(share).ok()?)
}
