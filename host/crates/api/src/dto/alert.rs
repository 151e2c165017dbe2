//! Alerts, and what operators say of them.

use super::text::Name;
use crate::names::Names;
use engine::Severity;
use model::DenyCode;
use serde::{Deserialize, Serialize};
use services::view::{AlertCode, AlertState, AlertView};

/// What somebody should look at.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct AlertDto {
    pub(crate) id: u64,
    pub(crate) state: Name,
    /// Escalation included.
    pub(crate) severity: Name,
    /// How bad it was said to be last.
    pub(crate) raised_severity: Name,
    /// Of a control such as `P18`, or of a metric such as `LEVERAGE`.
    pub(crate) code: String,
    /// The control's or metric's name.
    pub(crate) name: String,
    pub(crate) scope: String,
    /// How much of the limit is used.
    pub(crate) share: String,
    /// How often it was raised.
    pub(crate) count: u64,
    pub(crate) first_time: String,
    pub(crate) first_time_ns: String,
    pub(crate) last_time: String,
    pub(crate) last_time_ns: String,
    /// The input that raised it last; zero for metrics.
    pub(crate) sequence: u64,
    pub(crate) escalations: u32,
    pub(crate) acknowledged_by: Option<String>,
}

impl AlertDto {
    pub(crate) fn new(view: &AlertView, names: &Names) -> Self {
        let (code, name) = code(view.code);
        Self {
            id: view.id,
            state: state(view.state),
            severity: severity(view.severity),
            raised_severity: severity(view.raised_severity),
            code,
            name,
            scope: names.scope(view.scope),
            share: view.share.to_string(),
            count: view.count,
            first_time: view.first_time.to_string(),
            first_time_ns: view.first_time.nanos().to_string(),
            last_time: view.last_time.to_string(),
            last_time_ns: view.last_time.nanos().to_string(),
            sequence: view.sequence,
            escalations: view.escalations,
            acknowledged_by: view.acknowledged_by.clone(),
        }
    }
}

/// The code and name of what an alert is about.
pub(crate) fn code(code: AlertCode) -> (String, String) {
    match code {
        AlertCode::Control(code) => (code.to_string(), control(code).to_owned()),
        AlertCode::Metric(metric) => {
            let name = metric.name();
            (name.to_ascii_uppercase(), name.replace('_', " "))
        }
        AlertCode::RollBack => ("ROLL_BACK".to_owned(), "roll-back".to_owned()),
        AlertCode::NewBuild => ("NEW_BUILD".to_owned(), "new build".to_owned()),
        AlertCode::Quarantine => ("QUARANTINE".to_owned(), "quarantine".to_owned()),
        AlertCode::Budget => ("BUDGET".to_owned(), "budget".to_owned()),
        AlertCode::Restart => ("RESTART".to_owned(), "restart".to_owned()),
        AlertCode::Journal => ("JOURNAL".to_owned(), "journal".to_owned()),
    }
}

fn control(code: DenyCode) -> &'static str {
    let mut all = engine::controls().iter();
    all.find(|control| control.code == code)
        .map_or("", |control| control.name)
}

fn state(state: AlertState) -> Name {
    Name(match state {
        AlertState::Open => "OPEN",
        AlertState::Acknowledged => "ACKNOWLEDGED",
        AlertState::Resolved => "RESOLVED",
    })
}

pub(crate) fn severity(severity: Severity) -> Name {
    Name(match severity {
        Severity::Cleared => "CLEARED",
        Severity::Warning => "WARNING",
        Severity::Serious => "SERIOUS",
        Severity::Critical => "CRITICAL",
    })
}

/// Body of `POST risk/alerts/{id}/acknowledge`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeRequest {
    /// Who saw it: any name, until the host knows identities.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: String,
}
