//! P01: halted, nothing leaves; reducing, only orders that bring a position nearer to zero.

use crate::input::TradingState;
use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let may_pass = match context.trading_state {
        TradingState::Active => true,
        TradingState::Reducing => context.reduces(),
        TradingState::Halted => false,
    };
    if may_pass {
        Ok(())
    } else {
        Err(DenyCode::TradingState)
    }
}
