//! One connection to Redis that comes back by itself.

use crate::BusError;
use crate::entry::EntryId;
use crate::settings::Settings;
use redis::{Client, Connection, IntoConnectionInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// Not begun, or ended.
    #[default]
    Disconnected,
    /// Trying for the first time.
    Connecting,
    /// Up.
    Connected,
    /// Lost; trying again, each time after a longer pause.
    Reconnecting,
    /// Given up on after many attempts; tried once a minute.
    Error,
}

impl LinkState {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "DISCONNECTED",
            Self::Connecting => "CONNECTING",
            Self::Connected => "CONNECTED",
            Self::Reconnecting => "RECONNECTING",
            Self::Error => "ERROR",
        }
    }
}

/// A connection as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkStatus {
    /// Where it is.
    pub state: LinkState,
    /// Attempts since it was up last.
    pub attempts: u32,
    /// Why the last attempt failed, or why it was lost.
    pub last_error: Option<String>,
    /// Entries published since the process began.
    pub published: u64,
    /// The place that Redis has, as far as is known: what comes after it is still wanted from the source.
    pub place: EntryId,
}

/// Shows a connection's status to other threads.
#[derive(Debug, Clone, Default)]
pub struct Monitor(Arc<Mutex<LinkStatus>>);

impl Monitor {
    /// The status now.
    pub fn status(&self) -> LinkStatus {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut LinkStatus)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// How long to wait before each attempt: a tenth of a second, then twice as long each time; after ten
/// attempts a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Attempts before the pause becomes a minute.
    pub const ATTEMPTS: u32 = 10;
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(30);
    const GIVEN_UP: Duration = Duration::from_secs(60);

    /// Counts a failure and says how long to wait now.
    pub fn fail(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        if self.is_given_up() {
            return Self::GIVEN_UP;
        }
        let doubled = Self::FIRST.saturating_mul(1 << (self.failures - 1));
        doubled.min(Self::LONGEST)
    }

