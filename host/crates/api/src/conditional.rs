//! Changes of what nobody else has changed meanwhile: `ETag` on what is shown, `If-Match` on what changes it
//! (RFC 9110).
//!
//! A tag is a hash of what can be changed of a thing, and of nothing that moves by itself. It is looked at
//! just before the change, once the body has come, with one conditional change of a kind at a time; so of two
//! that saw the same thing the second is refused. What changes without a condition, or by itself, may still
//! come between the look and the change: the engine's thread knows of no tags.

mod tags;

use crate::extract::{BodyKind, Name, body_kind, bytes};
use crate::guarded::{Guarded, Passed};
use crate::idempotency::{COMPONENTS, to_the_end};
use crate::jobs::Unhurried;
use crate::operations::Lookup;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex as ShortMutex, PoisonError};
use std::time::Duration;
pub(crate) use tags::{Thing, tag};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Whose changes are refused without a condition: whoever replaces all limits undoes what somebody else
/// tightened meanwhile.
const REQUIRED: &[&str] = &["risk.limits.set"];

/// How long a change waits for its turn while its client waits.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a job waits, of which there are few at a time.
const PATIENCE_OF_JOBS: Duration = Duration::from_secs(600);

/// Whether an operation shows or changes what has a tag.
pub(crate) fn has_tag(operation: &str) -> bool {
    Thing::of(operation).is_some()
}

/// Whether an operation is done only on a condition.
pub(crate) fn needs_condition(operation: &str) -> bool {
    REQUIRED.contains(&operation)
}

/// The tag of a thing by its name.
pub(crate) type TagOf = Arc<dyn Fn(Thing, &str) -> Option<String> + Send + Sync>;

/// What conditions need.
#[derive(Clone)]
pub(crate) struct Conditions {
    lookup: Arc<Lookup>,
    tag_of: TagOf,
    guarded: Option<Arc<Guarded>>,
    turns: Turns,
}

/// One conditional change of a kind at a time. A deployment or a rule may take a minute, for which nobody who
/// tightens a limit waits.
#[derive(Clone, Default)]
struct Turns {
    deployments: Arc<Mutex<()>>,
    orders: Arc<Mutex<()>>,
    rules: Arc<Mutex<()>>,
    users: Arc<Mutex<()>>,
    others: Arc<Mutex<()>>,
}

impl Conditions {
    pub(crate) fn new(lookup: Arc<Lookup>, tag_of: TagOf, guarded: Option<Arc<Guarded>>) -> Self {
        Self {
            lookup,
            tag_of,
            guarded,
            turns: Turns::default(),
        }
    }

    fn turn(&self, thing: Thing) -> Arc<Mutex<()>> {
        let turn = match thing {
            Thing::Strategy => &self.turns.deployments,
            Thing::Order => &self.turns.orders,
            Thing::Rule => &self.turns.rules,
            Thing::User => &self.turns.users,
            Thing::Limits | Thing::State | Thing::Scenario => &self.turns.others,
        };
        turn.clone()
    }
}

/// A change with a condition, on its way. For handlers that read a component themselves it is among the
/// extensions of their request.
#[derive(Clone)]
pub(crate) struct Condition {
    conditions: Conditions,
    thing: Thing,
    name: Arc<str>,
    wanted: Arc<Wanted>,
    passed: Option<Passed>,
    patience: Duration,
    /// Whether the handler reads the body, and asks then whether this holds.
    is_read_in_turn: bool,
    /// From when it has come until the change is done.
    turn: Arc<ShortMutex<Option<OwnedMutexGuard<()>>>>,
}

impl Condition {
    /// The body has come, so the turn is waited for: nobody keeps it who has not sent what is to be done.
    ///
    /// # Errors
    /// The turn did not come in time, whoever asks may not do it any more, or the condition does not hold.
    pub(crate) async fn holds(&self) -> Result<(), Problem> {
        let turn = self.conditions.turn(self.thing).lock_owned();
        let turn = tokio::time::timeout(self.patience, turn).await;
        let busy = |_| Problem::busy("other changes of this kind take long; nothing was done");
        self.keep(Some(turn.map_err(busy)?));
        if let (Some(guarded), Some(passed)) = (&self.conditions.guarded, &self.passed) {
            passed.still(guarded)?;
        }
        let tag = self.tag();
        let fits = match (&tag, &*self.wanted) {
            (Some(_), Wanted::Any) => true,
            (Some(tag), Wanted::OneOf(tags)) => tags.contains(tag),
            // Of what does not exist the handler says so, unless it would make it.
            (None, _) => !self.thing.is_made_by_changing(),
        };
        match fits {
            true => Ok(()),
            false => Err(failed(tag.is_some())),
        }
    }

