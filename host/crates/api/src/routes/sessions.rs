//! Sessions: one's own, and everybody's for who manages people.

use super::auth::{guarded, known};
use super::keys::of;
use crate::dto::people::SessionDto;
use crate::extract::{Fields, Name, NoFields};
use crate::gate::Noted;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::Principal;

/// `GET sessions`, the latest used first.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    operation_id = "sessions.list",
    summary = "Sessions, the latest used first: one's own, or as an admin all",
    responses(
        (status = 200, description = "Sessions.", body = Vec<SessionDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    who: Option<Extension<Principal>>,
    fields: Fields,
) -> Result<axum::Json<Vec<SessionDto>>, Problem> {
    fields.finish()?;
    let guarded = guarded(&api)?;
    let sessions = guarded.identity.sessions(of(&known(who)?)).into_iter();
    Ok(axum::Json(sessions.map(SessionDto::from).collect()))
}

/// `DELETE sessions/{id}`.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    operation_id = "sessions.end",
    summary = "Ends a session",
    params(
        ("id" = String, Path, description = "The session's id."),
    ),
    responses(
        (status = 204, description = "It is over."),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn end<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    let (guarded, who) = (guarded(&api)?, known(who)?);
    let session = guarded
        .ask(move |identity| identity.end_session(&id, &who))
        .await?;
    let noted = Noted {
        subject: format!("{} of {}", session.id, session.user),
        ..Noted::default()
    };
    Ok((StatusCode::NO_CONTENT, Extension(noted)))
}
