//! What those who watch a host are told: counts and levels as `GET /metrics`, whether it lives and is ready,
//! and which request a line of the log is about. `docs/observability.md` has all of it.
//!
//! Every request gets an id here, before anything else happens to it: the answer's `X-Request-Id`, the
//! `request` of each line of the log, and what the audit log has.

mod counted;
mod fan_out;
mod gathered;
mod process;
mod table;
mod verdict;

use crate::operations::Lookup;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::{Api, Settings};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
pub(crate) use counted::Counted;
pub(crate) use fan_out::fan_out_text;
pub(crate) use process::{Usage, usage};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
pub(crate) use table::CONTENT_TYPE;
use tracing::field::Empty;
use tracing::{Instrument, Span};
pub(crate) use verdict::{Situation, live, ready, warnings};

/// The operation of requests that no route takes.
const NO_OPERATION: &str = "none";
/// The header by which W3C Trace Context names a place in a trace.
const TRACEPARENT: &str = "traceparent";
/// Length of a trace's id, in hexadecimal digits.
const TRACE_DIGITS: usize = 32;

/// The id of a request, for whoever handles it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// What watching requests needs.
#[derive(Clone)]
pub(crate) struct Watching {
    pub(crate) counted: Arc<Counted>,
    pub(crate) lookup: Arc<Lookup>,
    pub(crate) settings: Arc<Settings>,
}

/// Names a request, counts it, and marks what is logged meanwhile.
pub(crate) async fn observe(
    State(watching): State<Watching>,
    mut request: Request,
    next: Next,
) -> Response {
    let operation = operation(&watching.lookup, &request);
    let id = watching.counted.id(&watching.settings.run);
    // Of the highest level, so that a line names its request whatever is logged.
    let span = tracing::error_span!("request", request = %id, operation, trace = Empty);
    let trace = joined(&span, operation, request.headers());
    if let Some(trace) = &trace {
        span.record("trace", trace.id.as_str());
    }
    request.extensions_mut().insert(RequestId(id.clone()));
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (begun.elapsed(), response.status().as_u16());
    watching.counted.answered(operation, status, took);
    telemetry::answered(&span, status);
    let seconds = took.as_secs_f64();
    span.in_scope(|| match response.status().is_server_error() {
        true => tracing::warn!(status, seconds, "a request failed"),
        false => tracing::debug!(status, seconds, "a request was answered"),
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    if let Some(trace) = trace {
        trace.show(&mut response);
    }
    response
}

/// The trace that a request is part of.
struct Trace {
    id: String,
    /// What the answer names it by, where the host sends traces.
    parent: Option<String>,
}

/// The trace that a request's span is part of: where the host sends traces always one, else that of the client.
fn joined(span: &Span, operation: &'static str, headers: &HeaderMap) -> Option<Trace> {
    let named = headers.get(TRACEPARENT);
    let named = named.and_then(|value| value.to_str().ok());
    if let Some(joined) = telemetry::join(span, operation, named) {
        return Some(Trace {
            id: joined.trace,
            parent: Some(joined.traceparent),
        });
    }
    trace(headers).map(|id| Trace {
        id: id.to_owned(),
        parent: None,
    })
}

impl Trace {
    /// Says in the answer which trace it belongs to.
    fn show(self, response: &mut Response) {
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            *response.body_mut() = problem.body(Some(&self.id));
            // That of the body before.
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        let parent = self.parent.map(|parent| HeaderValue::from_str(&parent));
        if let Some(Ok(parent)) = parent {
            response.headers_mut().insert(TRACEPARENT, parent);
        }
    }
}

/// The text of `GET /metrics`.
///
/// # Errors
/// It could not be written, which memory alone can be the reason for.
pub(crate) fn text<H: HostPort>(api: &Api<H>) -> Result<String, fmt::Error> {
    api.counted.text(gathered::tables(api))
}

fn operation(lookup: &Lookup, request: &Request) -> &'static str {
    let path = request.extensions().get::<MatchedPath>();
    let found = path.and_then(|path| lookup.find(request.method(), path.as_str()));
    found.unwrap_or(NO_OPERATION)
}

/// The trace that a request is part of, as W3C Trace Context has it: `00-TRACE-PARENT-FLAGS`. What is not
/// of that form is no trace; nothing else that a client wrote gets into the log this way.
fn trace(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let mut parts = text.split('-');
    let (_version, trace) = (parts.next()?, parts.next()?);
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_id = trace.len() == TRACE_DIGITS && trace.bytes().all(is_digit);
    (is_id && trace.bytes().any(|byte| byte != b'0')).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &'static str, expect: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(header));
        assert_eq!(trace(&headers), expect, "{header}");
    }

    #[test]
    fn a_trace_is_what_has_the_form_of_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Some(id),
        );
        check(
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            None,
        );
        check(
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            None,
        );
        check("00-short-00f067aa0ba902b7-01", None);
        check("nothing", None);
        assert_eq!(trace(&HeaderMap::new()), None);
    }
}
