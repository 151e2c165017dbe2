//! The desk: hands what there is to tell to the routes that are for it, and knows how each of them stands.

use crate::hear::{Ear, name_of};
use crate::kept::Keeper;
use crate::notice::{Kind, Level, Notice};
use crate::outbox::{Message, Outbox, Tally};
use crate::route::RouteConfig;
use crate::sender::Sender;
use crate::sink::Sink;
use model::Timestamp;
use services::background::{Background, Stop};
use services::clock::Clock;
use services::handle::{Queries, Updates};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::sync::broadcast::error::TryRecvError;

/// Pause between looks whether there is something to tell.
const LOOK: Duration = Duration::from_millis(20);

/// Why a route cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A key of its configuration cannot be meant.
    #[error("{key}: {reason}")]
    Key {
        /// Its place in the list, from 0.
        place: usize,
        /// Which.
        key: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// The operating system gives no thread.
    #[error("no thread for notifications: {0}")]
    Thread(#[from] std::io::Error),
}

/// Why a test message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestError {
    /// There is no such route.
    #[error("there is no route `{0}`")]
    Unknown(String),
    /// Somebody tries it right now.
    #[error("the route is being tried already")]
    Busy,
    /// The sink did not take it.
    #[error("{0}")]
    NotSent(String),
}

/// How a route stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteView {
    /// Its name.
    pub name: String,
    /// The kind of its sink.
    pub sink: &'static str,
    /// Whether the latest attempt failed.
    pub is_failing: bool,
    /// Messages that wait.
    pub waiting: usize,
    /// Messages that were taken.
    pub sent: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Messages that were left out because too many waited.
    pub dropped: u64,
    /// Messages that were not told because of quiet hours.
    pub hushed: u64,
    /// Why the latest of all attempts that failed did.
    pub last_error: Option<String>,
    /// When the latest message was taken, by the clock.
    pub last_sent: Option<Timestamp>,
}

/// The routes of a host. Cheap to clone.
#[derive(Clone)]
pub struct Notifications(Arc<Desk>);

struct Desk {
    run: String,
    clock: Arc<dyn Clock>,
    routes: Vec<Arc<Route>>,
    messages: AtomicU64,
    /// Updates of the host that were not heard.
    missed: AtomicU64,
    /// Keeps what waits in a file, where there is one.
    keeper: Option<Mutex<Keeper>>,
    /// What ends with it.
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    listener: Option<Background>,
    senders: Vec<JoinHandle<()>>,
}

struct Route {
    config: RouteConfig,
    sink: Sink,
    outbox: Outbox,
    /// Held while it is tried.
    trying: Mutex<()>,
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.routes.iter().map(|route| &route.config.name);
        f.debug_list().entries(names).finish()
    }
}

impl Notifications {
    /// Begins with routes, which nothing is told to yet. `run` names the run, and begins the names of
    /// messages.
    ///
    /// # Errors
    /// A route that cannot be used, or no thread for it.
    pub fn begin(
        run: String,
        routes: Vec<RouteConfig>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RouteError> {
        Self::begin_kept(run, routes, clock, None)
    }

    /// The same with a file in which what waits is kept, and from which what an earlier process left is told.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn begin_kept(
        run: String,
        routes: Vec<RouteConfig>,
        clock: Arc<dyn Clock>,
        file: Option<PathBuf>,
    ) -> Result<Self, RouteError> {
        let keeper = file.map(Keeper::new);
        let mut made: Vec<Arc<Route>> = Vec::new();
        for (place, config) in routes.into_iter().enumerate() {
            let fault = |(key, reason)| RouteError::Key { place, key, reason };
            if made.iter().any(|other| other.config.name == config.name) {
                let reason = format!("`{}` is the name of a route before too", config.name);
                return Err(fault(("name", reason)));
            }
            made.push(Arc::new(Route {
                sink: Sink::new(&config.sink).map_err(fault)?,
                outbox: Outbox::new(config.queue, keeper.is_some()),
                trying: Mutex::new(()),
                config,
            }));
        }
        if let Some(keeper) = &keeper {
            take_over(keeper, &made);
        }
        let desk = Self(Arc::new(Desk {
            run,
            clock,
            routes: made,
            messages: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            keeper: keeper.map(Mutex::new),
            threads: Mutex::default(),
        }));
        desk.begin_senders()?;
        Ok(desk)
    }

