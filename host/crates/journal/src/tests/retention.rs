//! Dropping the oldest segments: what is left is a journal, wherever it was cut off.

use super::*;
use crate::beginning::{read_header, set_mark};
use crate::folder::segments;
use crate::segment::Header;
use std::time::{Duration, SystemTime};

/// A journal of 30 inputs, three to a segment, that a second run went on with.
fn thirty() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    commit(&mut writer(folder.path(), 0, 500), 1..=15);
    let lock = Folder::lock(folder.path(), "another").unwrap();
    let options = SegmentOptions {
        rotate_bytes: 500,
        ..SegmentOptions::default()
    };
    let mut second = SegmentWriter::new(lock, options, 15, hash(15)).unwrap();
    commit(&mut second, 16..=30);
    assert_eq!(firsts(folder.path()).len(), 10);
    folder
}

fn firsts(folder: &Path) -> Vec<u64> {
    let known = segments(folder).unwrap().into_iter();
    known.map(|segment| segment.first).collect()
}

/// The journal begins with this input, and says so to everybody.
fn begins_with(folder: &Path, first: u64) {
    let begins = beginning(folder).unwrap().unwrap();
    assert_eq!(
        (begins.first, begins.run.as_str(), begins.hash),
        (first, "test", hash(first - 1))
    );
    let left: Vec<u64> = (first..=30).collect();
    assert_eq!(read(&mut Blocks::left(folder).unwrap()).unwrap(), left);
    for after in 0..=30 {
        let found = read(&mut Blocks::after(folder, after, None));
        if after + 1 >= first {
            let from = usize::try_from(after + 1 - first).unwrap();
            assert_eq!(found.unwrap(), left[from..]);
        } else {
            let error = found.unwrap_err();
            assert_eq!(error.begins_with(), Some(first), "{after}: {error}");
        }
    }
    let all = read(&mut Blocks::all(folder));
    assert_eq!(all.is_ok(), first == 1);
}

#[test]
fn only_whole_segments_before_an_input_are_dropped() {
    for keep_from in 0..=40 {
        let folder = thirty();
        let count = whole_before(folder.path(), keep_from).unwrap();
        let dropped = drop_before(folder.path(), keep_from, None).unwrap();
        assert_eq!(dropped.segments, count);
        // Segments begin with 1, 4, 7 and so on; the last one always stays.
        let first = (keep_from.clamp(1, 28) - 1) / 3 * 3 + 1;
        begins_with(folder.path(), first);
        assert_eq!(dropped.segments as u64, first / 3);
        assert_eq!(dropped.bytes, first / 3 * (128 + 3 * 164));
        let cut = Folder::lock(folder.path(), "test").unwrap().repair();
        assert_eq!(cut.unwrap(), None);
    }
}

#[test]
fn whatever_is_left_by_a_crash_is_a_journal_and_the_next_time_goes_on() {
    for removed in 0..=5 {
        let folder = thirty();
        let known = segments(folder.path()).unwrap();
        let header = read_header(&known[5]).unwrap().unwrap();
        let run = "test".to_owned();
        set_mark(folder.path(), &Header { run, ..header }).unwrap();
        for gone in &known[..removed] {
            std::fs::remove_file(&gone.path).unwrap();
        }
        begins_with(folder.path(), known[removed].first);
        drop_before(folder.path(), 18, None).unwrap();
        begins_with(folder.path(), 16);
        drop_before(folder.path(), 25, None).unwrap();
        begins_with(folder.path(), 25);
    }
}

#[test]
fn segments_that_nobody_dropped_are_missed() {
    let folder = thirty();
    let [first, ..] = &segments(folder.path()).unwrap()[..] else {
        panic!("there are segments");
    };
    std::fs::remove_file(&first.path).unwrap();
    let error = beginning(folder.path()).unwrap_err().to_string();
    assert!(error.contains("nobody dropped them"), "{error}");
    let error = read(&mut Blocks::all(folder.path())).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    let error = drop_before(folder.path(), 20, None).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");

    // Also where some were dropped, and more are gone.
    let folder = thirty();
    drop_before(folder.path(), 7, None).unwrap();
    std::fs::remove_file(folder.path().join("00000007.seg")).unwrap();
    let error = read(&mut Blocks::all(folder.path())).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}

