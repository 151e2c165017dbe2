//! A host whose Redis and whose PostgreSQL are both away goes on trading; when they are back both
//! catch up. `AWAY_SECONDS` says how long they stay away; ten minutes is what R5 asks for.

use super::bus::{Fills, Redis};
use super::crash::{Running, configuration, ledger, until_fills};
use super::store::{equals_the_journal, until_stored};
use std::time::Duration;
use testkit::postgres;

#[test]
fn with_redis_and_postgres_away_it_trades_and_both_catch_up() {
    let seconds = std::env::var("AWAY_SECONDS").map_or(3, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = postgres::Server::start();
    let mut redis = Redis::start_on_free_port(folder);
    let file = configuration(folder);
    let mut text = std::fs::read_to_string(&file).unwrap();
    // All entries are kept: those of ten minutes come faster than the test reads them.
    text.push_str(&format!(
        "\n[bus]\nurl = \"{}\"\ncapacity = 10000000\n\n[store]\nurl = \"postgres://postgres@127.0.0.1:{}/postgres\"\n",
        redis.url(),
        server.port()
    ));
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    let mut fills = Fills::of(&redis);
    fills.reach(3);
    until_stored(&host, 1);

    redis.kill();
    server.down();
    let left = ledger(folder).fills.len();
    std::thread::sleep(Duration::from_secs(seconds));
    until_fills(folder, left + 5);
    let health = host.get("/health").unwrap();
    assert_eq!(health["status"], "UP", "{health}");
    assert_ne!(health["bus"]["state"], "CONNECTED", "{health}");

    redis.again();
    server.up();
    let made = ledger(folder).fills;
    fills.reach(made.len());
    until_stored(&host, made.last().unwrap().order.sequence());
    host.end();
    let made = ledger(folder).fills;
    println!(
        "away for {seconds} s: {} fills meanwhile and after",
        made.len() - left
    );
    fills.are_the_first_of(&made);
    equals_the_journal(folder, made.len());
    redis.kill();
}
