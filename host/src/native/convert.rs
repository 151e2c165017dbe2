//! Between the engine's values and the SDK's. Both hold the same integers under different names,
//! because an author's dependency must not be the host's.

mod life;
mod orders;

pub(super) use life::{cash_flow, life_event, signal};
pub(super) use orders::{amendment, order_event, order_request};

use argonaut_sdk as sdk;
use model::{
    AssetClass, Bar, BarBasis, BarMethod, BarSpec, HistoryBlock, InstrumentId, LogLevel,
    PositionUpdate, Quantity, Quote, Side, StartReason, StartSnapshot, Subscription, Timestamp,
    Trade,
};

fn time(at: Timestamp) -> sdk::Timestamp {
    sdk::Timestamp::from_nanos(at.nanos())
}

fn price(price: model::Price) -> sdk::Price {
    sdk::Price::from_raw(price.raw())
}

fn quantity(quantity: Quantity) -> sdk::Quantity {
    sdk::Quantity::from_raw(quantity.raw())
}

fn money(money: model::Money) -> sdk::Money {
    sdk::Money::from_raw(money.raw())
}

fn instrument_id(id: InstrumentId) -> sdk::InstrumentId {
    sdk::InstrumentId::new(id.number())
}

pub(super) fn instrument(
    (id, instrument, quote_currency): &(InstrumentId, model::Instrument, String),
) -> sdk::Instrument {
    sdk::Instrument {
        id: instrument_id(*id),
        symbol: instrument.symbol.clone(),
        class: match instrument.class {
            AssetClass::Equity => sdk::AssetClass::Equity,
            AssetClass::FxPair { .. } => sdk::AssetClass::FxPair,
            AssetClass::CryptoSpot { .. } => sdk::AssetClass::CryptoSpot,
            AssetClass::CryptoPerpetual { .. } => sdk::AssetClass::CryptoPerpetual,
            AssetClass::Future { .. } => sdk::AssetClass::Future,
            AssetClass::Option { .. } => sdk::AssetClass::Option,
        },
        quote_currency: quote_currency.clone(),
        tick: price(instrument.tick),
        lot: quantity(instrument.lot),
        min_quantity: quantity(instrument.min_quantity),
        max_quantity: quantity(instrument.max_quantity),
        multiplier: quantity(instrument.multiplier),
    }
}

pub(super) fn quote(quote: &Quote) -> sdk::Quote {
    sdk::Quote {
        instrument: instrument_id(quote.instrument),
        bid: price(quote.bid),
        ask: price(quote.ask),
        bid_size: quantity(quote.bid_size),
        ask_size: quantity(quote.ask_size),
        ts_event: time(quote.ts_event),
        ts_init: time(quote.ts_init),
    }
}

pub(super) fn book(view: &model::BookView) -> sdk::Book {
    let levels = |levels: &[model::PriceLevel]| {
        let level = |level: &model::PriceLevel| sdk::PriceLevel {
            price: price(level.price),
            size: quantity(level.size),
        };
        levels.iter().map(level).collect()
    };
    sdk::Book {
        instrument: instrument_id(view.instrument),
        bids: levels(&view.bids),
        asks: levels(&view.asks),
        ts_event: time(view.ts_event),
        ts_init: time(view.ts_init),
    }
}

pub(super) fn trade(trade: &Trade) -> sdk::Trade {
    sdk::Trade {
        instrument: instrument_id(trade.instrument),
        price: price(trade.price),
        size: quantity(trade.size),
        aggressor: trade.aggressor.map(sdk_side),
        ts_event: time(trade.ts_event),
        ts_init: time(trade.ts_init),
    }
}

pub(super) fn bar(bar: &Bar) -> sdk::Bar {
    sdk::Bar {
        instrument: instrument_id(bar.instrument),
        spec: sdk_bar_spec(bar.spec),
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: quantity(bar.volume),
        ts_open: time(bar.ts_open),
        ts_event: time(bar.ts_event),
        ts_init: time(bar.ts_init),
    }
}

pub(super) fn history(block: &HistoryBlock) -> sdk::History {
    sdk::History {
        instrument: instrument_id(block.request.instrument),
        spec: sdk_bar_spec(block.request.spec),
        bars: block.bars.iter().map(bar).collect(),
    }
}

