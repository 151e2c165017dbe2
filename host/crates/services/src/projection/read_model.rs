//! The read model: what the last effects left, with bounded tails of what is over.

use super::alerts::{Alerts, Raised};
use super::happened::Tail;
use super::risk::RiskModel;
use crate::metrics::snapshot::World;
use crate::metrics::tracker::Tracker;
use crate::metrics::worker::Verdict;
use crate::outlet::{Item, Mark, Numbers};
use crate::portfolio::Holdings;
use crate::view::{
    AccountView, AlertCode, CashFlowView, Change, Counts, EngineState, EngineView, FaultView,
    InstrumentView, LifeEventView, LogLine, PositionView, StrategyView, VenueView, WhatHappened,
    Words,
};
use engine::{AlgorithmConfig, Effect, LimitScope, RuleConfig, Severity};
use model::{
    AccountId, Balance, BookView, CurrencyId, Duration, Fill, InstrumentId, Order, OrderChange,
    OrderId, OrderUpdate, PositionId, PositionUpdate, Rate, RuleId, StrategyId, Timestamp, VenueId,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Closed orders kept.
const CLOSED_ORDERS: usize = 1_000;
/// Fills kept.
const FILLS: usize = 1_000;
/// Log lines kept per strategy.
const LOG_LINES: usize = 200;
/// Log lines that an update carries; the rest is in the model. Updates wait in the broadcast by the
/// thousand, so each must stay small whatever a strategy writes.
const LOG_LINES_IN_UPDATE: usize = 20;
/// Faults kept per strategy.
const FAULTS: usize = 20;

type PositionKey = (StrategyId, InstrumentId, Option<PositionId>);

fn key_of(view: &PositionView) -> PositionKey {
    (view.strategy, view.instrument, view.position)
}

/// Everything readers can ask for.
#[derive(Default)]
pub(crate) struct ReadModel {
    pub(crate) engine: EngineView,
    pub(crate) instruments: Vec<InstrumentView>,
    pub(crate) accounts: Vec<AccountView>,
    pub(crate) strategies: Vec<Arc<StrategyView>>,
    pub(crate) currencies: Vec<String>,
    /// By the number of their handle.
    pub(crate) algorithms: Vec<AlgorithmConfig>,
    pub(crate) rules: BTreeMap<RuleId, RuleConfig>,
    pub(crate) risk: RiskModel,
    /// What risk metrics need; nothing in a model that reckons none.
    pub(crate) tracker: Option<Box<Tracker>>,
    /// Updates published so far.
    pub(crate) updates: u64,
    /// What happened so far.
    pub(crate) counts: Counts,
    pub(crate) venues: Vec<Arc<VenueView>>,
    pub(crate) cash_flows: Tail<CashFlowView>,
    pub(crate) life_events: Tail<LifeEventView>,
    open: BTreeMap<OrderId, Order>,
    closed: VecDeque<Order>,
    fills: VecDeque<Fill>,
    positions: BTreeMap<PositionKey, PositionView>,
    /// Venues of which something changed that is told now and then.
    pub(super) restless: BTreeSet<VenueId>,
    /// Strategies whose log grew since they were last published.
    chatty: BTreeSet<StrategyId>,
    /// What was said of an order that is told next.
    pub(super) unclaimed: Option<(OrderId, LogLine)>,
    /// Why a rule or an algorithm refused an order that is told next.
    pub(super) refused: Option<(OrderId, Words)>,
    /// The engine view as last published.
    published: EngineView,
}

impl ReadModel {
    /// An empty model that follows risk metrics.
    pub(crate) fn new(tracker: Tracker, escalate_after: Option<Duration>) -> Self {
        let mut model = Self {
            tracker: Some(Box::new(tracker)),
            ..Self::default()
        };
        model.risk.alerts = Alerts::new(escalate_after);
        model
    }

    /// What risk metrics are made of.
    pub(crate) fn world(&self) -> World<'_> {
        World {
            instruments: &self.instruments,
            accounts: &self.accounts,
            strategies: &self.strategies,
            currencies: &self.currencies,
            positions: self.sums().collect(),
        }
    }

    /// Everything that is held, as it is now.
    pub(crate) fn holdings(&self) -> Holdings {
        Holdings {
            engine: self.engine,
            instruments: self.instruments.clone(),
            accounts: self.accounts.clone(),
            strategies: self.strategies.clone(),
            positions: self.sums().collect(),
            currencies: self.currencies.clone(),
        }
    }

    /// What is held in all of each instrument, whatever positions that is made of.
    fn sums(&self) -> impl Iterator<Item = PositionView> {
        let sums = self.positions.values().copied();
        sums.filter(|view| view.position.is_none())
    }

    /// Open orders, then the latest closed ones, newest first.
    pub(crate) fn orders(&self) -> Vec<Order> {
        self.open
            .values()
            .rev()
            .chain(&self.closed)
            .copied()
            .collect()
    }

    /// An open order or one of the latest closed ones.
    pub(crate) fn order(&self, id: OrderId) -> Option<Order> {
        let closed = || self.closed.iter().find(|order| order.id == id);
        self.open.get(&id).or_else(closed).copied()
    }

    /// The latest fills, newest first.
    pub(crate) fn fills(&self) -> Vec<Fill> {
        self.fills.iter().copied().collect()
    }

    /// All positions, worth what the latest prices make them.
    pub(crate) fn positions(&self) -> Vec<PositionView> {
        self.positions
            .values()
            .map(|position| self.valued(*position))
            .collect()
    }

    /// A strategy by name.
    pub(crate) fn strategy(&self, name: &str) -> Option<&Arc<StrategyView>> {
        self.strategies
            .iter()
            .find(|strategy| strategy.name == name)
    }

    /// Takes in a change; what readers are told goes to `changes`. Returns when it happened.
    pub(crate) fn apply(&mut self, item: Item, changes: &mut Vec<Change>) -> Timestamp {
        match item {
            Item::Effect(time, sequence, effect) => {
                self.apply_effect(time, sequence, effect, changes);
                time
            }
            Item::Defined(time, definition) => {
                self.define(time, *definition, changes);
                time
            }
            Item::Plugin(time, strategy, plugin) => {
                self.follow_plugin(strategy, *plugin, changes);
                time
            }
            Item::Scaled(scope, factor) => {
                self.risk.scale(scope, factor);
                self.engine.time
            }
            Item::Acknowledged(id, by) => {
                changes.extend(self.risk.alerts.acknowledge(id, by, self.engine.time));
                self.engine.time
            }
            Item::Regime(scope, name, factor) => {
                self.risk.set_regime(scope, name, factor);
                self.engine.time
            }
            Item::Sample(time, moved) => {
                if let Some(mut tracker) = self.tracker.take() {
                    tracker.tick(time, &moved, &self.world());
                    self.tracker = Some(tracker);
                }
                changes.extend(self.risk.alerts.escalate(time));
                time
            }
            Item::Metrics(view, verdicts) => self.take_metrics(view, verdicts, changes),
            Item::Shadow(time, strategy, shadow) => {
                self.edit(strategy, changes, |view| view.shadow = Some(shadow));
                time
            }
            Item::Build(strategy, build) => {
                self.follow_build(strategy, build, changes);
                self.engine.time
            }
            Item::Pipeline(strategy, pipeline) => {
                self.follow_pipeline(strategy, pipeline, changes);
                self.engine.time
            }
            Item::Care(strategy, news) => {
                self.follow_care(strategy, news, changes);
                self.engine.time
            }
            Item::SwapProgress(strategy, progress) => {
                let progress = progress.map(str::to_owned);
                self.edit(strategy, changes, |view| view.swap = progress);
                self.engine.time
            }
            Item::State(state) => {
                self.engine.state = state;
                self.publish_engine(changes);
                self.alert_of(state, changes);
                self.engine.time
            }
            Item::Retired(_) => self.engine.time,
        }
    }

    /// A host whose journal cannot be written says so, until it can.
    fn alert_of(&mut self, state: EngineState, changes: &mut Vec<Change>) {
        let severity = match state {
            EngineState::Error => Severity::Critical,
            EngineState::Running => Severity::Cleared,
            _ => return,
        };
        let raised = Raised {
            time: self.engine.time,
            sequence: self.engine.sequence,
            code: AlertCode::Journal,
            scope: LimitScope::Firm,
            severity,
            share: Rate::ZERO,
        };
        changes.extend(self.risk.alerts.raise(raised));
    }

    fn take_metrics(
        &mut self,
        view: Arc<crate::metrics::MetricsView>,
        verdicts: Vec<Verdict>,
        changes: &mut Vec<Change>,
    ) -> Timestamp {
        let time = view.time;
        for verdict in verdicts {
            changes.extend(self.risk.alerts.raise(raised_by(time, verdict)));
        }
        if let Some(tracker) = &mut self.tracker {
            tracker.latest = Some(Arc::clone(&view));
        }
        changes.push(Change::Metrics(view));
        time
    }

    fn apply_effect(
        &mut self,
        time: Timestamp,
        sequence: u64,
        effect: Effect,
        changes: &mut Vec<Change>,
    ) {
        self.counts.note(&effect);
        match effect {
            Effect::Order(update, order) => self.apply_order(update, order, changes),
            Effect::Fill(fill) => {
                push_front(&mut self.fills, fill, FILLS);
                changes.push(Change::Fill(fill));
            }
            Effect::Position(update) => self.apply_position(update, changes),
            Effect::Balance(account, currency, balance) => {
                self.apply_balance(account, currency, balance);
                changes.push(Change::Balance(account, currency, balance));
            }
            Effect::Bar(bar) => changes.push(Change::Bar(bar)),
            Effect::Strategy(strategy, state) => self.follow_state(strategy, state, changes),
            Effect::Fault(strategy, fault) => self.edit(strategy, changes, |view| {
                push_back(
                    &mut view.faults,
                    FaultView {
                        time,
                        sequence,
                        fault,
                    },
                    FAULTS,
                );
            }),
            Effect::Log(strategy, level, text) => {
                self.log(strategy, LogLine { time, level, text });
            }
            Effect::Swap(strategy, stage) => {
                self.follow_swap((time, sequence), strategy, stage, changes);
            }
            Effect::Shadow(strategy, stage) => self.follow_shadow(time, strategy, &stage, changes),
            Effect::TradingState(_)
            | Effect::KillLatch(_)
            | Effect::ScopeState(..)
            | Effect::ScopeKill(..)
            | Effect::Alert(_)
            | Effect::Margin(..) => self.apply_scope(time, sequence, effect, changes),
            Effect::AlgorithmFault(..)
            | Effect::AlgorithmLog(..)
            | Effect::RuleDenied(..)
            | Effect::Algorithm(..)
            | Effect::Rule(..) => self.apply_custom(time, effect),
            Effect::CashFlow(flow) => self.note_cash_flow(sequence, flow, changes),
            Effect::Lifecycle(event) => {
                self.note_life(sequence, WhatHappened::Instrument(event), changes);
            }
            Effect::Venue(event) => self.apply_venue(time, event, changes),
            Effect::ModelFault(broke) => self.note_model_fault(time, sequence, broke, changes),
            Effect::Saved(strategy, _) => {
                self.edit(strategy, changes, |view| view.saved_at = Some(time));
            }
            Effect::Ignored(_) | Effect::Outbound(_) => {}
        }
    }

    pub(super) fn log(&mut self, strategy: StrategyId, line: LogLine) {
        if let Some(view) = self.strategies.get_mut(strategy.index()) {
            push_back(&mut Arc::make_mut(view).log, line, LOG_LINES);
            self.chatty.insert(strategy);
        }
    }

    fn apply_order(&mut self, update: OrderUpdate, order: Order, changes: &mut Vec<Change>) {
        if let OrderChange::Denied(code) | OrderChange::UpdateDenied(code) = update.change {
            self.risk.count_denial(code);
        }
        if let Some((_, line)) = self.unclaimed.take_if(|(about, _)| *about == order.id) {
            self.log(order.strategy, line);
        }
        if order.status.is_closed() {
            self.open.remove(&order.id);
            self.forget_doubt(order.id);
            push_front(&mut self.closed, order, CLOSED_ORDERS);
        } else {
            self.open.insert(order.id, order);
        }
        let words = self.words_on(&update);
        changes.push(Change::Order(update, order, words));
    }

    fn apply_position(&mut self, update: PositionUpdate, changes: &mut Vec<Change>) {
        let PositionUpdate {
            strategy,
            instrument,
            position,
            state,
            change,
            ts_event,
        } = update;

        let view = PositionView {
            strategy,
            instrument,
            position,
            state,
            unrealized: None,
            change,
            ts_event,
        };
        let view = self.valued(view);
        if position.is_some() && state.quantity.is_zero() {
            // Of several positions those that are over leave; the sum keeps what they earned.
            self.positions.remove(&key_of(&view));
        } else {
            self.positions.insert(key_of(&view), view);
        }
        changes.push(Change::Position(view));
    }

    fn apply_balance(&mut self, account: AccountId, currency: CurrencyId, balance: Balance) {
        let name = self.currency_name(currency);
        let Some(account) = self.accounts.get_mut(account.index()) else {
            return;
        };
        match account
            .balances
            .iter_mut()
            .find(|(known, ..)| *known == currency)
        {
            Some((.., known)) => *known = balance,
            None => {
                account.balances.push((currency, name, balance));
                account.balances.sort_by_key(|(currency, ..)| *currency);
            }
        }
    }

    /// Takes in the latest prices of an instrument.
    pub(crate) fn apply_mark(
        &mut self,
        instrument: InstrumentId,
        mark: Mark,
        changes: &mut Vec<Change>,
    ) {
        let Some(view) = self.instruments.get_mut(instrument.index()) else {
            return;
        };
        if let Some(quote) = mark.quote.filter(|quote| view.quote != Some(*quote)) {
            changes.push(Change::Quote(quote));
        }
        (view.quote, view.last) = (mark.quote, mark.last);
        (view.venue_mark, view.index, view.halted) = (mark.mark, mark.index, mark.halted);
    }

    /// Takes in the order book of an instrument; what looks as before is no change.
    pub(crate) fn apply_book(
        &mut self,
        instrument: InstrumentId,
        book: Option<Arc<BookView>>,
        changes: &mut Vec<Change>,
    ) {
        let Some(view) = self.instruments.get_mut(instrument.index()) else {
            return;
        };
        let is_same = match (&view.book, &book) {
            (Some(before), Some(now)) => before.bids == now.bids && before.asks == now.asks,
            (before, now) => before.is_none() && now.is_none(),
        };
        if !is_same {
            view.book.clone_from(&book);
            changes.push(Change::Book(instrument, book));
        }
    }

    /// Takes in the engine's numbers; a change of what may trade is told at once.
    pub(crate) fn apply_numbers(&mut self, numbers: Numbers, changes: &mut Vec<Change>) {
        let Numbers {
            time,
            sequence,
            ignored,
            trading_state,
            killed,
        } = numbers;
        let state = self.engine.state;
        self.engine = EngineView {
            state,
            trading_state,
            killed,
            time,
            sequence,
            ignored,
        };
        let told = self.published;
        if (told.state, told.trading_state, told.killed) != (state, trading_state, killed) {
            self.publish_engine(changes);
        }
    }

    /// Tells what changes all the time: worth of open positions, logs, engine numbers.
    pub(crate) fn refresh(&mut self, changes: &mut Vec<Change>) {
        let worth: Vec<PositionView> = self
            .positions
            .values()
            .map(|old| (old, self.valued(*old)))
            .filter(|(old, new)| *old != new)
            .map(|(_, new)| new)
            .collect();
        for position in worth {
            self.positions.insert(key_of(&position), position);
            changes.push(Change::Position(position));
        }
        for venue in std::mem::take(&mut self.restless) {
            self.publish_venue(venue, changes);
        }
        for strategy in std::mem::take(&mut self.chatty) {
            self.publish_strategy(strategy, changes);
        }
        if self.published != self.engine {
            self.publish_engine(changes);
        }
    }

    pub(super) fn publish_engine(&mut self, changes: &mut Vec<Change>) {
        self.published = self.engine;
        changes.push(Change::Engine(self.engine));
    }

    /// The position with the profit of its open part at the latest price.
    fn valued(&self, position: PositionView) -> PositionView {
        let unrealized = self
            .instruments
            .get(position.instrument.index())
            .and_then(|view| {
                position
                    .state
                    .unrealized(view.mark()?, view.instrument.multiplier)
                    .ok()
            });
        PositionView {
            unrealized,
            ..position
        }
    }

    pub(super) fn edit(
        &mut self,
        strategy: StrategyId,
        changes: &mut Vec<Change>,
        edit: impl FnOnce(&mut StrategyView),
    ) {
        if let Some(view) = self.strategies.get_mut(strategy.index()) {
            edit(Arc::make_mut(view));
            self.publish_strategy(strategy, changes);
        }
    }

    pub(super) fn publish_strategy(&mut self, strategy: StrategyId, changes: &mut Vec<Change>) {
        self.chatty.remove(&strategy);
        let Some(view) = self.strategies.get(strategy.index()) else {
            return;
        };
        let excess = view.log.len().saturating_sub(LOG_LINES_IN_UPDATE);
        let told = if excess == 0 {
            Arc::clone(view)
        } else {
            let mut short = StrategyView::clone(view);
            short.log.drain(..excess);
            Arc::new(short)
        };
        changes.push(Change::Strategy(told));
    }

    pub(super) fn currency_name(&self, currency: CurrencyId) -> String {
        self.currencies
            .get(currency.index())
            .cloned()
            .unwrap_or_default()
    }
}

/// What a limit on a metric says, as an alert.
fn raised_by(time: Timestamp, verdict: Verdict) -> Raised {
    Raised {
        time,
        sequence: 0,
        code: AlertCode::Metric(verdict.metric),
        scope: verdict.scope,
        severity: verdict.severity,
        share: verdict.share,
    }
}

pub(super) fn push_front<T>(list: &mut VecDeque<T>, item: T, bound: usize) {
    list.push_front(item);
    list.truncate(bound);
}

pub(super) fn push_back<T>(list: &mut Vec<T>, item: T, bound: usize) {
    if list.len() >= bound {
        list.remove(0);
    }
    list.push(item);
}
