//! `[bus]`: whether, and where, what happens is published for other processes.

use super::Secrets;
use serde::Deserialize;
use std::time::Duration;

/// `[bus]`. Without it nothing is published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusSection {
    /// Where Redis is: `redis://host:port/database`, or `secret:NAME` of that, where a password is in it.
    pub url: String,
    /// How the names of streams begin.
    #[serde(default = "default_stream")]
    pub stream: String,
    /// The group whose consumers share entries.
    #[serde(default = "default_group")]
    pub group: String,
    /// Entries that each stream keeps, about.
    #[serde(default = "default_capacity")]
    pub capacity: u64,
    /// Whether quotes, trades and bars are published too, and cached.
    #[serde(default = "default_market_data")]
    pub market_data: bool,
    /// Whether the WebSocket's stream is told too, for processes that serve it: `argonaut fan-out`.
    #[serde(default)]
    pub fan_out: bool,
}

fn default_stream() -> String {
    bus::Settings::new("").stream
}

fn default_group() -> String {
    bus::Settings::new("").group
}

fn default_capacity() -> u64 {
    bus::Settings::new("").capacity
}

const fn default_market_data() -> bool {
    true
}

/// How often a connection that is idle is tried.
const HEALTH: Duration = Duration::from_secs(30);

impl BusSection {
    /// The bus's own settings.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn settings(&self, secrets: &Secrets) -> Result<bus::Settings, bus::SettingsError> {
        let field = "url";
        let url = secrets.text(&self.url);
        let url = url.map_err(|reason| bus::SettingsError { field, reason })?;
        let settings = bus::Settings {
            stream: self.stream.clone(),
            group: self.group.clone(),
            capacity: self.capacity,
            health_every: HEALTH,
            ..bus::Settings::new(&url)
        };
        settings.check()?;
        Ok(settings)
    }
}
