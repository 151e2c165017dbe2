//! Strategies that break: started again with back-off, from what they saved; quarantine of what breaks too
//! often, and the inputs over which it broke.

use crate::recovery::{again, taken, with_snapshots};
use crate::stand::{START_NS, Stand, forced, quote};
use engine::{HandOver, Input, Probation, StrategyState, SwapTerms, WhenOver};
use model::{Duration, PluginHash, Timestamp};
use registry::Decision;
use services::faults::{
    BudgetPolicy, CarePolicy, DeadLetter, FaultSettings, QuarantineRule, RestartPolicy,
};
use services::handle::{CanaryRequest, HostError, PluginSource, Queries, SwapRequest};
use services::view::{AlertCode, AlertState, RestartOutcome, StrategyView};
use std::collections::BTreeMap;

fn settings(attempts: u32, quarantine_after: u32) -> FaultSettings {
    let restart = RestartPolicy {
        attempts,
        longest_delay: Duration::from_secs(10),
        ..RestartPolicy::default()
    };
    FaultSettings {
        usual: CarePolicy {
            restart: Some(restart),
            ..CarePolicy::default()
        },
        quarantine: QuarantineRule {
            faults: quarantine_after,
            ..QuarantineRule::default()
        },
        ..FaultSettings::default()
    }
}

fn stand(faults: FaultSettings) -> Stand {
    Stand::with(|config| config.faults = faults)
}

