//! The drill: every trigger of the kill switch is pulled on a host with open orders, while another
//! thread keeps sending orders and notes what becomes of them.

use super::Client;
use super::drill_host::DrillHost;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use services::handle::ScopeName;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Orders that are open when a trigger is pulled.
const OPEN_ORDERS: usize = 20;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long orders are tried once the gate has shut.
const AFTERMATH: Duration = Duration::from_millis(200);
/// How often the host is asked.
const PAUSE: Duration = Duration::from_millis(1);
/// The gate should shut within this.
const GATE_WITHIN: Duration = Duration::from_millis(100);
/// Cancels should be out within this.
const CANCELS_WITHIN: Duration = Duration::from_secs(1);

/// A way to kill the firm.
#[derive(Debug, Clone, Copy)]
enum Trigger {
    Rest,
    Command,
    Signal,
    File,
}

impl Trigger {
    const ALL: [Self; 4] = [Self::Rest, Self::Command, Self::Signal, Self::File];

    fn name(self) -> &'static str {
        match self {
            Self::Rest => "REST",
            Self::Command => "argonaut kill",
            Self::Signal => "SIGUSR2",
            Self::File => "kill file",
        }
    }

    /// Pulls it; whether the firm is known to be killed when this returns.
    fn pull(self, host: &DrillHost) -> Result<bool> {
        match self {
            Self::Rest => host.client().kill(&ScopeName::Firm).map(|()| true),
            Self::Command => host.kill_by_command().map(|()| true),
            Self::Signal => host.signal().map(|()| false),
            Self::File => {
                std::fs::write(host.kill_file(), "drill\n")?;
                Ok(false)
            }
        }
    }
}

/// What a trigger did.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Its name.
    pub trigger: &'static str,
    /// From pulling it to the answer that denied an order with P29; `None` when none was.
    pub gate: Option<Duration>,
    /// From pulling it to when every open order was cancelled or its cancel was on its way.
    pub cancels: Option<Duration>,
    /// Orders sent once the firm was known to be killed, and not denied.
    pub passed: usize,
}

impl Measured {
    /// Whether nothing passed and everything was withdrawn.
    pub fn is_safe(&self) -> bool {
        self.passed == 0 && self.gate.is_some() && self.cancels.is_some()
    }

    /// `ok`, `slow` or `FAILED`.
    pub fn verdict(&self) -> &'static str {
        let within = |time: Option<Duration>, bound| time.is_some_and(|time| time <= bound);
        if !self.is_safe() {
            "FAILED"
        } else if within(self.gate, GATE_WITHIN) && within(self.cancels, CANCELS_WITHIN) {
            "ok"
        } else {
            "slow"
        }
    }
}

/// An order that was tried.
#[derive(Debug, Clone, Copy)]
struct Tried {
    sent: Instant,
    answered: Instant,
    is_killed: bool,
}

/// Runs the drill with `program`, which must be this one.
///
/// # Errors
/// When the host cannot be started, or does not trade before a trigger is pulled.
pub fn drill(program: &Path) -> Result<Vec<Measured>> {
    let host = DrillHost::start(program)?;
    let client = host.client();
    let pulled = Trigger::ALL.iter().map(|trigger| {
        until("orders pass", || {
            Ok(!try_order(&client)?.is_killed && may_trade(&client)?)
        })?;
        let measured = measure(&host, *trigger).with_context(|| trigger.name())?;
        revive(&host)?;
        Ok(measured)
    });
    pulled.collect()
}

fn may_trade(client: &Client) -> Result<bool> {
    let orders = open_orders(client)?;
    Ok(orders.iter().any(|order| order["status"] == "ACCEPTED"))
}

