//! Positions.

use super::market::Printer;
use super::text::Name;
use crate::names::Names;
use model::{Money, SignedQuantity};
use serde::Serialize;
use services::view::PositionView;

/// A position; money is in `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PositionDto {
    pub(crate) strategy: String,
    pub(crate) instrument: String,
    /// Which of several, on a hedging account; `null` for what they come to in all.
    pub(crate) position: Option<String>,
    pub(crate) side: Name,
    /// Negative when short.
    pub(crate) quantity: String,
    pub(crate) average_price: Option<String>,
    pub(crate) open_cost: String,
    /// Profit of what was closed, before fees.
    pub(crate) realized: String,
    pub(crate) fees: String,
    /// Profit of the open part at the mark; `null` without a price.
    pub(crate) unrealized: Option<String>,
    pub(crate) currency: Option<String>,
    /// What changed it last.
    pub(crate) change: Name,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

impl PositionDto {
    pub(crate) fn new(view: &PositionView, names: &Names) -> Self {
        let print = Printer::new(view.instrument, names);
        let name = names.instrument(view.instrument);
        let average = name.and_then(|name| view.state.average_price(name.multiplier));
        Self {
            change: Name(view.change.name()),
            strategy: names.strategy(view.strategy),
            position: view.position.map(|position| position.to_string()),
            side: side(view.state.quantity),
            quantity: view.state.quantity.to_string(),
            average_price: average.map(|price| print.price(price)),
            open_cost: view.state.open_cost.to_string(),
            realized: view.state.realized.to_string(),
            fees: view.state.fees.to_string(),
            unrealized: view.unrealized.as_ref().map(Money::to_string),
            currency: name.map(|name| name.quote_currency.clone()),
            ts_event: view.ts_event.to_string(),
            ts_event_ns: view.ts_event.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

fn side(quantity: SignedQuantity) -> Name {
    Name(match quantity.raw() {
        0 => "FLAT",
        1.. => "LONG",
        _ => "SHORT",
    })
}
