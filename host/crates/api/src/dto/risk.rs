//! Controls, states of scopes, alerts; and what operators send about them.

use super::engine::{TradingStateName, trading_state};
use super::limits::LimitsDto;
use super::text::{Decimal, Name};
use crate::names::Names;
use engine::{Control, Severity};
use model::{DenyCode, Rate};
use serde::{Deserialize, Serialize};
use services::view::{AlertView, LimitsView, ScopeView};

/// A control of the gate.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
pub(crate) struct ScopeLimitsDto {
    pub(crate) scope: String,
    /// What quantities and values are multiplied by on command.
    pub(crate) factor: String,
    pub(crate) limits: LimitsDto,
}

impl ScopeLimitsDto {
    pub(crate) fn new(view: &LimitsView, names: &Names) -> Self {
        Self {
            scope: names.scope(view.scope),
            factor: view.factor.to_string(),
            limits: LimitsDto::new(&view.limits),
        }
    }
}

/// Whether orders under a scope may leave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ScopeDto {
    /// `SCOPE`, to tell it from an alert in the stream.
    pub(crate) kind: Name,
    pub(crate) scope: String,
    pub(crate) state: Name,
    pub(crate) killed: bool,
}

impl ScopeDto {
    pub(crate) fn new(view: &ScopeView, names: &Names) -> Self {
        Self {
            kind: Name("SCOPE"),
            scope: names.scope(view.scope),
            state: trading_state(view.state),
            killed: view.killed,
        }
    }
}

/// What somebody should look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AlertDto {
    /// `ALERT`.
    pub(crate) kind: Name,
    pub(crate) id: u64,
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) sequence: u64,
    pub(crate) severity: Name,
    pub(crate) code: String,
    pub(crate) control: &'static str,
    pub(crate) scope: String,
    /// How much of the limit is used.
    pub(crate) share: String,
    pub(crate) acknowledged: bool,
}

impl AlertDto {
    pub(crate) fn new(view: &AlertView, names: &Names) -> Self {
        Self {
            kind: Name("ALERT"),
            id: view.id,
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            sequence: view.sequence,
            severity: severity(view.alert.severity),
            code: view.alert.code.to_string(),
            control: control(view.alert.code),
            scope: names.scope(view.alert.scope),
            share: view.alert.share.to_string(),
            acknowledged: view.acknowledged,
        }
    }
}

fn control(code: DenyCode) -> &'static str {
    let mut all = engine::controls().iter();
    all.find(|control| control.code == code)
        .map_or("", |control| control.name)
}

fn severity(severity: Severity) -> Name {
    Name(match severity {
        Severity::Cleared => "CLEARED",
        Severity::Warning => "WARNING",
        Severity::Serious => "SERIOUS",
        Severity::Critical => "CRITICAL",
    })
}

/// Body of `PUT risk/states/{scope}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateRequest {
    pub(crate) state: TradingStateName,
}

/// Body of `POST risk/kill`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KillScopeRequest {
    pub(crate) scope: String,
}

/// Body of `PUT risk/factors/{scope}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorRequest {
    pub(crate) factor: Decimal<Rate>,
}
