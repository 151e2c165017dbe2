//! What execution algorithms and custom rules are given, and the children that algorithms send.

use super::orders::{display, tag, trigger_to};
use super::{
    instrument, money, order_kind, order_kind_to, side, time_in_force_from, time_in_force_to,
};
use crate::bindings::algorithm::argonaut::plugin::{children, parent};
use crate::bindings::argonaut::plugin::types as wit;
use crate::bindings::rule::argonaut::plugin::facts;
use crate::host::{Breach, Parent};
use model::{
    ContextFacts, Instrument, InstrumentId, Order, OrderFacts, OrderId, OrderRequest, Price,
    Quantity, Terms,
};

/// An instrument whose quote currency is looked up; fails when that has no name.
pub(crate) fn described(
    id: InstrumentId,
    traded: &Instrument,
    currencies: &[String],
) -> Result<wit::Instrument, String> {
    let currency = currencies
        .get(traded.quote_currency.index())
        .ok_or_else(|| format!("the quote currency of {} has no name", traded.symbol))?;
    Ok(instrument(id, traded, currency))
}

pub(crate) fn parent_order(order: &Order) -> parent::ParentOrder {
    parent::ParentOrder {
        order: order.id.number(),
        side: side(order.side),
        quantity: order.quantity.raw(),
        filled: order.filled.raw(),
        limit_price: order.kind.price().map(Price::raw),
        tif: time_in_force_to(order.time_in_force),
        tag: order.terms.tag.as_str().to_owned(),
    }
}

/// A child; its id is given later. A tag that is none breaks the contract.
pub(crate) fn child_request(
    child: &children::ChildOrder,
    parent: Parent,
) -> Result<OrderRequest, Breach> {
    Ok(OrderRequest {
        id: OrderId::default(),
        instrument: parent.instrument,
        side: parent.side,
        kind: order_kind(child.kind),
        quantity: Quantity::from_raw(child.quantity),
        time_in_force: time_in_force_from(child.tif),
        terms: Terms {
            post_only: child.post_only,
            display: display(child.display),
            tag: tag(&child.tag)?,
            ..Terms::default()
        },
        intent: 0,
    })
}

pub(crate) fn order_facts(order: &OrderFacts) -> facts::OrderFacts {
    let terms = &order.terms;
    facts::OrderFacts {
        order: order.id.number(),
        strategy: order.strategy.number(),
        account: order.account.number(),
        instrument: order.instrument.number(),
        side: side(order.side),
        kind: order_kind_to(order.kind),
        quantity: order.quantity.raw(),
        tif: time_in_force_to(order.time_in_force),
        post_only: terms.post_only,
        reduce_only: terms.reduce_only,
        display: terms.display.map(Quantity::raw),
        hold: terms.hold.map(trigger_to),
        tag: terms.tag.as_str().to_owned(),
        parent: order.parent.map(OrderId::number),
        amends: order.amends,
    }
}

/// The surroundings; fails when a position does not fit the contract's range.
pub(crate) fn context_facts(context: &ContextFacts) -> Result<facts::ContextFacts, String> {
    let position = context.position.magnitude();
    let position = position.map_err(|error| format!("the position does not fit: {error}"))?;
    let price = |price: Option<Price>| price.map(Price::raw);
    Ok(facts::ContextFacts {
        now: context.now.nanos(),
        position: position.raw(),
        position_side: match context.position.is_short() {
            true => wit::Side::Sell,
            false => wit::Side::Buy,
        },
        working_buys: context.working_buys.raw(),
        working_sells: context.working_sells.raw(),
        reference: price(context.reference),
        bid: price(context.bid),
        ask: price(context.ask),
        last: price(context.last),
        equity: context.equity.map(money),
        strategy_orders: context.strategy_orders,
        account_orders: context.account_orders,
        instrument_orders: context.instrument_orders,
    })
}
