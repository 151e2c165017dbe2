//! Whatever is done to a record of a log, and to whichever, it is found.

use super::chain::{End, HEADER, link, verify};
use super::log::{Audit, Draft, json};
use crate::ports::Clock;
use blake3::Hash;
use std::path::Path;
use std::sync::Arc;

/// Logs, and records of each: short ones, so that each of all the records has its turn within seconds.
const LOGS: usize = 1_000;
const RECORDS: usize = 10;
const SEED: u64 = 14;
const TIME_MS: u64 = 1_800_000_000_000;
const WAYS: [Way; 5] = [Way::Flip, Way::Remove, Way::Swap, Way::Double, Way::Rewrite];

/// What is done to a record.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// A bit of it is another.
    Flip,
    Remove,
    /// It and another change places.
    Swap,
    /// It stands there twice, the second time anywhere.
    Double,
    /// It says something else, and it and all behind it have the hashes of that.
    Rewrite,
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % bound as u64).unwrap()
    }
}

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        TIME_MS
    }
}

fn draft(number: usize, outcome: &str) -> Draft {
    Draft {
        actor: format!("person {}", number % 7),
        action: "orders.place".to_owned(),
        subject: format!("order {number}"),
        after: Some(serde_json::json!({ "quantity": number.to_string() })),
        request: format!("r{number}"),
        outcome: outcome.to_owned(),
        ..Draft::default()
    }
}

/// The lines of a log from what its records say.
fn lines(records: &[Draft]) -> (Vec<Vec<u8>>, Hash) {
    let mut head = End::empty().head;
    let numbered = (1..).zip(records);
    let lines = numbered.map(|(number, draft)| {
        let json = json(draft.clone(), number, TIME_MS).unwrap();
        head = link(&head, &json);
        format!("{} {json}\n", head.to_hex()).into_bytes()
    });
    let lines = lines.collect();
    (lines, head)
}

fn put(path: &Path, lines: &[Vec<u8>]) {
    let whole = [HEADER.as_bytes(), &lines.concat()].concat();
    std::fs::write(path, whole).unwrap();
}

/// The lines of a log after one of its records was tampered with.
fn tampered(records: &[Draft], place: usize, way: Way, dice: &mut Dice) -> Vec<Vec<u8>> {
    let (mut lines, _) = lines(records);
    match way {
        Way::Flip => {
            let byte = dice.below(lines[place].len());
            lines[place][byte] ^= 1 << dice.below(8);
        }
        Way::Remove => drop(lines.remove(place)),
        Way::Swap => lines.swap(place, (place + 1 + dice.below(RECORDS - 1)) % RECORDS),
        Way::Double => lines.insert(dice.below(RECORDS + 1), lines[place].clone()),
        Way::Rewrite => {
            let mut other = records.to_vec();
            other[place].outcome = "403".to_owned();
            lines = self::lines(&other).0;
        }
    }
    lines
}

#[test]
fn each_of_ten_thousand_records_that_is_tampered_with_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let mut dice = Dice(SEED);
    let (mut tried, mut missed) = (0, Vec::new());
    for log in 0..LOGS {
        let records: Vec<_> = (0..RECORDS)
            .map(|place| draft(log * RECORDS + place, "201"))
            .collect();
        let (whole, head) = lines(&records);
        let head = head.to_hex();
        let noted = Some((RECORDS as u64, head.as_str()));
        put(&path, &whole);
        verify(&path, noted).unwrap();
        for place in 0..RECORDS {
            // Each way meets each place.
            let way = WAYS[(log + place) % WAYS.len()];
            put(&path, &tampered(&records, place, way, &mut dice));
            tried += 1;
            if verify(&path, noted).is_ok() {
                missed.push((log, place, way));
            }
        }
    }
    assert_eq!(tried, 10_000);
    assert!(missed.is_empty(), "seed {SEED}: {missed:?}");
}

#[test]
fn each_bit_of_a_log_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let records: Vec<_> = (0..3).map(|number| draft(number, "201")).collect();
    let audit = Audit::open(&path, Arc::new(Still)).unwrap();
    for record in &records {
        audit.append(record.clone()).unwrap();
    }
    let written = std::fs::read(&path).unwrap();
    let (lines, _) = lines(&records);
    let made = [HEADER.as_bytes(), &lines.concat()].concat();
    assert_eq!(written, made, "the logs of these tests are as real ones");
    let head = verify(&path, None).unwrap().head;
    for place in 0..written.len() {
        for bit in 0..8 {
            let mut other = written.clone();
            other[place] ^= 1 << bit;
            std::fs::write(&path, other).unwrap();
            let found = verify(&path, Some((3, &head)));
            assert!(found.is_err(), "bit {bit} of byte {place}");
        }
    }
}
