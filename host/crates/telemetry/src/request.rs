//! A request and the trace that it is part of, as W3C Trace Context has it: `00-TRACE-PARENT-FLAGS`.

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// First status of what failed here.
const FAILED: u16 = 500;

/// The place of a request in its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The trace, in 32 hexadecimal digits.
    pub trace: String,
    /// `traceparent` of whatever the request leads to.
    pub traceparent: String,
}

/// Has a request's span be part of the trace that `parent` names, a `traceparent`; of a new one where that names
/// none. Nothing where no layer of [`crate::Telemetry`] sees the span.
#[must_use]
pub fn join(span: &Span, operation: &'static str, parent: Option<&str>) -> Option<Joined> {
    if let Some(parent) = parent.and_then(remote) {
        // Fails only where there is no layer, of which the next line tells, too.
        let _no_layer = span.set_parent(parent);
    }
    let context = span.context();
    let own = context.span();
    let own_context = own.span_context();
    if !own_context.is_valid() {
        return None;
    }
    own.update_name(operation);
    let trace = own_context.trace_id().to_string();
    let flags = own_context.trace_flags().to_u8();
    let traceparent = format!("00-{trace}-{}-{flags:02x}", own_context.span_id());
    Some(Joined { trace, traceparent })
}

/// Says how a request went.
pub fn answered(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= FAILED {
        span.set_status(Status::error("the request failed"));
    }
}

/// The place that a `traceparent` names. What is not of that form is no place.
fn remote(text: &str) -> Option<Context> {
    let mut parts = text.trim().split('-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32)?;
    let parent = hex(parts.next()?, 16)?;
    let flags = hex(parts.next()?, 2)?;
    // Later versions may have more parts; `ff` is none.
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & 1);
    let place = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(parent).ok()?,
        flags,
        true,
        TraceState::default(),
    );
    let is_valid = place.is_valid();
    is_valid.then(|| Context::new().with_remote_span_context(place))
}

/// A text of so many small hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<&str> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_form_names_a_trace() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = "00f067aa0ba902b7";
        let check = |text: String, expect: bool| {
            let found = remote(&text);
            assert_eq!(found.is_some(), expect, "{text}");
            if let Some(context) = found {
                let span = context.span();
                let place = span.span_context();
                assert_eq!(place.trace_id().to_string(), trace);
                assert_eq!(place.span_id().to_string(), parent);
                assert!(place.is_remote());
            }
        };
        check(format!("00-{trace}-{parent}-01"), true);
        check(format!("00-{trace}-{parent}-00"), true);
        check(format!("cc-{trace}-{parent}-01-more"), true);
        check(format!("00-{trace}-{parent}-01-more"), false);
        check(format!("ff-{trace}-{parent}-01"), false);
        check(format!("00-{}-{parent}-01", trace.to_uppercase()), false);
        check(format!("00-{}-{parent}-01", "0".repeat(32)), false);
        check(format!("00-{trace}-{}-01", "0".repeat(16)), false);
        check(format!("00-{trace}-{parent}-+1"), false);
        check(format!("00-{trace}-{parent}"), false);
        check(String::new(), false);
    }

    #[test]
    fn without_a_layer_nothing_is_joined() {
        let subscriber = tracing_subscriber::registry();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::error_span!("request");
            assert_eq!(join(&span, "engine.show", None), None);
            answered(&span, 200);
        });
    }
}
