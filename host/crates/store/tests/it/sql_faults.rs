//! PostgreSQL restarted, slow, and cut off between `COMMIT` and its answer.

use crate::sql_cases::rows;
use crate::sql_proxy::{self as proxy, Disturbance};
use crate::sql_sample::{cursor, quotes};
use crate::sql_server::{Server, at, eventually};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::sql::{Location, QUOTES, Reader, StoreError, Writer};

/// Writes as a follower does: after an error it opens again, asks where the store is, goes on there.
/// `before` is told where each batch begins. Returns how many errors it took.
async fn follow(location: &Location, last: u64, step: u64, mut before: impl FnMut(u64)) -> u32 {
    let mut errors = 0;
    while let Err(error) = advance(location, last, step, &mut before).await {
        assert!(error.is_passing(), "{error}");
        errors += 1;
        assert!(errors < 200, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    errors
}

async fn advance(
    location: &Location,
    last: u64,
    step: u64,
    before: &mut impl FnMut(u64),
) -> Result<(), StoreError> {
    let mut writer = Writer::open(location).await?;
    let mut at = writer.cursor().await?.sequence;
    while at < last {
        let to = (at + step).min(last);
        before(at);
        writer
            .write(at, &quotes(at + 1..to + 1), &cursor(to))
            .await?;
        at = to;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_whose_answers_are_lost_are_not_written_twice() {
    let server = Server::start();
    let disturbance = Arc::new(Disturbance::default());
    let port = proxy::start(server.port(), Arc::clone(&disturbance)).await;
    let location = at(port, "postgres", "cut");
    let cut = |at| disturbance.cut.store(at % 15 == 0, Ordering::SeqCst);
    let errors = follow(&location, 60, 5, cut).await;
    // Each lost commit was there: the batch that begins where it began is not written again.
    assert_eq!((errors, disturbance.cuts.load(Ordering::SeqCst)), (4, 4));
    let reader = Reader::new(&location);
    let written = rows(&reader, &QUOTES).await;
    let sequences: Vec<_> = written.iter().map(|row| row[1].clone()).collect();
    let expect: Vec<_> = (1..=60).map(|n: u64| Some(n.to_string())).collect();
    assert_eq!(sequences, expect);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_in_the_middle_of_a_connection_is_found_in_the_cursor() {
    let server = Server::start();
    let disturbance = Arc::new(Disturbance::default());
    let port = proxy::start(server.port(), Arc::clone(&disturbance)).await;
    let location = at(port, "postgres", "cut");
    let mut writer = Writer::open(&location).await.unwrap();
    writer.write(0, &quotes(1..4), &cursor(3)).await.unwrap();
    disturbance.cut.store(true, Ordering::SeqCst);
    let lost = writer.write(3, &quotes(4..7), &cursor(6)).await;
    assert!(lost.is_err_and(|error| error.is_passing()));
    assert_eq!(disturbance.cuts.load(Ordering::SeqCst), 1);
    // The server had committed: the rows are there though the writer was told of a failure.
    let mut writer = Writer::open(&location).await.unwrap();
    assert_eq!(writer.cursor().await.unwrap(), cursor(6));
    assert_eq!(follow(&location, 9, 3, |_| {}).await, 0);
    assert_eq!(rows(&Reader::new(&location), &QUOTES).await.len(), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_caught_up_with() {
    let server = Server::start();
    let location = at(server.port(), "postgres", "restart");
    let mut writer = Writer::open(&location).await.unwrap();
    writer.write(0, &quotes(1..4), &cursor(3)).await.unwrap();
    server.down();
    let refused = writer.write(3, &quotes(4..5), &cursor(4)).await;
    assert!(refused.is_err_and(|error| error.is_passing()));
    assert!(
        Writer::open(&location)
            .await
            .is_err_and(|error| error.is_passing())
    );
    server.up();
    follow(&location, 40, 7, |_| {}).await;
    let reader = Reader::new(&location);
    eventually("all rows", async || {
        rows(&reader, &QUOTES).await.len() == 40
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_gets_everything_once() {
    let server = Server::start();
    let disturbance = Arc::new(Disturbance::default());
    let port = proxy::start(server.port(), Arc::clone(&disturbance)).await;
    disturbance.delay.store(30, Ordering::SeqCst);
    let location = at(port, "postgres", "slow");
    assert_eq!(follow(&location, 30, 10, |_| {}).await, 0);
    disturbance.delay.store(0, Ordering::SeqCst);
    assert_eq!(rows(&Reader::new(&location), &QUOTES).await.len(), 30);
}
