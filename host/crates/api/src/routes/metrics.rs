//! Risk metrics, correlations, and regimes.

use super::risk::named_scope;
use super::to_the_end;
use crate::dto::metrics::{CorrelationDto, MetricsDto, MetricsRequest};
use crate::dto::regime::{RegimeRequest, RegimesDto};
use crate::dto::risk::ScopeLimitsDto;
use crate::extract::{Fields, Json, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use services::handle::{HostError, ScopeName};
use services::host::metric_scope;
use services::metrics::MetricsView;

/// `GET risk/metrics`: the latest that were reckoned, of all scopes or one.
#[utoipa::path(
    get, path = "/api/v1/risk/metrics", operation_id = "risk.metrics.show",
    summary = "The latest risk metrics, of all scopes or one",
    params(
        ("scope" = Option<String>, Query, pattern = "^(firm|(account|strategy)/.+)$", description = "`firm`, `account/NAME` or `strategy/NAME`; all when absent."),
    ),
    responses(
        (status = 200, description = "Metrics.", body = MetricsDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<axum::Json<MetricsDto>, Problem> {
    let scope = fields.text("scope");
    fields.finish()?;
    let latest = api.host.metrics();
    let Some(text) = scope else {
        let none = MetricsDto::default();
        let dto = latest.map_or(none, |view| MetricsDto::new(&view, &api.names()));
        return Ok(axum::Json(dto));
    };
    let name = named_scope(&text)?;
    let scope = metric_scope(&name, &api.host).map_err(of_scope)?;
    let found = latest.as_ref().and_then(|view| {
        let scopes = vec![view.of(scope)?.clone()];
        Some(MetricsView {
            scopes,
            ..MetricsView::clone(view)
        })
    });
    match found {
        Some(view) => Ok(axum::Json(MetricsDto::new(&view, &api.names()))),
        None => reckoned(&api, Some(name)).await,
    }
}

/// `POST risk/metrics`: reckoned now.
#[utoipa::path(
    post, path = "/api/v1/risk/metrics", operation_id = "risk.metrics.reckon",
    summary = "Reckons risk metrics now",
    request_body = MetricsRequest,
    responses(
        (status = 200, description = "Metrics.", body = MetricsDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn reckon<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<MetricsRequest>,
) -> Result<axum::Json<MetricsDto>, Problem> {
    let scope = request.scope.as_deref().map(named_scope).transpose()?;
    reckoned(&api, scope).await
}

async fn reckoned<H: HostPort>(
    api: &Api<H>,
    scope: Option<ScopeName>,
) -> Result<axum::Json<MetricsDto>, Problem> {
    let host = api.host.clone();
    let reckon = async move { host.reckon(scope.as_ref()).await };
    let view = to_the_end(reckon, of_scope).await?;
    Ok(axum::Json(MetricsDto::new(&view, &api.names())))
}

/// A scope that a body or query names wrongly is a wrong field.
fn of_scope(error: HostError) -> Problem {
    match error {
        HostError::NotFound { .. } => Problem::invalid("scope", error.to_string()),
        error => error.into(),
    }
}

/// `GET risk/correlation`.
#[utoipa::path(
    get, path = "/api/v1/risk/correlation", operation_id = "risk.correlation.show",
    summary = "How returns move together",
    params(
        ("instruments" = Option<String>, Query, description = "Symbols with commas between; all when absent."),
    ),
    responses(
        (status = 200, description = "Correlations.", body = CorrelationDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn correlation<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<axum::Json<CorrelationDto>, Problem> {
    let symbols = fields.text("instruments");
    fields.finish()?;
    let symbols = symbols.map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>());
    let symbols = symbols.unwrap_or_default();
    let host = api.host.clone();
    let reckon = async move { host.correlation(&symbols).await };
    let view = to_the_end(reckon, Problem::from).await?;
    Ok(axum::Json(CorrelationDto::new(view, &api.names())))
}

/// `GET risk/regime`.
#[utoipa::path(
    get, path = "/api/v1/risk/regime", operation_id = "risk.regimes.list",
    summary = "Regimes, and which scopes are in one",
    responses((status = 200, description = "Regimes.", body = RegimesDto)),
)]
pub(crate) async fn regimes<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<RegimesDto> {
    let now = api.host.regimes_now();
    let dto = RegimesDto::new(&api.host.regimes(), &now, &api.names());
    axum::Json(dto)
}

/// `PUT risk/regime`.
#[utoipa::path(
    put, path = "/api/v1/risk/regime", operation_id = "risk.regimes.set",
    summary = "Puts a scope in a regime",
    request_body = RegimeRequest,
    responses(
        (status = 200, description = "The limits as they are now.", body = ScopeLimitsDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn set_regime<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<RegimeRequest>,
) -> Result<axum::Json<ScopeLimitsDto>, Problem> {
    let scope = named_scope(&request.scope)?;
    let host = api.host.clone();
    let set = async move { host.set_regime(&scope, &request.regime).await };
    let view = to_the_end(set, of_scope).await?;
    Ok(axum::Json(ScopeLimitsDto::new(&view, &api.names())))
}
