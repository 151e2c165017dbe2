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

use model::DenyCode;

/// A control: nothing when the order may pass.
pub(crate) type Check = fn(&Context<'_>) -> Result<(), DenyCode>;

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
