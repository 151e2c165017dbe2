//! P09: the market itself moved at most so much within the window. The way out stays open.

use crate::risk::Context;
use model::{DenyCode, Rate};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let mut bound = context
        .limits()
        .map(|limits| &limits.price)
        .filter(|price| price.max_drift < Rate::MAX);
    let ranges = &context.memory.ranges;
    let calm = bound.all(|price| {
        let moved = ranges.moved(context.request.instrument, price.drift_window, context.now);
        moved.is_some_and(|moved| moved <= price.max_drift)
    });
    if calm || context.reduces() {
        Ok(())
    } else {
        Err(DenyCode::PriceDrift)
    }
}
