//! P11: no order above the largest value allowed, and none whose value is not known.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let notional = super::conversion::notional(context).ok_or(DenyCode::MaxNotional)??;
    if context
        .bounds()
        .all(|bound| notional <= bound.money(bound.limits.max_order_notional))
    {
        Ok(())
    } else {
        Err(DenyCode::MaxNotional)
    }
}
