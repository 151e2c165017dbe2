//! Pages of other origins that may ask: those that an operator lists, and no others. A browser asks before it
//! sends what a form could not have sent; only listed ones get the answer that lets it.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// What pages may do.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// What they may send along.
const HEADERS: &str = "authorization, content-type, idempotency-key, if-match, prefer, traceparent, x-api-key, \
                       x-approval, x-plugin-signature";
/// What they may read of an answer besides what every page may.
const EXPOSED: &str = "date, etag, idempotency-replayed, link, location, preference-applied, ratelimit, ratelimit-policy, \
                       retry-after, x-request-id";
/// How long a browser may remember what it was answered, in seconds.
const REMEMBERED: &str = "600";

/// Reads the origin of pages, as browsers write it: scheme, host and, unless it is the usual one, port.
///
/// # Errors
/// Why it cannot be one that pages are let in by.
pub fn parse_origin(text: &str) -> Result<String, String> {
    let wrong = |why: &str| {
        Err(format!(
            "`{text}` {why}; write https://HOST or https://HOST:PORT"
        ))
    };
    let Ok(uri) = text.parse::<Uri>() else {
        return wrong("is no origin");
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return wrong("is no origin");
    };
    if text.contains(['*', '@', '?', '#']) || uri.path_and_query().is_some_and(|it| it != "/") {
        return wrong("is no origin of one host");
    }
    let is_local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let usual = match scheme {
        "https" => 443,
        "http" if is_local => 80,
        _ => return wrong("is not of https, and anybody on the way could change its pages"),
    };
    let place = match uri.port_u16() {
        Some(port) if port == usual => uri.host().unwrap_or_default(),
        _ => authority.as_str(),
    };
    Ok(format!("{scheme}://{}", place.to_ascii_lowercase()))
}

/// Whether pages of an origin are let in.
pub(crate) fn is_listed(origins: &[String], origin: &str) -> bool {
    origins.iter().any(|known| known == origin)
}

/// The listed origin that a request comes from; nothing where it comes from none, or says several.
pub(crate) fn listed(origins: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let mut said = headers.get_all(header::ORIGIN).iter();
    let origin = said.next().filter(|_| said.next().is_none())?;
    let is_known = is_listed(origins, origin.to_str().ok()?);
    is_known.then(|| origin.clone())
}

/// The answer to a browser that asks before it asks; nothing for any other request.
pub(crate) fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if *method != Method::OPTIONS || !asks {
        return None;
    }
    let answers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    Some((StatusCode::NO_CONTENT, answers).into_response())
}

/// Marks an answer as one that pages of an origin may read, with what a browser keeps for this host.
pub(crate) fn mark(answer: &mut HeaderMap, origin: HeaderValue) {
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED),
    ];
    for (name, value) in fixed {
        answer.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(parse_origin(text).ok().as_deref(), expect, "{text}");
    }

    #[test]
    fn an_origin_is_of_one_host_and_as_browsers_write_it() {
        check("https://desk.example", Some("https://desk.example"));
        check("https://Desk.Example/", Some("https://desk.example"));
        check("https://desk.example:443", Some("https://desk.example"));
        check(
            "https://desk.example:3000",
            Some("https://desk.example:3000"),
        );
        check("http://localhost:5173", Some("http://localhost:5173"));
        check("http://desk.example", None);
        check("https://desk.example/path", None);
        check("https://*.example", None);
        check("https://anna@desk.example", None);
        check("desk.example", None);
        check("null", None);
        check("*", None);
        check("", None);
    }

    #[test]
    fn one_listed_origin_is_let_in() {
        let origins = ["https://desk.example".to_owned()];
        let mut headers = HeaderMap::new();
        assert_eq!(listed(&origins, &headers), None);
        headers.append(
            header::ORIGIN,
            HeaderValue::from_static("https://desk.example"),
        );
        assert!(listed(&origins, &headers).is_some());
        headers.append(
            header::ORIGIN,
            HeaderValue::from_static("https://desk.example"),
        );
        assert_eq!(listed(&origins, &headers), None);
        headers.insert(
            header::ORIGIN,
            HeaderValue::from_static("https://evil.example"),
        );
        assert_eq!(listed(&origins, &headers), None);
    }
}
