//! What models of simulated venues are asked, and what they answer.

use super::{money, money_from, side};
use crate::bindings::model::argonaut::plugin::venue as wit;
use model::{
    Charge, FeeQuery, Fees, FillAnswer, FillQuery, LatencyQuery, Liquidity, Message, ModelKind,
    Occasion, Price, Quantity, Rate,
};

pub(crate) const fn port(kind: ModelKind) -> wit::ModelPort {
    match kind {
        ModelKind::Fill => wit::ModelPort::Fill,
        ModelKind::Fee => wit::ModelPort::Fee,
        ModelKind::Latency => wit::ModelPort::Latency,
    }
}

const fn occasion(occasion: Occasion) -> wit::Occasion {
    match occasion {
        Occasion::Take => wit::Occasion::Take,
        Occasion::Beyond => wit::Occasion::Beyond,
        Occasion::Touched => wit::Occasion::Touched,
        Occasion::Crossed => wit::Occasion::Crossed,
        Occasion::Traded => wit::Occasion::Traded,
        Occasion::Auction => wit::Occasion::Auction,
    }
}

pub(crate) fn fill_query(query: &FillQuery) -> wit::FillQuery {
    wit::FillQuery {
        order: query.order.number(),
        instrument: query.instrument.number(),
        side: side(query.side),
        limit: query.limit.map(Price::raw),
        remaining: query.remaining.raw(),
        occasion: occasion(query.occasion),
        price: query.price.raw(),
        offered: query.offered.raw(),
        queue: query.queue.map(Quantity::raw),
        visit: query.visit,
        now: query.now.nanos(),
    }
}

pub(crate) const fn fill_answer(answer: wit::FillAnswer) -> FillAnswer {
    FillAnswer {
        quantity: Quantity::from_raw(answer.quantity),
        price: Price::from_raw(answer.price),
    }
}

pub(crate) fn fees(fees: wit::Fees) -> Fees {
    Fees {
        maker: Rate::from_raw(fees.maker),
        taker: Rate::from_raw(fees.taker),
        per_contract: money_from(fees.per_contract),
        min_per_order: money_from(fees.min_per_order),
        max_per_order: fees.max_per_order.map(money_from),
        max_share: fees.max_share.map(Rate::from_raw),
    }
}

pub(crate) fn fee_query(query: &FeeQuery) -> wit::FeeQuery {
    wit::FeeQuery {
        order: query.order.number(),
        instrument: query.instrument.number(),
        account: query.account.number(),
        side: side(query.side),
        maker: query.liquidity == Liquidity::Maker,
        price: query.price.raw(),
        quantity: query.quantity.raw(),
        value: money(query.value),
        filled: query.filled.raw(),
        filled_value: money(query.filled_value),
        charged: money(query.charged),
        accrued: money(query.accrued),
        turnover: money(query.turnover),
        now: query.now.nanos(),
    }
}

pub(crate) fn charge(answer: wit::FeeAnswer) -> Charge {
    Charge {
        fee: money_from(answer.fee),
        accrued: money_from(answer.accrued),
    }
}

pub(crate) const fn latency_query(query: &LatencyQuery) -> wit::LatencyQuery {
    wit::LatencyQuery {
        message: match query.message {
            Message::Insert => wit::Message::Insert,
            Message::Modify => wit::Message::Modify,
            Message::Cancel => wit::Message::Cancel,
            Message::Data => wit::Message::Data,
        },
        instrument: query.instrument.number(),
        now: query.now.nanos(),
    }
}
