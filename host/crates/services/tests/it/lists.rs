//! Lists and changes by hand: what readers see of them, and that a replay makes the same of them.

use crate::stand::{Stand, received, ticket};
use engine::Definition;
use model::{
    Amendment, DenyCode, Duration, Links, Order, OrderChange, OrderId, OrderKind, OrderStatus,
    PeerRule, Peers, Price, Side, Terms, TimeInForce, Trigger, TriggerBy,
};
use services::handle::{HostError, OrderTicket, Queries};
use services::view::Change;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn limit(side: Side, at: &str) -> OrderTicket {
    OrderTicket {
        kind: OrderKind::Limit { price: price(at) },
        ..ticket(side, 3)
    }
}

/// An exit of the list's first order, in a group with the others.
fn exit(kind: OrderKind) -> OrderTicket {
    let peers = Some(Peers {
        group: 1,
        rule: PeerRule::Reduce,
    });
    let links = Links {
        parent: Some(0),
        peers,
    };
    OrderTicket {
        kind,
        terms: Terms {
            links,
            reduce_only: true,
            ..Terms::default()
        },
        ..ticket(Side::Sell, 3)
    }
}

fn change(order: OrderId, price: Option<&str>, quantity: Option<&str>) -> Amendment {
    Amendment {
        order,
        quantity: quantity.map(|text| text.parse().unwrap()),
        price: price.map(self::price),
        trigger: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bracket_opens_and_closes_a_position() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let bracket = vec![
        ticket(Side::Buy, 3),
        exit(OrderKind::stop_market(price("50"))),
        exit(OrderKind::Limit {
            price: price("100.10"),
        }),
    ];
    let orders = stand.host.place_list(bracket).await.unwrap();
    let first = orders[0].id;
    let statuses = |orders: &[Order]| orders.iter().map(|order| order.status).collect::<Vec<_>>();
    let placed = [
        OrderStatus::Submitted,
        OrderStatus::Emulated,
        OrderStatus::Emulated,
    ];
    assert_eq!(statuses(&orders), placed);
    assert!(orders.iter().all(|order| order.list == Some(first)));
    // The bid is at 100.10 with the tenth quote.
    stand.quotes(20).await;
    let shown: Vec<_> = orders
        .iter()
        .map(|order| stand.host.order(order.id).unwrap())
        .collect();
    let done = [
        OrderStatus::Filled,
        OrderStatus::Canceled,
        OrderStatus::Filled,
    ];
    assert_eq!(statuses(&shown), done);
    let links = shown[2].terms.links;
    assert_eq!((shown[2].list, links.parent), (Some(first), Some(0)));
    assert!(stand.host.positions()[0].state.quantity.is_zero());
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_a_wrong_name_is_refused_by_its_place_and_one_that_is_denied_falls_whole() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let mut strange = limit(Side::Buy, "90");
    strange.instrument = "NOPE".to_owned();
    let named = stand
        .host
        .place_list(vec![limit(Side::Buy, "90"), strange])
        .await;
    let Err(HostError::InList { place: 1, error }) = named else {
        panic!("{named:?}");
    };
    assert!(matches!(
        *error,
        HostError::NotFound {
            what: "instrument",
            ..
        }
    ));
    assert_eq!(stand.host.orders(), []);

    let mut updates = stand.host.subscribe();
    let off_the_grid = limit(Side::Buy, "90.005");
    let list = vec![limit(Side::Buy, "90"), off_the_grid, limit(Side::Buy, "91")];
    let orders = stand.host.place_list(list).await.unwrap();
    assert!(
        orders
            .iter()
            .all(|order| order.status == OrderStatus::Denied)
    );
    let codes: Vec<_> = received(&mut updates)
        .iter()
        .filter_map(|update| match &update.change {
            Change::Order(step, ..) => Some(step.change),
            _ => None,
        })
        .collect();
    let expect = [DenyCode::List, DenyCode::Price, DenyCode::List].map(OrderChange::Denied);
    assert_eq!(codes, expect);
    assert_eq!(stand.host.place_list(Vec::new()).await, Ok(Vec::new()));
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_changed_once_at_a_time() {
    let mut stand = Stand::with(|config| {
        for definition in &mut config.definitions {
            if let Definition::Venue(venue) = definition {
                venue.latency.modify = Duration::from_millis(2);
            }
        }
    });
    stand.quotes(1).await;
    let id = stand
        .host
        .place_order(limit(Side::Buy, "90"))
        .await
        .unwrap()
        .id;
    stand.quotes(2).await;
    let modify = async |price, quantity| stand.host.modify_order(change(id, price, quantity)).await;
    let pending = modify(Some("91"), None).await.unwrap();
    assert_eq!(pending.status, OrderStatus::PendingUpdate);
    assert_eq!(pending.kind.price(), Some(price("90")), "not answered yet");
    assert!(matches!(
        modify(Some("92"), None).await,
        Err(HostError::Conflict(_))
    ));
    stand.quotes(3).await;
    let order = stand.host.order(id).unwrap();
    assert_eq!(
        (order.status, order.kind.price()),
        (OrderStatus::Accepted, Some(price("91")))
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_an_order_has_not_leaves_it_as_it_was() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let placed = stand
        .host
        .place_order(limit(Side::Buy, "91"))
        .await
        .unwrap();
    let id = placed.id;
    stand.quotes(2).await;
    let order = stand.host.order(id).unwrap();
    let modify = async |price, quantity| stand.host.modify_order(change(id, price, quantity)).await;
    let code = DenyCode::Price;
    assert_eq!(
        modify(Some("91.005"), None).await,
        Err(HostError::Denied {
            code,
            reason: code.reason().to_owned()
        })
    );
    let nothing = modify(None, Some("0")).await;
    assert!(matches!(
        nothing,
        Err(HostError::Disagrees {
            field: "quantity",
            ..
        })
    ));
    let same = modify(Some("91"), None).await;
    assert!(matches!(same, Err(HostError::Conflict(_))), "{same:?}");
    let trigger = Amendment {
        trigger: Some(price("95")),
        ..change(id, None, None)
    };
    let trigger = stand.host.modify_order(trigger).await;
    assert!(matches!(
        trigger,
        Err(HostError::Disagrees {
            field: "trigger",
            ..
        })
    ));
    assert_eq!(stand.host.order(id).unwrap(), order, "it stays as it was");

    stand.host.cancel_order(id).await.unwrap();
    let modify = async |id| stand.host.modify_order(change(id, Some("92"), None)).await;
    assert!(matches!(modify(id).await, Err(HostError::Conflict(_))));
    let unknown = OrderId::derive(9_999_999, 0).unwrap();
    assert!(matches!(
        modify(unknown).await,
        Err(HostError::NotFound { what: "order", .. })
    ));
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_every_term_of_an_order() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let hold = Trigger {
        price: price("95"),
        by: TriggerBy::Last,
    };
    let terms = Terms {
        post_only: true,
        display: Some("1".parse().unwrap()),
        hold: Some(hold),
        tag: "entry".parse().unwrap(),
        ..Terms::default()
    };
    let until = model::Timestamp::from_nanos(crate::stand::START_NS + 5_000_000);
    let ticket = OrderTicket {
        terms,
        time_in_force: TimeInForce::Gtd(until),
        intent: 7,
        ..limit(Side::Buy, "90")
    };
    let placed = stand.host.place_order(ticket).await.unwrap();
    let shown = stand.host.order(placed.id).unwrap();
    assert_eq!(shown, placed);
    assert_eq!((shown.terms, shown.intent), (terms, 7));
    assert_eq!(
        (shown.status, shown.expires),
        (OrderStatus::Emulated, until)
    );
    stand.quotes(8).await;
    let expired = stand.host.order(placed.id).unwrap();
    assert_eq!(expired.status, OrderStatus::Expired);
    stand.end_and_verify().await;
}
