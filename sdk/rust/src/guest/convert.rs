//! Conversions between the contract's types and this crate's. No decisions are made here.

mod life;
mod new_order;
mod order_terms;

pub(super) use life::{cash_flow, life_event};
pub(super) use new_order::{new_order, to_order_kind, to_side, to_time_in_force};
pub(super) use order_terms::{order_kind, time_in_force, trigger};

use super::bindings::argonaut::plugin::types as wit;
use crate::{
    AssetClass, Bar, BarBasis, BarMethod, BarSpec, Config, Description, Duration, Execution,
    Instrument, InstrumentId, Money, OpenOrder, OrderChange, OrderEvent, OrderId, OrderStatus,
    Parameter, ParameterKind, Position, PositionId, Price, Quantity, Quote, SavedState, Side,
    Snapshot, StartReason, Timestamp, Trade,
};

pub(super) fn description(description: Description) -> wit::Description {
    wit::Description {
        name: description.name,
        version: description.version,
        documentation: description.documentation,
        parameters: description.parameters.into_iter().map(parameter).collect(),
    }
}

fn parameter(parameter: Parameter) -> wit::Parameter {
    wit::Parameter {
        name: parameter.name,
        kind: match parameter.kind {
            ParameterKind::Integer => wit::ParameterType::Integer,
            ParameterKind::Decimal => wit::ParameterType::Decimal,
            ParameterKind::Boolean => wit::ParameterType::Boolean,
            ParameterKind::Text => wit::ParameterType::Text,
        },
        default: parameter.default,
        minimum: parameter.minimum,
        maximum: parameter.maximum,
        documentation: parameter.documentation,
    }
}

pub(super) fn config(config: wit::Config) -> Config {
    let instruments = config.instruments.into_iter().map(instrument).collect();
    Config::new(config.strategy, instruments, config.parameters)
}

pub(super) fn instrument(instrument: wit::Instrument) -> Instrument {
    Instrument {
        id: InstrumentId::new(instrument.id),
        symbol: instrument.symbol,
        class: match instrument.class {
            wit::AssetClass::Equity => AssetClass::Equity,
            wit::AssetClass::FxPair => AssetClass::FxPair,
            wit::AssetClass::CryptoSpot => AssetClass::CryptoSpot,
            wit::AssetClass::CryptoPerpetual => AssetClass::CryptoPerpetual,
            wit::AssetClass::Future => AssetClass::Future,
            wit::AssetClass::Option => AssetClass::Option,
        },
        quote_currency: instrument.quote_currency,
        tick: Price::from_raw(instrument.tick),
        lot: Quantity::from_raw(instrument.lot),
        min_quantity: Quantity::from_raw(instrument.min_quantity),
        max_quantity: Quantity::from_raw(instrument.max_quantity),
        multiplier: Quantity::from_raw(instrument.multiplier),
    }
}

pub(super) fn saved_state(state: wit::SavedState) -> SavedState {
    SavedState {
        version: state.version,
        bytes: state.bytes,
    }
}

pub(super) fn to_saved_state(state: SavedState) -> wit::SavedState {
    wit::SavedState {
        version: state.version,
        bytes: state.bytes,
    }
}

pub(super) fn bar_spec(spec: wit::BarSpec) -> BarSpec {
    BarSpec {
        method: match spec.method {
            wit::BarMethod::Time => BarMethod::Time(Duration::from_nanos(spec.step)),
            wit::BarMethod::Tick => BarMethod::Tick(spec.step),
            wit::BarMethod::Volume => BarMethod::Volume(Quantity::from_raw(spec.step)),
        },
        basis: match spec.basis {
            wit::BarBasis::Bid => BarBasis::Bid,
            wit::BarBasis::Ask => BarBasis::Ask,
            wit::BarBasis::Mid => BarBasis::Mid,
            wit::BarBasis::Last => BarBasis::Last,
        },
    }
}

