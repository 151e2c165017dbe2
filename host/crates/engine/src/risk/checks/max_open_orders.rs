//! P13: no more open orders than allowed, for the firm, the account, the strategy, the instrument.

use crate::input::LimitScope;
use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let orders = context.orders;
    let instrument = context.request.instrument;
    let account = context.account_id.ok_or(DenyCode::Account)?;
    let firm = u32::try_from(orders.len()).unwrap_or(u32::MAX);
    let counts = [
        (LimitScope::Firm, firm),
        (LimitScope::Account(account), orders.of_account(account)),
        (
            LimitScope::Strategy(context.strategy),
            orders.of_strategy(context.strategy),
        ),
        (
            LimitScope::Instrument(instrument),
            orders.of_instrument(instrument),
        ),
    ];
    let own = u32::from(context.replaces.is_some());
    let full = counts.into_iter().any(|(scope, count)| {
        let count = count.saturating_sub(own);
        context
            .limits
            .get(scope)
            .is_some_and(|limits| count >= limits.max_open_orders)
    });
    if full {
        Err(DenyCode::MaxOpenOrders)
    } else {
        Ok(())
    }
}
