//! Two versions that take turns (blue-green): while one is on probation, it and the one before may
//! change places between two events, as often as wanted. Both see every event; the one that does not
//! run is muted. Orders and positions stay with the strategy.

use super::Engine;
use super::probation::Relieved;
use crate::candidate::{Candidate, Handover};
use crate::effect::{Effect, SwapStage};
use crate::probation::{OnProbation, Probed};
use crate::strategies::Budget;
use model::{OrderId, StrategyId};

impl Engine {
    pub(super) fn flip(&mut self, strategy: StrategyId) {
        if !self.has_probation(strategy) {
            return;
        }
        if self.canary_of(strategy).is_some() {
            let command =
                "flip while a canary has some of its instruments; promote it first, on probation";
            return self.refuse(strategy, command);
        }
        if !self.is_live(strategy) {
            return self.refuse(strategy, "flip; roll it back, or start it");
        }
        if let Some(watched) = self.strategies.take_probation(strategy) {
            self.change_places(strategy, *watched);
        }
    }

    fn change_places(&mut self, strategy: StrategyId, watched: OnProbation) {
        let OnProbation {
            terms,
            until,
            end,
            plugin,
            parameters,
            values,
            warm,
            calls,
            ..
        } = watched;
        let Handover {
            instance,
            timers,
            values: newer,
            muted,
            ..
        } = warm.into_handover();
        let values = values.updated(newer).unwrap_or(values);
        let timers_before = self.take_timers(strategy);
        self.listeners
            .iter_mut()
            .for_each(|listeners| listeners.exchange(strategy));
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        let Some(running) = std::mem::replace(&mut place.instance, instance) else {
            return;
        };
        let relieved = Relieved {
            plugin: place.plugin.replace(plugin).unwrap_or_default(),
            parameters: std::mem::replace(&mut place.parameters, parameters),
            values: std::mem::replace(&mut place.values, values),
            timers: timers_before,
            muted: std::mem::replace(&mut place.muted, muted),
        };
        place.budget = Budget::default();
        place.tenure += 1;
        for (id, due) in timers {
            self.set_timer(strategy, id, due);
        }
        // The one that runs now is judged by what it does from here on.
        let on_probation = OnProbation {
            terms,
            until,
            end,
            orders_from: OrderId::derive(self.sequence, 0),
            brought: self.brought(strategy, None),
            faults: 0,
            denials: 0,
            passed: 0,
            best: None,
            plugin: relieved.plugin,
            parameters: relieved.parameters,
            values: relieved.values,
            warm: Candidate::warm(strategy, running, relieved.timers, relieved.muted),
            calls,
            canary: None,
            as_canary: None,
        };
        self.strategies.put_on_probation(strategy, on_probation);
        self.journal.probed(strategy, &Probed::Flipped(plugin));
        let stage = SwapStage::Flipped(plugin);
        self.effects.push(Effect::Swap(strategy, stage));
        self.end_shadow(strategy, "the version before took over again");
    }
}
