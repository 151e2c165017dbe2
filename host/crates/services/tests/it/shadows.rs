//! Another version trades beside the one that runs: what it decides is compared, and nothing of the
//! run depends on it.

use crate::native::Natives;
use crate::stand::{Stand, forced, received};
use engine::{HandOver, StrategyState};
use services::handle::{HostError, PluginSource, Queries, ShadowRequest};
use services::shadow::{DifferenceKind, ShadowReport, ShadowState};
use services::view::Change;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn request(plugin: &str) -> ShadowRequest {
    ShadowRequest {
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: forced(),
        hand_over: HandOver::Carry,
        tolerance: None,
    }
}

fn sized(plugin: &str, size: &str) -> ShadowRequest {
    ShadowRequest {
        parameters: BTreeMap::from([("size".to_owned(), size.to_owned())]),
        // Quotes are a millisecond apart; what has no counterpart is told soon.
        tolerance: Some(model::Duration::from_millis(2)),
        ..request(plugin)
    }
}

/// Waits until the shadow has seen all that the host has, or is over.
async fn seen(stand: &Stand) -> ShadowReport {
    loop {
        let last = stand.host.engine().sequence;
        let report = stand.host.shadow_report("one").unwrap();
        let current = report.view.begun_at + report.inputs >= last && report.waiting == 0;
        if current || report.state != ShadowState::Trading {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn reason(report: &ShadowReport) -> &str {
    match &report.state {
        ShadowState::Trading => "",
        ShadowState::Ended(reason) => reason,
    }
}

fn stage(result: Result<impl Sized, HostError>) -> &'static str {
    match result {
        Err(HostError::Plugin { stage, .. }) => stage,
        Err(other) => panic!("{other}"),
        Ok(_) => "none",
    }
}

fn conflict(result: Result<impl Sized, HostError>) -> String {
    match result {
        Err(HostError::Conflict(reason)) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_version_decides_the_same() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    let begun = stand.host.begin_shadow("one", request("taker")).await;
    assert_eq!(begun.unwrap().verdict, "no orders so far");
    stand.quotes(100).await;
    let report = seen(&stand).await;
    assert_eq!((report.matched, report.differences()), (10, 0));
    assert_eq!(report.verdict, "same decisions so far: 10 orders");
    let (running, shadow) = (&report.running, &report.shadow);
    // Each of the five sales takes the little there is at the touch, and the rest behind it.
    assert_eq!((running.orders, running.fills), (10, 15));
    assert_eq!(
        (running.orders, running.fills, &running.positions),
        (shadow.orders, shadow.fills, &shadow.positions)
    );
    assert!(running.profit.is_some());
    assert_eq!(running.profit, shadow.profit);
    // Each saw every quote and what became of its orders.
    assert!(running.handling.calls >= 100);
    assert_eq!(running.handling.calls, shadow.handling.calls);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_differs_and_the_run_is_what_it_would_have_been() {
    let mut stand = Stand::new();
    let mut updates = stand.host.subscribe();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(5).await;
    stand
        .host
        .begin_shadow("one", sized("taker@2", "3"))
        .await
        .unwrap();
    let shown = stand.view("one").shadow.clone().unwrap();
    assert_eq!(shown.plugin.version, "2");
    stand.quotes(100).await;
    let report = seen(&stand).await;
    assert_eq!((report.matched, report.other_terms), (0, 10));
    assert_eq!(report.first[0].kind(), DifferenceKind::OtherTerms);
    let [running, tried] = [report.first[0].running, report.first[0].shadow].map(Option::unwrap);
    assert_eq!(running.order.quantity, model::Quantity::ONE);
    assert_eq!(tried.order.quantity, model::Quantity::whole(3).unwrap());
    let expect = format!(
        "10 differences beside 0 orders in common, first at {}: the running version wanted to buy 1 \
         ABC, the shadow to buy 3 ABC",
        running.order.ts_created
    );
    assert_eq!(report.verdict, expect);
    // Three times the size is three times the money, but for the little at the touch, which each
    // sale gets once: less than a millionth.
    let [one, three] = [&report.running, &report.shadow].map(|side| side.profit.unwrap());
    for (one, three) in [(one.realized, three.realized), (one.fees, three.fees)] {
        let off = (one.raw() * 3 - three.raw()).abs();
        assert!(
            three.raw() != 0 && off * 1_000_000 < three.raw().abs(),
            "{one} {three}"
        );
    }
    assert_eq!(stand.host.orders().len(), 10, "none of the shadow's");

    let report = stand.host.end_shadow("one").await.unwrap();
    assert_eq!(reason(&report), "ended by an operator");
    assert!(report.verdict.starts_with("ended (ended by an operator): "));
    assert_eq!(stand.view("one").shadow, None);
    let told = received(&mut updates);
    let with_shadow = told.iter().filter(|update| match &update.change {
        Change::Strategy(view) => view.shadow.is_some(),
        _ => false,
    });
    assert!(with_shadow.count() > 0);
    let log = &stand.view("one").log;
    assert_eq!(
        log.last().unwrap().text,
        "shadow ended: ended by an operator"
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_is_promoted_by_the_ordinary_swap() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    stand
        .host
        .begin_shadow("one", sized("taker@2", "2"))
        .await
        .unwrap();
    stand.quotes(10).await;
    let report = stand.host.promote("one", None).await.unwrap();
    let plugin = report.strategy.plugin.clone().unwrap();
    assert_eq!(plugin.version, "2");
    let size = ("size".to_owned(), "2".to_owned());
    assert_eq!(plugin.parameters, [size]);
    assert_eq!(report.strategy.shadow, None);
    let over = stand.host.shadow_report("one").unwrap();
    assert_eq!(reason(&over), "promoted");
    stand.quotes(10).await;
    // Its tally went on: the third order came with the thirtieth quote, and is of the new size.
    let newest = stand.host.orders()[0];
    assert_eq!(newest.quantity, model::Quantity::whole(2).unwrap());
    assert_eq!(stand.host.orders().len(), 3);
    stand
        .host
        .begin_shadow("one", request("taker"))
        .await
        .unwrap();
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_leaves_nothing_behind() {
    let mut stand = Stand::new();
    let unknown = stand.host.begin_shadow("nobody", request("taker")).await;
    assert!(matches!(
        unknown,
        Err(HostError::NotFound {
            what: "strategy",
            ..
        })
    ));
    assert!(matches!(
        stand.host.shadow_report("nobody"),
        Err(HostError::NotFound {
            what: "strategy",
            ..
        })
    ));
    stand.load("one", "counter").await.unwrap();
    stand.quotes(3).await;
    assert!(matches!(
        stand.host.shadow_report("one"),
        Err(HostError::NotFound {
            what: "shadow of",
            ..
        })
    ));
    let nothing = "`one` has no shadow that trades; begin one with POST strategies/one/shadow";
    assert_eq!(conflict(stand.host.promote("one", None).await), nothing);
    assert_eq!(conflict(stand.host.end_shadow("one").await), nothing);
    let host = &stand.host;
    let refused = async |plugin: &str| stage(host.begin_shadow("one", request(plugin)).await);
    assert_eq!(refused("nothing").await, "world");
    assert_eq!(refused("bad-init").await, "init");
    assert_eq!(refused("bad-start").await, "hand-over");
    let unknown = BTreeMap::from([("width".to_owned(), "1".to_owned())]);
    let with = ShadowRequest {
        parameters: unknown,
        ..request("counter")
    };
    assert_eq!(stage(host.begin_shadow("one", with).await), "parameters");
    let with = ShadowRequest {
        tolerance: Some(model::Duration::from_secs(3_601)),
        ..request("counter")
    };
    assert!(matches!(
        host.begin_shadow("one", with).await,
        Err(HostError::Invalid {
            field: "tolerance_ns",
            ..
        })
    ));
    let by_hand = conflict(host.begin_shadow("manual", request("counter")).await);
    assert!(by_hand.contains("traded by hand"), "{by_hand}");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_shadow_at_a_time_and_only_of_what_runs() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    let host = &stand.host;
    host.begin_shadow("one", request("counter@2"))
        .await
        .unwrap();
    let second = conflict(host.begin_shadow("one", request("counter@3")).await);
    assert_eq!(
        second,
        "`one` has a shadow already; end or promote it first"
    );
    stand.quotes(3).await;
    stand.host.stop("one").await.unwrap();
    let over = seen(&stand).await;
    assert_eq!(reason(&over), "the strategy was stopped");
    let stopped = conflict(stand.host.begin_shadow("one", request("counter")).await);
    assert_eq!(
        stopped,
        "`one` is STOPPED and cannot be shadowed; start it first"
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_breaks_in_its_shadow_ends_it_and_nothing_else() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand
        .host
        .begin_shadow("one", request("bad-quote"))
        .await
        .unwrap();
    stand.quotes(5).await;
    let report = seen(&stand).await;
    assert_eq!(reason(&report), "the shadow broke: TRAP: on-quote: breaks");
    assert_eq!((report.shadow.faults, report.running.faults), (1, 0));
    let view = stand.view("one");
    assert_eq!((view.state, view.faults.len()), (StrategyState::Running, 0));
    // The engine is told a moment later.
    while stand.view("one").shadow.is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stand
        .host
        .begin_shadow("one", request("counter"))
        .await
        .unwrap();
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    let texts: Vec<&str> = stopped.log.iter().map(|line| line.text.as_str()).collect();
    assert!(texts.contains(&"stopped after 10"), "{texts:?}");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_falls_behind_holds_nobody_up() {
    let mut stand = Stand::with(|config| config.queues.swap_events = 20);
    stand.load("one", "counter").await.unwrap();
    stand
        .host
        .begin_shadow("one", request("gated"))
        .await
        .unwrap();
    let gate = Arc::clone(&stand.natives.gate);
    let (holds, held) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let holder = std::thread::spawn(move || {
        let _held = gate.lock().unwrap();
        holds.send(()).unwrap();
        released.recv().unwrap();
    });
    held.recv().unwrap();
    stand.quotes(100).await;
    release.send(()).unwrap();
    holder.join().unwrap();
    let report = seen(&stand).await;
    assert_eq!(reason(&report), "more than 20 events waited for it");
    let stopped = stand.host.stop("one").await.unwrap();
    let texts: Vec<&str> = stopped.log.iter().map(|line| line.text.as_str()).collect();
    assert!(texts.contains(&"stopped after 100"), "{texts:?}");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_ends_the_shadow_of_the_version_before() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand
        .host
        .begin_shadow("one", request("counter@2"))
        .await
        .unwrap();
    stand.quotes(3).await;
    stand.swap("one", "counter@3").await.unwrap();
    let report = seen(&stand).await;
    assert_eq!(reason(&report), "another version took over");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_comes_back_has_no_shadow() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand
        .host
        .begin_shadow("one", request("taker@2"))
        .await
        .unwrap();
    stand.quotes(25).await;
    let mut next = stand.after_a_crash();
    let view = next.view("one");
    assert_eq!((view.state, &view.shadow), (StrategyState::Running, &None));
    let log = view.log.last().unwrap();
    assert_eq!(log.text, "shadow ended: restart");
    assert!(matches!(
        next.host.shadow_report("one"),
        Err(HostError::NotFound { .. })
    ));
    next.host
        .begin_shadow("one", request("taker@2"))
        .await
        .unwrap();
    next.quotes(25).await;
    assert_eq!(seen(&next).await.matched, 3);
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_version_begins_with_nothing_but_what_is_held() {
    let mut stand = Stand::on(
        tempfile::tempdir().unwrap(),
        Arc::new(Natives::default()),
        Natives::default(),
        |_| {},
    )
    .unwrap();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    let fresh = ShadowRequest {
        hand_over: HandOver::Fresh,
        ..request("taker")
    };
    stand.host.begin_shadow("one", fresh).await.unwrap();
    stand.quotes(12).await;
    let report = seen(&stand).await;
    // It counts from one: its tenth quote is the running version's twenty-fifth.
    assert_eq!((report.only_running, report.only_shadow), (0, 0));
    assert_eq!((report.running.orders, report.shadow.orders), (1, 1));
    let report = stand.host.end_shadow("one").await.unwrap();
    assert_eq!((report.only_running, report.only_shadow), (1, 1));
    stand.host.shutdown().await.unwrap();
}
