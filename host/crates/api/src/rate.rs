//! How often somebody may ask: by address before it is known who asks, then by person and by key; log-ins and
//! orders more strictly. What stops trading, and what leads to it, is never held back from those who may.

mod bucket;
mod tally;

use crate::addresses::network_of;
use crate::gate::is_of_stops;
use crate::observe::Counted;
use crate::problem::Problem;
use axum::http::StatusCode;
use bucket::Bucket;
pub use bucket::Pace;
use identity::{Credential, Principal, policy};
use lru::LruCache;
use services::clock::Clock;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
pub(crate) use tally::{Standing, Tally};

/// Addresses, and beside them people and keys, whose requests are counted at once; of more, who asked least
/// recently is forgotten.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);
/// What is always let through besides what stops: looks at how the host is, and the way to stay known.
const FREE: &[&str] = &[
    "health.show",
    "livez.show",
    "readyz.show",
    "auth.refresh",
    "auth.logout",
];
/// What a password or an invitation is tried by.
const LOGINS: &[&str] = &["auth.login", "auth.claim", "auth.password"];
/// What places or changes orders.
const ORDERS: &[&str] = &["orders.place", "orders.place_list", "orders.modify"];

/// How often somebody may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSettings {
    /// Whether addresses tell clients apart; behind a proxy that is not known all have its address, and
    /// nothing is counted by it.
    pub by_address: bool,
    /// Requests of an address, or of IPv6 of a network of 64 bits.
    pub address: Pace,
    /// Tries to log in, to take up an invitation and to change a password, of an address.
    pub login: Pace,
    /// Requests of a person, by whatever session or key.
    pub principal: Pace,
    /// Requests by a key.
    pub key: Pace,
    /// Requests that place or change orders, of a person; of an address where identity is off.
    pub orders: Pace,
    /// Messages of a WebSocket client.
    pub messages: Pace,
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Limit {
    Address,
    Login,
    Principal,
    Key,
    Orders,
}

impl Limit {
    pub(crate) const ALL: [Self; 5] = [
        Self::Address,
        Self::Login,
        Self::Principal,
        Self::Key,
        Self::Orders,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Login => "login",
            Self::Principal => "principal",
            Self::Key => "key",
            Self::Orders => "orders",
        }
    }

    /// Whose requests are counted, in words.
    fn whose(self) -> &'static str {
        match self {
            Self::Address => "requests from this address",
            Self::Login => "tries to log in from this address",
            Self::Principal => "requests of this person",
            Self::Key => "requests by this key",
            Self::Orders => "orders",
        }
    }
}

/// Everything that is counted by one kind of name.
type Buckets<K> = Mutex<LruCache<(Limit, K), Bucket>>;

/// Who asked how often.
pub(crate) struct Rates {
    settings: RateSettings,
    clock: Arc<dyn Clock>,
    counted: Arc<Counted>,
    addresses: Buckets<IpAddr>,
    /// People and keys.
    known: Buckets<String>,
}

