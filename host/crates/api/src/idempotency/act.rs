//! One request with a key, from the question whether it may begin to what came of it.

use super::keys::{Durability, IdempotencyKeys};
use super::table::{Begun, Kept, Standing};
use crate::problem::Problem;
use crate::routes::plugin_body::SIGNATURE;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use blake3::{Hash, Hasher};
use std::sync::Arc;

/// Those whose handlers can find out what came of a request that began: see [`super::Claim`].
const FIND_OUT: &[&str] = &["orders.place", "orders.place_list"];

/// Who asks with which key.
pub(super) fn id(who: &str, key: &str) -> Hash {
    let mut hasher = Hasher::new();
    part(&mut hasher, who.as_bytes());
    part(&mut hasher, key.as_bytes());
    hasher.finalize()
}

/// What is asked for, but for the body, which comes last.
pub(super) fn head(operation: &str, uri: &Uri, headers: &HeaderMap) -> Hasher {
    let mut hasher = Hasher::new();
    part(&mut hasher, operation.as_bytes());
    let place = uri.path_and_query().map_or("", |place| place.as_str());
    part(&mut hasher, place.as_bytes());
    let kind = headers.get(header::CONTENT_TYPE);
    part(&mut hasher, kind.map_or(&b""[..], |kind| kind.as_bytes()));
    for signature in headers.get_all(SIGNATURE) {
        part(&mut hasher, signature.as_bytes());
    }
    hasher
}

/// Parts are told apart by their lengths.
pub(super) fn part(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// What is to be done about a request.
pub(super) enum Entered {
    /// It is new: do it.
    Act(Act),
    /// It began before, and its handler can find out what came of it, without doing it.
    FindOut(Act),
    /// It was done before.
    Replayed(Arc<Kept>),
    /// It stops something, and there is no room for it or it is under way: it is done without its key.
    Unkept,
}

/// Something that began.
pub(super) struct Act {
    keys: IdempotencyKeys,
    number: u64,
    withheld: bool,
    is_over: bool,
}

/// What an operation is, as far as its key is concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) operation: &'static str,
    /// Its answer has a secret.
    pub(super) withheld: bool,
    /// It stops something, and nothing may come before that.
    pub(super) stops: bool,
    /// Done twice it is as if done once: it stops something, and a late copy lets nobody trade more.
    pub(super) repeatable: bool,
}

impl Kind {
    fn durability(self) -> Durability {
        // The journal has the intent that an order by hand is given here.
        match self.stops || FIND_OUT.contains(&self.operation) {
            true => Durability::Later,
            false => Durability::First,
        }
    }

    /// Whether a copy would be caught without its key, or does what was done.
    fn is_harmless(self) -> bool {
        self.repeatable || FIND_OUT.contains(&self.operation)
    }

    /// Where to look for what came of it.
    fn look_at(self) -> &'static str {
        match self.operation.split('.').next() {
            Some("orders") => "GET orders and GET history/orders for what was ordered",
            Some("strategies" | "shadows" | "canaries") => "GET strategies/{name}",
            Some("plugins") => "GET plugins",
            Some("backtests") => "GET backtests",
            Some("pipelines") => "GET pipelines/{strategy}/runs",
            Some("engine" | "risk") => "GET engine, GET risk/states and GET risk/limits/{scope}",
            _ => "what it would have changed, or GET audit where identity is on",
        }
    }
}

/// Asks whether a request may begin.
pub(super) async fn enter(
    keys: &IdempotencyKeys,
    (id, print): (Hash, Hash),
    kind: Kind,
) -> Result<Entered, Problem> {
    let act = |number| Act {
        keys: keys.clone(),
        number,
        withheld: kind.withheld,
        is_over: false,
    };
    let noted = (kind.durability(), kind.is_harmless());
    match keys.begin(id, print, noted).await? {
        Begun::New(number) => Ok(Entered::Act(act(number))),
        Begun::Known(_, Standing::Answered(kept)) => Ok(Entered::Replayed(kept)),
        Begun::Known(number, Standing::Unknown) if FIND_OUT.contains(&kind.operation) => {
            Ok(Entered::FindOut(act(number)))
        }
        // A stop that may have come to nothing must not wait for a new key.
        Begun::Known(number, Standing::Unknown) if kind.repeatable => Ok(Entered::Act(act(number))),
        Begun::Known(_, Standing::Running) if kind.repeatable => Ok(Entered::Unkept),
        Begun::Known(_, Standing::Unknown) => Err(unknown(kind.look_at())),
        Begun::Known(_, Standing::Done(status)) => Err(not_kept(status)),
        Begun::Known(_, Standing::Running) => {
            let detail =
                "a request with this Idempotency-Key is under way; ask again for its answer";
            let problem = Problem::new(StatusCode::CONFLICT, "IDEMPOTENCY_KEY_IN_USE", detail);
            Err(problem.after(1))
        }
        Begun::Other => {
            let detail = "this Idempotency-Key came with another request before; what is new needs a new key, \
                          what is sent again must be the same to the byte";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(Problem::new(status, "IDEMPOTENCY_KEY_REUSED", detail))
        }
        Begun::Full if kind.stops => Ok(Entered::Unkept),
        Begun::Full => Err(Problem::busy("too many requests with a key are not over")),
    }
}

/// The answer to a request that began, and of which nobody knows what came of it.
pub(crate) fn unknown(look_at: &str) -> Problem {
    let detail = format!(
        "a request with this Idempotency-Key began, and the host ended or failed before it was answered: \
         nobody knows whether it was done, and it is not done again; look at {look_at}, and ask with a new \
         key for what is missing"
    );
    let status = StatusCode::CONFLICT;
    Problem::new(status, "IDEMPOTENCY_OUTCOME_UNKNOWN", detail)
}

