//! The desk with a program that only pretends: a shell, which is asked for `backtest …` in the folder of market
//! data, and finds a script of that name there.

use super::*;
use crate::stages::samples;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Far longer than anything here takes; it only keeps a broken desk from hanging.
const PATIENCE: Duration = Duration::from_secs(30);
/// One that has all that is asked for.
const WHOLE: &str = r#"
while [ $# -gt 0 ]; do
    [ "$1" = --report ] && echo "<p>$2" > "$2"
    shift
done
echo 'progress 500' >&2
echo '{"journal_hash":"ab","curve":[]}'
"#;
/// One that does not end by itself.
const ENDLESS: &str = "echo 'progress 250' >&2\nexec sleep 600\n";
/// One that breaks and has a report.
const BROKEN: &str =
    "echo '{\"journal_hash\":\"ab\"}'\necho 'error: strategy `x` broke' >&2\nexit 1\n";

/// A component with its bytes in the host's folder.
fn component(root: &Path) -> Record {
    let plugins = root.join("host/plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    let hash = PluginHash::of(b"component");
    std::fs::write(plugins.join(format!("{hash}.wasm")), b"component").unwrap();
    let mut record = samples::record();
    record.manifest.hash = hash;
    record
}

fn script(root: &Path, text: &str) {
    let data = root.join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("a.csv"), "x").unwrap();
    std::fs::write(data.join("backtest"), text).unwrap();
}

fn open(root: &Path, keep: usize, limit: &str) -> Backtests {
    open_where(root, keep, limit, Arc::new(|_: PluginHash| Ok(())))
}

fn open_where(root: &Path, keep: usize, limit: &str, may_run: MayRun) -> Backtests {
    let begun = Backtests::begin(BacktestsConfig {
        data: root.join("data"),
        data_dir: root.join("host"),
        program: PathBuf::from("/bin/sh"),
        at_work: 1,
        keep,
        limit: Length::try_from(limit.to_owned()).unwrap(),
        memory_mib: 512,
        check: |_| Ok(()),
        may_run,
    });
    begun.unwrap()
}

fn wanted() -> BacktestWanted {
    BacktestWanted {
        parameters: BTreeMap::new(),
        settings: BacktestSettings {
            instruments: vec!["A".to_owned()],
            data: vec!["a.csv".to_owned()],
            ..BacktestSettings::default()
        },
        by: Some("anna".to_owned()),
    }
}

fn until(desk: &Backtests, id: u64, state: BacktestState) -> BacktestRecord {
    let begun = Instant::now();
    loop {
        let record = desk.backtest(id).unwrap();
        if record.state == state {
            return record;
        }
        assert!(
            !record.state.is_over() && begun.elapsed() < PATIENCE,
            "{record:?}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_came_of_one_is_kept_and_the_oldest_make_room() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), WHOLE);
    let desk = open(root.path(), 2, "1h");
    for id in 1..=3 {
        assert_eq!(desk.submit(&component, wanted()).unwrap().id, id);
        let done = until(&desk, id, BacktestState::Done);
        assert_eq!(done.result.unwrap()["journal_hash"], "ab");
        assert!((done.progress - 1.0).abs() < 1e-9);
        assert!(desk.report(id).unwrap().starts_with("<p>"));
    }
    script(root.path(), BROKEN);
    desk.submit(&component, wanted()).unwrap();
    let failed = until(&desk, 4, BacktestState::Failed);
    assert_eq!(failed.error.as_deref(), Some("strategy `x` broke"));
    assert_eq!(failed.result.unwrap()["journal_hash"], "ab");
    desk.end();
    // The latest goes, and its number is never given again.
    desk.remove(4).unwrap();
    assert!(desk.submit(&component, wanted()).is_err());
    let desk = open(root.path(), 2, "1h");
    let ids: Vec<_> = desk.list().iter().map(|record| record.id).collect();
    assert!(ids.ends_with(&[3]) && !ids.contains(&1), "{ids:?}");
    assert_eq!(desk.submit(&component, wanted()).unwrap().id, 5);
    desk.end();
}

/// What is news since; asked more than once, for somebody may be changing something just then.
fn news(desk: &Backtests, seen: Option<u64>) -> Option<(u64, Vec<(u64, BacktestState)>)> {
    let (now, all) = (0..20).find_map(|_| {
        drop(lock(&desk.0.known));
        desk.changed(seen)
    })?;
    let states = all.iter().map(|record| (record.id, record.state));
    Some((now, states.collect()))
}

#[test]
fn who_watches_is_told_of_each_change_in_its_order() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), WHOLE);
    let desk = open(root.path(), 10, "1h");
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    desk.watch(move |record| lock(&heard).push((record.id, record.state, record.progress)));
    // The second is not heard.
    desk.watch(|record| panic!("{record:?}"));
    desk.submit(&component, wanted()).unwrap();
    until(&desk, 1, BacktestState::Done);
    desk.end();
    let told = lock(&told).clone();
    // Whether it says half before it ends is a matter of time.
    let states: Vec<_> = told
        .iter()
        .filter(|(_, state, progress)| *state != BacktestState::Running || *progress == 0.0)
        .map(|(id, state, _)| (*id, *state))
        .collect();
    let expect = [
        (1, BacktestState::Queued),
        (1, BacktestState::Running),
        (1, BacktestState::Done),
    ];
    assert_eq!(states, expect, "{told:?}");
    assert_eq!(told.last().map(|(_, _, progress)| *progress), Some(1.0));
}

