//! The drill: every trigger of the kill switch is pulled in every bad state, on a host with open
//! orders, while another thread keeps sending orders and notes what becomes of them. Then the host
//! is killed by SIGKILL, as bad as things are, and must come back with its latch.

mod bad_state;
mod host;
mod measure;
mod trigger;

use anyhow::{Context, Result, bail};
use bad_state::BadState;
use host::DrillHost;
pub use measure::Measured;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use trigger::Trigger;

use super::Client;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the host is asked.
const PAUSE: Duration = Duration::from_millis(1);

/// How much of it is drilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every trigger in every state.
    Full,
    /// Every trigger and every state, with two triggers a state.
    Short,
}

impl Extent {
    fn cells(self) -> Vec<(BadState, Trigger)> {
        let states = BadState::ALL.into_iter().zip(0..);
        let pairs = states.flat_map(|(state, n)| {
            let triggers = Trigger::ALL.into_iter().zip(0..);
            triggers.map(move |(trigger, m)| (state, trigger, (n + m) % 2 == 0))
        });
        let kept = pairs.filter(|(.., chosen)| *chosen || self == Self::Full);
        kept.map(|(state, trigger, _)| (state, trigger)).collect()
    }
}

/// Runs the drill with `program`, which must be this one, and tells of each measurement.
///
/// # Errors
/// When the host cannot be started, does not trade before a trigger is pulled, or does not get into
/// its bad state.
pub fn drill(
    program: &Path,
    extent: Extent,
    mut tell: impl FnMut(&Measured) -> Result<()>,
) -> Result<Vec<Measured>> {
    let mut all = Vec::new();
    for (state, trigger) in extent.cells() {
        let place = || format!("{}, {}", state.name(), trigger.name());
        let measured = try_out(program, state, trigger).with_context(place)?;
        tell(&measured)?;
        all.push(measured);
    }
    Ok(all)
}

fn try_out(program: &Path, state: BadState, trigger: Trigger) -> Result<Measured> {
    if let Some(reason) = trigger.cannot(state) {
        return Ok(Measured::left_out(state, trigger, reason));
    }
    let scene = state.scene()?;
    let mut host = DrillHost::start(program, &scene)?;
    let client = host.client();
    until("orders pass", || {
        place(&client)?;
        let orders = open_orders(&client)?;
        Ok(orders.iter().any(|order| order["status"] == "ACCEPTED"))
    })?;
    let mut measured = measure::measure(&host, &scene, trigger)?;
    host.come_back()?;
    measured.latched = is_latched(&host.client())?;
    Ok(measured)
}

/// Whether a host that came back denies by its latch, and has nothing open any more.
fn is_latched(client: &Client) -> Result<bool> {
    let is_denied = is_killed(client)? && place(client)?["deny_code"] == "P29";
    if is_denied {
        until("nothing is open after the restart", || {
            Ok(open_orders(client)?.is_empty())
        })?;
    }
    Ok(is_denied)
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

fn is_killed(client: &Client) -> Result<bool> {
    Ok(client.get("/engine")?.succeeded()?["killed"] == true)
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
    fn the_short_form_has_every_trigger_and_every_state() {
        let cells = Extent::Short.cells();
        for trigger in Trigger::ALL {
            assert!(cells.iter().any(|(_, one)| *one == trigger), "{trigger:?}");
        }
        for state in BadState::ALL {
            let able = |(one, trigger): &(BadState, Trigger)| {
                *one == state && trigger.cannot(state).is_none()
            };
            assert!(cells.iter().any(able), "{state:?}");
        }
        let all = BadState::ALL.len() * Trigger::ALL.len();
        assert_eq!(Extent::Full.cells().len(), all);
    }
}
