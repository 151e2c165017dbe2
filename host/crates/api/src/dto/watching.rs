//! Whether the host lives and is ready.

use serde::Serialize;

/// Whether it lives.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LiveDto {
    status: &'static str,
    /// Why it should be started again.
    reasons: Vec<&'static str>,
}

impl LiveDto {
    pub(crate) fn new(reasons: Vec<&'static str>) -> Self {
        let status = if reasons.is_empty() { "LIVE" } else { "DEAD" };
        Self { status, reasons }
    }
}

/// Whether it is ready.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ReadyDto {
    status: &'static str,
    /// Why it takes no requests.
    reasons: Vec<&'static str>,
    /// What somebody should know though it does.
    warnings: Vec<&'static str>,
}

impl ReadyDto {
    pub(crate) fn new(reasons: Vec<&'static str>, warnings: Vec<&'static str>) -> Self {
        let status = match reasons.is_empty() {
            true => "READY",
            false => "NOT_READY",
        };
        Self {
            status,
            reasons,
            warnings,
        }
    }
}
