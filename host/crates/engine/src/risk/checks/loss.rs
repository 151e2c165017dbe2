//! P18: losses of strategy, account and firm, since midnight, within the window and from the best.
//! The way out stays open.

use crate::input::LimitScope;
use crate::risk::{Bound, Context};
use crate::valuation;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let mut bounds = context.bounds().filter(|bound| binds(bound));
    if bounds.all(|bound| is_within(context, bound).unwrap_or(false)) || context.reduces() {
        Ok(())
    } else {
        Err(DenyCode::Loss)
    }
}

fn binds(bound: &Bound<'_>) -> bool {
    !matches!(bound.scope, LimitScope::Instrument(_)) && bound.limits.loss.bind()
}

/// `None` when the loss is not known.
fn is_within(context: &Context<'_>, bound: &Bound<'_>) -> Option<bool> {
    let (memory, scope) = (context.memory, bound.scope);
    let totals = memory.exposures.totals(scope)?;
    let gain = valuation::gain(totals, context.market, context.base(scope)?).ok()?;
    let losses = memory.losses.get(scope)?;
    let lost = losses.measures(gain, context.now).ok()?;
    let most = &bound.limits.loss;
    Some(
        lost.daily < most.max_daily
            && lost.rolling < most.max_rolling
            && lost.drawdown < most.max_drawdown,
    )
}
