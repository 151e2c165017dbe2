//! Files replayed into the engine, and the simulated market with its past.

use crate::stand::{START_NS, Stand};
use model::{Duration, Instrument, InstrumentId, Timestamp};
use services::feed::{
    FeedConfig, FeedKind, FeedState, InstrumentModel, ReplayConfig, SimulatedConfig, Speed,
};
use services::handle::Queries;
use std::fmt::Write as _;
use store::DataSource;

/// Waits until something holds; the test's own time limit is the limit.
async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

fn file(folder: &std::path::Path, quotes: u64) -> DataSource {
    let mut text = String::from("ts_ns,bid,ask,bid_size,ask_size\n");
    for number in 0..quotes {
        let at = START_NS + number * 1_000_000;
        writeln!(text, "{at},100.00,100.02,{},5", number + 1).unwrap();
    }
    let path = folder.join("quotes.csv");
    std::fs::write(&path, text).unwrap();
    DataSource::new(path, InstrumentId::new(0))
}

fn replaying(quotes: u64, speed: Speed, warm_up: Duration) -> Stand {
    let folder = tempfile::tempdir().unwrap();
    let source = file(folder.path(), quotes);
    Stand::with(|config| {
        config.feed = FeedConfig::Replay(ReplayConfig {
            sources: vec![source],
            speed,
            shift_to_now: false,
            warm_up,
        });
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_loses_nothing_and_its_events_carry_the_time() {
    for speed in [Speed::Max, Speed::Times(10)] {
        let stand = replaying(2_000, speed, Duration::ZERO);
        stand.load("one", "counter").await.unwrap();
        assert_eq!(
            stand.host.engine().time.nanos(),
            START_NS,
            "the time of the first event"
        );
        let feed = stand.host.feed();
        assert_eq!(
            (feed.kind, feed.state),
            (FeedKind::Replay, FeedState::Ready)
        );
        stand.host.start_feed().unwrap();
        until(|| stand.host.is_feed_finished()).await;
        let feed = stand.host.feed();
        assert_eq!(feed.state, FeedState::Finished);
        let host = stand.host.clone();
        stand.end_and_verify().await;
        let ended = host.feed();
        assert_eq!(
            (ended.kind, ended.state),
            (FeedKind::Replay, FeedState::Over)
        );
        assert_eq!((ended.counts, ended.counts.quotes), (feed.counts, 2_000));
        let last = Timestamp::from_nanos(START_NS + 1_999 * 1_000_000);
        assert_eq!(host.engine().time, last);
        assert_eq!(ended.counts.last, Some(last));
        let view = host.strategy("one").unwrap();
        assert_eq!(view.log.last().unwrap().text, "stopped after 2000");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_a_file_is_history() {
    let stand = replaying(200_000, Speed::Max, Duration::from_secs(190));
    stand.load("one", "historian").await.unwrap();
    assert_eq!(stand.view("one").log[0].text, "3 bars");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = services::host::HostConfig::new(crate::stand::definitions(), folder.path());
    let missing = DataSource::new(folder.path().join("none.csv"), InstrumentId::new(0));
    config.feed = FeedConfig::Replay(ReplayConfig {
        sources: vec![missing],
        ..ReplayConfig::default()
    });
    let started = services::host::Host::start(
        config,
        std::sync::Arc::new(crate::native::Natives::default()),
        std::sync::Arc::new(services::clock::SystemClock),
    );
    let error = started.err().unwrap().to_string();
    assert!(error.contains("none.csv: there is no such file"), "{error}");
}

fn simulated(instrument: &Instrument) -> SimulatedConfig {
    SimulatedConfig {
        seed: 1,
        instruments: vec![InstrumentModel {
            id: InstrumentId::new(0),
            instrument: instrument.clone(),
            price: "100".parse().unwrap(),
            volatility: 0.4,
            spread_ticks: 2.0,
            size_lots: 50.0,
            events_per_second: 200.0,
            trade_share: 0.1,
        }],
        session: Duration::from_secs(3_600),
        warm_up: Duration::from_secs(600),
        bad_share: 0.0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_market_has_a_past_and_moves_and_replays() {
    let engine::Definition::Instrument(instrument) = crate::stand::definitions().remove(2) else {
        panic!("the third definition is the instrument");
    };
    let stand = Stand::with(|config| {
        config.feed = FeedConfig::Simulated(simulated(&instrument));
    });
    stand.load("history", "historian").await.unwrap();
    // Ten minutes of the past end anywhere within a minute: nine or ten whole ones.
    let bars = stand.view("history").log[0].text.clone();
    assert!(["9 bars", "10 bars"].contains(&bars.as_str()), "{bars}");
    stand.load("taker", "taker").await.unwrap();
    stand.host.start_feed().unwrap();
    let mut seconds = 0;
    until(|| {
        seconds += 1;
        stand
            .clock
            .set(Timestamp::from_nanos(START_NS + seconds * 10_000_000));
        stand.host.fills().len() >= 20
    })
    .await;
    let view = &stand.host.instruments()[0];
    assert!(view.quote.is_some());
    stand.end_and_verify().await;
}
