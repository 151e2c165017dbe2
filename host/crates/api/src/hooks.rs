//! Webhooks that we take: who may call one, what it is for, and what it was called with lately.
//!
//! A hook shows that it is called by whom it is for: by a signature over the moment and the body, or, for
//! TradingView, which cannot sign, by a secret in the body. Whoever does not hears the same, whether there
//! is such a hook or not. What a genuine call leads to is an order (`orders`) or a signal (`signals`).

mod memory;
mod orders;
mod signals;

use crate::dto::hook::{HookRequest, HookSignal};
use crate::dto::moment::Moment;
use crate::extract::parse_json;
use crate::problem::Problem;
use axum::http::{HeaderMap, StatusCode};
pub(crate) use memory::{Begun, Memory};
use model::{Duration, Signal, Timestamp};
use notices::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, is_same, is_signed, sign};
pub use orders::{HookOrder, OrderTemplate};
use serde::Deserialize;
use services::clock::Clock;
use services::handle::OrderTicket;
pub use signals::{SignalTemplate, ValueKind, ValueTemplate};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest id of a call, in bytes.
pub(crate) const ID_BYTES: usize = 128;

/// How a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKind {
    /// With a signature in headers.
    Generic,
    /// By an alert of TradingView: with the secret in the body.
    TradingView,
}

/// What calls of a hook lead to.
#[derive(Debug, Clone)]
pub enum HookPurpose {
    /// An order within this template.
    Orders(OrderTemplate),
    /// A signal within this template.
    Signals(SignalTemplate),
}

/// A hook as it is configured.
#[derive(Debug, Clone)]
pub struct HookConfig {
    /// Unique name; its place in the path.
    pub name: String,
    /// How it is called.
    pub kind: HookKind,
    /// What shows that a call is genuine.
    pub secret: Secret,
    /// What its calls lead to.
    pub purpose: HookPurpose,
    /// How far the moment of a call may be from the clock.
    pub max_age: Duration,
    /// Calls within a minute, at most.
    pub per_minute: usize,
}

/// The hooks of a host. Cheap to clone.
#[derive(Clone)]
pub struct Hooks(Arc<Inside>);

struct Inside {
    hooks: BTreeMap<String, Hook>,
    /// What calls of hooks that there are not are held against, so that they take as long.
    decoy: Secret,
    clock: Arc<dyn Clock>,
}

/// One hook.
pub(crate) struct Hook {
    config: HookConfig,
    memory: Mutex<Memory>,
}

/// A genuine call, read.
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) moment: Timestamp,
    pub(crate) wanted: Wanted,
}

/// What a call is for.
pub(crate) enum Wanted {
    /// An order.
    Order(Box<OrderTicket>),
    /// A signal.
    Signal(Told),
}

/// A signal on its way.
pub(crate) struct Told {
    pub(crate) strategy: String,
    /// The id by which the engine knows it again.
    pub(crate) key: String,
    pub(crate) signal: Signal,
}

