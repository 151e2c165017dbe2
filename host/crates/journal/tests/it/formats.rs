//! One journal of each released format. `JOURNAL_FIXTURE=write` makes that of this one, while it is not
//! released; afterwards it never changes again.

use crate::world::{Nobody, World};
use engine::{Engine, Journal};
use journal::{Folder, SegmentOptions, SegmentWriter, repeat};
use model::Side;
use std::path::{Path, PathBuf};

fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(version)
}

/// Quotes, orders that fill and orders that rest, over two segments, sealed.
fn write(path: &Path) {
    let options = SegmentOptions {
        rotate_bytes: 4_096,
        ..SegmentOptions::default()
    };
    let folder = Folder::lock(path, "fixture").unwrap();
    let start = Journal::default().hash();
    let writer = SegmentWriter::new(folder, options, 0, start).unwrap();
    let mut world = World::new(Journal::with_sink(Box::new(writer)));
    for n in 0..12 {
        world.quote();
        world.order(if n % 3 == 0 { Side::Sell } else { Side::Buy }, None);
        world.order(Side::Buy, Some("1.09"));
        world.quote();
        world.engine.journal().commit().unwrap();
    }
    world.engine.journal().seal().unwrap();
    std::fs::remove_file(path.join("lock")).unwrap();
}

#[test]
fn a_journal_of_format_6_runs_again() {
    let path = fixture("v6");
    if std::env::var_os("JOURNAL_FIXTURE").is_some() {
        write(&path);
    }
    let mut engine = Engine::new(Journal::repeating());
    let repeated = repeat(&path, &mut engine, &mut Nobody, |_| {}).unwrap();
    assert!(repeated.sealed);
    assert_eq!(
        (repeated.last, engine.orders().len()),
        (54, 12),
        "everything in it happened"
    );
}

#[test]
fn what_is_written_now_is_what_was_written_then() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    for entry in std::fs::read_dir(fixture("v6")).unwrap() {
        let then = entry.unwrap().path();
        let now = folder.path().join(then.file_name().unwrap());
        assert_eq!(std::fs::read(&now).unwrap(), std::fs::read(&then).unwrap());
    }
}