    /// Does the change, if it may be done.
    async fn change(self, mut request: Request, next: Next) -> Response {
        let changed = if self.is_read_in_turn {
            request.extensions_mut().insert(self.clone());
            Ok(next.run(request).await)
        } else {
            self.with_body(request, next).await
        };
        let mut response = changed.unwrap_or_else(IntoResponse::into_response);
        if response.status() == StatusCode::PRECONDITION_FAILED {
            put_tag(&mut response, self.tag());
        }
        self.keep(None);
        response
    }

    async fn with_body(&self, request: Request, next: Next) -> Result<Response, Problem> {
        let (parts, body) = request.into_parts();
        let body = bytes(Request::from_parts(parts.clone(), body), &()).await?;
        self.holds().await?;
        Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
    }

    fn tag(&self) -> Option<String> {
        (self.conditions.tag_of)(self.thing, &self.name)
    }

    fn keep(&self, turn: Option<OwnedMutexGuard<()>>) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }
}

/// What `If-Match` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// That it exists.
    Any,
    /// That it has one of these tags.
    OneOf(Vec<String>),
}

/// What a request to change something asks for; nothing where it has no condition.
///
/// # Errors
/// It has none and needs one, or has one that is none, or that the route cannot look at.
pub(crate) fn shown(
    operation: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Wanted>, Problem> {
    if shows(method) {
        return Ok(None);
    }
    let mut tags = Vec::new();
    for value in headers.get_all(header::IF_MATCH) {
        let text = value.to_str().map_err(|_| malformed())?;
        tags.extend(text.split(',').map(|tag| tag.trim().to_owned()));
    }
    if tags.is_empty() {
        return match needs_condition(operation) {
            true => Err(missing(operation)),
            false => Ok(None),
        };
    }
    if !has_tag(operation) {
        let detail = format!("{operation} has no tag to compare; leave If-Match out");
        let status = StatusCode::BAD_REQUEST;
        return Err(Problem::new(status, "INVALID_HEADER", detail));
    }
    if tags == ["*"] {
        return Ok(Some(Wanted::Any));
    }
    if !tags.iter().all(|tag| is_tag(tag)) {
        return Err(malformed());
    }
    // Weak ones are equal to none (RFC 9110, 13.1.1), and stay to be compared in vain.
    Ok(Some(Wanted::OneOf(tags)))
}

fn shows(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let inside = opaque.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inside.is_some_and(|inside| !inside.contains('"'))
}

fn missing(operation: &str) -> Problem {
    let detail = format!(
        "{operation} replaces all that somebody else may have changed meanwhile; get it, decide, and send its \
         ETag as `If-Match`, or `If-Match: *` to replace it whatever it is"
    );
    let status = StatusCode::PRECONDITION_REQUIRED;
    Problem::new(status, "PRECONDITION_REQUIRED", detail)
}

fn malformed() -> Problem {
    let detail = "If-Match must be `*`, or tags in quotation marks with commas between";
    Problem::new(StatusCode::BAD_REQUEST, "INVALID_HEADER", detail)
}

/// The refusal of a change of what was changed meanwhile, or does not exist.
fn failed(exists: bool) -> Problem {
    let detail = match exists {
        true => "it was changed since its ETag was read; get it again, and decide anew",
        false => "If-Match asks for what exists, and this does not",
    };
    let status = StatusCode::PRECONDITION_FAILED;
    Problem::new(status, "PRECONDITION_FAILED", detail)
}

fn put_tag(response: &mut Response, tag: Option<String>) {
    if let Some(Ok(tag)) = tag.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

/// Tags what is shown, and changes what has the tag that it should have.
pub(crate) async fn conditional(
    State(conditions): State<Conditions>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.and_then(|path| conditions.lookup.find(request.method(), path.as_str()));
    let Some(operation) = operation else {
        return next.run(request).await;
    };
    let wanted = match shown(operation, request.method(), request.headers()) {
        Ok(wanted) => wanted,
        Err(problem) => return problem.into_response(),
    };
    let has_part = shows(request.method()) || wanted.is_some();
    let thing = Thing::of(operation).filter(|_| has_part);
    let Some(thing) = thing else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let Ok(Name(name)) = Name::from_request_parts(&mut parts, &()).await else {
        // The handler says what is wrong with it.
        return next.run(Request::from_parts(parts, body)).await;
    };
    let request = Request::from_parts(parts, body);
    let Some(wanted) = wanted else {
        // Before it is shown: a tag may be older than what it is on, and never newer.
        let tag = (conditions.tag_of)(thing, &name);
        let mut response = next.run(request).await;
        if response.status() == StatusCode::OK {
            put_tag(&mut response, tag);
        }
        return response;
    };
    let is_component = body_kind(request.headers()) == Some(BodyKind::Wasm);
    let condition = Condition {
        conditions,
        thing,
        name: name.into(),
        wanted: Arc::new(wanted),
        passed: request.extensions().get::<Passed>().cloned(),
        patience: match request.extensions().get::<Unhurried>() {
            Some(_) => PATIENCE_OF_JOBS,
            None => PATIENCE,
        },
        is_read_in_turn: is_component && COMPONENTS.contains(&operation),
        turn: Arc::default(),
    };
    to_the_end(condition.change(request, next)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expect: Result<Option<Wanted>, &str>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().unwrap());
        }
        let found = shown("risk.states.set", &Method::PUT, &headers);
        let found = found.map_err(|problem| problem.code());
        assert_eq!(found, expect, "{values:?}");
    }

    #[test]
    fn if_match_is_a_list_of_tags_or_a_star() {
        let one_of = |tags: &[&str]| {
            let tags = tags.iter().map(|tag| (*tag).to_owned());
            Ok(Some(Wanted::OneOf(tags.collect())))
        };
        check(&[], Ok(None));
        check(&["*"], Ok(Some(Wanted::Any)));
        check(&["\"a\""], one_of(&["\"a\""]));
        check(
            &["\"a\", W/\"b\"", "\"c\""],
            one_of(&["\"a\"", "W/\"b\"", "\"c\""]),
        );
        for broken in ["a", "", "\"a", "*, \"a\"", "\"a\"b\""] {
            check(&[broken], Err("INVALID_HEADER"));
        }
    }

    #[tokio::test]
    async fn a_turn_is_waited_for_and_not_for_ever() {
        let tag_of: TagOf = Arc::new(|_: Thing, _: &str| Some("\"a\"".to_owned()));
        let conditions = Conditions::new(Arc::default(), tag_of, None);
        let condition = |thing: Thing| Condition {
            conditions: conditions.clone(),
            thing,
            name: "ema".into(),
            wanted: Arc::new(Wanted::Any),
            passed: None,
            patience: Duration::from_millis(1),
            is_read_in_turn: false,
            turn: Arc::default(),
        };
        // Who tightens a limit waits for no compiler.
        let things = [Thing::Strategy, Thing::Rule, Thing::User, Thing::Limits];
        let first = things.map(condition);
        for one in &first {
            assert_eq!(one.holds().await, Ok(()), "{:?}", one.thing);
        }
        let second = condition(Thing::Rule);
        assert_eq!(second.holds().await.unwrap_err().code(), "BUSY");
        drop(first);
        assert_eq!(second.holds().await, Ok(()));
    }

    #[test]
    fn limits_need_a_condition_and_what_has_no_tag_takes_none() {
        let (none, mut any) = (HeaderMap::new(), HeaderMap::new());
        any.insert(header::IF_MATCH, HeaderValue::from_static("*"));
        let limits = shown("risk.limits.set", &Method::PUT, &none).unwrap_err();
        assert_eq!(limits.code(), "PRECONDITION_REQUIRED");
        assert!(shown("risk.limits.set", &Method::PUT, &any).is_ok());
        assert!(shown("risk.limits.show", &Method::GET, &none).is_ok());
        let untagged = shown("orders.place", &Method::POST, &any).unwrap_err();
        assert_eq!(untagged.code(), "INVALID_HEADER");
    }
}
