//! A venue outside the engine behind its port: messages go out after the journal, reports come in,
//! and a connector that takes nothing more shuts the venue instead of holding anybody up.

use crate::stand::{Stand, ticket};
use engine::{Ambiguity, Definition, ExternalVenue, Standing};
use model::{
    AccountId, DenyCode, InstrumentId, Liquidity, OrderId, OrderKind, OrderStatus, Outbound,
    OutboundCommand, Quantity, Side, Timestamp, VenueExecution, VenueId, VenuePosition,
    VenueReport, VenueReportKind, VenueSnapshot,
};
use services::handle::{HostError, OrderTicket, Queries};
use services::host::HostConfig;
use services::venue::{VENUE_QUEUE, Venue, VenueLink};
use services::view::OutsideView;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Hands on what it is sent.
struct Fake(Sender<Outbound>);

impl Venue for Fake {
    fn send(&mut self, message: Outbound) {
        // The test may have ended.
        let _gone = self.0.send(message);
    }
}

/// Takes one message and never comes back from it.
struct Stuck(Receiver<()>);

impl Venue for Stuck {
    fn send(&mut self, _: Outbound) {
        let _waits = self.0.recv();
    }
}

fn outside(config: &mut HostConfig) {
    for definition in &mut config.definitions {
        if let Definition::Venue(venue) = definition {
            venue.external = Some(ExternalVenue::default());
        }
    }
}

fn resting() -> OrderTicket {
    OrderTicket {
        kind: OrderKind::Limit {
            price: "50".parse().unwrap(),
        },
        ..ticket(Side::Buy, 4)
    }
}

fn next(messages: &Receiver<Outbound>) -> Outbound {
    messages.recv_timeout(Duration::from_secs(30)).unwrap()
}

fn report(order: OrderId, kind: VenueReportKind, ts_event: Timestamp) -> VenueReport {
    VenueReport {
        venue: VenueId::new(0),
        account: AccountId::new(0),
        order: Some(order),
        venue_order: None,
        kind,
        ts_event,
    }
}

/// Answers the request for a snapshot that comes next: nothing is held but this.
fn agree(link: &VenueLink, messages: &Receiver<Outbound>, as_of: Timestamp, units: i64) {
    let asked = next(messages);
    assert!(matches!(asked.command, OutboundCommand::Snapshot { .. }));
    let snapshot = VenueSnapshot {
        venue: link.venue(),
        account: asked.account,
        request: asked.number,
        as_of,
        orders: Vec::new(),
        executions: Vec::new(),
        positions: vec![VenuePosition {
            instrument: InstrumentId::new(0),
            quantity: Quantity::whole(units).unwrap().long(),
            average_price: None,
        }],
        balances: Vec::new(),
    };
    link.snapshot(snapshot).unwrap();
}