pub(super) fn to_bar_spec(spec: BarSpec) -> wit::BarSpec {
    let (method, step) = match spec.method {
        BarMethod::Time(step) => (wit::BarMethod::Time, step.nanos()),
        BarMethod::Tick(step) => (wit::BarMethod::Tick, step),
        BarMethod::Volume(step) => (wit::BarMethod::Volume, step.raw()),
    };
    let basis = match spec.basis {
        BarBasis::Bid => wit::BarBasis::Bid,
        BarBasis::Ask => wit::BarBasis::Ask,
        BarBasis::Mid => wit::BarBasis::Mid,
        BarBasis::Last => wit::BarBasis::Last,
    };
    wit::BarSpec {
        method,
        step,
        basis,
    }
}

pub(super) fn quote(quote: &wit::Quote) -> Quote {
    Quote {
        instrument: InstrumentId::new(quote.instrument),
        bid: Price::from_raw(quote.bid),
        ask: Price::from_raw(quote.ask),
        bid_size: Quantity::from_raw(quote.bid_size),
        ask_size: Quantity::from_raw(quote.ask_size),
        ts_event: Timestamp::from_nanos(quote.ts_event),
        ts_init: Timestamp::from_nanos(quote.ts_init),
    }
}

pub(super) fn trade(trade: &wit::Trade) -> Trade {
    Trade {
        instrument: InstrumentId::new(trade.instrument),
        price: Price::from_raw(trade.price),
        size: Quantity::from_raw(trade.size),
        aggressor: match trade.aggressor {
            wit::Aggressor::Unknown => None,
            wit::Aggressor::Buyer => Some(Side::Buy),
            wit::Aggressor::Seller => Some(Side::Sell),
        },
        ts_event: Timestamp::from_nanos(trade.ts_event),
        ts_init: Timestamp::from_nanos(trade.ts_init),
    }
}

pub(super) fn bar(bar: &wit::Bar) -> Bar {
    Bar {
        instrument: InstrumentId::new(bar.instrument),
        spec: bar_spec(bar.spec),
        open: Price::from_raw(bar.open),
        high: Price::from_raw(bar.high),
        low: Price::from_raw(bar.low),
        close: Price::from_raw(bar.close),
        volume: Quantity::from_raw(bar.volume),
        ts_open: Timestamp::from_nanos(bar.ts_open),
        ts_event: Timestamp::from_nanos(bar.ts_event),
        ts_init: Timestamp::from_nanos(bar.ts_init),
    }
}

pub(super) fn order_event(event: &wit::OrderEvent) -> OrderEvent {
    OrderEvent {
        order: OrderId::new(event.order),
        instrument: InstrumentId::new(event.instrument),
        change: order_change(event.change),
        status: order_status(event.status),
        side: side(event.side),
        quantity: Quantity::from_raw(event.quantity),
        filled: Quantity::from_raw(event.filled),
        ts_event: Timestamp::from_nanos(event.ts_event),
    }
}

fn order_change(change: wit::OrderChange) -> OrderChange {
    match change {
        wit::OrderChange::Denied(code) => OrderChange::Denied(code),
        wit::OrderChange::Submitted => OrderChange::Submitted,
        wit::OrderChange::Accepted => OrderChange::Accepted,
        wit::OrderChange::Rejected => OrderChange::Rejected,
        wit::OrderChange::Emulated => OrderChange::Emulated,
        wit::OrderChange::Released => OrderChange::Released,
        wit::OrderChange::Triggered => OrderChange::Triggered,
        wit::OrderChange::PendingUpdate => OrderChange::PendingUpdate,
        wit::OrderChange::Updated(prices) => OrderChange::Updated {
            price: prices.limit_price.map(Price::from_raw),
            trigger: prices.trigger_price.map(Price::from_raw),
        },
        wit::OrderChange::UpdateDenied(code) => OrderChange::UpdateDenied(code),
        wit::OrderChange::UpdateRejected => OrderChange::UpdateRejected,
        wit::OrderChange::PendingCancel => OrderChange::PendingCancel,
        wit::OrderChange::CancelRejected => OrderChange::CancelRejected,
        wit::OrderChange::Filled(execution) => OrderChange::Filled(Execution {
            price: Price::from_raw(execution.price),
            quantity: Quantity::from_raw(execution.quantity),
            fee: money(execution.fee),
            maker: execution.maker,
            position: execution.position.map(position_id),
        }),
        wit::OrderChange::Canceled => OrderChange::Canceled,
        wit::OrderChange::Expired => OrderChange::Expired,
    }
}

