//! Controls and states of scopes, and what operators send about them.

use super::engine::{TradingStateName, trading_state};
use super::limits::LimitsDto;
use super::text::{Decimal, Name};
use crate::names::Names;
use engine::Control;
use model::Rate;
use serde::{Deserialize, Serialize};
use services::view::{LimitsView, ScopeView};

/// A control of the gate.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ControlDto {
    pub(crate) code: String,
    pub(crate) name: &'static str,
    pub(crate) metric: String,
    pub(crate) documentation: &'static str,
    /// Orders and changes it has denied.
    pub(crate) denied: u64,
}

impl ControlDto {
    pub(crate) fn new(control: &Control, denied: u64) -> Self {
        Self {
            code: control.code.to_string(),
            name: control.name,
            metric: control.metric(),
            documentation: control.documentation,
            denied,
        }
    }
}

/// The limits of a scope.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScopeLimitsDto {
    pub(crate) scope: String,
    /// What quantities and values are multiplied by on command.
    pub(crate) factor: String,
    /// The regime that set this factor, if one did.
    pub(crate) regime: Option<String>,
    pub(crate) limits: LimitsDto,
}

impl ScopeLimitsDto {
    pub(crate) fn new(view: &LimitsView, names: &Names) -> Self {
        Self {
            scope: names.scope(view.scope),
            factor: view.factor.to_string(),
            regime: view.regime.clone(),
            limits: LimitsDto::new(&view.limits),
        }
    }
}

/// Whether orders under a scope may leave.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ScopeDto {
    pub(crate) scope: String,
    pub(crate) state: Name,
    pub(crate) killed: bool,
}

impl ScopeDto {
    pub(crate) fn new(view: &ScopeView, names: &Names) -> Self {
        Self {
            scope: names.scope(view.scope),
            state: trading_state(view.state),
            killed: view.killed,
        }
    }
}

/// Body of `PUT risk/states/{scope}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateRequest {
    pub(crate) state: TradingStateName,
}

/// Body of `POST risk/kill`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KillScopeRequest {
    #[schema(pattern = "^(firm|(account|strategy|instrument)/.+)$")]
    pub(crate) scope: String,
}

/// Body of `PUT risk/factors/{scope}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorRequest {
    #[schema(value_type = String, pattern = r"^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$")]
    pub(crate) factor: Decimal<Rate>,
}
