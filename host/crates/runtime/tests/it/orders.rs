//! Orders through the wall: every type, term and life time, lists, and changes.

use crate::support::{
    REPORT, SEEN, admit, config, expect_fault, intents, quote, reported, running,
};
use model::{
    AlgorithmCall, Amendment, FaultKind, InstrumentId, Intent, Intents, Links, Offset, OrderId,
    OrderKind, OrderRequest, PeerRule, Peers, PositionId, Price, Quantity, Side, Strategy, Terms,
    TimeInForce, Timestamp, Trail, Trigger, TriggerBy,
};
use runtime::Limits;
use testkit::new_order::{NewOrder, at};
use testkit::plugin::Plugin;

/// Where the orders of a plugin lie.
const PLACE: u32 = 4096;

fn price(raw: i64) -> Price {
    Price::from_raw(raw)
}

fn id(n: u64) -> OrderId {
    OrderId::derive(7, n).unwrap()
}

/// A sell order for 5 units of instrument 0, with everything else as it is by default.
fn order() -> NewOrder {
    NewOrder::default()
        .byte(at::SIDE, 1)
        .number(at::QUANTITY, 5)
}

fn request(kind: OrderKind) -> OrderRequest {
    let quantity = Quantity::from_raw(5);
    let request = OrderRequest::new(InstrumentId::new(0), Side::Sell, kind, quantity);
    OrderRequest {
        id: id(0),
        ..request
    }
}

/// What a plugin that has orders in memory asks for in `on-quote`.
fn asked(orders: &[NewOrder], items: &str, body: &str) -> Vec<Intent> {
    let plugin = Plugin::new()
        .items(SEEN)
        .items(&NewOrder::data(orders, PLACE))
        .items(items)
        .with("on-quote", body);
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    out.items().to_vec()
}

#[track_caller]
fn check(order: NewOrder, expect: OrderRequest) {
    let intents = asked(&[order], "", "(drop (call $submit (i32.const 4096)))");
    assert_eq!(intents, [Intent::Submit(expect)]);
}

/// Numbers of the kind's value, in the order in which they lie.
fn kind(case: u8, numbers: &[u64]) -> NewOrder {
    let places = (at::KIND_VALUE..).step_by(8);
    let order = order().byte(at::KIND, case);
    places
        .zip(numbers)
        .fold(order, |order, (place, number)| order.number(place, *number))
}

#[test]
fn every_type_of_order_crosses_with_its_prices() {
    let (last, mark) = (TriggerBy::Last, TriggerBy::Mark);
    let trigger = |raw, by| Trigger {
        price: price(raw),
        by,
    };
    check(kind(0, &[]), request(OrderKind::Market));
    check(kind(1, &[7]), request(OrderKind::Limit { price: price(7) }));
    let stop = OrderKind::StopMarket {
        trigger: trigger(7, last),
    };
    check(kind(2, &[7, 1]), request(stop));
    let stop = OrderKind::StopLimit {
        trigger: trigger(7, mark),
        price: price(-9),
    };
    check(kind(3, &[7, 3, 9_u64.wrapping_neg()]), request(stop));
    check(kind(4, &[]), request(OrderKind::MarketToLimit));
    let touched = OrderKind::MarketIfTouched {
        trigger: trigger(7, TriggerBy::Mid),
    };
    check(kind(5, &[7, 2]), request(touched));
    let touched = OrderKind::LimitIfTouched {
        trigger: trigger(7, TriggerBy::Index),
        price: price(9),
    };
    check(kind(6, &[7, 4, 9]), request(touched));
}

#[test]
fn trails_cross_with_their_offsets() {
    let trail = Trail {
        offset: Offset::BasisPoints(25),
        activation: Some(price(8)),
        by: TriggerBy::Last,
    };
    let trailing = OrderKind::TrailingStopMarket { trail };
    check(kind(7, &[1, 25, 1, 8, 1]), request(trailing));
    let trail = Trail {
        offset: Offset::Price(price(3)),
        activation: None,
        by: TriggerBy::BidAsk,
    };
    let trailing = OrderKind::TrailingStopLimit {
        trail,
        limit: Offset::Ticks(4),
    };
    check(kind(8, &[0, 3, 0, 0, 0, 2, 4]), request(trailing));
}

