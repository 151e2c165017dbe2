//! The kill switch from outside: what a running host is asked, and the drill.

mod drill;

pub use crate::client::Client;
pub use drill::{Extent, Measured, drill};

use anyhow::Result;
use serde_json::json;
use services::handle::ScopeName;

impl Client {
    /// Sets the kill latch of a scope.
    ///
    /// # Errors
    /// When the host does not answer or refuses.
    pub fn kill(&self, scope: &ScopeName) -> Result<()> {
        let body = json!({ "scope": scope.to_string() });
        self.post("/risk/kill", &body)?.succeeded().map(drop)
    }

    /// Clears the kill latch of a scope.
    ///
    /// # Errors
    /// When the host does not answer or refuses, as it does while the kill file is there.
    pub fn clear(&self, scope: &ScopeName) -> Result<()> {
        // Symbols have slashes, which the route takes as they are.
        let answer = self.delete(&format!("/risk/kill/{scope}"))?;
        answer.succeeded().map(drop)
    }
}
