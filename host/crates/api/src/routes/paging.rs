//! Lists that are bare arrays go on by `after`, the place of the last item of a page. The `Link` of an answer
//! (RFC 8288) says what to ask next, so that its body is what it was before there were pages.

use crate::problem::Problem;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::convert::Infallible;

/// What was asked besides `after`, as it stood in the address.
pub(crate) struct Asked(String);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

/// A number without a sign, of a place.
pub(super) fn whole(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// That a text is no place.
pub(super) fn not_after(text: &str) -> Problem {
    let detail = format!("`{text}` is not what the `Link` of a page before says");
    Problem::invalid("after", detail)
}

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Asked {
    fn of(query: &str) -> Self {
        let pairs = query.split('&');
        let kept: Vec<_> = pairs
            .filter(|pair| !pair.is_empty() && !pair.starts_with("after="))
            .collect();
        Self(kept.join("&"))
    }

    /// The first of what is left, at most `limit`, of a list at a path below the root of the API. `place` says after
    /// what the next page begins, in letters that may stand in an address.
    pub(super) fn page<T>(
        &self,
        path: &str,
        left: impl Iterator<Item = T>,
        limit: usize,
        place: impl FnOnce(&T) -> String,
    ) -> Page<T> {
        let mut items: Vec<T> = left.take(limit.saturating_add(1)).collect();
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let last = items.last().filter(|_| !is_last);
        let next = last.map(|last| {
            let and = if self.0.is_empty() { "" } else { "&" };
            format!("/api/v1{path}?{}{and}after={}", self.0, place(last))
        });
        Page { items, next }
    }
}

impl<T> Page<T> {
    /// The same page of what is made of each item.
    pub(super) fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(make).collect(),
            next: self.next,
        }
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let next = self.next.map(|next| format!("<{next}>; rel=\"next\""));
        let next = next.and_then(|next| HeaderValue::try_from(next).ok());
        let mut response = Json(self.items).into_response();
        if let Some(next) = next {
            response.headers_mut().insert(header::LINK, next);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of at most three of the numbers up to ten that are below one.
    #[track_caller]
    fn check(query: &str, below: u64, expect: &[u64], next: Option<&str>) {
        let left = (0..=10).rev().filter(|number| *number < below);
        let page = Asked::of(query).page("/numbers", left, 3, u64::to_string);
        let expect = Page {
            items: expect.to_vec(),
            next: next.map(str::to_owned),
        };
        assert_eq!(page, expect);
    }

    #[test]
    fn a_page_names_the_next_one_and_the_last_none() {
        check("", 11, &[10, 9, 8], Some("/api/v1/numbers?after=8"));
        let next = "/api/v1/numbers?limit=3&state=open&after=5";
        check("limit=3&after=8&state=open", 8, &[7, 6, 5], Some(next));
        check("limit=3&after=3", 3, &[2, 1, 0], None);
        check("after=2", 2, &[1, 0], None);
        check("after=0", 0, &[], None);
    }
}
