//! Webhooks of a running host, made of the configuration.

use crate::config::Config;
use anyhow::{Result, anyhow};
use api::Hooks;
use services::clock::SystemClock;
use std::sync::Arc;

/// Webhooks that are taken, with their secrets read; nothing where there is none.
///
/// # Errors
/// The key of a hook that cannot be meant.
pub(crate) fn begin(config: &Config) -> Result<Option<Hooks>> {
    let secrets = config.secrets();
    let mut hooks = Vec::new();
    for (place, section) in config.hooks.iter().enumerate() {
        let fault = |(key, reason)| anyhow!("hook[{place}].{key}: {reason}");
        hooks.push(section.hook(&secrets).map_err(fault)?);
    }
    let clock = Arc::new(SystemClock);
    Ok((!hooks.is_empty()).then(|| Hooks::new(hooks, clock)))
}
