//! Builds that are dropped into the plugin folder: kept, tried, swapped in or refused, and always told.

use crate::stand::{Stand, forced, received};
use engine::{OrdersOnFault, Probation, StrategyState};
use model::PluginHash;
use registry::{Source, State};
use services::handle::{LoadRequest, PluginSource, Queries, ShadowRequest};
use services::plugin_watch::{OnNewBuild, PluginWatch, PluginWatchConfig, WatchError, Watched};
use services::view::{AlertCode, AlertState, BuildOutcome, BuildView, Change};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(60);
const FILE: &str = "builds/one.wasm";

/// A host whose strategy `one` was loaded from a file that is watched.
struct Dropping {
    stand: Stand,
    watch: PluginWatch,
}

fn config(stand: &Stand, on_new_build: OnNewBuild) -> PluginWatchConfig {
    PluginWatchConfig {
        folder: stand.folder.path().join("incoming"),
        watched: vec![Watched {
            strategy: "one".to_owned(),
            plugin: PathBuf::from(FILE),
            on_new_build,
        }],
        quiet: Duration::from_millis(60),
        signature_wait: Duration::ZERO,
    }
}

fn drop_build(stand: &Stand, build: &str) {
    let file = stand.folder.path().join("incoming").join(FILE);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let part = file.with_extension("part");
    std::fs::write(&part, build).unwrap();
    std::fs::rename(&part, &file).unwrap();
}

/// Loads it as the configuration does.
async fn load(stand: &Stand, build: &str) {
    drop_build(stand, build);
    let request = LoadRequest {
        name: "one".to_owned(),
        account: None,
        plugin: PluginSource::Path(PathBuf::from(FILE)),
        parameters: BTreeMap::new(),
        on_fault: OrdersOnFault::Cancel,
        start: true,
        terms: services::handle::Terms::configured(),
    };
    stand.host.load_strategy(request).await.unwrap();
}

fn of(build: &str) -> Option<PluginHash> {
    Some(PluginHash::of(build.as_bytes()))
}

impl Dropping {
    async fn new(stand: Stand, build: &str, on_new_build: OnNewBuild) -> Self {
        load(&stand, build).await;
        Self::watching(stand, on_new_build)
    }

    fn watching(stand: Stand, on_new_build: OnNewBuild) -> Self {
        let watch = PluginWatch::begin(config(&stand, on_new_build), &stand.host).unwrap();
        Self { stand, watch }
    }

    fn build(&self, build: &str) {
        drop_build(&self.stand, build);
    }

    fn last(&self) -> Option<Box<BuildView>> {
        self.stand.view("one").last_build.clone()
    }