    /// Whether it is only tried now and then.
    pub fn is_given_up(&self) -> bool {
        self.failures >= Self::ATTEMPTS
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// A connection, or when to try for one.
pub(crate) struct Link {
    client: Client,
    timeout: Duration,
    health_every: Duration,
    up: Option<Up>,
    backoff: Backoff,
    not_before: Option<Instant>,
    monitor: Monitor,
}

struct Up {
    connection: Connection,
    answered: Instant,
}

impl Link {
    /// `answers_within` is added to the timeout: what Redis may wait by itself when asked to.
    pub(crate) fn new(
        settings: &Settings,
        answers_within: Duration,
        monitor: Monitor,
    ) -> Result<Self, BusError> {
        let client = Client::open(settings.url.as_str())?;
        Ok(Self::of(client, settings, answers_within, monitor))
    }

    /// A connection to another database than the address names.
    pub(crate) fn to_database(
        settings: &Settings,
        database: i64,
        monitor: Monitor,
    ) -> Result<Self, BusError> {
        let info = settings.url.as_str().into_connection_info()?;
        let redis = info.redis_settings().clone().set_db(database);
        let client = Client::open(info.set_redis_settings(redis))?;
        Ok(Self::of(client, settings, Duration::ZERO, monitor))
    }

    fn of(client: Client, settings: &Settings, answers_within: Duration, monitor: Monitor) -> Self {
        Self {
            client,
            timeout: settings.timeout + answers_within,
            health_every: settings.health_every,
            up: None,
            backoff: Backoff::default(),
            not_before: None,
            monitor,
        }
    }

    /// How long until another attempt may be made; zero while it is up.
    pub(crate) fn pause(&self) -> Duration {
        let at = self.not_before.filter(|_| self.up.is_none());
        at.map_or(Duration::ZERO, |at| {
            at.saturating_duration_since(Instant::now())
        })
    }

    /// Whether the next call of [`Link::run`] must connect first.
    pub(crate) fn is_down(&self) -> bool {
        self.up.is_none()
    }

    /// Does something with the connection, which is made first where there is none. An error that
    /// leaves the connection in doubt ends it.
    pub(crate) fn run<T>(
        &mut self,
        what: impl FnOnce(&mut Connection) -> Result<T, redis::RedisError>,
    ) -> Result<T, BusError> {
        let done = match &mut self.up {
            Some(up) => what(&mut up.connection),
            None => self.connect().and_then(|mut connection| {
                let done = what(&mut connection);
                self.up = Some(Up {
                    connection,
                    answered: Instant::now(),
                });
                done
            }),
        };
        match done {
            Ok(done) => {
                self.answered();
                Ok(done)
            }
            Err(error) => {
                if self.up.is_none() || breaks(&error) {
                    self.lose(&error);
                }
                Err(error.into())
            }
        }
    }

    /// Tries a connection that has been idle for long.
    pub(crate) fn check_health(&mut self) -> Result<(), BusError> {
        let due = |up: &Up| up.answered.elapsed() >= self.health_every;
        if !self.up.as_ref().is_some_and(due) {
            return Ok(());
        }
        self.run(|connection| redis::cmd("PING").query(connection))
    }

    fn connect(&mut self) -> Result<Connection, redis::RedisError> {
        self.monitor.change(|status| {
            if status.state == LinkState::Disconnected {
                status.state = LinkState::Connecting;
            }
        });
        let connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(connection)
    }

    fn answered(&mut self) {
        self.backoff = Backoff::default();
        self.not_before = None;
        if let Some(up) = &mut self.up {
            up.answered = Instant::now();
        }
        self.monitor.change(|status| {
            status.state = LinkState::Connected;
            status.attempts = 0;
        });
    }

    fn lose(&mut self, error: &redis::RedisError) {
        self.up = None;
        self.not_before = Some(Instant::now() + self.backoff.fail());
        let (failures, given_up) = (self.backoff.failures(), self.backoff.is_given_up());
        self.monitor.change(|status| {
            status.attempts = failures;
            status.last_error = Some(error.to_string());
            status.state = if given_up {
                LinkState::Error
            } else {
                LinkState::Reconnecting
            };
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.monitor
            .change(|status| status.state = LinkState::Disconnected);
    }
}

/// Whether a connection cannot be used after this error. What Redis itself refuses leaves it whole,
/// but for a server that is still loading or may not be written to: that is as good as none.
fn breaks(error: &redis::RedisError) -> bool {
    let refused = matches!(error.kind(), redis::ErrorKind::Server(_)) || error.code().is_some();
    let closed = [
        "LOADING",
        "READONLY",
        "MASTERDOWN",
        "OOM",
        "MISCONF",
        "NOAUTH",
    ];
    !refused || error.code().is_some_and(|code| closed.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_a_minute() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..12).map(|_| backoff.fail().as_millis()).collect();
        assert_eq!(
            pauses,
            [
                100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 60_000, 60_000, 60_000
            ]
        );
    }

    #[test]
    fn the_state_tells_the_story() {
        // Nobody listens on the discard port of this machine.
        let settings = Settings::new("redis://127.0.0.1:9/");
        let monitor = Monitor::default();
        let mut link = Link::new(&settings, Duration::ZERO, monitor.clone()).unwrap();
        assert_eq!(monitor.status().state, LinkState::Disconnected);
        for attempt in 1..=10 {
            let answer = link.run(|connection| redis::cmd("PING").query::<()>(connection));
            assert!(answer.is_err());
            let status = monitor.status();
            assert_eq!(status.attempts, attempt);
            let expected = if attempt < 10 {
                LinkState::Reconnecting
            } else {
                LinkState::Error
            };
            assert_eq!(status.state, expected);
            assert!(!link.pause().is_zero());
        }
        drop(link);
        assert_eq!(monitor.status().state, LinkState::Disconnected);
    }
}
