//! `argonaut data`, and backtests that stream from a catalog: in a folder, and in a bucket of a server that
//! speaks S3, where one is at hand.

use super::process::{error_line, execute, plugin, stdout};
use super::s3::Server;
use serde_json::Value;
use std::fmt::Write;
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where commands run, and where their catalog is.
struct Place {
    folder: TempDir,
    catalog: String,
    server: Option<Server>,
}

/// A folder, and a bucket if there is a server for it.
fn places() -> Vec<Place> {
    let place = |catalog: &str, server| Place {
        folder: folder(),
        catalog: catalog.to_owned(),
        server,
    };
    let bucket = Server::start().map(|server| place("s3://bucket/market/data", Some(server)));
    std::iter::once(place("cat", None)).chain(bucket).collect()
}

impl Place {
    /// Runs a line in which `CAT` stands for the catalog.
    fn run(&self, line: &str) -> Output {
        let line = line.replace("CAT", &self.catalog);
        let arguments: Vec<_> = line.split_whitespace().collect();
        let address = self.server.as_ref().map(Server::address);
        let variables = address.as_deref().map(super::s3::variables);
        let folder = self.folder.path();
        execute(
            folder,
            &arguments,
            variables.as_ref().map_or(&[], |all| all),
        )
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&stdout(&self.run(line))).unwrap()
    }

    fn hash(&self, data: &str) -> Value {
        let strategy = plugin("ema-cross").display().to_string();
        let report = self.json(&format!(
            "backtest --strategy {strategy} --param fast=2 --param slow=4 --param warm_up=0 \
             --param quantity=1000 --instrument EUR/USD --json - {data}"
        ));
        assert_ne!(report["counters"]["fills"], "0", "it traded");
        report["journal_hash"].clone()
    }
}

