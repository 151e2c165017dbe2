//! P27: no position below zero where short sales are not allowed, none further below than what is located
//! for the account where that is required, and no position opened that could become one day trade too
//! many. What closes a position always passes.

use crate::input::ShortLimits;
use crate::risk::Context;
use crate::risk::shorts::short_with;
use model::{DenyCode, Side};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let mut bound = context.limits().map(|limits| &limits.short);
    let fits = |limits: &ShortLimits| {
        !sells_short(context, limits)
            && !lacks_locate(context, limits)
            && !trades_too_often(context, limits)
    };
    if bound.all(fits) {
        Ok(())
    } else {
        Err(DenyCode::ShortSale)
    }
}

fn sells_short(context: &Context<'_>, limits: &ShortLimits) -> bool {
    let request = context.request;
    if !limits.no_short_sale || request.side == Side::Buy {
        return false;
    }
    if context.hedging().is_some() {
        // What does not close a long opens a short, whatever is held besides.
        return !context.closes_leg();
    }
    let worst = context.holding.worst_case(Side::Sell, request.quantity);
    worst.map_or(true, |worst| worst.is_short())
}

/// Whether the account would be short of more than is located for it, all its open orders filled.
fn lacks_locate(context: &Context<'_>, limits: &ShortLimits) -> bool {
    let request = context.request;
    if !limits.locate_required || request.side == Side::Buy {
        return false;
    }
    if context.hedging().is_some() {
        // What longs and shorts come to is not what was sold short.
        return !context.closes_leg();
    }
    let own = short_with(&context.holding, request.quantity);
    if own == 0 {
        return false;
    }
    let (shorts, instrument) = (&context.memory.shorts, request.instrument);
    let Some(account) = context.account_id.filter(|_| shorts.are_kept()) else {
        return true;
    };
    let beside = shorts.beside(account, (context.strategy, instrument));
    beside + own > i128::from(context.limits.located(account, instrument).raw())
}

fn trades_too_often(context: &Context<'_>, limits: &ShortLimits) -> bool {
    if limits.max_day_trades == u32::MAX || context.reduces() {
        return false;
    }
    let Some(account) = context.account_id else {
        return true;
    };
    let place = (context.strategy, context.request.instrument);
    let trades = &context.memory.day_trades;
    trades.possible(account, place, limits.day_trade_days, context.now) >= limits.max_day_trades
}
