//! `[plugins]`: whose components this host takes, and how their files are watched.

use super::Span;
use model::Duration;
use registry::{Policy, Trust, TrustError};
use serde::Deserialize;

/// `[plugins]`.
#[derive(Debug, Clone, Deserialize)]
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
    /// Whether plugin files are watched for strategies with `on_new_build`; `false` watches none.
    pub watch: bool,
    /// How long a watched file must have been the same before it counts as written.
    pub watch_quiet: Span,
    /// How long a signature that does not fit a new build is waited for.
    pub watch_signature_wait: Span,
}

impl Default for PluginsSection {
    fn default() -> Self {
        Self {
            trusted: Vec::new(),
            require_signature: None,
            revoked: Vec::new(),
            require_approval: false,
            watch: true,
            watch_quiet: Span(Duration::from_secs(1)),
            watch_signature_wait: Span(Duration::from_secs(30)),
        }
    }
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
