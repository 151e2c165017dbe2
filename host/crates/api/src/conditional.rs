//! Changes of what nobody else has changed meanwhile: `ETag` on what is shown, `If-Match` on what changes it
//! (RFC 9110).
//!
//! A tag is a hash of what can be changed of a thing, and of nothing that moves by itself. It is looked at
//! just before the change, with one conditional change of a kind at a time; so of two that saw the same
//! thing the second is refused. What changes without a condition, or by itself, may still come between the
//! look and the change: the engine's thread knows of no tags.

mod tags;

use crate::extract::Name;
use crate::idempotency::to_the_end;
use crate::operations::Lookup;
use crate::problem::Problem;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
pub(crate) use tags::{Thing, tag};
use tokio::sync::Mutex;

/// Whose changes are refused without a condition: whoever replaces all limits undoes what somebody else
/// tightened meanwhile.
const REQUIRED: &[&str] = &["risk.limits.set"];

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
    turns: Turns,
}

/// One conditional change of a kind at a time; a deployment may take a minute.
#[derive(Clone, Default)]
struct Turns {
    deployments: Arc<Mutex<()>>,
    orders: Arc<Mutex<()>>,
    others: Arc<Mutex<()>>,
}

impl Conditions {
    pub(crate) fn new(lookup: Arc<Lookup>, tag_of: TagOf) -> Self {
        Self {
            lookup,
            tag_of,
            turns: Turns::default(),
        }
    }

    fn turn(&self, thing: Thing) -> Arc<Mutex<()>> {
        let turn = match thing {
            Thing::Strategy => &self.turns.deployments,
            Thing::Order => &self.turns.orders,
            Thing::Limits | Thing::State | Thing::Rule | Thing::Scenario | Thing::User => {
                &self.turns.others
            }
        };
        turn.clone()
    }

    /// Why a change may not be done, if it may not.
    fn refusal(&self, wanted: &Wanted, thing: Thing, name: &str) -> Option<Response> {
        let tag = (self.tag_of)(thing, name);
        let fits = match (&tag, wanted) {
            (Some(_), Wanted::Any) => true,
            (Some(tag), Wanted::OneOf(tags)) => tags.contains(tag),
            // Of what does not exist the handler says so, unless it would make it.
            (None, _) => !thing.is_made_by_changing(),
        };
        (!fits).then(|| failed(tag))
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

/// The refusal of a change of what was changed meanwhile, with what it has for a tag now.
fn failed(tag: Option<String>) -> Response {
    let detail = match &tag {
        Some(_) => "it was changed since its ETag was read; get it again, and decide anew",
        None => "If-Match asks for what exists, and this does not",
    };
    let status = StatusCode::PRECONDITION_FAILED;
    let mut response = Problem::new(status, "PRECONDITION_FAILED", detail).into_response();
    put_tag(&mut response, tag);
    response
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
    let changing = async move {
        let _turn = conditions.turn(thing).lock_owned().await;
        match conditions.refusal(&wanted, thing, &name) {
            None => next.run(request).await,
            Some(refusal) => refusal,
        }
    };
    to_the_end(changing).await
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
