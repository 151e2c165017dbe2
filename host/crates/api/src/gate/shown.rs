//! What a request shows to be known by.

use axum::http::{HeaderMap, header};
use identity::{Identity, Principal, Refusal};
use std::net::IpAddr;

/// Who a request's headers say it is of; nobody when they show nothing. What is shown must be good.
pub(super) fn who(
    identity: &Identity,
    headers: &HeaderMap,
    from: IpAddr,
) -> Result<Option<Principal>, Refusal> {
    match credential(headers)? {
        None => Ok(None),
        Some(shown) => identity.authenticate(shown, from).map(Some),
    }
}

fn credential(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let bearers = headers.get_all(header::AUTHORIZATION).iter();
    let keys = headers.get_all("x-api-key").iter();
    let mut shown = bearers
        .map(|value| (true, value))
        .chain(keys.map(|value| (false, value)));
    let Some((is_bearer, value)) = shown.next() else {
        return Ok(None);
    };
    if shown.next().is_some() {
        return Err(Refusal::Unauthenticated(
            "show one access token or one API key, and not both or several",
        ));
    }
    let text = value.to_str().ok();
    let token = if is_bearer {
        text.and_then(bearer)
    } else {
        text
    };
    token.map(Some).ok_or(Refusal::Unauthenticated(
        "`Authorization` must be `Bearer` and an access token",
    ))
}

fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    let is_plain = scheme.eq_ignore_ascii_case("bearer");
    is_plain.then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expect: Option<Option<&str>>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        assert_eq!(credential(&map).ok(), expect, "{headers:?}");
    }

    #[test]
    fn one_credential_is_taken() {
        check(&[], Some(None));
        check(&[("authorization", "Bearer abc")], Some(Some("abc")));
        check(&[("authorization", "bearer  abc ")], Some(Some("abc")));
        check(&[("x-api-key", "argk_1_2")], Some(Some("argk_1_2")));
        check(&[("authorization", "Basic abc")], None);
        check(&[("authorization", "abc")], None);
        check(&[("authorization", "Bearer a"), ("x-api-key", "b")], None);
        check(&[("x-api-key", "a"), ("x-api-key", "b")], None);
    }
}
