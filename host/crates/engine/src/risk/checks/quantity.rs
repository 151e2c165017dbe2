//! P05: the quantity must be positive, on the lot grid, and within the venue's range.

use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let instrument = context.instrument().ok_or(DenyCode::Instrument)?;
    let quantity = context.request.quantity;
    let fits = !quantity.is_zero()
        && quantity.is_on_grid(instrument.lot)
        && quantity >= instrument.min_quantity
        && quantity <= instrument.max_quantity;
    if fits {
        Ok(())
    } else {
        Err(DenyCode::Quantity)
    }
}
