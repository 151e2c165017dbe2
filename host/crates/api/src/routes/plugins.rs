//! The registry of plugins: list, show, compare, upload, approve, revoke, delete, and what ran when.

use super::history::{records_of, refusal};
use super::paging::{Asked, Page, not_after, whole};
use super::plugin_body::{Content, plugin_body};
use super::{limit, to_the_end};
use crate::dto::plugin::{
    ActDto, DecisionRequest, DifferenceDto, PluginDetailDto, PluginDto, ReasonRequest, RevokedDto,
    UseDto, acts, uses,
};
use crate::dto::text::Name as Word;
use crate::dto::version::terms_from_query;
use crate::extract::{Fields, Json, Name, NoFields, TwoNames, unsupported};
use crate::guarded::Signed;
use crate::names::Names;
use crate::openapi::{Binary, Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::runs::{Run, Runs};
use crate::state::Api;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use model::PluginHash;
use registry::{Decision, Record, diff};
use serde::Serialize;
use std::cmp::Reverse;
use store::sql::{Filter, STRATEGY_VERSIONS};

/// Rows that are read at once.
const ROWS: u32 = 10_000;

/// `GET plugins`, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/plugins",
    operation_id = "plugins.list",
    summary = "Plugins that the host has, the newest first",
    params(
        (
            "state" = Option<String>, Query, pattern = "^(UPLOADED|APPROVED|REVOKED|DELETED)$",
            description = "Only those of this state.",
        ),
        ("name" = Option<String>, Query, description = "Only those of this name."),
        ("world" = Option<String>, Query, description = "Only those of this world."),
        (
            "after" = Option<String>, Query, pattern = "^[0-9]{1,19}\\.[0-9A-Fa-f]{64}$",
            description = "What follows a page before, as its `Link` says: `TIME_NS.HASH` of its last plugin.",
        ),
        Limit,
    ),
    responses(
        (
            status = 200, description = "Plugins.", body = Vec<PluginDto>,
            headers(("Link" = String, description = "The next page, where there is one: `<…?after=…>; rel=\"next\"`.")),
        ),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    asked: Asked,
    mut fields: Fields,
) -> Result<Page<PluginDto>, Problem> {
    let (limit, after) = (limit(&mut fields)?, after(&mut fields)?);
    let wanted = ["state", "name", "world"].map(|field| fields.text(field));
    fields.finish()?;
    let [state, name, world] = wanted;
    let states = ["UPLOADED", "APPROVED", "REVOKED", "DELETED"];
    if let Some(state) = state.as_deref().filter(|state| !states.contains(state)) {
        let detail = format!("`{state}` is none of {}", states.join(", "));
        return Err(Problem::invalid("state", detail));
    }
    let is_wanted = |record: &Record| {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let manifest = &record.manifest;
        is(&state, record.state.name()) && is(&name, &manifest.name) && is(&world, &manifest.world)
    };
    let records = api.host.plugins().into_iter();
    let left = records
        .filter(|record| is_wanted(record) && after.is_none_or(|after| place(record) > after));
    let page = asked.page("/plugins", left, limit, |last| {
        let (Reverse(since), hash) = place(last);
        format!("{since}.{hash}")
    });
    Ok(page.map(|record| {
        let users = api.host.plugin_users(record.manifest.hash);
        PluginDto::new(&record, users)
    }))
}

/// Where a plugin stands in the list: when it came in, the newest first, and its hash.
type Place = (Reverse<u64>, PluginHash);

fn place(record: &Record) -> Place {
    (Reverse(record.since().nanos()), record.manifest.hash)
}

/// The place after which a page begins.
fn after(fields: &mut Fields) -> Result<Option<Place>, Problem> {
    let Some(text) = fields.text("after") else {
        return Ok(None);
    };
    let place = text.split_once('.').and_then(|(since, hash)| {
        let since = whole(since)?;
        Some((Reverse(since), PluginHash::parse(hash)?))
    });
    place.map(Some).ok_or_else(|| not_after(&text))
}

/// `GET plugins/{plugin}`.
#[utoipa::path(
    get,
    path = "/api/v1/plugins/{plugin}",
    operation_id = "plugins.show",
    summary = "All that is known of a plugin",
    params(
        (
            "plugin" = String, Path,
            description = "The SHA-256 of its bytes, or the first 8 or more digits of it.",
        ),
    ),
    responses(
        (status = 200, description = "The plugin.", body = PluginDetailDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(plugin): Name,
) -> Result<axum::Json<PluginDetailDto>, Problem> {
    let record = api.host.plugin(&plugin)?;
    Ok(axum::Json(detail(&api, &record)))
}

pub(super) fn detail<H: HostPort>(api: &Api<H>, record: &Record) -> PluginDetailDto {
    let hash = record.manifest.hash;
    let (users, refusal) = (api.host.plugin_users(hash), api.host.plugin_refusal(hash));
    PluginDetailDto::new(record, users, refusal)
}

/// `GET plugins/{before}/diff/{after}`.
#[utoipa::path(
    get,
    path = "/api/v1/plugins/{before}/diff/{after}",
    operation_id = "plugins.compare",
    summary = "How two plugins differ",
    params(
        (
            "before" = String, Path,
            description = "The SHA-256 of the first one, or the first 8 or more digits of it.",
        ),
        (
            "after" = String, Path,
            description = "The SHA-256 of the second one, or the first 8 or more digits of it.",
        ),
    ),
    responses(
        (status = 200, description = "What changed.", body = DifferenceDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn compare<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    TwoNames(before, after): TwoNames,
) -> Result<axum::Json<DifferenceDto>, Problem> {
    let (before, after) = (api.host.plugin(&before)?, api.host.plugin(&after)?);
    let difference = diff(&before.manifest, &after.manifest);
    Ok(axum::Json(DifferenceDto::new(difference)))
}

/// `POST plugins`: keeps a plugin without putting it to use.
#[utoipa::path(
    post,
    path = "/api/v1/plugins",
    operation_id = "plugins.upload",
    summary = "Keeps a plugin without putting it to use",
    params(
        (
            "force" = Option<bool>, Query,
            description = "Whether an older version than what runs or is approved will do.",
        ),
        (
            "by" = Option<String>, Query, min_length = 1, max_length = 64,
            pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Who asks, as they say.",
        ),
        (
            "X-Plugin-Signature" = Option<String>, Header, nullable = false,
            description = "The Base64 of the component's `.minisig` file.",
        ),
    ),
    request_body(
        description = "The component.",
        content = Binary,
        content_type = "application/wasm",
    ),
    responses(
        (
            status = 201,
            description = "The plugin.",
            body = PluginDetailDto,
            headers(("Location" = String, description = "Where it is.")),
        ),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn upload<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    mut fields: Fields,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let body = plugin_body(&api, request).await?;
    let Content::Plugin(source) = body.content else {
        return Err(unsupported("application/wasm"));
    };
    let mut terms = terms_from_query(&mut fields)?;
    terms.by = signed.or(terms.by);
    terms.progress = body.progress;
    fields.finish()?;
    let (host, turn) = (api.host.clone(), body.turn);
    let uploaded = async move {
        let _turn = turn;
        host.upload_plugin(source, terms).await
    };
    let record = to_the_end(uploaded, Problem::from).await?;
    let place = format!("/api/v1/plugins/{}", record.manifest.hash);
    let body = axum::Json(detail(&api, &record));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], body))
}