async fn until(stand: &Stand, order: OrderId, status: OrderStatus) {
    while stand.host.order(order).unwrap().status != status {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until readers are shown that it stands so with the venue.
async fn shows(stand: &Stand, so: impl Fn(&OutsideView) -> bool) -> OutsideView {
    loop {
        let venues = stand.host.venues();
        let outside = venues[0].outside.clone().unwrap();
        if so(&outside) {
            return outside;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_to_the_connector_and_moves_by_its_reports() {
    let mut stand = Stand::with(outside);
    stand.quotes(1).await;
    let (sender, messages) = channel();
    let link = stand.host.attach_venue("SIM", Fake(sender)).unwrap();
    let early = stand.host.place_order(resting()).await.unwrap();
    assert_eq!(early.status, OrderStatus::Denied);
    link.set_connected(true).unwrap();
    let now = stand.host.engine().time;
    agree(&link, &messages, now, 0);
    let order = stand.host.place_order(resting()).await.unwrap();
    assert_eq!(order.status, OrderStatus::Submitted);
    let sent = next(&messages);
    assert_eq!(sent.command.order(), Some(order.id));
    link.report(report(order.id, VenueReportKind::Accepted, now))
        .unwrap();
    until(&stand, order.id, OrderStatus::Accepted).await;
    let execution = VenueExecution {
        id: "e1".parse().unwrap(),
        revision: 0,
        instrument: InstrumentId::new(0),
        side: Side::Buy,
        price: "50".parse().unwrap(),
        quantity: Quantity::whole(4).unwrap(),
        fee: None,
        liquidity: Liquidity::Maker,
    };
    let filled = VenueReportKind::Filled(execution);
    link.report(report(order.id, filled.clone(), now)).unwrap();
    link.report(report(order.id, filled, now)).unwrap();
    until(&stand, order.id, OrderStatus::Filled).await;
    stand.host.reconcile_venue("SIM").await.unwrap();
    agree(&link, &messages, now, 4);
    assert_eq!(stand.host.fills().len(), 1);
    shows(&stand, |outside| {
        outside.connected && outside.accounts[0].standing == Standing::Reconciled
    })
    .await;
    // What the venue says it holds is another position, and then it is gone.
    stand.host.reconcile_venue("SIM").await.unwrap();
    agree(&link, &messages, now, 3);
    let outside = shows(&stand, |outside| {
        outside.accounts[0].standing == Standing::Differs
    })
    .await;
    let standing = &outside.accounts[0];
    assert_eq!(standing.compared, Some(standing.since));
    let [difference] = &standing.differences[..] else {
        panic!("{standing:?}");
    };
    let held = |units| Quantity::whole(units).unwrap().long();
    assert_eq!((difference.ours, difference.theirs), (held(4), held(3)));
    assert_eq!(outside.ruled[&Ambiguity::DuplicateExecution], 1);
    link.set_connected(false).unwrap();
    let outside = shows(&stand, |outside| !outside.connected).await;
    assert_eq!(outside.accounts[0].standing, Standing::Unknown);
    drop(link);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_takes_nothing_more_shuts_its_venue_and_nobody_waits() {
    let mut stand = Stand::with(outside);
    stand.quotes(1).await;
    let (release, stuck) = channel();
    let (sender, messages) = channel();
    let link = stand.host.attach_venue("SIM", Fake(sender)).unwrap();
    link.set_connected(true).unwrap();
    let now = stand.host.engine().time;
    agree(&link, &messages, now, 0);
    // From now on nobody takes anything.
    stand.host.reconcile_venue("SIM").await.unwrap();
    let asked = next(&messages);
    assert!(matches!(asked.command, OutboundCommand::Snapshot { .. }));
    let link = stand.host.attach_venue("SIM", Stuck(stuck)).unwrap();
    link.set_connected(true).unwrap();
    for _ in 0..VENUE_QUEUE + 2 {
        // Each makes the venue be asked anew, and nobody answers.
        link.set_connected(false).unwrap();
        link.set_connected(true).unwrap();
    }
    let denied = loop {
        match stand.host.place_order(resting()).await {
            // What was said of the connection still waits.
            Err(HostError::Busy) => tokio::task::yield_now().await,
            placed => break placed.unwrap(),
        }
    };
    assert_eq!(denied.status, OrderStatus::Denied);
    // That one may have been judged together with what fills the queue; by the next the queue was full.
    let before = stand.host.denials(DenyCode::Latch);
    let denied = stand.host.place_order(resting()).await.unwrap();
    assert_eq!(denied.status, OrderStatus::Denied);
    assert_eq!(stand.host.denials(DenyCode::Latch), before + 1);
    drop(release);
    drop(link);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_venues_outside_have_connectors_and_are_reconciled() {
    let stand = Stand::new();
    let (sender, _messages) = channel();
    let refused = stand.host.attach_venue("SIM", Fake(sender.clone()));
    assert!(matches!(refused.err(), Some(HostError::Conflict(_))));
    let unknown = stand.host.attach_venue("MARS", Fake(sender));
    assert!(matches!(unknown.err(), Some(HostError::NotFound { .. })));
    let refused = stand.host.reconcile_venue("SIM").await;
    assert!(matches!(refused, Err(HostError::Conflict(_))));
    stand.end().await;
}
