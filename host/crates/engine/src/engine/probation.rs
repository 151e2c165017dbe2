//! Probation: after a switch the version before stays warm. It sees every event, muted as a candidate
//! is, and takes its place back between two events, or over the very event that broke its successor.
//!
//! In each list of listeners the warm one comes after the one that is watched. So when that breaks over
//! an event, its predecessor is in its place before its own turn comes, and decides about the event.
//!
//! A canary is a probation too, in which the predecessor is not muted: `canary.rs`.

use super::{Caller, Engine};
use crate::agenda::Due;
use crate::canary::{Canary, Share};
use crate::candidate::{Candidate, Handover};
use crate::effect::{Effect, Ignored, StrategyState, SwapStage};
use crate::input::{OrdersOnFault, Probation, WhenOver};
use crate::listeners::{Role, Seat};
use crate::probation::{AsCanary, OnProbation, Probed};
use crate::strategies::{Budget, Parameters, Values};
use model::{
    Event, Fault, FaultKind, InstrumentId, Money, OrderChange, OrderId, OrderUpdate, PluginHash,
    Strategy, StrategyId, Subscription, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// How a version stood that was relieved.
pub(super) struct Relieved {
    pub(super) plugin: PluginHash,
    pub(super) parameters: Parameters,
    pub(super) values: Values,
    pub(super) timers: BTreeMap<u64, Timestamp>,
    /// Ids given to orders of it that were muted.
    pub(super) muted: u64,
}

/// Which orders of its strategy a version that is sent back had sent.
struct Sent {
    from: Option<OrderId>,
    /// Where it had some instruments only.
    canary: Option<Canary>,
    /// Where it had some instruments only before.
    as_canary: Option<AsCanary>,
}

impl Sent {
    fn has(&self, id: OrderId, instrument: InstrumentId) -> bool {
        let since = |first: Option<OrderId>| Some(id) >= first;
        let is_there = |own: &BTreeSet<InstrumentId>| own.contains(&instrument);
        let own = self.canary.as_ref().map(|canary| &canary.instruments);
        if since(self.from) && own.is_none_or(is_there) {
            return true;
        }
        let before = self.as_canary.as_ref();
        before.is_some_and(|before| since(before.orders_from) && is_there(&before.instruments))
    }
}

impl Engine {
    /// Watches the version that has just taken over, a part of the instruments or all of them.
    pub(super) fn begin_probation(
        &mut self,
        strategy: StrategyId,
        (terms, share): (Probation, Option<Share>),
        before: Box<dyn Strategy>,
        relieved: Relieved,
    ) {
        let Relieved {
            plugin,
            parameters,
            values,
            timers,
            muted,
        } = relieved;
        let until = self.now.after(terms.lasts);
        let end = self.agenda.add(until, Due::ProbationEnd(strategy));
        let (timers, canary) = match share {
            None => (timers, None),
            Some(share) => {
                let canary = self.begin_canary(strategy, share, timers);
                (BTreeMap::new(), Some(canary))
            }
        };
        let stage = match &canary {
            None => SwapStage::Probation(plugin, terms, until),
            Some(canary) => SwapStage::Canary(plugin, canary.stage(terms, until)),
        };
        let warm = Candidate::warm(strategy, before, timers, muted);
        let on_probation = OnProbation {
            terms,
            until,
            end,
            orders_from: OrderId::derive(self.sequence, 0),
            brought: self.brought(strategy, canary.as_ref()),
            faults: 0,
            denials: 0,
            passed: 0,
            best: None,
            plugin,
            parameters,
            values,
            warm,
            calls: 0,
            canary,
            as_canary: None,
        };
        self.strategies.put_on_probation(strategy, on_probation);
        self.effects.push(Effect::Swap(strategy, stage));
    }

    /// Ends a probation on command; without one there is nothing to end. A canary has other instruments
    /// afterwards however it ends, so that is said by other commands.
    pub(super) fn confirm(&mut self, strategy: StrategyId, reason: &str) {
        if !self.has_probation(strategy) {
            return;
        }
        if self.canary_of(strategy).is_some() {
            let command = "end the probation of a canary; promote it, or end it";
            return self.refuse(strategy, command);
        }
        self.end_probation(strategy, reason);
    }

    /// Ends what was watched for long enough.
    pub(super) fn end_probation_in_time(&mut self, strategy: StrategyId) {
        let reason = "its time is over";
        match self.canary_of(strategy).map(|canary| canary.when_over) {
            Some(WhenOver::RollBack) => self.roll_back(strategy, reason.to_owned()),
            Some(WhenOver::Promote) | None => self.end_probation(strategy, reason),
        }
    }

    /// Ends the probation of a strategy that is stopped. A canary does not get all instruments by it.
    pub(super) fn end_probation_of_stopped(&mut self, strategy: StrategyId) {
        let reason = "the strategy was stopped";
        match self.canary_of(strategy) {
            Some(_) => self.roll_back(strategy, reason.to_owned()),
            None => self.end_probation(strategy, reason),
        }
    }

    /// Puts the version before in its place on command.
    pub(super) fn roll_back_on_command(&mut self, strategy: StrategyId) {
        if self.has_probation(strategy) {
            self.roll_back(strategy, "asked for".to_owned());
        }
    }

    /// Whether there is a version to go back to; says so if not.
    pub(super) fn has_probation(&mut self, strategy: StrategyId) -> bool {
        match self.strategies.get(strategy) {
            None => self.ignore(Ignored::UnknownStrategy(strategy)),
            Some(place) if place.probation.is_none() => {
                self.ignore(Ignored::NotOnProbation(strategy));
            }
            Some(_) => return true,
        }
        false
    }

    /// Lets the version before go, if there is one.
    pub(super) fn end_probation(&mut self, strategy: StrategyId, reason: &str) {
        self.let_go(strategy, &Probed::Kept(reason.to_owned()), reason);
    }

    fn let_go(&mut self, strategy: StrategyId, how: &Probed, reason: &str) {
        let Some(mut ended) = self.strategies.take_probation(strategy) else {
            return;
        };
        self.unschedule(&mut ended);
        self.clear_candidate(strategy);
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.retired = ended.warm.into_handover().instance;
        }
        self.journal.probed(strategy, how);
        let kept = SwapStage::Kept(reason.to_owned());
        self.effects.push(Effect::Swap(strategy, kept));
    }

    /// Takes what a probation has on the agenda from there; says when the timers of the version before
    /// were due, where they were there.
    pub(super) fn unschedule(&mut self, watched: &mut OnProbation) -> BTreeMap<u64, Timestamp> {
        self.agenda.remove(watched.end);
        let canary = watched.canary.as_mut();
        let timers = canary.map(|canary| std::mem::take(&mut canary.timers));
        let timers = timers.unwrap_or_default().into_iter();
        let taken = timers.map(|(id, ticket)| {
            self.agenda.remove(ticket);
            (id, ticket.due())
        });
        taken.collect()
    }

    /// Counts a fault of the version that is watched; whether it sends it back. That of a canary always
    /// does: the strategy goes on by the other one.
    pub(super) fn is_one_fault_too_many(&mut self, strategy: StrategyId) -> bool {
        let place = self.strategies.get_mut(strategy);
        let Some(watched) = place.and_then(|place| place.probation.as_mut()) else {
            return false;
        };
        watched.faults = watched.faults.saturating_add(1);
        watched.canary.is_some() || watched.faults > watched.terms.max_faults
    }

    /// Counts an order, or a change, that the gate judged.
    pub(super) fn count_judged(&mut self, update: &OrderUpdate) {
        let denied = match update.change {
            OrderChange::Denied(_) | OrderChange::UpdateDenied(_) => true,
            OrderChange::Submitted | OrderChange::Emulated | OrderChange::PendingUpdate => false,
            _ => return,
        };
        let (strategy, instrument) = (update.strategy, update.instrument);
        let place = self.strategies.get_mut(strategy);
        let Some(watched) = place.and_then(|place| place.probation.as_mut()) else {
            return;
        };
        let canary = watched.canary.as_ref();
        if canary.is_none_or(|canary| canary.instruments.contains(&instrument)) {
            let count = if denied {
                &mut watched.denials
            } else {
                &mut watched.passed
            };
            *count += 1;
        }
    }

    /// Looks whether a version that is watched went beyond a limit, and sends it back then. Done when
    /// everything that an input led to at one time is done, so between two events.
    #[inline]
    pub(super) fn watch_probations(&mut self) {
        if self.strategies.are_on_probation() {
            self.look_at_probations();
        }
    }

    fn look_at_probations(&mut self) {
        let mut next = self.strategies.first_on_probation(None);
        while let Some(strategy) = next {
            if let Some(reason) = self.breach(strategy) {
                self.roll_back(strategy, reason);
                self.settle();
            }
            next = self.strategies.first_on_probation(Some(strategy));
        }
    }

    fn breach(&mut self, strategy: StrategyId) -> Option<String> {
        let place = self.strategies.get(strategy)?;
        // What broke, or an operator stopped, is for an operator to start again.
        if !place.is_live() {
            return None;
        }
        let watched = place.probation.as_ref()?;
        watched
            .refused_too_often()
            .or_else(|| self.lost_too_much(strategy))
    }

    /// Why it lost too much since the switch, or since it had brought most, if it did.
    fn lost_too_much(&mut self, strategy: StrategyId) -> Option<String> {
        let watched = self.strategies.get(strategy)?.probation.as_ref()?;
        let (most, fall) = (watched.terms.max_loss, watched.terms.max_drawdown);
        if most.is_none() && fall.is_none() {
            return None;
        }
        let brought = self.brought(strategy, watched.canary.as_ref())?;
        let watched = self.strategies.get_mut(strategy)?.probation.as_mut()?;
        let before = *watched.brought.get_or_insert(brought);
        let best = watched.best.unwrap_or(before).max(brought);
        watched.best = Some(best);
        // What cannot be counted is no loss that anybody could name.
        let beyond = |from: Money, most: Option<Money>| {
            let (lost, most) = (from.checked_sub(brought).ok()?, most?);
            (lost > most).then_some((lost, most))
        };
        if let Some((lost, most)) = beyond(before, most) {
            return Some(format!(
                "it lost {lost} since it took over, more than {most}"
            ));
        }
        let (lost, most) = beyond(best, fall)?;
        Some(format!(
            "it fell {lost} below the most it had brought, more than {most}"
        ))
    }

    /// What a strategy had brought when the version on probation took over, and what it has brought by now:
    /// of a canary on its instruments, and otherwise, without a probation too, in all. In the base currency
    /// of its account, fees paid; `None` where something has no price or rate, or where there was no switch.
    pub fn brought_by(&self, strategy: StrategyId) -> (Option<Money>, Option<Money>) {
        let place = self.strategies.get(strategy);
        let watched = place.and_then(|place| place.probation.as_deref());
        let before = watched.and_then(|watched| watched.brought);
        let canary = watched.and_then(|watched| watched.canary.as_ref());
        (before, self.brought(strategy, canary))
    }

    /// What a strategy has brought, or its canary's instruments.
    pub(super) fn brought(&self, strategy: StrategyId, canary: Option<&Canary>) -> Option<Money> {
        let profit = match canary {
            Some(canary) => self.profit_on(strategy, &canary.instruments),
            None => self.profit(strategy),
        };
        profit.ok()?.net().ok()
    }

    /// Puts the version before in the place of the one that is watched, between two calls.
    pub(super) fn roll_back(&mut self, strategy: StrategyId, reason: String) {
        let Some(mut watched) = self.strategies.take_probation(strategy) else {
            return;
        };
        let awake = self.unschedule(&mut watched);
        self.cancel_timers(strategy);
        self.listeners
            .iter_mut()
            .for_each(|listeners| listeners.promote(strategy));
        let Handover {
            instance,
            timers,
            values: newer,
            muted,
            ..
        } = watched.warm.into_handover();
        let values = watched.values.updated(newer);
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        if let Some(broken) = std::mem::replace(&mut place.instance, instance) {
            place.retired = Some(broken);
        }
        (place.plugin, place.parameters) = (Some(watched.plugin), watched.parameters);
        // Where all of it together is too much, what it had when it was relieved is what it has.
        place.values = values.unwrap_or(watched.values);
        place.budget = Budget::default();
        place.tenure += 1;
        place.muted = muted;
        if place.state == StrategyState::Error {
            self.set_state(strategy, StrategyState::Running);
        }
        for (id, due) in timers.into_iter().chain(awake) {
            self.set_timer(strategy, id, due);
        }
        let told = Probed::RolledBack(watched.plugin, reason.clone());
        self.journal.probed(strategy, &told);
        let stage = SwapStage::RolledBack(watched.plugin, reason);
        self.effects.push(Effect::Swap(strategy, stage));
        self.end_shadow(strategy, "the version before took over again");
        let sent = Sent {
            from: watched.orders_from,
            canary: watched.canary,
            as_canary: watched.as_canary,
        };
        self.withdraw(strategy, &sent);
    }

    /// Withdraws what the version that was watched had sent, unless the strategy's orders outlive faults.
    /// An order goes with its parts; parts of older orders, and what closes a position for the account,
    /// are not its doing.
    fn withdraw(&mut self, strategy: StrategyId, sent: &Sent) {
        let config = self.strategies.config(strategy);
        if config.is_none_or(|config| config.on_fault == OrdersOnFault::Keep) {
            return;
        }
        let own = self.orders.ids_of(strategy, None).into_iter();
        let own = own.filter(|id| {
            let open = self.orders.get(*id);
            open.is_some_and(|open| {
                let is_whole = open.order.parent.is_none() && !open.is_liquidation();
                is_whole && sent.has(*id, open.order.instrument)
            })
        });
        let own: Vec<_> = own.collect();
        own.into_iter().for_each(|id| self.cancel(id));
    }

    /// Tells the version before what happened. If it breaks over that there is nothing to go back to.
    pub(super) fn tell_warm(&mut self, strategy: StrategyId, event: &Event) {
        if self.canary_of(strategy).is_some() {
            return self.tell_beside(strategy, event);
        }
        let now = self.now;
        let place = self.strategies.get_mut(strategy);
        let Some(watched) = place.and_then(|place| place.probation.as_mut()) else {
            return;
        };
        watched.calls += 1;
        let call = watched.calls;
        let mut handled = watched.warm.handle(now, event);
        let wanted = watched.warm.take_subscriptions();
        if let Some(fault) = self.take_expected_fault(Caller::Warm(strategy), call) {
            handled = Err(fault);
        }
        let handled = handled.and_then(|()| self.seat_warm(strategy, wanted));
        if let Err(fault) = handled {
            let reason = format!("the version before broke: {fault}");
            self.let_go(strategy, &Probed::Broke(call, fault), &reason);
        }
    }

    /// The version that is watched starts anew, and comes first again. Not while anybody is told of
    /// market data: whoever moves then misses it.
    pub(super) fn seat_warm_behind(&mut self, strategy: StrategyId) {
        let place = self.strategies.get(strategy);
        if place.is_some_and(|place| place.probation.is_some()) {
            self.listeners
                .iter_mut()
                .for_each(|listeners| listeners.put_behind(strategy));
        }
    }

    /// Unlike a candidate elsewhere, the warm one hears at once what it subscribed to.
    pub(super) fn seat_warm(
        &mut self,
        strategy: StrategyId,
        wanted: Vec<(Subscription, bool)>,
    ) -> Result<(), Fault> {
        let seat = Seat {
            strategy,
            role: Role::Candidate,
        };
        for (subscription, wanted) in wanted {
            if !wanted {
                self.unseat(seat, &subscription);
            } else if !self.seat(seat, &subscription) {
                let kind = FaultKind::BadOutput;
                let message = format!("subscribed to what does not exist: {subscription:?}");
                return Err(Fault { kind, message });
            }
        }
        Ok(())
    }
}
