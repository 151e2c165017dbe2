//! P10: no order above the largest quantity allowed.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let quantity = context.request.quantity;
    if context
        .bounds()
        .all(|bound| quantity <= bound.quantity(bound.limits.max_order_quantity))
    {
        Ok(())
    } else {
        Err(DenyCode::MaxQuantity)
    }
}
