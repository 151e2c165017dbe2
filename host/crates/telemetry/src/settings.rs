//! Where traces go, and which.

use ureq::http::Uri;
use ureq::http::header::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

/// What collectors listen to, below their address.
const PATH: &str = "/v1/traces";

/// Where traces go, and which. Its debug form shows no header's value.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The collector, such as `http://127.0.0.1:4318`; encrypted wherever it leaves this machine.
    pub endpoint: String,
    /// Share of traces that are sent, from 0 to 1, of those whose callers did not decide it.
    pub sample: f64,
    /// What the host is called.
    pub service_name: String,
    /// Its version.
    pub service_version: String,
    /// Which of several it is.
    pub instance: String,
    /// Sent along, such as what the collector lets in by.
    pub headers: Vec<(String, Zeroizing<String>)>,
}

/// A setting that cannot be meant. Never shows a header's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct SettingsError {
    /// Which of them.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Settings {
    /// Says what cannot be meant.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |field, reason: &str| {
            let reason = reason.to_owned();
            Err(SettingsError { field, reason })
        };
        let place = "must be an address such as http://127.0.0.1:4318 or https://collector.example";
        let Ok(uri) = self.endpoint.parse::<Uri>() else {
            return wrong("endpoint", place);
        };
        let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
            return wrong("endpoint", place);
        };
        if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return wrong(
                "endpoint",
                "must have no user name or password; use `headers`",
            );
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback(host) => {}
            Some("http") => {
                return wrong(
                    "endpoint",
                    "must begin with https: others could read what is sent",
                );
            }
            _ => return wrong("endpoint", place),
        }
        if !(0.0..=1.0).contains(&self.sample) {
            return wrong("sample", "must be from 0 to 1");
        }
        if self.service_name.is_empty() {
            return wrong("service_name", "must not be empty");
        }
        for (name, value) in &self.headers {
            let is_header = name.parse::<HeaderName>().is_ok();
            if !is_header || HeaderValue::from_str(value).is_err() {
                return wrong(
                    "headers",
                    "a name or a value is none that a header can have",
                );
            }
        }
        Ok(())
    }

    /// Where spans are posted.
    pub(crate) fn address(&self) -> String {
        let base = self.endpoint.trim_end_matches('/');
        let base = base.strip_suffix(PATH).unwrap_or(base);
        format!("{base}{PATH}")
    }

    /// Whether the collector is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let uri = self.endpoint.parse::<Uri>().ok();
        uri.is_some_and(|uri| uri.host().is_some_and(is_loopback))
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn settings(endpoint: &str) -> Settings {
        Settings {
            endpoint: endpoint.to_owned(),
            sample: 1.0,
            service_name: "argonaut".to_owned(),
            service_version: "1.2.3".to_owned(),
            instance: "run-1".to_owned(),
            headers: Vec::new(),
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told_by_its_field() {
        let check = |change: &dyn Fn(&mut Settings), expect: Option<&str>| {
            let mut settings = settings("http://127.0.0.1:4318");
            change(&mut settings);
            let found = settings.check().err().map(|error| error.field);
            assert_eq!(found, expect, "{settings:?}");
        };
        check(&|_| {}, None);
        check(
            &|it| it.endpoint = "https://collector.example".to_owned(),
            None,
        );
        check(&|it| it.endpoint = "http://[::1]:4318/".to_owned(), None);
        for wrong in [
            "",
            "collector",
            "http://collector.example",
            "https://a:b@collector.example",
            "ftp://127.0.0.1",
        ] {
            check(&|it| it.endpoint = wrong.to_owned(), Some("endpoint"));
        }
        for wrong in [-0.1, 1.1, f64::NAN] {
            check(&|it| it.sample = wrong, Some("sample"));
        }
        check(&|it| it.service_name = String::new(), Some("service_name"));
        let header = |name: &str, value: &str| {
            let header = (name.to_owned(), Zeroizing::new(value.to_owned()));
            move |it: &mut Settings| it.headers = vec![header.clone()]
        };
        check(&header("authorization", "Bearer abc"), None);
        check(&header("a b", "c"), Some("headers"));
        check(&header("a", "b\nc"), Some("headers"));
    }

    #[test]
    fn spans_are_posted_below_the_address() {
        for endpoint in [
            "http://[::1]:1",
            "http://[::1]:1/",
            "http://[::1]:1/v1/traces",
        ] {
            assert_eq!(settings(endpoint).address(), "http://[::1]:1/v1/traces");
            assert!(settings(endpoint).is_local());
        }
    }

    #[test]
    fn no_value_of_a_header_is_shown() {
        let mut settings = settings("https://collector.example");
        let value = Zeroizing::new("Bearer hunter2".to_owned());
        settings.headers = vec![("authorization".to_owned(), value)];
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
