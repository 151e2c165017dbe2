//! What is counted while it happens: requests, and WebSocket connections that were closed. Labels are names
//! from our own tables, never what a client wrote, so there are only so many.

use super::table::{Table, text};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of how long requests take, in seconds.
const SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// An operation that was answered with a status.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: &'static str,
    status: u16,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    operation: &'static str,
}

/// Why a connection was closed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    code: &'static str,
}

/// How often something may happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limited {
    limit: &'static str,
}

/// The counts of one API.
pub(crate) struct Counted {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram>,
    closed: Family<Closed, Counter>,
    held_back: Family<Limited, Counter>,
    /// Requests that were given an id.
    ids: AtomicU64,
}

impl Counted {
    /// Nothing yet; `codes` are those that connections can be closed with, `limits` those that requests can
    /// be refused by.
    pub(crate) fn new(codes: &[&'static str], limits: &[&'static str]) -> Self {
        let constructor: fn() -> Histogram = seconds;
        let counted = Self {
            registry: Registry::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(constructor),
            closed: Family::default(),
            held_back: Family::default(),
            ids: AtomicU64::new(0),
        };
        // A rate needs a beginning: what never happened is told as 0.
        for code in codes {
            drop(counted.closed.get_or_create(&Closed { code }));
        }
        for limit in limits {
            drop(counted.held_back.get_or_create(&Limited { limit }));
        }
        counted.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register(
            "argonaut_http_requests",
            "Requests that were answered, by operation and status",
            self.requests.clone(),
        );
        registry.register(
            "argonaut_http_request_seconds",
            "How long answers took until their head was there, by operation",
            self.seconds.clone(),
        );
        registry.register(
            "argonaut_websocket_closed",
            "WebSocket connections that the host closed, by code",
            self.closed.clone(),
        );
        registry.register(
            "argonaut_http_held_back",
            "Requests that were refused because there were too many, by what limits them",
            self.held_back.clone(),
        );
        self
    }

    /// The id of a new request of this run.
    pub(super) fn id(&self, run: &str) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{run}-{number}")
    }

    /// A request was answered.
    pub(super) fn answered(&self, operation: &'static str, status: u16, took: Duration) {
        let answered = Answered { operation, status };
        self.requests.get_or_create(&answered).inc();
        let seconds = self.seconds.get_or_create(&Asked { operation });
        seconds.observe(took.as_secs_f64());
    }

    /// A connection was closed, and told why.
    pub(crate) fn closed(&self, code: &'static str) {
        self.closed.get_or_create(&Closed { code }).inc();
    }

    /// A request was one too many.
    pub(crate) fn held_back(&self, limit: &'static str) {
        self.held_back.get_or_create(&Limited { limit }).inc();
    }

    /// The text of all that was counted, and of what was found now.
    pub(super) fn text(&self, found: Vec<Table>) -> Result<String, fmt::Error> {
        text(&self.registry, found)
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}