impl Hooks {
    /// Hooks with names of their own; of two with one name the latter is taken.
    #[must_use]
    pub fn new(hooks: Vec<HookConfig>, clock: Arc<dyn Clock>) -> Self {
        let hooks = hooks.into_iter().map(|config| {
            let memory = Mutex::default();
            (config.name.clone(), Hook { config, memory })
        });
        Self(Arc::new(Inside {
            hooks: hooks.collect(),
            decoy: Secret::new("a secret that no hook has"),
            clock,
        }))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The hook of this name, if the call is genuine.
    pub(crate) fn find(&self, name: &str, headers: &HeaderMap, body: &[u8]) -> Option<&Hook> {
        let hook = self.0.hooks.get(name);
        let config = hook.map(|hook| &hook.config);
        let secret = config.map_or(&self.0.decoy, |config| &config.secret);
        let is_genuine = match config.map_or(HookKind::Generic, |config| config.kind) {
            HookKind::Generic => {
                let timestamp = text(headers, TIMESTAMP_HEADER);
                let signature = text(headers, SIGNATURE_HEADER);
                is_signed(secret, timestamp, body, signature)
            }
            HookKind::TradingView => is_same(secret, &secret_of(body)),
        };
        hook.filter(|_| is_genuine)
    }

    /// A call of a hook came to its end: this came of it, or nothing, and then it may be sent again.
    pub(crate) fn end(&self, name: &str, id: &str, came: Option<String>) {
        let Some(hook) = self.0.hooks.get(name) else {
            return;
        };
        match came {
            Some(order) => hook.memory().finish(id, order),
            None => hook.memory().forget(id),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name);
    value.and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// The secret that a body shows; nothing when it is no such body.
fn secret_of(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Shown {
        secret: String,
    }
    let shown = serde_json::from_slice::<Shown>(body);
    shown.map(|shown| shown.secret).unwrap_or_default()
}

impl Hook {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, if it may go on.
    pub(crate) fn begin(&self, call: &Call, now: Timestamp) -> Result<Begun, Problem> {
        let max_age = self.config.max_age;
        if call.moment.after(max_age) < now || now.after(max_age) < call.moment {
            let (seconds, moment) = (max_age.nanos() / 1_000_000_000, call.moment);
            let detail = format!("the call is of {moment}, more than {seconds} s from now");
            return Err(Problem::new(StatusCode::CONFLICT, "STALE", detail));
        }
        // A call of the future may come again until it is past, and for as long again.
        let until = now.after(max_age).after(max_age);
        let begun = self
            .memory()
            .begin(&call.id, (now, until), self.config.per_minute);
        match begun {
            Begun::TooMany(wait_s) => {
                let (status, detail) = (
                    StatusCode::TOO_MANY_REQUESTS,
                    "the hook is called too often",
                );
                Err(Problem::new(status, "TOO_MANY", detail).after(wait_s))
            }
            begun => Ok(begun),
        }
    }

    /// What a genuine call is for.
    pub(crate) fn read(&self, body: &[u8], headers: &HeaderMap) -> Result<Call, Problem> {
        match &self.config.purpose {
            HookPurpose::Orders(template) => {
                let request: HookRequest = parse_json(body)?;
                let shown = (request.secret.is_some(), request.time.as_deref());
                let moment = self.moment(shown, headers)?;
                check_id(&request.id)?;
                let ticket = template.read(&request, self.intent(&request.id))?;
                let (id, wanted) = (request.id, Wanted::Order(Box::new(ticket)));
                Ok(Call { id, moment, wanted })
            }
            HookPurpose::Signals(template) => {
                let request: HookSignal = parse_json(body)?;
                let shown = (request.secret.is_some(), request.time.as_deref());
                let moment = self.moment(shown, headers)?;
                check_id(&request.id)?;
                let wanted = Wanted::Signal(Told {
                    strategy: template.strategy.clone(),
                    key: format!("hook:{}:{}", self.config.name, request.id),
                    signal: template.read(request.values)?,
                });
                let id = request.id;
                Ok(Call { id, moment, wanted })
            }
        }
    }

    /// When a call was made, of which is shown whether it has a secret, and the time in its body.
    fn moment(
        &self,
        (has_secret, time): (bool, Option<&str>),
        headers: &HeaderMap,
    ) -> Result<Timestamp, Problem> {
        match self.config.kind {
            HookKind::Generic if has_secret => Err(Problem::disagrees(
                "secret",
                "this hook is signed; leave it out",
            )),
            HookKind::Generic if time.is_some() => {
                let detail = "the moment of this hook is in its header; leave it out";
                Err(Problem::disagrees("time", detail))
            }
            HookKind::Generic => {
                let seconds: Option<u64> = text(headers, TIMESTAMP_HEADER).parse().ok();
                let nanos = seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000));
                let wrong = || {
                    let detail = "X-Argonaut-Timestamp must be whole seconds since 1970";
                    Problem::new(StatusCode::BAD_REQUEST, "INVALID_HEADER", detail)
                };
                nanos.map(Timestamp::from_nanos).ok_or_else(wrong)
            }
            HookKind::TradingView => {
                let text = time.unwrap_or_default();
                let Moment(moment) = text
                    .parse()
                    .map_err(|why| Problem::invalid("time", format!("{why}")))?;
                Ok(moment)
            }
        }
    }

    /// A number of its own for each id: the engine denies the same one again (P21), after a restart too.
    fn intent(&self, id: &str) -> u64 {
        let code = sign(&self.config.secret, id, self.config.name.as_bytes());
        let digits = code.get(3..19).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default().max(1)
    }
}

fn check_id(id: &str) -> Result<(), Problem> {
    match (1..=ID_BYTES).contains(&id.len()) {
        true => Ok(()),
        false => Err(Problem::invalid("id", "must have from 1 to 128 bytes")),
    }
}