fn order_status(status: wit::OrderStatus) -> OrderStatus {
    match status {
        wit::OrderStatus::Initialized => OrderStatus::Initialized,
        wit::OrderStatus::Denied => OrderStatus::Denied,
        wit::OrderStatus::Emulated => OrderStatus::Emulated,
        wit::OrderStatus::Released => OrderStatus::Released,
        wit::OrderStatus::Submitted => OrderStatus::Submitted,
        wit::OrderStatus::Accepted => OrderStatus::Accepted,
        wit::OrderStatus::Rejected => OrderStatus::Rejected,
        wit::OrderStatus::Triggered => OrderStatus::Triggered,
        wit::OrderStatus::PendingUpdate => OrderStatus::PendingUpdate,
        wit::OrderStatus::PendingCancel => OrderStatus::PendingCancel,
        wit::OrderStatus::PartiallyFilled => OrderStatus::PartiallyFilled,
        wit::OrderStatus::Filled => OrderStatus::Filled,
        wit::OrderStatus::Canceled => OrderStatus::Canceled,
        wit::OrderStatus::Expired => OrderStatus::Expired,
    }
}

pub(super) fn position(event: &wit::PositionEvent) -> Position {
    Position {
        instrument: InstrumentId::new(event.instrument),
        quantity: Quantity::from_raw(event.quantity),
        side: side(event.side),
        average_price: Price::from_raw(event.average_price),
        realized: money(event.realized),
        fees: money(event.fees),
        ts_event: Timestamp::from_nanos(event.ts_event),
        id: event.position.map(position_id),
    }
}

pub(super) fn snapshot(snapshot: &wit::Snapshot) -> Snapshot {
    Snapshot {
        reason: match snapshot.reason {
            wit::StartReason::Fresh => StartReason::Fresh,
            wit::StartReason::Restored => StartReason::Restored,
            wit::StartReason::Swapped => StartReason::Swapped,
        },
        now: Timestamp::from_nanos(snapshot.now),
        positions: snapshot.positions.iter().map(position).collect(),
        orders: snapshot.orders.iter().map(open_order).collect(),
    }
}

pub(super) fn open_order(order: &wit::OpenOrder) -> OpenOrder {
    OpenOrder {
        order: OrderId::new(order.order),
        instrument: InstrumentId::new(order.instrument),
        side: side(order.side),
        quantity: Quantity::from_raw(order.quantity),
        filled: Quantity::from_raw(order.filled),
        limit_price: order.limit_price.map(Price::from_raw),
        trigger_price: order.trigger_price.map(Price::from_raw),
        status: order_status(order.status),
        // The host keeps what it was sent, which was a tag.
        tag: order.tag.parse().unwrap_or_default(),
        list: order.list.map(OrderId::new),
        position: order.position.map(position_id),
    }
}

fn position_id(opener: u64) -> PositionId {
    PositionId::opened_by(OrderId::new(opener))
}

/// Joins the two halves of a signed 128-bit number.
pub(super) fn money(money: wit::Money) -> Money {
    Money::from_raw((i128::from(money.high) << 64) | i128::from(money.low))
}

/// The two halves of a signed 128-bit number; each fits by construction.
pub(super) fn money_to(money: Money) -> wit::Money {
    let raw = money.raw();
    wit::Money {
        high: i64::try_from(raw >> 64).unwrap_or_default(),
        low: u64::try_from(raw & i128::from(u64::MAX)).unwrap_or_default(),
    }
}

pub(super) fn side(side: wit::Side) -> Side {
    match side {
        wit::Side::Buy => Side::Buy,
        wit::Side::Sell => Side::Sell,
    }
}
