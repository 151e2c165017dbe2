//! A host's stream, told and read.

use crate::server::Server;
use bus::{FanOutEntry, FanOutReader, FanOutValue, FanOutWriter, Monitor, Settings};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(20);
const STREAM: &str = "argonaut-streams:fan-out";

fn writer(settings: &Settings) -> FanOutWriter {
    FanOutWriter::new(settings.clone(), Monitor::default()).unwrap()
}

fn reader(settings: &Settings) -> FanOutReader {
    FanOutReader::new(settings.clone(), Monitor::default()).unwrap()
}

fn entries(numbers: std::ops::Range<u32>) -> Vec<FanOutEntry> {
    let entry = |number: u32| FanOutEntry {
        head: number.to_string(),
        body: format!("{{\"n\":{number}}}"),
    };
    numbers.map(entry).collect()
}

#[test]
fn every_reader_reads_all_and_a_new_writer_begins_anew() {
    let server = Server::start();
    let settings = server.settings();
    let (mut first, mut second) = (reader(&settings), reader(&settings));
    assert!(first.read(10, PATIENCE).unwrap().is_empty());
    let mut host = writer(&settings);
    host.tell(&[], &entries(0..5)).unwrap();
    host.tell(&[], &entries(5..7)).unwrap();
    assert_eq!(first.read(4, PATIENCE).unwrap(), entries(0..4));
    assert_eq!(first.read(10, PATIENCE).unwrap(), entries(4..7));
    assert!(first.read(10, PATIENCE).unwrap().is_empty());
    assert_eq!(second.read(10, PATIENCE).unwrap(), entries(0..7));
    writer(&settings).tell(&[], &entries(7..9)).unwrap();
    assert_eq!(first.read(10, PATIENCE).unwrap(), entries(7..9));
    assert_eq!(reader(&settings).read(10, PATIENCE).unwrap(), entries(7..9));
    assert!(!first.rewind_where_needed().unwrap());
    host.tell(&[], &entries(9..10)).unwrap();
    assert!(
        !first.rewind_where_needed().unwrap(),
        "what just came is no other stream"
    );
    assert_eq!(first.read(10, PATIENCE).unwrap(), entries(9..10));
}

#[test]
fn a_stream_that_was_made_anew_by_an_earlier_clock_is_found() {
    let server = Server::start();
    let settings = server.settings();
    writer(&settings).tell(&[], &entries(0..2)).unwrap();
    let mut reader = reader(&settings);
    reader.read(10, PATIENCE).unwrap();
    server.ask::<String>(&["FLUSHALL"]).unwrap();
    assert!(!reader.rewind_where_needed().unwrap(), "there is nothing");
    let add = ["XADD", STREAM, "1-1", "head", "a", "body", "b"];
    server.ask::<String>(&add).unwrap();
    assert!(reader.read(10, PATIENCE).unwrap().is_empty());
    assert!(reader.rewind_where_needed().unwrap());
    let found = reader.read(10, PATIENCE).unwrap();
    assert_eq!((found[0].head.as_str(), found[0].body.as_str()), ("a", "b"));
    let next = ["XADD", STREAM, "1-2", "head", "c", "body", "d"];
    server.ask::<String>(&next).unwrap();
    let foreign = ["XADD", STREAM, "1-3", "something", "else"];
    server.ask::<String>(&foreign).unwrap();
    let before = reader.read(10, PATIENCE).unwrap();
    assert_eq!((before.len(), before[0].head.as_str()), (1, "c"));
    assert!(reader.read(10, PATIENCE).is_err());
    assert!(
        reader.read(10, PATIENCE).unwrap().is_empty(),
        "it is skipped"
    );
}

#[test]
fn what_is_asked_for_is_answered_beside_the_stream() {
    let server = Server::start();
    let settings = server.settings();
    let (mut host, mut reader) = (writer(&settings), reader(&settings));
    reader.ask(&[]).unwrap();
    assert_eq!(host.asked(10).unwrap(), [""; 0]);
    let wishes = ["one".to_owned(), "two".to_owned()];
    reader.ask(&wishes).unwrap();
    assert_eq!(host.asked(1).unwrap(), ["one"]);
    assert_eq!(host.asked(10).unwrap(), ["two"]);
    assert_eq!(reader.value("one").unwrap(), None);
    let value = FanOutValue {
        name: "one".to_owned(),
        text: "an answer".to_owned(),
        lifetime_s: 60,
    };
    host.tell(&[value], &entries(0..1)).unwrap();
    assert_eq!(reader.value("one").unwrap().as_deref(), Some("an answer"));
    let left: u64 = server
        .ask(&["TTL", "argonaut-streams:fan-out:value:one"])
        .unwrap();
    assert!((30..=60).contains(&left), "{left}");
}
