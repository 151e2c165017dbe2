//! Webhooks that we take. They show themselves who calls: the policy lets anybody try.

use super::to_the_end;
use crate::dto::hook::{HookAnswer, HookBody, HookReply};
use crate::dto::order_names::SideName;
use crate::dto::signal::SignalAnswer;
use crate::extract::{Name, bytes};
use crate::gate::Noted;
use crate::hooks::{Begun, Call, Hooks, Told, Wanted};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use services::handle::{HostError, OrderTicket};

/// `POST /hooks/{name}`: an order by the hook's template, handed to the risk gate, or a signal for a strategy.
#[utoipa::path(
    post,
    path = "/hooks/{name}",
    operation_id = "hooks.take",
    summary = "Takes a call of a webhook: an order or a signal by the hook's template",
    params(
        ("name" = String, Path, description = "The name of the hook."),
        (
            "X-Argonaut-Timestamp" = Option<String>, Header, nullable = false,
            description = "Of a signed hook: when it was sent, in whole seconds since 1970.",
        ),
        (
            "X-Argonaut-Signature" = Option<String>, Header, nullable = false,
            description = "Of a signed hook: what shows that the call is genuine; `docs/hooks.md` says how it is made.",
        ),
    ),
    request_body = HookBody,
    responses(
        (status = 201, description = "An order was placed, or denied; or a strategy was told.", body = HookReply),
        (status = 200, description = "The call was taken before.", body = HookReply),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
        (status = 429, response = Refused),
    ),
)]
pub(crate) async fn take<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    request: Request,
) -> Response {
    let Some(hooks) = api.hooks.clone() else {
        return nobody().into_response();
    };
    let headers = request.headers().clone();
    let body = match bytes(request, &()).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let Some(hook) = hooks.find(&name, &headers, &body) else {
        return nobody().into_response();
    };
    // Refusals are not written down: nothing was done, and there may be many.
    let call = match hook.read(&body, &headers) {
        Ok(call) => call,
        Err(problem) => return problem.into_response(),
    };
    match hook.begin(&call, hooks.now()) {
        Ok(Begun::Known(None)) if matches!(call.wanted, Wanted::Signal(_)) => {
            under_way().into_response()
        }
        Ok(Begun::Known(order)) => axum::Json(known(call, order)).into_response(),
        Err(problem) => problem.into_response(),
        Ok(_) => {
            let what = shown(&call);
            let Call { id, wanted, .. } = call;
            let answer = match wanted {
                Wanted::Order(ticket) => place(&api, (&hooks, &name), id, *ticket).await,
                Wanted::Signal(told) => tell(&api, (&hooks, &name), id, told).await,
            };
            noted(answer, &name, what)
        }
    }
}

/// The answer to a call that was taken before, of which came this order, if any did.
fn known(call: Call, order: Option<String>) -> HookReply {
    let (id, duplicate) = (call.id, true);
    match call.wanted {
        Wanted::Order(_) => HookReply::Order(HookAnswer {
            id,
            order,
            status: None,
            duplicate,
        }),
        Wanted::Signal(told) => HookReply::Signal(SignalAnswer {
            id,
            strategy: told.strategy,
            signal: told.signal.name,
            duplicate,
        }),
    }
}

async fn place<H: HostPort>(
    api: &Api<H>,
    (hooks, name): (&Hooks, &str),
    id: String,
    ticket: OrderTicket,
) -> Response {
    let (host, hooks) = (api.host.clone(), hooks.clone());
    let (of, call) = (name.to_owned(), id.clone());
    // Noted where it is done: the client may leave before.
    let placed = async move {
        let placed = host.place_order(ticket).await;
        let order = placed.as_ref().ok().map(|order| order.id.to_string());
        hooks.end(&of, &call, order);
        placed
    };
    match to_the_end(placed, Problem::from).await {
        Ok(order) => {
            let answer = HookAnswer {
                id,
                order: Some(order.id.to_string()),
                status: Some(order.status.name()),
                duplicate: false,
            };
            let answer = axum::Json(HookReply::Order(answer));
            (StatusCode::CREATED, answer).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn tell<H: HostPort>(
    api: &Api<H>,
    (hooks, hook): (&Hooks, &str),
    id: String,
    told: Told,
) -> Response {
    let Told {
        strategy,
        key,
        signal,
    } = told;
    let name = signal.name.clone();
    let (host, to) = (api.host.clone(), strategy.clone());
    let (hooks, of, call) = (hooks.clone(), hook.to_owned(), id.clone());
    let telling = async move {
        let told = host.signal(&to, key, signal).await;
        hooks.end(&of, &call, told.is_ok().then(String::new));
        told
    };
    match to_the_end(telling, refused).await {
        Ok(is_new) => {
            let answer = HookReply::Signal(SignalAnswer {
                id,
                strategy,
                signal: name,
                duplicate: !is_new,
            });
            let status = match is_new {
                true => StatusCode::CREATED,
                // This host forgot it, and the engine did not.
                false => StatusCode::OK,
            };
            (status, axum::Json(answer)).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// A genuine caller is not told that there is no such hook.
fn refused(error: HostError) -> Problem {
    match error {
        HostError::NotFound { .. } => {
            Problem::new(StatusCode::CONFLICT, "CONFLICT", error.to_string())
        }
        error => Problem::from(error),
    }
}

/// The answer to a copy of a signal that is being told: whether it is taken is not known yet.
fn under_way() -> Problem {
    let detail = "the call is being taken; send it again";
    Problem::new(StatusCode::CONFLICT, "CONFLICT", detail).after(1)
}

/// The answer to whoever does not show that a hook is for them.
fn nobody() -> Problem {
    let detail = "there is no such hook, or the call does not show that it is for the caller";
    Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
}

/// What a call asks for, without its secret.
fn shown(call: &Call) -> Value {
    match &call.wanted {
        Wanted::Order(ticket) => json!({
            "id": call.id,
            "instrument": ticket.instrument,
            "side": SideName::from(ticket.side),
            "quantity": ticket.quantity.to_string(),
            "strategy": ticket.strategy,
        }),
        Wanted::Signal(told) => json!({
            "id": call.id,
            "strategy": told.strategy,
            "signal": told.signal.to_string(),
        }),
    }
}

/// An answer with what is to be written down where identity is on.
fn noted(mut response: Response, name: &str, after: Value) -> Response {
    response.extensions_mut().insert(Noted {
        actor: Some(format!("hook:{name}")),
        after: Some(after),
        ..Noted::default()
    });
    response
}