#[test]
fn every_term_crosses() {
    let order = order()
        .number(at::INTENT, 42)
        .byte(at::POST_ONLY, 1)
        .byte(at::DISPLAY, 1)
        .number(at::DISPLAY_VALUE, 2)
        .byte(at::HOLD, 1)
        .number(at::HOLD_PRICE, 6)
        .byte(at::HOLD_BY, 2)
        .tag(2200, 7);
    let terms = Terms {
        post_only: true,
        display: Some(Quantity::from_raw(2)),
        hold: Some(Trigger {
            price: price(6),
            by: TriggerBy::Mid,
        }),
        tag: "entry 1".parse().unwrap(),
        ..Terms::default()
    };
    let expect = OrderRequest {
        terms,
        intent: 42,
        ..request(OrderKind::Market)
    };
    let tag = r#"(data (i32.const 2200) "entry 1")"#;
    let intents = asked(&[order], tag, "(drop (call $submit (i32.const 4096)))");
    assert_eq!(intents, [Intent::Submit(expect)]);
}

#[test]
fn a_position_crosses_with_an_order() {
    let order = order()
        .byte(at::POSITION, 1)
        .number(at::POSITION_VALUE, 4_097);
    let opener = OrderId::from_number(4_097);
    let terms = Terms {
        position: Some(PositionId::opened_by(opener)),
        ..Terms::default()
    };
    check(order, request(OrderKind::Market).with(terms));
}

/// An order, the name of an algorithm and parameters, as `submit-by` finds them in memory.
fn handed_over(parameters: u32) -> String {
    let order = NewOrder::data(&[order()], PLACE);
    let end = PLACE + u32::try_from(NewOrder::SIZE).unwrap();
    format!(
        r#"{order} (data (i32.const 2200) "twapslices4")
        (data (i32.const {end}) "\98\08\00\00\04\00\00\00\bc\08\00\00\{parameters:02x}\00\00\00")
        (data (i32.const 2236) "\9c\08\00\00\06\00\00\00\a2\08\00\00\01\00\00\00")"#
    )
}

#[test]
fn an_order_is_handed_to_an_algorithm_with_its_parameters() {
    let body = "(drop (call $submit-by (i32.const 4096)))";
    let parameters = [("slices".to_owned(), "4".to_owned())];
    for count in [0, 1_u32] {
        let call = AlgorithmCall {
            name: "twap".to_owned(),
            parameters: parameters[..count as usize].to_vec(),
        };
        let intents = asked(&[], &handed_over(count), body);
        assert_eq!(intents, [Intent::Work(request(OrderKind::Market), call)]);
    }
}

#[test]
fn each_flag_is_its_own() {
    let with = |place, terms| {
        let market = request(OrderKind::Market);
        check(order().byte(place, 1), OrderRequest { terms, ..market });
    };
    let none = Terms::default();
    with(
        at::POST_ONLY,
        Terms {
            post_only: true,
            ..none
        },
    );
    with(
        at::REDUCE_ONLY,
        Terms {
            reduce_only: true,
            ..none
        },
    );
    with(
        at::QUOTE_QUANTITY,
        Terms {
            quote_quantity: true,
            ..none
        },
    );
}

#[test]
fn every_life_time_crosses_in_both_kinds_of_call() {
    let until = TimeInForce::Gtd(Timestamp::from_nanos(77));
    let all = [
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::Day,
        until,
        TimeInForce::AtTheOpen,
        TimeInForce::AtTheClose,
    ];
    for (case, time_in_force) in (0_u8..).zip(all) {
        let order = order().byte(at::TIF, case).number(at::TIF_VALUE, 77);
        check(order, request(OrderKind::Market).lasting(time_in_force));
        let flat = format!(
            "(drop (call $submit-market (i32.const 0) (i32.const 1) (i64.const 5)
               (i32.const {case}) (i64.const 77) (i64.const 0)))"
        );
        let expect = request(OrderKind::Market).lasting(time_in_force);
        assert_eq!(asked(&[], "", &flat), [Intent::Submit(expect)]);
    }
}

