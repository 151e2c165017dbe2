//! Between the model and the WIT types. Numbers pass as they are: both sides count the same units.

mod lifecycle;
mod orders;
mod venue;
mod worlds;

pub(crate) use lifecycle::{cash_flow, life_event};
pub(crate) use orders::{
    open_order, order_event, order_kind, order_kind_to, order_request, side_from,
    time_in_force_from, time_in_force_to,
};
pub(crate) use venue::{charge, fee_query, fees, fill_answer, fill_query, latency_query, port};
pub(crate) use worlds::{child_request, context_facts, described, order_facts, parent_order};

use crate::bindings::argonaut::plugin::types as wit;
use crate::host::Breach;
use model::{
    AssetClass, BarBasis, BarMethod, BarSpec, Instrument, InstrumentId, Money, PositionUpdate,
    Price, Quantity, Side, StartReason,
};

fn side(side: Side) -> wit::Side {
    match side {
        Side::Buy => wit::Side::Buy,
        Side::Sell => wit::Side::Sell,
    }
}

/// A rule for bars; one that can never close a bar breaks the contract.
pub(crate) fn bar_spec(spec: wit::BarSpec) -> Result<BarSpec, Breach> {
    let method = match spec.method {
        wit::BarMethod::Time => BarMethod::Time(spec.step),
        wit::BarMethod::Tick => BarMethod::Tick(spec.step),
        wit::BarMethod::Volume => BarMethod::Volume(Quantity::from_raw(spec.step)),
    };
    let basis = match spec.basis {
        wit::BarBasis::Bid => BarBasis::Bid,
        wit::BarBasis::Ask => BarBasis::Ask,
        wit::BarBasis::Mid => BarBasis::Mid,
        wit::BarBasis::Last => BarBasis::Last,
    };
    let spec = BarSpec { method, basis };
    if spec.is_valid() {
        Ok(spec)
    } else {
        Err(Breach::bad_output(
            "a bar-spec with step 0 never closes a bar".to_owned(),
        ))
    }
}

pub(crate) fn bar_spec_to(spec: BarSpec) -> wit::BarSpec {
    let (method, step) = match spec.method {
        BarMethod::Time(step) => (wit::BarMethod::Time, step),
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

fn money(money: Money) -> wit::Money {
    let [low, high] = split(money.raw());
    wit::Money {
        high: high.cast_signed(),
        low,
    }
}

fn money_from(money: wit::Money) -> Money {
    Money::from_raw(i128::from(money.high) << 64 | i128::from(money.low))
}

/// The low and the high half of a signed 128-bit number, in two's complement.
fn split(number: i128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = number.to_le_bytes();
    [
        u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        u64::from_le_bytes([i, j, k, l, m, n, o, p]),
    ]
}

pub(crate) fn quote(quote: &model::Quote) -> wit::Quote {
    wit::Quote {
        instrument: quote.instrument.number(),
        bid: quote.bid.raw(),
        ask: quote.ask.raw(),
        bid_size: quote.bid_size.raw(),
        ask_size: quote.ask_size.raw(),
        ts_event: quote.ts_event.nanos(),
        ts_init: quote.ts_init.nanos(),
    }
}

pub(crate) fn trade(trade: &model::Trade) -> wit::Trade {
    wit::Trade {
        instrument: trade.instrument.number(),
        price: trade.price.raw(),
        size: trade.size.raw(),
        aggressor: match trade.aggressor {
            None => wit::Aggressor::Unknown,
            Some(Side::Buy) => wit::Aggressor::Buyer,
            Some(Side::Sell) => wit::Aggressor::Seller,
        },
        ts_event: trade.ts_event.nanos(),
        ts_init: trade.ts_init.nanos(),
    }
}

pub(crate) fn bar(bar: &model::Bar) -> wit::Bar {
    wit::Bar {
        instrument: bar.instrument.number(),
        spec: bar_spec_to(bar.spec),
        open: bar.open.raw(),
        high: bar.high.raw(),
        low: bar.low.raw(),
        close: bar.close.raw(),
        volume: bar.volume.raw(),
        ts_open: bar.ts_open.nanos(),
        ts_event: bar.ts_event.nanos(),
        ts_init: bar.ts_init.nanos(),
    }
}

/// Appends a bar to a block of history: six numbers, as `on-history` documents them.
pub(crate) fn append_history(block: &mut Vec<u64>, bar: &model::Bar) {
    block.extend([
        bar.open.raw().cast_unsigned(),
        bar.high.raw().cast_unsigned(),
        bar.low.raw().cast_unsigned(),
        bar.close.raw().cast_unsigned(),
        bar.volume.raw(),
        bar.ts_event.nanos(),
    ]);
}

/// Writes a book as `on-book` documents it: price and size of each level, bids first.
pub(crate) fn book_words(words: &mut Vec<u64>, view: &model::BookView) {
    words.clear();
    for level in view.bids.iter().chain(&view.asks) {
        words.extend([level.price.raw().cast_unsigned(), level.size.raw()]);
    }
}

/// A position, with the average price that `multiplier` gives; fails when it does not fit the
/// contract's ranges.
pub(crate) fn position_event(
    update: &PositionUpdate,
    multiplier: Quantity,
) -> Result<wit::PositionEvent, String> {
    let state = &update.state;
    let instrument = update.instrument.number();
    let quantity = state.quantity.magnitude().map_err(|error| {
        format!("the position on instrument {instrument} does not fit: {error}")
    })?;
    let average = if quantity.is_zero() {
        None
    } else {
        state.average_price(multiplier)
    };
    Ok(wit::PositionEvent {
        instrument,
        quantity: quantity.raw(),
        side: if state.quantity.is_short() {
            wit::Side::Sell
        } else {
            wit::Side::Buy
        },
        average_price: average.map_or(0, Price::raw),
        realized: money(state.realized),
        fees: money(state.fees),
        ts_event: update.ts_event.nanos(),
        position: update.position.map(orders::position_to),
    })
}

pub(crate) fn start_reason(reason: StartReason) -> wit::StartReason {
    match reason {
        StartReason::Fresh => wit::StartReason::Fresh,
        StartReason::Restored => wit::StartReason::Restored,
        StartReason::Swapped => wit::StartReason::Swapped,
    }
}

pub(crate) fn instrument(
    id: InstrumentId,
    instrument: &Instrument,
    quote_currency: &str,
) -> wit::Instrument {
    wit::Instrument {
        id: id.number(),
        symbol: instrument.symbol.clone(),
        class: match instrument.class {
            AssetClass::Equity => wit::AssetClass::Equity,
            AssetClass::FxPair { .. } => wit::AssetClass::FxPair,
            AssetClass::CryptoSpot { .. } => wit::AssetClass::CryptoSpot,
            AssetClass::CryptoPerpetual { .. } => wit::AssetClass::CryptoPerpetual,
            AssetClass::Future { .. } => wit::AssetClass::Future,
            AssetClass::Option { .. } => wit::AssetClass::Option,
        },
        quote_currency: quote_currency.to_owned(),
        tick: instrument.tick.raw(),
        lot: instrument.lot.raw(),
        min_quantity: instrument.min_quantity.raw(),
        max_quantity: instrument.max_quantity.raw(),
        multiplier: instrument.multiplier.raw(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_crosses_in_two_halves() {
        for raw in [0, 1, -1, i128::MAX, i128::MIN, 1 << 64, -(1 << 64) - 5] {
            let halves = money(Money::from_raw(raw));
            assert_eq!(money_from(halves).raw(), raw);
        }
    }
}
