//! The engine's state, and health.

use super::notification::NotificationsHealthDto;
use super::text::Name;
use crate::state::BusView;
use engine::TradingState;
use serde::{Deserialize, Serialize};
use services::retention::RetentionView;
use services::sql_projection::{KeptView, StoreView};
use services::view::{EngineState, EngineView, HealthView};

/// The engine in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct EngineDto {
    pub(crate) state: Name,
    pub(crate) trading_state: Name,
    pub(crate) killed: bool,
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) sequence: u64,
    pub(crate) ignored: u64,
    pub(crate) run: String,
    pub(crate) version: &'static str,
}

impl EngineDto {
    pub(crate) fn new(view: &EngineView, run: &str) -> Self {
        Self {
            state: engine_state(view.state),
            trading_state: trading_state(view.trading_state),
            killed: view.killed,
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            sequence: view.sequence,
            ignored: view.ignored,
            run: run.to_owned(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Whether the process answers and the engine works.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HealthDto {
    pub(crate) status: &'static str,
    pub(crate) engine_state: Name,
    pub(crate) trading_state: Name,
    pub(crate) killed: bool,
    pub(crate) sequence: u64,
    /// Public events that wait for the engine.
    pub(crate) market_waiting: usize,
    /// Commands that wait for the engine.
    pub(crate) commands_waiting: usize,
    /// Public events dropped because the engine was behind.
    pub(crate) market_conflated: u64,
    /// Prices replaced by newer ones before readers saw them.
    pub(crate) prices_conflated: u64,
    /// Orders are denied while it cannot be.
    pub(crate) journal_writable: bool,
    /// The store; `null` where there is none. Trading does not need it.
    pub(crate) store: Option<StoreDto>,
    /// The bus; `null` where there is none. Trading does not need it.
    pub(crate) bus: Option<BusDto>,
    /// What is kept of the journal; `null` where all of it is.
    pub(crate) retention: Option<RetentionDto>,
    /// Notifications; `null` where nobody is told anything.
    pub(crate) notifications: Option<NotificationsHealthDto>,
}

/// What goes on beside the engine, where it does.
pub(crate) struct Beside {
    pub(crate) store: Option<StoreView>,
    pub(crate) bus: Option<BusView>,
    pub(crate) retention: Option<RetentionView>,
    pub(crate) notifications: Option<NotificationsHealthDto>,
}

/// What is kept of the journal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionDto {
    /// The first input that is there.
    pub(crate) first_sequence: u64,
    /// Who needs more than is to be kept: `snapshots`, `store` or `bus`.
    pub(crate) held_by: Option<&'static str>,
    /// Why nothing could be dropped.
    pub(crate) error: Option<String>,
}

impl From<RetentionView> for RetentionDto {
    fn from(view: RetentionView) -> Self {
        Self {
            first_sequence: view.first,
            held_by: view.held_by,
            error: view.error,
        }
    }
}

/// How the connection to the bus stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BusDto {
    pub(crate) state: Name,
    /// Entries published since the process began.
    pub(crate) published: u64,
    /// Why the last attempt failed, or why it was lost.
    pub(crate) error: Option<String>,
}

impl From<BusView> for BusDto {
    fn from(view: BusView) -> Self {
        Self {
            state: Name(view.state),
            published: view.published,
            error: view.error,
        }
    }
}

/// How the store stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StoreDto {
    pub(crate) state: Name,
    /// The last input whose rows are there.
    pub(crate) sequence: u64,
    /// Why it cannot be written.
    pub(crate) error: Option<String>,
    /// What no journal has.
    pub(crate) kept: KeptDto,
}

/// How risk metrics, alerts, the audit log, jobs and backtests get into the store.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KeptDto {
    /// Reckonings, alerts, records of the audit log, jobs and backtests that wait to be written.
    pub(crate) waiting: usize,
    /// Reckonings, alerts, jobs and backtests that were left out because too many waited.
    pub(crate) lost: u64,
    /// Updates of any kind that were not heard; reckonings among them are missing.
    pub(crate) missed_updates: u64,
    /// Tables that cannot be written, and why; the others are.
    pub(crate) error: Option<String>,
}

impl From<KeptView> for KeptDto {
    fn from(view: KeptView) -> Self {
        Self {
            waiting: view.waiting,
            lost: view.lost,
            missed_updates: view.missed,
            error: view.error,
        }
    }
}

impl From<StoreView> for StoreDto {
    fn from(view: StoreView) -> Self {
        Self {
            state: Name(view.state.name()),
            sequence: view.sequence,
            error: view.error,
            kept: view.kept.into(),
        }
    }
}

impl HealthDto {
    pub(crate) fn new(view: &EngineView, health: &HealthView, beside: Beside) -> Self {
        let is_up = is_healthy(view.state) && health.journal_writable;
        Self {
            status: if is_up { "UP" } else { "DOWN" },
            engine_state: engine_state(view.state),
            trading_state: trading_state(view.trading_state),
            killed: view.killed,
            sequence: view.sequence,
            market_waiting: health.market_waiting,
            commands_waiting: health.commands_waiting,
            market_conflated: health.market_conflated,
            prices_conflated: health.prices_conflated,
            journal_writable: health.journal_writable,
            store: beside.store.map(StoreDto::from),
            bus: beside.bus.map(BusDto::from),
            retention: beside.retention.map(RetentionDto::from),
            notifications: beside.notifications,
        }
    }

    /// Whether the engine works and may trade.
    pub(crate) fn is_up(&self) -> bool {
        self.status == "UP"
    }
}

/// Whether the host is coming up, working, or leaving in order.
fn is_healthy(state: EngineState) -> bool {
    !matches!(state, EngineState::Error | EngineState::Stopped)
}

pub(crate) fn engine_state(state: EngineState) -> Name {
    Name(match state {
        EngineState::Stopped => "STOPPED",
        EngineState::Starting => "STARTING",
        EngineState::Running => "RUNNING",
        EngineState::Stopping => "STOPPING",
        EngineState::Error => "ERROR",
    })
}

pub(crate) fn trading_state(state: TradingState) -> Name {
    Name(match state {
        TradingState::Active => "ACTIVE",
        TradingState::Reducing => "REDUCING",
        TradingState::Halted => "HALTED",
    })
}

/// Body of `POST engine/trading-state`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TradingStateRequest {
    pub(crate) state: TradingStateName,
}

/// A trading state as requests name it.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TradingStateName {
    Active,
    Reducing,
    Halted,
}

impl From<TradingStateName> for TradingState {
    fn from(name: TradingStateName) -> Self {
        match name {
            TradingStateName::Active => Self::Active,
            TradingStateName::Reducing => Self::Reducing,
            TradingStateName::Halted => Self::Halted,
        }
    }
}

/// Body of `POST engine/kill`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KillRequest {
    pub(crate) set: bool,
}
