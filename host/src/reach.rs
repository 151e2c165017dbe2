//! How a host is reached: what the configuration says of it, checked before anything is begun.

use crate::config::Config;
use anyhow::{Result, anyhow};
use api::{Api, HostPort, NetworkSettings, RateSettings, Settings, StreamSettings, Tls};
use services::clock::SystemClock;
use std::sync::Arc;

/// How a host is reached.
pub(crate) struct Reach {
    /// What it shows over TLS; it speaks in the clear without.
    tls: Option<Tls>,
    /// Its names besides loopback ones.
    hosts: Vec<String>,
    network: NetworkSettings,
    rates: Option<RateSettings>,
    /// The bounds of the WebSocket.
    stream: StreamSettings,
}

impl Reach {
    /// Reads certificates, and looks whether the host may listen where it is told to.
    pub(crate) fn open(config: &Config) -> Result<Self> {
        let section = config.tls.as_ref();
        let checked = config.identity.check(config.host.listen, section.is_some());
        checked.map_err(|(key, reason)| anyhow!("{key}: {reason}"))?;
        let network = config.network.settings(section.is_some());
        let rates = config.rates();
        let fault = |(key, reason)| anyhow!("{key}: {reason}");
        if !config.tells_addresses() {
            tracing::warn!(
                "`proxies` of [network] names no proxy, so that all clients have the proxy's address and \
                 nothing is counted by it"
            );
        }
        let tls = section.map(|section| Tls::open(section.files()));
        Ok(Self {
            tls: tls.transpose()?,
            hosts: config.identity.hosts.clone(),
            network: network.map_err(fault)?,
            rates: rates.map_err(fault)?,
            stream: config.api.stream().map_err(fault)?,
        })
    }

    /// What is shown over TLS.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// By which scheme the API is asked.
    pub(crate) fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }

    /// An API that is reached so.
    pub(crate) fn api<H: HostPort>(self, host: H, run: String) -> Api<H> {
        let settings = Settings {
            run,
            allowed_hosts: self.hosts,
            network: self.network,
            stream: self.stream,
        };
        Api::new(host, settings)
            .with_rates(self.rates, Arc::new(SystemClock))
            .with_tls(self.tls)
    }
}
