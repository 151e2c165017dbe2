//! A small client of a running host's REST API, for commands that speak with one: sends a request, once
//! more where the connection was lost, and says in a `Failure` why one came to nothing.

mod credential;
mod failure;
mod line;
mod session;
mod text;
mod trust;

pub(crate) use credential::{Credential, read_secret};
pub(crate) use failure::Failure;
use failure::is_lost;
pub(crate) use line::Line;
pub(crate) use session::Session;
pub(crate) use text::{encoded, encoded_path, with_query};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use ureq::Timeout;
use ureq::http::header::{ETAG, HeaderName, LINK, LOCATION};
use ureq::http::{Method, Request as HttpRequest, Response as HttpResponse};
use ureq::tls::TlsConfig;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where a plugin is compiled meanwhile: what admission may take at most, twice.
const PATIENCE_FOR_PLUGINS: Duration = Duration::from_secs(600);
/// How often a request is sent again whose connection was lost.
const RETRIES: u32 = 2;
/// After how long it is sent again while the host is at the first one still.
const UNDER_WAY: Duration = Duration::from_secs(1);
/// Where a host listens unless told.
const ADDRESS: &str = "127.0.0.1:8080";
/// What tells otherwise.
const URL_VARIABLE: &str = "ARGONAUT_URL";
/// The same, as it does for `argonaut run`.
const ADDRESS_VARIABLE: &str = "ARGONAUT_HOST__LISTEN";
/// Says what `--ca` says.
const CA_VARIABLE: &str = "ARGONAUT_CA";
/// Says what `--client-certificate` says.
const OWN_VARIABLE: &str = "ARGONAUT_CLIENT_CERTIFICATE";
/// The path of all routes.
const ROOT: &str = "/api/v1";

/// Which host a command speaks with, and who asks.
#[derive(Debug, Clone, Default, Args)]
pub struct At {
    /// Where the host listens, as http://HOST:PORT, https://HOST:PORT or HOST:PORT; else ARGONAUT_URL, else
    /// ARGONAUT_HOST__LISTEN, else 127.0.0.1:8080.
    #[arg(long, visible_alias = "address", value_name = "URL")]
    url: Option<String>,
    /// A file with the API key to show, which only its owner may read; else ARGONAUT_API_KEY,
    /// ARGONAUT_API_KEY_FILE, ARGONAUT_TOKEN, or the session of `argonaut login`.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
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
    /// With scheme and authority, without a path.
    origin: String,
    credential: Option<Credential>,
    /// How long an answer is waited for.
    patience: Duration,
}

/// What is asked of a host.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Below `/api/v1`, with the query.
    pub(crate) path: String,
    pub(crate) body: Body,
    /// What a second person has confirmed.
    pub(crate) approval: Option<String>,
    /// Under which a write is done once however often it comes; a fresh one when absent.
    pub(crate) idempotency_key: Option<String>,
    /// The tag that must still be that of what is changed.
    pub(crate) if_match: Option<String>,
    /// Whether a document is wanted, and no JSON.
    pub(crate) is_text: bool,
    /// Whether a job will do as the answer.
    pub(crate) is_unhurried: bool,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    /// A component, with the Base64 of its `.minisig` file.
    Plugin {
        bytes: Vec<u8>,
        signature: Option<String>,
    },
}

/// What the host answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// What changes of it may be bound to.
    pub(crate) tag: Option<String>,
    /// Where another than the host sends whoever asks.
    pub(crate) location: Option<String>,
    /// What is `after` of the next page of a list, where it is not in the body.
    pub(crate) after: Option<String>,
}

impl Request {
    pub(crate) fn new(method: Method, path: String, body: Body) -> Self {
        Self {
            method,
            path,
            body,
            approval: None,
            idempotency_key: None,
            if_match: None,
            is_text: false,
            is_unhurried: false,
        }
    }

    pub(crate) fn post(path: String, body: Value) -> Self {
        Self::new(Method::POST, path, Body::Json(body))
    }

    pub(crate) fn delete(path: String) -> Self {
        Self::new(Method::DELETE, path, Body::Empty)
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Body::Empty => Vec::new(),
            Body::Json(body) => body.to_string().into_bytes(),
            Body::Plugin { bytes, .. } => bytes.clone(),
        }
    }
}

impl Client {
    /// For the host that listens on `address`, such as `127.0.0.1:8080`, in the clear; shows the key of the
    /// environment, where there is one.
    pub fn new(address: &str) -> Self {
        let origin = format!("http://{address}");
        Self::made(origin, PATIENCE, None, Credential::of_environment())
    }

