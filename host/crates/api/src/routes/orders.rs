//! Orders: list, place, show, change, cancel.

use super::repeated::Outcome;
use super::{limit, to_the_end};
use crate::dto::amendment::AmendmentRequest;
use crate::dto::order::{ListDto, OrderDto};
use crate::dto::order_list::{ListRequest, Tickets};
use crate::dto::ticket::OrderTicketRequest;
use crate::extract::{Fields, Json, Name, NoFields};
use crate::idempotency::Claim;
use crate::names::Names;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{InstrumentId, Order, OrderId, OrderStatus, StrategyId};

/// `GET orders`: open ones, then the latest closed ones, newest first.
#[utoipa::path(
    get, path = "/api/v1/orders", operation_id = "orders.list",
    summary = "Open orders, then the latest closed ones, newest first",
    params(
        ("strategy" = Option<String>, Query, description = "Only of this strategy."),
        ("instrument" = Option<String>, Query, description = "Only of this symbol."),
        ("status" = Option<String>, Query, pattern = "^(open|closed|OPEN|CLOSED)$", description = "Only open or only closed ones."),
        Limit,
    ),
    responses((status = 200, description = "Orders.", body = Vec<OrderDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<axum::Json<Vec<OrderDto>>, Problem> {
    let names = api.names();
    let (filter, limit) = Filter::read(fields, &names)?;
    let orders = api.host.orders();
    let matching = orders
        .iter()
        .filter(|order| filter.takes(order))
        .take(limit);
    let dto = |order: &Order| OrderDto::new(order, api.denials.of(order.id), &names);
    Ok(axum::Json(matching.map(dto).collect()))
}

/// `POST orders`: an order by hand. One that our risk gate denies was made too, and says so.
#[utoipa::path(
    post, path = "/api/v1/orders", operation_id = "orders.place",
    summary = "Places an order by hand",
    request_body = OrderTicketRequest,
    responses(
        (status = 201, description = "The order was made; where the risk gate denied it, it says so.", body = OrderDto, headers(("Location" = String, description = "Where the order is."))),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn place<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    claim: Claim,
    Json(request): Json<OrderTicketRequest>,
) -> Result<Response, Problem> {
    if let Some(field) = request.link() {
        let detail = "only orders of a list have it; leave it out, or POST to orders/lists";
        return Err(Problem::disagrees(field, detail));
    }
    let (host, mut ticket) = (api.host.clone(), request.ticket()?);
    let intents = [claim.intend(0, &mut ticket)];
    let placed = if claim.finds_out() {
        None
    } else {
        let placing = async move { host.place_order(ticket).await };
        Some(vec![to_the_end(placing, Problem::of_body).await?])
    };
    let outcome = Outcome::of(&api, &intents, placed).await?;
    let order = outcome.orders.first().ok_or_else(Problem::internal)?;
    let place = [(header::LOCATION, format!("/api/v1/orders/{}", order.id))];
    let body = axum::Json(judged(&api, order, &api.names()).await);
    Ok(outcome.tell((StatusCode::CREATED, place, body).into_response()))
}

/// `POST orders/lists`: orders that depend on each other. All are taken or all denied; they were
/// made either way.
#[utoipa::path(
    post, path = "/api/v1/orders/lists", operation_id = "orders.place_list",
    summary = "Places orders that depend on each other",
    description = "All are taken or all denied; they were made either way. Either `orders` or `bracket` is given.",
    request_body = ListRequest,
    responses(
        (status = 201, description = "The orders were made.", body = ListDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn place_list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    claim: Claim,
    Json(request): Json<ListRequest>,
) -> Result<Response, Problem> {
    let Tickets(tickets) = request.tickets()?;
    let (paths, mut tickets): (Vec<_>, Vec<_>) = tickets.into_iter().unzip();
    let each = tickets.iter_mut().enumerate();
    let intents: Vec<_> = each.map(|(at, ticket)| claim.intend(at, ticket)).collect();
    let host = api.host.clone();
    let placed = if claim.finds_out() {
        None
    } else {
        let placing = async move { host.place_list(tickets).await };
        let refused = |error| Problem::of_list(error, &paths);
        Some(to_the_end(placing, refused).await?)
    };
    let outcome = Outcome::of(&api, &intents, placed).await?;
    let names = api.names();
    let mut list = ListDto {
        list: outcome
            .orders
            .first()
            .and_then(|order| order.list)
            .map(|list| list.to_string()),
        orders: Vec::new(),
    };
    for order in &outcome.orders {
        list.orders.push(judged(&api, order, &names).await);
    }
    Ok(outcome.tell((StatusCode::CREATED, axum::Json(list)).into_response()))
}

/// An order with why it was denied, if it was.
async fn judged<H: HostPort>(api: &Api<H>, order: &Order, names: &Names) -> OrderDto {
    let denied = match order.status {
        OrderStatus::Denied => api.denials.awaited(order.id).await,
        _ => None,
    };
    OrderDto::new(order, denied, names)
}

/// `GET orders/{id}`.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}", operation_id = "orders.show",
    summary = "An order",
    params(("id" = String, Path, pattern = "^[0-9]{1,15}-([0-9]{1,3}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-5])$", description = "The order's id.")),
    responses(
        (status = 200, description = "The order.", body = OrderDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
) -> Result<axum::Json<OrderDto>, Problem> {
    let order = api.host.order(order_id(&id)?);
    let order = order.ok_or_else(|| Problem::not_found("order", &id))?;
    let denied = api.denials.of(order.id);
    let mut shown = OrderDto::new(&order, denied, &api.names());
    if order.algorithm.is_some() {
        let orders = api.host.orders().into_iter();
        let children = orders.filter(|other| other.parent == Some(order.id));
        shown.children = Some(children.map(|child| child.id.to_string()).collect());
    }
    Ok(axum::Json(shown))
}

/// `PATCH orders/{id}`: asks for a change; the answer shows how far it has come.
#[utoipa::path(
    patch, path = "/api/v1/orders/{id}", operation_id = "orders.modify",
    summary = "Asks for a change of an order",
    params(("id" = String, Path, pattern = "^[0-9]{1,15}-([0-9]{1,3}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-5])$", description = "The order's id.")),
    request_body = AmendmentRequest,
    responses(
        (status = 202, description = "How far it has come.", body = OrderDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn modify<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
    Json(request): Json<AmendmentRequest>,
) -> Result<impl IntoResponse, Problem> {
    let (host, id) = (api.host.clone(), order_id(&id)?);
    let amendment = request.amendment(id)?;
    let change = async move { host.modify_order(amendment).await };
    let order = to_the_end(change, Problem::from).await?;
    let body = axum::Json(OrderDto::new(&order, api.denials.of(id), &api.names()));
    Ok((StatusCode::ACCEPTED, body))
}

/// `DELETE orders/{id}`: asks for cancellation; the answer shows how far it has come.
#[utoipa::path(
    delete, path = "/api/v1/orders/{id}", operation_id = "orders.cancel",
    summary = "Asks for the cancellation of an order",
    params(("id" = String, Path, pattern = "^[0-9]{1,15}-([0-9]{1,3}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-5])$", description = "The order's id.")),
    responses(
        (status = 202, description = "How far it has come.", body = OrderDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn cancel<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    let (host, id) = (api.host.clone(), order_id(&id)?);
    let order = to_the_end(async move { host.cancel_order(id).await }, Problem::from).await?;
    let body = axum::Json(OrderDto::new(&order, api.denials.of(id), &api.names()));
    Ok((StatusCode::ACCEPTED, body))
}

fn order_id(text: &str) -> Result<OrderId, Problem> {
    text.parse()
        .map_err(|reason: String| Problem::invalid("id", reason))
}

/// Which orders are wanted.
struct Filter {
    strategy: Option<StrategyId>,
    instrument: Option<InstrumentId>,
    closed: Option<bool>,
}

impl Filter {
    fn read(mut fields: Fields, names: &Names) -> Result<(Self, usize), Problem> {
        let filter = Self {
            strategy: strategy(&mut fields, names)?,
            instrument: instrument(&mut fields, names)?,
            closed: closed(&mut fields)?,
        };
        let limit = limit(&mut fields)?;
        fields.finish()?;
        Ok((filter, limit))
    }

    fn takes(&self, order: &Order) -> bool {
        self.strategy
            .is_none_or(|strategy| order.strategy == strategy)
            && self
                .instrument
                .is_none_or(|instrument| order.instrument == instrument)
            && self
                .closed
                .is_none_or(|closed| order.status.is_closed() == closed)
    }
}

/// Takes `strategy` from the query.
pub(super) fn strategy(fields: &mut Fields, names: &Names) -> Result<Option<StrategyId>, Problem> {
    let Some(name) = fields.text("strategy") else {
        return Ok(None);
    };
    let unknown = || Problem::invalid("strategy", format!("there is no strategy `{name}`"));
    names.strategy_id(&name).map(Some).ok_or_else(unknown)
}

/// Takes `instrument` from the query.
pub(super) fn instrument(
    fields: &mut Fields,
    names: &Names,
) -> Result<Option<InstrumentId>, Problem> {
    let Some(symbol) = fields.text("instrument") else {
        return Ok(None);
    };
    let unknown = || Problem::invalid("instrument", format!("there is no instrument `{symbol}`"));
    names.instrument_id(&symbol).map(Some).ok_or_else(unknown)
}

fn closed(fields: &mut Fields) -> Result<Option<bool>, Problem> {
    match fields.text("status").as_deref() {
        None => Ok(None),
        Some("open" | "OPEN") => Ok(Some(false)),
        Some("closed" | "CLOSED") => Ok(Some(true)),
        Some(other) => {
            let detail = format!("`{other}` is neither open nor closed");
            Err(Problem::invalid("status", detail))
        }
    }
}