fn measure(host: &DrillHost, trigger: Trigger) -> Result<Measured> {
    let client = host.client();
    for _ in 0..OPEN_ORDERS {
        place(&client)?;
    }
    until("orders are open", || {
        let orders = open_orders(&client)?;
        Ok(orders.len() >= OPEN_ORDERS && orders.iter().all(|order| order["status"] == "ACCEPTED"))
    })?;
    let tried = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let prober = scope.spawn(|| probe(&host.client(), &tried, &over));
        let seen = watch(host, trigger, &client, &tried);
        over.store(true, Ordering::Release);
        let probed = prober.join();
        probed.map_err(|_| anyhow::anyhow!("the thread that sends orders panicked"))??;
        let (begun, known, cancels) = seen?;
        let tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(judge(trigger, begun, known, cancels, &tried))
    })
}

type Seen = (Instant, Option<Instant>, Option<Duration>);

/// Pulls the trigger and watches until all is withdrawn and the gate has been shut for a while.
fn watch(
    host: &DrillHost,
    trigger: Trigger,
    client: &Client,
    tried: &Mutex<Vec<Tried>>,
) -> Result<Seen> {
    std::thread::sleep(10 * PAUSE);
    let begun = Instant::now();
    let known = trigger.pull(host)?.then(Instant::now);
    let mut cancels = None;
    while begun.elapsed() < PATIENCE {
        if cancels.is_none() && open_orders(client)?.iter().all(is_leaving) {
            cancels = Some(begun.elapsed());
        }
        let tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
        let shut = tried.iter().find(|order| order.is_killed);
        if cancels.is_some() && shut.is_some_and(|shut| shut.answered.elapsed() > AFTERMATH) {
            break;
        }
        drop(tried);
        std::thread::sleep(PAUSE);
    }
    Ok((begun, known, cancels))
}

fn judge(
    trigger: Trigger,
    begun: Instant,
    known: Option<Instant>,
    cancels: Option<Duration>,
    tried: &[Tried],
) -> Measured {
    let shut = tried.iter().find(|order| order.is_killed);
    let shut = shut.map(|order| order.answered);
    // The firm is known to be killed by the answer to the trigger or to an order.
    let certain = known.into_iter().chain(shut).min();
    let later = |order: &&Tried| certain.is_some_and(|certain| order.sent > certain);
    Measured {
        trigger: trigger.name(),
        gate: shut.map(|shut| shut.saturating_duration_since(begun)),
        cancels,
        passed: tried
            .iter()
            .filter(later)
            .filter(|order| !order.is_killed)
            .count(),
    }
}

/// Sends order after order until told to stop.
fn probe(client: &Client, tried: &Mutex<Vec<Tried>>, over: &AtomicBool) -> Result<()> {
    while !over.load(Ordering::Acquire) {
        let order = try_order(client)?;
        tried
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(order);
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn try_order(client: &Client) -> Result<Tried> {
    let sent = Instant::now();
    let order = place(client)?;
    Ok(Tried {
        sent,
        answered: Instant::now(),
        is_killed: order["deny_code"] == "P29",
    })
}

/// Places an order that rests far below the market.
fn place(client: &Client) -> Result<Value> {
    let ticket = json!({
        "instrument": "EUR/USD", "side": "BUY", "type": "LIMIT", "quantity": "1000",
        "price": "0.50000",
    });
    client.post("/orders", &ticket)?.succeeded()
}

fn open_orders(client: &Client) -> Result<Vec<Value>> {
    let answer = client.get("/orders?status=open&limit=10000")?.succeeded()?;
    match answer {
        Value::Array(orders) => Ok(orders),
        other => bail!("the host answered with {other} for a list of orders"),
    }
}

fn is_leaving(order: &Value) -> bool {
    order["pending"] == "CANCEL"
}

/// Lets the firm trade again, as an operator would: the file first, then the latch.
fn revive(host: &DrillHost) -> Result<()> {
    let client = host.client();
    until("the kill latch is cleared", || {
        // Not there in a drill of a host that failed to write it; clearing then says what is wrong.
        let _missing = std::fs::remove_file(host.kill_file());
        Ok(client.clear(&ScopeName::Firm).is_ok())
    })
}

fn until(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !done()? {
        if begun.elapsed() > PATIENCE {
            bail!("waited {PATIENCE:?} in vain until {what}");
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
            let measured = judge(Trigger::Rest, begun, known, cancels, orders);
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
