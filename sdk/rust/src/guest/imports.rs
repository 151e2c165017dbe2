//! [`Host`] by the component's imports.

use super::bindings::argonaut::plugin::{log, market_data, orders, state, timers};
use super::convert;
use crate::{
    Amendment, BarSpec, Host, InstrumentId, Links, LogLevel, NewOrder, OrderId, OrderKind, Price,
    Quantity, Subscription, Terms, Timestamp, Trigger, TriggerBy, WorkedOrder,
};

/// The host behind the imports.
pub(super) struct Imports;

impl Host for Imports {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(timers::now())
    }

    fn subscribe(&mut self, subscription: Subscription) {
        match subscription {
            Subscription::Quotes(id) => market_data::subscribe_quotes(id.number()),
            Subscription::Trades(id) => market_data::subscribe_trades(id.number()),
            Subscription::Bars(id, spec) => {
                market_data::subscribe_bars(id.number(), convert::to_bar_spec(spec));
            }
            Subscription::Book(id, depth) => market_data::subscribe_book(id.number(), depth),
        }
    }

    fn unsubscribe(&mut self, subscription: Subscription) {
        match subscription {
            Subscription::Quotes(id) => market_data::unsubscribe_quotes(id.number()),
            Subscription::Trades(id) => market_data::unsubscribe_trades(id.number()),
            Subscription::Bars(id, spec) => {
                market_data::unsubscribe_bars(id.number(), convert::to_bar_spec(spec));
            }
            Subscription::Book(id, depth) => market_data::unsubscribe_book(id.number(), depth),
        }
    }

    fn request_history(&mut self, instrument: InstrumentId, spec: BarSpec, count: u32) {
        market_data::request_history(instrument.number(), convert::to_bar_spec(spec), count);
    }

    fn submit(&mut self, order: &NewOrder) -> Option<OrderId> {
        let plain = order.terms == Terms::NONE && order.links == Links::NONE;
        given(match order.kind {
            OrderKind::Market if plain => submit_market(order),
            OrderKind::Limit { price } if plain => submit_limit(order, price),
            OrderKind::StopMarket {
                trigger:
                    Trigger {
                        price,
                        by: TriggerBy::BidAsk,
                    },
            } if plain => submit_stop_market(order, price),
            _ => orders::submit(&convert::new_order(order)),
        })
    }

    fn submit_list(&mut self, orders: &[NewOrder]) -> Option<OrderId> {
        let orders: Vec<_> = orders.iter().map(convert::new_order).collect();
        given(orders::submit_list(&orders))
    }

    fn submit_by(&mut self, worked: &WorkedOrder<'_>) -> Option<OrderId> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let parameters: Vec<_> = worked.parameters.iter().map(owned).collect();
        let order = convert::new_order(&worked.order);
        given(orders::submit_by(&order, worked.algorithm, &parameters))
    }

    fn modify(&mut self, order: OrderId, amendment: Amendment) {
        orders::modify(
            order.number(),
            amendment.quantity.map(Quantity::raw),
            amendment.price.map(Price::raw),
            amendment.trigger.map(Price::raw),
        );
    }

    fn cancel(&mut self, order: OrderId) {
        orders::cancel(order.number());
    }

    fn cancel_all(&mut self, instrument: InstrumentId) {
        orders::cancel_all(instrument.number());
    }

    fn set_timer(&mut self, id: u64, due: Timestamp) {
        timers::set_timer(id, due.nanos());
    }

    fn cancel_timer(&mut self, id: u64) {
        timers::cancel_timer(id);
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        log_line(level, text);
    }

    fn get_value(&self, key: &str) -> Option<Vec<u8>> {
        state::get(key)
    }

    fn put_value(&mut self, key: &str, value: &[u8]) {
        state::put(key, value);
    }
}

/// Writes a line.
pub(super) fn log_line(level: LogLevel, text: &str) {
    let level = match level {
        LogLevel::Debug => log::Level::Debug,
        LogLevel::Info => log::Level::Info,
        LogLevel::Warn => log::Level::Warn,
        LogLevel::Error => log::Level::Error,
    };
    log::write(level, text);
}

// The calls for orders without terms, which pass nothing through memory.

fn submit_market(order: &NewOrder) -> u64 {
    orders::submit_market(
        order.instrument.number(),
        convert::to_side(order.side),
        order.quantity.raw(),
        convert::to_time_in_force(order.time_in_force),
        order.intent,
    )
}

fn submit_limit(order: &NewOrder, price: Price) -> u64 {
    orders::submit_limit(
        order.instrument.number(),
        convert::to_side(order.side),
        order.quantity.raw(),
        price.raw(),
        convert::to_time_in_force(order.time_in_force),
        order.intent,
    )
}

fn submit_stop_market(order: &NewOrder, trigger: Price) -> u64 {
    orders::submit_stop_market(
        order.instrument.number(),
        convert::to_side(order.side),
        order.quantity.raw(),
        trigger.raw(),
        convert::to_time_in_force(order.time_in_force),
        order.intent,
    )
}

/// The id in a host's answer, where 0 is none.
pub(super) fn given(id: u64) -> Option<OrderId> {
    (id != 0).then(|| OrderId::new(id))
}
