//! Loading, restarting and swapping strategies.

use crate::native::Natives;
use crate::stand::{Stand, forced, ticket};
use engine::{HandOver, Probation, StrategyState, SwapTerms};
use model::{PluginHash, Side};
use registry::Decision;
use services::handle::{HostError, LoadRequest, PluginSource, Queries, SwapReport, SwapRequest};
use services::host::HostHandle;
use services::swap_bench::{SwapBenchConfig, swap_bench};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn stage(result: Result<impl Sized, HostError>) -> &'static str {
    match result {
        Ok(_) => "none",
        Err(HostError::Plugin { stage, .. }) => stage,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn under_load_no_event_is_missed_or_doubled() {
    let config = SwapBenchConfig {
        swaps: 50,
        events_per_second: 20_000,
        component_a: b"counter".to_vec(),
        component_b: b"counter@2".to_vec(),
        parameters: BTreeMap::new(),
    };
    let report = swap_bench(&config, Arc::new(Natives::default())).unwrap();
    println!("{report:?}");
    assert_eq!((report.missed, report.doubled), (0, 0));
    assert_eq!((report.seen, report.swaps), (report.events, 50));
    assert!(report.events > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_hands_over_state_orders_and_positions_and_replays() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    let before = stand.view("one");
    let report = stand.swap("one", "taker@2").await.unwrap();
    assert_eq!(
        (report.strategy.id, report.strategy.state),
        (before.id, StrategyState::Running)
    );
    assert_eq!(report.strategy.plugin.as_ref().unwrap().version, "2");
    assert_eq!(report.strategy.swap, None);
    assert!(report.begun_at < report.committed_at);
    let position = stand.host.positions();
    assert_eq!(position[0].strategy, before.id);
    stand.quotes(15).await;
    // Its tally went on: the third order came with the thirtieth quote.
    assert_eq!(stand.host.orders().len(), 3);
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 30");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_swap_leaves_the_old_version_running() {
    let mut stand = Stand::with(|config| config.swap_timeout = Duration::from_secs(5));
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    assert_eq!(stage(stand.swap("one", "\u{0}").await), "world");
    assert_eq!(stage(stand.swap("one", "nothing").await), "world");
    assert_eq!(stage(stand.swap("one", "bad-init").await), "init");
    assert_eq!(stage(stand.swap("one", "bad-start").await), "hand-over");
    let parameters = BTreeMap::from([("width".to_owned(), "1".to_owned())]);
    let request = SwapRequest {
        start: false,
        plugin: None,
        parameters,
        terms: forced(),
        succession: SwapTerms::default(),
    };
    assert_eq!(stage(stand.host.swap("one", request).await), "parameters");
    let path = Some(PluginSource::Path("../run.journal".into()));
    let request = SwapRequest {
        start: false,
        plugin: path,
        parameters: BTreeMap::new(),
        terms: forced(),
        succession: SwapTerms::default(),
    };
    assert_eq!(stage(stand.host.swap("one", request).await), "read");

    let view = stand.view("one");
    assert_eq!(
        (view.state, view.swap.as_deref()),
        (StrategyState::Running, None)
    );
    assert_eq!(view.plugin.as_ref().unwrap().version, "1");
    stand.quotes(5).await;
    stand.swap("one", "counter@2").await.unwrap();
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 15");
    stand.end_and_verify().await;
}

/// A swap that starts what does not run.
async fn start_as(
    stand: &Stand,
    plugin: &str,
    succession: SwapTerms,
) -> Result<SwapReport, HostError> {
    let request = SwapRequest {
        start: true,
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: forced(),
        succession,
    };
    stand.host.swap("one", request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped_is_started_as_another_version() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    stand.host.stop("one").await.unwrap();
    let refused = stand.swap("one", "counter@2").await.unwrap_err();
    assert!(refused.to_string().contains("swap it with `start`"));
    let watched = SwapTerms {
        probation: Some(Probation {
            lasts: model::Duration::from_secs(60),
            max_faults: 0,
            max_loss: None,
            max_denials: None,
            max_drawdown: None,
            max_denied_percent: None,
        }),
        ..SwapTerms::default()
    };
    let nothing_before = start_as(&stand, "counter@2", watched).await.unwrap_err();
    assert!(matches!(
        nothing_before,
        HostError::Disagrees {
            field: "probation",
            ..
        }
    ));
    assert_eq!(stand.view("one").state, StrategyState::Stopped);

    let report = start_as(&stand, "counter@2", SwapTerms::default()).await;
    let report = report.unwrap();
    assert_eq!(report.strategy.state, StrategyState::Running);
    assert_eq!(report.strategy.plugin.as_ref().unwrap().version, "2");
    assert_eq!(report.begun_at, report.committed_at);
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 10");

    let fresh = SwapTerms {
        hand_over: HandOver::Fresh,
        ..SwapTerms::default()
    };
    start_as(&stand, "counter", fresh).await.unwrap();
    // A host that comes back runs it too.
    let next = stand.after_a_crash();
    assert_eq!(next.view("one").plugin.as_ref().unwrap().version, "1");
    next.end().await;
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 5");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_start_that_fails_leaves_what_the_version_before_saved() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    stand.host.stop("one").await.unwrap();
    let fresh = SwapTerms {
        hand_over: HandOver::Fresh,
        ..SwapTerms::default()
    };
    let failed = start_as(&stand, "bad-start", fresh).await.unwrap_err();
    assert!(failed.to_string().contains("broke while it started"));
    // A host that comes back has it too.
    let next = stand.after_a_crash();
    for host in [&next, &stand] {
        let mended = start_as(host, "counter@2", SwapTerms::default()).await;
        assert_eq!(mended.unwrap().strategy.state, StrategyState::Running);
        let stopped = host.host.stop("one").await.unwrap();
        assert_eq!(stopped.log.last().unwrap().text, "stopped after 5");
    }
    next.end().await;
    stand.end_and_verify().await;
}

/// Swaps to a candidate that starts only after `quotes` more quotes have passed.
async fn swap_late(stand: &mut Stand, plugin: &str, quotes: u64) -> Result<SwapReport, HostError> {
    swap_late_and(stand, plugin, quotes, async |_| {}).await
}

/// The same; before the candidate may start, something else happens too.
async fn swap_late_and(
    stand: &mut Stand,
    plugin: &str,
    quotes: u64,
    meanwhile: impl AsyncFnOnce(&HostHandle),
) -> Result<SwapReport, HostError> {
    let gate = Arc::clone(&stand.natives.gate);
    let (holds, held) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let holder = std::thread::spawn(move || {
        let _held = gate.lock().unwrap();
        holds.send(()).unwrap();
        released.recv().unwrap();
    });
    held.recv().unwrap();
    let swap = {
        let (host, plugin) = (stand.host.clone(), plugin.as_bytes().to_vec());
        let plugin = Some(PluginSource::unsigned(plugin));
        let request = SwapRequest {
            start: false,
            plugin,
            parameters: BTreeMap::new(),
            terms: forced(),
            succession: SwapTerms::default(),
        };
        tokio::spawn(async move { host.swap("one", request).await })
    };
    while stand.view("one").swap.as_deref() != Some("catch-up") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stand.quotes(quotes).await;
    meanwhile(&stand.host).await;
    release.send(()).unwrap();
    holder.join().unwrap();
    swap.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_catches_up_on_what_it_missed() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    let report = swap_late(&mut stand, "counter@late", 300).await.unwrap();
    assert_eq!(report.caught_up, 300);
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 310");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_breaks_or_lags_while_catching_up_is_given_up() {
    let check = async |plugin: &str, quotes, timeout_ms, expect: &str| {
        let mut stand = Stand::with(|config| {
            config.queues.swap_events = 200;
            config.swap_timeout = Duration::from_millis(timeout_ms);
        });
        stand.load("one", "counter").await.unwrap();
        stand.quotes(5).await;
        let failed = swap_late(&mut stand, plugin, quotes).await;
        let Err(HostError::Plugin {
            stage: "catch-up",
            reason,
        }) = failed
        else {
            panic!("{failed:?}");
        };
        assert!(reason.contains(expect), "{reason}");
        stand.quotes(5).await;
        let stopped = stand.host.stop("one").await.unwrap();
        let expect = format!("stopped after {}", quotes + 10);
        assert_eq!(stopped.log.last().unwrap().text, expect);
        stand.end_and_verify().await;
    };
    check("counter@late", 300, 60_000, "more than 200 events waited").await;
    check("bad-quote@late", 10, 60_000, "on-quote: breaks").await;
    check("counter@late", 10, 1, "did not catch up in time").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_revoked_while_it_takes_over_is_paused_and_told_so() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    let failed = swap_late_and(&mut stand, "counter@late", 5, async |host| {
        let hash = PluginHash::of(b"counter@late").to_string();
        let revoked = host.revoke_plugin(&hash, Decision::default()).await;
        assert!(revoked.unwrap().paused.is_empty(), "nothing runs it yet");
    })
    .await;
    let Err(HostError::HeldBack { refusal, .. }) = &failed else {
        panic!("{failed:?}");
    };
    assert_eq!(refusal.code(), "PLUGIN_REVOKED");
    let says = failed.map(drop).unwrap_err().to_string();
    for part in ["the new version took over", "paused"] {
        assert!(says.contains(part), "{says}");
    }
    let view = stand.view("one");
    assert_eq!(view.plugin.as_ref().unwrap().version, "late");
    assert_eq!(view.state, StrategyState::Paused);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_a_strategy_ends_its_swap() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    let failed = swap_late_and(&mut stand, "counter@late", 50, async |host| {
        assert_eq!(
            host.stop("one").await.unwrap().state,
            StrategyState::Stopped
        );
    })
    .await;
    // The candidate learns of it while it catches up, or at the switch.
    assert!(["catch-up", "switch"].contains(&stage(failed)));
    assert_eq!(stand.view("one").swap, None);
    assert_eq!(
        stand.host.start("one").await.unwrap().state,
        StrategyState::Running
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_cannot_save_fails_the_swap_as_a_fault_of_its_own() {
    let mut stand = Stand::new();
    stand.load("one", "bad-save").await.unwrap();
    stand.quotes(1).await;
    assert_eq!(stage(stand.swap("one", "counter").await), "hand-over");
    let view = stand.view("one");
    assert_eq!((view.state, view.faults.len()), (StrategyState::Error, 1));
    let refused = stand.swap("one", "counter").await;
    assert!(
        matches!(refused, Err(HostError::Conflict(_))),
        "{refused:?}"
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_swap_at_a_time() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(1).await;
    let swaps: Vec<_> = (0..8)
        .map(|n| {
            let host = stand.host.clone();
            let plugin = Some(PluginSource::unsigned(format!("counter@{n}").into_bytes()));
            tokio::spawn(async move {
                host.swap(
                    "one",
                    SwapRequest {
                        start: false,
                        plugin,
                        parameters: BTreeMap::new(),
                        terms: forced(),
                        succession: SwapTerms::default(),
                    },
                )
                .await
            })
        })
        .collect();
    let mut done = 0;
    for swap in swaps {
        match swap.await.unwrap() {
            Ok(_) => done += 1,
            Err(HostError::Conflict(reason)) => assert!(reason.contains("under way"), "{reason}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(done >= 1);
    stand.quotes(1).await;
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 2");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_strategy_can_be_started_again_and_others_do_not_notice() {
    let mut stand = Stand::new();
    stand.load("good", "counter").await.unwrap();
    stand.load("bad", "bad-quote").await.unwrap();
    stand.quotes(1).await;
    let view = stand.view("bad");
    assert_eq!((view.state, view.faults.len()), (StrategyState::Error, 1));
    assert_eq!(view.faults[0].fault.message, "on-quote: breaks");
    assert_eq!(
        stand.host.start("bad").await.unwrap().state,
        StrategyState::Running
    );
    assert!(matches!(
        stand.host.start("bad").await,
        Err(HostError::Conflict(_))
    ));
    stand.quotes(1).await;
    assert_eq!(stand.view("bad").faults.len(), 2);
    assert_eq!(stand.view("good").state, StrategyState::Running);

    stand.host.stop("good").await.unwrap();
    stand.quotes(3).await;
    assert_eq!(
        stand.host.start("good").await.unwrap().state,
        StrategyState::Running
    );
    stand.quotes(1).await;
    let stopped = stand.host.stop("good").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 3");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_load_leaves_nothing_behind() {
    let stand = Stand::new();
    assert_eq!(stage(stand.load("one", "nothing").await), "world");
    assert_eq!(stage(stand.load("one", "bad-init").await), "init");
    assert_eq!(stand.host.strategies().len(), 1, "only the manual one");
    stand.load("one", "counter").await.unwrap();
    assert!(matches!(
        stand.load("one", "counter").await,
        Err(HostError::Conflict(_))
    ));
    assert!(matches!(
        stand.load("two words", "counter").await,
        Err(HostError::Invalid { field: "name", .. })
    ));
    let stranger = LoadRequest {
        name: "two".to_owned(),
        account: Some("nobody".to_owned()),
        plugin: PluginSource::unsigned(b"counter".to_vec()),
        parameters: BTreeMap::new(),
        on_fault: engine::OrdersOnFault::Cancel,
        start: false,
        terms: forced(),
    };
    assert!(matches!(
        stand.host.load_strategy(stranger).await,
        Err(HostError::NotFound {
            what: "account",
            ..
        })
    ));
    for refused in [
        stand.host.stop("manual").await,
        stand.host.start("manual").await,
    ] {
        assert!(
            matches!(refused, Err(HostError::Conflict(_))),
            "{refused:?}"
        );
    }
    assert!(matches!(
        stand.swap("nobody", "counter").await,
        Err(HostError::NotFound { .. })
    ));
    let mut not_mine = ticket(Side::Buy, 1);
    not_mine.strategy = Some("one".to_owned());
    assert!(matches!(
        stand.host.place_order(not_mine).await,
        Err(HostError::Invalid {
            field: "strategy",
            ..
        })
    ));
    stand.end_and_verify().await;
}
