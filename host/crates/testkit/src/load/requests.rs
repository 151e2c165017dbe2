//! Requests over REST: reads as fast as they are answered, and orders at a steady pace.

use super::LoadError;
use super::config::TRADED;
use super::http::{Answer, Client};
use super::latency::Latencies;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// What is read, in turn.
const READS: [&str; 4] = [
    "/api/v1/strategies",
    "/api/v1/orders?limit=20",
    "/api/v1/positions",
    "/api/v1/instruments",
];
/// Connections that orders go over; more than wait at once.
const ORDERERS: usize = 32;

/// What became of requests.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// How many were answered as they should be.
    pub done: u64,
    /// How many were not.
    pub failed: u64,
    /// The first of them, in the host's words.
    pub failure: Option<String>,
    /// How long answers took.
    pub latencies: Latencies,
    /// How long it went on.
    pub lasted: Duration,
}

impl Requests {
    fn take(&mut self, answer: &Answer, status: u16, took: Duration) {
        let body = || String::from_utf8_lossy(&answer.body).into_owned();
        let is_denied = status == 201 && body().contains("\"status\":\"DENIED\"");
        if answer.status == status && !is_denied {
            self.done += 1;
            self.latencies.add(took);
        } else {
            self.failed += 1;
            let words = || format!("{}: {}", answer.status, body());
            self.failure.get_or_insert_with(words);
        }
    }

    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.failed += other.failed;
        self.failure = self.failure.take().or(other.failure);
        self.latencies.extend(&other.latencies);
    }
}

/// Lets so many clients read for so long, each as soon as its last answer is there.
///
/// # Errors
/// When a connection breaks.
pub async fn reads(
    address: SocketAddr,
    clients: usize,
    length: Duration,
) -> Result<Requests, LoadError> {
    let begun = Instant::now();
    let until = begun + length;
    let readers: Vec<_> = (0..clients)
        .map(|first| tokio::spawn(read(address, first, until)))
        .collect();
    together(readers, begun).await
}

async fn read(address: SocketAddr, first: usize, until: Instant) -> Result<Requests, LoadError> {
    let mut client = Client::connect(address).await?;
    let mut all = Requests::default();
    for place in READS.iter().cycle().skip(first % READS.len()) {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        let answer = client.request("GET", place, "", "").await?;
        all.take(&answer, 200, begun.elapsed());
    }
    Ok(all)
}

/// Places so many orders a second for so long. An order's time begins when it was due, however late its connection
/// was free.
///
/// # Errors
/// When a connection breaks.
pub async fn orders(
    address: SocketAddr,
    per_second: u32,
    length: Duration,
) -> Result<Requests, LoadError> {
    let every = Duration::from_secs(1) / per_second.max(1);
    let mut clients = Vec::new();
    for _ in 0..ORDERERS {
        clients.push(Client::connect(address).await?);
    }
    let begun = Instant::now();
    let (next, until) = (Arc::new(AtomicU64::new(0)), begun + length);
    let desks: Vec<_> = clients
        .into_iter()
        .map(|client| {
            let desk = Desk {
                client,
                next: next.clone(),
                begun,
                every,
            };
            tokio::spawn(desk.place_until(until))
        })
        .collect();
    together(desks, begun).await
}

/// One of the connections that orders go over.
struct Desk {
    client: Client,
    /// The next order's place in the row of all.
    next: Arc<AtomicU64>,
    begun: Instant,
    every: Duration,
}

impl Desk {
    async fn place_until(mut self, until: Instant) -> Result<Requests, LoadError> {
        let mut all = Requests::default();
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let after = self.every * u32::try_from(place).unwrap_or(u32::MAX);
            let due = self.begun + after;
            if due >= until {
                return Ok(all);
            }
            let is_early = Instant::now() < due;
            if is_early {
                tokio::time::sleep_until(due).await;
            }
            // How exact the timer is says nothing of the host.
            let begun = if is_early { Instant::now() } else { due };
            let answer = self.place().await?;
            all.take(&answer, 201, begun.elapsed());
        }
    }

    /// An order far from the market, which is over as soon as it was taken, so that none stay open.
    async fn place(&mut self) -> Result<Answer, LoadError> {
        let key = format!("idempotency-key: {}\r\n", fresh_key());
        let order = format!(
            "{{\"instrument\":\"{TRADED}\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"1000\",\
             \"price\":\"0.5\",\"time_in_force\":\"IOC\"}}"
        );
        let place = "/api/v1/orders";
        self.client.request("POST", place, &key, &order).await
    }
}

/// A key that no other request of this process has.
fn fresh_key() -> String {
    static KEYS: AtomicU64 = AtomicU64::new(1);
    let number = KEYS.fetch_add(1, Ordering::Relaxed);
    format!("load-{}-{number}", std::process::id())
}

type Task = tokio::task::JoinHandle<Result<Requests, LoadError>>;

async fn together(tasks: Vec<Task>, begun: Instant) -> Result<Requests, LoadError> {
    let mut all = Requests::default();
    for task in tasks {
        let done = task.await;
        all.add(done.map_err(|error| LoadError::Host(error.to_string()))??);
    }
    all.lasted = begun.elapsed();
    Ok(all)
}
