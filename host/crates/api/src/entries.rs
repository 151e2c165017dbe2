//! Records of the journal as JSON, for processes that follow a host from outside. Values are those of
//! the stream's messages, where it has the like.

use crate::dto::engine::trading_state;
use crate::dto::fill::FillDto;
use crate::dto::market::{BarDto, QuoteDto};
use crate::dto::order::OrderDto;
use crate::dto::position::PositionDto;
use crate::dto::record::{CashFlowDto, OrderStepDto, ScopeStepDto, StrategyStepDto, TradeDto};
use crate::dto::text::Name;
use crate::names::Names;
use engine::journal::reader::Record;
use engine::{Command, Input, LimitScope, Outcome, Probed, TradingState};
use model::{InstrumentId, PositionUpdate, StrategyId};
use serde::Serialize;
use services::handle::Queries;
use services::view::PositionView;

/// How urgent an entry is to those who read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Orders, fills, kills.
    High,
    /// Positions, money, strategies.
    Normal,
    /// Market data.
    Low,
}

/// A record as others read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBody {
    /// How urgent it is.
    pub urgency: Urgency,
    /// What it is, in a word.
    pub kind: &'static str,
    /// JSON; decimals are strings.
    pub json: String,
}

/// Whether a record is of market data: what is most of a journal, and not wanted by everybody.
pub fn is_market_data(record: &Record) -> bool {
    match record {
        Record::Bar(_) => true,
        Record::Input(input) => matches!(input.input, Input::Quote(_) | Input::Trade(_)),
        _ => false,
    }
}

/// Makes entries of records.
pub struct Entries<H> {
    host: H,
    names: Names,
}

impl<H: Queries> Entries<H> {
    /// Names come from the host's projections.
    pub fn new(host: H) -> Self {
        let names = Names::read(&host);
        Self { host, names }
    }

    /// The record as an entry; `None` for what is the host's own business.
    pub fn entry(&mut self, record: &Record) -> Option<EntryBody> {
        self.learn(record);
        let names = &self.names;
        use Urgency::{High, Low, Normal};
        match record {
            Record::NewOrder(order) => body(High, "new_order", &OrderDto::new(order, None, names)),
            Record::Order(update) => body(High, "order", &OrderStepDto::new(update, names)),
            Record::Fill(fill) => body(High, "fill", &FillDto::new(fill, names)),
            Record::Position(update) => {
                let view = view_of(update);
                body(Normal, "position", &PositionDto::new(&view, names))
            }
            Record::CashFlow(flow) => body(Normal, "cash_flow", &CashFlowDto::new(flow, names)),
            Record::Bar(bar) => body(Low, "bar", &BarDto::new(bar, names)),
            Record::Strategy(strategy, _, Outcome::Fault(fault)) => {
                let reason = Some(fault.message.clone());
                step(names, *strategy, "FAULT", None, reason)
            }
            Record::Probation(strategy, how) => probed(names, *strategy, how),
            Record::Input(input) => self.input(&input.input),
            Record::Strategy(..)
            | Record::Algorithm(..)
            | Record::Rule(..)
            | Record::Model(_)
            | Record::Balance(..)
            | Record::Outbound(_)
            | Record::Refused(_)
            | Record::Seal(_) => None,
        }
    }

    fn input(&self, input: &Input) -> Option<EntryBody> {
        let names = &self.names;
        match input {
            Input::Quote(quote) => body(Urgency::Low, "quote", &QuoteDto::new(quote, names)),
            Input::Trade(trade) => body(Urgency::Low, "trade", &TradeDto::new(trade, names)),
            Input::Command(command) => self.command(command),
            _ => None,
        }
    }

    fn command(&self, command: &Command) -> Option<EntryBody> {
        let names = &self.names;
        let plugin = |hash: &model::PluginHash| Some(hash.to_string());
        match command {
            Command::SetTradingState(state) => self.scope(LimitScope::Firm, Some(*state), None),
            Command::SetKillLatch(killed) => self.scope(LimitScope::Firm, None, Some(*killed)),
            Command::SetScopeState(scope, state) => self.scope(*scope, Some(*state), None),
            Command::SetScopeKill(scope, killed) => self.scope(*scope, None, Some(*killed)),
            Command::Start {
                strategy,
                plugin: hash,
                ..
            } => step(names, *strategy, "START", plugin(hash), None),
            Command::Pause(strategy) => step(names, *strategy, "PAUSE", None, None),
            Command::Resume(strategy) => step(names, *strategy, "RESUME", None, None),
            Command::Stop(strategy) => step(names, *strategy, "STOP", None, None),
            Command::SwapBegin {
                strategy,
                plugin: hash,
                ..
            } => step(names, *strategy, "SWAP_BEGIN", plugin(hash), None),
            Command::CanaryBegin {
                strategy,
                plugin: hash,
                ..
            } => step(names, *strategy, "CANARY_BEGIN", plugin(hash), None),
            Command::SwapCommit(strategy) => step(names, *strategy, "SWAP_COMMIT", None, None),
            Command::SwapAbort { strategy, reason } => {
                step(names, *strategy, "SWAP_ABORT", None, Some(reason.clone()))
            }
            Command::ShadowBegin {
                strategy,
                plugin: hash,
                ..
            } => step(names, *strategy, "SHADOW_BEGIN", plugin(hash), None),
            Command::ShadowEnd { strategy, reason } => {
                step(names, *strategy, "SHADOW_END", None, Some(reason.clone()))
            }
            _ => None,
        }
    }