fn sdk_bar_spec(spec: BarSpec) -> sdk::BarSpec {
    sdk::BarSpec {
        method: match spec.method {
            BarMethod::Time(nanos) => sdk::BarMethod::Time(sdk::Duration::from_nanos(nanos)),
            BarMethod::Tick(count) => sdk::BarMethod::Tick(count),
            BarMethod::Volume(step) => sdk::BarMethod::Volume(quantity(step)),
        },
        basis: match spec.basis {
            BarBasis::Bid => sdk::BarBasis::Bid,
            BarBasis::Ask => sdk::BarBasis::Ask,
            BarBasis::Mid => sdk::BarBasis::Mid,
            BarBasis::Last => sdk::BarBasis::Last,
        },
    }
}

pub(super) fn bar_spec(spec: sdk::BarSpec) -> BarSpec {
    BarSpec {
        method: match spec.method {
            sdk::BarMethod::Time(step) => BarMethod::Time(step.nanos()),
            sdk::BarMethod::Tick(count) => BarMethod::Tick(count),
            sdk::BarMethod::Volume(step) => BarMethod::Volume(Quantity::from_raw(step.raw())),
        },
        basis: match spec.basis {
            sdk::BarBasis::Bid => BarBasis::Bid,
            sdk::BarBasis::Ask => BarBasis::Ask,
            sdk::BarBasis::Mid => BarBasis::Mid,
            sdk::BarBasis::Last => BarBasis::Last,
        },
    }
}

pub(super) fn subscription(subscription: sdk::Subscription) -> Subscription {
    let id = |id: sdk::InstrumentId| InstrumentId::new(id.number());
    match subscription {
        sdk::Subscription::Quotes(instrument) => Subscription::Quotes(id(instrument)),
        sdk::Subscription::Trades(instrument) => Subscription::Trades(id(instrument)),
        sdk::Subscription::Book(instrument, depth) => Subscription::Book(id(instrument), depth),
        sdk::Subscription::Bars(instrument, spec) => {
            Subscription::Bars(id(instrument), bar_spec(spec))
        }
    }
}

fn sdk_side(side: Side) -> sdk::Side {
    match side {
        Side::Buy => sdk::Side::Buy,
        Side::Sell => sdk::Side::Sell,
    }
}

pub(super) fn log_level(level: sdk::LogLevel) -> LogLevel {
    match level {
        sdk::LogLevel::Debug => LogLevel::Debug,
        sdk::LogLevel::Info => LogLevel::Info,
        sdk::LogLevel::Warn => LogLevel::Warn,
        sdk::LogLevel::Error => LogLevel::Error,
    }
}

pub(super) fn position(update: &PositionUpdate, multipliers: &[Quantity]) -> sdk::Position {
    let state = update.state;
    let multiplier = multipliers.get(update.instrument.index()).copied();
    let average = state.average_price(multiplier.unwrap_or(Quantity::ONE));
    let magnitude = state.quantity.magnitude().unwrap_or(Quantity::MAX);
    sdk::Position {
        instrument: instrument_id(update.instrument),
        quantity: quantity(magnitude),
        side: if state.quantity.is_short() {
            sdk::Side::Sell
        } else {
            sdk::Side::Buy
        },
        average_price: price(average.unwrap_or_default()),
        realized: money(state.realized),
        fees: money(state.fees),
        ts_event: time(update.ts_event),
        id: update.position.map(orders::position_id),
    }
}

pub(super) fn snapshot(
    snapshot: &StartSnapshot,
    now: Timestamp,
    multipliers: &[Quantity],
) -> sdk::Snapshot {
    let positions = snapshot.positions.iter();
    sdk::Snapshot {
        reason: match snapshot.reason {
            StartReason::Fresh => sdk::StartReason::Fresh,
            StartReason::Restored => sdk::StartReason::Restored,
            StartReason::Swapped => sdk::StartReason::Swapped,
        },
        now: time(now),
        positions: positions
            .map(|update| position(update, multipliers))
            .collect(),
        orders: snapshot.orders.iter().map(orders::open_order).collect(),
    }
}
