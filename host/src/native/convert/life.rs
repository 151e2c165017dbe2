//! What happens without a trade, and what somebody outside says.

use super::{instrument_id, money, price, time};
use argonaut_sdk as sdk;
use model::{CashFlow, CashFlowReason, LifeEvent, LifeEventKind, PositionChange, SignalEvent};

/// Money that moved. `None` for what an execution moved: that is no cash flow.
pub(in crate::native) fn cash_flow(flow: &CashFlow, currency: &str) -> Option<sdk::CashFlow> {
    Some(sdk::CashFlow {
        reason: reason(flow.reason)?,
        instrument: flow
            .position
            .map(|(_, instrument)| instrument_id(instrument)),
        currency: currency.to_owned(),
        amount: money(flow.amount),
        ts_event: time(flow.ts_event),
    })
}

fn reason(reason: CashFlowReason) -> Option<sdk::CashFlowReason> {
    let change = match reason {
        CashFlowReason::Conversion => return Some(sdk::CashFlowReason::Conversion),
        CashFlowReason::Position(change) => change,
    };
    Some(match change {
        PositionChange::Fill => return None,
        PositionChange::Funding => sdk::CashFlowReason::Funding,
        PositionChange::Dividend => sdk::CashFlowReason::Dividend,
        PositionChange::Split => sdk::CashFlowReason::Split,
        PositionChange::Settlement => sdk::CashFlowReason::Settlement,
        PositionChange::Exercise => sdk::CashFlowReason::Exercise,
        PositionChange::Assignment => sdk::CashFlowReason::Assignment,
        PositionChange::Lapse => sdk::CashFlowReason::Lapse,
        PositionChange::Delivery => sdk::CashFlowReason::Delivery,
    })
}

/// Something that happened to an instrument; `currency` is that of a dividend.
pub(in crate::native) fn life_event(event: &LifeEvent, currency: &str) -> sdk::LifeEvent {
    let kind = match event.kind {
        LifeEventKind::Funding { rate } => sdk::LifeEventKind::Funding {
            rate: sdk::Rate::from_raw(rate.raw()),
        },
        LifeEventKind::FinalPrice { price: at } => {
            sdk::LifeEventKind::FinalPrice { price: price(at) }
        }
        LifeEventKind::Expiry => sdk::LifeEventKind::Expiry,
        LifeEventKind::Settlement { price: at } => {
            sdk::LifeEventKind::Settlement { price: price(at) }
        }
        LifeEventKind::Split {
            numerator,
            denominator,
        } => sdk::LifeEventKind::Split {
            numerator,
            denominator,
        },
        LifeEventKind::Dividend { amount, .. } => sdk::LifeEventKind::Dividend {
            amount: money(amount),
            currency: currency.to_owned(),
        },
    };
    sdk::LifeEvent {
        instrument: instrument_id(event.instrument),
        kind,
        ts_event: time(event.ts_event),
    }
}

/// What somebody outside says.
pub(in crate::native) fn signal(told: &SignalEvent) -> sdk::Signal {
    sdk::Signal {
        name: told.signal.name.clone(),
        values: told.signal.values.clone(),
        ts_event: time(told.ts_event),
    }
}