    /// The same for a host that speaks TLS with a certificate of `ca`.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub fn over_tls(address: &str, ca: &Path) -> Result<Self> {
        let origin = format!("https://{address}");
        let tls = trust::tls(Some(ca), None)?;
        let credential = Credential::of_environment();
        Ok(Self::made(origin, PATIENCE, Some(tls), credential))
    }

    /// For the host that is named; else where the environment says, else on the usual address. It shows the
    /// key in a file, else what the environment has, else the session of `argonaut login`.
    pub(crate) fn find(at: &At) -> Result<Self> {
        Self::found(at, PATIENCE)
    }

    /// The same, for requests that take as long as the compilation of a plugin.
    pub(crate) fn find_for_plugins(at: &At) -> Result<Self> {
        Self::found(at, PATIENCE_FOR_PLUGINS)
    }

    /// Shows nothing, for who is about to log in.
    pub(crate) fn stranger(at: &At) -> Result<Self> {
        Self::unknown(at, PATIENCE)
    }

    fn found(at: &At, patience: Duration) -> Result<Self> {
        let mut client = Self::unknown(at, patience)?;
        client.credential = match Credential::find(at.key_file.as_deref())? {
            Some(credential) => Some(credential),
            None => Session::access(&client)?,
        };
        Ok(client)
    }

    fn unknown(at: &At, patience: Duration) -> Result<Self> {
        let file = |said: &Option<PathBuf>, name: &str| {
            let said = said.clone();
            said.or_else(|| std::env::var_os(name).map(PathBuf::from))
        };
        let ca = file(&at.ca, CA_VARIABLE);
        let own = file(&at.client_certificate, OWN_VARIABLE);
        let origin = origin(&named(at.url.as_deref()), ca.is_some() || own.is_some())?;
        let tls = match origin.starts_with("https://") {
            true => Some(trust::tls(ca.as_deref(), own.as_deref())?),
            false => None,
        };
        Ok(Self::made(origin, patience, tls, None))
    }

    fn made(
        origin: String,
        patience: Duration,
        tls: Option<TlsConfig>,
        credential: Option<Credential>,
    ) -> Self {
        // A write that followed a redirect would arrive as a read, with the key, at whoever is there.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(patience));
        let config = match tls {
            Some(tls) => config.https_only(true).tls_config(tls),
            None => config,
        };
        Self {
            agent: config.build().into(),
            origin,
            credential,
            patience,
        }
    }

    /// Scheme and authority, such as `http://127.0.0.1:8080`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What it shows to be known.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send(&Request::new(Method::GET, path.to_owned(), Body::Empty))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(&Request::post(path.to_owned(), body.clone()))
    }

    /// Sends a request; where the connection is lost, again under the same idempotency key, also until the
    /// host is done with the first one.
    pub(crate) fn send(&self, request: &Request) -> Result<Answer> {
        let is_write = request.method != Method::GET;
        let key = match &request.idempotency_key {
            Some(key) => Some(key.clone()),
            None => is_write.then(fresh_key).transpose()?,
        };
        let (begun, mut sent_again) = (Instant::now(), 0);
        loop {
            let error = match self.try_to_send(request, key.as_deref()) {
                Ok(answer) => {
                    let answer = self.read(&answer, request.is_text)?;
                    if sent_again == 0 || !answer.is_under_way() {
                        return Ok(answer);
                    }
                    if begun.elapsed() < self.patience {
                        std::thread::sleep(UNDER_WAY);
                        continue;
                    }
                    ureq::Error::Timeout(Timeout::Global)
                }
                Err(error) if is_lost(&error) && sent_again < RETRIES => {
                    sent_again += 1;
                    continue;
                }
                Err(error) => error,
            };
            return Err(Failure::of_connection(self.base(), error, key).into());
        }
    }

    fn try_to_send(
        &self,
        request: &Request,
        key: Option<&str>,
    ) -> Result<HttpResponse<String>, ureq::Error> {
        let mut built = HttpRequest::builder()
            .method(request.method.clone())
            .uri(format!("{}{}", self.base(), request.path));
        if let Some(credential) = &self.credential {
            let (name, value) = credential.header();
            built = built.header(name, value);
        }
        if let Some(key) = key {
            built = built.header("idempotency-key", key);
        }
        if let Some(approval) = &request.approval {
            built = built.header("x-approval", approval);
        }
        if request.is_unhurried {
            built = built.header("prefer", "respond-async");
        }
        if let Some(tag) = &request.if_match {
            built = built.header("if-match", tag);
        }
        match &request.body {
            Body::Empty => {}
            Body::Json(_) => built = built.header("content-type", "application/json"),
            Body::Plugin { signature, .. } => {
                built = built.header("content-type", "application/wasm");
                if let Some(signature) = signature {
                    built = built.header("x-plugin-signature", signature);
                }
            }
        }
        let takes_body = [Method::POST, Method::PUT, Method::PATCH].contains(&request.method);
        let answer = match takes_body {
            true => self.agent.run(built.body(request.bytes())?)?,
            false => self.agent.run(built.body(())?)?,
        };
        let (parts, mut body) = answer.into_parts();
        Ok(HttpResponse::from_parts(parts, body.read_to_string()?))
    }

    fn base(&self) -> String {
        format!("{}{ROOT}", self.origin)
    }

    fn read(&self, answer: &HttpResponse<String>, is_text: bool) -> Result<Answer> {
        let (status, text) = (answer.status().as_u16(), answer.body());
        let body = match serde_json::from_str(text) {
            Ok(body) => body,
            Err(_) if is_text && status < 300 => Value::from(text.as_str()),
            Err(_) if status >= 300 || text.trim().is_empty() => Value::Null,
            Err(_) => return Err(Failure::Stranger(self.base()).into()),
        };
        let header = |name: HeaderName| {
            let value = answer.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        Ok(Answer {
            status,
            body,
            tag: header(ETAG),
            location: header(LOCATION),
            after: header(LINK).as_deref().and_then(after),
        })
    }
}

