//! The latest market data, for readers without an engine: lists and latest values in a database of
//! their own.
//!
//! Keys are `market:{kind}:{venue}:{instrument}`, a list with the newest first, and
//! `latest:{kind}:{venue}:{instrument}`. Both vanish when nothing comes for a while, so that an old
//! price is not taken for a price. Values are JSON; to lose them is no loss.

use crate::BusError;
use crate::link::{Link, Monitor};
use crate::settings::Settings;
use lru::LruCache;
use redis::Pipeline;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// The database with the cache; streams are in the one that the address names.
const DATABASE: i64 = 1;
/// Latest values that are kept in this process, at most.
const NEAR: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1_023);
/// For how long one of them is given again without asking Redis.
const NEAR_FOR: Duration = Duration::from_millis(100);

/// What is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheKind {
    /// Best bids and asks.
    Quote,
    /// Trades between others.
    Trade,
    /// Finished bars.
    Bar,
    /// Order books.
    Book,
}

impl CacheKind {
    /// Its part of a key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Trade => "trade",
            Self::Bar => "bar",
            Self::Book => "book",
        }
    }

    /// How many values a list keeps.
    pub const fn capacity(self) -> isize {
        match self {
            Self::Quote | Self::Trade => 1_000,
            Self::Bar => 500,
            Self::Book => 200,
        }
    }

    /// Seconds without a new value after which the keys vanish.
    pub const fn lifetime_s(self) -> u64 {
        match self {
            Self::Quote | Self::Trade => 5 * 60,
            Self::Bar => 60 * 60,
            Self::Book => 60,
        }
    }
}

/// Whose values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// What they are.
    pub kind: CacheKind,
    /// The venue's name.
    pub venue: String,
    /// The instrument's symbol.
    pub instrument: String,
}

impl CacheKey {
    fn named(&self, first: &str) -> String {
        let (kind, venue) = (self.kind.name(), &self.venue);
        format!("{first}:{kind}:{venue}:{}", self.instrument)
    }

    fn list(&self) -> String {
        self.named("market")
    }

    fn latest(&self) -> String {
        self.named("latest")
    }
}

/// Market data in Redis, with the values asked for last kept near.
pub struct MarketCache {
    link: Link,
    near: LruCache<CacheKey, (Instant, Option<String>)>,
}

impl MarketCache {
    /// A cache that has not connected yet.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(settings: &Settings, monitor: Monitor) -> Result<Self, BusError> {
        Ok(Self {
            link: Link::to_database(settings, DATABASE, monitor)?,
            near: LruCache::new(NEAR),
        })
    }

    /// How long to wait before asking again after an error.
    pub fn pause(&self) -> Duration {
        self.link.pause()
    }

    /// Adds values, the oldest first.
    ///
    /// # Errors
    /// Redis is not there. Nobody needs the values again then: newer ones will come.
    pub fn add(&mut self, values: &[(CacheKey, String)]) -> Result<(), BusError> {
        let mut pipe = redis::pipe();
        for (key, value) in values {
            add(&mut pipe, key, value);
        }
        self.link.run(|connection| pipe.query::<()>(connection))
    }

    /// The latest value, if one came within its kind's lifetime; up to a tenth of a second old news.
    ///
    /// # Errors
    /// Redis is not there.
    pub fn latest(&mut self, key: &CacheKey) -> Result<Option<String>, BusError> {
        if let Some((at, value)) = self.near.get(key)
            && at.elapsed() < NEAR_FOR
        {
            return Ok(value.clone());
        }
        let mut get = redis::cmd("GET");
        get.arg(key.latest());
        let value: Option<String> = self.link.run(|connection| get.query(connection))?;
        self.near.put(key.clone(), (Instant::now(), value.clone()));
        Ok(value)
    }

    /// Up to `count` values, the newest first.
    ///
    /// # Errors
    /// Redis is not there.
    pub fn recent(&mut self, key: &CacheKey, count: u16) -> Result<Vec<String>, BusError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut range = redis::cmd("LRANGE");
        range.arg(key.list()).arg(0).arg(count - 1);
        self.link.run(|connection| range.query(connection))
    }
}

fn add(pipe: &mut Pipeline, key: &CacheKey, value: &str) {
    let (kind, list) = (key.kind, key.list());
    let lifetime = kind.lifetime_s();
    pipe.cmd("LPUSH").arg(&list).arg(value).ignore();
    pipe.cmd("LTRIM").arg(&list).arg(0).arg(kind.capacity() - 1);
    pipe.ignore();
    pipe.cmd("EXPIRE").arg(&list).arg(lifetime).ignore();
    pipe.cmd("SET").arg(key.latest()).arg(value);
    pipe.arg("EX").arg(lifetime).ignore();
}
