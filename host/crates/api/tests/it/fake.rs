//! A host that is only a table: it does what it is told at once and remembers what was asked.

#[path = "fake_commands.rs"]
mod commands;
#[path = "fake_faults.rs"]
pub(crate) mod faults;
#[path = "fake_plugins.rs"]
mod plugins;
#[path = "fake_queries.rs"]
mod queries;
#[path = "fake_tables.rs"]
mod tables;
#[path = "fake_versions.rs"]
mod versions;
#[path = "fake_vitals.rs"]
mod vitals;

use crate::fake_happened::{conversion, funding, margin_call, outside, split, venue};
use crate::fake_values::{account, ema, instrument, manual};
pub(crate) use crate::fake_values::{fill, order, order_change, position, quote};
use engine::{LimitScope, RuleConfig};
use model::{
    AlgorithmId, DenyCode, Fill, InstrumentId, Order, OrderChange, OrderId, OrderStatus,
    StrategyId, Timestamp,
};
use services::handle::{HostError, OrderTicket, Queries};
use services::metrics::{MetricsView, Scenario};
use services::view::{
    AccountView, AlertView, CashFlowView, Change, EngineState, EngineView, InstrumentView,
    LifeEventView, LimitsView, LocateView, PositionView, ScopeView, StrategyView, Update,
    VenueView, VitalsView,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{Notify, broadcast};

pub(crate) const EURUSD: InstrumentId = InstrumentId::new(0);
pub(crate) const BTCUSD: InstrumentId = InstrumentId::new(1);
pub(crate) const EMA: StrategyId = StrategyId::new(0);
pub(crate) const MANUAL: StrategyId = StrategyId::new(1);
/// 2024-01-01T00:00:00Z.
pub(crate) const NOON: u64 = 1_704_067_200_000_000_000;

/// The host. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Fake {
    tables: Arc<Mutex<Tables>>,
    updates: broadcast::Sender<Arc<Update>>,
}

#[derive(Default)]
struct Tables {
    engine: EngineView,
    instruments: Vec<InstrumentView>,
    strategies: Vec<Arc<StrategyView>>,
    orders: Vec<Order>,
    fills: Vec<Fill>,
    positions: Vec<PositionView>,
    accounts: Vec<AccountView>,
    venues: Vec<Arc<VenueView>>,
    cash_flows: Vec<CashFlowView>,
    life_events: Vec<LifeEventView>,
    limits: BTreeMap<LimitScope, LimitsView>,
    located: Vec<LocateView>,
    scopes: BTreeMap<LimitScope, ScopeView>,
    alerts: Vec<AlertView>,
    rules: Vec<RuleConfig>,
    metrics: Option<Arc<MetricsView>>,
    scenarios: BTreeMap<String, Scenario>,
    sequence: u64,
    vitals: VitalsView,
    journal_failed: bool,
    asked: Vec<String>,
    failure: Option<HostError>,
    /// Fills that happen while somebody looks at fills.
    trades: u32,
    held: Option<std::sync::mpsc::Receiver<()>>,
    swaps_wait: Option<Arc<Notify>>,
}

pub(crate) fn number<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

impl Fake {
    /// A host with two instruments, one strategy, one by hand, an account, an order and a fill.
    pub(crate) fn new() -> Self {
        Self::with_channel(65_536)
    }

    /// The same, with a short memory for its updates.
    pub(crate) fn with_channel(capacity: usize) -> Self {
        let tables = Tables {
            engine: EngineView {
                state: EngineState::Running,
                time: Timestamp::from_nanos(NOON),
                sequence: 17,
                ..EngineView::default()
            },
            instruments: vec![
                instrument(EURUSD, "EUR/USD.SIM", "0.00001", "1000"),
                instrument(BTCUSD, "BTC/USD.SIM", "0.01", "0.001"),
            ],
            strategies: vec![Arc::new(ema()), Arc::new(manual())],
            orders: vec![order(OrderId::derive(9, 0).unwrap(), OrderStatus::Accepted)],
            fills: vec![fill(1)],
            positions: vec![position("100000")],
            accounts: vec![account()],
            venues: vec![Arc::new(venue()), Arc::new(outside())],
            cash_flows: vec![funding(2), conversion(1)],
            life_events: vec![split(2), margin_call(1)],
            ..Tables::default()
        };
        Self {
            tables: Arc::new(Mutex::new(tables)),
            updates: broadcast::Sender::new(capacity),
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.tables().asked.clone()
    }

    /// Makes every command fail from now on.
    pub(crate) fn fail_with(&self, failure: HostError) {
        self.tables().failure = Some(failure);
    }

    /// Adds instruments `X0.SIM`, `X1.SIM` and so on.
    pub(crate) fn add_instruments(&self, count: u32) {
        for n in 0..count {
            let view = instrument(InstrumentId::new(n + 2), &format!("X{n}.SIM"), "0.01", "1");
            self.tables().instruments.push(view);
        }
    }

    /// Sets where the host is.
    pub(crate) fn set_state(&self, state: EngineState) {
        self.tables().engine.state = state;
    }

    /// Takes a change into the tables and tells all subscribers; returns its sequence.
    pub(crate) fn publish(&self, change: Change) -> u64 {
        let mut tables = self.tables();
        tables.take_in(&change);
        tables.sequence += 1;
        let update = Update {
            sequence: tables.sequence,
            time: tables.engine.time,
            change,
        };
        // Nobody listening is no error.
        let _listeners = self.updates.send(Arc::new(update));
        tables.sequence
    }

    fn ask(&self, what: String) -> Result<(), HostError> {
        let mut tables = self.tables();
        tables.asked.push(what);
        tables.failure.clone().map_or(Ok(()), Err)
    }

    /// Makes an order of a ticket: denied when its quantity is off the grid.
    fn take(
        &self,
        id: OrderId,
        view: &InstrumentView,
        ticket: &OrderTicket,
        list: Option<OrderId>,
    ) -> Order {
        let fits = ticket.quantity.is_on_grid(view.instrument.lot) && !ticket.quantity.is_zero();
        let (status, change) = match fits {
            true => (OrderStatus::Accepted, OrderChange::Accepted),
            false => (OrderStatus::Denied, OrderChange::Denied(DenyCode::Quantity)),
        };
        let order = Order {
            strategy: MANUAL,
            instrument: view.id,
            side: ticket.side,
            kind: ticket.kind,
            quantity: ticket.quantity,
            time_in_force: ticket.time_in_force,
            terms: ticket.terms,
            intent: ticket.intent,
            list,
            algorithm: ticket.algorithm.as_ref().map(|_| AlgorithmId::new(0)),
            trigger: ticket.kind.trigger().map(|trigger| trigger.price),
            ..order(id, status)
        };
        self.publish(order_change(order, change));
        order
    }

    fn engine_changed(&self) -> EngineView {
        let view = self.engine();
        self.publish(Change::Engine(view));
        view
    }

    fn edit(
        &self,
        name: &str,
        change: impl FnOnce(&mut StrategyView),
    ) -> Result<Arc<StrategyView>, HostError> {
        let mut view = StrategyView::clone(&*self.strategy(name).ok_or(HostError::NotFound {
            what: "strategy",
            name: name.to_owned(),
        })?);
        change(&mut view);
        let view = Arc::new(view);
        self.publish(Change::Strategy(view.clone()));
        Ok(view)
    }
}
