//! A version that took over is watched, and the one before takes its place back without having missed a
//! quote: on a fault, over a limit, by one call, and after a crash too.

use crate::native::Natives;
use crate::stand::{Stand, copy, forced};
use engine::{HandOver, Probation, Severity, StrategyState, SwapTerms};
use services::handle::{HostError, PluginSource, Queries, ShadowRequest, SwapReport, SwapRequest};
use services::view::{AlertCode, AlertState, StrategyView};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An hour, and nothing is borne.
fn strict() -> Probation {
    Probation {
        lasts: model::Duration::from_secs(3_600),
        max_faults: 0,
        max_loss: None,
        max_denials: None,
        max_drawdown: None,
        max_denied_percent: None,
    }
}

async fn swap(
    stand: &Stand,
    plugin: &str,
    probation: Option<Probation>,
) -> Result<SwapReport, HostError> {
    let request = SwapRequest {
        start: false,
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: forced(),
        succession: SwapTerms {
            hand_over: HandOver::Carry,
            probation,
        },
    };
    stand.host.swap("one", request).await
}

fn said(view: &StrategyView, text: &str) -> bool {
    view.log.iter().any(|line| line.text == text)
}

fn version(view: &StrategyView) -> (&str, &str) {
    let plugin = view.plugin.as_ref().unwrap();
    (&plugin.name, &plugin.version)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_breaks_is_sent_back_and_no_quote_is_missed() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    let report = swap(&stand, "breaker", Some(strict())).await.unwrap();
    let watched = report.strategy.probation.clone().unwrap();
    assert_eq!(watched.before.unwrap().name, "taker");
    assert_eq!(watched.terms, strict());
    stand.quotes(40).await;
    let view = stand.view("one");
    assert_eq!(
        (view.state, version(&view)),
        (StrategyState::Running, ("taker", "1"))
    );
    assert_eq!((view.faults.len(), &view.probation), (1, &None));
    let back = view.last_roll_back.as_ref().unwrap();
    assert_eq!(back.reason, "it broke: TRAP: on-quote: breaks");
    assert_eq!(back.from.as_ref().unwrap().name, "breaker");
    let alerts = stand.host.alerts();
    assert_eq!(
        (alerts[0].code, alerts[0].severity, alerts[0].state),
        (AlertCode::RollBack, Severity::Serious, AlertState::Open)
    );
    // One order every ten quotes, whoever made it: the thirtieth is the one that broke the new version.
    assert_eq!(stand.host.orders().len(), 5);
    // The same plugin can be swapped again, with the parameters of the one that runs.
    swap(&stand, "taker@2", None).await.unwrap();
    assert_eq!(stand.host.alerts()[0].state, AlertState::Resolved);
    let stopped = stand.host.stop("one").await.unwrap();
    assert!(said(&stopped, "stopped after 55"), "{:?}", stopped.log);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_broke_on_probation_is_not_started_as_another_version() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    let borne = Probation {
        max_faults: 1,
        ..strict()
    };
    swap(&stand, "bad-quote", Some(borne)).await.unwrap();
    stand.quotes(1).await;
    assert_eq!(stand.view("one").state, StrategyState::Error);
    let request = SwapRequest {
        start: true,
        plugin: Some(PluginSource::unsigned("counter@2")),
        parameters: BTreeMap::new(),
        terms: forced(),
        succession: SwapTerms::default(),
    };
    let refused = stand.host.swap("one", request).await.unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("is on probation until"), "{refused}");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_loses_is_sent_back() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    let probation = Probation {
        max_loss: Some("1".parse().unwrap()),
        ..strict()
    };
    swap(&stand, "loser", Some(probation)).await.unwrap();
    stand.quotes(100).await;
    let view = stand.view("one");
    assert_eq!(version(&view), ("counter", "1"));
    let back = view.last_roll_back.as_ref().unwrap();
    let (lost, most) = back
        .reason
        .strip_prefix("it lost ")
        .and_then(|rest| rest.split_once(" since it took over, more than "))
        .unwrap();
    let [lost, most] = [lost, most].map(|text| text.parse::<model::Money>().unwrap());
    assert!(lost > most, "{}", back.reason);
    let orders = stand.host.orders().len();
    assert!((1..100).contains(&orders), "{orders}");
    let stopped = stand.host.stop("one").await.unwrap();
    assert!(said(&stopped, "stopped after 105"), "{:?}", stopped.log);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_comes_back_by_one_call() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    let nothing = stand.host.roll_back("one").await;
    let Err(HostError::Conflict(reason)) = nothing else {
        panic!("{nothing:?}");
    };
    assert!(reason.contains("swap with `probation`"), "{reason}");
    assert!(matches!(
        stand.host.roll_back("nobody").await,
        Err(HostError::NotFound { .. })
    ));
    stand.quotes(5).await;
    swap(&stand, "counter@2", Some(strict())).await.unwrap();
    stand.quotes(5).await;
    let second = swap(&stand, "counter@3", None).await;
    let Err(HostError::Conflict(reason)) = second else {
        panic!("{second:?}");
    };
    assert!(reason.contains("strategies/one/rollback"), "{reason}");
    let back = stand.host.roll_back("one").await.unwrap();
    assert_eq!(version(&back), ("counter", "1"));
    assert_eq!(back.last_roll_back.as_ref().unwrap().reason, "asked for");
    stand.quotes(5).await;
    swap(&stand, "counter@2", Some(strict())).await.unwrap();
    let kept = stand.host.keep("one").await.unwrap();
    assert_eq!((version(&kept), &kept.probation), (("counter", "2"), &None));
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    assert!(said(&stopped, "stopped after 20"), "{:?}", stopped.log);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_can_be_promoted_on_probation() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    let request = ShadowRequest {
        plugin: Some(PluginSource::unsigned("breaker")),
        parameters: BTreeMap::new(),
        terms: forced(),
        hand_over: HandOver::Carry,
        tolerance: None,
    };
    stand.host.begin_shadow("one", request).await.unwrap();
    stand.quotes(5).await;
    let promoted = stand.host.promote("one", Some(strict())).await.unwrap();
    assert!(promoted.strategy.probation.is_some());
    stand.quotes(20).await;
    assert_eq!(version(&stand.view("one")), ("taker", "1"));
    assert_eq!(stand.host.orders().len(), 4);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_that_cannot_be_meant_name_the_field() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(1).await;
    let check = async |probation: Probation, field: &str| {
        let refused = swap(&stand, "counter@2", Some(probation)).await;
        let Err(HostError::Invalid { field: found, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(found, field);
    };
    let lasts = model::Duration::ZERO;
    check(Probation { lasts, ..strict() }, "probation.for_ns").await;
    let lasts = model::Duration::from_secs(93 * 86_400);
    check(Probation { lasts, ..strict() }, "probation.for_ns").await;
    let max_loss = Some("-1".parse().unwrap());
    let negative = Probation {
        max_loss,
        ..strict()
    };
    check(negative, "probation.max_loss").await;
    let negative = Probation {
        max_drawdown: max_loss,
        ..strict()
    };
    check(negative, "probation.max_drawdown").await;
    let more_than_all = Probation {
        max_denied_percent: Some(101),
        ..strict()
    };
    check(more_than_all, "probation.max_denied_percent").await;
    assert_eq!(version(&stand.view("one")), ("counter", "1"));
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probation_survives_a_crash_and_ends_with_an_orderly_end() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    swap(&stand, "breaker", Some(strict())).await.unwrap();
    stand.quotes(5).await;
    let mut next = stand.after_a_crash();
    let view = next.view("one");
    let watched = view.probation.clone().unwrap();
    assert_eq!(watched.before.unwrap().name, "taker");
    next.quotes(20).await;
    let view = next.view("one");
    assert_eq!(version(&view), ("taker", "1"));
    assert!(view.last_roll_back.is_some());
    assert_eq!(next.host.orders().len(), 4);
    // What the host takes to be the running version is the one that runs.
    swap(&next, "taker@2", None).await.unwrap();
    next.end_and_verify().await;

    let (_, folder, natives) = stand.end().await;
    let again: Arc<Natives> = Arc::new(natives.clone());
    let again = Stand::on(copy(folder.path()), again, natives, |_| {}).unwrap();
    let view = again.view("one");
    assert_eq!((version(&view), &view.probation), (("breaker", "1"), &None));
    assert!(said(&view, "probation ended: the strategy was stopped"));
    again.end_and_verify().await;
}

/// Snapshots are not taken meanwhile; where the journal begins before, coming back takes longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_with_snapshots_comes_back_on_probation() {
    let natives = Natives::default();
    let every = |config: &mut services::host::HostConfig| {
        if let Some(journal) = &mut config.journal {
            journal.snapshot_inputs = std::num::NonZeroU64::new(5);
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let mut stand = Stand::on(folder, Arc::new(natives.clone()), natives, every).unwrap();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(25).await;
    swap(&stand, "breaker", Some(strict())).await.unwrap();
    stand.quotes(3).await;
    let natives = stand.natives.clone();
    let folder = copy(stand.folder.path());
    let next = Stand::on(folder, Arc::new(natives.clone()), natives, every).unwrap();
    assert!(next.view("one").probation.is_some());
    assert_eq!(next.host.recovered().unwrap().snapshot, None);
    next.end_and_verify().await;
    stand.end_and_verify().await;
}
