//! People. Whoever manages them hands on invitations and never knows a password.

use super::auth::{guarded, known};
use crate::dto::people::{AddUserRequest, ChangeUserRequest, InvitedDto, UserDto};
use crate::extract::{Fields, Json, Name};
use crate::gate::Noted;
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
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<axum::Json<Vec<UserDto>>, Problem> {
    fields.finish()?;
    let users = guarded(&api)?.identity.users();
    Ok(axum::Json(users.into_iter().map(UserDto::from).collect()))
}

/// `GET users/{name}`.
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<axum::Json<UserDto>, Problem> {
    let user = guarded(&api)?.identity.user(&name)?;
    Ok(axum::Json(user.into()))
}

/// `POST users`.
pub(crate) async fn add<H: HostPort>(
    State(api): State<Api<H>>,
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
pub(crate) async fn change<H: HostPort>(
    State(api): State<Api<H>>,
    who: Option<Extension<Principal>>,
    Name(name): Name,
    Json(request): Json<ChangeUserRequest>,
) -> Result<impl IntoResponse, Problem> {
    let (guarded, who) = (guarded(&api)?, known(who)?);
    let change = UserChange {
        roles: request.roles.map(|roles| roles.into_iter().collect()),
        disabled: request.disabled,
        networks: request.networks,
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
pub(crate) async fn remove<H: HostPort>(
    State(api): State<Api<H>>,
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
pub(crate) async fn invite<H: HostPort>(
    State(api): State<Api<H>>,
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
    })
}
