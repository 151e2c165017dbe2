//! Canaries and flips of a host: who trades what, how it ends, and what is left after a crash, an end,
//! or a revocation.

use crate::native::Natives;
use crate::stand::{Stand, copy, forced};
use engine::{HandOver, Probation, StrategyState, WhenOver};
use model::PluginHash;
use registry::Decision;
use services::handle::{CanaryRequest, HostError, PluginSource, Queries, SwapReport};
use services::view::{AlertCode, StrategyView};
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

fn request(plugin: &str, instruments: &[&str]) -> CanaryRequest {
    CanaryRequest {
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: forced(),
        hand_over: HandOver::Carry,
        instruments: instruments.iter().map(|&symbol| symbol.into()).collect(),
        probation: strict(),
        when_over: WhenOver::RollBack,
    }
}

async fn canary(stand: &Stand, plugin: &str, instrument: &str) -> SwapReport {
    let request = request(plugin, &[instrument]);
    stand.host.begin_canary("one", request).await.unwrap()
}

fn said(view: &StrategyView, text: &str) -> bool {
    view.log.iter().any(|line| line.text == text)
}

fn version(view: &StrategyView) -> (&str, &str) {
    let plugin = view.plugin.as_ref().unwrap();
    (&plugin.name, &plugin.version)
}

