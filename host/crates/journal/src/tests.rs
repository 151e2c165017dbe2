//! Segments written, read while written, broken and mended.

mod retention;

use super::*;
use engine::journal::{Commit, Room, Sink};
use engine::{Journal, JournalHash};
use std::path::{Path, PathBuf};

fn hash(n: u64) -> JournalHash {
    match n {
        0 => Journal::default().hash(),
        n => JournalHash::new([u8::try_from(n % 251).unwrap(); 32]),
    }
}

fn writer(folder: &Path, last: u64, rotate_bytes: u64) -> SegmentWriter {
    let folder = Folder::lock(folder, "test").unwrap();
    assert_eq!(folder.repair().unwrap(), None);
    let options = SegmentOptions {
        rotate_bytes,
        ..SegmentOptions::default()
    };
    SegmentWriter::new(folder, options, last, hash(last)).unwrap()
}

/// Commits one block for each sequence, with 100 bytes in it.
fn commit(writer: &mut SegmentWriter, sequences: std::ops::RangeInclusive<u64>) {
    for sequence in sequences {
        writer
            .write(&[u8::try_from(sequence % 200).unwrap(); 100])
            .unwrap();
        writer.commit(&block(sequence)).unwrap();
    }
}

fn block(sequence: u64) -> Commit {
    Commit {
        first: sequence,
        last: sequence,
        hash: hash(sequence),
    }
}

fn read(blocks: &mut Blocks) -> Result<Vec<u64>, JournalError> {
    let mut read = Vec::new();
    while let Some(block) = blocks.next_block()? {
        assert_eq!(block.bytes, [u8::try_from(block.last % 200).unwrap(); 100]);
        read.push(block.last);
    }
    Ok(read)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "seg"));
    files.sort();
    files
}

#[test]
fn what_is_committed_is_read_across_segments_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = writer(folder.path(), 0, 1_000);
    commit(&mut first, 1..=20);
    drop(first);
    let mut second = writer(folder.path(), 20, 1_000);
    commit(&mut second, 21..=25);
    assert!(files(folder.path()).len() > 3);
    let all: Vec<u64> = (1..=25).collect();
    assert_eq!(read(&mut Blocks::all(folder.path())).unwrap(), all);
    for after in 0..=25 {
        let mut blocks = Blocks::after(folder.path(), after, None);
        assert_eq!(
            read(&mut blocks).unwrap(),
            all[usize::try_from(after).unwrap()..]
        );
    }
    let beyond = read(&mut Blocks::after(folder.path(), 26, None)).unwrap_err();
    assert!(
        matches!(
            beyond,
            JournalError::Behind {
                last: 25,
                wanted: 26,
                ..
            }
        ),
        "{beyond}"
    );
}

#[test]
fn a_follower_sees_each_block_once_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path(), 0, 2_000);
    let progress = writer.progress();
    let path = folder.path().to_owned();
    let followed = std::thread::spawn(move || {
        let mut blocks = Blocks::after(&path, 0, Some(std::sync::Arc::clone(&progress)));
        let mut seen = Vec::new();
        while seen.len() < 5_000 {
            progress.wait(blocks.last(), std::time::Duration::from_secs(10));
            seen.extend(read(&mut blocks).unwrap());
        }
        seen
    });
    commit(&mut writer, 1..=5_000);
    assert_eq!(followed.join().unwrap(), (1..=5_000).collect::<Vec<_>>());
}

#[test]
fn a_second_writer_is_refused_by_the_name_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = Folder::lock(folder.path(), "run-1").unwrap();
    let error = Folder::lock(folder.path(), "run-2")
        .unwrap_err()
        .to_string();
    assert!(error.contains("run-1, process "), "{error}");
    drop(first);
    Folder::lock(folder.path(), "run-2").unwrap();
}

