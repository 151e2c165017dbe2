//! Whoever plays a simulated venue halts its instruments and gives their marks: a strategy's orders feel it, and
//! so does the next run.

use crate::recovery::{again, taken, with_snapshots};
use crate::stand::{START_NS, SYMBOL, Stand, quote, received};
use engine::journal::reader::{Reader, Record};
use engine::{Definition, ExternalVenue, Input};
use model::{DenyCode, OrderChange, OrderStatus, OrderUpdate, Side, Timestamp};
use services::handle::{HostError, InstrumentNews, Queries, Updates};
use services::view::Change;
use std::path::Path;

/// Halts the one instrument, or lets it trade again.
async fn say(stand: &Stand, halted: bool) {
    let news = InstrumentNews::Status { halted };
    stand.host.instrument_news(SYMBOL, news).await.unwrap();
    assert_eq!(stand.host.instruments()[0].halted, halted);
}

fn prices(mark: Option<&str>, index: Option<&str>) -> InstrumentNews {
    let price = |text: &str| text.parse().unwrap();
    InstrumentNews::Prices {
        mark: mark.map(price),
        index: index.map(price),
    }
}

/// Why orders were denied since this was looked at last.
fn denials(updates: &mut Updates) -> Vec<DenyCode> {
    let received = received(updates);
    let changes = received.iter().filter_map(|update| match &update.change {
        Change::Order(
            OrderUpdate {
                change: OrderChange::Denied(code),
                ..
            },
            ..,
        ) => Some(*code),
        _ => None,
    });
    changes.collect()
}

/// The latest order of all.
fn latest(stand: &Stand) -> (Side, OrderStatus) {
    let order = stand.host.orders()[0];
    (order.side, order.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_denies_a_strategy_until_it_is_over_and_outlives_the_run() {
    let mut stand = Stand::new();
    stand.load("taker", "taker").await.unwrap();
    stand.quotes(15).await;
    assert_eq!(latest(&stand), (Side::Buy, OrderStatus::Filled));
    let mut updates = stand.host.subscribe();
    say(&stand, true).await;
    stand.quotes(10).await;
    assert_eq!(denials(&mut updates), [DenyCode::Instrument]);

    let mut next = stand.after_a_crash();
    assert!(next.host.instruments()[0].halted);
    let mut updates = next.host.subscribe();
    next.quotes(20).await;
    assert_eq!(denials(&mut updates), [DenyCode::Instrument; 2]);
    assert_eq!(latest(&next), (Side::Sell, OrderStatus::Denied));
    say(&next, false).await;
    next.quotes(10).await;
    assert!(denials(&mut updates).is_empty());
    assert_eq!(latest(&next), (Side::Buy, OrderStatus::Filled));
    let stopped = next.host.stop("taker").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 55");
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_halts_and_marks_after_a_snapshot_too() {
    let mut stand = Stand::with(with_snapshots);
    stand.quotes(3).await;
    say(&stand, true).await;
    let news = prices(Some("99.5"), Some("100.25"));
    stand.host.instrument_news(SYMBOL, news).await.unwrap();
    // What is not given stays.
    let news = prices(Some("99"), None);
    stand.host.instrument_news(SYMBOL, news).await.unwrap();
    stand.quotes(30).await;
    taken(&stand, 1).await;
    let next = again(&stand, with_snapshots).unwrap();
    assert!(next.host.recovered().unwrap().snapshot.is_some());
    for stand in [&stand, &next] {
        let view = &stand.host.instruments()[0];
        assert_eq!(view.venue_mark, "99".parse().ok());
        assert_eq!(view.index, "100.25".parse().ok());
        assert!(view.halted);
    }
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn market_data_on_its_way_is_not_old_by_what_somebody_says() {
    let mut stand = Stand::new();
    stand.quotes(3).await;
    // Made by now, and still on its way while five seconds pass.
    stand
        .clock
        .set(Timestamp::from_nanos(START_NS + 5_000_000_000));
    say(&stand, true).await;
    let news = prices(Some("99"), None);
    stand.host.instrument_news(SYMBOL, news).await.unwrap();
    let sequence = stand.host.engine().sequence;
    stand.host.send_market(&[quote(4)]).unwrap();
    while stand.host.engine().sequence <= sequence {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(stand.host.engine().ignored, 0);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_said_is_refused_and_changes_nothing() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let refusal = async |news| stand.host.instrument_news(SYMBOL, news).await.unwrap_err();
    let neither = refusal(prices(None, None)).await;
    assert!(matches!(
        neither,
        HostError::Disagrees { field: "mark", .. }
    ));
    for (news, expect) in [
        (prices(Some("0"), None), "mark"),
        (prices(Some("1"), Some("-1")), "index"),
    ] {
        let HostError::Invalid { field, .. } = refusal(news).await else {
            panic!("{expect}");
        };
        assert_eq!(field, expect);
    }
    let news = InstrumentNews::Status { halted: true };
    let unknown = stand.host.instrument_news("GONE", news).await.unwrap_err();
    assert!(matches!(unknown, HostError::NotFound { .. }));
    let journal = stand.journal();
    let (_, _folder, _) = stand.end().await;
    assert!(!says_anything(&journal));

    let stand = Stand::with(|config| {
        for definition in &mut config.definitions {
            if let Definition::Venue(venue) = definition {
                venue.external = Some(ExternalVenue::default());
            }
        }
    });
    for news in [
        InstrumentNews::Status { halted: true },
        prices(Some("99"), None),
    ] {
        let refused = stand.host.instrument_news(SYMBOL, news).await.unwrap_err();
        let HostError::Conflict(reason) = refused else {
            panic!("{refused:?}");
        };
        assert!(reason.contains("venue SIM is outside"), "{reason}");
    }
    assert!(!stand.host.instruments()[0].halted);
    stand.end().await;
}

/// Whether a journal has a halt or a mark.
fn says_anything(path: &Path) -> bool {
    let mut reader = Reader::new(journal::open(path).unwrap()).unwrap();
    while let Some(record) = reader.next_record().unwrap() {
        if let Record::Input(input) = record
            && matches!(input.input, Input::Status(_) | Input::Mark(_))
        {
            return true;
        }
    }
    false
}
