//! `[plugins]`: whose components this host takes.

use registry::{Policy, Trust, TrustError};
use serde::Deserialize;

/// `[plugins]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PluginsSection {
    /// Public keys of minisign whose signatures count.
    pub trusted: Vec<String>,
    /// Whether a plugin must be signed by one of them; if any is trusted, when left out.
    pub require_signature: Option<bool>,
    /// Keys and components, by their SHA-256, that are trusted no more.
    pub revoked: Vec<String>,
    /// Whether somebody must approve a plugin before it runs. What this file names is approved by that.
    pub require_approval: bool,
}

impl PluginsSection {
    /// What it means.
    ///
    /// # Errors
    /// The key at fault, and what would do.
    pub fn policy(&self) -> Result<Policy, TrustError> {
        let trust = Trust::new(&self.trusted, self.require_signature, &self.revoked)?;
        Ok(Policy {
            trust,
            require_approval: self.require_approval,
        })
    }
}