fn not_kept(status: u16) -> Problem {
    let detail = format!(
        "a request with this Idempotency-Key was done and answered with {status}; the answer had a secret or \
         was too long, so it is not kept, and nothing is done again"
    );
    let status = StatusCode::CONFLICT;
    Problem::new(status, "IDEMPOTENCY_ANSWER_NOT_KEPT", detail)
}

/// What an answer says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// It is over, one way or the other.
    Over,
    /// Nothing was done.
    Nothing,
    /// It may have been done.
    Unknown,
}

impl Came {
    fn with(response: &Response) -> Self {
        let problem = response.extensions().get::<Problem>();
        match problem.is_some_and(Problem::is_of_fields) {
            // Neither a venue nor the risk gate had a say.
            true => Self::Nothing,
            false => Self::of(response.status(), response.headers()),
        }
    }

    fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        match status {
            status if status.is_success() => Self::Over,
            // The venue or the risk gate had a say.
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Self::Over,
            status if status.is_client_error() => Self::Nothing,
            // Who says when to try again has done nothing.
            StatusCode::SERVICE_UNAVAILABLE if headers.contains_key(header::RETRY_AFTER) => {
                Self::Nothing
            }
            _ => Self::Unknown,
        }
    }
}

impl Act {
    /// Keeps what came of it, and hands the answer on.
    pub(super) async fn finish(mut self, response: Response) -> Response {
        let status = response.status();
        match Came::with(&response) {
            Came::Nothing => {
                self.is_over = true;
                self.keys.free(self.number);
                return response;
            }
            // As if nothing had been heard of it.
            Came::Unknown => return response,
            Came::Over if self.withheld => {
                self.settle(Standing::Done(status.as_u16()));
                return response;
            }
            Came::Over => {}
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            self.settle(Standing::Done(status.as_u16()));
            return Problem::internal().into_response();
        };
        let kept = Kept::of(status, &parts.headers, &body);
        let done = Standing::Done(status.as_u16());
        self.settle(kept.map_or(done, |kept| Standing::Answered(Arc::new(kept))));
        Response::from_parts(parts, Body::from(body))
    }

    /// Keeps an answer that was found out; of one that was not nobody knows more than before.
    pub(super) async fn found_out(self, response: Response) -> Response {
        match response.status().is_success() {
            true => self.finish(response).await,
            false => response,
        }
    }

    fn settle(&mut self, standing: Standing) {
        self.is_over = true;
        self.keys.settle(self.number, standing);
    }
}

impl Drop for Act {
    fn drop(&mut self) {
        // A handler that panicked or failed may have done it.
        if !self.is_over {
            self.keys.settle(self.number, Standing::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use services::clock::ManualClock;

    #[test]
    fn what_did_nothing_may_be_sent_again() {
        let check = |status: u16, waits: bool, expect: Came| {
            let mut headers = HeaderMap::new();
            if waits {
                headers.insert(header::RETRY_AFTER, 1.into());
            }
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Came::of(status, &headers), expect, "{status}");
        };
        for status in [200, 201, 202, 204, 409, 422] {
            check(status, false, Came::Over);
        }
        for status in [400, 401, 403, 404, 405, 408, 412, 413, 415, 428, 429] {
            check(status, true, Came::Nothing);
        }
        let of_fields = Problem::disagrees("price", "is missing").into_response();
        assert_eq!(Came::with(&of_fields), Came::Nothing);
        check(503, true, Came::Nothing);
        for status in [500, 502, 503, 504] {
            check(status, false, Came::Unknown);
        }
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_what_became_of_the_first() {
        let keys = IdempotencyKeys::in_memory(Arc::new(ManualClock::default()));
        let enter = async |operation: &'static str, repeatable: bool| {
            let kind = Kind {
                operation,
                withheld: false,
                stops: repeatable,
                repeatable,
            };
            let hash = blake3::hash(operation.as_bytes());
            enter(&keys, (hash, hash), kind).await
        };
        let code = |entered: Result<Entered, Problem>| entered.err().map(|problem| problem.code());
        let first = enter("risk.kill.set", true).await;
        let second = enter("risk.kill.set", true).await;
        assert!(matches!(second, Ok(Entered::Unkept)), "it is under way");
        drop(first);
        let third = enter("risk.kill.set", true).await;
        assert!(matches!(third, Ok(Entered::Act(_))), "it is in doubt");

        let first = enter("risk.kill.clear", false).await;
        let second = enter("risk.kill.clear", false).await;
        assert_eq!(code(second), Some("IDEMPOTENCY_KEY_IN_USE"));
        drop(first);
        let third = enter("risk.kill.clear", false).await;
        assert_eq!(code(third), Some("IDEMPOTENCY_OUTCOME_UNKNOWN"));
    }

    #[test]
    fn a_signature_is_part_of_what_is_asked_for() {
        let print = |signatures: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for signature in signatures.iter().copied() {
                headers.append("x-plugin-signature", HeaderValue::from_static(signature));
            }
            head("strategies.swap", &Uri::from_static("/swap"), &headers).finalize()
        };
        assert_eq!(print(&["a"]), print(&["a"]));
        let none: &[&'static str] = &[];
        for other in [none, &["b"], &["a", "b"]] {
            assert_ne!(print(other), print(&["a"]), "{other:?}");
        }
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(id("a", "bc"), id("ab", "c"));
        assert_eq!(id("a", "bc"), id("a", "bc"));
    }
}