#[test]
fn a_list_keeps_its_links_and_gets_ids_in_a_row() {
    let exit = order()
        .byte(at::PARENT, 1)
        .byte(at::PARENT_VALUE, 0)
        .byte(at::PEERS, 1)
        .byte(at::GROUP, 3);
    let orders = [order(), exit.byte(at::RULE, 0), exit.byte(at::RULE, 1)];
    let body = format!(
        "(drop (call $submit-market (i32.const 0) (i32.const 1) (i64.const 5) (i32.const 0)
           (i64.const 0) (i64.const 0)))
         (global.set $seen (call $submit-list (i32.const 4096) (i32.const 3))) {REPORT}"
    );
    let intents = asked(&orders, "", &body);
    let member = |n, links| OrderRequest {
        id: id(n),
        terms: Terms {
            links,
            ..Terms::default()
        },
        ..request(OrderKind::Market)
    };
    let exit = |rule| Links {
        parent: Some(0),
        peers: Some(Peers { group: 3, rule }),
    };
    let expect = vec![
        member(1, Links::default()),
        member(2, exit(PeerRule::Cancel)),
        member(3, exit(PeerRule::Reduce)),
    ];
    assert_eq!(intents[1], Intent::SubmitList(expect));
    assert_eq!(reported(&intents), [id(1).number()]);
}

#[test]
fn an_empty_list_is_no_list() {
    let body = "(global.set $seen (i64.const 5))
        (global.set $seen (call $submit-list (i32.const 4096) (i32.const 0)))";
    let intents = asked(&[], "", &format!("{body} {REPORT}"));
    assert_eq!((intents.len(), reported(&intents)), (1, vec![0]));
}

#[test]
fn a_list_that_no_longer_fits_is_refused_whole() {
    let body = format!(
        "(global.set $seen (call $submit-list (i32.const 4096) (i32.const 3))) {REPORT}
         (global.set $seen (call $submit-list (i32.const 4096) (i32.const 2))) {REPORT}"
    );
    let plugin = Plugin::new()
        .items(SEEN)
        .items(&NewOrder::data(&[order(); 3], PLACE))
        .with("on-quote", &body);
    let mut instance = running(&admit(&plugin), Limits::default());
    let before_last = id(OrderId::PER_SEQUENCE - 2);
    let mut out = Intents::new(Timestamp::ZERO, before_last);
    instance.handle(&quote(1), &mut out).unwrap();
    assert_eq!(reported(out.items()), [0, before_last.number()]);
    assert_eq!(instance.usage().refused_orders, 3);
}

#[test]
fn changes_name_what_changes() {
    let modify = |quantity: u8, price: u8, trigger: u8| {
        let body = format!(
            "(call $modify (i64.const 9) (i32.const {quantity}) (i64.const 3)
               (i32.const {price}) (i64.const -4) (i32.const {trigger}) (i64.const 5))"
        );
        asked(&[], "", &body)
    };
    let none = Amendment {
        order: OrderId::from_number(9),
        quantity: None,
        price: None,
        trigger: None,
    };
    let check = |got: Vec<Intent>, expect| assert_eq!(got, [Intent::Modify(expect)]);
    check(modify(0, 0, 0), none);
    let all = Amendment {
        quantity: Some(Quantity::from_raw(3)),
        price: Some(price(-4)),
        trigger: Some(price(5)),
        ..none
    };
    check(modify(1, 1, 1), all);
    let trigger = Some(price(5));
    check(modify(0, 0, 1), Amendment { trigger, ..none });
}

#[test]
fn neither_orders_nor_changes_belong_in_init() {
    let check = |body: &str, function: &str| {
        let plugin = Plugin::new().with("init", &format!("{body} (i32.const 1088)"));
        let result = admit(&plugin).instantiate(config(Limits::default()));
        let text = format!("`{function}` cannot be called in init; do it in `on-start` or later");
        expect_fault(result, FaultKind::BadOutput, &text);
    };
    check("(drop (call $submit (i32.const 4096)))", "submit");
    check(
        "(drop (call $submit-list (i32.const 4096) (i32.const 1)))",
        "submit-list",
    );
    let modify = "(call $modify (i64.const 9) (i32.const 0) (i64.const 0) (i32.const 0)
        (i64.const 0) (i32.const 0) (i64.const 0))";
    check(modify, "modify");
}
