//! Why a request came to nothing, and the exit code of the program that says so.

use super::Answer;
use serde_json::Value;
use std::io::ErrorKind;
use thiserror::Error;

/// Why a request came to nothing, or not yet to anything.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Arguments that the command line as such takes.
    #[error("{0}")]
    Usage(String),
    /// The request did not get there.
    #[error("no host answers at {base}; {}", hint(base))]
    Unreachable {
        base: String,
        #[source]
        error: ureq::Error,
    },
    /// It may have got there.
    #[error(
        "the connection to {base} was lost, and nobody knows whether that was done; ask again with \
         --idempotency-key {key}, under which it is done once"
    )]
    Lost {
        base: String,
        key: String,
        #[source]
        error: ureq::Error,
    },
    /// It said it was somebody else.
    #[error("what answers at {0} is no Argonaut host; name one with --url")]
    Stranger(String),
    /// A connection that was open ended.
    #[error("{0}")]
    Ended(String),
    /// The host said no.
    #[error("{words}")]
    Refused { status: u16, words: String },
    /// A second person must agree.
    #[error(
        "waits for a second person: {subject}\nthey say `argonaut approvals confirm {id}`; then ask for the \
         very same again with `--approval {id}`"
    )]
    Waiting { id: String, subject: String },
}

/// What may be wrong with a host that does not answer.
pub(super) fn hint(base: &str) -> &'static str {
    match base.starts_with("https://") {
        true => "is it running, and its certificate one of those that are trusted?",
        false => "is it running?",
    }
}

impl Failure {
    /// The exit code: stable, and described in `docs/command-line.md`.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Stranger(_) | Self::Ended(_) => 3,
            Self::Refused { status, .. } => match status {
                401 | 403 => 5,
                500.. => 4,
                _ => 1,
            },
            Self::Waiting { .. } => 6,
        }
    }

    /// Of a request that got no answer; `key` is that of a write.
    pub(super) fn of_connection(base: String, error: ureq::Error, key: Option<String>) -> Self {
        let is_done_perhaps = is_lost(&error) || matches!(error, ureq::Error::Timeout(_));
        match key {
            Some(key) if is_done_perhaps => Self::Lost { base, key, error },
            _ => Self::Unreachable { base, error },
        }
    }

    /// Of an answer; nothing where it is a success.
    pub(crate) fn of_answer(answer: &Answer) -> Option<Self> {
        let Answer { status, body, .. } = answer;
        match status {
            202 if body["asked_by"].is_string() && body["operation"].is_string() => {
                let text = |name: &str| body[name].as_str().unwrap_or_default();
                Some(Self::Waiting {
                    id: text("id").to_owned(),
                    subject: format!("{} {}", text("operation"), text("subject")),
                })
            }
            200..300 => None,
            300..400 => Some(Self::Refused {
                status: *status,
                words: sent_elsewhere(*status, answer.location.as_deref()),
            }),
            _ => Some(Self::Refused {
                status: *status,
                words: words(*status, body),
            }),
        }
    }
}

/// Whether a connection broke after it was there: nobody knows whether the host heard what was asked.
pub(super) fn is_lost(error: &ureq::Error) -> bool {
    let ureq::Error::Io(error) = error else {
        return false;
    };
    // Whoever is not trusted, or does not trust us, heard nothing.
    if error
        .get_ref()
        .is_some_and(|error| error.is::<rustls::Error>())
    {
        return false;
    }
    !matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable
    )
}

/// Nobody follows where a host does not send: not a write, and not a secret.
fn sent_elsewhere(status: u16, location: Option<&str>) -> String {
    let place = location.unwrap_or("no place that it names");
    format!(
        "what answers sends elsewhere, to {place} (status {status}), and no request follows it there; name the \
         host's own address with --url"
    )
}

/// The problem in words: what is wrong and the fix, then what kind of problem it is and where.
fn words(status: u16, problem: &Value) -> String {
    let text = |name: &str| problem[name].as_str();
    let Some(detail) = text("detail") else {
        return format!("the host answered with status {status}");
    };
    let mut kind: Vec<String> = Vec::new();
    kind.extend(text("title").map(str::to_owned));
    kind.extend(text("code").map(str::to_owned));
    let field = text("field").filter(|field| !field.is_empty());
    kind.extend(field.map(|field| format!("field {field}")));
    kind.extend(text("stage").map(|stage| format!("stage {stage}")));
    kind.extend(text("deny_code").map(|code| format!("denied by {code}")));
    match kind.is_empty() {
        true => format!("the host refused: {detail}"),
        false => format!("the host refused: {detail} ({})", kind.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_answer_has_its_exit_code() {
        let check = |status: u16, body: Value, expect: Option<u8>| {
            let answer = Answer {
                status,
                body,
                ..Answer::default()
            };
            let failure = Failure::of_answer(&answer);
            assert_eq!(
                failure.map(|failure| failure.exit_code()),
                expect,
                "{status}"
            );
        };
        check(200, Value::Null, None);
        check(202, json!({"id": "1", "status": "ACCEPTED"}), None);
        let approval = json!({"id": "1", "operation": "x", "subject": "", "asked_by": "anna"});
        check(202, approval, Some(6));
        check(307, Value::Null, Some(1));
        check(400, Value::Null, Some(1));
        check(401, Value::Null, Some(5));
        check(403, Value::Null, Some(5));
        check(409, Value::Null, Some(1));
        check(503, Value::Null, Some(4));
    }

    #[test]
    fn whoever_is_not_trusted_was_told_nothing() {
        use rustls::{CertificateError, Error};
        let lost = std::io::Error::from(ErrorKind::ConnectionReset);
        assert!(is_lost(&ureq::Error::Io(lost)));
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let untrusted = std::io::Error::new(ErrorKind::InvalidData, unknown);
        assert!(!is_lost(&ureq::Error::Io(untrusted)));
    }

    #[test]
    fn words_name_the_field_and_the_fix() {
        let problem = json!({
            "title": "Bad Request", "code": "INVALID_FIELD", "field": "/quantity", "detail": "give one",
        });
        let expect = "the host refused: give one (Bad Request, INVALID_FIELD, field /quantity)";
        assert_eq!(words(400, &problem), expect);
        assert_eq!(
            words(500, &Value::Null),
            "the host answered with status 500"
        );
    }
}
