//! What the journal tells, for those who follow it from outside of the host.

use super::market::Printer;
use super::order::change_name;
use super::order_names::SideName;
use super::text::Name;
use crate::names::Names;
use model::{CashFlow, OrderChange, OrderUpdate, Side, Trade};
use serde::Serialize;

/// One step in the life of an order. Terms that did not change are not repeated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OrderStepDto {
    pub(crate) order: String,
    pub(crate) strategy: String,
    pub(crate) instrument: String,
    pub(crate) side: SideName,
    pub(crate) change: Name,
    pub(crate) status: Name,
    pub(crate) filled: String,
    pub(crate) quantity: String,
    /// The limit price, where it changed.
    pub(crate) price: Option<String>,
    /// The trigger, where it changed.
    pub(crate) trigger: Option<String>,
    pub(crate) deny_code: Option<String>,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

impl OrderStepDto {
    pub(crate) fn new(update: &OrderUpdate, names: &Names) -> Self {
        let print = Printer::new(update.instrument, names);
        let (price, trigger) = match update.change {
            OrderChange::Updated { price, trigger } => (price, trigger),
            _ => (None, None),
        };
        let denied = match update.change {
            OrderChange::Denied(code) | OrderChange::UpdateDenied(code) => Some(code.to_string()),
            _ => None,
        };
        Self {
            order: update.order.to_string(),
            strategy: names.strategy(update.strategy),
            side: update.side.into(),
            change: change_name(&update.change),
            status: Name(update.status.name()),
            filled: print.quantity(update.filled),
            quantity: print.quantity(update.quantity),
            price: price.map(|price| print.price(price)),
            trigger: trigger.map(|trigger| print.price(trigger)),
            deny_code: denied,
            ts_event: update.ts_event.to_string(),
            ts_event_ns: update.ts_event.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

/// Money that came or left without a trade.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CashFlowDto {
    pub(crate) account: String,
    /// Whose position it is about; `null` for a conversion.
    pub(crate) strategy: Option<String>,
    pub(crate) instrument: Option<String>,
    pub(crate) reason: Name,
    pub(crate) currency: Option<String>,
    /// Negative when it was paid.
    pub(crate) amount: String,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

impl CashFlowDto {
    pub(crate) fn new(flow: &CashFlow, names: &Names) -> Self {
        Self {
            account: names.account(flow.account),
            strategy: flow.position.map(|(strategy, _)| names.strategy(strategy)),
            instrument: flow
                .position
                .map(|(_, instrument)| names.symbol(instrument)),
            reason: Name(flow.reason.name()),
            currency: names.currency(flow.currency),
            amount: flow.amount.to_string(),
            ts_event: flow.ts_event.to_string(),
            ts_event_ns: flow.ts_event.nanos().to_string(),
        }
    }
}

/// A trade between others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TradeDto {
    pub(crate) instrument: String,
    pub(crate) price: String,
    pub(crate) size: String,
    /// Side of the order that took liquidity, if the source says so.
    pub(crate) aggressor: Option<SideName>,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

impl TradeDto {
    pub(crate) fn new(trade: &Trade, names: &Names) -> Self {
        let print = Printer::new(trade.instrument, names);
        Self {
            price: print.price(trade.price),
            size: print.quantity(trade.size),
            aggressor: trade.aggressor.map(Side::into),
            ts_event: trade.ts_event.to_string(),
            ts_event_ns: trade.ts_event.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

/// A trading state that was set, or a kill latch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ScopeStepDto {
    pub(crate) scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) killed: Option<bool>,
}

/// What somebody did to a strategy, or that it broke.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct StrategyStepDto {
    pub(crate) strategy: String,
    pub(crate) step: Name,
    /// Of the plugin that was named, as hexadecimal digits.
    pub(crate) plugin: Option<String>,
    /// Why it broke or was given up.
    pub(crate) reason: Option<String>,
}