#[test]
fn a_tail_cut_anywhere_loses_only_what_was_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    commit(&mut writer(folder.path(), 0, 1 << 20), 1..=3);
    let [file] = files(folder.path()).try_into().unwrap();
    let whole = std::fs::read(&file).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        let kept = u64::try_from(length.saturating_sub(128) / 164).unwrap();
        assert_eq!(
            read(&mut Blocks::all(folder.path())).unwrap().len() as u64,
            kept
        );
        let cut = Folder::lock(folder.path(), "test")
            .unwrap()
            .repair()
            .unwrap();
        let end = if length < 128 { 0 } else { 128 + kept * 164 };
        assert_eq!(
            cut.map_or(0, |cut| cut.bytes),
            length as u64 - end,
            "{length}"
        );
        commit(&mut writer(folder.path(), kept, 1 << 20), kept + 1..=4);
        assert_eq!(read(&mut Blocks::all(folder.path())).unwrap(), [1, 2, 3, 4]);
        files(folder.path())
            .iter()
            .for_each(|file| std::fs::remove_file(file).unwrap());
    }
}

#[test]
fn any_flipped_bit_before_the_last_block_is_named_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    commit(&mut writer(folder.path(), 0, 1 << 20), 1..=3);
    commit(&mut writer(folder.path(), 3, 1 << 20), 4..=6);
    let [first, second] = files(folder.path()).try_into().unwrap();
    for (file, checked) in [(first, 128 + 3 * 164), (second, 128 + 2 * 164)] {
        let whole = std::fs::read(&file).unwrap();
        for byte in (0..checked).filter(|byte| !(124..128).contains(byte)) {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << (byte % 8);
            std::fs::write(&file, &flipped).unwrap();
            let lock = Folder::lock(folder.path(), "test").unwrap();
            let found = lock.repair().map(|_| read(&mut Blocks::all(folder.path())));
            let error = found.and_then(|read| read).unwrap_err().to_string();
            assert!(
                error.contains(&file.display().to_string()),
                "{byte}: {error}"
            );
        }
        std::fs::write(&file, &whole).unwrap();
    }
}

#[test]
fn another_format_fails_loudly() {
    let folder = tempfile::tempdir().unwrap();
    commit(&mut writer(folder.path(), 0, 1 << 20), 1..=1);
    let [file] = files(folder.path()).try_into().unwrap();
    for byte in [7, 15] {
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[byte] += 1;
        std::fs::write(&file, &bytes).unwrap();
        for error in [
            read(&mut Blocks::all(folder.path())).unwrap_err(),
            Folder::lock(folder.path(), "test")
                .unwrap()
                .repair()
                .unwrap_err(),
        ] {
            assert!(matches!(error, JournalError::Format { .. }), "{error}");
        }
        bytes[byte] -= 1;
        std::fs::write(&file, &bytes).unwrap();
    }
}

#[test]
fn a_missing_segment_is_named() {
    let folder = tempfile::tempdir().unwrap();
    commit(&mut writer(folder.path(), 0, 500), 1..=20);
    std::fs::remove_file(&files(folder.path())[2]).unwrap();
    let error = read(&mut Blocks::all(folder.path()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("some are missing"), "{error}");
}

#[test]
fn what_a_disk_does_not_take_waits_and_is_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let options = SegmentOptions {
        waiting_bytes: 4_096,
        ..SegmentOptions::default()
    };
    let lock = Folder::lock(&path, "test").unwrap();
    let mut writer = SegmentWriter::new(lock, options, 0, hash(0)).unwrap();
    // A folder that is gone takes nothing, like a disk that is full.
    let away = folder.path().join("away");
    std::fs::rename(&path, &away).unwrap();
    let mut rooms = Vec::new();
    for sequence in 1..=30 {
        writer
            .write(&[u8::try_from(sequence % 200).unwrap(); 100])
            .unwrap();
        writer.commit(&block(sequence)).unwrap_err();
        rooms.push(writer.room());
    }
    assert!(rooms.is_sorted());
    rooms.dedup();
    assert_eq!(rooms, [Room::Plenty, Room::Little, Room::Gone]);
    assert_eq!(writer.progress().get(), 0);
    std::fs::rename(&away, &path).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(150));
    writer.retry().unwrap();
    assert_eq!((writer.room(), writer.progress().get()), (Room::Plenty, 30));
    assert_eq!(
        read(&mut Blocks::all(&path)).unwrap(),
        (1..=30).collect::<Vec<_>>()
    );
}
