//! The pre-trade gate. Every order passes all controls, in order, or is denied with the code of the
//! first that objects. Only this module can build an [`Approved`] order, and only approved orders
//! reach a venue.
//!
//! One file per control under `checks/`; [`CHECKS`] is the table of them.

mod approval;
mod checks;
mod context;
mod limits;
mod windows;

pub(crate) use approval::Approved;
use checks::CHECKS;
pub(crate) use checks::buying_power::initial_margin;
pub(crate) use context::Context;
pub use limits::LimitBook;
pub(crate) use windows::Windows;

use crate::input::TradingState;
use model::DenyCode;

/// A control: nothing when the order may pass.
pub(crate) type Check = fn(&Context<'_>) -> Result<(), DenyCode>;

/// Controls that ask about the present: a held order answers to them when it is sent.
const ON_SENDING: [DenyCode; 2] = [DenyCode::MaxPosition, DenyCode::MarketData];

/// Judges an order that the host holds for now. It is judged again, by all controls, when sent.
pub(crate) fn judge_held(context: &Context<'_>) -> Result<(), DenyCode> {
    let now = CHECKS.iter().filter(|(code, _)| !ON_SENDING.contains(code));
    for (code, check) in now {
        // A protecting order reduces a position that is not there yet.
        let waits = *code == DenyCode::TradingState && context.request.terms.reduce_only;
        if !waits || context.trading_state == TradingState::Halted {
            check(context)?;
        }
    }
    Ok(())
}

/// Judges a change that only takes quantity away: less risk must always be possible, on the grid.
pub(crate) fn judge_decrease(context: &Context<'_>) -> Result<(), DenyCode> {
    let instrument = context.instrument().ok_or(DenyCode::Instrument)?;
    if context.request.quantity.is_on_grid(instrument.lot) {
        Ok(())
    } else {
        Err(DenyCode::Quantity)
    }
}

/// Judges an order. The approval also says how much money to hold back for it.
pub(crate) fn judge(context: &Context<'_>) -> Result<Approved, DenyCode> {
    for (_, check) in CHECKS {
        check(context)?;
    }
    let reservation = checks::buying_power::reserve(context)?;
    Ok(Approved::new(
        *context.request,
        context.sequence,
        reservation,
    ))
}
