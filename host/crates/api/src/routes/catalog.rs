//! Data sets of the catalog that the configuration names.

use crate::dto::catalog::DataSetDto;
use crate::extract::Fields;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::path::Path;
use std::sync::Arc;
use store::catalog::{Catalog, CatalogError};

/// `GET data-catalog`.
#[utoipa::path(
    get, path = "/api/v1/data-catalog", operation_id = "data_catalog.list",
    summary = "Data sets of the catalog",
    params(("instrument" = Option<String>, Query, description = "Only of this symbol.")),
    responses(
        (status = 200, description = "Data sets.", body = Vec<DataSetDto>),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<Json<Vec<DataSetDto>>, Problem> {
    let instrument = fields.text("instrument");
    fields.finish()?;
    let read = move |root: &Path| data_sets(root, instrument.as_deref());
    reading(&api, read).await.map(Json)
}

/// Reads the catalog on a thread of its own, one reader at a time.
pub(super) async fn reading<H: HostPort, T: Send + 'static>(
    api: &Api<H>,
    read: impl FnOnce(&Path) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, Problem> {
    let shown = api.catalog.as_ref().ok_or_else(|| {
        let detail = "this host shows no catalog: `host.catalog` is not in its configuration";
        Problem::new(StatusCode::NOT_FOUND, "NO_CATALOG", detail)
    })?;
    // Each file has its footer read, so that two at once would take the disk from the journal.
    let turn = Arc::clone(&shown.turn).try_acquire_owned();
    let turn = turn.map_err(|_| Problem::busy("the catalog is being read already; try again"))?;
    let root = shown.root.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let found = read(&root);
        drop(turn);
        found
    });
    match reading.await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the catalog cannot be read");
            let detail = "the catalog cannot be read; the host's log says why, and `argonaut data verify` what is damaged";
            let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "CATALOG_UNAVAILABLE");
            Err(Problem::new(status, code, detail))
        }
        Err(error) => {
            tracing::error!(%error, "the catalog was not read to its end");
            Err(Problem::internal())
        }
    }
}

fn data_sets(root: &Path, instrument: Option<&str>) -> Result<Vec<DataSetDto>, CatalogError> {
    // What somebody asks for is compared, and is never part of a path.
    let mut all = Catalog::open(root)?.series(None)?;
    all.retain(|series| instrument.is_none_or(|wanted| series.key.instrument == wanted));
    all.iter().map(DataSetDto::read).collect()
}
