//! Journals whose oldest segments are dropped while a host runs, and hosts that come back from the rest.

use crate::recovery::{again, standing, traded_with, with_snapshots};
use crate::stand::Stand;
use journal::{Keep, snapshots};
use services::host::HostConfig;
use services::retention::{Follower, Retention, RetentionConfig, RetentionView};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn small_segments(config: &mut HostConfig) {
    with_snapshots(config);
    config.journal.as_mut().unwrap().options.rotate_bytes = 2_048;
}

/// Drops everything that nobody needs; somebody needs what comes after `wants`.
fn retention(stand: &Stand, wants: &Arc<AtomicU64>) -> Retention {
    let wants = Arc::clone(wants);
    let config = RetentionConfig {
        folder: stand.journal(),
        keep: Keep {
            bytes: Some(0),
            age: None,
        },
        archive: None,
        followers: vec![Follower {
            name: "store",
            wants: Box::new(move || wants.load(Ordering::Relaxed)),
        }],
    };
    Retention::begin(config, &stand.host).unwrap()
}

async fn until(retention: &Retention, holds: impl Fn(&RetentionView) -> bool) -> RetentionView {
    let begun = Instant::now();
    loop {
        let view = retention.monitor().view();
        assert_eq!(view.error, None);
        if holds(&view) {
            return view;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{view:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn lasts(stand: &Stand) -> Vec<u64> {
    let found = snapshots(&stand.journal()).unwrap().into_iter();
    found.map(|snapshot| snapshot.last).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_behind_keeps_the_journal_and_a_host_comes_back_from_what_is_left() {
    let stand = traded_with(small_segments).await;
    let wants = Arc::new(AtomicU64::new(0));
    let keeping = retention(&stand, &wants);
    let view = until(&keeping, |view| view.held_by.is_some()).await;
    assert_eq!((view.first, view.held_by), (1, Some("store")));
    let known = lasts(&stand);
    let (newest, older) = (known[0], known[1]);
    // It holds back what it needs and nothing else.
    wants.store(older / 2, Ordering::Relaxed);
    let view = until(&keeping, |view| view.first > 1).await;
    assert!(view.first <= older / 2 && view.held_by == Some("store"));
    assert_eq!(lasts(&stand), [newest, older]);
    wants.store(u64::MAX, Ordering::Relaxed);
    let view = until(&keeping, |view| view.held_by != Some("store")).await;
    assert!(view.first > older / 2 && view.first <= older + 1);
    keeping.end();

    let next = again(&stand, with_snapshots).unwrap();
    assert_eq!(standing(&next), standing(&stand));
    next.end().await;
    // Without the newest the older one does; without both it says why it does not start.
    let mut found = snapshots(&stand.journal()).unwrap();
    found.retain(|snapshot| snapshot.last >= older);
    for snapshot in &found[..found.len() - 1] {
        std::fs::write(&snapshot.path, "nothing").unwrap();
    }
    let next = again(&stand, |_| {}).unwrap();
    assert_eq!(next.host.recovered().unwrap().snapshot, Some(older));
    assert_eq!(standing(&next), standing(&stand));
    next.end().await;
    std::fs::write(&found[found.len() - 1].path, "nothing").unwrap();
    let error = again(&stand, |_| {}).err().unwrap().to_string();
    assert!(error.contains("put archived segments back"), "{error}");
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_that_no_host_could_begin_from_do_not_count() {
    let stand = traded_with(small_segments).await;
    let known = lasts(&stand);
    std::fs::remove_dir_all(stand.folder.path().join("plugins")).unwrap();
    let keeping = retention(&stand, &Arc::new(AtomicU64::new(u64::MAX)));
    let view = until(&keeping, |view| view.held_by.is_some()).await;
    assert_eq!((view.first, view.held_by), (1, Some("snapshots")));
    let left = lasts(&stand);
    assert!(known.iter().all(|last| left.contains(last)));
    keeping.end();
    stand.end_and_verify().await;
}

/// From a snapshot of a plugin that forgets something the journal does not come again, however whole it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_save_everything_keeps_the_journal() {
    let mut stand = Stand::with(small_segments);
    stand.load("forgetful", "forgetful").await.unwrap();
    stand.quotes(90).await;
    let keeping = retention(&stand, &Arc::new(AtomicU64::new(u64::MAX)));
    let view = until(&keeping, |view| view.held_by.is_some()).await;
    assert_eq!((view.first, view.held_by), (1, Some("snapshots")));
    keeping.end();
    stand.end_and_verify().await;
}
