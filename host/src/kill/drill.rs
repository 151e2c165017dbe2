//! The drill: every trigger of the kill switch is pulled in every bad state, on a host with open
//! orders, while another thread keeps sending orders and notes what becomes of them. Then the host
//! is killed by SIGKILL, as bad as things are, and must come back with its latch. The firm is killed in
//! every state, an account and a strategy where database and Redis are away.

mod bad_state;
mod host;
mod measure;
mod trigger;

use anyhow::{Context, Result, bail};
use bad_state::BadState;
use host::DrillHost;
pub use measure::Measured;
use serde_json::{Value, json};
use services::handle::ScopeName;
use services::host::MANUAL;
use std::path::Path;
use std::time::{Duration, Instant};
use trigger::Trigger;

use super::Client;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the host is asked.
const PAUSE: Duration = Duration::from_millis(1);

/// The account that orders are placed on.
const ACCOUNT: &str = "drill";

/// How much of it is drilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every trigger in every state.
    Full,
    /// Every trigger, every state and every level, with half of the triggers each.
    Short,
}

/// What is tried: a trigger in a state, for a scope.
#[derive(Debug, Clone)]
struct Cell {
    state: BadState,
    trigger: Trigger,
    scope: ScopeName,
}

impl Extent {
    fn cells(self) -> Vec<Cell> {
        let firm = BadState::ALL.map(|state| (state, ScopeName::Firm));
        let parts = [
            ScopeName::Account(ACCOUNT.to_owned()),
            ScopeName::Strategy(MANUAL.to_owned()),
        ];
        let parts = parts.map(|scope| (BadState::StoreAway, scope));
        let mut cells = self.with_each(&Trigger::ALL, firm);
        cells.extend(self.with_each(&Trigger::OF_PARTS, parts));
        cells
    }

    /// Each trigger in each place, or every second one.
    fn with_each(
        self,
        triggers: &[Trigger],
        places: impl IntoIterator<Item = (BadState, ScopeName)>,
    ) -> Vec<Cell> {
        let mut cells = Vec::new();
        for ((state, scope), n) in places.into_iter().zip(0_usize..) {
            let triggers = triggers.iter().zip(n..);
            let kept = triggers.filter(|(_, m)| self == Self::Full || m.is_multiple_of(2));
            cells.extend(kept.map(|(trigger, _)| Cell {
                state,
                trigger: *trigger,
                scope: scope.clone(),
            }));
        }
        cells
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
    for cell in extent.cells() {
        let place = || {
            let (state, trigger) = (cell.state.name(), cell.trigger.name());
            format!("{state}, {trigger}, {}", cell.scope)
        };
        let measured = try_out(program, &cell).with_context(place)?;
        tell(&measured)?;
        all.push(measured);
    }
    Ok(all)
}

fn try_out(program: &Path, cell: &Cell) -> Result<Measured> {
    if let Some(reason) = cell.trigger.cannot(cell.state) {
        return Ok(Measured::left_out(cell, reason));
    }
    let scene = cell.state.scene()?;
    let mut host = DrillHost::start(program, &scene)?;
    let client = host.client();
    until("orders pass", || {
        place(&client)?;
        let orders = open_orders(&client)?;
        Ok(orders.iter().any(|order| order["status"] == "ACCEPTED"))
    })?;
    let mut measured = measure::measure(&host, &scene, cell)?;
    host.come_back()?;
    measured.latched = is_latched(&host.client(), &cell.scope)?;
    Ok(measured)
}

/// Whether a host that came back denies by the latch of this scope and no other, and has nothing open
/// any more.
fn is_latched(client: &Client, scope: &ScopeName) -> Result<bool> {
    let is_alone = killed(client)? == [scope.to_string()];
    let is_denied = is_alone && place(client)?["deny_code"] == "P29";
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

fn is_killed(client: &Client, scope: &ScopeName) -> Result<bool> {
    let state = client.get(&format!("/risk/states/{scope}"))?;
    Ok(state.succeeded()?["killed"] == true)
}

/// Every scope that is killed.
fn killed(client: &Client) -> Result<Vec<String>> {
    let states = client.get("/risk/states")?.succeeded()?;
    let states = states.as_array().context("no list of states")?;
    let killed = states.iter().filter(|state| state["killed"] == true);
    let names = killed.filter_map(|state| state["scope"].as_str());
    Ok(names.map(str::to_owned).collect())
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
    fn the_short_form_has_every_trigger_every_state_and_every_level() {
        let cells = Extent::Short.cells();
        for trigger in Trigger::ALL {
            assert!(
                cells.iter().any(|cell| cell.trigger == trigger),
                "{trigger:?}"
            );
        }
        for state in BadState::ALL {
            let able = |cell: &Cell| cell.state == state && cell.trigger.cannot(state).is_none();
            assert!(cells.iter().any(able), "{state:?}");
        }
        for scope in ["firm", "account/drill", "strategy/manual"] {
            let is_it = |cell: &Cell| cell.scope.to_string() == scope;
            assert!(cells.iter().any(is_it), "{scope}");
        }
        let all = BadState::ALL.len() * Trigger::ALL.len() + 2 * Trigger::OF_PARTS.len();
        assert_eq!(Extent::Full.cells().len(), all);
    }
}
