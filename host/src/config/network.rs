//! `[network]` and `[rate]`: from where requests may come, and how often.

use super::Config;
use api::{NetworkSettings, Networks, Pace, RateSettings, parse_origin};
use model::Duration;
use serde::Deserialize;

/// A key that cannot be meant, and why.
type Fault = (String, String);

/// `[network]`. Without it: everybody is answered who reaches the socket, and no page of another origin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSection {
    /// Addresses and networks of proxies in front of the host, whose `X-Forwarded-For` is believed.
    pub proxies: Vec<String>,
    /// Addresses and networks of clients that are answered, with 127.0.0.1 if this machine is to be; all when
    /// left out.
    pub clients: Vec<String>,
    /// Origins of pages elsewhere that may ask, such as `https://desk.example:3000`.
    pub origins: Vec<String>,
}

impl NetworkSection {
    /// As the API takes it.
    ///
    /// # Errors
    /// The key at fault, and what would do.
    pub fn settings(&self, over_tls: bool) -> Result<NetworkSettings, Fault> {
        let networks = |key: &str, texts: &[String]| {
            let parsed = Networks::parse(texts);
            parsed.map_err(|reason| (format!("network.{key}"), reason))
        };
        let origins = self.origins.iter().map(|text| parse_origin(text));
        let origins = origins.collect::<Result<_, _>>();
        Ok(NetworkSettings {
            proxies: networks("proxies", &self.proxies)?,
            clients: networks("clients", &self.clients)?,
            origins: origins.map_err(|reason| ("network.origins".to_owned(), reason))?,
            over_tls,
        })
    }
}

/// `[rate]`. What is left out is as by default, which holds without the section too where identity is on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateSection {
    /// Whether anything is limited.
    pub enabled: bool,
    /// Requests from an address.
    pub address: PaceSection,
    /// Tries to log in from an address.
    pub login: PaceSection,
    /// Requests of a person.
    pub principal: PaceSection,
    /// Requests by a key.
    pub key: PaceSection,
    /// Requests of a person that place or change orders.
    pub orders: PaceSection,
    /// Messages of a WebSocket client.
    pub messages: PaceSection,
}

impl Default for RateSection {
    fn default() -> Self {
        Self {
            enabled: true,
            address: PaceSection::per_second(100, 400),
            login: PaceSection::per_minute(10, 20),
            principal: PaceSection::per_second(50, 200),
            key: PaceSection::per_second(50, 200),
            orders: PaceSection::per_second(20, 50),
            messages: PaceSection::per_second(20, 100),
        }
    }
}

impl RateSection {
    /// What holds of a section, or without one: by default where it is asked who somebody is, and else nothing.
    pub(super) fn held(
        section: Option<&Self>,
        has_identity: bool,
        by_address: bool,
    ) -> Result<Option<RateSettings>, Fault> {
        match section {
            Some(section) if section.enabled => section.settings(by_address).map(Some),
            None if has_identity => Self::default().settings(by_address).map(Some),
            _ => Ok(None),
        }
    }

    fn settings(&self, by_address: bool) -> Result<RateSettings, Fault> {
        Ok(RateSettings {
            by_address,
            address: self.address.pace("address")?,
            login: self.login.pace("login")?,
            principal: self.principal.pace("principal")?,
            key: self.key.pace("key")?,
            orders: self.orders.pace("orders")?,
            messages: self.messages.pace("messages")?,
        })
    }
}

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaceSection {
    /// So many times in a second; this or `per_minute`.
    pub per_second: Option<u32>,
    /// So many times in a minute.
    pub per_minute: Option<u32>,
    /// So many times at once.
    pub burst: u32,
}

impl PaceSection {
    fn per_second(count: u32, burst: u32) -> Self {
        Self {
            per_second: Some(count),
            per_minute: None,
            burst,
        }
    }

    fn per_minute(count: u32, burst: u32) -> Self {
        Self {
            per_second: None,
            per_minute: Some(count),
            burst,
        }
    }

    fn pace(self, key: &str) -> Result<Pace, Fault> {
        let pace = match (self.per_second, self.per_minute) {
            (Some(count), None) => Pace::new(count, Duration::from_secs(1), self.burst),
            (None, Some(count)) => Pace::new(count, Duration::from_secs(60), self.burst),
            _ => Err("write `per_second` or `per_minute`, and not both".to_owned()),
        };
        pace.map_err(|reason| (format!("rate.{key}"), reason))
    }
}

impl Config {
    /// Whether addresses tell clients apart: behind a proxy that is not in `proxies` all have its address.
    #[must_use]
    pub fn tells_addresses(&self) -> bool {
        !self.identity.behind_tls_proxy || !self.network.proxies.is_empty()
    }

    /// How often somebody may ask; nothing where that is not limited.
    ///
    /// # Errors
    /// The key at fault, and what would do.
    pub fn rates(&self) -> Result<Option<RateSettings>, Fault> {
        let by_address = self.tells_addresses();
        RateSection::held(self.rate.as_ref(), self.identity.is_on(), by_address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_network(text: &str, expect: Option<&str>) {
        let section: NetworkSection = toml::from_str(text).unwrap();
        let fault = section.settings(false).err().map(|(key, _)| key);
        assert_eq!(fault.as_deref(), expect, "{text}");
    }

    #[test]
    fn networks_and_origins_are_told_by_their_keys() {
        check_network("", None);
        check_network("proxies = [\"10.0.0.0/8\"]\nclients = [\"::1\"]", None);
        check_network("origins = [\"https://desk.example\"]", None);
        check_network("proxies = [\"10.0.0.0/99\"]", Some("network.proxies"));
        check_network("clients = [\"desk\"]", Some("network.clients"));
        check_network("origins = [\"*\"]", Some("network.origins"));
    }

    #[track_caller]
    fn check_rate(text: &str, expect: Option<&str>) {
        let section: RateSection = toml::from_str(text).unwrap();
        let fault = section.settings(true).err().map(|(key, _)| key);
        assert_eq!(fault.as_deref(), expect, "{text}");
    }

    #[test]
    fn rates_are_by_default_and_told_by_their_keys() {
        check_rate("", None);
        check_rate("orders = { per_minute = 30, burst = 5 }", None);
        check_rate("orders = { burst = 5 }", Some("rate.orders"));
        check_rate("login = { per_second = 0, burst = 5 }", Some("rate.login"));
        check_rate("key = { per_second = 1, burst = 0 }", Some("rate.key"));
        let both = "address = { per_second = 1, per_minute = 1, burst = 1 }";
        check_rate(both, Some("rate.address"));
        assert!(toml::from_str::<RateSection>("orders = { per_second = 1 }").is_err());
    }
}
