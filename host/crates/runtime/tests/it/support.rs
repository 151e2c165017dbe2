//! Makes runtimes, instances and events.

use model::{
    AccountId, AssetClass, CurrencyId, DenyCode, Duration, Event, Fault, FaultKind, Fees,
    Instrument, InstrumentId, Intent, Intents, Margin, Money, Order, OrderChange, OrderId,
    OrderKind, OrderStatus, OrderUpdate, Price, Quantity, Quote, Side, StartReason, StartSnapshot,
    Strategy, StrategyId, Terms, TimeInForce, Timestamp, VenueId,
};
use runtime::{Admitted, Instance, InstanceConfig, Limits, Parameters, Runtime, RuntimeOptions};
use std::sync::LazyLock;
use testkit::hostile::{self, HostilePlugin};
use testkit::plugin::Plugin;

/// Writes its global `$seen` into kept value `s`, so that a test can look inside.
pub(crate) const REPORT: &str = "(i64.store (i32.const 2100) (global.get $seen))
    (call $put (i32.const 2048) (i32.const 1) (i32.const 2100) (i32.const 8))";
pub(crate) const SEEN: &str =
    r#"(global $seen (mut i64) (i64.const 0)) (data (i32.const 2048) "s")"#;

/// What a plugin wrote by [`REPORT`].
pub(crate) fn reported(intents: &[Intent]) -> Vec<u64> {
    let values = intents.iter().filter_map(|intent| match intent {
        Intent::PutState { value, .. } => Some(value.as_slice().try_into().unwrap()),
        _ => None,
    });
    values.map(u64::from_le_bytes).collect()
}

/// One runtime for all tests, as in a process.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Runtime::new(RuntimeOptions::default()).unwrap());
    &RUNTIME
}

pub(crate) fn admit(plugin: &Plugin) -> Admitted {
    runtime()
        .admit(&plugin.build().unwrap(), &Limits::default())
        .unwrap()
}

pub(crate) fn admit_hostile(plugin: HostilePlugin) -> Admitted {
    let bytes = hostile::component(plugin).unwrap();
    runtime().admit(&bytes, &Limits::default()).unwrap()
}

pub(crate) fn instrument(symbol: &str) -> Instrument {
    Instrument {
        symbol: symbol.to_owned(),
        venue: VenueId::new(0),
        class: AssetClass::FxPair {
            base: CurrencyId::new(1),
        },
        quote_currency: CurrencyId::new(0),
        tick: "0.00001".parse().unwrap(),
        lot: Quantity::ONE,
        min_quantity: Quantity::ONE,
        max_quantity: Quantity::whole(1_000_000).unwrap(),
        multiplier: Quantity::ONE,
        margin: Margin::default(),
        fees: Fees::default(),
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

pub(crate) fn config(limits: Limits) -> InstanceConfig {
    InstanceConfig {
        strategy: "test".to_owned(),
        instruments: vec![
            (InstrumentId::new(0), instrument("EUR/USD.SIM")),
            (InstrumentId::new(3), instrument("GBP/USD.SIM")),
        ],
        currencies: vec!["USD".to_owned(), "EUR".to_owned()],
        parameters: Parameters::default(),
        limits,
    }
}

pub(crate) fn quote(number: u32) -> Event {
    let number = u64::from(number);
    Event::Quote(Quote {
        instrument: InstrumentId::new(0),
        bid: Price::from_raw(1_100_000_000),
        ask: Price::from_raw(1_100_100_000),
        bid_size: Quantity::whole(1_000_000).unwrap(),
        ask_size: Quantity::whole(2_000_000).unwrap(),
        ts_event: Timestamp::from_nanos(1_000 + number),
        ts_init: Timestamp::from_nanos(2_000 + number),
    })
}

/// Intents of the call for input number 7 at time 5,000.
pub(crate) fn intents() -> Intents {
    Intents::new(Timestamp::from_nanos(5_000), OrderId::derive(7, 0).unwrap())
}

pub(crate) fn fresh() -> StartSnapshot {
    StartSnapshot {
        reason: StartReason::Fresh,
        state: None,
        values: Vec::new(),
        history: Vec::new(),
        positions: Vec::new(),
        orders: Vec::new(),
    }
}

/// A started instance.
pub(crate) fn running(admitted: &Admitted, limits: Limits) -> Instance {
    let mut instance = admitted.instantiate(config(limits)).unwrap();
    instance.start(&fresh(), &mut intents()).unwrap();
    instance
}

#[track_caller]
pub(crate) fn expect_fault<T: std::fmt::Debug>(
    result: Result<T, Fault>,
    kind: FaultKind,
    text: &str,
) {
    let fault = result.unwrap_err();
    assert_eq!(fault.kind, kind, "{fault}");
    assert!(
        fault.message.contains(text),
        "`{}` does not contain `{text}`",
        fault.message
    );
    assert!(
        !fault.message.contains(char::is_control),
        "{:?}",
        fault.message
    );
}

/// Logs the four bytes at 2048 as a line worth knowing.
pub(crate) const REPORT_LINE: &str = "(call $write (i32.const 1) (i32.const 2048) (i32.const 4))";

/// An order that was denied for its quantity.
pub(crate) fn denied() -> OrderUpdate {
    OrderUpdate {
        order: OrderId::derive(3, 1).unwrap(),
        strategy: StrategyId::new(0),
        instrument: InstrumentId::new(0),
        side: Side::Sell,
        change: OrderChange::Denied(DenyCode::Quantity),
        status: OrderStatus::Denied,
        filled: Quantity::ZERO,
        quantity: Quantity::ONE,
        ts_event: Timestamp::ZERO,
    }
}

/// An open limit order of nobody in particular.
pub(crate) fn order(
    instrument: InstrumentId,
    side: Side,
    quantity: Quantity,
    price: Price,
) -> Order {
    Order {
        id: OrderId::derive(2, 0).unwrap(),
        strategy: StrategyId::new(0),
        account: AccountId::new(0),
        instrument,
        side,
        kind: OrderKind::Limit { price },
        quantity,
        time_in_force: TimeInForce::Gtc,
        terms: Terms::default(),
        intent: 0,
        list: None,
        parent: None,
        algorithm: None,
        trigger: None,
        status: OrderStatus::Accepted,
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        ts_created: Timestamp::ZERO,
        expires: Timestamp::MAX,
    }
}
