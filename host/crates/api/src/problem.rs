//! The one form of an error: RFC 9457 problem details with a stable `code`.

use crate::dto::problem::ProblemDto;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::DenyCode;
use registry::Refusal;
use services::handle::HostError;

/// The code of [`Problem::disagrees`].
const DISAGREE: &str = "FIELDS_DISAGREE";

/// Why a request was refused. `code` is stable; `detail` is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    stage: Option<&'static str>,
    deny_code: Option<DenyCode>,
    /// After how many seconds trying again may help.
    retry_after_s: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
            stage: None,
            deny_code: None,
            retry_after_s: None,
        }
    }

    /// A value that cannot be used; `field` is its dotted path in the body or query.
    pub(crate) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "INVALID_FIELD", detail);
        problem.at(field)
    }

    /// A value that is well formed and does not go with the others, or with what the request is about: no
    /// description of the field alone says so. `field` is as of [`Problem::invalid`].
    pub(crate) fn disagrees(field: &str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, DISAGREE, detail);
        problem.at(field)
    }

    /// Nothing of that name.
    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        let detail = format!("there is no {what} `{name}`");
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    }

    /// What P03 would deny, did the engine know people: the strategy or the account is another's.
    pub(crate) fn not_permitted(detail: impl Into<String>) -> Self {
        Self {
            deny_code: Some(DenyCode::Permission),
            ..Self::new(StatusCode::FORBIDDEN, "NOT_PERMITTED", detail)
        }
    }

    /// Something here broke; the cause is in the log.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "the request failed inside the host; its log says why",
        )
    }

    /// Too much at once; trying again helps.
    pub(crate) fn busy(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "BUSY", detail).after(1)
    }

    /// Says after how many seconds trying again may help.
    #[must_use]
    pub(crate) fn after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The host's answer to a body: what it names and the host does not know is a wrong field.
    pub(crate) fn of_body(error: HostError) -> Self {
        match error {
            HostError::NotFound { what, .. } => Self::invalid(what, error.to_string()),
            error => error.into(),
        }
    }

    /// The host's answer to limits that cannot be set: a fault of the field that it names.
    pub(crate) fn from_limits(error: HostError) -> Self {
        match error {
            HostError::Conflict(reason) => Self::disagrees("", reason),
            error => error.into(),
        }
    }

    /// The host's answer to a list, whose orders stood at these dotted paths of the body.
    pub(crate) fn of_list(error: HostError, paths: &[String]) -> Self {
        let HostError::InList { place, error } = error else {
            return Self::of_body(error);
        };
        let problem = Self::of_body(*error);
        match paths.get(place) {
            // The strategy is the list's and stands beside its orders.
            Some(path) if problem.field.as_deref() != Some("/strategy") => problem.within(path),
            _ => problem,
        }
    }

    /// Its stable name.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Whether the request's own fields are at fault, so that nothing was done.
    pub(crate) fn is_of_fields(&self) -> bool {
        self.code == DISAGREE
    }

    /// In words.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Says that the field at fault stands within this dotted path.
    #[must_use]
    pub(crate) fn within(mut self, path: &str) -> Self {
        let field = self.field.unwrap_or_default();
        self.field = Some(pointer(path) + &field);
        self
    }

    /// Names the field at fault, as a JSON pointer made from its dotted path.
    #[must_use]
    pub(crate) fn at(mut self, field: &str) -> Self {
        self.field = Some(pointer(field));
        self
    }
}

/// `parameters.fast` becomes `/parameters/fast`; the root is the empty pointer (RFC 6901).
fn pointer(path: &str) -> String {
    if path.is_empty() || path == "." {
        return String::new();
    }
    path.split('.')
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        let detail = error.to_string();
        match error {
            HostError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail),
            HostError::Invalid { field, reason } => Self::invalid(field, reason),
            HostError::Disagrees { field, reason } => Self::disagrees(field, reason),
            HostError::Conflict(reason) => Self::new(StatusCode::CONFLICT, "CONFLICT", reason),
            HostError::Plugin { stage, reason } => Self {
                stage: Some(stage),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "PLUGIN_REFUSED", reason)
            },
            HostError::Registry(refusal) => Self::from(refusal),
            HostError::HeldBack { .. } => {
                Self::new(StatusCode::CONFLICT, "PLUGIN_HELD_BACK", detail)
            }
            HostError::Denied { code, .. } => Self {
                deny_code: Some(code),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "CHANGE_DENIED", detail)
            },
            HostError::InList { error, .. } => Self {
                detail,
                ..Self::from(*error)
            },
            HostError::Busy => Self::busy(&detail),
            HostError::Stopped => Self::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_RUNNING", detail),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::Unknown(_) => StatusCode::NOT_FOUND,
            Refusal::Untrusted(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Ambiguous { .. }
            | Refusal::NotApproved { .. }
            | Refusal::Quarantined { .. }
            | Refusal::Downgrade { .. }
            | Refusal::Unordered { .. }
            | Refusal::InUse { .. }
            | Refusal::State { .. }
            | Refusal::Full(_) => StatusCode::CONFLICT,
            Refusal::Disk(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, refusal.code(), refusal.to_string())
    }
}

impl Problem {
    /// The body of the answer; `trace` is what the request is part of.
    pub(crate) fn body(&self, trace: Option<&str>) -> axum::body::Body {
        let body = ProblemDto {
            kind: format!(
                "urn:argonaut:problem:{}",
                self.code.to_ascii_lowercase().replace('_', "-")
            ),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            field: self.field.as_deref(),
            stage: self.stage,
            deny_code: self.deny_code.as_ref().map(DenyCode::to_string),
            trace_id: trace,
        };
        axum::Json(body).into_response().into_body()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body(None)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Whoever watches the request says which trace it is part of.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_json_pointers() {
        let check = |path: &str, expect: &str| assert_eq!(pointer(path), expect);
        check("quantity", "/quantity");
        check("parameters.fast", "/parameters/fast");
        check("a/b~c", "/a~1b~0c");
        check(".", "");
    }
}
