//! What happens without a trade, as strategies are told.

use super::money;
use crate::bindings::options::exports::argonaut::plugin::{on_cash_flow, on_lifecycle};
use model::{CashFlow, CashFlowReason, LifeEventKind, PositionChange};

/// Money that moved. `None` for what an execution moved: that is no cash flow.
pub(crate) fn cash_flow(flow: &CashFlow, currency: &str) -> Option<on_cash_flow::CashFlow> {
    Some(on_cash_flow::CashFlow {
        reason: reason(flow.reason)?,
        instrument: flow.position.map(|(_, instrument)| instrument.number()),
        currency: currency.to_owned(),
        amount: money(flow.amount),
        ts_event: flow.ts_event.nanos(),
    })
}

fn reason(reason: CashFlowReason) -> Option<on_cash_flow::CashFlowReason> {
    use on_cash_flow::CashFlowReason as Wit;
    let change = match reason {
        CashFlowReason::Conversion => return Some(Wit::Conversion),
        CashFlowReason::Position(change) => change,
    };
    Some(match change {
        PositionChange::Fill => return None,
        PositionChange::Funding => Wit::Funding,
        PositionChange::Dividend => Wit::Dividend,
        PositionChange::Split => Wit::Split,
        PositionChange::Settlement => Wit::Settlement,
        PositionChange::Exercise => Wit::Exercise,
        PositionChange::Assignment => Wit::Assignment,
        PositionChange::Lapse => Wit::Lapse,
        PositionChange::Delivery => Wit::Delivery,
    })
}

/// Something that happened to an instrument; `currency` is that of a dividend.
pub(crate) fn life_event(kind: &LifeEventKind, currency: &str) -> on_lifecycle::LifeEvent {
    use on_lifecycle::LifeEvent as Wit;
    match *kind {
        LifeEventKind::Funding { rate } => Wit::Funding(rate.raw()),
        LifeEventKind::FinalPrice { price } => Wit::FinalPrice(price.raw()),
        LifeEventKind::Expiry => Wit::Expiry,
        LifeEventKind::Settlement { price } => Wit::Settlement(price.raw()),
        LifeEventKind::Split {
            numerator,
            denominator,
        } => Wit::Split(on_lifecycle::Split {
            numerator,
            denominator,
        }),
        LifeEventKind::Dividend { amount, .. } => Wit::Dividend(on_lifecycle::Dividend {
            amount: money(amount),
            currency: currency.to_owned(),
        }),
    }
}
