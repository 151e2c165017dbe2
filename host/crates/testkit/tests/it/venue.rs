//! The fake venue's own rules, by hand.

use model::{
    AccountId, Duration, InstrumentId, OrderId, OrderKind, OrderRequest, Outbound, OutboundCommand,
    Price, Quantity, Side, TimeInForce, Timestamp, VenueId, VenueReportKind,
};
use testkit::venue::{FakeVenue, Listing, Moods, Said};

const ACCOUNT: AccountId = AccountId::new(0);
const TRADED: InstrumentId = InstrumentId::new(0);

struct Desk {
    venue: FakeVenue,
    messages: u64,
}

impl Desk {
    /// A venue that trades at 100.
    fn new() -> Self {
        let listing = Listing {
            instrument: TRADED,
            tick: Price::from_raw(1),
            lot: Quantity::ONE,
        };
        let mut venue = FakeVenue::new(VenueId::new(0), 1, Moods::default(), &[listing]);
        venue.pass(Timestamp::from_nanos(1_000));
        venue.trade(TRADED, Price::from_raw(100));
        Self { venue, messages: 0 }
    }

    fn ask(&mut self, command: OutboundCommand) -> Vec<Said> {
        self.messages += 1;
        self.venue.take(&Outbound {
            number: self.messages,
            venue: VenueId::new(0),
            account: ACCOUNT,
            command,
        });
        self.venue.hear()
    }

    fn insert(&mut self, request: OrderRequest) -> Vec<&'static str> {
        let said = self.ask(OutboundCommand::Insert(request));
        said.iter().map(word).collect()
    }

    fn held(&self) -> i128 {
        let held = self.venue.positions();
        held.get(&(ACCOUNT, TRADED)).copied().unwrap_or(0)
    }
}

fn word(said: &Said) -> &'static str {
    let Said::Report(report) = said else {
        return "snapshot";
    };
    match report.kind {
        VenueReportKind::Accepted => "accepted",
        VenueReportKind::Rejected { .. } => "rejected",
        VenueReportKind::Filled(_) => "filled",
        VenueReportKind::Canceled => "canceled",
        VenueReportKind::CancelRejected { .. } => "uncancelled",
        VenueReportKind::Expired => "expired",
        VenueReportKind::State { .. } => "state",
        VenueReportKind::Unknown { .. } => "unknown",
        _ => "other",
    }
}

fn order(n: u64, side: Side, kind: OrderKind, lots: u64) -> OrderRequest {
    let quantity = Quantity::from_raw(lots * Quantity::SCALE);
    let mut request = OrderRequest::new(TRADED, side, kind, quantity);
    request.id = OrderId::derive(1, n).unwrap();
    request
}

fn limit(raw: i64) -> OrderKind {
    OrderKind::Limit {
        price: Price::from_raw(raw),
    }
}

#[test]
fn a_market_order_fills_whole_and_an_order_sent_twice_is_noticed() {
    let mut desk = Desk::new();
    let buy = order(0, Side::Buy, OrderKind::Market, 10);
    let said = desk.insert(buy);
    assert_eq!(said[0], "accepted");
    assert!(said[1..].iter().all(|word| *word == "filled"), "{said:?}");
    assert_eq!(desk.held(), 10 * i128::from(Quantity::SCALE));
    assert_eq!(desk.insert(buy), Vec::<&str>::new());
    assert_eq!(desk.venue.sent_twice(), [buy.id]);
    assert_eq!(desk.held(), 10 * i128::from(Quantity::SCALE));
}

#[test]
fn what_does_not_rest_is_cancelled_and_what_posts_does_not_take() {
    let mut desk = Desk::new();
    let ioc = order(0, Side::Buy, limit(90), 5).lasting(TimeInForce::Ioc);
    assert_eq!(desk.insert(ioc), ["accepted", "canceled"]);
    let mut posts = order(1, Side::Buy, limit(100), 5);
    posts.terms.post_only = true;
    assert_eq!(desk.insert(posts), ["rejected"]);
    let fok = order(2, Side::Buy, limit(100), 5).lasting(TimeInForce::Fok);
    assert_eq!(desk.insert(fok), ["accepted", "filled"]);
}

#[test]
fn what_may_only_reduce_takes_no_more_than_is_held() {
    let mut desk = Desk::new();
    desk.insert(order(0, Side::Buy, OrderKind::Market, 3));
    let mut reduces = order(1, Side::Sell, OrderKind::Market, 10);
    reduces.terms.reduce_only = true;
    let said = desk.insert(reduces);
    assert_eq!(said.last(), Some(&"canceled"), "{said:?}");
    assert_eq!(desk.held(), 0);
}

#[test]
fn time_ends_an_order_and_answers_tell_of_it() {
    let mut desk = Desk::new();
    let until = desk.venue.now().after(Duration::from_secs(1));
    let lasting = order(0, Side::Buy, limit(10), 5).lasting(TimeInForce::Gtd(until));
    assert_eq!(desk.insert(lasting), ["accepted"]);
    desk.venue.pass(until);
    assert_eq!(
        desk.venue.hear().iter().map(word).collect::<Vec<_>>(),
        ["expired"]
    );
    let ask = |order| OutboundCommand::Query {
        order: Some(order),
        venue_order: None,
    };
    let never = OrderId::derive(9, 9).unwrap();
    assert_eq!(word(&desk.ask(ask(lasting.id))[0]), "state");
    assert_eq!(word(&desk.ask(ask(never))[0]), "unknown");
    let cancel = OutboundCommand::Cancel {
        order: Some(lasting.id),
        venue_order: None,
    };
    assert_eq!(word(&desk.ask(cancel)[0]), "uncancelled");
}

#[test]
fn a_snapshot_shows_what_was_made_or_revised_since() {
    let mut desk = Desk::new();
    desk.insert(order(0, Side::Buy, OrderKind::Market, 1));
    let seen = desk.venue.now();
    let shown = |desk: &mut Desk| {
        let said = desk.ask(OutboundCommand::Snapshot { since: seen });
        match said.into_iter().next() {
            Some(Said::Snapshot(snapshot)) => *snapshot,
            other => panic!("{other:?}"),
        }
    };
    let calm = shown(&mut desk);
    assert_eq!((calm.executions.len(), calm.positions.len()), (0, 1));
    desk.venue.revise_any();
    assert_eq!(desk.venue.hear().len(), 1);
    let revised = shown(&mut desk);
    assert_eq!(revised.executions.len(), 1);
    assert_eq!(revised.executions[0].execution.revision, 1);
    assert!(revised.as_of > calm.as_of);
    let busted = revised.executions[0].busted;
    assert_eq!(revised.positions.is_empty(), busted);
}
