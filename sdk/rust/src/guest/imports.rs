//! [`Host`] by the component's imports.

use super::bindings::argonaut::plugin::{log, market_data, orders, state, timers};
use super::convert;
use crate::{
    BarSpec, Host, InstrumentId, LogLevel, NewOrder, OrderId, OrderKind, Subscription, Timestamp,
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
        }
    }

    fn unsubscribe(&mut self, subscription: Subscription) {
        match subscription {
            Subscription::Quotes(id) => market_data::unsubscribe_quotes(id.number()),
            Subscription::Trades(id) => market_data::unsubscribe_trades(id.number()),
            Subscription::Bars(id, spec) => {
                market_data::unsubscribe_bars(id.number(), convert::to_bar_spec(spec));
            }
        }
    }

    fn request_history(&mut self, instrument: InstrumentId, spec: BarSpec, count: u32) {
        market_data::request_history(instrument.number(), convert::to_bar_spec(spec), count);
    }

    fn submit(&mut self, order: &NewOrder) -> Option<OrderId> {
        let instrument = order.instrument.number();
        let side = convert::to_side(order.side);
        let quantity = order.quantity.raw();
        let tif = convert::to_time_in_force(order.time_in_force);
        let id = match order.kind {
            OrderKind::Market => {
                orders::submit_market(instrument, side, quantity, tif, order.intent)
            }
            OrderKind::Limit { price } => {
                orders::submit_limit(instrument, side, quantity, price.raw(), tif, order.intent)
            }
            OrderKind::StopMarket { trigger } => orders::submit_stop_market(
                instrument,
                side,
                quantity,
                trigger.raw(),
                tif,
                order.intent,
            ),
        };
        (id != 0).then(|| OrderId::new(id))
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
        let level = match level {
            LogLevel::Debug => log::Level::Debug,
            LogLevel::Info => log::Level::Info,
            LogLevel::Warn => log::Level::Warn,
            LogLevel::Error => log::Level::Error,
        };
        log::write(level, text);
    }

    fn get_value(&self, key: &str) -> Option<Vec<u8>> {
        state::get(key)
    }

    fn put_value(&mut self, key: &str, value: &[u8]) {
        state::put(key, value);
    }
}
