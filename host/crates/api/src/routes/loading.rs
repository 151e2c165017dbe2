//! Loading a strategy and swapping its plugin: by path as JSON, or by the plugin's bytes with the
//! rest in the query.

use super::beside::{Begins, Beside, EITHER, Watched};
use super::brought::{Brings, Brought};
use super::to_the_end;
use crate::dto::command::{LoadStrategyRequest, OnFaultName, ParametersRequest, plain};
use crate::dto::probation;
use crate::dto::strategy::{StrategyDto, SwapReportDto};
use crate::dto::version::{self, SwapStrategyRequest, Version};
use crate::extract::{Fields, Json, Name, NoFields};
use crate::openapi::{Binary, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use engine::{HandOver, OrdersOnFault, Probation, SwapTerms};
use services::handle::{HostError, LoadRequest, PluginSource, SwapReport, SwapRequest, Terms};
use std::future::Future;

/// `POST strategies`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies",
    operation_id = "strategies.load",
    summary = "Puts a strategy in place",
    params(
        (
            "name" = Option<String>, Query, min_length = 1, max_length = 64,
            pattern = "^[A-Za-z0-9._-]+$",
            description = "Its name, which must be given; with the component as the body.",
        ),
        (
            "account" = Option<String>, Query,
            description = "The account it trades; with the component as the body.",
        ),
        (
            "on_fault" = Option<String>, Query,
            pattern = "^(CANCEL|KEEP|FLATTEN|cancel|keep|flatten)$",
            description = "What becomes of its orders when it breaks; with the component as the body.",
        ),
        (
            "start" = Option<bool>, Query,
            description = "Whether it is started at once; with the component as the body.",
        ),
        Beside,
    ),
    request_body(
        description = EITHER,
        content((LoadStrategyRequest = "application/json"), (Binary = "application/wasm")),
    ),
    responses(
        (
            status = 201,
            description = "The strategy.",
            body = StrategyDto,
            headers(("Location" = String, description = "Where it is.")),
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn load<H: HostPort>(
    State(api): State<Api<H>>,
    brought: Brought<LoadRequest>,
) -> Result<impl IntoResponse, Problem> {
    let host = api.host.clone();
    let command = move |request| async move { host.load_strategy(request).await };
    let strategy = to_the_end(brought.ask(command), Problem::of_body).await?;
    let place = format!("/api/v1/strategies/{}", encoded(&strategy.name));
    let body = axum::Json(StrategyDto::new(&strategy, &api.names()));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], body))
}

/// `POST strategies/{name}/swap`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/swap",
    operation_id = "strategies.swap",
    summary = "Puts another version in the place of the one that runs",
    params(
        ("name" = String, Path, description = "The strategy's name."),
        (
            "start" = Option<bool>, Query,
            description = "Whether one that is stopped or broken is started with it; with the component as the body.",
        ),
        Begins,
        Watched,
        Beside,
    ),
    request_body(
        description = EITHER,
        content((SwapStrategyRequest = "application/json"), (Binary = "application/wasm")),
    ),
    responses(
        (status = 200, description = "Where the switch happened.", body = SwapReportDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn swap<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    brought: Brought<SwapRequest>,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let host = api.host.clone();
    let command = move |request| async move { host.swap(&name, request).await };
    switched(&api, brought.ask(command)).await
}

/// `PUT strategies/{name}/parameters`: a swap that keeps the plugin.
#[utoipa::path(
    put,
    path = "/api/v1/strategies/{name}/parameters",
    operation_id = "strategies.parameters.set",
    summary = "Gives a strategy other parameters, by a swap that keeps the plugin",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    request_body = ParametersRequest,
    responses(
        (status = 200, description = "Where the switch happened.", body = SwapReportDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn set_parameters<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
    Json(request): Json<ParametersRequest>,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let request = SwapRequest {
        start: false,
        plugin: None,
        parameters: plain(request.parameters),
        terms: Terms::default(),
        succession: SwapTerms {
            hand_over: HandOver::Carry,
            probation: request.probation.map(Into::into),
        },
    };
    let host = api.host.clone();
    let swap = async move { host.swap(&name, request).await };
    switched(&api, swap).await
}

/// Runs a command that puts one version in the place of another, and says where that happened.
pub(super) async fn switched<H: HostPort>(
    api: &Api<H>,
    command: impl Future<Output = Result<SwapReport, HostError>> + Send + 'static,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let report = to_the_end(command, Problem::from).await?;
    Ok(axum::Json(SwapReportDto::new(&report, &api.names())))
}

impl Brings for LoadRequest {
    type Body = LoadStrategyRequest;

    fn from_body(body: LoadStrategyRequest) -> Self {
        Self {
            name: body.name,
            account: body.account,
            plugin: PluginSource::named(&body.plugin),
            parameters: plain(body.parameters),
            on_fault: body.on_fault.into(),
            start: body.start,
            terms: version::terms(body.force, body.by),
        }
    }

    fn from_query(plugin: PluginSource, fields: &mut Fields) -> Result<Self, Problem> {
        let name = fields.text("name");
        Ok(Self {
            name: name
                .ok_or_else(|| Problem::disagrees("name", "the query must name the strategy"))?,
            account: fields.text("account"),
            plugin,
            parameters: version::parameters_from_query(fields),
            on_fault: on_fault(fields)?,
            start: fields.truth("start")?,
            terms: version::terms_from_query(fields)?,
        })
    }

    fn terms(&mut self) -> &mut Terms {
        &mut self.terms
    }
}

impl Brings for SwapRequest {
    type Body = SwapStrategyRequest;

    fn from_body(mut body: SwapStrategyRequest) -> Self {
        let probation = body.probation.map(Into::into);
        swap_to(body.version(), probation, body.start)
    }

    fn from_query(plugin: PluginSource, fields: &mut Fields) -> Result<Self, Problem> {
        let version = Version::from_query(plugin, fields)?;
        let probation = probation::from_query(fields)?;
        let start = fields.truth("start")?;
        Ok(swap_to(version, probation, start))
    }

    fn terms(&mut self) -> &mut Terms {
        &mut self.terms
    }
}

fn swap_to(version: Version, probation: Option<Probation>, start: bool) -> SwapRequest {
    SwapRequest {
        plugin: version.plugin,
        parameters: version.parameters,
        terms: version.terms,
        succession: SwapTerms {
            hand_over: version.hand_over,
            probation,
        },
        start,
    }
}

fn on_fault(fields: &mut Fields) -> Result<OrdersOnFault, Problem> {
    let name = match fields.text("on_fault").as_deref() {
        None | Some("cancel" | "CANCEL") => OnFaultName::Cancel,
        Some("keep" | "KEEP") => OnFaultName::Keep,
        Some("flatten" | "FLATTEN") => OnFaultName::Flatten,
        Some(other) => {
            let detail = format!("`{other}` is none of cancel, keep and flatten");
            return Err(Problem::invalid("on_fault", detail));
        }
    };
    Ok(name.into())
}

/// A name as one segment of a path.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
