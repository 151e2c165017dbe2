//! Risk: controls, limits, states and kill latches by scope.

use super::to_the_end;
use crate::dto::limits::LimitsDto;
use crate::dto::risk::{
    ControlDto, FactorRequest, KillScopeRequest, ScopeDto, ScopeLimitsDto, StateRequest,
};
use crate::extract::{Json, Name, NoFields};
use crate::openapi::{Refused, Scope};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use engine::{LimitScope, TradingState};
use services::handle::ScopeName;
use services::view::ScopeView;

/// A scope that a path names; one that is none is not found.
fn scope_of(name: &str) -> Result<ScopeName, Problem> {
    name.parse().map_err(|_| Problem::not_found("scope", name))
}

/// A scope that the field `scope` names.
pub(super) fn named_scope(text: &str) -> Result<ScopeName, Problem> {
    let scope = text.parse::<ScopeName>();
    scope.map_err(|error| Problem::invalid("scope", error.to_string()))
}

/// `GET risk/controls`, by code.
#[utoipa::path(
    get, path = "/api/v1/risk/controls", operation_id = "risk.controls.list",
    summary = "The controls of the risk gate, by code",
    responses((status = 200, description = "Controls.", body = Vec<ControlDto>)),
)]
pub(crate) async fn controls<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<ControlDto>> {
    let mut controls: Vec<_> = engine::controls().iter().collect();
    controls.sort_by_key(|control| control.code);
    let denied = |code| api.host.denials(code);
    let shown = controls
        .into_iter()
        .map(|control| ControlDto::new(control, denied(control.code)));
    axum::Json(shown.collect())
}

