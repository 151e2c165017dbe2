//! Signals to strategies.

use super::to_the_end;
use crate::dto::signal::{SignalAnswer, SignalRequest};
use crate::extract::{Json, Name, NoFields};
use crate::hooks::ID_BYTES;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use model::Signal;
use model::signal::{BadSignal, is_name};

/// `POST strategies/{name}/signals`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/signals",
    operation_id = "strategies.signal",
    summary = "Tells a running strategy something, once for each id",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    request_body = SignalRequest,
    responses(
        (status = 201, description = "It was told.", body = SignalAnswer),
        (status = 200, description = "It was told before.", body = SignalAnswer),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn send<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(strategy): Name,
    Json(request): Json<SignalRequest>,
) -> Result<(StatusCode, axum::Json<SignalAnswer>), Problem> {
    let SignalRequest { id, name, values } = request;
    if !(1..=ID_BYTES).contains(&id.len()) {
        return Err(Problem::invalid("id", "must have from 1 to 128 bytes"));
    }
    let field = if is_name(&name) { "values" } else { "name" };
    let signal = Signal::new(&name, values);
    let signal = signal.map_err(|why| match why {
        BadSignal::Bytes => Problem::disagrees(field, why.to_string()),
        _ => Problem::invalid(field, why.to_string()),
    })?;
    // Apart from the ids of hooks.
    let key = format!("api:{id}");
    let (host, to) = (api.host.clone(), strategy.clone());
    let told = async move { host.signal(&to, key, signal).await };
    let is_new = to_the_end(told, Problem::from).await?;
    let answer = SignalAnswer {
        id,
        strategy,
        signal: name,
        duplicate: !is_new,
    };
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, axum::Json(answer)))
}
