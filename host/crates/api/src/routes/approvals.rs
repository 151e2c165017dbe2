//! Four eyes: what waits for a second person, and what that person says.

use super::auth::{guarded, known};
use crate::dto::people::ApprovalDto;
use crate::extract::{Fields, Name, NoFields};
use crate::gate::Noted;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use identity::Principal;
use serde_json::json;

/// `GET approvals`, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/approvals",
    operation_id = "approvals.list",
    summary = "What waits for a second person, the latest first",
    responses(
        (status = 200, description = "Approvals.", body = Vec<ApprovalDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<axum::Json<Vec<ApprovalDto>>, Problem> {
    fields.finish()?;
    let approvals = guarded(&api)?.identity.approvals().into_iter();
    Ok(axum::Json(approvals.map(ApprovalDto::from).collect()))
}

/// `POST approvals/{id}/confirm`.
#[utoipa::path(
    post,
    path = "/api/v1/approvals/{id}/confirm",
    operation_id = "approvals.confirm",
    summary = "Agrees as the second person",
    params(
        ("id" = String, Path, description = "The approval's id."),
    ),
    responses(
        (status = 200, description = "The approval.", body = ApprovalDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn confirm<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    decide(api, who, id, true).await
}

/// `POST approvals/{id}/refuse`.
#[utoipa::path(
    post,
    path = "/api/v1/approvals/{id}/refuse",
    operation_id = "approvals.refuse",
    summary = "Does not agree",
    params(
        ("id" = String, Path, description = "The approval's id."),
    ),
    responses(
        (status = 200, description = "The approval.", body = ApprovalDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn refuse<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    decide(api, who, id, false).await
}

async fn decide<H: HostPort>(
    api: Api<H>,
    who: Option<Extension<Principal>>,
    id: String,
    agree: bool,
) -> Result<impl IntoResponse, Problem> {
    let (guarded, who) = (guarded(&api)?, known(who)?);
    let approval = guarded
        .ask(move |identity| identity.decide(&who, &id, agree))
        .await?;
    let noted = Noted {
        subject: format!("{} (approval {})", approval.subject, approval.id),
        after: Some(json!({
            "operation": approval.operation,
            "request": approval.request,
            "asked_by": approval.asked_by,
        })),
        ..Noted::default()
    };
    Ok((Extension(noted), axum::Json(ApprovalDto::from(approval))))
}
