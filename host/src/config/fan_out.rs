//! The configuration of `argonaut fan-out`: a file of its own, with sections that a host's has too.

use super::{ApiSection, BusSection, LogSection, Secrets, SecretsSection};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;

/// A whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanOutConfig {
    /// Where it listens.
    #[serde(default)]
    pub fan_out: FanOutSection,
    /// Where the host's stream is: the `url` and `stream` of the host's own.
    pub bus: BusSection,
    /// How many may read the stream here.
    #[serde(default)]
    pub api: ApiSection,
    /// How the lines of the log look.
    #[serde(default)]
    pub log: LogSection,
    /// Where secrets are that the other sections name; `secrets.json` in `.argonaut` when left out.
    #[serde(default)]
    pub secrets: SecretsSection,
}

/// `[fan_out]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FanOutSection {
    /// Where the stream is served; on loopback only, since nobody is asked who they are.
    pub listen: SocketAddr,
}

impl Default for FanOutSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8090)),
        }
    }
}

impl FanOutConfig {
    /// The secrets that it names; they are read when one of them is asked for.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.secrets, Path::new(".argonaut"))
    }

    /// Says what cannot be meant.
    ///
    /// # Errors
    /// The key, and why.
    pub fn check(&self) -> Result<(), (String, String)> {
        let listen = self.fan_out.listen;
        if listen.ip().is_loopback() {
            return Ok(());
        }
        let reason = format!(
            "{listen} is reachable from outside, and this process cannot check who asks; listen on 127.0.0.1"
        );
        Err(("fan_out.listen".to_owned(), reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_served() {
        let check = |listen: &str| {
            let text =
                format!("[fan_out]\nlisten = \"{listen}\"\n[bus]\nurl = \"redis://127.0.0.1/\"");
            toml::from_str::<FanOutConfig>(&text).unwrap().check()
        };
        assert_eq!(check("127.0.0.1:0"), Ok(()));
        assert_eq!(check("[::1]:8090"), Ok(()));
        for outside in ["0.0.0.0:8090", "[::]:8090", "192.168.1.2:8090"] {
            assert_eq!(check(outside).unwrap_err().0, "fan_out.listen");
        }
    }
}
