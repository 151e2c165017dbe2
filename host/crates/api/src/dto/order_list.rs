//! The body of a list: orders that depend on each other, or an entry with its two exits.

use super::object::Object;
use super::order_names::{RuleName, SideName};
use super::ticket::OrderTicketRequest;
use crate::problem::Problem;
use engine::MAX_LIST;
use serde::Deserialize;
use services::handle::OrderTicket;

/// Body of `POST orders/lists`: `orders` or `bracket`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRequest {
    strategy: Option<String>,
    #[schema(value_type = Option<Vec<OrderTicketRequest>>, min_items = 1, max_items = 32)]
    orders: Option<Vec<Object<OrderTicketRequest>>>,
    #[schema(value_type = Option<BracketRequest>)]
    bracket: Option<Object<BracketRequest>>,
}

/// An entry, and the exits that wait for its fill and end each other.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BracketRequest {
    #[schema(value_type = OrderTicketRequest)]
    entry: Object<OrderTicketRequest>,
    #[schema(value_type = OrderTicketRequest)]
    stop: Object<OrderTicketRequest>,
    #[schema(value_type = OrderTicketRequest)]
    target: Object<OrderTicketRequest>,
}

/// Tickets, each with the dotted path at which its body stood.
pub(crate) struct Tickets(pub(crate) Vec<(String, OrderTicket)>);

impl ListRequest {
    /// The tickets, if each is whole and their links make sense.
    pub(crate) fn tickets(self) -> Result<Tickets, Problem> {
        let requests = match (self.orders, self.bracket) {
            (Some(orders), None) => listed(orders)?,
            (None, Some(Object(bracket))) => bracket.requests()?,
            (Some(_), Some(_)) => {
                let detail = "a list is either orders or a bracket; leave one out";
                return Err(Problem::disagrees("bracket", detail));
            }
            (None, None) => {
                let detail = "is missing: give orders, or a bracket";
                return Err(Problem::disagrees("orders", detail));
            }
        };
        let mut tickets = Vec::new();
        for (path, request) in requests {
            if request.strategy.is_some() {
                let detail = "say it once for the whole list, beside the orders";
                return Err(Problem::disagrees("strategy", detail).within(&path));
            }
            let ticket = request.ticket().map_err(|problem| problem.within(&path))?;
            let strategy = self.strategy.clone();
            tickets.push((path, OrderTicket { strategy, ..ticket }));
        }
        Ok(Tickets(tickets))
    }
}

/// Orders with links of their own.
fn listed(
    orders: Vec<Object<OrderTicketRequest>>,
) -> Result<Vec<(String, OrderTicketRequest)>, Problem> {
    if orders.is_empty() || orders.len() > MAX_LIST {
        let detail = format!("a list has 1 to {MAX_LIST} orders");
        return Err(Problem::invalid("orders", detail));
    }
    for (place, Object(order)) in orders.iter().enumerate() {
        let within = |problem: Problem| problem.within(&format!("orders.{place}"));
        check_parent(order, place).map_err(within)?;
        check_group(order, place, &orders).map_err(within)?;
    }
    let orders = orders.into_iter().enumerate();
    let placed = orders.map(|(place, Object(order))| (format!("orders.{place}"), order));
    Ok(placed.collect())
}

fn check_parent(order: &OrderTicketRequest, place: usize) -> Result<(), Problem> {
    match order.parent {
        Some(parent) if usize::from(parent) >= place => Err(Problem::disagrees(
            "parent",
            "must be the place of an earlier order of the list, counted from 0",
        )),
        _ => Ok(()),
    }
}

/// Orders of a group have one rule and one parent, and there are two of them at least.
fn check_group(
    order: &OrderTicketRequest,
    place: usize,
    orders: &[Object<OrderTicketRequest>],
) -> Result<(), Problem> {
    if order.group.is_none() {
        return Ok(());
    }
    let others = orders.iter().enumerate().filter(|(at, _)| *at != place);
    let mut peers = others
        .map(|(_, Object(other))| other)
        .filter(|other| other.group == order.group)
        .peekable();
    if peers.peek().is_none() {
        let detail = "no other order of the list is in this group; leave it out, or add one";
        return Err(Problem::disagrees("group", detail));
    }
    for peer in peers {
        if peer.rule != order.rule {
            return Err(Problem::disagrees(
                "rule",
                "all orders of a group have one rule",
            ));
        }
        if peer.parent != order.parent {
            let detail = "all orders of a group have one parent, or none";
            return Err(Problem::disagrees("parent", detail));
        }
    }
    Ok(())
}

impl BracketRequest {
    /// The orders with their links: the exits wait for the entry and share a group.
    fn requests(self) -> Result<Vec<(String, OrderTicketRequest)>, Problem> {
        let Object(entry) = self.entry;
        let mut requests = vec![("bracket.entry".to_owned(), entry.clone())];
        for (path, Object(exit)) in [("bracket.stop", self.stop), ("bracket.target", self.target)] {
            requests.push((path.to_owned(), exit));
        }
        for (path, request) in &mut requests {
            if let Some(field) = request.link() {
                let detail = "a bracket sets it itself; leave it out";
                return Err(Problem::disagrees(field, detail).within(path));
            }
            if path != "bracket.entry" {
                become_exit(request, &entry).map_err(|problem| problem.within(path))?;
            }
        }
        Ok(requests)
    }
}

/// Links an exit to the entry. What it leaves out it has from the entry, with the other side; it
/// only reduces unless told otherwise. When it fills in part, the other exit shrinks by as much.
fn become_exit(exit: &mut OrderTicketRequest, entry: &OrderTicketRequest) -> Result<(), Problem> {
    if entry.quote_quantity && exit.quantity.is_none() {
        let detail = "is missing: the entry's is an amount of money, so an exit needs its own";
        return Err(Problem::disagrees("quantity", detail));
    }
    exit.instrument = exit.instrument.take().or(entry.instrument.clone());
    exit.side = exit.side.or(entry.side.map(SideName::opposite));
    exit.quantity = exit.quantity.or(entry.quantity);
    exit.reduce_only = exit.reduce_only.or(Some(true));
    exit.parent = Some(0);
    exit.group = Some(1);
    exit.rule = Some(RuleName::Ouo);
    Ok(())
}
