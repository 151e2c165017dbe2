//! One trigger in one state: how long until the gate shut and the cancels were out, and whether
//! anything passed.

use super::bad_state::Scene;
use super::host::DrillHost;
use super::{Cell, Client, PATIENCE, PAUSE, is_killed, open_orders, place, until};
use anyhow::{Result, anyhow};
use serde_json::Value;
use services::handle::ScopeName;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Orders that are open when a trigger is pulled.
const OPEN_ORDERS: usize = 20;
/// How long orders are tried once the gate has shut.
const AFTERMATH: Duration = Duration::from_millis(200);
/// The gate should shut within this.
const GATE_WITHIN: Duration = Duration::from_millis(100);
/// Cancels should be out within this.
const CANCELS_WITHIN: Duration = Duration::from_secs(1);

/// What a trigger did in a state.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What was wrong with the host.
    pub state: &'static str,
    /// Who was killed: `firm`, `account/NAME` or `strategy/NAME`.
    pub scope: String,
    /// The trigger.
    pub trigger: &'static str,
    /// Why it was not pulled, if it was not.
    pub left_out: Option<&'static str>,
    /// From pulling it to the answer that denied an order by the latch; `None` when none was.
    pub gate: Option<Duration>,
    /// From pulling it to when every open order was cancelled or its cancel was on its way.
    pub cancels: Option<Duration>,
    /// Orders sent once the scope was known to be killed, and not denied.
    pub passed: usize,
    /// Whether the latch was there after SIGKILL and a start, and no other, with nothing open any more.
    pub latched: bool,
}

impl Measured {
    pub(super) fn left_out(cell: &Cell, reason: &'static str) -> Self {
        Self {
            state: cell.state.name(),
            scope: cell.scope.to_string(),
            trigger: cell.trigger.name(),
            left_out: Some(reason),
            gate: None,
            cancels: None,
            passed: 0,
            latched: false,
        }
    }

    /// Whether nothing passed, everything was withdrawn and the latch held.
    pub fn is_safe(&self) -> bool {
        let withdrawn = self.gate.is_some() && self.cancels.is_some();
        self.left_out.is_some() || (self.passed == 0 && withdrawn && self.latched)
    }

    /// Whether it was safe within its limits.
    pub fn is_in_time(&self) -> bool {
        let within = |time: Option<Duration>, bound| time.is_none_or(|time| time <= bound);
        self.is_safe() && within(self.gate, GATE_WITHIN) && within(self.cancels, CANCELS_WITHIN)
    }

    /// `ok`, `slow`, `FAILED`, or why it was not tried.
    pub fn verdict(&self) -> &'static str {
        match (self.left_out, self.is_safe(), self.is_in_time()) {
            (Some(reason), ..) => reason,
            (None, false, _) => "FAILED",
            (None, true, false) => "slow",
            (None, true, true) => "ok",
        }
    }
}

/// An order that was tried.
#[derive(Debug, Clone, Copy)]
struct Tried {
    sent: Instant,
    answered: Instant,
    /// Whether the kill latch denied it.
    is_killed: bool,
}

/// Orders that were tried so far.
#[derive(Default)]
struct Attempts(Mutex<Vec<Tried>>);

impl Attempts {
    fn lock(&self) -> MutexGuard<'_, Vec<Tried>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gets the host into its state, pulls the trigger, and leaves the host dead.
pub(super) fn measure(host: &DrillHost, scene: &Scene, cell: &Cell) -> Result<Measured> {
    let client = host.client();
    for _ in 0..OPEN_ORDERS {
        place(&client)?;
    }
    until("orders are open", || {
        let orders = open_orders(&client)?;
        Ok(orders.len() >= OPEN_ORDERS && orders.iter().all(|order| order["status"] == "ACCEPTED"))
    })?;
    let (attempts, over) = (Attempts::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let prober = scope.spawn(|| probe(&host.client(), &cell.scope, &attempts, &over));
        for _ in 0..scene.disturbers() {
            scope.spawn(|| scene.disturb(host, &over));
        }
        let felt = until("orders are tried", || Ok(!attempts.lock().is_empty()))
            .and_then(|()| scene.begin(host))
            .and_then(|()| until("the state is felt", || scene.is_felt(host, &client)));
        let seen = felt.and_then(|()| {
            let begun = Instant::now();
            // Some wait for an answer that such a host does not give.
            let pulled = scope.spawn(|| {
                let known = cell.trigger.pull(host, cell)?;
                anyhow::Ok(known.then(Instant::now))
            });
            let cancels = watch(begun, &client, &attempts)?;
            Ok((begun, pulled, cancels))
        });
        over.store(true, Ordering::Release);
        let probed = prober.join().map_err(|_| panicked())?;
        host.kill_hard()?;
        let (begun, pulled, cancels) = seen?;
        let pulled = pulled.join().map_err(|_| panicked())?;
        probed?;
        let tried = attempts.lock();
        if !tried.iter().any(|order| order.is_killed) {
            // Then the reason is worth more than a row that says never.
            pulled?;
            return Ok(judge(cell, begun, None, cancels, &tried));
        }
        let known = pulled.unwrap_or(None);
        Ok(judge(cell, begun, known, cancels, &tried))
    })
}

