//! The stream of a host by way of another process: the same messages, and a loss that is told. What lies between is
//! carried by hand here.

use crate::fake::{EURUSD, Fake, fill, quote};
use crate::fake_values::book;
use crate::identity_desk::Desk;
use crate::stream_client::{Client, Server};
use api::{FanOut, FanOutReach, Outlet, StreamSettings, serve_fan_out};
use serde_json::Value;
use services::handle::Queries;
use services::view::Change;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const PAUSE: Duration = Duration::from_millis(2);

/// What a carrier does.
#[derive(Default)]
pub(crate) struct Carrier {
    /// Whether it loses entries instead.
    pub(crate) loses: AtomicBool,
    /// Updates that it lost.
    lost: AtomicUsize,
}

/// A host, a process that serves its stream, and the carrier between them.
async fn two() -> (Server, Server, Arc<Carrier>) {
    let far = FanOut::new(StreamSettings::default());
    two_of(None, (far, FanOutReach::default())).await
}

/// The same where the host has these people, and the process is this.
pub(crate) async fn two_of(
    desk: Option<&Desk>,
    (far, reach): (FanOut, FanOutReach),
) -> (Server, Server, Arc<Carrier>) {
    let host = Fake::new();
    let mut outlet = None;
    let near = Server::over(host.clone(), StreamSettings::default(), |api| {
        let api = api.with_identity(desk.map(|desk| desk.guarded.clone()));
        outlet = Some(api.outlet());
        api
    })
    .await;
    let carrier = Arc::new(Carrier::default());
    tokio::spawn(carry(outlet.unwrap(), far.clone(), carrier.clone()));
    while !far.is_ready() {
        tokio::time::sleep(PAUSE).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move {
        let _dropped_means_stop_too = stopped.await;
    };
    let bus = Arc::new(|| api::BusView {
        state: "CONNECTED",
        published: 0,
        error: None,
    });
    let far = Server {
        host,
        address,
        stop: Some(stop),
        task: tokio::spawn(serve_fan_out(listener, (far, reach), bus, shutdown)),
    };
    (near, far, carrier)
}

async fn carry(mut outlet: Outlet<Fake>, far: FanOut, carrier: Arc<Carrier>) {
    let mut values = BTreeMap::new();
    far.is_caught_up(true);
    loop {
        let telling = outlet.next(&far.asks());
        for value in telling.values {
            values.insert(value.name, value.text);
        }
        for entry in telling.entries {
            if carrier.loses.load(Ordering::Relaxed) {
                let is_update = entry.head.contains("\"update\"");
                carrier
                    .lost
                    .fetch_add(usize::from(is_update), Ordering::Relaxed);
                continue;
            }
            if let Some(name) = far.hear(&entry.head, &entry.body).unwrap() {
                far.value(&name, &values[&name]).unwrap();
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// But for what is each connection's own.
fn shared(mut message: Value) -> Value {
    message.as_object_mut().unwrap().remove("message");
    message
}

async fn updates(client: &mut Client, count: usize) -> Vec<Value> {
    let mut updates = Vec::new();
    for _ in 0..count {
        updates.push(shared(client.expect("update").await));
    }
    updates.sort_by_key(|update| update["sequence"].as_u64());
    updates
}

#[tokio::test]
async fn clients_do_not_notice_by_whom_they_are_told() {
    let (near, far, _) = two().await;
    for encoding in ["argonaut.v1.json", "argonaut.v1.msgpack"] {
        let mut ours = near.connect_by(encoding).await.unwrap();
        let mut theirs = far.connect_by(encoding).await.unwrap();
        let hello = shared(ours.expect("hello").await);
        assert_eq!(shared(theirs.expect("hello").await), hello);
        for channel in api::channels()
            .iter()
            .filter(|channel| !["audit", "approvals", "jobs"].contains(channel))
        {
            let wish = format!(r#""channel":"{channel}""#);
            let snapshot = shared(ours.subscribe(&wish).await);
            assert_eq!(shared(theirs.subscribe(&wish).await), snapshot, "{channel}");
        }
        let jobs = r#"{"op":"subscribe","channel":"jobs"}"#;
        theirs.send(jobs).await;
        let refused = theirs.expect("error").await;
        assert_eq!(refused["code"], "NOT_TOLD_HERE");
        let wish = r#""channel":"orders","instrument":"EUR/USD.SIM""#;
        let snapshot = shared(ours.subscribe(wish).await);
        assert_eq!(shared(theirs.subscribe(wish).await), snapshot);
        near.host.publish(Change::Fill(fill(2)));
        near.host.publish(Change::Quote(quote(EURUSD, "1.3")));
        // Told at once with the quote, and not instead of it.
        let known = Some(Arc::new(book(EURUSD, "1.3")));
        near.host.publish(Change::Book(EURUSD, known));
        near.host.publish(Change::Engine(near.host.engine()));
        // With the engine's numbers comes what is owned.
        assert_eq!(updates(&mut theirs, 5).await, updates(&mut ours, 5).await);
    }
}

#[tokio::test]
async fn a_loss_on_the_way_is_told_with_a_fresh_snapshot() {
    let (near, far, carrier) = two().await;
    let mut client = far.connect().await;
    let begin = client.snapshot("fills").await;
    let begin = begin["sequence"].as_u64().unwrap();
    carrier.loses.store(true, Ordering::Relaxed);
    let before = carrier.lost.load(Ordering::Relaxed);
    near.host.publish(Change::Fill(fill(2)));
    while carrier.lost.load(Ordering::Relaxed) == before {
        tokio::time::sleep(PAUSE).await;
    }
    carrier.loses.store(false, Ordering::Relaxed);
    near.host.publish(Change::Fill(fill(3)));
    let gap = client.expect("gap").await;
    assert_eq!(gap["reason"], "OVERRUN");
    assert_eq!(gap["channel"], "fills");
    let snapshot = client.expect("snapshot").await["sequence"]
        .as_u64()
        .unwrap();
    assert!(snapshot >= begin + 2, "{snapshot} after {begin}");
    near.host.publish(Change::Fill(fill(4)));
    let update = client.expect("update").await;
    assert_eq!(update["previous"], snapshot);
    assert_eq!(update["data"]["execution"], "4");
    // What came after the loss is remembered.
    let mut again = far.connect().await;
    again.expect("hello").await;
    let ack = again.resume(r#""channel":"fills""#, snapshot).await;
    assert_eq!(ack["resumed"], true);
    assert_eq!(again.expect("update").await["data"]["execution"], "4");
    let ack = again.resume(r#""channel":"orders""#, begin).await;
    assert_eq!(ack["resumed"], false);
    assert_eq!(again.expect("gap").await["reason"], "FORGOTTEN");
}

#[tokio::test]
async fn whatever_is_asked_is_answered_once_however_much_it_is() {
    let mut outlet = None;
    let _near = Server::over(Fake::new(), StreamSettings::default(), |api| {
        outlet = Some(api.outlet());
        api
    })
    .await;
    let mut outlet = outlet.unwrap();
    let ask = |number: u32| format!(r#"{{"channel":"orders","instrument":{number}}}"#);
    let asked: Vec<String> = (0..500).map(ask).collect();
    let mut waits = [asked.clone(), vec!["no question".to_owned()], asked.clone()].concat();
    let mut answered = Vec::new();
    while answered.len() < asked.len() {
        let telling = outlet.next(&std::mem::take(&mut waits));
        let names = telling.values.into_iter().map(|value| value.name);
        let before = answered.len();
        answered.extend(names.filter(|name| name != "names"));
        assert!(answered.len() > before, "one at least in each turn");
    }
    answered.sort();
    let mut expect = asked;
    expect.sort();
    assert_eq!(answered, expect);
    assert!(outlet.takes_more());
}