    /// Waits for what becomes of a build.
    async fn until(&self, plugin: Option<PluginHash>, outcome: BuildOutcome) -> Box<BuildView> {
        let begun = Instant::now();
        loop {
            match self.last() {
                Some(last) if (last.plugin, last.outcome) == (plugin, outcome) => return last,
                last => assert!(
                    begun.elapsed() < PATIENCE,
                    "waited in vain for {outcome:?}: {last:?}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Drops a build and waits for what becomes of it.
    async fn becomes(&self, build: &str, outcome: BuildOutcome) -> Box<BuildView> {
        self.build(build);
        self.until(of(build), outcome).await
    }

    fn version(&self) -> String {
        let view = self.stand.view("one");
        assert_eq!(view.state, StrategyState::Running);
        view.plugin.as_ref().unwrap().version.clone()
    }

    /// How often something was told of builds.
    fn told(&self) -> usize {
        let view = self.stand.view("one");
        let lines = view.log.iter().map(|line| &line.text);
        lines.filter(|text| text.starts_with("build `")).count()
    }

    /// The state of the alert, if there is one.
    fn alert(&self) -> Option<AlertState> {
        let alerts = self.stand.host.alerts().into_iter();
        let mut alerts = alerts.filter(|alert| alert.code == AlertCode::NewBuild);
        alerts.next().map(|alert| alert.state)
    }

    async fn end(self) -> Stand {
        let watch = self.watch;
        tokio::task::spawn_blocking(|| watch.end()).await.unwrap();
        self.stand
    }
}

fn probation() -> Probation {
    Probation {
        lasts: model::Duration::from_secs(3_600),
        max_faults: 0,
        max_loss: None,
        max_denials: None,
        max_drawdown: None,
        max_denied_percent: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_takes_over_once_and_a_touch_is_none() {
    let mut stand = Stand::new();
    let mut updates = stand.host.subscribe();
    load(&stand, "counter@1").await;
    stand.quotes(5).await;
    let mut dropping = Dropping::watching(stand, OnNewBuild::Swap(None));
    // The same content, another file.
    dropping.build("counter@1");
    dropping.becomes("counter@2", BuildOutcome::Swapped).await;
    assert_eq!(dropping.version(), "2");
    dropping.build("counter@2");
    dropping.stand.quotes(5).await;
    let last = dropping.becomes("counter@3", BuildOutcome::Swapped).await;
    assert_eq!((last.file.as_str(), &last.reason), (FILE, &None));
    assert_eq!(dropping.told(), 2, "only what was new");
    assert_eq!(dropping.alert(), None);
    let record = dropping
        .stand
        .host
        .plugin(&of("counter@3").unwrap().to_string());
    let record = record.unwrap();
    assert_eq!(record.acts[0].by.as_deref(), Some("watch"));
    assert_eq!(record.source, Source::File(FILE.to_owned()));
    assert_eq!(
        record.state,
        State::Uploaded,
        "lying there approves nothing"
    );
    let told = received(&mut updates).into_iter();
    let told = told.filter_map(|update| match &update.change {
        Change::Strategy(view) => view.last_build.as_ref().map(|build| build.plugin),
        _ => None,
    });
    let mut told: Vec<_> = told.collect();
    told.dedup();
    assert_eq!(told, [of("counter@2"), of("counter@3")]);
    let mut stand = dropping.end().await;
    stand.quotes(5).await;
    let stopped = stand.host.stop("one").await.unwrap();
    let counted = |text: &str| stopped.log.iter().any(|line| line.text == text);
    assert!(counted("stopped after 15"), "{:?}", stopped.log);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_is_refused_leaves_what_runs_and_raises_an_alert() {
    let on = OnNewBuild::Swap(None);
    let dropping = Dropping::new(Stand::new(), "counter@2", on).await;
    let last = dropping.becomes("nonsense", BuildOutcome::Refused).await;
    assert_eq!(last.stage, Some("world"));
    assert_eq!(last.reason.as_deref(), Some("world: no such strategy"));
    assert_eq!(dropping.alert(), Some(AlertState::Open));
    let last = dropping.becomes("counter@1", BuildOutcome::Refused).await;
    assert_eq!(last.stage, Some("PLUGIN_DOWNGRADE"));
    let last = dropping.becomes("bad-init@1", BuildOutcome::Refused).await;
    assert_eq!(last.stage, Some("init"));
    assert_eq!(dropping.alert(), Some(AlertState::Open));
    assert_eq!(dropping.version(), "2");
    // That the bad one is taken away makes no good one of it.
    let file = dropping.stand.folder.path().join("incoming").join(FILE);
    std::fs::remove_file(file).unwrap();
    dropping.until(None, BuildOutcome::Gone).await;
    assert_eq!(dropping.alert(), Some(AlertState::Open));
    // What runs is put back.
    dropping.becomes("counter@2", BuildOutcome::Same).await;
    assert_eq!(dropping.alert(), Some(AlertState::Resolved));
    assert_eq!(dropping.told(), 5);
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_nobody_approved_is_kept_and_does_not_run() {
    let stand = Stand::with(|config| config.policy.require_approval = true);
    let dropping = Dropping::new(stand, "counter@1", OnNewBuild::Swap(None)).await;
    let last = dropping.becomes("counter@2", BuildOutcome::Refused).await;
    assert_eq!(last.stage, Some("PLUGIN_NOT_APPROVED"));
    assert_eq!(dropping.version(), "1");
    let digits = of("counter@2").unwrap().to_string();
    let host = &dropping.stand.host;
    assert_eq!(host.plugin(&digits).unwrap().state, State::Uploaded);
    let decision = registry::Decision::default();
    host.approve_plugin(&digits, decision).await.unwrap();
    // A touch tries again what was refused.
    dropping.becomes("counter@2", BuildOutcome::Swapped).await;
    assert_eq!(dropping.version(), "2");
    assert_eq!(dropping.alert(), Some(AlertState::Resolved));
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_is_admitted_only_waits_in_the_registry() {
    let dropping = Dropping::new(Stand::new(), "counter@1", OnNewBuild::Admit).await;
    dropping.becomes("counter@2", BuildOutcome::Admitted).await;
    assert_eq!(dropping.version(), "1");
    let host = &dropping.stand.host;
    let record = host.plugin(&of("counter@2").unwrap().to_string()).unwrap();
    assert_eq!((record.state, record.uses.len()), (State::Uploaded, 0));
    assert_eq!(record.acts[0].by.as_deref(), Some("watch"));
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_tried_in_the_place_of_the_one_before_but_not_of_an_operators() {
    let dropping = Dropping::new(Stand::new(), "taker@1", OnNewBuild::Shadow).await;
    let tried = || {
        let view = dropping.stand.view("one");
        let shadow = view.shadow.as_ref();
        shadow.map(|shadow| shadow.plugin.version.clone())
    };
    dropping.becomes("taker@2", BuildOutcome::Shadowed).await;
    assert_eq!(tried().as_deref(), Some("2"));
    dropping.becomes("nonsense", BuildOutcome::Refused).await;
    assert_eq!(
        tried().as_deref(),
        Some("2"),
        "it stays for want of a better"
    );
    dropping.becomes("taker@3", BuildOutcome::Shadowed).await;
    assert_eq!(tried().as_deref(), Some("3"));
    assert_eq!(dropping.version(), "1");
    let host = &dropping.stand.host;
    host.end_shadow("one").await.unwrap();
    let request = ShadowRequest {
        plugin: Some(PluginSource::unsigned("taker@7")),
        parameters: BTreeMap::new(),
        terms: forced(),
        hand_over: engine::HandOver::Carry,
        tolerance: None,
    };
    host.begin_shadow("one", request).await.unwrap();
    let last = dropping.becomes("taker@8", BuildOutcome::Refused).await;
    let reason = last.reason.unwrap();
    assert!(reason.contains("has a shadow already"), "{reason}");
    assert_eq!(tried().as_deref(), Some("7"));
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_on_probation_is_not_followed_by_another() {
    let on = OnNewBuild::Swap(Some(probation()));
    let dropping = Dropping::new(Stand::new(), "counter@1", on).await;
    dropping.becomes("counter@2", BuildOutcome::Swapped).await;
    let view = dropping.stand.view("one");
    assert_eq!(view.probation.as_ref().unwrap().terms, probation());
    let last = dropping.becomes("counter@3", BuildOutcome::Refused).await;
    let reason = last.reason.unwrap();
    assert!(reason.contains("is on probation"), "{reason}");
    let host = &dropping.stand.host;
    host.roll_back("one").await.unwrap();
    // What was sent back is not taken again for lying there.
    dropping.becomes("counter@2", BuildOutcome::Same).await;
    assert_eq!(dropping.version(), "1");
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_the_folder_never_stops_what_runs() {
    let on = OnNewBuild::Swap(None);
    let dropping = Dropping::new(Stand::new(), "counter@1", on).await;
    let incoming = dropping.stand.folder.path().join("incoming");
    std::fs::remove_file(incoming.join(FILE)).unwrap();
    dropping.until(None, BuildOutcome::Gone).await;
    assert_eq!((dropping.version().as_str(), dropping.alert()), ("1", None));
    dropping.becomes("counter@1", BuildOutcome::Same).await;
    std::fs::remove_dir_all(&incoming).unwrap();
    dropping.until(None, BuildOutcome::Gone).await;
    // Made again, twice, before a build comes.
    for _ in 0..2 {
        std::fs::create_dir_all(&incoming).unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        std::fs::remove_dir_all(&incoming).unwrap();
    }
    dropping.becomes("counter@2", BuildOutcome::Swapped).await;
    std::fs::remove_file(incoming.join(FILE)).unwrap();
    std::fs::create_dir(incoming.join(FILE)).unwrap();
    let last = dropping.until(None, BuildOutcome::Unreadable).await;
    assert_eq!(last.reason.as_deref(), Some("it is not a file"));
    assert_eq!(dropping.alert(), Some(AlertState::Open));
    assert_eq!(dropping.version(), "2");
    std::fs::remove_dir(incoming.join(FILE)).unwrap();
    dropping.becomes("counter@3", BuildOutcome::Swapped).await;
    // A pipe would be waited for until somebody writes into it.
    let pipe = incoming.join(format!("{FILE}.minisig"));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let last = dropping.until(None, BuildOutcome::Unreadable).await;
    assert_eq!(
        last.reason.as_deref(),
        Some("its signature: it is not a file")
    );
    std::fs::remove_file(pipe).unwrap();
    dropping.becomes("counter@4", BuildOutcome::Swapped).await;
    assert_eq!(dropping.alert(), Some(AlertState::Resolved));
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_another_folder_of_builds_is_a_new_build() {
    let stand = Stand::new();
    let incoming = stand.folder.path().join("incoming");
    let folder = |build: &str| {
        let name = format!("..{build}");
        std::fs::create_dir_all(incoming.join(&name)).unwrap();
        std::fs::write(incoming.join(&name).join("one.wasm"), build).unwrap();
        let link = incoming.join("..tmp");
        std::os::unix::fs::symlink(&name, &link).unwrap();
        std::fs::rename(link, incoming.join("..data")).unwrap();
    };
    std::os::unix::fs::symlink("..data", incoming.join("builds")).unwrap();
    folder("counter@2");
    stand.load("one", "counter@2").await.unwrap();
    let dropping = Dropping::watching(stand, OnNewBuild::Swap(None));
    for build in ["counter@3", "counter@4"] {
        folder(build);
        dropping.until(of(build), BuildOutcome::Swapped).await;
    }
    assert_eq!((dropping.version().as_str(), dropping.told()), ("4", 2));
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lay_there_before_is_told_and_taken_when_it_is_touched() {
    let stand = Stand::new();
    stand.load("one", "counter@1").await.unwrap();
    drop_build(&stand, "counter@2");
    let dropping = Dropping::watching(stand, OnNewBuild::Swap(None));
    let last = dropping.until(of("counter@2"), BuildOutcome::Left).await;
    assert!(last.reason.unwrap().contains("touch it"));
    assert_eq!((dropping.version().as_str(), dropping.alert()), ("1", None));
    let file = dropping.stand.folder.path().join("incoming").join(FILE);
    // A backup by links, and other permissions, are no touch.
    let told = dropping.told();
    std::fs::hard_link(&file, file.with_extension("backup")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((dropping.version().as_str(), dropping.told()), ("1", told));
    let file = std::fs::File::options().append(true).open(file).unwrap();
    file.set_modified(std::time::SystemTime::now()).unwrap();
    dropping.until(of("counter@2"), BuildOutcome::Swapped).await;
    // One that is stopped is not started by a build.
    let host = &dropping.stand.host;
    host.stop("one").await.unwrap();
    let last = dropping.becomes("counter@3", BuildOutcome::Refused).await;
    assert!(last.reason.unwrap().contains("start it first"));
    assert_eq!(dropping.stand.view("one").state, StrategyState::Stopped);
    dropping.end().await.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_ends_ends_the_watch_too() {
    let on = OnNewBuild::Swap(None);
    let dropping = Dropping::new(Stand::new(), "counter@1", on).await;
    let Dropping { stand, watch } = dropping;
    stand.host.shutdown().await.unwrap();
    drop_build(&stand, "counter@2");
    tokio::task::spawn_blocking(|| watch.end()).await.unwrap();
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probation_that_cannot_be_meant_is_refused_at_once() {
    let stand = Stand::new();
    let never = Probation {
        lasts: model::Duration::ZERO,
        ..probation()
    };
    let config = config(&stand, OnNewBuild::Swap(Some(never)));
    let begun = PluginWatch::begin(config, &stand.host);
    let Err(WatchError::Meaning { strategy, reason }) = begun.map(drop) else {
        panic!("it began");
    };
    assert_eq!(strategy, "one");
    assert!(
        reason.to_string().starts_with("probation.for_ns: "),
        "{reason}"
    );
    stand.end().await;
}
