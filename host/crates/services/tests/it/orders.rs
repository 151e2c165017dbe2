//! Orders, projections, updates, journals and the end of a run.

use crate::native::Natives;
use crate::stand::{Stand, received, ticket};
use engine::journal::reader::{Reader, Record};
use engine::replay::Instances;
use engine::{Engine, Input, Journal, Staged, StrategyState, TradingState};
use journal::{JournalError, SegmentOptions};
use model::{DenyCode, Money, OrderChange, OrderKind, OrderStatus, Side};
use services::handle::{HostError, Queries};
use services::host::Host;
use services::view::{Change, EngineState};

/// A fresh engine after all inputs of a journal.
fn rebuilt(path: &std::path::Path, natives: &mut Natives) -> Engine {
    let mut reader = Reader::new(journal::open(path).unwrap()).unwrap();
    let mut engine = Engine::new(Journal::default());
    while let Some(record) = reader.next_record().unwrap() {
        let Record::Input(input) = record else {
            continue;
        };
        if let Input::Command(command) = &input.input
            && let engine::Command::Start {
                strategy,
                plugin,
                parameters,
                ..
            } = &**command
        {
            let made = natives
                .make(&engine, *strategy, *plugin, parameters)
                .unwrap();
            assert!(engine.stage(*strategy, Staged::Instance(made)).is_ok());
        }
        engine.step(input).unwrap();
    }
    assert_eq!(engine.journal().hash(), reader.hash());
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_flow_and_projections_equal_the_engine() {
    let mut stand = Stand::new();
    stand.load("taker", "taker").await.unwrap();
    stand.load("rester", "rester").await.unwrap();
    let mut updates = stand.host.subscribe();
    stand.quotes(205).await;
    let order = stand.host.place_order(ticket(Side::Buy, 3)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Submitted);
    stand.quotes(3).await;
    let filled = stand.host.order(order.id).unwrap();
    assert_eq!(filled.status, OrderStatus::Filled);

    let engine = rebuilt(&stand.journal(), &mut stand.natives);
    let mut open: Vec<_> = engine.orders().iter().map(|open| open.order).collect();
    open.reverse();
    let shown = stand.host.orders();
    assert_eq!(shown[..open.len()], open);
    assert_eq!((open.len(), shown.len()), (1, 22));
    for position in stand.host.positions() {
        let holding = engine
            .holdings()
            .get(position.strategy, position.instrument);
        assert_eq!(position.state, holding.position);
        let mark = engine
            .market()
            .get(position.instrument)
            .unwrap()
            .mark()
            .unwrap();
        assert_eq!(
            position.unrealized,
            position.state.unrealized(mark, model::Quantity::ONE).ok()
        );
    }
    for (view, (_, account)) in stand.host.accounts().iter().zip(engine.accounts()) {
        let shown: Vec<_> = view
            .balances
            .iter()
            .map(|(c, _, balance)| (*c, *balance))
            .collect();
        assert_eq!(shown, account.balances().collect::<Vec<_>>());
        assert!(
            view.balances[0].2.total < Money::whole(1_000_000).unwrap(),
            "fees were paid"
        );
    }
    assert_eq!(stand.host.engine().sequence, engine.sequence());

    let updates = received(&mut updates);
    let sequences: Vec<u64> = updates.iter().map(|update| update.sequence).collect();
    assert!(
        sequences.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "a gap in {sequences:?}"
    );
    let fills = updates
        .iter()
        .filter(|update| matches!(update.change, Change::Fill(_)))
        .count();
    assert_eq!(fills, stand.host.fills().len());
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_order_is_an_answer_and_not_an_error() {
    let mut stand = Stand::new();
    let mut updates = stand.host.subscribe();
    let denied = |updates: &mut _| {
        received(updates)
            .into_iter()
            .find_map(|update| match update.change {
                Change::Order(order, ..) => match order.change {
                    OrderChange::Denied(code) => Some(code),
                    _ => None,
                },
                _ => None,
            })
    };
    let order = stand.host.place_order(ticket(Side::Buy, 1)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Denied, "no price is known yet");
    assert_eq!(denied(&mut updates), Some(DenyCode::MaxNotional));
    stand.quotes(1).await;
    stand
        .host
        .set_trading_state(TradingState::Halted)
        .await
        .unwrap();
    assert_eq!(stand.host.engine().trading_state, TradingState::Halted);
    stand.host.place_order(ticket(Side::Buy, 1)).await.unwrap();
    assert_eq!(denied(&mut updates), Some(DenyCode::TradingState));
    stand
        .host
        .set_trading_state(TradingState::Active)
        .await
        .unwrap();
    stand.host.pause("manual").await.unwrap();
    stand.host.place_order(ticket(Side::Buy, 1)).await.unwrap();
    assert_eq!(denied(&mut updates), Some(DenyCode::StrategyState));
    let resumed = stand.host.resume("manual").await.unwrap();
    assert_eq!(resumed.state, StrategyState::Running);

    let unknown = model::OrderId::derive(9_999_999, 0).unwrap();
    assert!(matches!(
        stand.host.cancel_order(unknown).await,
        Err(HostError::NotFound { what: "order", .. })
    ));
    assert!(matches!(
        stand.host.cancel_order(order.id).await,
        Err(HostError::Conflict(_))
    ));
    let mut strange = ticket(Side::Buy, 1);
    strange.instrument = "NOPE".to_owned();
    assert!(matches!(
        stand.host.place_order(strange).await,
        Err(HostError::NotFound {
            what: "instrument",
            ..
        })
    ));
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_rests_is_cancelled_and_the_kill_latch_cancels_the_rest() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let mut resting = ticket(Side::Buy, 1);
    resting.kind = OrderKind::Limit {
        price: model::Price::whole(1).unwrap(),
    };
    let first = stand.host.place_order(resting.clone()).await.unwrap();
    let second = stand.host.place_order(resting).await.unwrap();
    stand.quotes(3).await;
    assert_eq!(
        stand.host.order(first.id).unwrap().status,
        OrderStatus::Accepted
    );
    let canceled = stand.host.cancel_order(first.id).await.unwrap();
    assert_eq!(canceled.status, OrderStatus::Canceled);
    assert!(stand.host.kill(true).await.unwrap().killed);
    assert_eq!(
        stand.host.order(second.id).unwrap().status,
        OrderStatus::Canceled
    );
    let denied = stand.host.place_order(ticket(Side::Buy, 1)).await.unwrap();
    assert_eq!(denied.status, OrderStatus::Denied);
    assert!(!stand.host.kill(false).await.unwrap().killed);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_stops_saves_cancels_and_seals() {
    let mut stand = Stand::new();
    stand.load("rester", "rester").await.unwrap();
    stand.quotes(5).await;
    assert_eq!(stand.host.orders()[0].status, OrderStatus::Accepted);
    let host = stand.host.clone();
    let mut updates = host.subscribe();
    stand.end_and_verify().await;

    assert_eq!(host.engine().state, EngineState::Stopped);
    assert_eq!(
        host.strategy("rester").unwrap().state,
        StrategyState::Stopped
    );
    assert_eq!(
        host.strategy("rester").unwrap().log.last().unwrap().text,
        "stopped after 5"
    );
    assert_eq!(host.orders()[0].status, OrderStatus::Canceled);
    let states: Vec<_> = received(&mut updates)
        .into_iter()
        .filter_map(|update| match update.change {
            Change::Engine(view) => Some(view.state),
            _ => None,
        })
        .collect();
    assert!(states.contains(&EngineState::Stopping), "{states:?}");
    assert_eq!(states.last(), Some(&EngineState::Stopped));
    assert_eq!(
        host.place_order(ticket(Side::Buy, 1)).await,
        Err(HostError::Stopped)
    );
    assert_eq!(host.start("rester").await, Err(HostError::Stopped));
    assert!(
        host.shutdown().await.is_ok(),
        "a second shutdown says the same"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_never_reads_blocks_nobody() {
    let mut stand = Stand::with(|config| config.queues.updates = 64);
    stand.load("taker", "taker").await.unwrap();
    let mut asleep = stand.host.subscribe();
    stand.quotes(400).await;
    assert!(stand.host.fills().len() >= 39);
    let lagged = asleep.try_recv();
    assert!(
        matches!(
            lagged,
            Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_))
        ),
        "{lagged:?}"
    );
    // What it still can receive goes on without a gap, from where the read model is.
    let last = received(&mut asleep).last().unwrap().sequence;
    assert_eq!(last, stand.host.stream_position());
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatty_strategy_keeps_a_bounded_log() {
    let mut stand = Stand::new();
    stand.load("chatty", "chatty").await.unwrap();
    stand.quotes(300).await;
    let log = &stand.view("chatty").log;
    assert_eq!(
        (log.len(), log.last().unwrap().text.as_str()),
        (200, "quote 300")
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_refused_when_their_queue_is_full_and_never_dropped() {
    let mut stand = Stand::with(|config| config.queues.commands = 4);
    stand.load("gated", "gated").await.unwrap();
    stand.quotes(1).await;
    let gate = std::sync::Arc::clone(&stand.natives.gate);
    let held = gate.lock().unwrap();
    stand.host.send_market(&[crate::stand::quote(100)]).unwrap();
    while stand.host.health().market_waiting > 0 {
        std::thread::yield_now();
    }
    let asking: Vec<_> = (0..10)
        .map(|_| {
            let host = stand.host.clone();
            tokio::spawn(async move { host.place_order(ticket(Side::Buy, 1)).await })
        })
        .collect();
    while asking.iter().filter(|task| task.is_finished()).count() < 6 {
        std::thread::yield_now();
    }
    drop(held);
    let (mut placed, mut busy) = (0, 0);
    for task in asking {
        match task.await.unwrap() {
            Ok(_) => placed += 1,
            Err(HostError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((placed, busy), (4, 6));
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_host_on_a_journal_is_refused() {
    let stand = Stand::new();
    let path = stand.journal();
    let mut config = services::host::HostConfig::new(Vec::new(), stand.folder.path());
    config.journal = Some(services::host::JournalConfig {
        folder: path,
        run: "second".to_owned(),
        options: SegmentOptions::default(),
        snapshot_inputs: None,
    });
    let second = Host::start(
        config,
        std::sync::Arc::new(Natives::default()),
        std::sync::Arc::new(services::clock::SystemClock),
    );
    assert!(matches!(
        second.err(),
        Some(services::host::StartError::Journal(
            JournalError::Locked { .. }
        ))
    ));
    stand.end_and_verify().await;
}
