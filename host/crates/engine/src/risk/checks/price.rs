//! P06: every price of the order must be positive and on the tick grid.

use crate::risk::Context;
use model::{DenyCode, Price};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let instrument = context.instrument().ok_or(DenyCode::Instrument)?;
    let fits = |price: Price| price > Price::ZERO && price.is_on_grid(instrument.tick);
    let kind = context.request.kind;
    let hold = context.request.terms.hold;
    let triggers = [kind.trigger(), hold].into_iter().flatten();
    let activation = kind.trail().and_then(|trail| trail.activation);
    let mut prices = triggers.map(|trigger| trigger.price).chain(kind.price());
    if prices.all(fits) && activation.is_none_or(fits) {
        Ok(())
    } else {
        Err(DenyCode::Price)
    }
}
