//! What operators and services decide.

use super::{Caller, Engine, FLATTEN_TAG};
use crate::effect::{Effect, Ignored, StrategyState};
use crate::input::{Command, LimitScope, Outcome};
use crate::listeners::{Role, Seat};
use crate::strategies::{Parameters, Staged};
use model::{
    AlgorithmCall, HistoryBlock, OrderRequest, PluginHash, PositionChange, PositionUpdate,
    SavedState, StartReason, StartSnapshot, StrategyId,
};

impl Engine {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Start {
                strategy,
                plugin,
                parameters,
                state,
                history,
            } => {
                self.start(strategy, (plugin, parameters), state, history);
            }
            Command::Pause(id) => {
                self.change(id, "pause", StrategyState::Running, StrategyState::Paused)
            }
            Command::Resume(id) => {
                self.change(id, "resume", StrategyState::Paused, StrategyState::Running)
            }
            Command::Stop(strategy) => self.stop(strategy),
            Command::SwapBegin {
                strategy,
                plugin,
                parameters,
                terms,
                history,
            } => {
                self.begin_swap(strategy, (plugin, parameters), (terms, None), history);
            }
            Command::SwapCommit(strategy) => self.commit_swap(strategy),
            Command::SwapAbort { strategy, reason } => self.give_up_swap(strategy, reason),
            Command::PlaceOrders(strategy, requests) => self.place(strategy, requests),
            Command::PlaceWorked(strategy, request, call) => {
                self.place_worked(strategy, *request, &call);
            }
            Command::RemoveRule(name) => self.remove_rule(&name),
            Command::ModifyOrder(amendment) => self.modify(&amendment),
            Command::CancelOrder(order) => self.cancel(order),
            Command::SetTradingState(state) => self.set_trading_state(state),
            Command::SetKillLatch(set) => self.set_scope_kill(LimitScope::Firm, set),
            Command::SetScopeState(scope, state) => self.set_scope_state(scope, state),
            Command::SetScopeKill(scope, set) => self.set_scope_kill(scope, set),
            Command::ClearRepeats(strategy) => self.clear_repeats(strategy),
            Command::SetDataIntact(instrument, intact) => self.set_data_intact(instrument, intact),
            Command::ScaleLimits(scope, factor) => self.scale_limits(scope, factor),
            Command::Convert {
                account,
                from,
                to,
                amount,
            } => self.convert(account, from, to, amount),
            Command::SetVenueConnected(venue, connected) => {
                self.set_venue_connected(venue, connected);
            }
            Command::Reconcile(venue) => self.reconcile_venue(venue),
            Command::AcceptPositions(account) => self.accept_positions(account),
            Command::SetJournalWritable(writable) => self.journal_writable = writable,
            // A mark for whoever reads the journal.
            Command::EndRun => {}
            Command::Snapshot => self.save_parts(),
            Command::Save(strategy) => self.save_on_command(strategy),
            Command::Signal(strategy, id, signal) => self.take_signal(strategy, &id, signal),
            beside @ (Command::ShadowBegin { .. }
            | Command::ShadowEnd { .. }
            | Command::RollBack(_)
            | Command::EndProbation { .. }
            | Command::CanaryBegin { .. }
            | Command::CanaryPromote { .. }
            | Command::CanaryEnd { .. }
            | Command::Flip(_)) => self.command_beside(beside),
        }
    }

    /// What is decided about a version beside the one that runs.
    fn command_beside(&mut self, command: Command) {
        match command {
            Command::ShadowBegin {
                strategy,
                plugin,
                parameters,
                hand_over,
            } => self.begin_shadow(strategy, (plugin, parameters), hand_over),
            Command::ShadowEnd { strategy, reason } => self.give_up_shadow(strategy, reason),
            Command::RollBack(strategy) => self.roll_back_on_command(strategy),
            Command::EndProbation { strategy, reason } => self.confirm(strategy, &reason),
            Command::CanaryBegin {
                strategy,
                plugin,
                parameters,
                terms,
                history,
            } => self.begin_canary_swap(strategy, (plugin, parameters), terms, history),
            Command::CanaryPromote {
                strategy,
                probation,
                reason,
            } => self.promote_canary(strategy, probation, reason),
            Command::CanaryEnd { strategy, reason } => self.end_canary(strategy, reason),
            Command::Flip(strategy) => self.flip(strategy),
            // Everything else is told apart where this is called.
            _ => {}
        }
    }

    /// Gives orders placed by hand their ids and hands them to the gate.
    fn place(&mut self, strategy: StrategyId, mut requests: Vec<OrderRequest>) {
        for request in &mut requests {
            let Some(id) = self.next_order_id() else {
                return;
            };
            self.orders_made += 1;
            request.id = id;
        }
        match requests.as_slice() {
            [single] => self.submit(strategy, single),
            list => self.submit_list(strategy, list),
        }
    }

    fn place_worked(&mut self, strategy: StrategyId, mut ask: OrderRequest, call: &AlgorithmCall) {
        if let Some(id) = self.next_order_id() {
            self.orders_made += 1;
            ask.id = id;
            self.work(strategy, &ask, call);
        }
    }

    fn change(
        &mut self,
        strategy: StrategyId,
        command: &'static str,
        from: StrategyState,
        to: StrategyState,
    ) {
        match self.strategy_state(strategy) {
            None => self.ignore(Ignored::UnknownStrategy(strategy)),
            Some(state) if state == from => self.set_state(strategy, to),
            Some(state) => self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            }),
        }
    }

    fn start(
        &mut self,
        strategy: StrategyId,
        (plugin, parameters): (PluginHash, Parameters),
        state: Option<SavedState>,
        history: Vec<HistoryBlock>,
    ) {
        let Some(place) = self.strategies.get_mut(strategy) else {
            return self.ignore(Ignored::UnknownStrategy(strategy));
        };
        if place.is_live() {
            let (state, command) = (place.state, "start");
            return self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        }
        let Some(Staged::Instance(instance)) = place.staged.take() else {
            return self.ignore(Ignored::NothingStaged(strategy));
        };
        let declared = instance.declared().to_vec();
        place.instance = Some(instance);
        (place.plugin, place.parameters) = (Some(plugin), parameters);
        place.tenure += 1;
        place.muted = 0;
        let tenure = place.tenure;
        self.set_state(strategy, StrategyState::Running);
        for subscription in &declared {
            if !self.is_live(strategy) || self.tenure(strategy) != tenure {
                return;
            }
            self.subscribe(
                Seat {
                    strategy,
                    role: Role::Primary,
                },
                subscription,
            );
        }
        if !self.is_live(strategy) || self.tenure(strategy) != tenure {
            return;
        }
        self.seat_warm_behind(strategy);
        let reason = if state.is_some() {
            StartReason::Restored
        } else {
            StartReason::Fresh
        };
        let snapshot = self.snapshot(strategy, reason, state, history);
        let now = self.now;
        self.call(strategy, now, |instance, out| {
            instance.start(&snapshot, out)
        });
    }

    fn stop(&mut self, strategy: StrategyId) {
        let Some(place) = self.strategies.get(strategy) else {
            return self.ignore(Ignored::UnknownStrategy(strategy));
        };
        if place.state == StrategyState::Error {
            return self.stop_broken(strategy);
        }
        if !place.is_live() {
            let (state, command) = (place.state, "stop");
            return self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        }
        if place.successor.is_some() {
            self.abort_swap(strategy, "the strategy was stopped".to_owned());
        }
        self.end_shadow(strategy, "the strategy was stopped");
        self.end_probation_of_stopped(strategy);
        let now = self.now;
        self.call(strategy, now, |instance, out| instance.stop(out));
        self.settle();
        if let Some(state) = self.save(strategy) {
            self.effects.push(Effect::Saved(strategy, state));
        }
        if self.is_live(strategy) {
            self.leave(strategy, StrategyState::Stopped);
            self.cancel_all_of(strategy);
        }
    }

    /// Nothing runs: its orders are withdrawn, and no position of it is closed any more but by orders that
    /// are on their way to do so.
    fn stop_broken(&mut self, strategy: StrategyId) {
        self.end_probation(strategy, "the strategy was stopped");
        self.set_state(strategy, StrategyState::Stopped);
        for id in self.orders.ids_of(strategy, None) {
            // What is linked to one that was withdrawn may be over already.
            let open = self.orders.get(id);
            if open.is_some_and(|open| open.order.terms.tag.as_str() != FLATTEN_TAG) {
                self.cancel(id);
            }
        }
    }

    fn save_on_command(&mut self, strategy: StrategyId) {
        match self.strategies.get(strategy) {
            None => self.ignore(Ignored::UnknownStrategy(strategy)),
            Some(place) if !place.is_live() => {
                let (state, command) = (place.state, "save");
                self.ignore(Ignored::WrongState {
                    strategy,
                    state,
                    command,
                });
            }
            Some(_) => {
                if let Some(state) = self.save(strategy) {
                    self.effects.push(Effect::Saved(strategy, state));
                }
            }
        }
    }

    /// Asks a running instance for its state and journals the answer; a fault ends it.
    pub(super) fn save(&mut self, strategy: StrategyId) -> Option<SavedState> {
        let place = self.strategies.get_mut(strategy)?;
        let instance = place.instance.as_mut()?;
        place.calls += 1;
        let call = place.calls;
        let mut saved = instance.save();
        if let Some(fault) = self.take_expected_fault(Caller::Strategy(strategy), call) {
            saved = Err(fault);
        }
        match saved {
            Ok(state) => {
                self.journal
                    .outcome(strategy, call, &Outcome::Saved(state.clone()));
                Some(state)
            }
            Err(fault) => {
                self.journal
                    .outcome(strategy, call, &Outcome::Fault(fault.clone()));
                self.fault(strategy, fault);
                None
            }
        }
    }

    /// What a starting instance learns of its strategy's affairs.
    pub(super) fn snapshot(
        &self,
        strategy: StrategyId,
        reason: StartReason,
        state: Option<SavedState>,
        history: Vec<HistoryBlock>,
    ) -> StartSnapshot {
        let values = self
            .strategies
            .get(strategy)
            .map(|place| place.values.to_vec());
        let positions = self
            .holdings
            .of(strategy)
            .map(|(instrument, holding)| PositionUpdate {
                strategy,
                instrument,
                position: None,
                state: holding.position,
                change: PositionChange::default(),
                ts_event: self.now,
            });
        let legs = self.legs.of(strategy);
        let legs = legs.map(|(instrument, position, leg)| PositionUpdate {
            strategy,
            instrument,
            position: Some(position),
            state: leg.state,
            change: PositionChange::Fill,
            ts_event: self.now,
        });
        let positions = legs.chain(positions);
        let orders = self.orders.iter().map(|open| open.order);
        StartSnapshot {
            reason,
            state,
            values: values.unwrap_or_default(),
            history,
            positions: positions.collect(),
            orders: orders
                .filter(|order| order.strategy == strategy && order.parent.is_none())
                .collect(),
        }
    }
}
