//! What a request was counted under, for the headers of its answer: `RateLimit-Policy` and `RateLimit` of the
//! IETF's draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers).

use super::Limit;
use super::bucket::{Left, Pace, Wait};
use axum::http::{Extensions, HeaderMap, HeaderValue};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// What may be asked.
const POLICY: &str = "ratelimit-policy";
/// What is left of it.
const LEFT: &str = "ratelimit";

/// How somebody stands after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(super) limit: Limit,
    pub(super) pace: Pace,
    pub(super) taken: Result<Left, Wait>,
}

/// The counts of one request, which those add to who count it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<Vec<Standing>>>);

impl Tally {
    /// That of a request; one that nobody reads where it has none.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    pub(super) fn note(&self, standing: Standing) {
        let mut standings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        standings.push(standing);
    }

    /// Writes the counts into an answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let standings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut policy, mut left) = (String::new(), String::new());
        for (place, Standing { limit, pace, taken }) in standings.iter().enumerate() {
            let (name, comma) = (limit.name(), if place == 0 { "" } else { ", " });
            let (quota, window) = (pace.burst(), Wait::of(pace.whole()).whole_seconds());
            let (requests, seconds) = match taken {
                Ok(left) => (left.requests, left.full_in.whole_seconds()),
                Err(wait) => (0, wait.whole_seconds()),
            };
            // Writing into a string does not fail.
            let _ = write!(policy, "{comma}\"{name}\";q={quota};w={window}");
            let _ = write!(left, "{comma}\"{name}\";r={requests};t={seconds}");
        }
        for (name, text) in [(POLICY, policy), (LEFT, left)] {
            if !text.is_empty()
                && let Ok(value) = HeaderValue::from_str(&text)
            {
                headers.insert(name, value);
            }
        }
    }
}
