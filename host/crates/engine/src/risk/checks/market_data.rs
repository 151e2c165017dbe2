//! P24: the latest event was possible, its source reports no gap, and the price is fresh.

use crate::risk::Context;
use model::{DenyCode, Duration};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let state = context.state.ok_or(DenyCode::MarketData)?;
    let ages = context.limits().map(|limits| limits.data.max_age);
    let max_age = ages.min().unwrap_or(Duration::MAX);
    let age = state.priced_at().map(|at| context.now.since(at));
    let fresh = max_age == Duration::MAX || age.is_some_and(|age| age <= max_age);
    if fresh && state.flaw.is_none() && !state.book_lost {
        Ok(())
    } else {
        Err(DenyCode::MarketData)
    }
}
