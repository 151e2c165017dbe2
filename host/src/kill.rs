//! The kill switch from outside: what a running host is asked, and the drill.

mod drill;

pub use crate::client::Client;
pub use drill::{Extent, Measured, drill};

use crate::client::Request;
use anyhow::Result;
use serde_json::json;
use services::handle::ScopeName;

/// What sets the kill latch of a scope.
pub(crate) fn killing(scope: &ScopeName) -> Request {
    let body = json!({ "scope": scope.to_string() });
    Request::post("/risk/kill".to_owned(), body)
}

/// What clears the kill latch of a scope.
pub(crate) fn clearing(scope: &ScopeName) -> Request {
    // Symbols have slashes, which the route takes as they are.
    Request::delete(format!("/risk/kill/{scope}"))
}

impl Client {
    /// Sets the kill latch of a scope.
    ///
    /// # Errors
    /// When the host does not answer or refuses.
    pub fn kill(&self, scope: &ScopeName) -> Result<()> {
        self.send(&killing(scope))?.succeeded().map(drop)
    }

    /// Clears the kill latch of a scope.
    ///
    /// # Errors
    /// When the host does not answer or refuses, as it does while the kill file is there.
    pub fn clear(&self, scope: &ScopeName) -> Result<()> {
        self.send(&clearing(scope))?.succeeded().map(drop)
    }
}
