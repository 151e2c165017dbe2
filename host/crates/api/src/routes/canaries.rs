//! Two versions that both trade, or take turns: canaries begun, promoted and ended, and flips.

use super::beside::{Begins, Beside, EITHER, Watched};
use super::brought::{Brings, Brought};
use super::loading::switched;
use super::promoting::promotion;
use super::strategies::changed;
use crate::dto::canary::WhenOverName;
use crate::dto::probation::{self, PromoteRequest};
use crate::dto::strategy::{StrategyDto, SwapReportDto};
use crate::dto::version::{CanaryStrategyRequest, Version};
use crate::extract::{Fields, Name, NoFields};
use crate::openapi::{Binary, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::Probation;
use services::handle::{CanaryRequest, PluginSource, Terms};
use services::view::StrategyView;

/// `POST strategies/{name}/canary`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/canary",
    operation_id = "canaries.begin",
    summary = "Gives another version some instruments of a strategy",
    params(
        ("name" = String, Path, description = "The strategy's name."),
        (
            "instruments" = Option<String>, Query,
            description = "Symbols with commas between, which must be given; with the component as the body.",
        ),
        (
            "when_over" = Option<String>, Query,
            pattern = "^(ROLL_BACK|PROMOTE|roll_back|promote)$",
            description = "What happens when its time is over; with the component as the body.",
        ),
        Begins,
        Watched,
        Beside,
    ),
    request_body(
        description = EITHER,
        content((CanaryStrategyRequest = "application/json"), (Binary = "application/wasm")),
    ),
    responses(
        (status = 201, description = "Where the switch happened.", body = SwapReportDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn begin<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    brought: Brought<CanaryRequest>,
) -> Result<impl IntoResponse, Problem> {
    let host = api.host.clone();
    let command = move |request| async move { host.begin_canary(&name, request).await };
    let body = switched(&api, brought.ask(command)).await?;
    Ok((StatusCode::CREATED, body))
}

/// `POST strategies/{name}/canary/promote`: it has all instruments. There may be a body.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/canary/promote",
    operation_id = "canaries.promote",
    summary = "Gives a canary all instruments of its strategy",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    request_body = Option<PromoteRequest>,
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn promote<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
    request: Request,
) -> Result<Json<StrategyDto>, Problem> {
    let canary = |strategy: &StrategyView| {
        strategy.probation.as_ref()?.canary.as_ref()?;
        Some(strategy.plugin.as_ref()?.hash)
    };
    let probation = promotion(&api, &name, request, canary).await?;
    let host = api.host.clone();
    let promote = async move { host.promote_canary(&name, probation).await };
    changed(&api, promote).await
}

/// `DELETE strategies/{name}/canary`: the version before has all instruments again.
#[utoipa::path(
    delete,
    path = "/api/v1/strategies/{name}/canary",
    operation_id = "canaries.end",
    summary = "Gives the version before a canary all instruments again",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn end<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    let host = api.host.clone();
    let end = async move { host.end_canary(&name).await };
    changed(&api, end).await
}

/// `POST strategies/{name}/flip`: the version on probation and the one before change places.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/flip",
    operation_id = "strategies.flip",
    summary = "Changes the places of the version on probation and the one before",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn flip<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    let host = api.host.clone();
    let flip = async move { host.flip(&name).await };
    changed(&api, flip).await
}

impl Brings for CanaryRequest {
    type Body = CanaryStrategyRequest;

    fn from_body(mut body: CanaryStrategyRequest) -> Self {
        let version = body.version();
        let probation = body.probation.into();
        of(version, body.instruments, probation, body.when_over)
    }

    fn from_query(plugin: PluginSource, fields: &mut Fields) -> Result<Self, Problem> {
        let version = Version::from_query(plugin, fields)?;
        let instruments = fields.text("instruments").unwrap_or_default();
        let named = instruments.split(',').map(str::trim);
        let named = named.filter(|symbol| !symbol.is_empty());
        let named: Vec<_> = named.map(str::to_owned).collect();
        let when_over: Option<WhenOverName> = fields.value("when_over", "roll_back or promote")?;
        let probation = probation::needed_from_query(fields)?;
        if named.is_empty() {
            let why = "name in the query at least one instrument that the component is to trade";
            return Err(Problem::disagrees("instruments", why));
        }
        Ok(of(version, named, probation, when_over.unwrap_or_default()))
    }

    fn terms(&mut self) -> &mut Terms {
        &mut self.terms
    }
}

fn of(
    version: Version,
    instruments: Vec<String>,
    probation: Probation,
    when_over: WhenOverName,
) -> CanaryRequest {
    CanaryRequest {
        plugin: version.plugin,
        parameters: version.parameters,
        terms: version.terms,
        hand_over: version.hand_over,
        instruments,
        probation,
        when_over: when_over.into(),
    }
}
