//! `argonaut fan-out`: a process without an engine and a journal that serves a host's stream, which it hears by Redis.

use crate::config::FanOutConfig;
use crate::fanning::wait;
use anyhow::{Context, Result, anyhow};
use api::{BusProbe, BusView, FanOut, FanOutReach, Tls};
use bus::{BusError, FanOutEntry, FanOutReader, Monitor};
use identity::{SystemClock, TokenReader};
use services::background::{Background, Stop};
use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Entries that are read at once, at most.
const ENTRIES: usize = 1_000;
/// How long to wait for some; what is wanted from the host waits as long.
const PATIENCE: Duration = Duration::from_millis(20);
/// Without an entry for so long it is looked whether the stream is another.
const SILENCE: Duration = Duration::from_secs(5);

/// A process that is up: it listens, and hears the host or tries to.
pub struct FanOutApp {
    listener: TcpListener,
    fan_out: FanOut,
    reach: FanOutReach,
    monitor: Monitor,
    thread: Background,
}

impl FanOutApp {
    /// Starts what a configuration says; `file` stands for it in messages.
    ///
    /// # Errors
    /// The configuration cannot be meant, or the address is taken.
    pub async fn start(file: &Path, config: &FanOutConfig) -> Result<Self> {
        let named =
            |(key, reason): (String, String)| anyhow!("{}: {key}: {reason}", file.display());
        config.check().map_err(named)?;
        let reach = reach(config).map_err(|error| anyhow!("{}: {error:#}", file.display()))?;
        let settings = config.bus.settings(&config.secrets());
        let settings = settings.map_err(|error| anyhow!("{}: bus.{error}", file.display()))?;
        let listen = config.fan_out.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            let file = file.display();
            format!("{file}: fan_out.listen: cannot listen on {listen}")
        })?;
        let rates = config.rates().map_err(named)?;
        let mut fan_out = FanOut::new(config.api.stream().map_err(named)?)
            .with_rates(rates, Arc::new(services::clock::SystemClock));
        if let Some(keys) = &config.identity.token_keys {
            let tokens = TokenReader::open(keys, Arc::new(SystemClock));
            let place = || format!("{}: identity.token_keys", file.display());
            fan_out = fan_out.with_tokens(tokens.with_context(place)?);
        }
        let monitor = Monitor::default();
        let follower = Follower {
            reader: FanOutReader::new(settings, monitor.clone())?,
            fan_out: fan_out.clone(),
            pending: VecDeque::new(),
            heard: Instant::now(),
        };
        let thread = Background::begin("fan-out", move |stop| follower.run(&stop))?;
        Ok(Self {
            listener,
            fan_out,
            reach,
            monitor,
            thread,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// By which scheme clients come.
    pub fn scheme(&self) -> &'static str {
        match self.reach.tls {
            Some(_) => "wss",
            None => "ws",
        }
    }

    /// Serves until `shutdown`.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let probe = probe(self.monitor);
        let served = (self.fan_out, self.reach);
        let served = api::serve_fan_out(self.listener, served, probe, shutdown).await;
        let thread = self.thread;
        tokio::task::spawn_blocking(move || thread.end()).await?;
        Ok(served?)
    }
}

fn reach(config: &FanOutConfig) -> Result<FanOutReach> {
    let tls = config.tls.as_ref();
    let network = config.network.settings(tls.is_some());
    let network = network.map_err(|(key, reason)| anyhow!("{key}: {reason}"))?;
    if !config.tells_addresses() {
        tracing::warn!(
            "`proxies` of [network] names no proxy, so that all clients have the proxy's address, and who may come \
             from some networks only is not let in"
        );
    }
    let tls = tls.map(|section| Tls::open(section.files()));
    Ok(FanOutReach {
        hosts: config.identity.hosts.clone(),
        network,
        tls: tls.transpose()?,
    })
}

fn probe(monitor: Monitor) -> BusProbe {
    Arc::new(move || {
        let status = monitor.status();
        BusView {
            state: status.state.name(),
            published: status.published,
            error: status.last_error,
        }
    })
}

/// Reads the stream, and asks for what clients want to know.
struct Follower {
    reader: FanOutReader,
    fan_out: FanOut,
    /// Entries that were read and are not heard yet, at most [`ENTRIES`].
    pending: VecDeque<FanOutEntry>,
    /// When an entry came.
    heard: Instant,
}

impl Follower {
    fn run(mut self, stop: &Stop) {
        while !stop.is_asked() {
            match self.turn() {
                Ok(()) => {}
                Err(BusError::Link(error)) => {
                    tracing::debug!(%error, "Redis is away");
                    wait(self.reader.pause(), stop);
                }
                Err(error) => tracing::warn!(%error, "an entry is skipped"),
            }
        }
    }

    fn turn(&mut self) -> Result<(), BusError> {
        self.reader.ask(&self.fan_out.asks())?;
        // Those that an error left come first.
        let is_rest = !self.pending.is_empty();
        if !is_rest {
            self.pending.extend(self.reader.read(ENTRIES, PATIENCE)?);
        }
        let count = self.pending.len();
        let is_end = !is_rest && count < ENTRIES;
        // What waited for long says nothing of now.
        if !is_end || self.heard.elapsed() >= SILENCE {
            self.fan_out.is_caught_up(false);
        }
        self.hear_all()?;
        if is_end {
            self.fan_out.is_caught_up(true);
        }
        if count > 0 {
            self.heard = Instant::now();
        } else if self.heard.elapsed() >= SILENCE {
            self.heard = Instant::now();
            if self.reader.rewind_where_needed()? {
                self.fan_out.is_caught_up(false);
            }
        }
        Ok(())
    }

    /// Hears what is pending; on an error what is left stays so.
    fn hear_all(&mut self) -> Result<(), BusError> {
        while let Some(entry) = self.pending.pop_front() {
            if let Err(error) = self.hear(&entry) {
                self.pending.push_front(entry);
                return Err(error);
            }
        }
        Ok(())
    }

    fn hear(&mut self, entry: &FanOutEntry) -> Result<(), BusError> {
        let needed = match self.fan_out.hear(&entry.head, &entry.body) {
            Ok(needed) => needed,
            Err(reason) => {
                tracing::warn!(%reason, "an entry of the host's stream cannot be read");
                return Ok(());
            }
        };
        let Some(name) = needed else {
            return Ok(());
        };
        // Where it is gone already it is asked for again.
        let Some(text) = self.reader.value(&name)? else {
            return Ok(());
        };
        if let Err(reason) = self.fan_out.value(&name, &text) {
            tracing::warn!(%reason, "an answer of the host cannot be read");
        }
        Ok(())
    }
}
