//! Execution algorithms and custom pre-trade rules, as they are in place and as they are asked for.

use super::command::Parameters;
use super::text::ParameterValue;
use crate::names::Names;
use engine::{AlgorithmConfig, RuleConfig};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An execution algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct AlgorithmDto {
    pub(crate) name: String,
    /// The hash of its plugin's bytes.
    pub(crate) plugin: String,
    /// Parameters of orders that do not give their own.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl AlgorithmDto {
    pub(crate) fn new(config: AlgorithmConfig) -> Self {
        Self {
            name: config.name,
            plugin: config.plugin.to_string(),
            parameters: config.parameters.into_iter().collect(),
        }
    }
}

/// A custom pre-trade rule.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RuleDto {
    pub(crate) name: String,
    /// Whose orders it judges.
    pub(crate) scope: String,
    /// The hash of its plugin's bytes.
    pub(crate) plugin: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl RuleDto {
    pub(crate) fn new(config: RuleConfig, names: &Names) -> Self {
        Self {
            name: config.name,
            scope: names.scope(config.scope),
            plugin: config.plugin.to_string(),
            parameters: config.parameters.into_iter().collect(),
        }
    }
}

/// Body of `PUT risk/rules/{name}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleRequestDto {
    #[serde(default = "firm")]
    #[schema(pattern = "^(firm|(account|strategy)/.+)$")]
    pub(crate) scope: String,
    /// Path below the host's plugin folder, or `sha256:` and the hash of one that the host has.
    #[schema(min_length = 1)]
    pub(crate) plugin: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    pub(crate) parameters: Parameters,
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

fn firm() -> String {
    "firm".to_owned()
}