fn panicked() -> anyhow::Error {
    anyhow!("a thread of the drill panicked")
}

/// Watches until all is withdrawn and the gate has been shut for a while; when all was withdrawn.
fn watch(begun: Instant, client: &Client, attempts: &Attempts) -> Result<Option<Duration>> {
    let mut cancels = None;
    while begun.elapsed() < PATIENCE {
        if cancels.is_none() && open_orders(client)?.iter().all(is_leaving) {
            cancels = Some(begun.elapsed());
        }
        let shut = attempts
            .lock()
            .iter()
            .find(|order| order.is_killed)
            .copied();
        if cancels.is_some() && shut.is_some_and(|shut| shut.answered.elapsed() > AFTERMATH) {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    Ok(cancels)
}

fn is_leaving(order: &Value) -> bool {
    order["pending"] == "CANCEL"
}

fn judge(
    cell: &Cell,
    begun: Instant,
    known: Option<Instant>,
    cancels: Option<Duration>,
    tried: &[Tried],
) -> Measured {
    let shut = tried.iter().find(|order| order.is_killed);
    let shut = shut.map(|order| order.answered);
    // The scope is known to be killed by the answer to the trigger or to an order.
    let certain = known.into_iter().chain(shut).min();
    let later = |order: &&Tried| certain.is_some_and(|certain| order.sent > certain);
    Measured {
        state: cell.state.name(),
        scope: cell.scope.to_string(),
        trigger: cell.trigger.name(),
        left_out: None,
        gate: shut.map(|shut| shut.saturating_duration_since(begun)),
        cancels,
        passed: tried
            .iter()
            .filter(later)
            .filter(|order| !order.is_killed)
            .count(),
        latched: false,
    }
}

/// Sends order after order until told to stop.
fn probe(client: &Client, scope: &ScopeName, attempts: &Attempts, over: &AtomicBool) -> Result<()> {
    while !over.load(Ordering::Acquire) {
        let order = try_order(client, scope)?;
        attempts.lock().push(order);
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn try_order(client: &Client, scope: &ScopeName) -> Result<Tried> {
    let sent = Instant::now();
    let order = place(client)?;
    // A disk that takes nothing denies with the same code.
    let is_killed = order["deny_code"] == "P29" && is_killed(client, scope)?;
    Ok(Tried {
        sent,
        answered: Instant::now(),
        is_killed,
    })
}

#[cfg(test)]
mod tests {
    use super::super::bad_state::BadState;
    use super::super::trigger::Trigger;
    use super::*;

    #[test]
    fn an_order_that_passes_after_the_gate_has_shut_fails_the_drill() {
        let begun = Instant::now();
        let at = |ms: u64| begun + Duration::from_millis(ms);
        let tried = |sent, answered, is_killed| Tried {
            sent: at(sent),
            answered: at(answered),
            is_killed,
        };
        let check = |known: Option<u64>, orders: &[Tried], expect: (usize, &str)| {
            let cancels = Some(Duration::from_millis(9));
            let known = known.map(at);
            let cell = Cell {
                state: BadState::Healthy,
                trigger: Trigger::Rest,
                scope: ScopeName::Firm,
            };
            let measured = judge(&cell, begun, known, cancels, orders);
            assert_eq!(measured.verdict(), "FAILED", "the latch was not looked at");
            let measured = Measured {
                latched: true,
                ..measured
            };
            assert_eq!((measured.passed, measured.verdict()), expect);
        };
        let (open, shut) = (tried(1, 3, false), tried(4, 6, true));
        check(None, &[open, shut], (0, "ok"));
        check(None, &[open, shut, tried(7, 8, false)], (1, "FAILED"));
        check(Some(2), &[open, tried(3, 4, false), shut], (1, "FAILED"));
        check(None, &[open], (0, "FAILED"));
        check(None, &[open, tried(100, 101, true)], (0, "slow"));
    }
}