/// A folder with two files of quotes, over the midnight between two days.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, from) in [("a.csv", 0), ("b.csv", 1_200)] {
        let mut text = "ts_ns,bid,ask\n".to_owned();
        for second in from..from + 1_200_i64 {
            let wave = (second % 600 - 300).abs() + second * 7 % 13;
            let time = 1_609_459_200_000_000_000 + (second - 900) * 1_000_000_000;
            writeln!(text, "{time},1.{:05},1.{:05}", 10_000 + wave, 10_003 + wave).unwrap();
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_streamed_backtest_has_the_journal_of_one_in_memory() {
    for place in places() {
        let import = "data import a.csv b.csv --catalog CAT --instrument EUR/USD --json";
        let taken = place.json(import);
        assert_eq!(taken["files"][0]["parts"], 2);
        assert_eq!(place.json(import)["files"][0]["already"], 1_200);
        let memory = place.hash("--data a.csv b.csv");
        assert_eq!(place.hash("--catalog CAT"), memory);
        place.json("data compact --catalog CAT --json");
        assert_eq!(place.hash("--catalog CAT"), memory);
        let half = place.hash("--catalog CAT --to 2021-01-01T00:05:00Z");
        assert_eq!(place.hash("--data a.csv"), half);
    }
}

#[test]
fn a_backfill_goes_on_where_it_stopped_and_doubles_nothing() {
    for place in places() {
        let backfill = |pattern: &str| {
            let line = "data backfill --catalog CAT --instrument EUR/USD --resume notes --json";
            place.json(&format!("{line} {pattern}"))
        };
        assert_eq!(backfill("a.csv")["events"], 1_200);
        let rest = backfill("?.csv");
        assert_eq!(
            (&rest["done_before"], &rest["events"]),
            (&1.into(), &1_200.into())
        );
        // As if the run had ended before the notes were written.
        std::fs::remove_file(place.folder.path().join("notes")).unwrap();
        let again = backfill("*.csv");
        assert_eq!(
            (&again["already"], &again["events"]),
            (&2_400.into(), &0.into())
        );
        let list = place.json("data list --catalog CAT --json");
        assert_eq!(list["series"][0]["events"], 2_400);
    }
}

#[test]
fn a_backfill_keeps_its_notes_in_a_folder() {
    let [place, ..] = &places()[..] else {
        panic!("there is a folder");
    };
    let line = "data backfill a.csv --catalog CAT --instrument EUR/USD --json";
    assert_eq!(place.json(line)["events"], 1_200);
    assert!(place.folder.path().join("cat/.backfill.jsonl").exists());
    let bucket = line.replace("CAT", "s3://bucket/x");
    assert!(error_line(&place.run(&bucket)).contains("--resume"));
}

#[test]
fn checks_have_an_exit_code_of_their_own() {
    for place in places() {
        place.json("data import a.csv --catalog CAT --instrument EUR/USD --json");
        let code = |line: &str| place.run(line).status.code();
        assert_eq!(code("data verify --catalog CAT"), Some(0));
        assert_eq!(code("data quality --catalog CAT --gap 1ms"), Some(3));
        if place.server.is_none() {
            let stray = place.folder.path().join("cat/kind=quotes/.writing-x");
            std::fs::write(stray, "x").unwrap();
            assert_eq!(code("data verify --catalog CAT"), Some(3));
        }
        let missing = place.run("data list --catalog CAT/nowhere");
        assert_eq!(missing.status.code(), Some(1));
        assert!(error_line(&missing).contains("no catalog"));
        assert_eq!(code("data list"), Some(2));
    }
}

#[test]
fn what_is_in_a_bucket_is_what_is_in_a_folder() {
    let places = places();
    let exports: Vec<_> = places
        .iter()
        .map(|place| {
            place.json("data import a.csv b.csv --catalog CAT --instrument EUR/USD --json");
            let export = "data export out.csv --catalog CAT --instrument EUR/USD --json";
            assert_eq!(place.json(export)["events"], 2_400);
            let list = place.json("data list --catalog CAT --json");
            let text = std::fs::read_to_string(place.folder.path().join("out.csv")).unwrap();
            (text, list["series"].clone())
        })
        .collect();
    assert!(exports.iter().all(|export| *export == exports[0]));
    let Some(bucket) = places.iter().find(|place| place.server.is_some()) else {
        return;
    };
    // Its files are those of a folder, byte for byte, which their checksums say.
    let keys = bucket.server.as_ref().unwrap().keys();
    assert_eq!(keys.len(), 3, "{keys:?}");
    for key in keys {
        let file = key.strip_prefix("market/data/").expect("the prefix");
        assert!(
            places[0].folder.path().join("cat").join(file).exists(),
            "{file}"
        );
    }
}

#[test]
fn a_part_of_many_pieces_comes_back_from_a_bucket() {
    let Some(place) = places().into_iter().find(|place| place.server.is_some()) else {
        return;
    };
    // Prices and sizes that hardly repeat: some 20 MiB in one part.
    let mut text = "ts_ns,bid,ask,bid_size,ask_size\n".to_owned();
    let mut dice = 1_u64;
    for n in 0..1_500_000_u64 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let time = 1_609_459_200_000_000_000 + n * 50_000_000 + (dice >> 44);
        let (price, sizes) = (1_000_000 + (dice >> 45), (dice >> 34, dice % 1_000_003));
        writeln!(text, "{time},{price},{},{},{}", price + 3, sizes.0, sizes.1).unwrap();
    }
    std::fs::write(place.folder.path().join("many.csv"), text).unwrap();
    place.json("data import many.csv --catalog CAT --instrument X --json");
    let list = place.json("data list --catalog CAT --json");
    assert_eq!(list["series"][0]["events"], 1_500_000);
    assert!(
        list["series"][0]["bytes"].as_u64().unwrap() > 10 << 20,
        "{list}"
    );
    assert_eq!(
        place.run("data verify --catalog CAT").status.code(),
        Some(0)
    );
    let export = "data export one.csv --catalog CAT --instrument X --json \
                  --from 2021-01-01T12:00:00Z --to 2021-01-01T12:00:01Z";
    assert_eq!(place.json(export)["events"], 20);
}

#[test]
fn a_server_that_comes_late_is_waited_for_and_one_that_never_comes_is_named() {
    let folder = folder();
    // Nobody listens on the discard port of this machine.
    let nobody = super::s3::variables("http://127.0.0.1:9");
    let list = ["data", "list", "--catalog", "s3://bucket/x"];
    let error = error_line(&execute(folder.path(), &list, &nobody));
    assert!(error.contains("s3://bucket/x"), "{error}");
    let Some(mut server) = Server::start() else {
        return;
    };
    let address = server.address();
    let import = [
        "data",
        "import",
        "a.csv",
        "--catalog",
        "s3://bucket/x",
        "--instrument",
        "X",
    ];
    stdout(&execute(
        folder.path(),
        &import,
        &super::s3::variables(&address),
    ));
    server.stand_still(true);
    let begun = Instant::now();
    let listed = std::thread::scope(|scope| {
        let listing =
            scope.spawn(|| execute(folder.path(), &list, &super::s3::variables(&address)));
        std::thread::sleep(Duration::from_secs(2));
        server.stand_still(false);
        listing.join().unwrap()
    });
    assert!(stdout(&listed).contains('X'));
    assert!(begun.elapsed() >= Duration::from_secs(2));
}
