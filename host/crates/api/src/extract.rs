//! Reads requests strictly: path, query, body. Every refusal is a [`Problem`] that names the field.

use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The part of the path behind the route's prefix, percent-decoded: a name, symbol or id.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(rejection) => {
                let detail = rejection.body_text();
                Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "INVALID_PATH",
                    detail,
                ))
            }
        }
    }
}

/// Two parts of the path, in the same way.
pub(crate) struct TwoNames(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for TwoNames {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(Path((first, second))) => Ok(Self(first, second)),
            Err(rejection) => {
                let detail = rejection.body_text();
                Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "INVALID_PATH",
                    detail,
                ))
            }
        }
    }
}

/// The query parameters, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Fields {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(pairs) = pairs.map_err(|rejection| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "INVALID_QUERY",
                rejection.body_text(),
            )
        })?;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if fields.insert(name.clone(), value).is_some() {
                return Err(Problem::invalid(&name, "is given twice"));
            }
        }
        Ok(Self(fields))
    }
}

impl Fields {
    /// Takes a parameter as text.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Takes a parameter of some type; `form` says what would do.
    pub(crate) fn value<T: FromStr>(
        &mut self,
        name: &str,
        form: &str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.0.remove(name) else {
            return Ok(None);
        };
        let refused = |_| Problem::invalid(name, format!("`{text}` is not {form}"));
        text.parse().map(Some).map_err(refused)
    }

    /// Takes a parameter that is true or false; it is false where it is not given.
    pub(crate) fn truth(&mut self, name: &str) -> Result<bool, Problem> {
        Ok(self.value(name, "true or false")?.unwrap_or(false))
    }

    /// Takes all parameters that begin with `prefix`, without it.
    pub(crate) fn with_prefix(&mut self, prefix: &str) -> BTreeMap<String, String> {
        let mut taken = BTreeMap::new();
        self.0
            .retain(|name, value| match name.strip_prefix(prefix) {
                Some(rest) => {
                    taken.insert(rest.to_owned(), std::mem::take(value));
                    false
                }
                None => true,
            });
        taken
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.0.into_keys().next() {
            Some(name) => Err(Problem::invalid(
                &name,
                "is not a parameter of this request",
            )),
            None => Ok(()),
        }
    }

    /// Refuses what there is: these go with a component, and beside JSON the body says all.
    pub(crate) fn none_beside_json(self) -> Result<(), Problem> {
        match self.0.into_keys().next() {
            Some(name) => Err(Problem::disagrees(
                &name,
                "goes with a component as the body; beside JSON it belongs into the body",
            )),
            None => Ok(()),
        }
    }
}

/// That there are no query parameters, for routes that take none: whoever writes `GET strategies?state=RUNNING`
/// must not take what comes for an answer to that.
pub(crate) struct NoFields;

impl<S: Send + Sync> FromRequestParts<S> for NoFields {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let fields = Fields::from_request_parts(parts, state).await?;
        fields.finish().map(|()| Self)
    }
}

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match body_kind(request.headers()) {
            Some(BodyKind::Json) => parse_json(&bytes(request, state).await?).map(Self),
            _ => Err(unsupported("application/json")),
        }
    }
}

/// What a body says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// `application/json`.
    Json,
    /// `application/wasm`.
    Wasm,
}

/// What the body says it is; `None` when it is neither or says nothing.
pub(crate) fn body_kind(headers: &HeaderMap) -> Option<BodyKind> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Some(BodyKind::Json)
    } else if essence.eq_ignore_ascii_case("application/wasm") {
        Some(BodyKind::Wasm)
    } else {
        None
    }
}

/// The refusal of a body that is something else.
pub(crate) fn unsupported(wanted: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        format!("the body must be {wanted}, and Content-Type must say so"),
    )
}

/// Reads a body up to the route's limit.
pub(crate) async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let reading = Bytes::from_request(request, state);
    let Ok(read) = tokio::time::timeout(BODY_TIMEOUT, reading).await else {
        let detail = "the body did not arrive in 30 s";
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", detail));
    };
    read.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "MALFORMED_BODY",
            "the body broke off",
        ),
    })
}

/// The refusal of a body above the route's limit.
pub(crate) fn too_large() -> Problem {
    let detail = "the body is larger than this route takes";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", detail)
}

/// Parses a JSON body, naming the field that does not fit.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    strict_json(bytes).map_err(|(path, error)| json_problem(path, &error))
}

/// Parses one JSON object and nothing behind it. The error comes with the dotted path of the field
/// that does not fit. Serde would take arrays for objects too, by position.
pub(crate) fn strict_json<T: DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, (String, serde_json::Error)> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        let error = serde::de::Error::custom("must be an object");
        return Err((String::new(), error));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(located)?;
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(error) => Err((String::new(), error)),
    }
}

/// As [`strict_json`], of what was read as a value already.
pub(crate) fn strict_value<T: DeserializeOwned>(
    value: serde_json::Value,
) -> Result<T, (String, serde_json::Error)> {
    if !value.is_object() {
        let error = serde::de::Error::custom("must be an object");
        return Err((String::new(), error));
    }
    serde_path_to_error::deserialize(value).map_err(located)
}

fn located(error: serde_path_to_error::Error<serde_json::Error>) -> (String, serde_json::Error) {
    let path = field_path(&dotted(error.path()), error.inner());
    (path, error.into_inner())
}

fn json_problem(path: String, error: &serde_json::Error) -> Problem {
    if error.is_data() {
        return Problem::invalid(&path, error.to_string());
    }
    Problem::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON", error.to_string())
}

/// Names and places on the way to a value, with dots between.
fn dotted(path: &serde_path_to_error::Path) -> String {
    let parts = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    parts.collect::<Vec<_>>().join(".")
}

/// The path of the field at fault. Serde reports a field that is missing or too much at its
/// parent, and names it in the message.
fn field_path(parent: &str, error: &serde_json::Error) -> String {
    let message = error.to_string();
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split_once('`'));
    match named {
        Some((field, _)) if parent.is_empty() => field.to_owned(),
        Some((field, _)) if parent.rsplit('.').next() != Some(field) => format!("{parent}.{field}"),
        _ => parent.to_owned(),
    }
}
