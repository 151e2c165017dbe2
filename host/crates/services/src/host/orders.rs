//! Orders by hand: placed alone or as a list, changed, cancelled. Names become handles here; what an
//! order may be is the risk gate's business.

use super::{HostHandle, MANUAL};
use crate::handle::{HostError, OrderTicket, Queries};
use crate::strategy::not_found;
use crate::trader::Stepped;
use crate::view::InstrumentView;
use engine::Command;
use model::execution_algorithm::{MAX_PARAMETER_BYTES, MAX_PARAMETERS};
use model::{
    AlgorithmCall, Amendment, DenyCode, Order, OrderChange, OrderId, OrderRequest, OrderStatus,
    StrategyId,
};

impl HostHandle {
    /// Hands an order to the risk gate; returns it as it is after its first verdict. A denied order
    /// is returned with that status; the code is in its update.
    ///
    /// # Errors
    /// `NotFound` and `Invalid` for what the ticket names, `Busy` when the queue is full.
    pub async fn place_order(&self, ticket: OrderTicket) -> Result<Order, HostError> {
        let strategy = self.manual_strategy(&ticket)?;
        let request = request(&ticket, &self.instruments())?;
        let command = match ticket.algorithm {
            Some(call) => Command::PlaceWorked(strategy, Box::new(request), self.checked(call)?),
            None => Command::PlaceOrders(strategy, vec![request]),
        };
        placed(&self.step(command).await?, 0)
    }

    /// Hands a list of orders that depend on each other to the risk gate: all are taken or none.
    /// Returns them in their order, each as after its first verdict. Of a denied list one has the
    /// code of what is wrong with it, in its update, and the others `LIST`.
    ///
    /// # Errors
    /// `InList` for what a ticket names, `Busy` when the queue is full.
    pub async fn place_list(&self, tickets: Vec<OrderTicket>) -> Result<Vec<Order>, HostError> {
        let instruments = self.instruments();
        let mut requests = Vec::new();
        let mut owner = None;
        for (place, ticket) in tickets.iter().enumerate() {
            let in_list = |error| HostError::InList {
                place,
                error: Box::new(error),
            };
            if ticket.algorithm.is_some() {
                return Err(in_list(HostError::Disagrees {
                    field: "algorithm",
                    reason: "orders of a list go to their venue themselves; leave it out"
                        .to_owned(),
                }));
            }
            let strategy = self.manual_strategy(ticket).map_err(in_list)?;
            if *owner.get_or_insert(strategy) != strategy {
                return Err(in_list(HostError::Disagrees {
                    field: "strategy",
                    reason: "all orders of a list belong to one strategy".to_owned(),
                }));
            }
            requests.push(request(ticket, &instruments).map_err(in_list)?);
        }
        let Some(strategy) = owner else {
            return Ok(Vec::new());
        };
        let stepped = self.step(Command::PlaceOrders(strategy, requests)).await?;
        let places = 0..tickets.len() as u64;
        places.map(|place| placed(&stepped, place)).collect()
    }

    /// Asks for a change of an open order; returns the order as it is then.
    ///
    /// # Errors
    /// `NotFound` and `Conflict` as [`HostHandle::cancel_order`], and `Conflict` while another
    /// change or a cancel is under way or when the venue refuses. `Denied` when the risk gate
    /// refuses. `Disagrees` for what the order does not have.
    pub async fn modify_order(&self, amendment: Amendment) -> Result<Order, HostError> {
        let id = amendment.order;
        let stepped = self.step(Command::ModifyOrder(amendment)).await?;
        let order = self.touched(&stepped, id, "changed")?;
        match stepped.verdict(id) {
            Some(OrderChange::UpdateDenied(DenyCode::Unsupported)) => {
                Err(unsupported(&order, &amendment))
            }
            Some(OrderChange::UpdateDenied(code)) => {
                let reason = stepped.words(id).unwrap_or(code.reason()).to_owned();
                Err(HostError::Denied { code, reason })
            }
            Some(OrderChange::UpdateRejected) => Err(HostError::Conflict(format!(
                "the venue refused the change; order {id} stays as it was"
            ))),
            _ => Ok(order),
        }
    }