    fn begin_senders(&self) -> Result<(), RouteError> {
        for route in &self.0.routes {
            let (route, clock) = (Arc::clone(route), Arc::clone(&self.0.clock));
            let thread = Builder::new().name("notification".to_owned());
            let begun = thread.spawn(move || {
                let sender = Sender {
                    route: &route.config.name,
                    sink: &route.sink,
                    outbox: &route.outbox,
                    retry: route.config.retry,
                    clock: &*clock,
                };
                sender.run();
            });
            match begun {
                Ok(sender) => self.threads().senders.push(sender),
                Err(error) => {
                    self.end();
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// Tells what a host says from now on, and its open alerts.
    ///
    /// # Errors
    /// No thread for it.
    pub fn listen<H: Queries + Send + 'static>(
        &self,
        host: H,
        updates: Updates,
    ) -> Result<(), RouteError> {
        let desk = self.clone();
        let work = move |stop| desk.follow(&host, updates, &stop);
        let listener = Background::begin("notifications", work)?;
        self.threads().listener = Some(listener);
        Ok(())
    }

    fn follow<H: Queries>(&self, host: &H, mut updates: Updates, stop: &Stop) {
        let mut ear = Ear::default();
        self.tell_all(ear.begin(host));
        loop {
            self.keep(false);
            match updates.try_recv() {
                Ok(update) => {
                    let names = |scope| name_of(host, scope);
                    self.tell_all(ear.hear(&update.change, update.time, &names));
                }
                Err(TryRecvError::Lagged(count)) => {
                    self.0.missed.fetch_add(count, Ordering::Relaxed);
                    self.tell_all(ear.catch_up(host));
                }
                Err(TryRecvError::Empty) if !stop.is_asked() => std::thread::sleep(LOOK),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Writes down what waits: now and then, or at once.
    fn keep(&self, at_once: bool) {
        let Some(keeper) = &self.0.keeper else {
            return;
        };
        let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if !at_once && !keeper.is_due() {
            return;
        }
        let routes = &self.0.routes;
        // Before what waits is looked at: what comes in between is written once more.
        let changes: u64 = routes.iter().map(|route| route.outbox.changes()).sum();
        keeper.write(changes, || {
            let unsent = |route: &Arc<Route>| (route.config.name.clone(), route.outbox.unsent());
            routes.iter().map(unsent).collect()
        });
    }

    fn tell_all(&self, notices: Vec<Notice>) {
        for notice in notices {
            self.tell(&notice);
        }
    }

    /// Hands a notice to the routes that are for it. Never waits for any of them.
    pub fn tell(&self, notice: &Notice) {
        let now = self.0.clock.now();
        let number = self.0.messages.fetch_add(1, Ordering::Relaxed);
        for route in &self.0.routes {
            let config = &route.config;
            if !config.filter.takes(notice) {
                continue;
            }
            if config.quiet.iter().any(|quiet| quiet.hushes(notice, now)) {
                route.outbox.note(|tally| tally.hushed += 1);
                continue;
            }
            if route.outbox.push(self.message(config, notice, number)) {
                let name = &config.name;
                tracing::warn!(route = %name, "a notification is left out: too many wait");
            }
        }
    }

    fn message(&self, config: &RouteConfig, notice: &Notice, number: u64) -> Message {
        let run = &self.0.run;
        Message {
            id: format!("{run}-{number}"),
            attempts: 0,
            subject: config.subject.fill(notice, run),
            text: config.text.fill(notice, run),
            notice: notice.clone(),
        }
    }

    /// Sends a test message by a route, once and at once, whatever waits and whatever the hour. Waits for
    /// the answer.
    ///
    /// # Errors
    /// There is no such route, it is tried already, or the sink did not take it.
    pub fn test(&self, route: &str) -> Result<(), TestError> {
        let mut routes = self.0.routes.iter();
        let found = routes.find(|known| known.config.name == route);
        let Some(found) = found else {
            return Err(TestError::Unknown(route.to_owned()));
        };
        let _turn = match found.trying.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(TestError::Busy),
        };
        let now = self.0.clock.now();
        let number = self.0.messages.fetch_add(1, Ordering::Relaxed);
        let message = self.message(&found.config, &test_notice(route, now), number);
        let sent = found.sink.send(&message, now);
        found.outbox.note(|tally| match &sent {
            Ok(()) => tally.sent(now),
            Err(failure) => {
                tally.failed += 1;
                tally.erred(&failure.reason);
            }
        });
        sent.map_err(|failure| TestError::NotSent(failure.reason))
    }

    /// How all routes stand, in the order of the configuration.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteView> {
        let routes = self.0.routes.iter();
        routes.map(|route| route.view()).collect()
    }

    /// Updates of the host that were not heard; faults, swaps and kills among them may not be told.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.0.missed.load(Ordering::Relaxed)
    }

    /// Hears no more, tries what waits once more for a short time, keeps what is left, and ends.
    pub fn end(&self) {
        let threads = std::mem::take(&mut *self.threads());
        if let Some(listener) = threads.listener {
            listener.end();
        }
        for route in &self.0.routes {
            route.outbox.close();
        }
        for sender in threads.senders {
            if sender.join().is_err() {
                tracing::error!("the thread of a notification's route panicked");
            }
        }
        self.keep(true);
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Threads> {
        let threads = self.0.threads.lock();
        threads.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has routes tell what an earlier process left to them.
fn take_over(keeper: &Keeper, routes: &[Arc<Route>]) {
    for (name, messages) in keeper.read() {
        let count = messages.len();
        match routes.iter().find(|route| route.config.name == name) {
            Some(route) => {
                for message in messages {
                    route.outbox.push(message);
                }
            }
            None if count > 0 => {
                tracing::warn!(route = %name, count, "notifications waited for a route that is gone");
            }
            None => {}
        }
    }
}

impl Route {
    fn view(&self) -> RouteView {
        let (waiting, tally) = self.outbox.tally();
        let Tally {
            sent,
            failed,
            dropped,
            hushed,
            error,
            last_error,
            last_sent,
        } = tally;
        RouteView {
            name: self.config.name.clone(),
            sink: self.config.sink.kind(),
            is_failing: error.is_some(),
            waiting,
            sent,
            failed,
            dropped,
            hushed,
            last_error,
            last_sent,
        }
    }
}

fn test_notice(route: &str, now: Timestamp) -> Notice {
    Notice {
        kind: Kind::Test,
        state: "HAPPENED",
        level: Level::Info,
        code: String::new(),
        scope: "firm".to_owned(),
        title: format!("a test of the route {route}"),
        text: "nothing happened; somebody asked whether messages arrive".to_owned(),
        time: now,
        alert: None,
    }
}
