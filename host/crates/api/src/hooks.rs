//! Webhooks that we take: who may call one, what it may order, and what it was called with lately.
//!
//! A hook shows that it is called by whom it is for: by a signature over the moment and the body, or, for
//! TradingView, which cannot sign, by a secret in the body. Whoever does not hears the same, whether there
//! is such a hook or not.

mod memory;

use crate::dto::hook::HookRequest;
use crate::dto::moment::Moment;
use crate::problem::Problem;
use axum::http::{HeaderMap, StatusCode};
pub(crate) use memory::{Begun, Memory};
use model::{Duration, OrderKind, Price, Quantity, Side, Terms, TimeInForce, Timestamp};
use notices::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, is_same, is_signed, sign};
use serde::Deserialize;
use services::clock::Clock;
use services::handle::OrderTicket;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest id of a call, in bytes.
const ID_BYTES: usize = 128;

/// How a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKind {
    /// With a signature in headers.
    Generic,
    /// By an alert of TradingView: with the secret in the body.
    TradingView,
}

/// A type of order that a hook may place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookOrder {
    /// At the market.
    Market,
    /// At a price or better.
    Limit,
}

/// A hook as it is configured: the template of its orders.
#[derive(Debug, Clone)]
pub struct HookConfig {
    /// Unique name; its place in the path.
    pub name: String,
    /// How it is called.
    pub kind: HookKind,
    /// What shows that a call is genuine.
    pub secret: Secret,
    /// The strategy for orders by hand whose orders they are.
    pub strategy: String,
    /// What it may trade: symbols by the names that calls use.
    pub instruments: BTreeMap<String, String>,
    /// Which ways.
    pub sides: Vec<Side>,
    /// Types of orders; the first one where a call says none.
    pub types: Vec<HookOrder>,
    /// How much where a call does not say; calls must say it when `None`.
    pub quantity: Option<Quantity>,
    /// The least that a call may say.
    pub min_quantity: Quantity,
    /// The most that a call may say.
    pub max_quantity: Quantity,
    /// How long its orders live.
    pub time_in_force: TimeInForce,
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
    pub(crate) ticket: OrderTicket,
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
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
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

    /// The order that a genuine call is for.
    pub(crate) fn read(&self, request: HookRequest, headers: &HeaderMap) -> Result<Call, Problem> {
        let config = &self.config;
        let moment = self.moment(&request, headers)?;
        if request.id.is_empty() || request.id.len() > ID_BYTES {
            return Err(Problem::invalid("id", "must have from 1 to 128 bytes"));
        }
        let symbol = config.instruments.get(&request.instrument);
        let Some(symbol) = symbol else {
            return Err(Problem::invalid("instrument", "is not one of the hook's"));
        };
        let side = Side::from(request.side);
        if !config.sides.contains(&side) {
            return Err(Problem::invalid("side", "is not one of the hook's"));
        }
        let kind = self.order_kind(&request)?;
        let quantity = self.quantity(&request)?;
        let ticket = OrderTicket {
            instrument: symbol.clone(),
            strategy: Some(config.strategy.clone()),
            side,
            kind,
            quantity,
            time_in_force: config.time_in_force,
            terms: Terms::default(),
            intent: self.intent(&request.id),
            algorithm: None,
        };
        Ok(Call {
            id: request.id,
            moment,
            ticket,
        })
    }

    fn moment(&self, request: &HookRequest, headers: &HeaderMap) -> Result<Timestamp, Problem> {
        match self.config.kind {
            HookKind::Generic if request.secret.is_some() => Err(Problem::invalid(
                "secret",
                "this hook is signed; leave it out",
            )),
            HookKind::Generic if request.time.is_some() => {
                let detail = "the moment of this hook is in its header; leave it out";
                Err(Problem::invalid("time", detail))
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
                let text = request.time.as_deref().unwrap_or_default();
                let Moment(moment) = text
                    .parse()
                    .map_err(|why| Problem::invalid("time", format!("{why}")))?;
                Ok(moment)
            }
        }
    }

    fn order_kind(&self, request: &HookRequest) -> Result<OrderKind, Problem> {
        let types = &self.config.types;
        let said = request.kind.map(HookOrder::from);
        let Some(kind) = said.or_else(|| types.first().copied()) else {
            return Err(Problem::invalid("type", "the hook takes none"));
        };
        if !types.contains(&kind) {
            return Err(Problem::invalid("type", "is not one of the hook's"));
        }
        let price: Option<Price> = request.price.map(|price| price.0);
        match (kind, price) {
            (HookOrder::Market, None) => Ok(OrderKind::Market),
            (HookOrder::Limit, Some(price)) => Ok(OrderKind::Limit { price }),
            (HookOrder::Market, Some(_)) => {
                let detail = "orders at the market do not have it; leave it out";
                Err(Problem::invalid("price", detail))
            }
            (HookOrder::Limit, None) => {
                Err(Problem::invalid("price", "orders with a limit need it"))
            }
        }
    }

    fn quantity(&self, request: &HookRequest) -> Result<Quantity, Problem> {
        let config = &self.config;
        let said = request.quantity.map(|quantity| quantity.0);
        let Some(quantity) = said.or(config.quantity) else {
            return Err(Problem::invalid("quantity", "the hook needs it"));
        };
        let (least, most) = (config.min_quantity, config.max_quantity);
        if quantity < least || quantity > most {
            let detail = format!("must be from {least} to {most}");
            return Err(Problem::invalid("quantity", detail));
        }
        Ok(quantity)
    }

    /// A number of its own for each id: the engine denies the same one again (P21), after a restart too.
    fn intent(&self, id: &str) -> u64 {
        let code = sign(&self.config.secret, id, self.config.name.as_bytes());
        let digits = code.get(3..19).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default().max(1)
    }
}