    /// Asks for an order's cancellation; returns the order as it is then.
    ///
    /// # Errors
    /// `NotFound` for an order that was never seen or is long over, `Conflict` for one that is over.
    pub async fn cancel_order(&self, id: OrderId) -> Result<Order, HostError> {
        let stepped = self.step(Command::CancelOrder(id)).await?;
        self.touched(&stepped, id, "cancelled")
    }

    /// An algorithm that there is, with parameters that are not too many.
    fn checked(&self, call: AlgorithmCall) -> Result<AlgorithmCall, HostError> {
        let known = self.algorithms();
        if known.iter().all(|config| config.name != call.name) {
            let names: Vec<_> = known.iter().map(|config| config.name.as_str()).collect();
            return Err(HostError::Invalid {
                field: "algorithm",
                reason: match names.is_empty() {
                    true => "this host has no algorithms; leave it out".to_owned(),
                    false => format!(
                        "there is no `{}`; there are: {}",
                        call.name,
                        names.join(", ")
                    ),
                },
            });
        }
        if call.is_bounded() {
            return Ok(call);
        }
        Err(HostError::Invalid {
            field: "algorithm",
            reason: format!(
                "at most {MAX_PARAMETERS} parameters of {MAX_PARAMETER_BYTES} bytes in all"
            ),
        })
    }

    /// The order as a command about it left it.
    fn touched(&self, stepped: &Stepped, id: OrderId, what: &str) -> Result<Order, HostError> {
        let known = self.order(id);
        if !stepped.lacks(id) {
            let order = stepped.order(id).or(known);
            return order.ok_or_else(|| not_found("order", &id.to_string()));
        }
        let order = known.ok_or_else(|| not_found("order", &id.to_string()))?;
        Err(HostError::Conflict(format!(
            "order {id} is {} and cannot be {what}",
            order.status.name()
        )))
    }

    /// The strategy a ticket names, which must be one for orders by hand.
    fn manual_strategy(&self, ticket: &OrderTicket) -> Result<StrategyId, HostError> {
        let name = ticket.strategy.as_deref().unwrap_or(MANUAL);
        let strategy = self
            .strategy(name)
            .ok_or_else(|| not_found("strategy", name))?;
        if strategy.manual {
            return Ok(strategy.id);
        }
        Err(HostError::Invalid {
            field: "strategy",
            reason: format!("`{name}` is traded by a plugin; orders by hand need their own"),
        })
    }
}

fn request(ticket: &OrderTicket, known: &[InstrumentView]) -> Result<OrderRequest, HostError> {
    let instrument = known
        .iter()
        .find(|view| view.instrument.symbol == ticket.instrument)
        .ok_or_else(|| not_found("instrument", &ticket.instrument))?;
    Ok(ticket.request(instrument.id))
}

/// One of the orders that an input made.
fn placed(stepped: &Stepped, place: u64) -> Result<Order, HostError> {
    let id = OrderId::derive(stepped.sequence, place).ok_or(HostError::Stopped)?;
    stepped.order(id).ok_or(HostError::Stopped)
}

/// Why an order cannot be changed in this way, with what would do.
fn unsupported(order: &Order, amendment: &Amendment) -> HostError {
    let disagrees = |field, reason: String| HostError::Disagrees { field, reason };
    let under_way = matches!(
        order.status,
        OrderStatus::PendingUpdate | OrderStatus::PendingCancel
    );
    if under_way {
        return HostError::Conflict(format!(
            "order {} is {}; wait for the venue's answer",
            order.id,
            order.status.name()
        ));
    }
    if amendment.price.is_some() && order.kind.price().is_none() {
        let reason = "this type of order has no limit price; leave it out";
        return disagrees("price", reason.to_owned());
    }
    if amendment.trigger.is_some() && order.kind.trigger().is_none() {
        let reason = match order.kind.trail() {
            Some(_) => "the trigger of a trailing stop follows the market; leave it out",
            None => "this order waits for no trigger; leave it out",
        };
        return disagrees("trigger", reason.to_owned());
    }
    if amendment.quantity.is_some_and(|all| all <= order.filled) {
        let reason = format!(
            "{} are filled already; ask for more, or cancel the order",
            order.filled
        );
        return disagrees("quantity", reason);
    }
    HostError::Conflict(format!(
        "order {} is like that already; name what is to change",
        order.id
    ))
}
