//! Accounts and their balances.

use crate::dto::account::AccountDto;
use crate::extract::NoFields;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// `GET accounts`.
#[utoipa::path(
    get, path = "/api/v1/accounts", operation_id = "accounts.list",
    summary = "All accounts with their balances",
    responses((status = 200, description = "Accounts.", body = Vec<AccountDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> Json<Vec<AccountDto>> {
    let names = api.names();
    let views = api.host.accounts();
    Json(
        views
            .iter()
            .map(|view| AccountDto::new(view, &names))
            .collect(),
    )
}

/// `GET account`: the only one there is.
#[utoipa::path(
    get, path = "/api/v1/account", operation_id = "account.show",
    summary = "The account, where there is only one",
    responses(
        (status = 200, description = "The account.", body = AccountDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn only<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> Result<Json<AccountDto>, Problem> {
    let views = api.host.accounts();
    match views.as_slice() {
        [view] => Ok(Json(AccountDto::new(view, &api.names()))),
        [] => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "there is no account",
        )),
        _ => {
            let detail = "there are several accounts; see /api/v1/accounts";
            Err(Problem::new(StatusCode::CONFLICT, "CONFLICT", detail))
        }
    }
}
