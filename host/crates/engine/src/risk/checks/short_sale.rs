//! P27: no position below zero where short sales are not allowed, and no position opened that could
//! become one day trade too many. What closes a position always passes.

use crate::input::ShortLimits;
use crate::risk::Context;
use model::{DenyCode, Side};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let mut bound = context.limits().map(|limits| &limits.short);
    if bound.all(|limits| !sells_short(context, limits) && !trades_too_often(context, limits)) {
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
