//! The template that orders of a hook stay within.

use crate::dto::hook::HookRequest;
use crate::problem::Problem;
use model::{OrderKind, Price, Quantity, Side, Terms, TimeInForce};
use services::handle::OrderTicket;
use std::collections::BTreeMap;

/// A type of order that a hook may place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookOrder {
    /// At the market.
    Market,
    /// At a price or better.
    Limit,
}

/// What a hook may order.
#[derive(Debug, Clone)]
pub struct OrderTemplate {
    /// The strategy for orders by hand whose orders they are.
    pub strategy: String,
    /// What it may trade: symbols by the names that calls use.
    pub instruments: BTreeMap<String, String>,
    /// Which ways.
    pub sides: Vec<Side>,
    /// Types of orders; the first one where a call says none.
    pub types: Vec<HookOrder>,
    /// How much where a call does not say; calls must say it when `None`.
    pub quantity: Option<Quantity>,
    /// The least that a call may say.
    pub min_quantity: Quantity,
    /// The most that a call may say.
    pub max_quantity: Quantity,
    /// How long its orders live.
    pub time_in_force: TimeInForce,
}

impl OrderTemplate {
    /// The order that a call is for; `intent` is its own number.
    pub(super) fn read(&self, request: &HookRequest, intent: u64) -> Result<OrderTicket, Problem> {
        let symbol = self.instruments.get(&request.instrument);
        let Some(symbol) = symbol else {
            return Err(Problem::invalid("instrument", "is not one of the hook's"));
        };
        let side = Side::from(request.side);
        if !self.sides.contains(&side) {
            return Err(Problem::invalid("side", "is not one of the hook's"));
        }
        Ok(OrderTicket {
            instrument: symbol.clone(),
            strategy: Some(self.strategy.clone()),
            side,
            kind: self.order_kind(request)?,
            quantity: self.quantity(request)?,
            time_in_force: self.time_in_force,
            terms: Terms::default(),
            intent,
            algorithm: None,
        })
    }

    fn order_kind(&self, request: &HookRequest) -> Result<OrderKind, Problem> {
        let types = &self.types;
        let said = request.kind.map(HookOrder::from);
        let Some(kind) = said.or_else(|| types.first().copied()) else {
            return Err(Problem::invalid("type", "the hook takes none"));
        };
        if !types.contains(&kind) {
            return Err(Problem::invalid("type", "is not one of the hook's"));
        }
        let price: Option<Price> = request.price.map(|price| price.0);
        match (kind, price) {
            (HookOrder::Market, None) => Ok(OrderKind::Market),
            (HookOrder::Limit, Some(price)) => Ok(OrderKind::Limit { price }),
            (HookOrder::Market, Some(_)) => {
                let detail = "orders at the market do not have it; leave it out";
                Err(Problem::disagrees("price", detail))
            }
            (HookOrder::Limit, None) => {
                Err(Problem::disagrees("price", "orders with a limit need it"))
            }
        }
    }

    fn quantity(&self, request: &HookRequest) -> Result<Quantity, Problem> {
        let said = request.quantity.map(|quantity| quantity.0);
        let Some(quantity) = said.or(self.quantity) else {
            return Err(Problem::disagrees("quantity", "the hook needs it"));
        };
        let (least, most) = (self.min_quantity, self.max_quantity);
        if quantity < least || quantity > most {
            let detail = format!("must be from {least} to {most}");
            return Err(Problem::invalid("quantity", detail));
        }
        Ok(quantity)
    }
}
