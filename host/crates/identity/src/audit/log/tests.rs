//! A log that is added to, tampered with, cut off, and on a disk that takes nothing.

use super::super::chain::verify;
use super::*;
use crate::ports::SystemClock;

fn open(path: &Path) -> Audit {
    Audit::open(path, Arc::new(SystemClock)).unwrap()
}

fn draft(subject: &str) -> Draft {
    Draft {
        actor: "anna".to_owned(),
        action: "orders.place".to_owned(),
        subject: subject.to_owned(),
        after: Some(serde_json::json!({ "quantity": "1\n2" })),
        outcome: "201".to_owned(),
        ..Draft::default()
    }
}

/// A log of ten records.
fn ten(path: &Path) -> String {
    let audit = open(path);
    for n in 1..=10 {
        assert_eq!(audit.append(draft(&format!("order {n}"))).unwrap(), n);
    }
    verify(path, None).unwrap().head
}

#[test]
fn a_log_goes_on_after_a_restart_and_is_read_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    for _ in 0..3 {
        let audit = open(&path);
        for _ in 0..200 {
            let next = audit.records() + 1;
            audit.append(draft(&next.to_string())).unwrap();
        }
    }
    let audit = open(&path);
    assert_eq!(audit.records(), 600);
    let check = |first: u64, limit: usize, expect: &[u64]| {
        let page = audit.read(first, limit).unwrap();
        let numbers: Vec<_> = page.iter().map(|record| record.number).collect();
        assert_eq!(numbers, expect);
        assert!(page.iter().all(|one| one.subject == one.number.to_string()));
    };
    check(1, 3, &[1, 2, 3]);
    check(0, 1, &[1]);
    check(255, 4, &[255, 256, 257, 258]);
    check(513, 2, &[513, 514]);
    check(599, 10, &[599, 600]);
    check(601, 10, &[]);
    check(u64::MAX, 10, &[]);
    assert_eq!(verify(&path, None).unwrap().records, 600);
}