/// One that orders `ABC` every tenth quote, after 15 quotes.
async fn taker() -> Stand {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(15).await;
    stand
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_breaks_is_over_and_no_quote_is_missed() {
    let mut stand = taker().await;
    let report = canary(&stand, "breaker", "ABC").await;
    let watched = report.strategy.probation.clone().unwrap();
    assert_eq!(watched.before.unwrap().name, "taker");
    let has = watched.canary.unwrap();
    assert_eq!(has.instruments, [model::InstrumentId::new(0)]);
    assert_eq!(has.when_over, WhenOver::RollBack);
    stand.quotes(40).await;
    let view = stand.view("one");
    assert_eq!(
        (view.state, version(&view)),
        (StrategyState::Running, ("taker", "1"))
    );
    assert_eq!((view.faults.len(), &view.probation), (1, &None));
    let back = view.last_roll_back.as_ref().unwrap();
    assert_eq!(back.reason, "it broke: TRAP: on-quote: breaks");
    assert_eq!(stand.host.alerts()[0].code, AlertCode::RollBack);
    // One order every ten quotes, whoever made it.
    assert_eq!(stand.host.orders().len(), 5);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_goes_on_with_the_rest_until_it_is_promoted_or_ended() {
    let mut stand = taker().await;
    // It sees the quotes of `ABC`, and what it wants there is not done.
    canary(&stand, "loser", "XYZ").await;
    stand.quotes(25).await;
    assert_eq!(stand.host.orders().len(), 4);
    let brought = stand.host.brought("one").await.unwrap();
    let nothing = Some(model::Money::ZERO);
    assert_eq!((brought.before, brought.now), (nothing, nothing));
    let ended = stand.host.end_canary("one").await.unwrap();
    assert_eq!((version(&ended), &ended.probation), (("taker", "1"), &None));
    let reason = &ended.last_roll_back.as_ref().unwrap().reason;
    assert_eq!(reason, "ended by an operator");
    let brought = stand.host.brought("one").await.unwrap();
    assert!(
        brought.before.is_none() && brought.now.is_some(),
        "{brought:?}"
    );

    canary(&stand, "loser", "XYZ").await;
    let refused = stand.host.keep("one").await;
    let Err(HostError::Conflict(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("promote it, or end it"), "{reason}");
    let promoted = stand.host.promote_canary("one", Some(strict())).await;
    let promoted = promoted.unwrap();
    let watched = promoted.probation.as_ref().unwrap();
    assert_eq!(
        (version(&promoted), &watched.canary),
        (("loser", "1"), &None)
    );
    assert_eq!(watched.before.as_ref().unwrap().name, "taker");
    stand.quotes(5).await;
    assert_eq!(stand.host.orders().len(), 9);
    let back = stand.host.roll_back("one").await.unwrap();
    assert_eq!(version(&back), ("taker", "1"));
    stand.quotes(10).await;
    assert_eq!(stand.host.orders().len(), 10);
    let stopped = stand.host.stop("one").await.unwrap();
    assert!(said(&stopped, "stopped after 55"), "{:?}", stopped.log);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_survives_a_crash_and_is_over_with_an_orderly_end() {
    let mut stand = taker().await;
    canary(&stand, "breaker", "ABC").await;
    stand.quotes(5).await;
    let mut next = stand.after_a_crash();
    let view = next.view("one");
    let watched = view.probation.clone().unwrap();
    assert_eq!(watched.before.unwrap().name, "taker");
    assert!(watched.canary.is_some());
    next.quotes(20).await;
    let view = next.view("one");
    assert_eq!(version(&view), ("taker", "1"));
    assert_eq!(next.host.orders().len(), 4);
    // What the host takes to be the running version is the one that runs.
    next.swap("one", "taker@2").await.unwrap();
    next.end_and_verify().await;

    let (_, folder, natives) = stand.end().await;
    let again: Arc<Natives> = Arc::new(natives.clone());
    let again = Stand::on(copy(folder.path()), again, natives, |_| {}).unwrap();
    let view = again.view("one");
    assert_eq!((version(&view), &view.probation), (("taker", "1"), &None));
    let reason = &view.last_roll_back.as_ref().unwrap().reason;
    assert_eq!(reason, "the strategy was stopped");
    again.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_beside_a_canary_that_is_revoked_trades_no_more() {
    let stand = taker().await;
    canary(&stand, "taker@2", "XYZ").await;
    let hash = PluginHash::of(b"taker").to_string();
    let revoked = stand.host.revoke_plugin(&hash, Decision::default()).await;
    assert_eq!(revoked.unwrap().paused, ["one"]);
    let view = stand.view("one");
    assert_eq!(
        (view.state, version(&view), &view.probation),
        (StrategyState::Paused, ("taker", "2"), &None)
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_take_turns() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    let refused = stand.host.flip("one").await;
    assert!(matches!(refused, Err(HostError::Conflict(_))));
    stand.quotes(5).await;
    let request = request("counter@2", &["ABC"]);
    stand.host.begin_canary("one", request).await.unwrap();
    let refused = stand.host.flip("one").await;
    assert!(matches!(refused, Err(HostError::Conflict(_))));
    let watched = stand.host.promote_canary("one", Some(strict())).await;
    assert_eq!(version(&watched.unwrap()), ("counter", "2"));
    for (runs, warm) in [("1", "2"), ("2", "1"), ("1", "2")] {
        stand.quotes(5).await;
        let view = stand.host.flip("one").await.unwrap();
        let before = view.probation.as_ref().unwrap().before.clone();
        assert_eq!(version(&view), ("counter", runs));
        assert_eq!(before.unwrap().version, warm);
    }
    let kept = stand.host.keep("one").await.unwrap();
    assert_eq!((version(&kept), &kept.probation), (("counter", "1"), &None));
    let stopped = stand.host.stop("one").await.unwrap();
    assert!(said(&stopped, "stopped after 20"), "{:?}", stopped.log);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_meant_name_the_field() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(1).await;
    let check = async |wanted: CanaryRequest, field: &str| {
        let refused = stand.host.begin_canary("one", wanted).await;
        let Err(HostError::Invalid { field: found, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(found, field);
    };
    check(request("counter@2", &[]), "instruments").await;
    check(request("counter@2", &["ABC", "QQQ"]), "instruments").await;
    let mut wanted = request("counter@2", &["ABC"]);
    wanted.probation.max_faults = 1;
    let refused = stand.host.begin_canary("one", wanted).await;
    let Err(HostError::Disagrees { field, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(field, "probation.max_faults");
    let mut wanted = request("counter@2", &["ABC"]);
    wanted.probation.lasts = model::Duration::ZERO;
    check(wanted, "probation.for_ns").await;
    for refused in [
        stand.host.promote_canary("one", None).await,
        stand.host.end_canary("one").await,
    ] {
        let Err(HostError::Conflict(reason)) = refused else {
            panic!("{refused:?}");
        };
        assert!(reason.contains("POST strategies/{name}/canary"), "{reason}");
    }
    assert_eq!(version(&stand.view("one")), ("counter", "1"));
    stand.end_and_verify().await;
}
