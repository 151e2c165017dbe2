//! P15: gross and net exposure of strategy, account and firm, all open orders filled the worst way.
//! The way out stays open.

use crate::input::LimitScope;
use crate::risk::{Bound, Context};
use model::{DenyCode, Money};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let mut bounds = context.bounds().filter(|bound| binds(bound));
    if bounds.all(|bound| is_within(context, bound)) || context.reduces() {
        Ok(())
    } else {
        Err(DenyCode::Exposure)
    }
}

fn binds(bound: &Bound<'_>) -> bool {
    let sums = !matches!(bound.scope, LimitScope::Instrument(_));
    sums && bound.limits.exposure.bind_sums()
}

fn is_within(context: &Context<'_>, bound: &Bound<'_>) -> bool {
    let Some(sum) = context.exposure_with(bound.scope) else {
        return false;
    };
    let limits = &bound.limits.exposure;
    let net = bound.money(limits.max_net);
    let lowest = net.negated().unwrap_or(Money::MIN);
    sum.gross <= bound.money(limits.max_gross) && sum.up <= net && sum.down >= lowest
}
