//! P06: a limit or trigger price must be positive and on the tick grid.

use crate::risk::Context;
use model::{DenyCode, Price};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let instrument = context.instrument().ok_or(DenyCode::Instrument)?;
    let fits = |price: Price| price > Price::ZERO && price.is_on_grid(instrument.tick);
    let kind = context.request.kind;
    if kind.price().is_none_or(fits) && kind.trigger().is_none_or(|trigger| fits(trigger.price)) {
        Ok(())
    } else {
        Err(DenyCode::Price)
    }
}