/// `POST plugins/{plugin}/approve`.
#[utoipa::path(
    post,
    path = "/api/v1/plugins/{plugin}/approve",
    operation_id = "plugins.approve",
    summary = "Says that a plugin may run",
    params(
        (
            "plugin" = String, Path,
            description = "The SHA-256 of its bytes, or the first 8 or more digits of it.",
        ),
    ),
    request_body = DecisionRequest,
    responses(
        (status = 200, description = "The plugin.", body = PluginDetailDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn approve<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    Name(plugin): Name,
    Json(request): Json<DecisionRequest>,
) -> Result<axum::Json<PluginDetailDto>, Problem> {
    let decision = Decision {
        by: signed.or(request.by),
        reason: request.reason,
        force: request.force,
        ..Decision::default()
    };
    let host = api.host.clone();
    let approved = async move { host.approve_plugin(&plugin, decision).await };
    let record = to_the_end(approved, Problem::from).await?;
    Ok(axum::Json(detail(&api, &record)))
}

/// `POST plugins/{plugin}/revoke`.
#[utoipa::path(
    post,
    path = "/api/v1/plugins/{plugin}/revoke",
    operation_id = "plugins.revoke",
    summary = "Says that a plugin never runs again",
    params(
        (
            "plugin" = String, Path,
            description = "The SHA-256 of its bytes, or the first 8 or more digits of it.",
        ),
    ),
    request_body = ReasonRequest,
    responses(
        (
            status = 200,
            description = "The plugin, and strategies that are paused now.",
            body = RevokedDto,
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn revoke<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    Name(plugin): Name,
    Json(request): Json<ReasonRequest>,
) -> Result<axum::Json<RevokedDto>, Problem> {
    let (host, decision) = (api.host.clone(), reasoned(signed, request));
    let revoked = async move { host.revoke_plugin(&plugin, decision).await };
    let revoked = to_the_end(revoked, Problem::from).await?;
    Ok(axum::Json(RevokedDto {
        plugin: detail(&api, &revoked.record),
        paused: revoked.paused,
    }))
}

/// `DELETE plugins/{plugin}`.
#[utoipa::path(
    delete,
    path = "/api/v1/plugins/{plugin}",
    operation_id = "plugins.delete",
    summary = "Deletes the bytes of a plugin",
    params(
        (
            "plugin" = String, Path,
            description = "The SHA-256 of its bytes, or the first 8 or more digits of it.",
        ),
        (
            "by" = Option<String>, Query, min_length = 1, max_length = 64,
            pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Who asks, as they say.",
        ),
        (
            "reason" = Option<String>, Query, min_length = 1, max_length = 500,
            pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Why.",
        ),
    ),
    responses(
        (status = 200, description = "The plugin.", body = PluginDetailDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn delete<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    Name(plugin): Name,
    mut fields: Fields,
) -> Result<axum::Json<PluginDetailDto>, Problem> {
    let decision = Decision {
        by: signed.or(fields.text("by")),
        reason: fields.text("reason"),
        ..Decision::default()
    };
    fields.finish()?;
    let host = api.host.clone();
    let deleted = async move { host.delete_plugin(&plugin, decision).await };
    let record = to_the_end(deleted, Problem::from).await?;
    Ok(axum::Json(detail(&api, &record)))
}

pub(super) fn reasoned(signed: Signed, request: ReasonRequest) -> Decision {
    Decision {
        by: signed.or(request.by),
        reason: request.reason,
        ..Decision::default()
    }
}

/// What was done with a plugin, and what ran it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PluginHistoryDto {
    acts: Vec<ActDto>,
    uses: Vec<UseDto>,
    /// The latest first; `null` when there is no store to read them from.
    runs: Option<Vec<RunDto>>,
    /// Why there are none to show.
    runs_unavailable: Option<String>,
}

/// A time during which a strategy ran it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PluginRunDto)]
struct RunDto {
    strategy: String,
    /// The input that began it.
    from: u64,
    from_time: String,
    from_time_ns: String,
    /// The input that ended it; `null` while it runs.
    to: Option<u64>,
    to_time: Option<String>,
    to_time_ns: Option<String>,
    /// `STOP`, `SWAP` or `FAULT`.
    ended_by: Option<Word>,
}

/// `GET plugins/{plugin}/history`: runs are those of the journal that is written now.
#[utoipa::path(
    get,
    path = "/api/v1/plugins/{plugin}/history",
    operation_id = "plugins.history",
    summary = "What was done with a plugin, and what ran it",
    params(
        (
            "plugin" = String, Path,
            description = "The SHA-256 of its bytes, or the first 8 or more digits of it.",
        ),
        Limit,
    ),
    responses(
        (status = 200, description = "Its history.", body = PluginHistoryDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn history<H: HostPort>(
    State(api): State<Api<H>>,
    Name(plugin): Name,
    mut fields: Fields,
) -> Result<axum::Json<PluginHistoryDto>, Problem> {
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let record = api.host.plugin(&plugin)?;
    let runs = runs(&api, record.manifest.hash.to_string(), limit).await;
    let (runs, runs_unavailable) = match runs {
        Ok(runs) => (Some(runs), None),
        Err(problem) => (None, Some(problem.detail().to_owned())),
    };
    Ok(axum::Json(PluginHistoryDto {
        acts: acts(&record),
        uses: uses(&record),
        runs,
        runs_unavailable,
    }))
}

async fn runs<H: HostPort>(
    api: &Api<H>,
    plugin: String,
    limit: usize,
) -> Result<Vec<RunDto>, Problem> {
    let records = records_of(api)?;
    let mut runs = Runs::new(plugin, limit);
    let mut filter = Filter {
        limit: ROWS,
        ..Filter::default()
    };
    loop {
        let page = records.reader.page(&STRATEGY_VERSIONS, &filter).await;
        let page = page.map_err(refusal)?;
        page.rows.iter().for_each(|row| runs.add(row));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    let names = api.names();
    let runs = runs.finish().into_iter();
    Ok(runs.map(|run| RunDto::new(&run, &names)).collect())
}

impl RunDto {
    fn new(run: &Run, names: &Names) -> Self {
        let to = run.to.map(|(at, _)| at);
        Self {
            strategy: names.strategy(run.strategy),
            from: run.from.sequence,
            from_time: run.from.time.to_string(),
            from_time_ns: run.from.time.nanos().to_string(),
            to: to.map(|at| at.sequence),
            to_time: to.map(|at| at.time.to_string()),
            to_time_ns: to.map(|at| at.time.nanos().to_string()),
            ended_by: run.to.map(|(_, how)| Word(how)),
        }
    }
}
