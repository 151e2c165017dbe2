//! `[api]`: how many may read a host's stream, and what is remembered for those who come back.

use api::StreamSettings;
use serde::Deserialize;

/// Most WebSocket connections that may be allowed.
const MOST_CONNECTIONS: u32 = 10_000;
/// Most updates of each channel that may be remembered.
const MOST_UPDATES: u32 = 1_000_000;
/// Most memory for them, of each channel, in MiB.
const MOST_MIB: u32 = 1_024;

/// `[api]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSection {
    /// Most WebSocket connections at once.
    pub max_connections: u32,
    /// Most updates of each complete channel that are remembered for clients that come back.
    pub resume_updates: u32,
    /// Most memory for them, of each complete channel, in MiB.
    pub resume_mib: u32,
}

impl Default for ApiSection {
    fn default() -> Self {
        Self {
            max_connections: 64,
            resume_updates: 16_384,
            resume_mib: 16,
        }
    }
}

impl ApiSection {
    /// The bounds of the stream.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn stream(&self) -> Result<StreamSettings, (String, String)> {
        for (key, value, least, most) in [
            ("max_connections", self.max_connections, 1, MOST_CONNECTIONS),
            ("resume_updates", self.resume_updates, 0, MOST_UPDATES),
            ("resume_mib", self.resume_mib, 0, MOST_MIB),
        ] {
            if !(least..=most).contains(&value) {
                let reason = format!("{value} is not from {least} to {most}");
                return Err((format!("api.{key}"), reason));
            }
        }
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(StreamSettings {
            max_connections: self.max_connections,
            resume_updates: count(self.resume_updates),
            resume_bytes: count(self.resume_mib).saturating_mul(1 << 20),
            ..StreamSettings::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StreamSettings, (String, String)> {
        toml::from_str::<ApiSection>(text).unwrap().stream()
    }

    #[test]
    fn what_is_left_out_is_as_the_crate_has_it() {
        let (ours, theirs) = (parse("").unwrap(), StreamSettings::default());
        assert_eq!(ours.max_connections, theirs.max_connections);
        assert_eq!(ours.resume_updates, theirs.resume_updates);
        assert_eq!(ours.resume_bytes, theirs.resume_bytes);
    }

    #[test]
    fn bounds_are_bounded() {
        let many = parse("max_connections = 1024\nresume_updates = 0").unwrap();
        assert_eq!((many.max_connections, many.resume_updates), (1_024, 0));
        for (text, key) in [
            ("max_connections = 0", "api.max_connections"),
            ("max_connections = 10001", "api.max_connections"),
            ("resume_updates = 1000001", "api.resume_updates"),
            ("resume_mib = 1025", "api.resume_mib"),
        ] {
            assert_eq!(parse(text).unwrap_err().0, key);
        }
    }
}
