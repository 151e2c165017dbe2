//! One POST to somebody outside: encrypted wherever it leaves this machine, followed nowhere else, and with
//! an answer that is no more than yes, not now or never.

use crate::secret::Secret;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

/// Longest wait for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// What is read of an answer, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;
/// What is told of an answer, in characters.
const TOLD: usize = 200;

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    /// Whether trying again may help.
    pub(crate) again: bool,
    /// After how long, if the other side said so.
    pub(crate) after: Option<Duration>,
}

impl Failure {
    /// It may go well later.
    pub(crate) fn later(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            again: true,
            after: None,
        }
    }

    /// It never will.
    pub(crate) fn never(reason: impl Into<String>) -> Self {
        Self {
            again: false,
            ..Self::later(reason)
        }
    }
}

/// Posts JSON to one address.
pub(crate) struct Http {
    agent: Agent,
    /// It may hold a token, as those of Slack and Discord do.
    url: Secret,
}

impl Http {
    /// For an address.
    ///
    /// # Errors
    /// Why messages cannot go there, without the address.
    pub(crate) fn new(url: Secret) -> Result<Self, String> {
        let is_local = check(url.reveal())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A message goes where the configuration says and nowhere else.
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .tls_config(tls);
        // No proxy is asked for the way to this machine.
        let config = if is_local { config.proxy(None) } else { config };
        Ok(Self {
            agent: config.build().into(),
            url,
        })
    }

    /// Posts a body.
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &str) -> Result<(), Failure> {
        let mut request = self.agent.post(self.url.reveal());
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match request.send(body) {
            Ok(answer) => self.judge(answer),
            Err(error) => Err(Failure::later(self.url.scrub(&error.to_string()))),
        }
    }

    fn judge(&self, mut answer: Response<Body>) -> Result<(), Failure> {
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let after = answer.headers().get("retry-after");
        let after = after.and_then(|value| value.to_str().ok()?.parse().ok());
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES);
        let text = text.read_to_string().unwrap_or_default();
        let text: String = text.trim().chars().take(TOLD).collect();
        let reason = match text.as_str() {
            "" => format!("the answer was {status}"),
            text => format!("the answer was {status}: {text}"),
        };
        let is_busy = matches!(status.as_u16(), 408 | 425 | 429);
        Err(Failure {
            reason: self.url.scrub(&reason),
            again: is_busy || status.is_server_error(),
            after: after.map(Duration::from_secs),
        })
    }
}

/// Whether an address is on this machine, if messages may go there.
fn check(url: &str) -> Result<bool, String> {
    let wrong = "is no address; write it as https://host/path";
    let uri: Uri = url.parse().map_err(|_| wrong.to_owned())?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(wrong)?;
    if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
        return Err("must have no user name or password in it".to_owned());
    }
    let is_local = is_loopback(host);
    match uri.scheme_str() {
        Some("https") => Ok(is_local),
        Some("http") if is_local => Ok(true),
        Some("http") => Err("must begin with https: others could read what is sent".to_owned()),
        _ => Err(wrong.to_owned()),
    }
}

/// Whether a host's name or address is this machine's own.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {

    #[test]
    fn messages_leave_this_machine_encrypted_or_not_at_all() {
        let check = |url: &str, expect: Option<bool>| {
            assert_eq!(super::check(url).ok(), expect, "{url}");
        };
        check("https://hooks.example/a?b=c", Some(false));
        check("https://127.0.0.1/x", Some(true));
        check("http://127.0.0.1:8080/x", Some(true));
        check("http://[::1]:8080/x", Some(true));
        check("http://localhost/x", Some(true));
        check("http://hooks.example/x", None);
        check("http://localhost.example/x", None);
        check("https://user:word@hooks.example/x", None);
        check("ftp://hooks.example/x", None);
        check("hooks.example", None);
        check("", None);
    }

    #[test]
    fn errors_of_addresses_do_not_show_them() {
        let error = super::check("http://hooks.example/TOKEN").unwrap_err();
        assert!(!error.contains("TOKEN"), "{error}");
    }
}