#[test]
fn each_change_is_news_and_progress_is_none() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), ENDLESS);
    let desk = open(root.path(), 10, "1h");
    let (seen, all) = news(&desk, None).unwrap();
    assert!(all.is_empty());
    assert_eq!(news(&desk, Some(seen)), None);
    desk.submit(&component, wanted()).unwrap();
    until(&desk, 1, BacktestState::Running);
    let (seen, all) = news(&desk, Some(seen)).unwrap();
    assert_eq!(all, [(1, BacktestState::Running)]);
    let begun = Instant::now();
    while desk.backtest(1).unwrap().progress < 0.2 {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(news(&desk, Some(seen)), None, "progress is no news");
    desk.submit(&component, wanted()).unwrap();
    desk.cancel(2, None).unwrap();
    let (seen, all) = news(&desk, Some(seen)).unwrap();
    assert_eq!(all[1], (2, BacktestState::Canceled));
    {
        let _held = lock(&desk.0.known);
        assert!(desk.changed(None).is_none(), "nobody waits");
    }
    desk.cancel(1, None).unwrap();
    until(&desk, 1, BacktestState::Canceled);
    let (_, all) = news(&desk, Some(seen)).unwrap();
    assert_eq!(all[0], (1, BacktestState::Canceled));
    desk.end();
}

#[test]
fn one_that_cannot_be_read_is_left_out_and_its_number_is_not_given_again() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), WHOLE);
    let folder = root.path().join("host/backtests");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("7.json"), "{").unwrap();
    std::fs::write(folder.join("last"), "many").unwrap();
    let desk = open(root.path(), 2, "1h");
    assert!(desk.list().is_empty());
    assert_eq!(desk.submit(&component, wanted()).unwrap().id, 8);
    until(&desk, 8, BacktestState::Done);
    desk.end();
    assert!(folder.join("7.json").exists(), "it can still be mended");
}

#[test]
fn those_that_wait_take_no_room_from_those_that_are_over() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), WHOLE);
    let desk = open(root.path(), 2, "1h");
    for id in 1..=2 {
        desk.submit(&component, wanted()).unwrap();
        until(&desk, id, BacktestState::Done);
    }
    script(root.path(), ENDLESS);
    for _ in 3..=5 {
        desk.submit(&component, wanted()).unwrap();
    }
    let ids: Vec<_> = desk.list().iter().map(|record| record.id).collect();
    assert_eq!(ids, [5, 4, 3, 2, 1]);
    desk.end();
    // All five are over now.
    let desk = open(root.path(), 2, "1h");
    let ids: Vec<_> = desk.list().iter().map(|record| record.id).collect();
    assert_eq!(ids, [5, 4]);
    desk.end();
}