/// Waits until readers see that of a strategy.
async fn until(stand: &Stand, name: &str, what: &str, is: impl Fn(&StrategyView) -> bool) {
    for _ in 0..20_000 {
        if is(&stand.view(name)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("{what}: {:?}", stand.view(name));
}

fn outcome(view: &StrategyView) -> Option<(RestartOutcome, u32)> {
    let restart = view.restart.as_ref()?;
    Some((restart.outcome, restart.attempt))
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_nanos(START_NS + seconds * 1_000_000_000)
}

fn alert(stand: &Stand, code: AlertCode) -> Option<AlertState> {
    let alerts = stand.host.alerts();
    let found = alerts.iter().find(|alert| alert.code == code);
    found.map(|alert| alert.state)
}

/// One that breaks over its first quote; the clock then goes on by ten seconds, after which it runs again.
async fn break_and_come_back(mut stand: Stand, attempt: u32) -> Stand {
    stand.quotes(1).await;
    until(&stand, "one", "it waits", |view| {
        outcome(view) == Some((RestartOutcome::Waiting, attempt))
    })
    .await;
    let passed = u64::from(attempt) * 10;
    stand.clock.set(at(passed));
    until(&stand, "one", "it runs again", |view| {
        view.state == StrategyState::Running
            && outcome(view) == Some((RestartOutcome::Fresh, attempt))
    })
    .await;
    stand.has_sent(passed * 1_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_too_often_goes_into_quarantine_and_comes_out_by_a_call() {
    let mut stand = stand(settings(5, 3));
    stand.load("one", "bad-quote").await.unwrap();
    for attempt in 1..=2 {
        stand = break_and_come_back(stand, attempt).await;
    }
    assert_eq!(
        alert(&stand, AlertCode::Restart),
        Some(AlertState::Resolved)
    );
    stand.quotes(1).await;
    until(&stand, "one", "it is given up", |view| {
        outcome(view).is_some_and(|(outcome, _)| outcome == RestartOutcome::GaveUp)
    })
    .await;
    let view = stand.view("one");
    assert_eq!(view.state, StrategyState::Error);
    let reason = view.restart.as_ref().unwrap().reason.clone().unwrap();
    assert!(reason.contains("PLUGIN_QUARANTINED"), "{reason}");
    assert_eq!(alert(&stand, AlertCode::Quarantine), Some(AlertState::Open));

    let refused = |result: Result<std::sync::Arc<StrategyView>, HostError>| match result {
        Err(HostError::Registry(refusal)) => assert_eq!(refusal.code(), "PLUGIN_QUARANTINED"),
        other => panic!("{other:?}"),
    };
    refused(stand.host.start("one").await);
    refused(stand.load("two", "bad-quote").await);
    // The host that comes back knows it too, and starts another build in its place.
    let next = stand.after_a_crash();
    assert_eq!(next.host.quarantined().len(), 1);
    refused(next.host.start("one").await);
    while alert(&next, AlertCode::Quarantine) != Some(AlertState::Open) {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let request = SwapRequest {
        start: true,
        plugin: Some(PluginSource::unsigned("counter")),
        parameters: BTreeMap::new(),
        terms: forced(),
        succession: SwapTerms::default(),
    };
    let mended = next.host.swap("one", request).await.unwrap().strategy;
    assert_eq!(mended.state, StrategyState::Running);
    assert_eq!(
        alert(&next, AlertCode::Quarantine),
        Some(AlertState::Resolved)
    );
    next.end_and_verify().await;

    let hash = PluginHash::of(b"bad-quote").to_string();
    let by = Decision {
        by: Some("ben".to_owned()),
        ..Decision::default()
    };
    let released = stand.host.release_plugin(&hash, by).await.unwrap();
    assert_eq!(released.strategies, ["one"]);
    assert!(stand.host.quarantined().is_empty());
    let started = stand.host.start("one").await.unwrap();
    assert_eq!(started.state, StrategyState::Running);
    assert_eq!(
        alert(&stand, AlertCode::Quarantine),
        Some(AlertState::Resolved)
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_in_a_row_are_counted() {
    let mut stand = stand(settings(2, 0));
    stand.load("one", "bad-quote").await.unwrap();
    for attempt in 1..=2 {
        stand = break_and_come_back(stand, attempt).await;
    }
    stand.quotes(1).await;
    until(&stand, "one", "it is given up", |view| {
        outcome(view) == Some((RestartOutcome::GaveUp, 2))
    })
    .await;
    assert_eq!(alert(&stand, AlertCode::Restart), Some(AlertState::Open));
    assert!(stand.host.quarantined().is_empty(), "0 puts nothing there");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_input_that_killed_a_strategy_is_kept() {
    let mut stand = stand(settings(2, 0));
    stand.load("one", "bad-quote").await.unwrap();
    stand.load("two", "counter").await.unwrap();
    stand = break_and_come_back(stand, 1).await;
    stand.quotes(1).await;
    until(&stand, "one", "it waits", |view| {
        outcome(view) == Some((RestartOutcome::Waiting, 2))
    })
    .await;
    let kept = stand.host.dead_letters("one").await.unwrap();
    assert_eq!((kept.letters.len(), kept.dropped), (2, 0));
    let (name, letter) = &kept.letters[1];
    let Some(Input::Quote(killed)) = &letter.input else {
        panic!("{letter:?}");
    };
    assert_eq!(killed.bid_size.raw(), 1);
    assert_eq!(letter.plugin, PluginHash::of(b"bad-quote"));
    let view = stand.view("one");
    let faults = &view.faults;
    assert_eq!(
        (letter.sequence, &letter.fault),
        (faults[0].sequence, &faults[0].fault)
    );
    let bytes = stand.host.dead_letter("one", name).await.unwrap();
    assert_eq!(DeadLetter::from_bytes(&bytes).as_ref(), Ok(letter));
    assert!(
        stand
            .host
            .dead_letters("two")
            .await
            .unwrap()
            .letters
            .is_empty()
    );
    let missing = stand.host.dead_letter("two", name).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strategy_comes_back_from_what_it_saved_last() {
    let mut faults = settings(1, 0);
    faults.usual.save_every = Some(Duration::from_secs(1));
    let mut stand = stand(faults);
    stand.load("one", "breaker").await.unwrap();
    stand.quotes(5).await;
    let mut seconds = 0;
    while stand.view("one").saved_at.is_none() {
        seconds += 2;
        stand.clock.set(at(seconds));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(seconds < 2_000, "it never saves");
    }
    // It breaks over the quote of this number.
    stand.host.send_market(&[quote(30)]).unwrap();
    until(&stand, "one", "it waits", |view| {
        outcome(view) == Some((RestartOutcome::Waiting, 1))
    })
    .await;
    stand.clock.set(at(seconds + 10));
    until(&stand, "one", "it is back", |view| {
        view.state == StrategyState::Running && outcome(view) == Some((RestartOutcome::Restored, 1))
    })
    .await;
    let letters = stand.host.dead_letters("one").await.unwrap().letters;
    assert!(letters[0].1.saved.is_some());
    stand.end_and_verify().await;
}

/// Why it is not started again, once that is told.
async fn given_up(stand: &Stand, attempt: u32) -> String {
    until(stand, "one", "it is given up", |view| {
        outcome(view) == Some((RestartOutcome::GaveUp, attempt))
    })
    .await;
    let view = stand.view("one");
    assert_eq!(view.state, StrategyState::Error);
    view.restart.as_ref().unwrap().reason.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_paused_does_not_come_back_by_itself() {
    let mut stand = stand(settings(3, 0));
    stand.load("one", "bad-quote").await.unwrap();
    stand.host.pause("one").await.unwrap();
    stand.quotes(1).await;
    until(&stand, "one", "it waits", |view| {
        outcome(view) == Some((RestartOutcome::Waiting, 1))
    })
    .await;
    stand.clock.set(at(10));
    let reason = given_up(&stand, 1).await;
    assert!(reason.contains("it was paused when it broke"), "{reason}");
    stand.clock.set(at(600));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(stand.view("one").state, StrategyState::Error);
    // Who starts it knows; the next fault is one of a strategy that ran.
    let view = stand.host.start("one").await.unwrap();
    assert!(!view.broke_paused);
    stand = stand.has_sent(600_000);
    stand.quotes(1).await;
    until(&stand, "one", "it waits again", |view| {
        outcome(view).is_some_and(|(outcome, _)| outcome == RestartOutcome::Waiting)
    })
    .await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_a_snapshot_shows_broken_does_not_come_back_by_itself() {
    let mut stand = Stand::with(with_snapshots);
    stand.load("one", "bad-quote").await.unwrap();
    stand.quotes(60).await;
    assert_eq!(stand.view("one").state, StrategyState::Error);
    taken(&stand, 1).await;
    let next = again(&stand, |config| {
        with_snapshots(config);
        config.faults = settings(3, 0);
    });
    let next = next.unwrap();
    assert!(next.host.recovered().unwrap().snapshot.is_some());
    let reason = given_up(&next, 0).await;
    assert!(reason.contains("snapshot"), "{reason}");
    assert_eq!(alert(&next, AlertCode::Restart), Some(AlertState::Open));
    next.host.start("one").await.unwrap();
    assert_eq!(alert(&next, AlertCode::Restart), Some(AlertState::Resolved));
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_called_off_by_a_stop() {
    let mut stand = stand(settings(3, 0));
    stand.load("one", "bad-quote").await.unwrap();
    stand.quotes(1).await;
    until(&stand, "one", "it waits", |view| {
        outcome(view) == Some((RestartOutcome::Waiting, 1))
    })
    .await;
    let view = stand.host.stop("one").await.unwrap();
    assert_eq!((view.state, &view.restart), (StrategyState::Stopped, &None));
    stand.clock.set(at(600));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(stand.view("one").state, StrategyState::Stopped);
    assert_eq!(
        alert(&stand, AlertCode::Restart),
        Some(AlertState::Resolved)
    );
    stand.host.start("one").await.unwrap();
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_start_in_place_of_another_is_not_tried_again_by_itself() {
    let mut stand = stand(settings(3, 0));
    stand.load("one", "counter").await.unwrap();
    stand.quotes(5).await;
    stand.host.stop("one").await.unwrap();
    let swap = |plugin: &'static str| SwapRequest {
        start: true,
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: forced(),
        succession: SwapTerms::default(),
    };
    let failed = stand.host.swap("one", swap("bad-start")).await.unwrap_err();
    let failed = failed.to_string();
    assert!(failed.contains("a plain start would start it"), "{failed}");
    until(&stand, "one", "it is stopped again", |view| {
        view.state == StrategyState::Stopped && !view.faults.is_empty()
    })
    .await;
    // What is restarted would be by now.
    stand.clock.set(at(600));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let view = stand.view("one");
    assert_eq!(
        (view.state, view.faults.len()),
        (StrategyState::Stopped, 1),
        "{view:?}"
    );
    let report = stand.host.swap("one", swap("counter@2")).await.unwrap();
    assert_eq!(report.strategy.state, StrategyState::Running);
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 5");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_only_an_operator_starts_it_again() {
    let mut stand = Stand::new();
    stand.load("one", "bad-quote").await.unwrap();
    stand.quotes(1).await;
    until(&stand, "one", "it broke", |view| {
        view.state == StrategyState::Error
    })
    .await;
    stand.clock.set(at(600));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let view = stand.view("one");
    assert_eq!((view.state, &view.restart), (StrategyState::Error, &None));
    let view = stand.host.stop("one").await.unwrap();
    assert_eq!(view.state, StrategyState::Stopped);
    assert!(stand.host.stop("one").await.is_err(), "it is stopped");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strategy_that_costs_more_than_it_may_is_paused_and_told() {
    let mut faults = FaultSettings::default();
    faults.usual.budget = Some(BudgetPolicy {
        // No event takes so little.
        time: Some(Duration::from_nanos(1)),
        fuel: None,
        window: 100,
        demote: true,
    });
    let mut stand = stand(faults);
    stand.load("one", "counter").await.unwrap();
    for _ in 0..200 {
        stand.quotes(20).await;
        if stand.view("one").state == StrategyState::Paused {
            break;
        }
    }
    until(&stand, "one", "it is paused", |view| {
        view.state == StrategyState::Paused
    })
    .await;
    until(&stand, "one", "it is told", |_| {
        alert(&stand, AlertCode::Budget) == Some(AlertState::Open)
    })
    .await;
    let cost = stand.host.cost("one").unwrap();
    assert!(cost.costs.measured >= 100, "{cost:?}");
    let time = cost.costs.time_ns.unwrap();
    assert!(time.p50 <= time.p99 && time.p99 <= time.max, "{cost:?}");
    assert_eq!((cost.every, cost.costs.fuel), (1, None));
    assert!(stand.host.cost("two").is_err());
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_breaks_beside_a_canary_is_the_one_that_broke() {
    let mut stand = stand(settings(2, 0));
    stand.load("one", "breaker").await.unwrap();
    stand.quotes(15).await;
    let canary = CanaryRequest {
        plugin: Some(PluginSource::unsigned("taker")),
        parameters: BTreeMap::new(),
        terms: forced(),
        hand_over: HandOver::Carry,
        instruments: vec!["XYZ".into()],
        probation: Probation {
            lasts: Duration::from_secs(3_600),
            max_faults: 0,
            max_loss: None,
            max_denials: None,
            max_drawdown: None,
            max_denied_percent: None,
        },
        when_over: WhenOver::RollBack,
    };
    stand.host.begin_canary("one", canary).await.unwrap();
    // The version before breaks over the quote of this number.
    stand.quotes(15).await;
    until(&stand, "one", "it waits", |view| {
        outcome(view) == Some((RestartOutcome::Waiting, 1))
    })
    .await;
    let letters = stand.host.dead_letters("one").await.unwrap().letters;
    let broke: Vec<_> = letters.iter().map(|(_, letter)| letter.plugin).collect();
    assert_eq!(broke, [PluginHash::of(b"breaker")]);
    stand.end_and_verify().await;
}
