//! What strategies made in a period, from the store.

use super::history::{moment, records_of, refusal};
use crate::dto::performance::PerformanceDto;
use crate::extract::{Fields, Name};
use crate::names::Names;
use crate::openapi::Refused;
use crate::performance::{Flaw, Performance};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::records::Records;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use model::StrategyId;
use store::sql::{FILLS, Filter, POSITIONS, Page, Record, Table};

/// Rows that are read at once.
const PAGE_ROWS: u32 = 10_000;
/// Rows after which whoever else waits for the thread has it.
const ROWS_AT_A_STRETCH: usize = 500;
/// Most rows of a table that are read for an answer.
const MOST_ROWS: usize = 500_000;

/// `GET performance`.
#[utoipa::path(
    get, path = "/api/v1/performance", operation_id = "performance.list",
    summary = "What each strategy made in a period",
    params(
        ("from" = Option<String>, Query, format = DateTime, description = "Not before this moment."),
        ("until" = Option<String>, Query, format = DateTime, description = "Before this moment."),
    ),
    responses(
        (status = 200, description = "One of each strategy.", body = Vec<PerformanceDto>),
        (status = 404, response = Refused),
        (status = 422, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<Json<Vec<PerformanceDto>>, Problem> {
    let period = Period::read(fields)?;
    let names = api.names();
    let strategies = api.host.strategies().into_iter().map(|view| view.id);
    let strategies: Vec<StrategyId> = strategies.collect();
    performances(records_of(&api)?, &names, &strategies, None, period)
        .await
        .map(Json)
}

/// `GET performance/{strategy}`.
#[utoipa::path(
    get, path = "/api/v1/performance/{strategy}", operation_id = "performance.show",
    summary = "What a strategy made in a period",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
        ("from" = Option<String>, Query, format = DateTime, description = "Not before this moment."),
        ("until" = Option<String>, Query, format = DateTime, description = "Before this moment."),
    ),
    responses(
        (status = 200, description = "What it made.", body = PerformanceDto),
        (status = 404, response = Refused),
        (status = 422, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    fields: Fields,
) -> Result<Json<PerformanceDto>, Problem> {
    let period = Period::read(fields)?;
    let names = api.names();
    let unknown = || Problem::not_found("strategy", &name);
    let strategy = names.strategy_id(&name).ok_or_else(unknown)?;
    let records = records_of(&api)?;
    let only = Some(strategy);
    let mut found = performances(records, &names, &[strategy], only, period).await?;
    found.pop().map(Json).ok_or_else(unknown)
}

/// Of which time, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Period {
    from: Option<u64>,
    until: Option<u64>,
}

impl Period {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let (from, until) = (moment(&mut fields, "from")?, moment(&mut fields, "until")?);
        fields.finish()?;
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(Problem::disagrees("until", "must be after `from`"));
        }
        Ok(Self { from, until })
    }
}

/// What some strategies made; `only` says of which one alone rows are read.
async fn performances(
    records: &Records,
    names: &Names,
    strategies: &[StrategyId],
    only: Option<StrategyId>,
    period: Period,
) -> Result<Vec<PerformanceDto>, Problem> {
    let turn = records.turn.try_acquire();
    let busy = |_| Problem::busy("figures are being made of the store already; try again");
    let _turn = turn.map_err(busy)?;
    let sequence = records.view().sequence;
    let mut performance = Performance::new(names, period.from.unwrap_or(0), sequence);
    // A trade may have begun, and a position have made something, before the period.
    let mut filter = Filter {
        strategy: only.map(StrategyId::number),
        until: period.until,
        limit: PAGE_ROWS,
        ..Filter::default()
    };
    each(records, &POSITIONS, filter, |row| performance.position(row)).await?;
    filter.from = period.from;
    each(records, &FILLS, filter, |row| performance.fill(row)).await?;
    let dto = |id: &StrategyId| PerformanceDto::new(*id, sequence, &performance, names);
    let dtos: Result<Vec<_>, _> = strategies.iter().map(dto).collect();
    dtos.map_err(|error| unreadable(&Flaw::from(error)))
}

/// Reads rows, oldest first.
async fn each(
    records: &Records,
    table: &'static Table,
    mut filter: Filter,
    mut take: impl FnMut(&Record) -> Result<(), Flaw>,
) -> Result<(), Problem> {
    let mut read = 0;
    loop {
        let page = records.reader.page(table, &filter).await;
        let Page { rows, next } = page.map_err(refusal)?;
        for stretch in rows.chunks(ROWS_AT_A_STRETCH) {
            for row in stretch {
                take(row).map_err(|flaw| unreadable(&flaw))?;
            }
            tokio::task::yield_now().await;
        }
        read += rows.len();
        let Some(next) = next else { return Ok(()) };
        if read >= MOST_ROWS {
            let name = table.name;
            let detail = format!(
                "there are more than {MOST_ROWS} rows of {name} until then, which is more than one answer is made of; \
                 ask for an earlier moment, or of one strategy"
            );
            return Err(Problem::invalid("until", detail));
        }
        filter.after = Some(next);
    }
}

fn unreadable(flaw: &Flaw) -> Problem {
    tracing::error!(%flaw, "a row of the store cannot be taken into figures");
    Problem::internal()
}
