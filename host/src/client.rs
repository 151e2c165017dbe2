//! A small client of a running host's REST API, for commands that speak with one.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use ureq::http::HeaderValue;

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
    /// For the host that listens on `address`, such as `127.0.0.1:8080`.
    pub fn new(address: &str) -> Self {
        Self::with_patience(address, PATIENCE)
    }

    /// For the host that listens on `address`; else where the environment says, else on the usual one.
    pub(crate) fn find(address: Option<String>) -> Self {
        Self::new(&found(address))
    }

    /// The same, for requests that take as long as the compilation of a plugin.
    pub(crate) fn find_for_plugins(address: Option<String>) -> Self {
        Self::with_patience(&found(address), PATIENCE_FOR_PLUGINS)
    }

    fn with_patience(address: &str, patience: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(patience))
            .build();
        Self {
            agent: config.into(),
            base: format!("http://{address}/api/v1"),
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
        let nobody = || format!("no host answers at {}; is it running?", self.base);
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

fn found(address: Option<String>) -> String {
    let named = address.or_else(|| std::env::var(ADDRESS_VARIABLE).ok());
    named.unwrap_or_else(|| ADDRESS.to_owned())
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
