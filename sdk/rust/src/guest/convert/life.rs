//! What happens without a trade, from the contract's types.

use super::money;
use crate::guest::bindings::exports::argonaut::plugin::{on_cash_flow, on_lifecycle};
use crate::{CashFlow, CashFlowReason, InstrumentId, LifeEventKind, Price, Rate, Timestamp};

pub(in crate::guest) fn cash_flow(flow: on_cash_flow::CashFlow) -> CashFlow {
    CashFlow {
        reason: reason(flow.reason),
        instrument: flow.instrument.map(InstrumentId::new),
        currency: flow.currency,
        amount: money(flow.amount),
        ts_event: Timestamp::from_nanos(flow.ts_event),
    }
}

fn reason(reason: on_cash_flow::CashFlowReason) -> CashFlowReason {
    use on_cash_flow::CashFlowReason as Wit;
    match reason {
        Wit::Funding => CashFlowReason::Funding,
        Wit::Dividend => CashFlowReason::Dividend,
        Wit::Split => CashFlowReason::Split,
        Wit::Settlement => CashFlowReason::Settlement,
        Wit::Exercise => CashFlowReason::Exercise,
        Wit::Assignment => CashFlowReason::Assignment,
        Wit::Lapse => CashFlowReason::Lapse,
        Wit::Delivery => CashFlowReason::Delivery,
        Wit::Conversion => CashFlowReason::Conversion,
    }
}

pub(in crate::guest) fn life_event(event: on_lifecycle::LifeEvent) -> LifeEventKind {
    use on_lifecycle::LifeEvent as Wit;
    match event {
        Wit::Funding(rate) => LifeEventKind::Funding {
            rate: Rate::from_raw(rate),
        },
        Wit::FinalPrice(price) => LifeEventKind::FinalPrice {
            price: Price::from_raw(price),
        },
        Wit::Expiry => LifeEventKind::Expiry,
        Wit::Settlement(price) => LifeEventKind::Settlement {
            price: Price::from_raw(price),
        },
        Wit::Split(split) => LifeEventKind::Split {
            numerator: split.numerator,
            denominator: split.denominator,
        },
        Wit::Dividend(dividend) => LifeEventKind::Dividend {
            amount: money(dividend.amount),
            currency: dividend.currency,
        },
    }
}
