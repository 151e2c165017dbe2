//! Loading a strategy and swapping its plugin: by path as JSON, or by the plugin's bytes with the
//! rest in the query.

use super::beside::{Begins, Beside, EITHER, Watched};
use super::plugin_body::{Content, plugin_body};
use super::plugins::{force, terms};
use super::to_the_end;
use crate::dto::command::{
    LoadStrategyRequest, OnFaultName, ParametersRequest, SwapStrategyRequest, plain,
};
use crate::dto::probation;
use crate::dto::shadow::HandOverName;
use crate::dto::strategy::{StrategyDto, SwapReportDto};
use crate::extract::{Fields, Json, Name, NoFields, parse_json};
use crate::guarded::Signed;
use crate::openapi::{Binary, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use engine::{HandOver, OrdersOnFault, SwapTerms};
use services::handle::{LoadRequest, PluginSource, SwapRequest, Terms};
use tokio::sync::OwnedSemaphorePermit;

/// What marks a strategy's parameter in the query.
pub(super) const PARAMETER_PREFIX: &str = "param.";

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
    signed: Signed,
    fields: Fields,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let body = plugin_body(&api, request).await?;
    let turn = body.turn;
    let mut request = match body.content {
        Content::Json(bytes) => load_from_json(fields, &bytes)?,
        Content::Plugin(plugin) => load_from_bytes(fields, plugin)?,
    };
    request.terms.by = signed.or(request.terms.by);
    let host = api.host.clone();
    let load = async move {
        let _turn = turn;
        host.load_strategy(request).await
    };
    let strategy = to_the_end(load, Problem::of_body).await?;
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
    signed: Signed,
    Name(name): Name,
    fields: Fields,
    request: Request,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let body = plugin_body(&api, request).await?;
    let mut request = match body.content {
        Content::Json(bytes) => swap_from_json(fields, &bytes)?,
        Content::Plugin(plugin) => swap_from_bytes(fields, plugin)?,
    };
    request.terms.by = signed.or(request.terms.by);
    run_swap(api, name, request, body.turn).await
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
    run_swap(api, name, request, None).await
}

async fn run_swap<H: HostPort>(
    api: Api<H>,
    name: String,
    request: SwapRequest,
    turn: Option<OwnedSemaphorePermit>,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let host = api.host.clone();
    let swap = async move {
        let _turn = turn;
        host.swap(&name, request).await
    };
    let report = to_the_end(swap, Problem::from).await?;
    Ok(axum::Json(SwapReportDto::new(&report, &api.names())))
}

fn load_from_json(fields: Fields, bytes: &[u8]) -> Result<LoadRequest, Problem> {
    fields.finish()?;
    let request: LoadStrategyRequest = parse_json(bytes)?;
    Ok(LoadRequest {
        name: request.name,
        account: request.account,
        plugin: PluginSource::named(&request.plugin),
        parameters: plain(request.parameters),
        on_fault: request.on_fault.into(),
        start: request.start,
        terms: terms(request.force, request.by),
    })
}

fn load_from_bytes(mut fields: Fields, plugin: PluginSource) -> Result<LoadRequest, Problem> {
    let name = fields.text("name");
    let request = LoadRequest {
        name: name.ok_or_else(|| Problem::invalid("name", "the query must name the strategy"))?,
        account: fields.text("account"),
        plugin,
        parameters: fields.with_prefix(PARAMETER_PREFIX),
        on_fault: on_fault(&mut fields)?,
        start: fields.value("start", "true or false")?.unwrap_or(false),
        terms: terms(force(&mut fields)?, fields.text("by")),
    };
    fields.finish()?;
    Ok(request)
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

fn swap_from_json(fields: Fields, bytes: &[u8]) -> Result<SwapRequest, Problem> {
    fields.finish()?;
    let request: SwapStrategyRequest = parse_json(bytes)?;
    Ok(SwapRequest {
        start: request.start,
        plugin: request.plugin.as_deref().map(PluginSource::named),
        parameters: plain(request.parameters),
        terms: terms(request.force, request.by),
        succession: SwapTerms {
            hand_over: request.state.into(),
            probation: request.probation.map(Into::into),
        },
    })
}

fn swap_from_bytes(mut fields: Fields, plugin: PluginSource) -> Result<SwapRequest, Problem> {
    let parameters = fields.with_prefix(PARAMETER_PREFIX);
    let terms = terms(force(&mut fields)?, fields.text("by"));
    let state: Option<HandOverName> = fields.value("state", "carry or fresh")?;
    let probation = probation::from_query(&mut fields)?;
    let start = fields.value("start", "true or false")?.unwrap_or(false);
    fields.finish()?;
    Ok(SwapRequest {
        start,
        plugin: Some(plugin),
        parameters,
        terms,
        succession: SwapTerms {
            hand_over: state.unwrap_or_default().into(),
            probation,
        },
    })
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
