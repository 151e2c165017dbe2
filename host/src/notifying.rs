//! Notifications beside a running host: routes made of the configuration, fed by the host's updates.

use crate::config::Config;
use anyhow::{Result, anyhow};
use notices::{Notifications, RouteError};
use services::clock::SystemClock;
use services::host::HostHandle;
use std::sync::Arc;

/// Begins to tell what happens, where the configuration names anybody. `run` names this run.
///
/// # Errors
/// The key of a route that cannot be meant, or no thread.
pub(crate) fn begin(
    config: &Config,
    run: &str,
    host: &HostHandle,
) -> Result<Option<Notifications>> {
    if config.notifications.is_empty() {
        return Ok(None);
    }
    let secrets = config.secrets();
    let mut routes = Vec::new();
    for (place, section) in config.notifications.iter().enumerate() {
        let fault = |(key, reason)| anyhow!("notification[{place}].{key}: {reason}");
        routes.push(section.route(&secrets).map_err(fault)?);
    }
    let file = config.host.data_dir.join("notifications.json");
    let clock = Arc::new(SystemClock);
    let begun = Notifications::begin_kept(run.to_owned(), routes, clock, Some(file));
    let desk = begun.map_err(|error| match error {
        RouteError::Key { place, key, reason } => anyhow!("notification[{place}].{key}: {reason}"),
        RouteError::Thread(error) => anyhow!(error),
    })?;
    desk.listen(host.clone(), host.subscribe())?;
    Ok(Some(desk))
}
