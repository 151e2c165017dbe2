//! A host whose Redis and whose PostgreSQL are both away goes on trading; when they are back both
//! catch up. `AWAY_SECONDS` says how long they stay away; ten minutes is what R5 asks for.

use super::bus::{Fills, Redis};
use super::crash::{Running, configuration, ledger, until_fills};
use super::store::{equals_the_journal, until_stored};
use std::net::TcpListener;
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

/// Servers that take connections and never answer: a host waits for what they do not take as long as its end may
/// take in all, ends in order, and says what it left. The database, Redis and a collector of traces are away at once,
/// and their patience, a minute for a batch of rows, is not waited out. How long it took is printed.
#[test]
fn a_host_ends_in_order_beside_servers_that_never_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let servers = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [redis, database, collector] = servers.each_ref().map(|at| at.local_addr().unwrap());
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str(&format!(
        "\n[bus]\nurl = \"redis://{redis}/0\"\nfan_out = true\nmarket_data = true\n\n\
         [store]\nurl = \"postgres://nobody@{database}/none\"\n\n\
         [telemetry]\nendpoint = \"http://{collector}\"\n"
    ));
    let text = text.replace("[host]\n", "[host]\ndrain_within = \"6s\"\n");
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    until_fills(folder.path(), 5);
    let took = host.end_timed();
    println!("it ended in {took:?} of 6 s");
    assert!(took < Duration::from_secs(45), "{took:?}");
    let said = std::fs::read_to_string(file.with_extension("log")).unwrap();
    // By itself, or by who waited for it.
    let left = [
        "the store did not take the rest in time",
        "the latest rows are written by the next run",
    ];
    assert!(left.iter().any(|words| said.contains(words)), "{said}");
    // Nothing of the journal is missing for that, and its end is sealed.
    let ledger = ledger(folder.path());
    assert!(ledger.fills.len() > 5 && ledger.is_sealed());
    drop(servers);
}
