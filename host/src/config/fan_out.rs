//! The configuration of `argonaut fan-out`: a file of its own, with sections that a host's has too.

use super::{
    ApiSection, BusSection, LogSection, NetworkSection, RateSection, Secrets, SecretsSection,
    TlsSection,
};
use api::RateSettings;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanOutConfig {
    /// Where it listens.
    #[serde(default)]
    pub fan_out: FanOutSection,
    /// Where the host's stream is: the `url` and `stream` of the host's own.
    pub bus: BusSection,
    /// Who may read the stream here, where the host asks who it is.
    #[serde(default)]
    pub identity: FanOutIdentitySection,
    /// By which certificate TLS is spoken; the process speaks in the clear when left out.
    #[serde(default)]
    pub tls: Option<TlsSection>,
    /// From where clients may come.
    #[serde(default)]
    pub network: NetworkSection,
    /// How often an address may ask, and a client may say something; of the other limits there is nothing here.
    #[serde(default)]
    pub rate: Option<RateSection>,
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
    /// Where the stream is served; on loopback only where nobody is asked who they are.
    pub listen: SocketAddr,
}

/// `[identity]` of such a process: on where it has the host's token keys.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FanOutIdentitySection {
    /// The file of the host's token keys, or a copy that only this process may read: `identity/token-keys.json` in
    /// the host's data folder.
    pub token_keys: Option<PathBuf>,
    /// Names of this process that clients may use besides loopback ones, without port.
    pub hosts: Vec<String>,
    /// Whether a proxy in front ends TLS.
    pub behind_tls_proxy: bool,
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

    /// Whether addresses tell clients apart: behind a proxy that is not in `proxies` all have its address.
    #[must_use]
    pub fn tells_addresses(&self) -> bool {
        !self.identity.behind_tls_proxy || !self.network.proxies.is_empty()
    }

    /// How often somebody may ask; nothing where that is not limited.
    ///
    /// # Errors
    /// The key at fault, and what would do.
    pub fn rates(&self) -> Result<Option<RateSettings>, (String, String)> {
        let has_identity = self.identity.token_keys.is_some();
        RateSection::held(self.rate.as_ref(), has_identity, self.tells_addresses())
    }

    /// Says what cannot be meant.
    ///
    /// # Errors
    /// The key, and why.
    pub fn check(&self) -> Result<(), (String, String)> {
        let fault = |key: &str, reason: String| Err((key.to_owned(), reason));
        let (identity, listen) = (&self.identity, self.fan_out.listen);
        if identity.token_keys.is_none()
            && (!identity.hosts.is_empty() || identity.behind_tls_proxy)
        {
            let reason = "`hosts` and `behind_tls_proxy` are for who is let in; name the host's token keys too";
            return fault("identity.token_keys", reason.to_owned());
        }
        if listen.ip().is_loopback() {
            return Ok(());
        }
        if identity.token_keys.is_none() {
            let reason = format!(
                "{listen} is reachable from outside, and nobody is asked who they are; listen on 127.0.0.1, or name \
                 the host's `token_keys` in [identity]"
            );
            return fault("fan_out.listen", reason);
        }
        if self.tls.is_none() && !identity.behind_tls_proxy {
            let reason = format!(
                "{listen} is reachable from outside, and tokens would travel in the clear; listen on 127.0.0.1, or \
                 name a `certificate` and a `key` in [tls], or put a proxy in front that ends TLS and set \
                 `behind_tls_proxy = true` in [identity]"
            );
            return fault("fan_out.listen", reason);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listen: &str, more: &str, expect: Option<&str>) {
        let bus = "[bus]\nurl = \"redis://127.0.0.1/\"";
        let text = format!("[fan_out]\nlisten = \"{listen}\"\n{bus}\n{more}");
        let checked = toml::from_str::<FanOutConfig>(&text).unwrap().check();
        let key = checked.err().map(|(key, _)| key);
        assert_eq!(key.as_deref(), expect, "{text}");
    }

    #[test]
    fn only_loopback_is_served_where_nobody_is_asked() {
        check("127.0.0.1:0", "", None);
        check("[::1]:8090", "", None);
        for outside in ["0.0.0.0:8090", "[::]:8090", "192.168.1.2:8090"] {
            check(outside, "", Some("fan_out.listen"));
        }
    }

    #[test]
    fn outside_it_takes_keys_and_tls() {
        let outside = "0.0.0.0:8090";
        let keys = "[identity]\ntoken_keys = \"keys.json\"\n";
        let tls = "[tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"\n";
        check(outside, keys, Some("fan_out.listen"));
        check(outside, tls, Some("fan_out.listen"));
        check(outside, &format!("{keys}{tls}"), None);
        check(outside, &format!("{keys}behind_tls_proxy = true"), None);
        check("127.0.0.1:0", keys, None);
        for alone in ["hosts = [\"desk.example\"]", "behind_tls_proxy = true"] {
            let alone = format!("[identity]\n{alone}");
            check("127.0.0.1:0", &alone, Some("identity.token_keys"));
        }
    }
}
