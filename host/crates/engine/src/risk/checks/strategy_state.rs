//! P02: only a running strategy may trade.

use crate::effect::StrategyState;
use crate::risk::Context;
use model::DenyCode;

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    match context.strategy_state {
        StrategyState::Running => Ok(()),
        StrategyState::Paused | StrategyState::Stopped | StrategyState::Error => {
            Err(DenyCode::StrategyState)
        }
    }
}
