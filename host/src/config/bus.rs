//! `[bus]`: whether, and where, what happens is published for other processes.

use super::{IdentitySection, Secrets};
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
    /// Whether what it says may be done where who asks is known, or is not.
    ///
    /// # Errors
    /// The key that does not allow it, and what would do.
    pub fn check(&self, identity: &IdentitySection) -> Result<(), (&'static str, String)> {
        if self.fan_out && identity.is_on() {
            let reason = "processes that serve the stream cannot check who asks, and identity is on; leave \
                          `fan_out` out";
            return Err(("bus.fan_out", reason.to_owned()));
        }
        Ok(())
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bus: &str, identity: &str, expect: Option<&str>) {
        let bus = format!("url = \"redis://127.0.0.1/\"\n{bus}");
        let bus: BusSection = toml::from_str(&bus).unwrap();
        let identity: IdentitySection = toml::from_str(identity).unwrap();
        assert_eq!(bus.check(&identity).err().map(|(key, _)| key), expect);
    }

    #[test]
    fn what_nobody_can_check_is_not_told_where_identity_is_on() {
        check("", "", None);
        check("", "mode = \"on\"", None);
        check("fan_out = true", "", None);
        check("fan_out = true", "mode = \"on\"", Some("bus.fan_out"));
    }
}
