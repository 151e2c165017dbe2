//! A webhook: the notice as JSON with a signature, for programs.

use crate::http::{Failure, Http};
use crate::outbox::Message;
use crate::secret::Secret;
use crate::signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use model::Timestamp;
use serde::Serialize;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Shortest secret, in bytes.
pub(crate) const SECRET_BYTES: usize = 16;

pub(crate) struct Webhook {
    http: Http,
    secret: Secret,
}

/// The body.
#[derive(Debug, Serialize)]
struct Body<'a> {
    /// Of this form.
    version: u8,
    id: &'a str,
    kind: &'static str,
    state: &'static str,
    severity: &'static str,
    code: &'a str,
    scope: &'a str,
    title: &'a str,
    detail: &'a str,
    /// In the words of the route.
    text: &'a str,
    time: String,
    time_ns: String,
    alert: Option<u64>,
}

impl Webhook {
    pub(crate) fn new(url: Secret, secret: Secret) -> Result<Self, (&'static str, String)> {
        if secret.len() < SECRET_BYTES {
            let reason = format!("must have {SECRET_BYTES} bytes or more");
            return Err(("secret", reason));
        }
        let http = Http::new(url).map_err(|reason| ("url", reason))?;
        Ok(Self { http, secret })
    }

    pub(crate) fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        let body = body(message)?;
        let timestamp = (now.nanos() / NANOS_PER_SECOND).to_string();
        let signature = sign(&self.secret, &timestamp, body.as_bytes());
        let headers = [
            (ID_HEADER, message.id.as_str()),
            (TIMESTAMP_HEADER, timestamp.as_str()),
            (SIGNATURE_HEADER, signature.as_str()),
        ];
        self.http.post(&headers, &body)
    }
}

fn body(message: &Message) -> Result<String, Failure> {
    let notice = &message.notice;
    let body = Body {
        version: 1,
        id: &message.id,
        kind: notice.kind.name(),
        state: notice.state,
        severity: notice.level.name(),
        code: &notice.code,
        scope: &notice.scope,
        title: &notice.title,
        detail: &notice.text,
        text: &message.text,
        time: notice.time.to_string(),
        time_ns: notice.time.nanos().to_string(),
        alert: notice.alert,
    };
    serde_json::to_string(&body).map_err(|error| Failure::never(error.to_string()))
}