/// `GET risk/limits/{scope}`.
#[utoipa::path(
    get, path = "/api/v1/risk/limits/{scope}", operation_id = "risk.limits.show",
    summary = "The limits of a scope",
    params(Scope),
    responses(
        (status = 200, description = "Limits.", body = ScopeLimitsDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show_limits<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<ScopeLimitsDto>, Problem> {
    let scope = scope_of(&name)?.find(&api.host)?;
    let view = api.host.limits(scope);
    Ok(axum::Json(ScopeLimitsDto::new(&view, &api.names())))
}

/// `PUT risk/limits/{scope}`.
#[utoipa::path(
    put, path = "/api/v1/risk/limits/{scope}", operation_id = "risk.limits.set",
    summary = "Sets the limits of a scope",
    description = "All of them: what is absent does not bind.",
    params(Scope),
    request_body = LimitsDto,
    responses(
        (status = 200, description = "The limits as they are now.", body = ScopeLimitsDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn set_limits<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
    Json(request): Json<LimitsDto>,
) -> Result<axum::Json<ScopeLimitsDto>, Problem> {
    let (host, scope) = (api.host.clone(), scope_of(&name)?);
    let set = async move { host.set_limits(&scope, request.limits()).await };
    let view = to_the_end(set, Problem::from_limits).await?;
    Ok(axum::Json(ScopeLimitsDto::new(&view, &api.names())))
}

/// `PUT risk/factors/{scope}`.
#[utoipa::path(
    put, path = "/api/v1/risk/factors/{scope}", operation_id = "risk.factors.set",
    summary = "Sets what limits of a scope are multiplied by",
    params(Scope),
    request_body = FactorRequest,
    responses(
        (status = 200, description = "The limits as they are now.", body = ScopeLimitsDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn scale<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
    Json(request): Json<FactorRequest>,
) -> Result<axum::Json<ScopeLimitsDto>, Problem> {
    let (host, scope) = (api.host.clone(), scope_of(&name)?);
    let factor = request.factor.0;
    let scale = async move { host.scale_limits(&scope, factor).await };
    let view = to_the_end(scale, Problem::from).await?;
    Ok(axum::Json(ScopeLimitsDto::new(&view, &api.names())))
}

/// The firm, all accounts and strategies, and those instruments that are held back.
pub(crate) fn scopes<H: HostPort>(host: &H) -> Vec<ScopeView> {
    let mut views = vec![host.risk_state(LimitScope::Firm)];
    let accounts = host.accounts().into_iter();
    views.extend(accounts.map(|view| host.risk_state(LimitScope::Account(view.id))));
    let strategies = host.strategies().into_iter();
    views.extend(strategies.map(|view| host.risk_state(LimitScope::Strategy(view.id))));
    let instruments = host.instruments().into_iter();
    let instruments = instruments.map(|view| host.risk_state(LimitScope::Instrument(view.id)));
    let is_held = |view: &ScopeView| view.killed || view.state != TradingState::Active;
    views.extend(instruments.filter(is_held));
    views
}

/// `GET risk/states`.
#[utoipa::path(
    get, path = "/api/v1/risk/states", operation_id = "risk.states.list",
    summary = "What scopes may trade",
    responses(
        (status = 200, description = "The firm, accounts, strategies, and instruments that are held back.", body = Vec<ScopeDto>),
    ),
)]
pub(crate) async fn states<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<ScopeDto>> {
    let names = api.names();
    let views = scopes(&api.host);
    axum::Json(
        views
            .iter()
            .map(|view| ScopeDto::new(view, &names))
            .collect(),
    )
}

/// `GET risk/states/{scope}`.
#[utoipa::path(
    get, path = "/api/v1/risk/states/{scope}", operation_id = "risk.states.show",
    summary = "What a scope may trade, and whether it is killed",
    params(Scope),
    responses(
        (status = 200, description = "The scope.", body = ScopeDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show_state<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<ScopeDto>, Problem> {
    let scope = scope_of(&name)?.find(&api.host)?;
    let view = api.host.risk_state(scope);
    Ok(axum::Json(ScopeDto::new(&view, &api.names())))
}

/// `PUT risk/states/{scope}`.
#[utoipa::path(
    put, path = "/api/v1/risk/states/{scope}", operation_id = "risk.states.set",
    summary = "Sets what a scope may trade",
    params(Scope),
    request_body = StateRequest,
    responses(
        (status = 200, description = "The scope as it is now.", body = ScopeDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn set_state<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
    Json(request): Json<StateRequest>,
) -> Result<axum::Json<ScopeDto>, Problem> {
    let (host, scope) = (api.host.clone(), scope_of(&name)?);
    let state = request.state.into();
    let set = async move { host.set_scope_state(&scope, state).await };
    let view = to_the_end(set, Problem::from).await?;
    Ok(axum::Json(ScopeDto::new(&view, &api.names())))
}

/// `POST risk/kill`.
#[utoipa::path(
    post, path = "/api/v1/risk/kill", operation_id = "risk.kill.set",
    summary = "Sets the kill latch of a scope",
    request_body = KillScopeRequest,
    responses(
        (status = 200, description = "The scope as it is now.", body = ScopeDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn kill<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<KillScopeRequest>,
) -> Result<axum::Json<ScopeDto>, Problem> {
    let scope = named_scope(&request.scope)?;
    let host = api.host.clone();
    let kill = async move { host.kill_scope(&scope, true).await };
    let view = to_the_end(kill, |error| Problem::of_body(error).at("scope")).await?;
    Ok(axum::Json(ScopeDto::new(&view, &api.names())))
}

/// `DELETE risk/kill/{scope}`.
#[utoipa::path(
    delete, path = "/api/v1/risk/kill/{scope}", operation_id = "risk.kill.clear",
    summary = "Clears the kill latch of a scope",
    params(Scope),
    responses(
        (status = 200, description = "The scope as it is now.", body = ScopeDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn clear<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<ScopeDto>, Problem> {
    let (host, scope) = (api.host.clone(), scope_of(&name)?);
    let clear = async move { host.kill_scope(&scope, false).await };
    let view = to_the_end(clear, Problem::from).await?;
    Ok(axum::Json(ScopeDto::new(&view, &api.names())))
}

/// `DELETE risk/repeats/{strategy}`.
#[utoipa::path(
    delete, path = "/api/v1/risk/repeats/{strategy}", operation_id = "risk.repeats.clear",
    summary = "Forgets how often a strategy repeated itself",
    params(("strategy" = String, Path, description = "The strategy.")),
    responses(
        (status = 204, description = "Forgotten."),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn clear_repeats<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::http::StatusCode, Problem> {
    let host = api.host.clone();
    to_the_end(
        async move { host.clear_repeats(&name).await },
        Problem::from,
    )
    .await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
