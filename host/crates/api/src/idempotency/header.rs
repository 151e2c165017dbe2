//! The header `Idempotency-Key`, as the draft of the IETF has it: one value, in quotation marks or plain.

use super::uses::KeyUse;
use crate::problem::Problem;
use axum::http::{HeaderMap, Method, StatusCode};

/// The header.
const NAME: &str = "idempotency-key";
/// Longest key, in characters.
const LONGEST: usize = 128;

/// The key that a request shows; nothing where the route looks at none, or the request has none and needs
/// none.
///
/// # Errors
/// It is missing and needed, or is no key.
pub(crate) fn shown(
    operation: &'static str,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<String>, Problem> {
    let usage = KeyUse::of(operation, method);
    if usage == KeyUse::Unused {
        return Ok(None);
    }
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else {
        return match usage {
            KeyUse::Required => Err(missing(operation)),
            _ => Ok(None),
        };
    };
    if values.next().is_some() {
        return Err(malformed("is given twice; send one"));
    }
    let key = value.to_str().ok().and_then(plain);
    let is_key = |key: &String| {
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let form = "must have from 1 to 128 visible ASCII characters, without spaces; a UUID will do";
    key.filter(is_key).map(Some).ok_or_else(|| malformed(form))
}

/// A key without the quotation marks of a structured field (RFC 9651).
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let inside = rest.strip_suffix('"')?;
    let mut key = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => key.push(letters.next().filter(|it| matches!(it, '"' | '\\'))?),
            letter => key.push(letter),
        }
    }
    Some(key)
}

fn missing(operation: &str) -> Problem {
    let detail = format!(
        "{operation} is done only with an `Idempotency-Key`, so that a request that is sent again is not done \
         again; send a value of your own, new for each act and the same when you try again, such as \
         `Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)`"
    );
    Problem::new(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_MISSING", detail)
}

fn malformed(reason: &str) -> Problem {
    let detail = format!("Idempotency-Key {reason}");
    Problem::new(StatusCode::BAD_REQUEST, "INVALID_HEADER", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expect: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, value.parse().unwrap());
        }
        let found = shown("orders.place", &Method::POST, &headers).ok();
        assert_eq!(found, expect.map(|key| Some(key.to_owned())), "{values:?}");
    }

    #[test]
    fn a_key_is_one_value_of_visible_characters() {
        check(&["a"], Some("a"));
        check(&[r#""8e03978e-40d5""#], Some("8e03978e-40d5"));
        check(&[r#""a\"b\\c""#], Some(r#"a"b\c"#));
        let (most, more) = ("k".repeat(128), "k".repeat(129));
        check(&[&most], Some(&most));
        check(&[&more], None);
        for broken in ["", "\"\"", "a b", "\"a", r#""a"b""#, r#""a\n""#, "\""] {
            check(&[broken], None);
        }
        check(&["a", "a"], None);
        check(&[], None);
    }

    #[test]
    fn a_route_that_needs_none_is_done_without_one() {
        let none = HeaderMap::new();
        assert_eq!(shown("orders.cancel", &Method::DELETE, &none), Ok(None));
        assert_eq!(shown("orders.list", &Method::GET, &none), Ok(None));
        let missing = shown("risk.kill.set", &Method::POST, &none).unwrap_err();
        assert_eq!(missing.code(), "IDEMPOTENCY_KEY_MISSING");
    }
}