impl Rates {
    pub(crate) fn new(
        settings: RateSettings,
        clock: Arc<dyn Clock>,
        counted: Arc<Counted>,
    ) -> Self {
        Self {
            settings,
            clock,
            counted,
            addresses: Mutex::new(LruCache::new(REMEMBERED)),
            known: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }

    /// Counts a request of an address, before it is known who asks.
    ///
    /// # Errors
    /// It is one too many.
    pub(crate) fn enter(
        &self,
        operation: Option<&str>,
        from: IpAddr,
        has_identity: bool,
        tally: &Tally,
    ) -> Result<(), Problem> {
        if !self.settings.by_address || is_free(operation) {
            return Ok(());
        }
        let from = network_of(from);
        if operation.is_some_and(|operation| LOGINS.contains(&operation)) {
            return self.count(&self.addresses, (Limit::Login, from), tally);
        }
        if !has_identity && is_order(operation) {
            self.count(&self.addresses, (Limit::Orders, from), tally)?;
        }
        self.count(&self.addresses, (Limit::Address, from), tally)
    }

    /// Counts a request of somebody who is known.
    ///
    /// # Errors
    /// It is one too many.
    pub(crate) fn pass(
        &self,
        operation: Option<&str>,
        who: &Principal,
        tally: &Tally,
    ) -> Result<(), Problem> {
        // Who may not do it stops nothing, and each refusal has a line in the log.
        let may = |operation| policy::authorise(Some(who), operation).is_ok();
        if is_free(operation) && operation.is_some_and(may) {
            return Ok(());
        }
        if let Credential::Key(id) = &who.by {
            self.count(&self.known, (Limit::Key, id.clone()), tally)?;
        }
        if is_order(operation) {
            self.count(&self.known, (Limit::Orders, who.user.clone()), tally)?;
        }
        self.count(&self.known, (Limit::Principal, who.user.clone()), tally)
    }

    /// A count of the messages of one client.
    pub(crate) fn meter(&self) -> Meter {
        Meter {
            pace: self.settings.messages,
            clock: self.clock.clone(),
            bucket: Bucket::default(),
        }
    }

    fn pace(&self, limit: Limit) -> Pace {
        match limit {
            Limit::Address => self.settings.address,
            Limit::Login => self.settings.login,
            Limit::Principal => self.settings.principal,
            Limit::Key => self.settings.key,
            Limit::Orders => self.settings.orders,
        }
    }

    fn count<K: Hash + Eq>(
        &self,
        buckets: &Buckets<K>,
        whose: (Limit, K),
        tally: &Tally,
    ) -> Result<(), Problem> {
        let (limit, now) = (whose.0, self.clock.now());
        let pace = self.pace(limit);
        let taken = {
            let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
            let bucket = buckets.get_or_insert_mut(whose, Bucket::default);
            bucket.take(pace, now)
        };
        tally.note(Standing { limit, pace, taken });
        let Err(wait) = taken else {
            return Ok(());
        };
        self.counted.held_back(limit.name());
        let (whose, wait_s) = (limit.whose(), wait.whole_seconds());
        let detail = format!("too many {whose}; try again in {wait_s} s");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY", detail);
        Err(problem.after(wait_s))
    }
}

/// How many messages one client has sent.
pub(crate) struct Meter {
    pace: Pace,
    clock: Arc<dyn Clock>,
    bucket: Bucket,
}

impl Meter {
    /// Counts a message; whether it is not one too many.
    pub(crate) fn takes(&mut self) -> bool {
        let now = self.clock.now();
        self.bucket.take(self.pace, now).is_ok()
    }
}

/// Whether it is let through however often it is asked: what stops trading must be, whoever floods the host
/// from the same address, or with the same key.
pub(crate) fn is_free(operation: Option<&str>) -> bool {
    operation.is_some_and(|operation| FREE.contains(&operation) || is_of_stops(operation))
}

fn is_order(operation: Option<&str>) -> bool {
    operation.is_some_and(|operation| ORDERS.contains(&operation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Duration;
    use services::clock::SystemClock;
    use std::net::Ipv4Addr;

    #[test]
    fn what_is_named_here_is_in_the_policy() {
        for operation in [FREE, LOGINS, ORDERS].concat() {
            assert!(policy::access(operation).is_some(), "{operation}");
        }
    }

    #[test]
    fn kills_are_free_and_orders_are_not() {
        for operation in [
            "risk.kill.set",
            "engine.kill",
            "orders.cancel",
            "strategies.stop",
        ] {
            assert!(is_free(Some(operation)), "{operation}");
        }
        for operation in [
            "orders.place",
            "auth.login",
            "engine.show",
            "risk.kill.clear",
        ] {
            assert!(!is_free(Some(operation)), "{operation}");
        }
        assert!(!is_free(None));
    }

    #[test]
    fn however_many_ask_so_many_are_remembered() {
        let pace = Pace::new(1, Duration::from_secs(60), 2).unwrap();
        let settings = RateSettings {
            by_address: true,
            address: pace,
            login: pace,
            principal: pace,
            key: pace,
            orders: pace,
            messages: pace,
        };
        let counted = Arc::new(Counted::new(&[], &[]));
        let rates = Rates::new(settings, Arc::new(SystemClock), counted);
        for number in 0..20_000 {
            let from = IpAddr::V4(Ipv4Addr::from_bits(number));
            let tally = Tally::default();
            rates
                .enter(Some("engine.show"), from, true, &tally)
                .unwrap();
        }
        let remembered = rates.addresses.lock().unwrap().len();
        assert_eq!(remembered, REMEMBERED.get());
    }
}
