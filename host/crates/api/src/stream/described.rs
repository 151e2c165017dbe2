//! The examples of `docs/asyncapi.json` are what is written and read here.

use super::CODES;
use super::authentication::First;
use super::encoding::{Encoding, Frame, Head};
use crate::dto::fill::FillDto;
use crate::dto::order_names::SideName;
use crate::dto::stream::{Channel, ClientMessage, GapReason, Item, Operation, ServerMessage};
use crate::dto::text::Name;
use axum::extract::ws::Message;
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../../../docs/asyncapi.json");

fn fill() -> FillDto {
    FillDto {
        execution: "7".into(),
        order: "9-0".into(),
        strategy: "ema".into(),
        account: "paper".into(),
        instrument: "EUR/USD.SIM".into(),
        position: None,
        side: SideName::Buy,
        price: "1.10020".into(),
        quantity: "1000".into(),
        fee: "0.5".into(),
        fee_currency: Some("USD".into()),
        liquidity: Name("TAKER"),
        ts_event: "1970-01-01T00:00:01.500000000Z".into(),
        ts_event_ns: "1500000000".into(),
    }
}

/// One of each message, in the order of their numbers, with the update before.
fn messages() -> Vec<(ServerMessage, Option<u64>)> {
    let instrument = || Some("EUR/USD.SIM".to_owned());
    let (time, time_ns) = (fill().ts_event, fill().ts_event_ns);
    let hello = ServerMessage::Hello {
        protocol: 1,
        run: "run-1".into(),
        version: "0.1.0",
        sequence: 41,
        heartbeat_ms: 15_000,
    };
    let ack = ServerMessage::Ack {
        id: Some(1),
        op: Operation::Subscribe,
        channel: Channel::Fills,
        instrument: instrument(),
        resumed: false,
    };
    let snapshot = ServerMessage::Snapshot {
        channel: Channel::Fills,
        instrument: instrument(),
        sequence: 41,
        data: vec![Item::Fill(fill())],
    };
    let update = ServerMessage::Update {
        channel: Channel::Fills,
        sequence: 44,
        time: time.clone(),
        time_ns: time_ns.clone(),
        data: Box::new(Item::Fill(fill())),
    };
    let gap = ServerMessage::Gap {
        reason: GapReason::Forgotten,
        channel: Some(Channel::Fills),
        instrument: None,
        missed: None,
        sequence: 44,
        history: Some("/api/v1/history/fills"),
    };
    let heartbeat = ServerMessage::Heartbeat {
        sequence: 44,
        time,
        time_ns,
    };
    let pong = ServerMessage::Pong {
        id: Some(3),
        sequence: 44,
    };
    let error = ServerMessage::Error {
        id: Some(4),
        code: "INVALID_FIELD",
        field: Some("/channel".into()),
        reason: "must name a channel".into(),
    };
    let bye = ServerMessage::Bye {
        code: "SHUTDOWN",
        reason: "the host is stopping".into(),
    };
    vec![
        (hello, None),
        (ack, None),
        (snapshot, None),
        (update, Some(41)),
        (gap, None),
        (heartbeat, None),
        (pong, None),
        (error, None),
        (bye, None),
    ]
}

/// The type of a message. A new one makes this incomplete: it needs an example.
fn kind(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Hello { .. } => "hello",
        ServerMessage::Ack { .. } => "ack",
        ServerMessage::Pong { .. } => "pong",
        ServerMessage::Error { .. } => "error",
        ServerMessage::Snapshot { .. } => "snapshot",
        ServerMessage::Update { .. } => "update",
        ServerMessage::Gap { .. } => "gap",
        ServerMessage::Heartbeat { .. } => "heartbeat",
        ServerMessage::Bye { .. } => "bye",
    }
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn example<'a>(document: &'a Value, name: &str) -> &'a Value {
    let example = format!("/components/messages/{name}/examples/0/payload");
    document.pointer(&example).expect("an example")
}

#[test]
fn examples_of_what_is_told_are_what_is_written() {
    let document = document();
    let mut kinds = BTreeSet::new();
    for (number, (message, previous)) in (1..).zip(messages()) {
        let head = Head {
            message: number,
            previous,
        };
        let expect = example(&document, kind(&message));
        for encoding in Encoding::ALL {
            let written: Value = match encoding.body(&message).unwrap().frame(head) {
                Message::Text(text) => serde_json::from_str(&text).unwrap(),
                Message::Binary(bytes) => rmp_serde::from_slice(&bytes).unwrap(),
                other => panic!("{other:?}"),
            };
            assert_eq!(&written, expect, "{encoding:?}");
        }
        kinds.insert(kind(&message));
    }
    assert_eq!(kinds.len(), 9);
}

#[test]
fn reasons_for_closing_are_all_described() {
    let document = document();
    let described = document.pointer("/components/schemas/Bye/properties/code/enum");
    let described = described
        .and_then(Value::as_array)
        .expect("a list of codes");
    let described: BTreeSet<&str> = described.iter().filter_map(Value::as_str).collect();
    let told: BTreeSet<&str> = CODES.iter().copied().collect();
    assert_eq!(described, told);
}

#[test]
fn examples_of_what_is_asked_are_read() {
    let document = document();
    let check = |name: &str, reads: &dyn Fn(Encoding, &Frame<'_>) -> bool| {
        let example = example(&document, name);
        let (text, bytes) = (
            example.to_string(),
            rmp_serde::to_vec_named(example).unwrap(),
        );
        assert!(reads(Encoding::Json, &Frame::Text(&text)), "{name}");
        assert!(
            reads(Encoding::MessagePack, &Frame::Binary(&bytes)),
            "{name}"
        );
    };
    check("authenticate", &|encoding, frame| {
        encoding.read::<First>(frame).is_ok()
    });
    for name in ["subscribe", "unsubscribe", "ping"] {
        check(name, &|encoding, frame| {
            encoding.read::<ClientMessage>(frame).is_ok()
        });
    }
}
