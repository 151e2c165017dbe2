//! Requests that are sent twice and done once: `Idempotency-Key`, as the draft of the IETF has it.
//!
//! A client that got no answer cannot know whether it was heard, and sends the request again, with the same
//! key. The first answer is given again then. What began and was never answered, because the host crashed, is
//! not done again either: the answer says so, and where to look. `docs/adr/0024-idempotency.md` says why it
//! is as it is.
//!
//! This stands behind the gate: a key is of who shows it, and whatever the gate answers itself is not kept.

mod act;
mod claim;
mod header;
mod keys;
mod log;
mod table;
mod uses;

use crate::extract::{BodyKind, body_kind, bytes};
use crate::gate::STOPS;
use crate::operations::Lookup;
use crate::problem::Problem;
pub(crate) use act::unknown;
use act::{Act, Entered, Kind, enter, head, id, part};
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use blake3::{Hash, Hasher};
pub(crate) use claim::Claim;
pub(crate) use header::shown;
use identity::Principal;
pub use keys::IdempotencyKeys;
use serde_json::Value;
use std::future::Future;
use std::sync::{Arc, Mutex};
use table::Kept;
pub(crate) use table::REPLAYED;
use tracing::Instrument;
pub use uses::KeyUse;

/// Routes that take a component, which their handlers read in turn, and then ask whether they may begin.
pub(crate) const COMPONENTS: &[&str] = &[
    "strategies.load",
    "strategies.swap",
    "shadows.begin",
    "canaries.begin",
    "plugins.upload",
];

/// Stops that put another version in the place of the one that runs by then.
const OF_VERSIONS: &[&str] = &["strategies.roll_back", "canaries.end"];

/// What keeping answers needs.
#[derive(Clone)]
pub(crate) struct Keeping {
    pub(crate) keys: IdempotencyKeys,
    pub(crate) lookup: Arc<Lookup>,
}

