//! The log of what people did.

use super::auth::guarded;
use super::limit;
use crate::dto::people::{AuditDto, RecordDto};
use crate::extract::Fields;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;

/// Most records of a page: each may have 16 KiB.
const MOST: usize = 1_000;

/// `GET audit?after=&order=newest&limit=`, the oldest first unless `order` says otherwise.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    operation_id = "audit.list",
    summary = "What people did, the oldest first",
    params(
        (
            "after" = Option<u64>, Query, format = "uint64", maximum = 18446744073709551615u64,
            description = "The number of the last record that was seen.",
        ),
        (
            "order" = Option<String>, Query, pattern = "^(newest|oldest)$",
            description = "Which comes first.",
        ),
        Limit,
    ),
    responses(
        (status = 200, description = "A page of at most 1,000 records.", body = AuditDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<axum::Json<AuditDto>, Problem> {
    let guarded = guarded(&api)?;
    let limit = limit(&mut fields)?.min(MOST);
    let after: Option<u64> = fields.value("after", "the number of a record")?;
    let newest = match fields.text("order").as_deref() {
        None | Some("oldest") => false,
        Some("newest") => true,
        Some(other) => {
            let detail = format!("`{other}` is neither newest nor oldest");
            return Err(Problem::invalid("order", detail));
        }
    };
    fields.finish()?;
    let all = guarded.audit.records();
    let (first, count) = place(all, after, newest, limit);
    let read = tokio::task::spawn_blocking(move || guarded.audit.read(first, count)).await;
    let mut records = match read {
        Ok(Ok(records)) => records,
        Ok(Err(error)) => {
            tracing::error!(%error, "the audit log cannot be read");
            let detail = "the audit log cannot be read; the host's log says why";
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Problem::new(status, "AUDIT_FAILED", detail));
        }
        Err(error) => {
            tracing::error!(%error, "the audit log did not answer");
            return Err(Problem::internal());
        }
    };
    if newest {
        records.reverse();
    }
    let last = records.last().map(|record| record.number);
    let next = last.filter(|last| if newest { *last > 1 } else { *last < all });
    Ok(axum::Json(AuditDto {
        items: records.into_iter().map(RecordDto::from).collect(),
        next,
    }))
}

/// The first record of a page and how many it has.
fn place(all: u64, after: Option<u64>, newest: bool, limit: usize) -> (u64, usize) {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if !newest {
        return (after.unwrap_or(0).saturating_add(1), limit);
    }
    // Backwards from the record before `after`.
    let last = after.map_or(all, |after| after.saturating_sub(1).min(all));
    let count = last.min(most);
    (last - count + 1, usize::try_from(count).unwrap_or(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_in_both_directions() {
        assert_eq!(place(10, None, false, 4), (1, 4));
        assert_eq!(place(10, Some(4), false, 4), (5, 4));
        assert_eq!(place(10, Some(u64::MAX), false, 4).1, 4);
        assert_eq!(place(10, None, true, 4), (7, 4));
        assert_eq!(place(10, Some(7), true, 4), (3, 4));
        assert_eq!(place(10, Some(3), true, 4), (1, 2));
        assert_eq!(place(10, Some(1), true, 4), (1, 0));
        assert_eq!(place(0, None, true, 4), (1, 0));
        assert_eq!(place(10, Some(99), true, 4), (7, 4));
    }
}
