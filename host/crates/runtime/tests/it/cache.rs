//! The compile cache from outside: it helps, and nothing that was touched is ever loaded.

use runtime::{AdmissionProgress, CacheStatistics, Limits, Runtime, RuntimeOptions};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use testkit::plugin::Plugin;

fn runtime(directory: &Path) -> Runtime {
    let cache_directory = Some(directory.to_owned());
    Runtime::new(RuntimeOptions {
        cache_directory,
        ..RuntimeOptions::default()
    })
    .unwrap()
}

fn admit(runtime: &Runtime) -> bool {
    let bytes = Plugin::new().build().unwrap();
    let admitted = runtime.admit(&bytes, &Limits::default()).unwrap();
    // Whatever its origin, the code works.
    assert_eq!(admitted.describe().unwrap().name, "wat");
    admitted.cached()
}

fn entry(directory: &Path) -> PathBuf {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .collect();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

#[test]
fn an_admission_tells_how_far_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = runtime(directory.path());
    let bytes = Plugin::new().build().unwrap();
    let told = || {
        let all = RefCell::new(Vec::new());
        let admitted = runtime.admit_telling(&bytes, &Limits::default(), &|reached| {
            all.borrow_mut().push(reached);
        });
        assert!(admitted.is_ok());
        all.into_inner()
    };
    let (valid, compiling) = (AdmissionProgress::Valid, AdmissionProgress::Compiling);
    assert_eq!(told(), [valid, compiling]);
    assert_eq!(told(), [valid], "its code is in the cache");
}

#[test]
fn the_second_admission_comes_from_the_cache_even_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    assert!(!admit(&runtime(directory.path())));
    let restarted = runtime(directory.path());
    assert!(admit(&restarted));
    let statistics = CacheStatistics {
        hits: 1,
        misses: 0,
        rejected: 0,
    };
    assert_eq!(restarted.cache_statistics(), Some(statistics));
}

#[test]
fn whatever_is_done_to_an_entry_it_is_compiled_anew_and_replaced() {
    type Change = fn(&mut Vec<u8>);
    let tamper: [(&str, Change); 5] = [
        ("a flipped bit in the code", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }),
        ("a flipped bit in the seal", |bytes| bytes[20] ^= 1),
        ("cut off", |bytes| bytes.truncate(bytes.len() - 1)),
        ("longer", |bytes| bytes.push(0)),
        ("emptied", Vec::clear),
    ];
    for (what, change) in tamper {
        let directory = tempfile::tempdir().unwrap();
        admit(&runtime(directory.path()));
        let path = entry(directory.path());
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        change(&mut bad);
        std::fs::write(&path, bad).unwrap();
        let restarted = runtime(directory.path());
        assert!(!admit(&restarted), "{what}");
        assert_eq!(restarted.cache_statistics().unwrap().rejected, 1, "{what}");
        assert!(admit(&restarted), "{what}: the entry was replaced");
    }
}

#[test]
fn an_entry_of_another_user_or_plugin_is_not_ours() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    admit(&runtime(ours.path()));
    admit(&runtime(theirs.path()));
    std::fs::copy(entry(theirs.path()), entry(ours.path())).unwrap();
    let restarted = runtime(ours.path());
    assert!(!admit(&restarted));
    assert_eq!(restarted.cache_statistics().unwrap().rejected, 1);
}

#[test]
fn engines_of_other_options_do_not_share_code() {
    let directory = tempfile::tempdir().unwrap();
    admit(&runtime(directory.path()));
    let options = RuntimeOptions {
        cache_directory: Some(directory.path().to_owned()),
        canonical_nans: false,
        ..RuntimeOptions::default()
    };
    assert!(!admit(&Runtime::new(options).unwrap()));
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_that_names_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let cache_directory = Some(file.path().join("below"));
    let result = Runtime::new(RuntimeOptions {
        cache_directory,
        ..RuntimeOptions::default()
    });
    let text = result.err().unwrap().to_string();
    assert!(text.contains("below"), "{text}");
}
