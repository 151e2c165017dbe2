//! What a plugin hears of its orders: every change with its details, and those open at the start.

use crate::support::{REPORT, SEEN, admit, config, fresh, intents, reported, running};
use model::{
    AccountId, DenyCode, Event, Fill, InstrumentId, Liquidity, Money, Order, OrderChange, OrderId,
    OrderKind, OrderStatus, OrderUpdate, PositionId, Price, Quantity, Side, StartSnapshot,
    Strategy, StrategyId, Terms, TimeInForce, Timestamp,
};
use runtime::{Instance, Limits};
use testkit::plugin::Plugin;

/// A plugin that reports what it hears: the change, its seven details, the status.
fn listener() -> Instance {
    let number = |name: &str| format!("(global.set $seen (local.get ${name})) {REPORT}");
    let small =
        |name: &str| format!("(global.set $seen (i64.extend_i32_u (local.get ${name}))) {REPORT}");
    let details = ["detail", "detail_1", "detail_2", "detail_3"].map(number);
    let body = [
        small("change"),
        details.concat(),
        small("detail_4"),
        small("detail_5"),
        number("detail_6"),
        small("status"),
    ];
    let plugin = Plugin::new()
        .items(SEEN)
        .with("on-order-event", &body.concat());
    running(&admit(&plugin), Limits::default())
}

fn update(change: OrderChange, status: OrderStatus) -> Event {
    Event::Order(OrderUpdate {
        order: OrderId::from_number(9),
        strategy: StrategyId::new(0),
        instrument: InstrumentId::new(0),
        side: Side::Sell,
        change,
        status,
        filled: Quantity::ZERO,
        quantity: Quantity::ONE,
        ts_event: Timestamp::ZERO,
    })
}

fn fill() -> Fill {
    Fill {
        execution: 1,
        order: OrderId::from_number(9),
        strategy: StrategyId::new(0),
        account: AccountId::new(0),
        instrument: InstrumentId::new(0),
        position: None,
        side: Side::Sell,
        price: Price::from_raw(11),
        quantity: Quantity::from_raw(12),
        fee: Money::from_raw(-13),
        liquidity: Liquidity::Maker,
        ts_event: Timestamp::ZERO,
    }
}

#[test]
fn every_change_arrives_with_its_details() {
    use OrderChange as C;
    use OrderStatus as S;
    let mut instance = listener();
    let mut check = |change, status, expect: [u64; 9]| {
        let mut out = intents();
        instance.handle(&update(change, status), &mut out).unwrap();
        assert_eq!(reported(out.items()), expect, "{change:?}");
    };
    let plain = |change: u64, status: u64| [change, 0, 0, 0, 0, 0, 0, 0, status];
    check(
        C::Denied(DenyCode::Quantity),
        S::Denied,
        [0, 5, 0, 0, 0, 0, 0, 0, 1],
    );
    check(C::Submitted, S::Submitted, plain(1, 4));
    check(C::Accepted, S::Accepted, plain(2, 5));
    check(C::Rejected, S::Rejected, plain(3, 6));
    check(C::Emulated, S::Emulated, plain(4, 2));
    check(C::Released, S::Released, plain(5, 3));
    check(C::Triggered, S::Triggered, plain(6, 7));
    check(C::PendingUpdate, S::PendingUpdate, plain(7, 8));
    let code = DenyCode::List;
    check(
        C::UpdateDenied(code),
        S::Accepted,
        [9, 31, 0, 0, 0, 0, 0, 0, 5],
    );
    check(C::UpdateRejected, S::Accepted, plain(10, 5));
    check(C::PendingCancel, S::PendingCancel, plain(11, 9));
    check(C::CancelRejected, S::Accepted, plain(12, 5));
    let fee = (u64::MAX, 13_u64.wrapping_neg());
    check(
        C::Filled(fill()),
        S::Filled,
        [13, 11, 12, fee.0, fee.1, 1, 0, 0, 11],
    );
    let hedged = Fill {
        position: Some(PositionId::opened_by(OrderId::from_number(8))),
        ..fill()
    };
    check(
        C::Filled(hedged),
        S::Filled,
        [13, 11, 12, fee.0, fee.1, 1, 1, 8, 11],
    );
    check(C::Canceled, S::Canceled, plain(14, 12));
    check(C::Expired, S::Expired, plain(15, 13));
}

#[test]
fn new_prices_say_whether_they_are_there() {
    let mut instance = listener();
    let mut check = |price: Option<i64>, trigger: Option<i64>, expect: [u64; 4]| {
        let change = OrderChange::Updated {
            price: price.map(Price::from_raw),
            trigger: trigger.map(Price::from_raw),
        };
        let mut out = intents();
        let event = update(change, OrderStatus::Accepted);
        instance.handle(&event, &mut out).unwrap();
        let heard = reported(out.items());
        assert_eq!((heard[0], &heard[1..5]), (8, &expect[..]));
    };
    check(None, None, [0, 0, 0, 0]);
    check(Some(7), None, [1, 7, 0, 0]);
    check(None, Some(0), [0, 0, 1, 0]);
    check(Some(7), Some(-1), [1, 7, 1, u64::MAX]);
}

#[test]
fn open_orders_come_with_their_trigger_tag_and_list() {
    let order = Order {
        id: OrderId::from_number(9),
        strategy: StrategyId::new(0),
        account: AccountId::new(0),
        instrument: InstrumentId::new(3),
        side: Side::Sell,
        kind: OrderKind::stop_market(Price::from_raw(70)),
        quantity: Quantity::from_raw(5),
        time_in_force: TimeInForce::Gtc,
        terms: Terms {
            tag: "stop".parse().unwrap(),
            position: Some(PositionId::opened_by(OrderId::from_number(6))),
            ..Terms::default()
        },
        intent: 0,
        list: Some(OrderId::from_number(8)),
        parent: None,
        algorithm: None,
        // Trailed from where it began.
        trigger: Some(Price::from_raw(77)),
        status: OrderStatus::Accepted,
        filled: Quantity::from_raw(2),
        filled_value: Money::ZERO,
        ts_created: Timestamp::ZERO,
        expires: Timestamp::MAX,
    };
    let read = |load: &str| format!("(global.set $seen ({load})) {REPORT}");
    let parts = [
        "i64.load offset=24 (local.get $orders)",
        "i64.load8_u offset=32 (local.get $orders)",
        "i64.load8_u offset=48 (local.get $orders)",
        "i64.load offset=56 (local.get $orders)",
        "i64.load8_u (i32.load offset=68 (local.get $orders))",
        "i64.load32_u offset=72 (local.get $orders)",
        "i64.load8_u offset=80 (local.get $orders)",
        "i64.load offset=88 (local.get $orders)",
        "i64.load8_u offset=96 (local.get $orders)",
        "i64.load offset=104 (local.get $orders)",
    ];
    let body: String = parts.into_iter().map(read).collect();
    let plugin = Plugin::new().items(SEEN).with("on-start", &body);
    let admitted = admit(&plugin);
    let mut instance = admitted.instantiate(config(Limits::default())).unwrap();
    let snapshot = StartSnapshot {
        orders: vec![order],
        ..fresh()
    };
    let mut out = intents();
    instance.start(&snapshot, &mut out).unwrap();
    let first_letter = u64::from(b's');
    assert_eq!(
        reported(out.items()),
        [2, 0, 1, 77, first_letter, 4, 1, 8, 1, 6]
    );
}
