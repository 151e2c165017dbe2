//! One file per resource. Handlers translate; what a request means is decided by the host.

pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod approvals;
pub(crate) mod asyncapi;
pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod backtests;
mod beside;
mod brought;
pub(crate) mod canaries;
pub(crate) mod catalog;
pub(crate) mod custom;
pub(crate) mod docs;
pub(crate) mod engine;
pub(crate) mod faults;
pub(crate) mod fills;
pub(crate) mod happened;
pub(crate) mod history;
pub(crate) mod hooks;
pub(crate) mod instruments;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod lifecycle;
pub(crate) mod loading;
pub(crate) mod locates;
pub(crate) mod market_data;
pub(crate) mod metrics;
pub(crate) mod notifications;
pub(crate) mod orders;
pub(crate) mod paging;
mod past;
pub(crate) mod performance;
pub(crate) mod pipelines;
pub(crate) mod plugin_body;
pub(crate) mod plugins;
pub(crate) mod portfolio;
pub(crate) mod positions;
mod promoting;
mod repeated;
pub(crate) mod risk;
pub(crate) mod scenarios;
pub(crate) mod sessions;
pub(crate) mod shadows;
pub(crate) mod signals;
pub(crate) mod sources;
pub(crate) mod strategies;
pub(crate) mod system;
pub(crate) mod users;
pub(crate) mod venues;
pub(crate) mod watching;

use crate::extract::Fields;
use crate::problem::Problem;
use services::handle::HostError;
use std::future::Future;
use tracing::Instrument;

/// Most items that a list answers with.
pub(crate) const LIMIT_MAX: usize = 10_000;
/// Items that a list answers with unless told.
pub(crate) const LIMIT: usize = 500;

/// Runs a command to its end even if the client leaves: a swap or an order must not stop halfway.
async fn to_the_end<T: Send + 'static>(
    command: impl Future<Output = Result<T, HostError>> + Send + 'static,
    refusal: impl FnOnce(HostError) -> Problem,
) -> Result<T, Problem> {
    match tokio::spawn(command.in_current_span()).await {
        Ok(answer) => answer.map_err(refusal),
        Err(error) => {
            tracing::error!(%error, "a command did not come to its end");
            Err(Problem::internal())
        }
    }
}

/// Takes `limit` from the query.
fn limit(fields: &mut Fields) -> Result<usize, Problem> {
    let form = format!("a whole number from 1 to {LIMIT_MAX}");
    match fields.value("limit", &form)? {
        None => Ok(LIMIT),
        Some(limit @ 1..=LIMIT_MAX) => Ok(limit),
        Some(limit) => Err(Problem::invalid(
            "limit",
            format!("`{limit}` is not {form}"),
        )),
    }
}
