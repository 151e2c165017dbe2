//! The bad states in which the kill switch must work: what each asks of the configuration, what
//! keeps it bad while the host runs, and how one knows that the host feels it.

use super::PAUSE;
use super::host::{DrillHost, Starved};
use crate::kill::Client;
use anyhow::{Context, Result};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A strategy that never returns from a quote of instrument 0; a test says how it is made.
pub(super) const STUCK_PLUGIN: &[u8] = include_bytes!("stuck.wasm");
/// Strategies with that plugin.
const STUCK: usize = 4;
/// Who asks without end when the API is flooded.
const FLOODERS: usize = 16;
/// Inputs after which a burst is one.
const BURST: u64 = 20_000;
/// How long an API that takes nobody is given to answer.
const DEAF_AFTER: Duration = Duration::from_millis(100);

/// What is wrong with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadState {
    Healthy,
    StuckPlugins,
    SilentRedis,
    FloodedApi,
    FullDisk,
    Burst,
    DeafApi,
    StoreAway,
}

impl BadState {
    pub(super) const ALL: [Self; 8] = [
        Self::Healthy,
        Self::StuckPlugins,
        Self::SilentRedis,
        Self::FloodedApi,
        Self::FullDisk,
        Self::Burst,
        Self::DeafApi,
        Self::StoreAway,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::StuckPlugins => "plugins that loop",
            Self::SilentRedis => "Redis is silent",
            Self::FloodedApi => "API flooded",
            Self::FullDisk => "disk full",
            Self::Burst => "burst of quotes",
            Self::DeafApi => "API takes nobody",
            Self::StoreAway => "database away",
        }
    }

    /// Everything outside the host that it needs.
    pub(super) fn scene(self) -> Result<Scene> {
        let count = match self {
            Self::SilentRedis => 1,
            Self::StoreAway => 2,
            _ => 0,
        };
        let servers = (0..count).map(|_| Server::listen());
        Ok(Scene {
            state: self,
            servers: servers.collect::<Result<_>>()?,
            done: AtomicUsize::new(0),
        })
    }
}

/// A server that is of no use to whoever connects.
struct Server {
    listener: TcpListener,
    /// Connections taken so far.
    taken: AtomicUsize,
}

impl Server {
    fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            taken: AtomicUsize::new(0),
        })
    }

    /// A connection that waits, if one does.
    fn take(&self) -> Option<TcpStream> {
        let (stream, _) = self.listener.accept().ok()?;
        self.taken.fetch_add(1, Ordering::AcqRel);
        Some(stream)
    }
}

/// A state with what makes it bad.
pub(super) struct Scene {
    pub(super) state: BadState,
    /// Redis first, then the database.
    servers: Vec<Server>,
    /// What those who disturb have done so far: restarts, requests.
    done: AtomicUsize,
}

impl Scene {
    /// Market data in a second.
    pub(super) fn events_per_second(&self) -> f64 {
        match self.state {
            BadState::Burst => 1e6,
            _ => 200.0,
        }
    }

    /// What the configuration says besides.
    pub(super) fn sections(&self) -> Result<String> {
        Ok(match self.state {
            // They are to loop again and again.
            BadState::StuckPlugins => (0..STUCK)
                .map(stuck_section)
                .chain(["[faults]\nquarantine_after = 0\n\n".to_owned()])
                .collect(),
            BadState::SilentRedis => self.bus()?,
            BadState::StoreAway => {
                let database = self.servers.last().context("no server for the store")?;
                let address = database.listener.local_addr()?;
                let url = format!("postgres://drill@{address}/drill");
                format!("{}\n[store]\nurl = \"{url}\"\n", self.bus()?)
            }
            _ => String::new(),
        })
    }

    fn bus(&self) -> Result<String> {
        let redis = self.servers.first().context("no server for the bus")?;
        let address = redis.listener.local_addr()?;
        Ok(format!("[bus]\nurl = \"redis://{address}/0\"\n"))
    }

    /// How many threads are to disturb.
    pub(super) fn disturbers(&self) -> usize {
        match self.state {
            BadState::StuckPlugins | BadState::SilentRedis | BadState::StoreAway => 1,
            BadState::FloodedApi => FLOODERS,
            BadState::Healthy | BadState::FullDisk | BadState::Burst | BadState::DeafApi => 0,
        }
    }

    /// Makes it bad until it is over. Whatever is answered is as good as no answer.
    pub(super) fn disturb(&self, host: &DrillHost, over: &AtomicBool) {
        let client = host.client();
        let mut held = Vec::new();
        while !over.load(Ordering::Acquire) {
            let done = match self.state {
                BadState::StuckPlugins => restart_all(&client),
                BadState::FloodedApi => usize::from(client.get("/orders?limit=10000").is_ok()),
                _ => {
                    let taken = self.servers.iter().filter_map(Server::take);
                    match self.state {
                        BadState::SilentRedis => held.extend(taken),
                        // Cut off at once, again and again.
                        _ => taken.for_each(drop),
                    }
                    std::thread::sleep(PAUSE);
                    0
                }
            };
            self.done.fetch_add(done, Ordering::AcqRel);
        }
    }

    /// Takes away from the host what it lacks in this state.
    pub(super) fn begin(&self, host: &DrillHost) -> Result<()> {
        match self.state {
            BadState::FullDisk => host.starve(Starved::OfDisk),
            BadState::DeafApi => host.starve(Starved::OfFiles),
            _ => Ok(()),
        }
    }

    /// Whether the host feels it.
    pub(super) fn is_felt(&self, host: &DrillHost, client: &Client) -> Result<bool> {
        let done = self.done.load(Ordering::Acquire);
        Ok(match self.state {
            BadState::Healthy => true,
            BadState::StuckPlugins => done >= 2 * STUCK,
            BadState::SilentRedis | BadState::StoreAway => {
                let is_tried = |server: &Server| server.taken.load(Ordering::Acquire) > 0;
                self.servers.iter().all(is_tried)
            }
            BadState::FloodedApi => done >= 2 * FLOODERS,
            BadState::FullDisk => client.get("/health")?.body["journal_writable"] == false,
            BadState::Burst => {
                let sequence = &client.get("/health")?.body["sequence"];
                sequence.as_u64().is_some_and(|sequence| sequence >= BURST)
            }
            BadState::DeafApi => is_deaf(host.address()),
        })
    }
}

fn stuck_section(n: usize) -> String {
    format!(
        "[[strategy]]\nname = \"{}\"\nplugin = \"stuck.wasm\"\n\n",
        stuck_name(n)
    )
}

fn stuck_name(n: usize) -> String {
    format!("stuck-{n}")
}

/// Starts those again that were stopped for looping; how many were.
fn restart_all(client: &Client) -> usize {
    let restart = |n: &usize| {
        let path = format!("/strategies/{}/start", stuck_name(*n));
        let answer = client.post(&path, &json!({}));
        answer.is_ok_and(|answer| answer.succeeded().is_ok())
    };
    (0..STUCK).filter(restart).count()
}

/// Whether somebody who connects now waits in vain.
fn is_deaf(address: &str) -> bool {
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        stream.set_read_timeout(Some(DEAF_AFTER))?;
        stream.write_all(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        stream.read(&mut [0])
    });
    asked.is_err()
}
