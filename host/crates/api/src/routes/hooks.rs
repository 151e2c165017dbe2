//! Webhooks that we take. They show themselves who calls: the policy lets anybody try.

use super::to_the_end;
use crate::dto::hook::{HookAnswer, HookRequest};
use crate::dto::order_names::SideName;
use crate::extract::{Name, bytes, parse_json};
use crate::gate::Noted;
use crate::hooks::{Begun, Call, Hook};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// `POST /hooks/{name}`: an order by the hook's template, handed to the risk gate.
#[utoipa::path(
    post,
    path = "/hooks/{name}",
    operation_id = "hooks.take",
    summary = "Takes a call of a webhook: an order by the hook's template",
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
    request_body = HookRequest,
    responses(
        (status = 201, description = "An order was placed, or denied.", body = HookAnswer),
        (status = 200, description = "The call was taken before.", body = HookAnswer),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
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
    let read = parse_json::<HookRequest>(&body).and_then(|request| hook.read(request, &headers));
    let call = match read {
        Ok(call) => call,
        Err(problem) => return problem.into_response(),
    };
    match hook.begin(&call, hooks.now()) {
        Ok(Begun::Known(order)) => {
            let answer = HookAnswer {
                id: call.id,
                order,
                status: None,
                duplicate: true,
            };
            axum::Json(answer).into_response()
        }
        Err(problem) => problem.into_response(),
        Ok(_) => {
            let what = shown(&call);
            noted(place(&api, hook, call).await, &name, what)
        }
    }
}

async fn place<H: HostPort>(api: &Api<H>, hook: &Hook, call: Call) -> Response {
    let (host, id, ticket) = (api.host.clone(), call.id, call.ticket);
    let placed = async move { host.place_order(ticket).await };
    match to_the_end(placed, Problem::from).await {
        Ok(order) => {
            hook.memory().finish(&id, order.id.to_string());
            let answer = HookAnswer {
                id,
                order: Some(order.id.to_string()),
                status: Some(order.status.name()),
                duplicate: false,
            };
            (StatusCode::CREATED, axum::Json(answer)).into_response()
        }
        Err(problem) => {
            // Nothing came of it: it may be sent again.
            hook.memory().forget(&id);
            problem.into_response()
        }
    }
}

/// The answer to whoever does not show that a hook is for them.
fn nobody() -> Problem {
    let detail = "there is no such hook, or the call does not show that it is for the caller";
    Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
}

/// What a call asks for, without its secret.
fn shown(call: &Call) -> Value {
    let ticket = &call.ticket;
    json!({
        "id": call.id,
        "instrument": ticket.instrument,
        "side": SideName::from(ticket.side),
        "quantity": ticket.quantity.to_string(),
        "strategy": ticket.strategy,
    })
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