/// Changes the lines of a log of ten records, and asks which is the first that is broken.
#[track_caller]
fn broken(change: impl FnOnce(&mut Vec<String>), expect: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    ten(&path);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    for found in [
        verify(&path, None).map(drop),
        Audit::open(&path, Arc::new(SystemClock)).map(drop),
    ] {
        match found.unwrap_err() {
            AuditError::Broken { number, line, .. } => {
                assert_eq!((number, line), (expect, expect + 1));
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn the_first_record_that_is_not_as_it_was_is_named() {
    broken(|lines| lines[4] = lines[4].replace("anna", "bert"), 4);
    broken(|lines| drop(lines.remove(4)), 4);
    broken(|lines| lines.swap(4, 5), 4);
    broken(|lines| lines.insert(4, lines[3].clone()), 4);
    broken(|lines| lines[10].clear(), 10);
    broken(|lines| lines[1] = "x".repeat(70_000), 1);
    // A record with a hash that fits it alone.
    let forge = |lines: &mut Vec<String>| {
        let json = lines[7][65..].replace("201", "403");
        let before = blake3::Hash::from_hex(&lines[6][..64]).unwrap();
        lines[7] = format!("{} {json}", link(&before, &json).to_hex());
    };
    broken(forge, 8);
}

#[test]
fn what_is_cut_off_at_the_end_changes_the_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let head = ten(&path);
    let text = std::fs::read_to_string(&path).unwrap();
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    std::fs::write(&path, &text[..last]).unwrap();
    let short = verify(&path, None).unwrap();
    assert_eq!(short.records, 9);
    assert_ne!(short.head, head);
    let noted = |records: u64, head: &str| verify(&path, Some((records, head)));
    assert!(matches!(
        noted(10, &head),
        Err(AuditError::Other {
            noted: 10,
            records: 9,
            ..
        })
    ));
    assert!(noted(9, &head).is_err());
    noted(9, &short.head).unwrap();
    // It went on since.
    open(&path).append(draft("another")).unwrap();
    noted(9, &short.head).unwrap();
    assert!(noted(10, &head).is_err());
}

#[test]
fn a_record_that_a_crash_cut_off_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    ten(&path);
    let bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for cut in [1, 30, 100] {
        std::fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        assert!(matches!(
            verify(&path, None),
            Err(AuditError::Torn { number: 10, .. })
        ));
        let audit = open(&path);
        assert_eq!(audit.records(), 9);
        let dropped = audit.dropped().unwrap();
        assert_eq!(dropped.number, 10);
        let last = bytes.len() - text.trim_end().rfind('\n').unwrap() - 1;
        assert_eq!(dropped.rest["bytes"], last - cut);
        assert_eq!(audit.append(draft("again")).unwrap(), 10);
        assert_eq!(verify(&path, None).unwrap().records, 10);
    }
    std::fs::write(&path, "").unwrap();
    assert_eq!(open(&path).records(), 0);
    std::fs::write(&path, "something else\n").unwrap();
    let other = Audit::open(&path, Arc::new(SystemClock)).err().unwrap();
    assert!(matches!(other, AuditError::Foreign(_)));
}

#[test]
fn a_log_that_is_gone_or_shorter_than_noted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    ten(&path);
    let noted = open(&path).head();
    let again = || Audit::open_after(&path, Arc::new(SystemClock), Some(&noted));
    again().unwrap().append(draft("another")).unwrap();
    assert_eq!(again().unwrap().records(), 11);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let other = |found: Result<Audit, AuditError>| match found.err() {
        Some(AuditError::Other { noted, records, .. }) => (noted, records),
        found => panic!("{found:?}"),
    };
    // Nine whole records, and half of the tenth.
    let short = format!("{}\n{}", lines[..10].join("\n"), &lines[10][..40]);
    std::fs::write(&path, &short).unwrap();
    assert_eq!(other(again()), (10, 9));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), short);
    std::fs::remove_file(&path).unwrap();
    let missing = again().err();
    assert!(matches!(
        missing,
        Some(AuditError::Missing { noted: 10, .. })
    ));
    assert!(!path.exists());
    // Another log of as many.
    for n in 0..10 {
        open(&path).append(draft(&format!("other {n}"))).unwrap();
    }
    assert_eq!(other(again()), (10, 10));
}

#[test]
fn a_write_that_failed_leaves_a_whole_log_that_tells_how_much_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    ten(&path);
    let audit = Arc::new(open(&path));
    let room = audit.room().unwrap();
    // Half a line, and then a file that takes nothing.
    let put = |file: File| std::mem::replace(&mut audit.lock().file, file);
    let mut whole = put(File::open(&path).unwrap());
    whole.write_all(b"half a line").unwrap();
    for _ in 0..2 {
        assert!(audit.append(draft("lost")).is_err());
        assert!(audit.mend().is_err() && audit.room().is_err() && !audit.takes());
    }
    assert!(verify(&path, None).is_err(), "it is not mended yet");
    put(whole);
    audit.mend().unwrap();
    assert!(audit.takes());
    assert_eq!(audit.append(draft("another")).unwrap(), 12);
    drop(room);
    assert_eq!(audit.promised.load(Ordering::Acquire), 0);
    let told = audit.read(11, 1).unwrap().remove(0);
    assert_eq!(told.action, "audit.miss");
    assert_eq!(told.after.unwrap()["records"], 2);
    assert_eq!(verify(&path, None).unwrap().records, 12);
}

#[test]
fn what_is_long_is_kept_as_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(&folder.path().join("audit.log"));
    let long = Draft {
        actor: "é".repeat(600),
        after: Some(Value::String("x".repeat(100_000))),
        ..draft("one")
    };
    audit.append(long).unwrap();
    let record = audit.read(1, 1).unwrap().remove(0);
    assert!(record.actor.len() <= LONGEST_TEXT && record.actor.ends_with('…'));
    assert_eq!(record.after.unwrap()["bytes"], 100_002);
}