/// Does what comes with a key once.
pub(crate) async fn idempotent(
    State(keeping): State<Keeping>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.and_then(|path| keeping.lookup.find(request.method(), path.as_str()));
    let Some(operation) = operation else {
        return next.run(request).await;
    };
    let key = match shown(operation, request.method(), request.headers()) {
        Ok(Some(key)) => key,
        Ok(None) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    let who = request.extensions().get::<Principal>();
    let id = id(who.map_or("", |who| who.user.as_str()), &key);
    let usage = KeyUse::of(operation, request.method());
    let kind = Kind {
        operation,
        withheld: usage == KeyUse::Withheld,
        stops: STOPS.contains(&operation),
        repeatable: false,
    };
    let is_component = body_kind(request.headers()) == Some(BodyKind::Wasm);
    if is_component && COMPONENTS.contains(&operation) {
        return with_component(keeping.keys, (id, kind), request, next).await;
    }
    match with_body(keeping.keys, (id, kind), request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// A request whose body is read here.
async fn with_body(
    keys: IdempotencyKeys,
    (id, mut kind): (Hash, Kind),
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = bytes(Request::from_parts(parts.clone(), body), &()).await?;
    kind.repeatable = kind.stops && is_repeatable(kind.operation, &body);
    kind.stops = kind.stops && !loosens(kind.operation, &body);
    let mut hasher = head(kind.operation, &parts.uri, &parts.headers);
    part(&mut hasher, &body);
    let print = hasher.finalize();
    let mut request = Request::from_parts(parts, Body::from(body));
    let claim = Claim::new(id, print);
    match enter(&keys, (id, print), kind).await? {
        Entered::Replayed(kept) => Ok(kept.response()),
        Entered::Unkept => Ok(to_the_end(next.run(request)).await),
        Entered::Act(act) => {
            request.extensions_mut().insert(claim);
            let done = async move { act.finish(next.run(request).await).await };
            Ok(to_the_end(done).await)
        }
        Entered::FindOut(act) => {
            request.extensions_mut().insert(claim.finding_out());
            let found = async move { act.found_out(next.run(request).await).await };
            Ok(to_the_end(found).await)
        }
    }
}

/// Whether a late copy of a stop lets nobody trade more: `REDUCING` may come after a halt.
fn is_repeatable(operation: &str, body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match operation {
        "engine.trading_state.set" | "risk.states.set" => {
            json.get("state").and_then(Value::as_str) == Some("HALTED")
        }
        _ => !OF_VERSIONS.contains(&operation) && !loosens(operation, body),
    }
}

/// Whether what goes both ways lets trade more, or may do so.
fn loosens(operation: &str, body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match operation {
        "engine.kill" => json.get("set") != Some(&Value::Bool(true)),
        "engine.trading_state.set" | "risk.states.set" => {
            let state = json.get("state").and_then(Value::as_str);
            !state.is_some_and(|state| matches!(state, "HALTED" | "REDUCING"))
        }
        _ => false,
    }
}

/// A request whose handler reads the component, and tells [`Arriving`] when it has come.
async fn with_component(
    keys: IdempotencyKeys,
    (id, kind): (Hash, Kind),
    mut request: Request,
    next: Next,
) -> Response {
    let arriving = Arriving {
        keys,
        id,
        kind,
        head: head(kind.operation, request.uri(), request.headers()),
        found: Arc::default(),
    };
    request.extensions_mut().insert(arriving.clone());
    let done = async move {
        let response = next.run(request).await;
        let found = log::lock(&arriving.found).take();
        match found {
            Some(Found::Begun(act)) => act.finish(response).await,
            Some(Found::Before(kept)) => kept.response(),
            // It was refused before it could begin.
            None => response,
        }
    };
    to_the_end(done).await
}

/// To its end even if the client leaves: what came of it must be kept.
pub(crate) async fn to_the_end(done: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(done.in_current_span()).await {
        Ok(response) => response,
        // Whoever stands outside writes it down.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Problem::internal().into_response(),
    }
}

/// A component that is on its way, and the key that came with it.
#[derive(Clone)]
pub(crate) struct Arriving {
    keys: IdempotencyKeys,
    id: Hash,
    kind: Kind,
    head: Hasher,
    found: Arc<Mutex<Option<Found>>>,
}

enum Found {
    Begun(Act),
    Before(Arc<Kept>),
}

impl Arriving {
    /// The component has come. What is refused now was done before, or may not be done; the handler hands
    /// the refusal on, in place of which the first answer is given where there is one.
    pub(crate) async fn came(&self, component: Bytes) -> Result<(), Problem> {
        let mut hasher = self.head.clone();
        // Hashing 32 MiB takes a while.
        let hashing = move || {
            part(&mut hasher, &component);
            hasher.finalize()
        };
        let hashed = tokio::task::spawn_blocking(hashing).await;
        let print = hashed.map_err(|_| Problem::internal())?;
        let found = match enter(&self.keys, (self.id, print), self.kind).await? {
            Entered::Act(act) => Found::Begun(act),
            Entered::FindOut(_) => return Err(unknown("GET strategies and GET plugins")),
            Entered::Replayed(kept) => Found::Before(kept),
            Entered::Unkept => return Ok(()),
        };
        let is_new = matches!(found, Found::Begun(_));
        *log::lock(&self.found) = Some(found);
        if is_new {
            return Ok(());
        }
        let detail = "it was done before";
        Err(Problem::new(StatusCode::CONFLICT, "CONFLICT", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_both_ways_is_told_apart() {
        let check = |operation: &str, body: &str, expect: bool| {
            assert_eq!(
                loosens(operation, body.as_bytes()),
                expect,
                "{operation} {body}"
            );
        };
        check("engine.kill", r#"{"set":true}"#, false);
        check("engine.kill", r#"{"set":false}"#, true);
        check("engine.kill", "", true);
        check("risk.states.set", r#"{"state":"HALTED"}"#, false);
        check("engine.trading_state.set", r#"{"state":"ACTIVE"}"#, true);
        check("orders.cancel", "", false);
    }

    #[test]
    fn what_a_late_copy_may_loosen_is_not_repeated() {
        let check = |operation: &str, body: &str, expect: bool| {
            let found = is_repeatable(operation, body.as_bytes());
            assert_eq!(found, expect, "{operation} {body}");
        };
        check("risk.kill.set", r#"{"scope":"firm"}"#, true);
        check("engine.kill", r#"{"set":true}"#, true);
        check("engine.kill", r#"{"set":false}"#, false);
        for operation in ["risk.states.set", "engine.trading_state.set"] {
            check(operation, r#"{"state":"HALTED"}"#, true);
            check(operation, r#"{"state":"REDUCING"}"#, false);
            check(operation, r#"{"state":"ACTIVE"}"#, false);
        }
        check("orders.cancel", "", true);
        check("strategies.roll_back", "", false);
    }
}
