//! Regimes: named factors for limits.

use crate::names::Names;
use engine::LimitScope;
use serde::{Deserialize, Serialize};
use services::metrics::Regimes;

/// All regimes, and which scopes are in one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RegimesDto {
    pub(crate) regimes: Vec<RegimeDto>,
    pub(crate) scopes: Vec<ScopeRegimeDto>,
}

/// A regime.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RegimeDto {
    pub(crate) regime: String,
    pub(crate) factor: String,
}

/// A scope in a regime.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScopeRegimeDto {
    pub(crate) scope: String,
    pub(crate) regime: String,
}

impl RegimesDto {
    pub(crate) fn new(regimes: &Regimes, now: &[(LimitScope, String)], names: &Names) -> Self {
        let regimes = regimes.iter().map(|(name, factor)| RegimeDto {
            regime: name.to_owned(),
            factor: factor.to_string(),
        });
        let scopes = now.iter().map(|(scope, regime)| ScopeRegimeDto {
            scope: names.scope(*scope),
            regime: regime.clone(),
        });
        Self {
            regimes: regimes.collect(),
            scopes: scopes.collect(),
        }
    }
}

/// Body of `PUT risk/regime`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegimeRequest {
    #[schema(pattern = "^(firm|(account|strategy|instrument)/.+)$")]
    pub(crate) scope: String,
    pub(crate) regime: String,
}
