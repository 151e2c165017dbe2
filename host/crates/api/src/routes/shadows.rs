//! Versions beside the one that runs: a shadow that trades, what it decides and its promotion; and the
//! one before, while the one that runs is on probation.

use super::beside::{Begins, Beside, EITHER};
use super::brought::{Brings, Brought};
use super::loading::switched;
use super::promoting::promotion;
use super::strategies::changed;
use super::to_the_end;
use crate::dto::limits::Nanoseconds;
use crate::dto::probation::PromoteRequest;
use crate::dto::shadow::ShadowReportDto;
use crate::dto::strategy::{StrategyDto, SwapReportDto};
use crate::dto::version::{ShadowStrategyRequest, Version};
use crate::extract::{Fields, Name, NoFields};
use crate::openapi::{Binary, NumberText, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use services::handle::{PluginSource, ShadowRequest, Terms};
use services::shadow::ShadowReport;
use services::view::StrategyView;

/// `POST strategies/{name}/shadow`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/shadow",
    operation_id = "shadows.begin",
    summary = "Lets another version trade beside the one that runs, in a copy of the engine",
    params(
        ("name" = String, Path, description = "The strategy's name."),
        Begins,
        (
            "tolerance_ns" = inline(Option<NumberText>), Query,
            description = "How far apart two orders may be and still be one decision; with the component as the body.",
        ),
        Beside,
    ),
    request_body(
        description = EITHER,
        content((ShadowStrategyRequest = "application/json"), (Binary = "application/wasm")),
    ),
    responses(
        (status = 201, description = "How far the two agree.", body = ShadowReportDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn begin<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    brought: Brought<ShadowRequest>,
) -> Result<impl IntoResponse, Problem> {
    let (host, asked) = (api.host.clone(), name.clone());
    let command = move |request| async move { host.begin_shadow(&asked, request).await };
    let report = to_the_end(brought.ask(command), Problem::from).await?;
    Ok((StatusCode::CREATED, shown(&api, &name, &report)))
}

/// `GET strategies/{name}/shadow`: of the one that trades, or of the latest that did.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}/shadow",
    operation_id = "shadows.show",
    summary = "How far a shadow and the version that runs agree",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (
            status = 200,
            description = "The report of the one that trades, or of the latest that did.",
            body = ShadowReportDto,
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<ShadowReportDto>, Problem> {
    let report = api.host.shadow_report(&name)?;
    Ok(shown(&api, &name, &report))
}

/// `DELETE strategies/{name}/shadow`: ends it; its report stays.
#[utoipa::path(
    delete,
    path = "/api/v1/strategies/{name}/shadow",
    operation_id = "shadows.end",
    summary = "Ends a shadow",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "Its last report.", body = ShadowReportDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn end<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<ShadowReportDto>, Problem> {
    let (host, asked) = (api.host.clone(), name.clone());
    let end = async move { host.end_shadow(&asked).await };
    let report = to_the_end(end, Problem::from).await?;
    Ok(shown(&api, &name, &report))
}

/// `POST strategies/{name}/shadow/promote`: a swap to the version that is tried. There may be a body.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/shadow/promote",
    operation_id = "shadows.promote",
    summary = "Puts the version that is tried in the place of the one that runs",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    request_body = Option<PromoteRequest>,
    responses(
        (status = 200, description = "Where the switch happened.", body = SwapReportDto),
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
) -> Result<Json<SwapReportDto>, Problem> {
    let shadow = |strategy: &StrategyView| Some(strategy.shadow.as_ref()?.plugin.hash);
    let probation = promotion(&api, &name, request, shadow).await?;
    let host = api.host.clone();
    let promote = async move { host.promote(&name, probation).await };
    switched(&api, promote).await
}

/// `POST strategies/{name}/rollback`: the version before takes its place back.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/rollback",
    operation_id = "strategies.roll_back",
    summary = "Gives the version before its place back",
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
pub(crate) async fn roll_back<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    let host = api.host.clone();
    let back = async move { host.roll_back(&name).await };
    changed(&api, back).await
}

/// `DELETE strategies/{name}/probation`: the version stays, and the one before is let go.
#[utoipa::path(
    delete,
    path = "/api/v1/strategies/{name}/probation",
    operation_id = "strategies.probation.end",
    summary = "Ends a probation: the version stays, the one before is let go",
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
pub(crate) async fn keep<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    let host = api.host.clone();
    let keep = async move { host.keep(&name).await };
    changed(&api, keep).await
}

fn shown<H: HostPort>(api: &Api<H>, name: &str, report: &ShadowReport) -> Json<ShadowReportDto> {
    let names = api.names();
    let account = api.host.strategy(name).map(|strategy| strategy.account);
    let accounts = api.host.accounts();
    let own = accounts.iter().find(|view| Some(view.id) == account);
    let currency = own.and_then(|view| names.currency(view.config.base_currency));
    let currency = currency.as_deref();
    Json(ShadowReportDto::new(name, report, currency, &names))
}

impl Brings for ShadowRequest {
    type Body = ShadowStrategyRequest;

    fn from_body(mut body: ShadowStrategyRequest) -> Self {
        of(body.version(), body.tolerance_ns.map(|given| given.0))
    }

    fn from_query(plugin: PluginSource, fields: &mut Fields) -> Result<Self, Problem> {
        let version = Version::from_query(plugin, fields)?;
        let tolerance = fields.value("tolerance_ns", "a whole number of nanoseconds")?;
        Ok(of(version, tolerance))
    }

    fn terms(&mut self) -> &mut Terms {
        &mut self.terms
    }
}

fn of(version: Version, tolerance: Option<Nanoseconds>) -> ShadowRequest {
    ShadowRequest {
        plugin: version.plugin,
        parameters: version.parameters,
        terms: version.terms,
        hand_over: version.hand_over,
        tolerance: tolerance.map(Nanoseconds::duration),
    }
}
