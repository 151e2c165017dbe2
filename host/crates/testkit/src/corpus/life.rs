//! A strategy's whole life without an engine: every call there is, one after the other, each timed.

use super::{Done, said};
use crate::plugin::Plugin;
use model::{
    AccountId, AssetClass, Bar, BarBasis, BarSpec, BookView, CashFlow, CashFlowReason, CurrencyId,
    DenyCode, Duration, Event, Fault, Fees, HistoryBlock, HistoryRequest, Instrument, InstrumentId,
    Intent, Intents, LifeEvent, LifeEventKind, Margin, Money, OrderChange, OrderId, OrderStatus,
    OrderUpdate, PositionChange, PositionState, PositionUpdate, Price, Quantity, Quote, Rate,
    SavedState, Side, Signal, SignalEvent, StartReason, StartSnapshot, Strategy, StrategyId,
    Timestamp, Trade, VenueId,
};
use runtime::{Admitted, Instance, InstanceConfig, Limits, Parameters, Runtime};
use std::sync::Arc;
use std::time::Instant;

/// The one instrument.
pub(super) const INSTRUMENT: InstrumentId = InstrumentId::new(0);
/// The grid of its prices: a hundred-thousandth.
const TICK: i64 = Price::SCALE / 100_000;

/// A currency pair.
pub(super) fn instrument() -> Instrument {
    Instrument {
        symbol: "EUR/USD.SIM".to_owned(),
        venue: VenueId::new(0),
        class: AssetClass::FxPair {
            base: CurrencyId::new(1),
        },
        quote_currency: CurrencyId::new(0),
        tick: Price::from_raw(TICK),
        lot: Quantity::ONE,
        min_quantity: Quantity::ONE,
        max_quantity: Quantity::from_raw(Quantity::SCALE * 1_000_000),
        multiplier: Quantity::ONE,
        margin: Margin {
            initial: Rate::from_raw(Rate::SCALE / 10),
            maintenance: Rate::from_raw(Rate::SCALE / 20),
        },
        fees: Fees::default(),
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

/// What an instance is made with.
pub(super) fn config(limits: Limits) -> InstanceConfig {
    InstanceConfig {
        strategy: "hostile".to_owned(),
        instruments: vec![(INSTRUMENT, instrument())],
        currencies: vec!["USD".to_owned(), "EUR".to_owned()],
        parameters: Parameters::default(),
        limits,
    }
}

/// A quote with a number, a microsecond after the one before.
pub(super) fn quote(number: u64) -> Quote {
    let at = Timestamp::from_nanos(1_000 * number);
    Quote {
        instrument: INSTRUMENT,
        bid: Price::from_raw(110_000 * TICK),
        ask: Price::from_raw(110_010 * TICK),
        bid_size: Quantity::from_raw(Quantity::SCALE * 1_000),
        ask_size: Quantity::from_raw(Quantity::SCALE * 1_000),
        ts_event: at,
        ts_init: at,
    }
}

/// Intents of the call for an input.
pub(super) fn intents(sequence: u64) -> Intents {
    let mut out = Intents::default();
    renew(&mut out, sequence);
    out
}

fn renew(out: &mut Intents, sequence: u64) {
    let now = Timestamp::from_nanos(1_000 * sequence);
    out.reset(now, OrderId::derive(sequence, 0));
}

/// A start with nothing.
pub(super) fn fresh() -> StartSnapshot {
    StartSnapshot {
        reason: StartReason::Fresh,
        state: None,
        values: Vec::new(),
        history: Vec::new(),
        positions: Vec::new(),
        orders: Vec::new(),
    }
}

/// Admits a plugin that must be admitted.
pub(super) fn admit(
    runtime: &Runtime,
    plugin: &Plugin,
    limits: &Limits,
) -> Result<Admitted, String> {
    admit_bytes(runtime, &plugin.build().map_err(said)?, limits)
}

/// The same of its bytes.
pub(super) fn admit_bytes(
    runtime: &Runtime,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Admitted, String> {
    runtime.admit(bytes, limits).map_err(said)
}

/// A started instance.
pub(super) fn running(admitted: &Admitted, limits: Limits) -> Result<Instance, Fault> {
    let mut instance = admitted.instantiate(config(limits))?;
    instance.start(&fresh(), &mut intents(1))?;
    Ok(instance)
}

/// Makes an instance and hands it one quote: a neighbour that must not have noticed anything.
pub(super) fn serves(admitted: &Admitted) -> Done {
    let mut instance = running(admitted, Limits::default()).map_err(said)?;
    instance
        .handle(&Event::Quote(quote(2)), &mut intents(2))
        .map_err(said)
}

/// How a life ended, and how long its last call took.
pub(super) fn live(
    admitted: &Admitted,
    limits: Limits,
) -> (Result<(), Fault>, std::time::Duration) {
    let mut begun = Instant::now();
    let ended = whole_life(admitted, limits, &mut begun);
    (ended, begun.elapsed())
}

/// `begun` is when the latest call was made.
fn whole_life(admitted: &Admitted, limits: Limits, begun: &mut Instant) -> Result<(), Fault> {
    admitted.describe()?;
    *begun = Instant::now();
    let mut instance = admitted.instantiate(config(limits))?;
    let mut out = intents(1);
    *begun = Instant::now();
    instance.start(&restored(), &mut out)?;
    for (sequence, event) in (2..).zip(events()) {
        renew(&mut out, sequence);
        *begun = Instant::now();
        instance.handle(&event, &mut out)?;
    }
    *begun = Instant::now();
    instance.save()?;
    renew(&mut out, 100);
    *begun = Instant::now();
    instance.stop(&mut out)
}

/// A start with a bit of everything, so that `load` and `on-history` are called.
fn restored() -> StartSnapshot {
    let spec = BarSpec::seconds(60, BarBasis::Bid);
    let request = HistoryRequest {
        instrument: INSTRUMENT,
        spec,
        count: 1,
    };
    StartSnapshot {
        reason: StartReason::Restored,
        state: Some(SavedState {
            version: 1,
            bytes: vec![1, 2, 3],
        }),
        history: vec![HistoryBlock {
            request,
            bars: vec![bar()],
        }],
        ..fresh()
    }
}

fn bar() -> Bar {
    let price = Price::from_raw(110_000 * TICK);
    Bar {
        instrument: INSTRUMENT,
        spec: BarSpec::seconds(60, BarBasis::Bid),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity::ONE,
        ts_open: Timestamp::ZERO,
        ts_event: Timestamp::from_nanos(500),
        ts_init: Timestamp::from_nanos(500),
    }
}

/// One event of each kind.
fn events() -> [Event; 11] {
    let at = Timestamp::from_nanos(500);
    let price = Price::from_raw(110_000 * TICK);
    [
        Event::Quote(quote(2)),
        Event::Trade(Trade {
            instrument: INSTRUMENT,
            price,
            size: Quantity::ONE,
            aggressor: None,
            ts_event: at,
            ts_init: at,
        }),
        Event::Bar(bar()),
        Event::Book(Arc::new(BookView {
            instrument: INSTRUMENT,
            bids: Vec::new(),
            asks: Vec::new(),
            ts_event: at,
            ts_init: at,
        })),
        Event::BookLost(INSTRUMENT),
        Event::Timer { id: 1, due: at },
        Event::Order(denied()),
        Event::Position(position()),
        Event::CashFlow {
            flow: cash_flow(),
            currency: "USD".into(),
        },
        Event::Life {
            event: LifeEvent {
                instrument: INSTRUMENT,
                kind: LifeEventKind::Expiry,
                ts_event: at,
            },
            currency: None,
        },
        Event::Signal(Arc::new(signal(at))),
    ]
}

fn signal(ts_event: Timestamp) -> SignalEvent {
    let values = vec![("quantity".to_owned(), "1".to_owned())];
    let name = "buy".to_owned();
    let signal = Signal { name, values };
    SignalEvent { signal, ts_event }
}

fn denied() -> OrderUpdate {
    OrderUpdate {
        order: OrderId::from_number(1),
        strategy: StrategyId::new(0),
        instrument: INSTRUMENT,
        side: Side::Sell,
        change: OrderChange::Denied(DenyCode::Quantity),
        status: OrderStatus::Denied,
        filled: Quantity::ZERO,
        quantity: Quantity::ONE,
        ts_event: Timestamp::ZERO,
    }
}

fn position() -> PositionUpdate {
    PositionUpdate {
        strategy: StrategyId::new(0),
        instrument: INSTRUMENT,
        position: None,
        state: PositionState::default(),
        change: PositionChange::Fill,
        ts_event: Timestamp::ZERO,
    }
}

fn cash_flow() -> CashFlow {
    CashFlow {
        account: AccountId::new(0),
        position: Some((StrategyId::new(0), INSTRUMENT)),
        reason: CashFlowReason::Position(PositionChange::Funding),
        currency: CurrencyId::new(0),
        amount: Money::from_raw(1),
        ts_event: Timestamp::ZERO,
    }
}

/// The number that a guest kept last.
pub(super) fn reported(out: &Intents) -> Option<u64> {
    let mut values = out.items().iter().filter_map(|intent| match intent {
        Intent::PutState { value, .. } => {
            Some(u64::from_le_bytes(value.as_slice().try_into().ok()?))
        }
        _ => None,
    });
    values.next_back()
}
