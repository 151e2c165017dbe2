//! `[identity]`: whether the host knows who asks, and where it keeps them.

use super::Secrets;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store::sql::Location;

/// `[identity]`. Without it: nobody is asked who they are, which only a host on loopback may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// Whether requests must say who they are of.
    pub mode: IdentityMode,
    /// Where people, sessions and keys are kept: `sqlite:FILE` or `postgres://USER@HOST/DATABASE`, or
    /// `secret:NAME` of that; a file in the data folder when left out.
    pub url: Option<String>,
    /// The schema of the tables in PostgreSQL.
    pub schema: String,
    /// Whether what loosens takes a second person: raised limits, trading again, approvals, promotions.
    pub four_eyes: bool,
    /// Names of this host that requests may use besides loopback ones, without port.
    pub hosts: Vec<String>,
    /// Whether a proxy in front ends TLS: with that the host itself may listen outside in the clear.
    pub behind_tls_proxy: bool,
    /// Whether the audit log may be another or shorter than it was: for one start, after it was lost.
    pub new_audit_log: bool,
}

/// Whether requests must say who they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    /// Whoever reaches the socket may do everything.
    #[default]
    Off,
    /// Who is not known may do nothing.
    On,
}

impl Default for IdentitySection {
    fn default() -> Self {
        Self {
            mode: IdentityMode::Off,
            url: None,
            schema: "argonaut_identity".to_owned(),
            four_eyes: true,
            hosts: Vec::new(),
            behind_tls_proxy: false,
            new_audit_log: false,
        }
    }
}

impl IdentitySection {
    /// Whether requests must say who they are of.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.mode == IdentityMode::On
    }

    /// The folder of identity's files in a data folder.
    #[must_use]
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join("identity")
    }

    /// The audit log in a data folder.
    #[must_use]
    pub fn audit_log(data_dir: &Path) -> PathBuf {
        Self::folder(data_dir).join("audit.log")
    }

    /// Whether a host may listen there, speaking TLS or not.
    ///
    /// # Errors
    /// The key that does not allow it, and what would do.
    pub fn check(&self, listen: SocketAddr, has_tls: bool) -> Result<(), (&'static str, String)> {
        if !self.is_on() && (!self.hosts.is_empty() || self.behind_tls_proxy) {
            let reason = "`hosts` and `behind_tls_proxy` are for who is let in, and identity is off; \
                          set `mode = \"on\"` too";
            return Err(("identity.mode", reason.to_owned()));
        }
        if listen.ip().is_loopback() {
            return Ok(());
        }
        if !self.is_on() {
            let reason = format!(
                "{listen} is reachable from outside, and identity is off; listen on 127.0.0.1, or set \
                 `mode = \"on\"` in [identity]"
            );
            return Err(("host.listen", reason));
        }
        if !has_tls && !self.behind_tls_proxy {
            let reason = format!(
                "{listen} is reachable from outside, and passwords would travel in the clear; listen \
                 on 127.0.0.1, or name a `certificate` and a `key` in [tls], or put a proxy in front \
                 that ends TLS and set `behind_tls_proxy = true` in [identity]"
            );
            return Err(("host.listen", reason));
        }
        Ok(())
    }

    /// Where people, sessions and keys are kept.
    ///
    /// # Errors
    /// Why the address or schema cannot be meant.
    pub fn location(&self, data_dir: &Path, secrets: &Secrets) -> Result<Location, String> {
        match &self.url {
            None => Ok(Location::file(
                Self::folder(data_dir).join("identity.sqlite"),
            )),
            Some(url) => Location::parse(&secrets.text(url)?, &self.schema)
                // The store's own key stands in its errors.
                .map_err(|error| error.to_string().replacen("store.url: ", "", 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, listen: &str, expect: Option<&str>) {
        check_with(text, listen, false, expect);
    }

    #[track_caller]
    fn check_with(text: &str, listen: &str, has_tls: bool, expect: Option<&str>) {
        let section: IdentitySection = toml::from_str(text).unwrap();
        let checked = section.check(listen.parse().unwrap(), has_tls);
        assert_eq!(checked.err().map(|(key, _)| key), expect, "{text} {listen}");
    }

    #[test]
    fn only_loopback_needs_no_identity() {
        let on = "mode = \"on\"";
        let proxied = "mode = \"on\"\nbehind_tls_proxy = true\nhosts = [\"desk.example\"]";
        check("", "127.0.0.1:8080", None);
        check("", "[::1]:8080", None);
        check("", "0.0.0.0:8080", Some("host.listen"));
        check("", "[::]:8080", Some("host.listen"));
        check("", "192.168.1.2:8080", Some("host.listen"));
        check(on, "127.0.0.1:8080", None);
        check(on, "0.0.0.0:8080", Some("host.listen"));
        check(proxied, "0.0.0.0:8080", None);
        check(
            "behind_tls_proxy = true",
            "127.0.0.1:8080",
            Some("identity.mode"),
        );
        check("hosts = [\"x\"]", "127.0.0.1:8080", Some("identity.mode"));
        check_with(on, "0.0.0.0:8080", true, None);
        check_with("", "127.0.0.1:8080", true, None);
        // Nobody reads along, but whoever comes may trade.
        check_with("", "0.0.0.0:8080", true, Some("host.listen"));
    }

    #[test]
    fn addresses_are_checked_without_the_name_of_another_key() {
        let section: IdentitySection = toml::from_str("url = \"mysql://x\"").unwrap();
        let secrets = Secrets::new(&crate::config::SecretsSection::default(), Path::new("data"));
        let error = section.location(Path::new("data"), &secrets).err().unwrap();
        assert!(error.contains("another kind"), "{error}");
        assert!(!error.contains("store.url"), "{error}");
        assert!(toml::from_str::<IdentitySection>("mode = \"maybe\"").is_err());
    }
}
