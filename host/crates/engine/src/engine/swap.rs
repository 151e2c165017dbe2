//! Hot swap: a candidate takes the running instance's state, catches up muted, and takes over
//! between two events. Until then, and after any failure, the old instance simply goes on.

use super::Engine;
use super::probation::Relieved;
use crate::canary::Share;
use crate::candidate::{Candidate, Handover};
use crate::effect::{Effect, Ignored, SwapStage};
use crate::input::{HandOver, Probation, SwapTerms};
use crate::listeners::{Role, Seat};
use crate::strategies::{CandidateSeat, Parameters, Staged, Successor, Values};
use model::{HistoryBlock, PluginHash, StartReason, StartSnapshot, StrategyId, Subscription};

impl Engine {
    pub(super) fn begin_swap(
        &mut self,
        strategy: StrategyId,
        made_of: (PluginHash, Parameters),
        (terms, share): (SwapTerms, Option<Share>),
        history: Vec<HistoryBlock>,
    ) {
        let Some(place) = self.strategies.get_mut(strategy) else {
            return self.ignore(Ignored::UnknownStrategy(strategy));
        };
        let catching_up = place.successor.as_ref();
        if !place.is_live() || catching_up.is_some_and(|successor| !successor.is_broken()) {
            let (state, command) = (place.state, "swap");
            return self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        }
        if place.probation.is_some() {
            let state = place.state;
            let command = "swap while its version is on probation";
            return self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        }
        let Some(staged) = place.staged.take() else {
            return self.ignore(Ignored::NothingStaged(strategy));
        };
        self.clear_candidate(strategy);
        let (reason, state) = match terms.hand_over {
            HandOver::Fresh => (StartReason::Fresh, None),
            HandOver::Carry => match self.save(strategy) {
                Some(state) => (StartReason::Swapped, Some(state)),
                None => return,
            },
        };
        let snapshot = self.snapshot(strategy, reason, state, history);
        self.effects
            .push(Effect::Swap(strategy, SwapStage::Begun(made_of.0)));
        let successor = (made_of, terms.probation, share);
        if let Err(reason) = self.seat_successor(strategy, successor, staged, snapshot) {
            self.abort_swap(strategy, reason);
        }
    }

