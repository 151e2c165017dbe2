//! Execution algorithms and custom pre-trade rules: list, set, remove.

use super::plugins::terms;
use super::to_the_end;
use crate::dto::command::plain;
use crate::dto::custom::{AlgorithmDto, RuleDto, RuleRequestDto};
use crate::extract::{Json, Name};
use crate::guarded::Signed;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use services::handle::{PluginSource, RuleRequest, ScopeName};

/// `GET algorithms`.
pub(crate) async fn algorithms<H: HostPort>(
    State(api): State<Api<H>>,
) -> axum::Json<Vec<AlgorithmDto>> {
    let configs = api.host.algorithms().into_iter();
    axum::Json(configs.map(AlgorithmDto::new).collect())
}

/// `GET risk/rules`, in the order in which they are asked.
pub(crate) async fn rules<H: HostPort>(State(api): State<Api<H>>) -> axum::Json<Vec<RuleDto>> {
    let names = api.names();
    let configs = api.host.rules().into_iter();
    axum::Json(configs.map(|config| RuleDto::new(config, &names)).collect())
}

/// `PUT risk/rules/{name}`.
pub(crate) async fn set_rule<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    Name(name): Name,
    Json(request): Json<RuleRequestDto>,
) -> Result<axum::Json<RuleDto>, Problem> {
    let scope = request.scope.parse::<ScopeName>();
    let scope = scope.map_err(|error| Problem::invalid("scope", error.to_string()))?;
    if matches!(scope, ScopeName::Instrument(_)) {
        let detail = "a rule judges orders of the firm, an account or a strategy";
        return Err(Problem::invalid("scope", detail));
    }
    let request = RuleRequest {
        name,
        scope,
        plugin: PluginSource::named(&request.plugin),
        parameters: plain(request.parameters),
        terms: terms(request.force, signed.or(request.by)),
    };
    let host = api.host.clone();
    let set = async move { host.set_rule(request).await };
    let rule = to_the_end(set, Problem::of_body).await?;
    Ok(axum::Json(RuleDto::new(rule, &api.names())))
}

/// `DELETE risk/rules/{name}`.
pub(crate) async fn remove_rule<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<StatusCode, Problem> {
    let host = api.host.clone();
    to_the_end(async move { host.remove_rule(&name).await }, Problem::from).await?;
    Ok(StatusCode::NO_CONTENT)
}
