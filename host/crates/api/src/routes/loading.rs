//! Loading a strategy and swapping its plugin: by path as JSON, or by the plugin's bytes with the
//! rest in the query.

use super::to_the_end;
use crate::dto::command::{
    LoadStrategyRequest, OnFaultName, ParametersRequest, SwapStrategyRequest, plain,
};
use crate::dto::probation;
use crate::dto::shadow::HandOverName;
use crate::dto::strategy::{StrategyDto, SwapReportDto};
use crate::extract::{self, BodyKind, Fields, Json, Name, body_kind, parse_json, unsupported};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::router::BODY_LIMIT_BYTES;
use crate::state::Api;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use engine::{HandOver, OrdersOnFault, SwapTerms};
use services::handle::{LoadRequest, PluginSource, SwapRequest};
use std::path::PathBuf;
use tokio::sync::OwnedSemaphorePermit;

/// What marks a strategy's parameter in the query.
pub(super) const PARAMETER_PREFIX: &str = "param.";

/// `POST strategies`.
pub(crate) async fn load<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let body = plugin_body(&api, request).await?;
    let request = match body.kind {
        BodyKind::Json => load_from_json(fields, &body.bytes)?,
        BodyKind::Wasm => load_from_bytes(fields, body.bytes)?,
    };
    let (host, turn) = (api.host.clone(), body.turn);
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
pub(crate) async fn swap<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    fields: Fields,
    request: Request,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let body = plugin_body(&api, request).await?;
    let request = match body.kind {
        BodyKind::Json => swap_from_json(fields, &body.bytes)?,
        BodyKind::Wasm => swap_from_bytes(fields, body.bytes)?,
    };
    run_swap(api, name, request, body.turn).await
}

/// `PUT strategies/{name}/parameters`: a swap that keeps the plugin.
pub(crate) async fn set_parameters<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    Json(request): Json<ParametersRequest>,
) -> Result<axum::Json<SwapReportDto>, Problem> {
    let request = SwapRequest {
        plugin: None,
        parameters: plain(request.parameters),
        terms: SwapTerms {
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

/// What a request to load a plugin brings.
pub(super) struct PluginBody {
    pub(super) kind: BodyKind,
    pub(super) bytes: Bytes,
    /// Kept until a plugin's bytes are no longer needed.
    pub(super) turn: Option<OwnedSemaphorePermit>,
}

/// Reads the body while few others do: each may hold 32 MiB, also while it waits for a worker.
pub(super) async fn plugin_body<H: HostPort>(
    api: &Api<H>,
    request: Request,
) -> Result<PluginBody, Problem> {
    let kind = body_kind(request.headers());
    let kind = kind.ok_or_else(|| unsupported("application/json or application/wasm"))?;
    let busy = |_| Problem::busy("other plugins are being uploaded; try again");
    let turn = api.uploads.clone().try_acquire_owned().map_err(busy)?;
    let bytes = extract::bytes(request, &()).await?;
    if kind == BodyKind::Json && bytes.len() > BODY_LIMIT_BYTES {
        return Err(extract::too_large());
    }
    let turn = (kind == BodyKind::Wasm).then_some(turn);
    Ok(PluginBody { kind, bytes, turn })
}

fn load_from_json(fields: Fields, bytes: &[u8]) -> Result<LoadRequest, Problem> {
    fields.finish()?;
    let request: LoadStrategyRequest = parse_json(bytes)?;
    Ok(LoadRequest {
        name: request.name,
        account: request.account,
        plugin: path(request.plugin),
        parameters: plain(request.parameters),
        on_fault: request.on_fault.into(),
        start: request.start,
    })
}

fn load_from_bytes(mut fields: Fields, bytes: Bytes) -> Result<LoadRequest, Problem> {
    let name = fields.text("name");
    let request = LoadRequest {
        name: name.ok_or_else(|| Problem::invalid("name", "the query must name the strategy"))?,
        account: fields.text("account"),
        plugin: PluginSource::Bytes(bytes.into()),
        parameters: fields.with_prefix(PARAMETER_PREFIX),
        on_fault: on_fault(&mut fields)?,
        start: fields.value("start", "true or false")?.unwrap_or(false),
    };
    fields.finish()?;
    Ok(request)
}

fn on_fault(fields: &mut Fields) -> Result<OrdersOnFault, Problem> {
    let name = match fields.text("on_fault").as_deref() {
        None | Some("cancel" | "CANCEL") => OnFaultName::Cancel,
        Some("keep" | "KEEP") => OnFaultName::Keep,
        Some(other) => {
            let detail = format!("`{other}` is neither cancel nor keep");
            return Err(Problem::invalid("on_fault", detail));
        }
    };
    Ok(name.into())
}

fn swap_from_json(fields: Fields, bytes: &[u8]) -> Result<SwapRequest, Problem> {
    fields.finish()?;
    let request: SwapStrategyRequest = parse_json(bytes)?;
    Ok(SwapRequest {
        plugin: request.plugin.map(path),
        parameters: plain(request.parameters),
        terms: SwapTerms {
            hand_over: request.state.into(),
            probation: request.probation.map(Into::into),
        },
    })
}

/// A plugin by its path below the host's plugin folder.
pub(super) fn path(path: String) -> PluginSource {
    PluginSource::Path(PathBuf::from(path))
}

fn swap_from_bytes(mut fields: Fields, bytes: Bytes) -> Result<SwapRequest, Problem> {
    let parameters = fields.with_prefix(PARAMETER_PREFIX);
    let state: Option<HandOverName> = fields.value("state", "carry or fresh")?;
    let probation = probation::from_query(&mut fields)?;
    fields.finish()?;
    Ok(SwapRequest {
        plugin: Some(PluginSource::Bytes(bytes.into())),
        parameters,
        terms: SwapTerms {
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