    fn seat_successor(
        &mut self,
        strategy: StrategyId,
        ((plugin, parameters), probation, share): (
            (PluginHash, Parameters),
            Option<Probation>,
            Option<Share>,
        ),
        staged: Staged,
        snapshot: StartSnapshot,
    ) -> Result<(), String> {
        let now = self.now;
        let (declared, seat) = match staged {
            Staged::Instance(instance) => {
                let mut candidate = Candidate::new(strategy, instance);
                let declared = candidate.declared().to_vec();
                match candidate.start(now, &snapshot) {
                    Ok(()) => (declared, CandidateSeat::Inline(Box::new(candidate))),
                    Err(fault) => {
                        self.tell_aborted(strategy, format!("hand-over: {fault}"));
                        (declared, CandidateSeat::Broken)
                    }
                }
            }
            Staged::Recorder {
                declared,
                mut recorder,
            } => {
                recorder.start(now, snapshot);
                (declared, CandidateSeat::Recorder(recorder))
            }
            Staged::CaughtUp(_) => return Err("a candidate was staged before it began".to_owned()),
        };
        for subscription in &declared {
            let seat = Seat {
                strategy,
                role: Role::Candidate,
            };
            if !self.seat(seat, subscription) {
                return Err(format!(
                    "the candidate subscribed to what does not exist: {subscription:?}"
                ));
            }
        }
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.successor = Some(Successor {
                plugin,
                parameters,
                probation,
                share,
                seat,
            });
        }
        Ok(())
    }

    pub(super) fn commit_swap(&mut self, strategy: StrategyId) {
        let Some(place) = self.strategies.get_mut(strategy) else {
            return self.ignore(Ignored::UnknownStrategy(strategy));
        };
        let staged = place.staged.take();
        let Some(successor) = place.successor.take() else {
            let (state, command) = (place.state, "commit a swap");
            return self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        };
        let Successor {
            plugin,
            parameters,
            probation,
            share,
            seat,
        } = successor;
        let candidate = match (seat, staged) {
            (CandidateSeat::Broken, _) => {
                let (state, command) = (place.state, "commit a swap");
                self.clear_candidate(strategy);
                return self.ignore(Ignored::WrongState {
                    strategy,
                    state,
                    command,
                });
            }
            (CandidateSeat::Inline(candidate), _) => candidate,
            (CandidateSeat::Recorder(_), Some(Staged::CaughtUp(candidate))) => candidate,
            (seat @ CandidateSeat::Recorder(_), _) => {
                place.successor = Some(Successor {
                    plugin,
                    parameters,
                    probation,
                    share,
                    seat,
                });
                return self.ignore(Ignored::NothingStaged(strategy));
            }
        };
        let made_of = (plugin, parameters);
        let watched = probation.map(|terms| (terms, share));
        self.take_over(strategy, made_of, watched, candidate.into_handover());
    }

    /// Exchanges the instances. Whatever could fail is done before the old one leaves.
    fn take_over(
        &mut self,
        strategy: StrategyId,
        (plugin, parameters): (PluginHash, Parameters),
        watched: Option<(Probation, Option<Share>)>,
        handover: Handover,
    ) {
        let Handover {
            instance,
            timers,
            subscriptions,
            values,
            muted,
        } = handover;
        let values = match self.make_room(strategy, &subscriptions, values) {
            Ok(values) => values,
            Err(reason) => return self.abort_swap(strategy, format!("switch: {reason}")),
        };
        let timers_before = self.take_timers(strategy);
        let stays = watched.is_some();
        self.listeners.iter_mut().for_each(|own| match stays {
            true => own.exchange(strategy),
            false => own.promote(strategy),
        });
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        let before = std::mem::replace(&mut place.instance, instance);
        let relieved = Relieved {
            plugin: place.plugin.replace(plugin).unwrap_or_default(),
            parameters: std::mem::replace(&mut place.parameters, parameters),
            values: std::mem::replace(&mut place.values, values),
            timers: timers_before,
            muted: std::mem::replace(&mut place.muted, muted),
        };
        place.tenure += 1;
        for (id, due) in timers {
            self.set_timer(strategy, id, due);
        }
        debug_assert!(self.is_live(strategy), "a switch broke the strategy");
        self.end_shadow_of_predecessor(strategy);
        self.effects
            .push(Effect::Swap(strategy, SwapStage::Committed(plugin)));
        match (watched, before) {
            (Some(watched), Some(before)) => {
                self.begin_probation(strategy, watched, before, relieved);
            }
            (_, before) => {
                if let Some(place) = self.strategies.get_mut(strategy) {
                    place.retired = before;
                }
            }
        }
    }

    /// Seats the candidate where it subscribed while it caught up, and joins its values to those the
    /// host keeps already.
    fn make_room(
        &mut self,
        strategy: StrategyId,
        subscriptions: &[(Subscription, bool)],
        newer: Values,
    ) -> Result<Values, String> {
        let seat = Seat {
            strategy,
            role: Role::Candidate,
        };
        for (subscription, wanted) in subscriptions {
            if !*wanted {
                self.unseat(seat, subscription);
            } else if !self.seat(seat, subscription) {
                return Err(format!(
                    "subscribed to what does not exist: {subscription:?}"
                ));
            }
        }
        let place = self.strategies.get(strategy);
        place.map_or_else(
            || Err("the strategy is gone".to_owned()),
            |place| place.values.updated(newer),
        )
    }

    /// Aborts a swap on command; without one there is nothing to abort.
    pub(super) fn give_up_swap(&mut self, strategy: StrategyId, reason: String) {
        match self.strategies.get(strategy) {
            None => self.ignore(Ignored::UnknownStrategy(strategy)),
            Some(place) if place.successor.is_none() => {
                let (state, command) = (place.state, "abort a swap");
                self.ignore(Ignored::WrongState {
                    strategy,
                    state,
                    command,
                });
            }
            Some(_) => self.abort_swap(strategy, reason),
        }
    }

    pub(super) fn abort_swap(&mut self, strategy: StrategyId, reason: String) {
        self.clear_candidate(strategy);
        self.tell_aborted(strategy, reason);
    }

    pub(super) fn clear_candidate(&mut self, strategy: StrategyId) {
        let seat = Seat {
            strategy,
            role: Role::Candidate,
        };
        self.listeners
            .iter_mut()
            .for_each(|listeners| listeners.remove_all(seat));
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.successor = None;
        }
    }

    pub(super) fn tell_aborted(&mut self, strategy: StrategyId, reason: String) {
        self.effects
            .push(Effect::Swap(strategy, SwapStage::Aborted(reason)));
    }
}