/// What a `Link` to the next page has for `after`.
fn after(link: &str) -> Option<String> {
    let (target, _) = link.strip_prefix('<')?.split_once('>')?;
    let (_, query) = target.split_once('?')?;
    let after = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("after="));
    after.map(str::to_owned)
}

/// 128 random bits.
fn fresh_key() -> Result<String> {
    let mut bytes = [0; 16];
    let filled = getrandom::fill(&mut bytes);
    filled.context("this machine has no random numbers for an idempotency key; give one with --idempotency-key")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Where the host is, in the words of who said it.
fn named(url: Option<&str>) -> String {
    let variable = |name: &str| std::env::var(name).ok();
    let named = url.map(str::to_owned);
    let named = named.or_else(|| variable(URL_VARIABLE));
    let named = named.or_else(|| variable(ADDRESS_VARIABLE));
    named.unwrap_or_else(|| ADDRESS.to_owned())
}

/// Scheme, host and port of what a user wrote. `HOST:PORT` stands for a host without TLS, unless
/// something was said that only TLS needs.
fn origin(text: &str, wants_tls: bool) -> Result<String> {
    let text = text.trim_end_matches('/');
    let text = text.strip_suffix(ROOT).unwrap_or(text);
    match (text.starts_with("http://"), wants_tls) {
        (true, true) => bail!(Failure::Usage(format!(
            "{text} is in the clear; write https://, or leave out --ca"
        ))),
        (false, true) if !text.contains("://") => Ok(format!("https://{text}")),
        (false, false) if !text.contains("://") => Ok(format!("http://{text}")),
        _ => Ok(text.to_owned()),
    }
}

impl Answer {
    /// The body of a success; the host's words for anything else, and for what waits for a second person.
    pub(crate) fn succeeded(self) -> Result<Value> {
        match Failure::of_answer(&self) {
            Some(failure) => Err(failure.into()),
            None => Ok(self.body),
        }
    }

    /// Whether the host is at the same request still, which came before this one.
    fn is_under_way(&self) -> bool {
        self.status == 409 && self.body["code"] == "IDEMPOTENCY_KEY_IN_USE"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wants_tls: bool, expect: Option<&str>) {
        let found = origin(text, wants_tls).ok();
        assert_eq!(found.as_deref(), expect, "{text} {wants_tls}");
    }

    #[test]
    fn hosts_are_named_by_url_or_address() {
        check("127.0.0.1:8080", false, Some("http://127.0.0.1:8080"));
        check(
            "http://desk.example:80/",
            false,
            Some("http://desk.example:80"),
        );
        check(
            "https://desk.example/api/v1",
            false,
            Some("https://desk.example"),
        );
    }

    #[test]
    fn a_key_travels_in_the_clear_only_where_nobody_asked_for_tls() {
        check("127.0.0.1:8080", true, Some("https://127.0.0.1:8080"));
        check("https://desk.example/", true, Some("https://desk.example"));
        check("http://127.0.0.1:8080", true, None);
    }

    #[test]
    fn keys_are_fresh() {
        let (one, other) = (fresh_key().unwrap(), fresh_key().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
    }
}