#[test]
fn any_flipped_bit_of_the_mark_shows() {
    let folder = thirty();
    drop_before(folder.path(), 10, None).unwrap();
    let path = folder.path().join("beginning");
    let bytes = std::fs::read(&path).unwrap();
    for bit in 0..124 * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, flipped).unwrap();
        assert!(beginning(folder.path()).is_err(), "bit {bit}");
    }
}

#[test]
fn archived_segments_can_be_put_back() {
    let folder = thirty();
    let archive = tempfile::tempdir().unwrap();
    // One that was copied when the machine crashed, half of another, and one that is not ours.
    let place = archive.path().join("test");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::copy(
        folder.path().join("00000001.seg"),
        place.join("00000001.seg"),
    )
    .unwrap();
    std::fs::write(place.join("00000004.seg-unfinished"), "half").unwrap();
    std::fs::write(place.join("00000007.seg"), "somebody else's").unwrap();
    let error = drop_before(folder.path(), 10, Some(archive.path())).unwrap_err();
    assert!(error.to_string().contains("not overwritten"), "{error}");
    begins_with(folder.path(), 7);
    std::fs::remove_file(place.join("00000007.seg")).unwrap();
    drop_before(folder.path(), 13, Some(archive.path())).unwrap();
    begins_with(folder.path(), 13);
    assert_eq!(firsts(&place), [1, 4, 7, 10]);
    let archived: Vec<u64> = (1..=12).collect();
    assert_eq!(read(&mut Blocks::all(&place)).unwrap(), archived);
    for file in files(&place) {
        std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    begins_with(folder.path(), 1);
    drop_before(folder.path(), 13, Some(archive.path())).unwrap();
    begins_with(folder.path(), 13);
}

#[test]
fn size_and_age_say_what_is_wanted() {
    let folder = thirty();
    let now = SystemTime::now();
    let wanted = |bytes, age, now| {
        let keep = Keep { bytes, age };
        keep.first_wanted(folder.path(), now).unwrap()
    };
    let (segment, hour) = (128 + 3 * 164, Duration::from_secs(3_600));
    assert_eq!(wanted(None, None, now), 1);
    assert_eq!(wanted(Some(10 * segment), None, now), 1);
    assert_eq!(wanted(Some(10 * segment - 1), None, now), 4);
    assert_eq!(wanted(Some(2 * segment), None, now), 25);
    assert_eq!(wanted(Some(0), None, now), 28);
    assert_eq!(wanted(None, Some(hour), now), 1);
    assert_eq!(wanted(None, Some(hour), now + 2 * hour), 28);
    // Either is enough.
    assert_eq!(wanted(Some(2 * segment), Some(hour), now), 25);
    let path = folder.path().join("00000001.seg");
    let old = std::fs::File::options().write(true).open(path).unwrap();
    old.set_modified(now - 2 * hour).unwrap();
    assert_eq!(wanted(Some(9 * segment), Some(hour), now), 4);
    // A clock that was set back drops nothing.
    assert_eq!(wanted(None, Some(hour), now - 100 * hour), 1);
}

#[test]
fn snapshots_before_the_kept_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    for last in [10, 20, 30] {
        write_snapshot(folder.path(), last, b"state").unwrap();
    }
    for left in ["00000015.snap-unfinished", "00000040.snap-unfinished"] {
        std::fs::write(folder.path().join(left), "half").unwrap();
    }
    drop_snapshots_before(folder.path(), 20).unwrap();
    assert!(!folder.path().join("00000015.snap-unfinished").exists());
    assert!(folder.path().join("00000040.snap-unfinished").exists());
    let left = snapshots(folder.path()).unwrap().into_iter();
    assert_eq!(left.map(|it| it.last).collect::<Vec<_>>(), [30, 20]);
}
