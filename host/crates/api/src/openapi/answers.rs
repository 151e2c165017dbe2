//! Refusals, and the parameters that many operations have.

use super::values::text;
use crate::routes::{LIMIT, LIMIT_MAX};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{IntoParams, ToResponse};

/// Every code of a problem that we make. They are stable: clients may branch on them.
pub(super) const CODES: &[&str] = &[
    "AUDIT_FAILED",
    "BUSY",
    "CATALOG_UNAVAILABLE",
    "CHANGE_DENIED",
    "CONFLICT",
    "FIELDS_DISAGREE",
    "FORBIDDEN",
    "FORBIDDEN_ADDRESS",
    "FORBIDDEN_HOST",
    "FORBIDDEN_ORIGIN",
    "FULL",
    "IDEMPOTENCY_ANSWER_NOT_KEPT",
    "IDEMPOTENCY_KEY_IN_USE",
    "IDEMPOTENCY_KEY_MISSING",
    "IDEMPOTENCY_KEY_REUSED",
    "IDEMPOTENCY_OUTCOME_UNKNOWN",
    "IDENTITY_OFF",
    "INTERNAL",
    "INVALID_FIELD",
    "INVALID_HEADER",
    "INVALID_PATH",
    "INVALID_QUERY",
    "LOCKED",
    "MALFORMED_BODY",
    "MALFORMED_JSON",
    "METHOD_NOT_ALLOWED",
    "NOT_A_WEBSOCKET",
    "NOT_FOUND",
    "NOT_KEPT",
    "NOT_PERMITTED",
    "NOT_RUNNING",
    "NOT_SENT",
    "NOT_STORED",
    "NO_CATALOG",
    "NO_STORE",
    "PAYLOAD_TOO_LARGE",
    "PLUGIN_AMBIGUOUS",
    "PLUGIN_DOWNGRADE",
    "PLUGIN_HELD_BACK",
    "PLUGIN_IN_USE",
    "PLUGIN_KEY_REVOKED",
    "PLUGIN_KEY_UNKNOWN",
    "PLUGIN_NOT_APPROVED",
    "PLUGIN_QUARANTINED",
    "PLUGIN_REFUSED",
    "PLUGIN_REVOKED",
    "PLUGIN_SIGNATURE_MALFORMED",
    "PLUGIN_SIGNATURE_OLD",
    "PLUGIN_SIGNATURE_WRONG",
    "PLUGIN_STATE",
    "PLUGIN_UNKNOWN",
    "PLUGIN_UNSIGNED",
    "PLUGIN_VERSION_UNORDERED",
    "PRECONDITION_FAILED",
    "PRECONDITION_REQUIRED",
    "REFRESH_REUSED",
    "REGISTRY_DISK",
    "REGISTRY_FULL",
    "STALE",
    "STORE_UNAVAILABLE",
    "TIMEOUT",
    "TOO_MANY",
    "UNAUTHENTICATED",
    "UNKNOWN_SUBPROTOCOL",
    "UNSUPPORTED_MEDIA_TYPE",
    "WRONG_CREDENTIALS",
];

/// The schema of a refusal among the components.
pub(super) const PROBLEM: &str = "Problem";

/// A request that was refused: problem details.
pub(crate) enum Refused {}

impl ToResponse<'static> for Refused {
    fn response() -> (&'static str, RefOr<Response>) {
        let schema = Ref::from_schema_name(PROBLEM);
        let response = ResponseBuilder::new()
            .description("The request was refused; `code` says why, `detail` says it in words.")
            .content("application/problem+json", Content::new(Some(schema)))
            .build();
        ("Refused", RefOr::T(response))
    }
}

/// What a refusal looks like (RFC 9457).
pub(super) fn problem() -> RefOr<Schema> {
    let said = |about: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
    };
    let status = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(400))
        .maximum(Some(599));
    let code = said("Stable name of the kind of refusal.").enum_values(Some(CODES.iter().copied()));
    let kind = text(
        "^urn:argonaut:problem:[a-z0-9-]+$",
        "The code in small letters, as an identifier.",
    );
    let trace = text(
        "^[0-9a-f]{32}$",
        "The trace that the request is part of, where it is part of one.",
    );
    ObjectBuilder::new()
        .description(Some("Why a request was refused (RFC 9457)."))
        .property("type", kind)
        .property("title", said("What the status is called."))
        .property("status", status)
        .property("code", code)
        .property("detail", said("For people; it may change."))
        .property(
            "field",
            said("JSON pointer to the value at fault, in the body or among the query parameters."),
        )
        .property("stage", said("The stage at which a plugin was refused."))
        .property("deny_code", said("Why the risk gate refused a change."))
        .property("trace_id", trace)
        .required("type")
        .required("title")
        .required("status")
        .required("code")
        .required("detail")
        .into()
}

/// How many items a list may answer with.
pub(crate) enum Limit {}

impl IntoParams for Limit {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(LIMIT_MAX))
            .default(Some(LIMIT.into()));
        let limit = ParameterBuilder::new()
            .name("limit")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("At most so many."))
            .schema(Some(schema));
        vec![limit.build()]
    }
}

/// Whose limits or state a path is about.
pub(crate) enum Scope {}

impl IntoParams for Scope {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^(firm|(account|strategy|instrument)/.+)$"));
        let scope = ParameterBuilder::new()
            .name("scope")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(
                "`firm`, `account/NAME`, `strategy/NAME` or `instrument/SYMBOL`.",
            ))
            .schema(Some(schema));
        vec![scope.build()]
    }
}

#[cfg(test)]
mod tests {
    use super::CODES;
    use std::path::Path;

    /// A code in quotation marks, at the beginning of what follows a status and a comma.
    fn code(after: &str) -> Option<&str> {
        let quoted = after.trim_start().strip_prefix('"')?;
        let (code, _) = quoted.split_once('"')?;
        let is_code = |letter: char| letter == '_' || letter.is_ascii_uppercase();
        (!code.is_empty() && code.chars().all(is_code)).then_some(code)
    }

    /// The codes that a file gives to problems: after a status, or where that has a name of its own.
    fn codes(text: &str) -> Vec<String> {
        let after_status = text.split("StatusCode::").skip(1).filter_map(|part| {
            let rest = part.trim_start_matches(|c: char| c == '_' || c.is_ascii_uppercase());
            code(rest.strip_prefix(',')?)
        });
        let after_name = text.split("Problem::new(").skip(1).filter_map(|part| {
            let (_, rest) = part.split_once(',')?;
            code(rest)
        });
        after_status.chain(after_name).map(str::to_owned).collect()
    }

    /// The codes that files of this crate give to problems.
    fn given(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                given(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.extend(codes(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn every_code_that_is_given_is_said() {
        let mut codes = Vec::new();
        given(
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
            &mut codes,
        );
        assert!(codes.len() > 20, "found too few to be true: {codes:?}");
        let unsaid: Vec<_> = codes
            .iter()
            .filter(|code| !CODES.contains(&code.as_str()))
            .collect();
        assert!(unsaid.is_empty(), "not in CODES: {unsaid:?}");
        assert!(CODES.is_sorted(), "in the order of the alphabet");
    }
}
