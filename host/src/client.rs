//! A small client of a running host's REST API, for commands that speak with one.

mod trust;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::HeaderValue;
use ureq::tls::TlsConfig;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where a plugin is compiled meanwhile: what admission may take at most, twice.
const PATIENCE_FOR_PLUGINS: Duration = Duration::from_secs(600);
/// Where a host listens unless told.
const ADDRESS: &str = "127.0.0.1:8080";
/// What has the API key to show to a host with identity; a command line would tell it to everybody on
/// the machine.
const KEY_VARIABLE: &str = "ARGONAUT_API_KEY";
/// What tells otherwise, as it does for `argonaut run`.
const ADDRESS_VARIABLE: &str = "ARGONAUT_HOST__LISTEN";

/// Says what `--ca` says.
const CA_VARIABLE: &str = "ARGONAUT_CA";
/// Says what `--client-certificate` says.
const OWN_VARIABLE: &str = "ARGONAUT_CLIENT_CERTIFICATE";

/// Which host a command speaks with, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct At {
    /// Where the host listens, HOST:PORT or https://HOST:PORT; else ARGONAUT_HOST__LISTEN, else 127.0.0.1:8080.
    #[arg(long)]
    address: Option<String>,
    /// Speak TLS, and trust a host whose certificate is in this PEM file, or issued by one in it; else
    /// ARGONAUT_CA. With https:// and without this, whom the system trusts.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Show the certificate in this PEM file, which has its key too; else ARGONAUT_CLIENT_CERTIFICATE.
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
}

/// A running host, by its address.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    /// Marked, so that it is printed nowhere.
    key: Option<HeaderValue>,
}

/// What the host answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

type Called = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

impl Client {
    /// For the host that listens on `address`, such as `127.0.0.1:8080`, in the clear.
    pub fn new(address: &str) -> Self {
        Self::made(format!("http://{address}"), PATIENCE, None)
    }

    /// For the host that listens on `address` and speaks TLS with a certificate of `ca`.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub fn over_tls(address: &str, ca: &Path) -> Result<Self> {
        let tls = trust::tls(Some(ca), None)?;
        Ok(Self::made(
            format!("https://{address}"),
            PATIENCE,
            Some(tls),
        ))
    }

    /// For the host that is named; else where the environment says, else on the usual address.
    pub(crate) fn find(at: &At) -> Result<Self> {
        Self::found(at, PATIENCE)
    }

    /// The same, for requests that take as long as the compilation of a plugin.
    pub(crate) fn find_for_plugins(at: &At) -> Result<Self> {
        Self::found(at, PATIENCE_FOR_PLUGINS)
    }

    fn found(at: &At, patience: Duration) -> Result<Self> {
        let set = |name: &str| std::env::var(name).ok();
        let address = at.address.clone().or_else(|| set(ADDRESS_VARIABLE));
        let address = address.unwrap_or_else(|| ADDRESS.to_owned());
        let file = |said: &Option<PathBuf>, name: &str| {
            let said = said.clone();
            said.or_else(|| std::env::var_os(name).map(PathBuf::from))
        };
        let ca = file(&at.ca, CA_VARIABLE);
        let own = file(&at.client_certificate, OWN_VARIABLE);
        let base = base(&address, ca.is_some() || own.is_some())?;
        let tls = match base.starts_with("https://") {
            true => Some(trust::tls(ca.as_deref(), own.as_deref())?),
            false => None,
        };
        Ok(Self::made(base, patience, tls))
    }

    fn made(base: String, patience: Duration, tls: Option<TlsConfig>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(patience));
        let config = match tls {
            Some(tls) => config.https_only(true).tls_config(tls),
            None => config,
        };
        Self {
            agent: config.build().into(),
            base: format!("{base}/api/v1"),
            key: std::env::var(KEY_VARIABLE).ok().and_then(secret),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.read(self.known(self.agent.get(self.url(path))).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let request = self.known(self.agent.post(self.url(path)));
        let request = request.header("content-type", "application/json");
        self.read(request.send(body.to_string()))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Answer> {
        self.read(self.known(self.agent.delete(self.url(path))).call())
    }

    /// Sends a plugin, with the Base64 of its `.minisig` file.
    pub(crate) fn send_plugin(
        &self,
        path: &str,
        plugin: &[u8],
        signature: Option<&str>,
    ) -> Result<Answer> {
        let request = self.known(self.agent.post(self.url(path)));
        let mut request = request.header("content-type", "application/wasm");
        if let Some(signature) = signature {
            request = request.header("x-plugin-signature", signature);
        }
        self.read(request.send(plugin))
    }

    /// A request that shows the key, where there is one.
    fn known<Body>(&self, request: ureq::RequestBuilder<Body>) -> ureq::RequestBuilder<Body> {
        match &self.key {
            Some(key) => request.header("x-api-key", key.clone()),
            None => request,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn read(&self, answer: Called) -> Result<Answer> {
        let hint = match self.base.starts_with("https://") {
            true => "is it running, and its certificate one of those that are trusted?",
            false => "is it running?",
        };
        let nobody = || format!("no host answers at {}; {hint}", self.base);
        let mut answer = answer.with_context(nobody)?;
        let text = answer.body_mut().read_to_string();
        let text = text.with_context(|| format!("the answer of {} broke off", self.base))?;
        let status = answer.status().as_u16();
        let body = match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(_) if status >= 300 || text.trim().is_empty() => Value::Null,
            Err(_) => bail!(
                "what answers at {} is no Argonaut host; name one with --address",
                self.base
            ),
        };
        Ok(Answer { status, body })
    }
}

fn secret(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Scheme, host and port of what a user wrote.
fn base(address: &str, wants_tls: bool) -> Result<String> {
    let address = address.trim_end_matches('/');
    if address.starts_with("https://") {
        return Ok(address.to_owned());
    }
    match (address.strip_prefix("http://"), wants_tls) {
        (Some(_), true) => bail!("{address} is in the clear; write https://, or leave out --ca"),
        (Some(_), false) => Ok(address.to_owned()),
        (None, true) => Ok(format!("https://{address}")),
        (None, false) => Ok(format!("http://{address}")),
    }
}

impl Answer {
    /// The body of a success; the host's words for anything else.
    pub(crate) fn succeeded(self) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        match (self.body["code"].as_str(), self.body["detail"].as_str()) {
            (Some(code), Some(detail)) => bail!("the host refused: {detail} ({code})"),
            (_, Some(detail)) => bail!("the host refused: {detail}"),
            _ => bail!("the host answered with status {}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, wants_tls: bool, expect: Option<&str>) {
        let found = base(address, wants_tls).ok();
        assert_eq!(found.as_deref(), expect, "{address} {wants_tls}");
    }

    #[test]
    fn a_key_travels_in_the_clear_only_where_nobody_asked_for_tls() {
        check("127.0.0.1:8080", false, Some("http://127.0.0.1:8080"));
        check("127.0.0.1:8080", true, Some("https://127.0.0.1:8080"));
        check("https://desk.example/", false, Some("https://desk.example"));
        check("https://desk.example", true, Some("https://desk.example"));
        check(
            "http://127.0.0.1:8080",
            false,
            Some("http://127.0.0.1:8080"),
        );
        check("http://127.0.0.1:8080", true, None);
    }
}
