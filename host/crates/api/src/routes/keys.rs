//! API keys: one's own, and everybody's for who manages people.

use super::auth::{guarded, known};
use crate::dto::people::{AddKeyRequest, KeyDto, NewKeyDto};
use crate::extract::{Fields, Json, Name, NoFields};
use crate::gate::Noted;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::{KeyView, NewKey, Principal, Role};
use serde_json::{Value, json};

/// Whose things a list shows: one's own, or all for an admin.
pub(super) fn of(who: &Principal) -> Option<&str> {
    (!who.roles.contains(&Role::Admin)).then_some(who.user.as_str())
}

/// `GET keys`.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    operation_id = "keys.list",
    summary = "API keys: one's own, or as an admin all",
    responses(
        (status = 200, description = "Keys.", body = Vec<KeyDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    who: Option<Extension<Principal>>,
    fields: Fields,
) -> Result<axum::Json<Vec<KeyDto>>, Problem> {
    fields.finish()?;
    let guarded = guarded(&api)?;
    let keys = guarded.identity.keys(of(&known(who)?));
    Ok(axum::Json(keys.into_iter().map(KeyDto::from).collect()))
}

/// `POST keys`.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    operation_id = "keys.add",
    summary = "Adds an API key",
    request_body = AddKeyRequest,
    responses(
        (status = 201, description = "The key and its secret, told this once.", body = NewKeyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn add<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
    Json(request): Json<AddKeyRequest>,
) -> Result<impl IntoResponse, Problem> {
    let (guarded, who) = (guarded(&api)?, known(who)?);
    let new = NewKey {
        name: request.name,
        scopes: request.scopes.into_iter().collect(),
        networks: request.networks,
        days: request.days,
    };
    let (key, secret) = guarded
        .ask(move |identity| identity.add_key(&who, new))
        .await?;
    let noted = Noted {
        subject: key.id.clone(),
        after: Some(told(&key)),
        ..Noted::default()
    };
    let key = key.into();
    let body = axum::Json(NewKeyDto { key, secret });
    Ok((StatusCode::CREATED, Extension(noted), body))
}

/// `DELETE keys/{id}`.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/{id}",
    operation_id = "keys.revoke",
    summary = "Revokes an API key",
    params(
        ("id" = String, Path, description = "The key's id."),
    ),
    responses(
        (status = 204, description = "Revoked."),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn revoke<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    let (guarded, who) = (guarded(&api)?, known(who)?);
    let key = guarded
        .ask(move |identity| identity.revoke_key(&id, &who))
        .await?;
    let noted = Noted {
        subject: key.id.clone(),
        before: Some(told(&key)),
        ..Noted::default()
    };
    Ok((StatusCode::NO_CONTENT, Extension(noted)))
}

/// A key for the log, which has no secret of it.
fn told(key: &KeyView) -> Value {
    json!({
        "user": key.user,
        "name": key.name,
        "scopes": key.scopes,
        "networks": key.networks,
    })
}
