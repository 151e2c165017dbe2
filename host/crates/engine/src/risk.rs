//! The pre-trade gate. Every order passes all controls, in order, or is denied with the code of the
//! first that objects. Only this module can build an [`Approved`] order, and only approved orders
//! reach a venue.
//!
//! One file per control under `checks/`; [`checks::CONTROLS`] is the table of them. What they look
//! at is kept up to date elsewhere: nothing here sums over orders, holdings or instruments.

mod approval;
mod checks;
mod conduct;
mod context;
mod control;
mod day_trades;
mod levels;
mod limits;
mod losses;
mod memory;
mod ranges;
mod resting;
mod scaling;
mod shorts;
mod windows;

pub(crate) use approval::Approved;
use checks::CONTROLS;
pub(crate) use checks::buying_power::initial_margin;
pub(crate) use context::{Context, Work};
use control::Subject;
pub use control::{Control, controls, documented};
pub(crate) use day_trades::Change;
pub(crate) use levels::{Step, share_of};
pub use limits::LimitBook;
pub(crate) use limits::MOST_WINDOWS;
pub(crate) use memory::Memory;
pub(crate) use resting::Resting;
pub(crate) use scaling::Bound;
pub(crate) use shorts::Shorts;
pub(crate) use windows::{Way, Windows};

use crate::input::TradingState;
use crate::orders::OpenOrder;
use model::DenyCode;

/// A control: nothing when the order may pass.
pub(crate) type Check = fn(&Context<'_>) -> Result<(), DenyCode>;

/// Controls that ask about who sends an order, and passed when it was handed in: a stop that the host
/// holds must work like one at the venue, also while its strategy is paused.
const ON_ASKING: [DenyCode; 2] = [DenyCode::StrategyState, DenyCode::CancelRatio];

/// Controls that ask about who wants an order, and whether he wants it twice. Of children their parent
/// was asked: an order at work goes on like one at a venue, also while its strategy is paused, and
/// its slices are alike by design.
const OF_PARENTS: [DenyCode; 2] = [DenyCode::StrategyState, DenyCode::Duplicate];

/// Judges an order that the host holds for now. It is judged again, by all controls, when sent.
pub(crate) fn judge_held(context: &Context<'_>) -> Result<(), DenyCode> {
    let now = CONTROLS.iter();
    for control in now.filter(|control| control.subject == Subject::Order) {
        // A protecting order reduces a position that is not there yet.
        let child = matches!(context.work, Work::Child { .. });
        if child && OF_PARENTS.contains(&control.code) {
            continue;
        }
        let waits = control.code == DenyCode::TradingState && context.request.terms.reduce_only;
        if !waits || context.trading_state == TradingState::Halted {
            (control.check)(context)?;
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

/// Controls that bind an order which closes a position for an account that is being liquidated. No
/// limit keeps an account in what it cannot carry; a kill does, and what makes orders senseless.
const OF_LIQUIDATION: [DenyCode; 6] = [
    DenyCode::Latch,
    DenyCode::Account,
    DenyCode::Instrument,
    DenyCode::Quantity,
    DenyCode::Unsupported,
    DenyCode::MarketData,
];

/// Judges an order that closes a position for an account that is being liquidated. It may leave while
/// the account is halted, and must bring the position nearer to zero.
pub(crate) fn judge_liquidation(context: &Context<'_>) -> Result<Approved, DenyCode> {
    judge_closing(context, context.reduces())
}

/// Judges an order that closes a position of a broken strategy, one of several included. It is bound by
/// what binds a liquidation.
pub(crate) fn judge_flattening(context: &Context<'_>) -> Result<Approved, DenyCode> {
    judge_closing(context, context.reduces() || context.closes_leg())
}

fn judge_closing(context: &Context<'_>, closes: bool) -> Result<Approved, DenyCode> {
    let binding = CONTROLS
        .iter()
        .filter(|control| OF_LIQUIDATION.contains(&control.code));
    for control in binding {
        (control.check)(context)?;
    }
    if !closes {
        return Err(DenyCode::TradingState);
    }
    Ok(Approved::of_liquidation(*context.request, context.sequence))
}

/// Judges an order. The approval also says how much money to hold back for it.
pub(crate) fn judge(context: &Context<'_>) -> Result<Approved, DenyCode> {
    let [before @ .., _] = &CONTROLS;
    let held = context.replaces.is_some_and(OpenOrder::is_held);
    let child = matches!(context.work, Work::Child { .. });
    for control in before {
        let passed = held && ON_ASKING.contains(&control.code);
        let of_parent = child && OF_PARENTS.contains(&control.code);
        if !passed && !of_parent {
            (control.check)(context)?;
        }
    }
    // The last control also says how much to hold back.
    let reservation = checks::buying_power::reserve(context)?;
    Ok(Approved::new(
        *context.request,
        context.sequence,
        reservation,
    ))
}
