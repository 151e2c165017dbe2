//! State that a part of the engine gives away as bytes, and takes in a fresh instance.

use crate::{Fault, SavedState};

/// A model or a rule whose state can be kept in a snapshot of the engine. One that is not is still good
/// for trading; but while it is in place no snapshot can be taken.
pub trait Stateful {
    /// All it keeps between calls. Must not change anything.
    ///
    /// # Errors
    /// It broke.
    fn save(&mut self) -> Result<SavedState, Fault>;

    /// Takes state that another instance of the same kind, made alike, saved. Called once, before
    /// anything else.
    ///
    /// # Errors
    /// It cannot be that instance again.
    fn load(&mut self, state: &SavedState) -> Result<(), Fault>;
}
