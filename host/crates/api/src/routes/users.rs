//! People. Whoever manages them hands on invitations and never knows a password.

use super::auth::{guarded, known};
use crate::dto::people::{AddUserRequest, ChangeUserRequest, InvitedDto, UserDto};
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
use identity::{Principal, UserChange, UserView};
use serde_json::{Value, json};

/// `GET users`.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "users.list",
    summary = "People",
    responses(
        (status = 200, description = "People.", body = Vec<UserDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<axum::Json<Vec<UserDto>>, Problem> {
    fields.finish()?;
    let users = guarded(&api)?.identity.users();
    Ok(axum::Json(users.into_iter().map(UserDto::from).collect()))
}

/// `GET users/{name}`.
#[utoipa::path(
    get,
    path = "/api/v1/users/{name}",
    operation_id = "users.show",
    summary = "A person",
    params(
        ("name" = String, Path, description = "The person's name."),
    ),
    responses(
        (status = 200, description = "The person.", body = UserDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<UserDto>, Problem> {
    let user = guarded(&api)?.identity.user(&name)?;
    Ok(axum::Json(user.into()))
}

/// `POST users`.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    operation_id = "users.add",
    summary = "Adds a person",
    request_body = AddUserRequest,
    responses(
        (
            status = 201,
            description = "The person, and the invitation, told this once.",
            body = InvitedDto,
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn add<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<AddUserRequest>,
) -> Result<impl IntoResponse, Problem> {
    let guarded = guarded(&api)?;
    let (user, invitation) = guarded
        .ask(move |identity| {
            let roles = request.roles.into_iter().collect();
            identity.add_user(&request.name, roles, &request.networks)
        })
        .await?;
    let noted = Noted {
        subject: user.name.clone(),
        after: Some(told(&user)),
        ..Noted::default()
    };
    let user = user.into();
    let body = axum::Json(InvitedDto { user, invitation });
    Ok((StatusCode::CREATED, Extension(noted), body))
}

/// `PATCH users/{name}`.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{name}",
    operation_id = "users.change",
    summary = "Changes a person",
    params(
        ("name" = String, Path, description = "The person's name."),
    ),
    request_body = ChangeUserRequest,
    responses(
        (status = 200, description = "The person.", body = UserDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn change<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
    Name(name): Name,
    Json(request): Json<ChangeUserRequest>,
) -> Result<impl IntoResponse, Problem> {
    let (guarded, who) = (guarded(&api)?, known(who)?);
    let change = UserChange {
        roles: request.roles.map(|roles| roles.into_iter().collect()),
        disabled: request.disabled,
        networks: request.networks,
        desk: request.desk.map(Into::into),
    };
    let (before, after) = guarded
        .ask(move |identity| identity.change_user_as(Some(&who), &name, change))
        .await?;
    let noted = Noted {
        subject: after.name.clone(),
        before: Some(told(&before)),
        after: Some(told(&after)),
        ..Noted::default()
    };
    Ok((Extension(noted), axum::Json(UserDto::from(after))))
}

/// `DELETE users/{name}`.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{name}",
    operation_id = "users.remove",
    summary = "Removes a person",
    params(
        ("name" = String, Path, description = "The person's name."),
    ),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn remove<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<impl IntoResponse, Problem> {
    let guarded = guarded(&api)?;
    let user = guarded
        .ask(move |identity| identity.remove_user(&name))
        .await?;
    let noted = Noted {
        subject: user.name.clone(),
        before: Some(told(&user)),
        ..Noted::default()
    };
    Ok((StatusCode::NO_CONTENT, Extension(noted)))
}

/// `POST users/{name}/invitation`: another way to a password.
#[utoipa::path(
    post,
    path = "/api/v1/users/{name}/invitation",
    operation_id = "users.invite",
    summary = "Gives a person another way to a password",
    params(
        ("name" = String, Path, description = "The person's name."),
    ),
    responses(
        (
            status = 201,
            description = "The person, and the invitation, told this once.",
            body = InvitedDto,
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn invite<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<impl IntoResponse, Problem> {
    let guarded = guarded(&api)?;
    let (user, invitation) = guarded.ask(move |identity| identity.invite(&name)).await?;
    let user = user.into();
    let body = axum::Json(InvitedDto { user, invitation });
    Ok((StatusCode::CREATED, body))
}

/// A person for the log.
fn told(user: &UserView) -> Value {
    json!({
        "roles": user.roles,
        "disabled": user.disabled,
        "networks": user.networks,
        "desk": user.desk,
    })
}
