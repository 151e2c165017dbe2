//! Which plugins may run: approval, revocation, older versions, and what is needed by whom.

use crate::native::Natives;
use crate::stand::{Stand, copy, forced};
use engine::{HandOver, Probation, StrategyState, SwapTerms};
use model::{OrderStatus, PluginHash};
use registry::{Decision, State, Trust};
use services::handle::{
    HostError, LoadRequest, PluginSource, Queries, ShadowRequest, SwapRequest, Terms,
};
use services::host::HostConfig;
use services::plugin::{PluginStage, Progress};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

fn hash(plugin: &str) -> String {
    PluginHash::of(plugin.as_bytes()).to_string()
}

fn by(name: &str) -> Decision {
    Decision {
        by: Some(name.to_owned()),
        ..Decision::default()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, HostError>, code: &str) -> String {
    match result {
        Err(HostError::Registry(refusal)) => {
            assert_eq!(refusal.code(), code, "{refusal}");
            refusal.to_string()
        }
        other => panic!("{code} was expected, and not {other:?}"),
    }
}

/// Loads and starts without force.
async fn load(stand: &Stand, name: &str, plugin: PluginSource) -> Result<(), HostError> {
    let request = LoadRequest {
        name: name.to_owned(),
        account: None,
        plugin,
        parameters: BTreeMap::new(),
        on_fault: engine::OrdersOnFault::Cancel,
        start: true,
        terms: Terms::default(),
    };
    stand.host.load_strategy(request).await.map(drop)
}

async fn swap(stand: &Stand, name: &str, plugin: &str, force: bool) -> Result<(), HostError> {
    let request = SwapRequest {
        start: false,
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: Terms {
            force,
            ..Terms::default()
        },
        succession: SwapTerms::default(),
    };
    stand.host.swap(name, request).await.map(drop)
}

fn on(folder: tempfile::TempDir, edit: impl FnOnce(&mut HostConfig)) -> Stand {
    let natives = Natives::default();
    Stand::on(folder, Arc::new(natives.clone()), natives, edit).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_plugin_is_paused_and_never_trades_again() {
    let mut stand = Stand::new();
    stand.load("one", "rester").await.unwrap();
    stand.load("two", "counter").await.unwrap();
    stand.quotes(3).await;
    let resting = stand.host.orders();
    assert_eq!(resting.len(), 1);
    let revoked = stand
        .host
        .revoke_plugin(&hash("rester")[..8], by("ben"))
        .await
        .unwrap();
    assert_eq!(revoked.paused, ["one"]);
    assert_eq!(revoked.record.state, State::Revoked);
    assert_eq!(stand.view("one").state, StrategyState::Paused);
    assert_eq!(stand.view("two").state, StrategyState::Running);
    // What protects a position stays where it is.
    assert_eq!(stand.host.orders()[0].status, OrderStatus::Accepted);
    let says = refused(stand.host.resume("one").await, "PLUGIN_REVOKED");
    assert!(says.contains("another version"), "{says}");
    refused(swap(&stand, "two", "rester", true).await, "PLUGIN_REVOKED");
    let again = PluginSource::Kept(hash("rester"));
    refused(load(&stand, "three", again).await, "PLUGIN_REVOKED");
    let parameters = SwapRequest {
        start: false,
        plugin: None,
        parameters: BTreeMap::new(),
        terms: Terms::default(),
        succession: SwapTerms::default(),
    };
    refused(stand.host.swap("one", parameters).await, "PLUGIN_REVOKED");

    let mut next = stand.after_a_crash();
    assert_eq!(next.view("one").state, StrategyState::Paused);
    refused(next.host.resume("one").await, "PLUGIN_REVOKED");
    next.host.stop("one").await.unwrap();
    refused(next.host.start("one").await, "PLUGIN_REVOKED");
    swap(&stand, "one", "rester@2", false).await.unwrap();
    stand.host.resume("one").await.unwrap();
    assert_eq!(stand.view("one").state, StrategyState::Running);
    next.quotes(1).await;
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

/// With the version before at hand for an hour.
async fn watched(stand: &Stand, name: &str, plugin: &str) {
    let probation = Probation {
        lasts: model::Duration::from_secs(3_600),
        max_faults: 0,
        max_loss: None,
        max_denials: None,
        max_drawdown: None,
        max_denied_percent: None,
    };
    let request = SwapRequest {
        start: false,
        plugin: Some(PluginSource::unsigned(plugin)),
        parameters: BTreeMap::new(),
        terms: forced(),
        succession: SwapTerms {
            hand_over: HandOver::Carry,
            probation: Some(probation),
        },
    };
    stand.host.swap(name, request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_plugin_is_no_way_back_and_is_tried_no_more() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(3).await;
    watched(&stand, "one", "counter@2").await;
    let tried = ShadowRequest {
        plugin: Some(PluginSource::unsigned("counter@3")),
        parameters: BTreeMap::new(),
        terms: forced(),
        hand_over: HandOver::Carry,
        tolerance: None,
    };
    stand.host.begin_shadow("one", tried).await.unwrap();
    for plugin in ["counter", "counter@3"] {
        let deleted = stand.host.delete_plugin(&hash(plugin), by("ben")).await;
        refused(deleted, "PLUGIN_IN_USE");
    }
    for plugin in ["counter", "counter@3"] {
        let revoked = stand.host.revoke_plugin(&hash(plugin), by("ben")).await;
        assert!(revoked.unwrap().paused.is_empty());
    }
    let view = stand.view("one");
    assert_eq!(
        (view.state, &view.probation, &view.shadow),
        (StrategyState::Running, &None, &None)
    );
    let back = stand.host.roll_back("one").await;
    assert!(matches!(back, Err(HostError::Conflict(_))), "{back:?}");
    let promoted = stand.host.promote("one", None).await;
    assert!(
        matches!(promoted, Err(HostError::Conflict(_))),
        "{promoted:?}"
    );
    stand.quotes(3).await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_comes_back_finds_that_the_version_before_was_revoked() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.quotes(3).await;
    watched(&stand, "one", "counter@2").await;
    let next = on(copy(stand.folder.path()), |config| {
        config.policy.trust = Trust::new(&[], None, &[hash("counter")]).unwrap();
    });
    let view = next.view("one");
    assert_eq!(
        (view.state, &view.probation),
        (StrategyState::Running, &None)
    );
    next.end_and_verify().await;
    assert!(stand.view("one").probation.is_some());
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_configuration_revokes_does_not_come_back() {
    let mut stand = Stand::new();
    stand.load("one", "counter").await.unwrap();
    stand.load("two", "chatty").await.unwrap();
    stand.quotes(3).await;
    let revoking = |config: &mut HostConfig| {
        config.policy.trust = Trust::new(&[], None, &[hash("counter")]).unwrap();
    };
    // After a crash strategies are in the middle of their work.
    let crashed = on(copy(stand.folder.path()), revoking);
    assert_eq!(crashed.view("one").state, StrategyState::Paused);
    assert_eq!(crashed.view("two").state, StrategyState::Running);
    crashed.end_and_verify().await;
    // After an end they are started again.
    let (_, folder, _) = stand.end().await;
    let next = on(copy(folder.path()), revoking);
    let failed = next.host.start_again().await;
    assert_eq!(failed.len(), 1);
    let (name, error) = failed.into_iter().next().unwrap();
    assert_eq!(name, "one");
    refused::<()>(Err(error), "PLUGIN_REVOKED");
    assert_eq!(next.view("two").state, StrategyState::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_takes_a_place_only_by_force() {
    let mut stand = Stand::new();
    let named = |plugin: &str| PluginSource::unsigned(plugin);
    load(&stand, "one", named("counter@1.2.0")).await.unwrap();
    stand.quotes(2).await;
    let says = refused(
        swap(&stand, "one", "counter@1.1.9", false).await,
        "PLUGIN_DOWNGRADE",
    );
    assert!(says.contains("older than 1.2.0, which runs"), "{says}");
    refused(
        load(&stand, "two", named("counter@1.1.9")).await,
        "PLUGIN_DOWNGRADE",
    );
    refused(
        stand
            .host
            .upload_plugin(named("counter@1.1.9"), Terms::default())
            .await,
        "PLUGIN_DOWNGRADE",
    );
    refused(
        swap(&stand, "one", "counter@spring", false).await,
        "PLUGIN_VERSION_UNORDERED",
    );
    assert_eq!(stand.view("one").plugin.as_ref().unwrap().version, "1.2.0");
    swap(&stand, "one", "counter@1.1.9", true).await.unwrap();
    assert_eq!(stand.view("one").plugin.as_ref().unwrap().version, "1.1.9");
    let older = stand.host.plugin(&hash("counter@1.1.9")).unwrap();
    assert!(older.acts[0].forced);
    swap(&stand, "one", "counter@1.2.0", false).await.unwrap();
    // Once approved it is decided on, but still does not replace a newer one unasked.
    refused(
        stand
            .host
            .approve_plugin(&hash("counter@1.1.9"), by("ben"))
            .await,
        "PLUGIN_DOWNGRADE",
    );
    let forced = Decision {
        force: true,
        ..by("ben")
    };
    let approved = stand
        .host
        .approve_plugin(&hash("counter@1.1.9"), forced)
        .await;
    assert!(approved.unwrap().acts.last().unwrap().forced);
    load(&stand, "two", named("counter@1.1.9")).await.unwrap();
    refused(
        swap(&stand, "one", "counter@1.1.9", false).await,
        "PLUGIN_DOWNGRADE",
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_approval_is_asked_for_nothing_runs_without() {
    let careful = |config: &mut HostConfig| config.policy.require_approval = true;
    let stand = Stand::with(careful);
    let plugin = || PluginSource::unsigned("counter");
    let says = refused(load(&stand, "one", plugin()).await, "PLUGIN_NOT_APPROVED");
    assert!(says.contains(&hash("counter")), "{says}");
    assert!(stand.host.strategy("one").is_none());
    // It came in, though, so that somebody can look at it.
    let record = stand.host.plugin(&hash("counter")).unwrap();
    assert_eq!(record.state, State::Uploaded);
    refused(
        stand.host.approve_plugin("00000000", by("ben")).await,
        "PLUGIN_UNKNOWN",
    );
    let nobody = stand
        .host
        .approve_plugin(&hash("counter"), by("a\nb"))
        .await;
    assert!(
        matches!(nobody, Err(HostError::Invalid { field: "by", .. })),
        "{nobody:?}"
    );
    stand
        .host
        .approve_plugin(&hash("counter"), by("ben"))
        .await
        .unwrap();
    load(
        &stand,
        "one",
        PluginSource::Kept(hash("counter")[..12].to_owned()),
    )
    .await
    .unwrap();
    // The configuration is the operator's own word.
    let configured = LoadRequest {
        name: "two".to_owned(),
        account: None,
        plugin: PluginSource::unsigned("chatty"),
        parameters: BTreeMap::new(),
        on_fault: engine::OrdersOnFault::Cancel,
        start: true,
        terms: Terms::configured(),
    };
    stand.host.load_strategy(configured).await.unwrap();
    let record = stand.host.plugin(&hash("chatty")).unwrap();
    assert_eq!(
        record.acts.last().unwrap().by.as_deref(),
        Some("configuration")
    );
    let (_, folder, _) = stand.end().await;
    let next = on(copy(folder.path()), careful);
    assert_eq!(next.host.start_again().await, Vec::new());
    assert_eq!(next.view("one").state, StrategyState::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_needs_is_not_deleted() {
    let stand = Stand::new();
    let unused = PluginSource::unsigned("chatty");
    stand
        .host
        .upload_plugin(unused, Terms::default())
        .await
        .unwrap();
    let deleted = stand
        .host
        .delete_plugin(&hash("chatty"), by("ben"))
        .await
        .unwrap();
    assert_eq!((deleted.state, deleted.kept), (State::Deleted, false));
    stand.load("one", "counter").await.unwrap();
    let delete = async |stand: &Stand| {
        let deleted = stand.host.delete_plugin(&hash("counter"), by("ben")).await;
        refused(deleted, "PLUGIN_IN_USE")
    };
    let says = delete(&stand).await;
    assert!(says.contains("the strategy `one` has it"), "{says}");
    swap(&stand, "one", "counter@2", false).await.unwrap();
    let says = delete(&stand).await;
    assert!(
        says.contains("the journal `test` has it as the strategy `one`"),
        "{says}"
    );
    let (_, folder, _) = stand.end().await;
    // A journal that was put away can still be stepped again.
    let away = folder.path().join("journals/before");
    std::fs::create_dir_all(away.parent().unwrap()).unwrap();
    std::fs::rename(folder.path().join("journal"), &away).unwrap();
    let other = |config: &mut HostConfig| {
        if let Some(journal) = &mut config.journal {
            journal.run = "another".to_owned();
        }
    };
    let next = on(folder, other);
    let says = delete(&next).await;
    assert!(says.contains("the journal `test` has it"), "{says}");
    std::fs::remove_dir_all(&away).unwrap();
    next.host
        .delete_plugin(&hash("counter"), by("ben"))
        .await
        .unwrap();
    let kept = |name: &str| {
        Path::new(next.folder.path())
            .join("plugins")
            .join(name)
            .exists()
    };
    assert!(!kept(&format!("{}.wasm", hash("counter"))));
    assert!(
        kept(&format!("{}.json", hash("counter"))),
        "what was known stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_a_plugin_is_told_how_far_it_is() {
    let stand = Stand::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&told);
    let terms = Terms {
        progress: Progress::new(move |stage| all.lock().unwrap().push(stage)),
        ..Terms::default()
    };
    let source = PluginSource::unsigned("counter@1.0.0");
    stand.host.upload_plugin(source, terms).await.unwrap();
    // What a plugin of these tests is, nobody need compile.
    let expect = [PluginStage::Read, PluginStage::Stored];
    assert_eq!(*told.lock().unwrap(), expect);
    stand.end_and_verify().await;
}
