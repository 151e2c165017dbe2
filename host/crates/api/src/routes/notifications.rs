//! Whom the host tells what: how each route stands, and a test of one.

use crate::dto::notification::{NotificationDto, TestedDto};
use crate::extract::{Name, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use notices::TestError;

/// `GET notifications`, in the order of the configuration.
#[utoipa::path(
    get,
    path = "/api/v1/notifications",
    operation_id = "notifications.list",
    summary = "Whom the host tells what",
    responses(
        (
            status = 200,
            description = "Routes in the order of the configuration.",
            body = Vec<NotificationDto>,
        ),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<NotificationDto>> {
    let routes = api.notifications.as_ref().map(|desk| desk.routes());
    let routes = routes.unwrap_or_default().into_iter();
    axum::Json(routes.map(NotificationDto::from).collect())
}

/// `POST notifications/{route}/test`: sends a message at once and waits for what the sink says.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/{route}/test",
    operation_id = "notifications.test",
    summary = "Sends a test message",
    params(
        ("route" = String, Path, description = "The name of the route."),
    ),
    responses(
        (status = 200, description = "The sink took it.", body = TestedDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 502, response = Refused),
    ),
)]
pub(crate) async fn test<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(route): Name,
) -> Result<axum::Json<TestedDto>, Problem> {
    let Some(desk) = api.notifications.clone() else {
        return Err(Problem::not_found("route", &route));
    };
    // To its end even if the client leaves.
    let tried = tokio::task::spawn_blocking(move || desk.test(&route).map(|()| route));
    match tried.await {
        Ok(Ok(route)) => Ok(axum::Json(TestedDto { route, sent: true })),
        Ok(Err(error)) => Err(refused(error)),
        Err(error) => {
            tracing::error!(%error, "a notification could not be tried");
            Err(Problem::internal())
        }
    }
}

fn refused(error: TestError) -> Problem {
    let detail = error.to_string();
    match error {
        TestError::Unknown(route) => Problem::not_found("route", &route),
        TestError::Busy => Problem::new(StatusCode::CONFLICT, "CONFLICT", detail),
        TestError::NotSent(_) => Problem::new(StatusCode::BAD_GATEWAY, "NOT_SENT", detail),
    }
}
