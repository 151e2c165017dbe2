//! Executions.

use super::market::Printer;
use super::order_names::SideName;
use super::text::Name;
use crate::names::Names;
use model::{Fill, Liquidity};
use serde::Serialize;

/// An execution.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FillDto {
    pub(crate) execution: String,
    pub(crate) order: String,
    pub(crate) strategy: String,
    pub(crate) account: String,
    pub(crate) instrument: String,
    /// The position it belongs to, where the account holds several in one instrument.
    pub(crate) position: Option<String>,
    pub(crate) side: SideName,
    pub(crate) price: String,
    pub(crate) quantity: String,
    pub(crate) fee: String,
    pub(crate) fee_currency: Option<String>,
    pub(crate) liquidity: Name,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

impl FillDto {
    pub(crate) fn new(fill: &Fill, names: &Names) -> Self {
        let print = Printer::new(fill.instrument, names);
        let currency = names
            .instrument(fill.instrument)
            .map(|name| name.quote_currency.clone());
        Self {
            execution: fill.execution.to_string(),
            order: fill.order.to_string(),
            strategy: names.strategy(fill.strategy),
            account: names.account(fill.account),
            position: fill.position.map(|position| position.to_string()),
            side: fill.side.into(),
            price: print.price(fill.price),
            quantity: print.quantity(fill.quantity),
            fee: fill.fee.to_string(),
            fee_currency: currency,
            liquidity: liquidity(fill.liquidity),
            ts_event: fill.ts_event.to_string(),
            ts_event_ns: fill.ts_event.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

fn liquidity(liquidity: Liquidity) -> Name {
    Name(match liquidity {
        Liquidity::Maker => "MAKER",
        Liquidity::Taker => "TAKER",
    })
}