#[test]
fn one_is_ended_by_people_by_its_limit_and_by_the_host() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), ENDLESS);
    let desk = open(root.path(), 10, "1h");
    for _ in 0..3 {
        desk.submit(&component, wanted()).unwrap();
    }
    until(&desk, 1, BacktestState::Running);
    assert!(desk.remove(1).is_err(), "it is not over");
    assert_eq!(desk.cancel(2, None).unwrap().state, BacktestState::Canceled);
    desk.cancel(1, Some("ben")).unwrap();
    let canceled = until(&desk, 1, BacktestState::Canceled);
    assert_eq!(canceled.error.as_deref(), Some("canceled by ben"));
    assert!(desk.report(1).is_err() && desk.cancel(1, None).is_err());
    until(&desk, 3, BacktestState::Running);
    desk.submit(&component, wanted()).unwrap();
    desk.end();
    let desk = open(root.path(), 10, "300ms");
    for id in [3, 4] {
        let record = desk.backtest(id).unwrap();
        assert_eq!(record.state, BacktestState::Interrupted, "{record:?}");
    }
    desk.submit(&component, wanted()).unwrap();
    let failed = until(&desk, 5, BacktestState::Failed);
    assert!(failed.error.unwrap().contains("longer than its `limit`"));
    desk.end();
}

#[test]
fn what_is_revoked_while_it_waits_is_not_run() {
    let root = tempfile::tempdir().unwrap();
    let component = component(root.path());
    script(root.path(), ENDLESS);
    let revoked = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&revoked);
    let may_run = move |_: PluginHash| match asked.load(Ordering::SeqCst) {
        true => Err("it was revoked".to_owned()),
        false => Ok(()),
    };
    let desk = open_where(root.path(), 10, "1h", Arc::new(may_run));
    for _ in 1..=2 {
        desk.submit(&component, wanted()).unwrap();
    }
    // At work, and so asked already.
    let begun = Instant::now();
    while desk.backtest(1).unwrap().progress <= 0.0 {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
    revoked.store(true, Ordering::SeqCst);
    desk.cancel(1, None).unwrap();
    let failed = until(&desk, 2, BacktestState::Failed);
    assert_eq!(failed.error.as_deref(), Some("it was revoked"));
    desk.end();
}

#[test]
fn what_cannot_be_run_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let good = component(root.path());
    script(root.path(), ENDLESS);
    let desk = open(root.path(), 100, "1h");
    let refused = |component: &Record, wanted: BacktestWanted, expect: &str| {
        let error = desk.submit(component, wanted).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    let mut factor = good.clone();
    factor.manifest.world = "factor".to_owned();
    refused(
        &factor,
        wanted(),
        "plugin: `trend 2.0.0` is of the world `factor`",
    );
    let mut revoked = good.clone();
    revoked.state = registry::State::Revoked;
    refused(&revoked, wanted(), "was revoked");
    let mut other = wanted();
    other.parameters.insert("fast".to_owned(), "1".to_owned());
    refused(&good, other, "has no parameter `fast`");
    let mut other = wanted();
    other.settings.data = vec!["../a.csv".to_owned()];
    refused(&good, other, "data: ");
    let mut other = wanted();
    other.settings.instruments = vec!["A".to_owned(); MOST_TEXTS + 1];
    refused(&good, other, "instruments: give at most 64");
    let mut other = wanted();
    other.by = Some("\n".to_owned());
    refused(&good, other, "by: ");
    for _ in 0..MOST_OPEN {
        desk.submit(&good, wanted()).unwrap();
    }
    refused(&good, wanted(), "which is the most");
    desk.end();
}