    fn scope(
        &self,
        scope: LimitScope,
        state: Option<TradingState>,
        killed: Option<bool>,
    ) -> Option<EntryBody> {
        let step = ScopeStepDto {
            scope: self.names.scope(scope),
            state: state.map(trading_state),
            killed,
        };
        body(Urgency::High, "scope", &step)
    }

    /// Reads the names again where a record needs one that is not known yet.
    fn learn(&mut self, record: &Record) {
        let (instrument, strategy) = subjects(record);
        let unknown = instrument.is_some_and(|id| self.names.instrument(id).is_none())
            || strategy.is_some_and(|id| !self.names.knows_strategy(id));
        if unknown {
            self.names = Names::read(&self.host);
        }
    }
}

/// Whose names an entry of the record needs.
fn subjects(record: &Record) -> (Option<InstrumentId>, Option<StrategyId>) {
    match record {
        Record::NewOrder(order) => (Some(order.instrument), Some(order.strategy)),
        Record::Order(update) => (Some(update.instrument), Some(update.strategy)),
        Record::Fill(fill) => (Some(fill.instrument), Some(fill.strategy)),
        Record::Position(update) => (Some(update.instrument), Some(update.strategy)),
        Record::CashFlow(flow) => (
            flow.position.map(|(_, instrument)| instrument),
            flow.position.map(|(strategy, _)| strategy),
        ),
        Record::Bar(bar) => (Some(bar.instrument), None),
        Record::Strategy(strategy, ..) | Record::Probation(strategy, _) => (None, Some(*strategy)),
        Record::Input(input) => match &input.input {
            Input::Quote(quote) => (Some(quote.instrument), None),
            Input::Trade(trade) => (Some(trade.instrument), None),
            _ => (None, None),
        },
        _ => (None, None),
    }
}

fn view_of(update: &PositionUpdate) -> PositionView {
    PositionView {
        strategy: update.strategy,
        instrument: update.instrument,
        position: update.position,
        state: update.state,
        unrealized: None,
        change: update.change,
        ts_event: update.ts_event,
    }
}

/// How a probation ended.
fn probed(names: &Names, strategy: StrategyId, how: &Probed) -> Option<EntryBody> {
    match how {
        Probed::RolledBack(plugin, reason) => {
            let (plugin, reason) = (plugin.to_string(), reason.clone());
            step(names, strategy, "ROLL_BACK", Some(plugin), Some(reason))
        }
        Probed::Kept(reason) => {
            let reason = Some(reason.clone());
            step(names, strategy, "PROBATION_END", None, reason)
        }
        Probed::Broke(_, fault) => {
            let reason = Some(fault.message.clone());
            step(names, strategy, "PROBATION_END", None, reason)
        }
        Probed::Promoted(reason) => {
            let reason = Some(reason.clone());
            step(names, strategy, "CANARY_PROMOTE", None, reason)
        }
        Probed::Flipped(plugin) => step(names, strategy, "FLIP", Some(plugin.to_string()), None),
    }
}

fn step(
    names: &Names,
    strategy: StrategyId,
    step: &'static str,
    plugin: Option<String>,
    reason: Option<String>,
) -> Option<EntryBody> {
    let step = StrategyStepDto {
        strategy: names.strategy(strategy),
        step: Name(step),
        plugin,
        reason,
    };
    body(Urgency::Normal, "strategy", &step)
}

/// Wire types always can be written; one that could not would be left out.
fn body(urgency: Urgency, kind: &'static str, dto: &impl Serialize) -> Option<EntryBody> {
    let json = serde_json::to_string(dto).ok()?;
    Some(EntryBody {
        urgency,
        kind,
        json,
    })
}
