//! What happened, in pages cut by the key of a row: `GET history/{table}`.

use super::auth::guarded;
use super::limit;
use super::orders::{instrument, strategy};
use crate::dto::moment::Moment;
use crate::extract::{Fields, Name};
use crate::guarded::Signed;
use crate::names::Names;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::records::{self, Records};
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::AccountId;
use serde::Serialize;
use serde_json::Value;
use store::sql::{Filter, Page, ReadError};

/// A page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HistoryDto {
    items: Vec<Value>,
    /// What to give as `after` for the next page; `null` on the last one.
    next: Option<String>,
    /// The last input whose rows are in the store.
    sequence: u64,
}

/// `GET history/{table}`.
#[utoipa::path(
    get, path = "/api/v1/history/{table}", operation_id = "history.page",
    summary = "What the store keeps of a table, in pages",
    params(
        ("table" = String, Path, description = "Which table; one that there is not is refused with the list of those there are. `audit` takes the roles that `GET audit` takes."),
        ("strategy" = Option<String>, Query, description = "Only of this strategy."),
        ("account" = Option<String>, Query, description = "Only of this account."),
        ("instrument" = Option<String>, Query, description = "Only of this symbol."),
        ("from" = Option<String>, Query, format = DateTime, description = "Not before this moment."),
        ("until" = Option<String>, Query, format = DateTime, description = "Before this moment."),
        ("after" = Option<String>, Query, description = "The `next` of a page before."),
        ("order" = Option<String>, Query, pattern = "^(oldest|newest)$", description = "What comes first."),
        Limit,
    ),
    responses(
        (status = 200, description = "A page.", body = HistoryDto),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn page<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    Name(name): Name,
    mut fields: Fields,
) -> Result<Json<HistoryDto>, Problem> {
    let table = records::table(&name).ok_or_else(|| {
        let detail = format!(
            "there is no history of `{name}`; there is: {}",
            records::tables()
        );
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    })?;
    if let Some(operation) = records::also_takes(table) {
        // Where identity is off nobody knows who asks.
        guarded(&api)?;
        if !signed.may(operation) {
            let detail = format!("`{name}` takes the roles that {operation} takes");
            return Err(Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail));
        }
    }
    let records = records_of(&api)?;
    let names = api.names();
    let filter = filter(&mut fields, &names)?;
    fields.finish()?;
    let sequence = records.view().sequence;
    let page = records.reader.page(table, &filter).await;
    let Page { rows, next } = page.map_err(refusal)?;
    let rows = rows.into_iter();
    Ok(Json(HistoryDto {
        items: rows
            .map(|row| records::object(table, row, &names))
            .collect(),
        next: next.map(|key| key.to_string()),
        sequence,
    }))
}

pub(super) fn records_of<H>(api: &Api<H>) -> Result<&Records, Problem> {
    api.records.as_ref().ok_or_else(|| {
        let detail = "this host keeps no store: `store.url` is `none` in its configuration";
        Problem::new(StatusCode::NOT_FOUND, "NO_STORE", detail)
    })
}

fn filter(fields: &mut Fields, names: &Names) -> Result<Filter, Problem> {
    let after = fields.value("after", "the `next` of a page before")?;
    Ok(Filter {
        strategy: strategy(fields, names)?.map(|id| id.number()),
        account: account(fields, names)?.map(AccountId::number),
        instrument: instrument(fields, names)?.map(|id| id.number()),
        from: moment(fields, "from")?,
        until: moment(fields, "until")?,
        after,
        newest_first: newest_first(fields)?,
        limit: u32::try_from(limit(fields)?).unwrap_or(u32::MAX),
    })
}

/// Takes a moment from the query, in nanoseconds.
pub(super) fn moment(fields: &mut Fields, name: &str) -> Result<Option<u64>, Problem> {
    let form = "a moment after 1970, such as 2026-01-02T00:00:00Z";
    let moment = fields.value::<Moment>(name, form)?;
    Ok(moment.map(|Moment(time)| time.nanos()))
}

/// Takes `order` from the query.
fn newest_first(fields: &mut Fields) -> Result<bool, Problem> {
    match fields.text("order").as_deref() {
        None | Some("oldest") => Ok(false),
        Some("newest") => Ok(true),
        Some(other) => {
            let detail = format!("`{other}` is neither oldest nor newest, of what comes first");
            Err(Problem::invalid("order", detail))
        }
    }
}

/// Takes `account` from the query.
pub(super) fn account(fields: &mut Fields, names: &Names) -> Result<Option<AccountId>, Problem> {
    let Some(name) = fields.text("account") else {
        return Ok(None);
    };
    let unknown = || Problem::invalid("account", format!("there is no account `{name}`"));
    names.account_id(&name).map(Some).ok_or_else(unknown)
}

pub(super) fn refusal(error: ReadError) -> Problem {
    match error {
        ReadError::NoColumn { column, .. } => Problem::invalid(column, error.to_string()),
        ReadError::Store(error) => {
            tracing::warn!(%error, "the store cannot be read");
            let detail = "the store cannot be read now; what it holds is in the journal too";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "STORE_UNAVAILABLE", detail)
        }
    }
}
