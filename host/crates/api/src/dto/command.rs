//! Requests that load a strategy or change its parameters.

use super::object::Object;
use super::probation::ProbationRequest;
use super::text::ParameterValue;
use engine::OrdersOnFault;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Parameters by name.
pub(crate) type Parameters = BTreeMap<String, ParameterValue>;

/// Body of `POST strategies` as JSON.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadStrategyRequest {
    /// Letters, digits, `-`, `_` and `.`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$")]
    pub(crate) name: String,
    pub(crate) account: Option<String>,
    /// Path below the host's plugin folder, or `sha256:` and the hash of one that the host has.
    pub(crate) plugin: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    pub(crate) parameters: Parameters,
    #[serde(default)]
    pub(crate) on_fault: OnFaultName,
    #[serde(default)]
    pub(crate) start: bool,
    /// Whether an older version than what runs or is approved will do.
    #[serde(default)]
    pub(crate) force: bool,
    /// Who asks, as they say.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: Option<String>,
}

/// What becomes of open orders, and of positions, when the strategy breaks.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OnFaultName {
    #[default]
    #[serde(alias = "cancel")]
    Cancel,
    #[serde(alias = "keep")]
    Keep,
    #[serde(alias = "flatten")]
    Flatten,
}

impl From<OnFaultName> for OrdersOnFault {
    fn from(name: OnFaultName) -> Self {
        match name {
            OnFaultName::Cancel => Self::Cancel,
            OnFaultName::Keep => Self::Keep,
            OnFaultName::Flatten => Self::Flatten,
        }
    }
}

/// Body of `PUT strategies/{name}/parameters`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParametersRequest {
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    pub(crate) parameters: Parameters,
    #[schema(value_type = Option<ProbationRequest>)]
    pub(crate) probation: Option<Object<ProbationRequest>>,
}

/// Parameters as the host takes them.
pub(crate) fn plain(parameters: Parameters) -> BTreeMap<String, String> {
    parameters
        .into_iter()
        .map(|(name, value)| (name, value.0))
        .collect()
}
