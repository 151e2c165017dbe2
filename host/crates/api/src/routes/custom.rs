//! Execution algorithms and custom pre-trade rules: list, set, remove.

use super::to_the_end;
use crate::dto::command::plain;
use crate::dto::custom::{AlgorithmDto, RuleDto, RuleRequestDto};
use crate::dto::version::terms;
use crate::extract::{Json, Name, NoFields};
use crate::guarded::Signed;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use services::handle::{PluginSource, RuleRequest, ScopeName};

/// `GET algorithms`.
#[utoipa::path(
    get, path = "/api/v1/algorithms", operation_id = "algorithms.list",
    summary = "Execution algorithms",
    responses((status = 200, description = "Algorithms.", body = Vec<AlgorithmDto>)),
)]
pub(crate) async fn algorithms<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<AlgorithmDto>> {
    let configs = api.host.algorithms().into_iter();
    axum::Json(configs.map(AlgorithmDto::new).collect())
}

/// `GET risk/rules`, in the order in which they are asked.
#[utoipa::path(
    get, path = "/api/v1/risk/rules", operation_id = "risk.rules.list",
    summary = "Custom rules, in the order in which they are asked",
    responses((status = 200, description = "Rules.", body = Vec<RuleDto>)),
)]
pub(crate) async fn rules<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<RuleDto>> {
    let names = api.names();
    let configs = api.host.rules().into_iter();
    axum::Json(configs.map(|config| RuleDto::new(config, &names)).collect())
}

/// `GET risk/rules/{name}`.
#[utoipa::path(
    get, path = "/api/v1/risk/rules/{name}", operation_id = "risk.rules.show",
    summary = "A custom rule",
    params(("name" = String, Path, description = "The rule's name.")),
    responses(
        (status = 200, description = "The rule.", body = RuleDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn rule<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<RuleDto>, Problem> {
    let mut rules = api.host.rules().into_iter();
    let rule = rules.find(|rule| rule.name == name);
    let rule = rule.ok_or_else(|| Problem::not_found("rule", &name))?;
    Ok(axum::Json(RuleDto::new(rule, &api.names())))
}

/// `PUT risk/rules/{name}`.
#[utoipa::path(
    put, path = "/api/v1/risk/rules/{name}", operation_id = "risk.rules.set",
    summary = "Sets a custom rule",
    params((
        "name" = String, Path, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$",
        description = "The rule's name.",
    )),
    request_body = RuleRequestDto,
    responses(
        (status = 200, description = "The rule as it is now.", body = RuleDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn set_rule<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
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
#[utoipa::path(
    delete, path = "/api/v1/risk/rules/{name}", operation_id = "risk.rules.remove",
    summary = "Removes a custom rule",
    params(("name" = String, Path, description = "The rule's name.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn remove_rule<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<StatusCode, Problem> {
    let host = api.host.clone();
    to_the_end(async move { host.remove_rule(&name).await }, Problem::from).await?;
    Ok(StatusCode::NO_CONTENT)
}
