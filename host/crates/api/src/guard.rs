//! Keeps other web sites out. Browsers send requests on behalf of any page the user visits, and a
//! page may point its own name at 127.0.0.1 (DNS rebinding); so the `Host` must be a loopback name or one
//! that an operator names, and an `Origin`, where there is one, the same host or one that an operator
//! lists. This is no login. Every answer gets the headers that keep a browser from doing more with it.

use crate::cors;
use crate::network::NetworkSettings;
use crate::problem::Problem;
use crate::state::Settings;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// What all answers say, in whichever way they come about.
const FIXED: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), \
         publickey-credentials-get=(), serial=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
/// What answers say that say nothing else about it, as the page does.
const UNLESS_SAID: [(&str, &str); 2] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];
/// For a year browsers come to this name by TLS only.
const BY_TLS_ONLY: &str = "max-age=31536000";

/// Refuses requests that are not meant for this machine, and adds the headers that all answers have.
pub(crate) async fn guard(
    State(settings): State<Arc<Settings>>,
    request: Request,
    next: Next,
) -> Response {
    let network = &settings.network;
    let headers = request.headers();
    let target = request.uri().authority().map(|it| it.as_str());
    let verdict = check(headers, target, &settings.allowed_hosts, network);
    let elsewhere = cors::listed(&network.origins, headers);
    // A name that every machine has is bound to no scheme: on its other ports are others' servers.
    let is_bound = network.over_tls && verdict.as_ref().is_ok_and(|host| !is_loopback(host));
    let asked = elsewhere.as_ref();
    let asked = asked.and_then(|_| cors::preflight(request.method(), headers));
    let mut response = match (verdict, asked) {
        (Err(problem), _) => problem.into_response(),
        (Ok(_), Some(answer)) => answer,
        (Ok(_), None) => next.run(request).await,
    };
    let answer = response.headers_mut();
    make_strict(answer);
    if is_bound {
        answer.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(BY_TLS_ONLY),
        );
    }
    if !network.origins.is_empty() {
        answer.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = elsewhere {
        cors::mark(answer, origin);
    }
    response
}

fn make_strict(answer: &mut HeaderMap) {
    for (name, value) in FIXED {
        answer.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in UNLESS_SAID {
        answer
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// The host that a request names, without its port.
fn check(
    headers: &HeaderMap,
    target: Option<&str>,
    allowed: &[String],
    network: &NetworkSettings,
) -> Result<String, Problem> {
    let refuse = |code, detail: String| Err(Problem::new(StatusCode::FORBIDDEN, code, detail));
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = hosts.next().map(|value| value.to_str().unwrap_or_default());
    let Some(authority) = named.or(target).filter(|_| hosts.next().is_none()) else {
        return refuse(
            "FORBIDDEN_HOST",
            "the request must name exactly one host".into(),
        );
    };
    if !is_ours(authority, allowed) {
        let detail = format!("`{authority}` is not a name of this host; use localhost");
        return refuse("FORBIDDEN_HOST", detail);
    }
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        let is_same = is_same_site(origin, authority, network.over_tls);
        if !is_same && !cors::is_listed(&network.origins, origin) {
            return refuse(
                "FORBIDDEN_ORIGIN",
                "pages of other origins may not use this host".into(),
            );
        }
    }
    Ok(without_port(authority).to_owned())
}

fn is_ours(authority: &str, allowed: &[String]) -> bool {
    let name = without_port(authority);
    is_loopback(name) || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_loopback(name: &str) -> bool {
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The host of `host:port` or `[v6]:port`.
fn without_port(authority: &str) -> &str {
    if let Some(inside) = authority.strip_prefix('[') {
        return inside.split_once(']').map_or("", |(address, _)| address);
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(name, _)| name)
}

/// Whether an origin is the host itself; in the clear only where the host speaks so, or a proxy for it.
fn is_same_site(origin: &str, authority: &str, over_tls: bool) -> bool {
    let in_the_clear = origin.strip_prefix("http://").filter(|_| !over_tls);
    let place = in_the_clear.or_else(|| origin.strip_prefix("https://"));
    place.is_some_and(|place| place.eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn verdict(host: &str, origin: Option<&str>, expect: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let allowed = [String::from("desk.example")];
        let network = NetworkSettings {
            origins: vec!["https://pages.example".to_owned()],
            ..NetworkSettings::default()
        };
        assert_eq!(
            check(&headers, None, &allowed, &network).is_ok(),
            expect,
            "{host} {origin:?}"
        );
    }

    #[test]
    fn only_loopback_names_and_named_ones_are_answered() {
        verdict("localhost:8080", None, true);
        verdict("127.0.0.1", None, true);
        verdict("[::1]:8080", None, true);
        verdict("desk.example:80", None, true);
        verdict("evil.example", None, false);
        verdict("localhost.evil.example:8080", None, false);
        verdict("10.0.0.1:8080", None, false);
        verdict("", None, false);
    }

    #[test]
    fn an_origin_must_be_the_host_itself() {
        verdict("localhost:8080", Some("http://localhost:8080"), true);
        verdict("localhost:8080", Some("http://localhost:9090"), false);
        verdict("localhost:8080", Some("http://evil.example"), false);
        verdict("localhost:8080", Some("null"), false);
        verdict("localhost:8080", Some("https://pages.example"), true);
        verdict("localhost:8080", Some("http://pages.example"), false);
        verdict("evil.example", Some("https://pages.example"), false);
    }

    #[test]
    fn over_tls_a_page_in_the_clear_is_another_origin() {
        assert!(is_same_site("https://desk.example", "desk.example", true));
        assert!(!is_same_site("http://desk.example", "desk.example", true));
        assert!(is_same_site("http://desk.example", "desk.example", false));
    }

    #[test]
    fn a_request_without_a_host_or_with_two_is_refused() {
        let network = NetworkSettings::default();
        assert!(check(&HeaderMap::new(), None, &[], &network).is_err());
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(check(&headers, None, &[], &network).is_err());
    }
}
