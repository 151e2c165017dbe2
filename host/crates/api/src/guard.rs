//! Keeps other web sites out. Browsers send requests on behalf of any page the user visits, and a
//! page may point its own name at 127.0.0.1 (DNS rebinding); so the `Host` must be a loopback name
//! and an `Origin`, where there is one, the same host. This is no login.

use crate::problem::Problem;
use crate::state::Settings;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Refuses requests that are not meant for this machine, and adds the headers that all answers have.
pub(crate) async fn guard(
    State(settings): State<Arc<Settings>>,
    request: Request,
    next: Next,
) -> Response {
    let target = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let verdict = check(request.headers(), target, &settings.allowed_hosts);
    let mut response = match verdict {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(headers: &HeaderMap, target: Option<&str>, allowed: &[String]) -> Result<(), Problem> {
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
        if !is_same_site(origin.to_str().unwrap_or_default(), authority) {
            return refuse(
                "FORBIDDEN_ORIGIN",
                "pages of other origins may not use this host".into(),
            );
        }
    }
    Ok(())
}

fn is_ours(authority: &str, allowed: &[String]) -> bool {
    let name = without_port(authority);
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
        || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
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

fn is_same_site(origin: &str, authority: &str) -> bool {
    let place = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
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
        assert_eq!(
            check(&headers, None, &allowed).is_ok(),
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
    }

    #[test]
    fn a_request_without_a_host_or_with_two_is_refused() {
        assert!(check(&HeaderMap::new(), None, &[]).is_err());
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(check(&headers, None, &[]).is_err());
    }
}
