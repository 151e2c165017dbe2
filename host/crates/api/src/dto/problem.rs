//! Problem details (RFC 9457).

use serde::Serialize;

/// The body of every error.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemDto<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) title: &'a str,
    pub(crate) status: u16,
    /// Stable name of the kind of error.
    pub(crate) code: &'a str,
    pub(crate) detail: &'a str,
    /// JSON pointer to the value at fault, in the body or among the query parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<&'a str>,
    /// The stage at which a plugin was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stage: Option<&'a str>,
    /// Why the risk gate refused a change, or a person's strategies and accounts a request (`P03`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deny_code: Option<String>,
    /// The trace that the request is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<&'a str>,
}
