//! Canary: a version that took over has some instruments of its strategy, the one before has all
//! others. Both see every event and trade as the same strategy: its positions, its limits, its orders.
//!
//! The one before is called as the one that runs is: its orders get ids of the engine, its timers are on
//! the agenda, and what its calls lead to is journaled among those of the strategy. What either of the
//! two wants on an instrument of the other is muted: orders are denied to it alone, as those of a
//! candidate are, and cancels and changes do nothing.

use super::{Caller, Engine, Profit, Told};
use crate::agenda::Due;
use crate::canary::{Canary, Share};
use crate::candidate::denied;
use crate::effect::{Effect, Ignored, SwapStage};
use crate::input::{CanaryTerms, Outcome, Probation, SwapTerms};
use crate::listeners::{Role, Seat};
use crate::probation::{AsCanary, Probed};
use crate::strategies::{Budget, MAX_TIMERS, Parameters};
use crate::valuation::ValuationError;
use model::{
    DenyCode, Event, Fault, FaultKind, HistoryBlock, InstrumentId, Intent, OrderId, OrderRequest,
    PluginHash, StrategyId, Subscription, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

impl Engine {
    /// The instruments that the version on probation has, where it has not all of them.
    pub fn canary(&self, strategy: StrategyId) -> Option<&BTreeSet<InstrumentId>> {
        self.canary_of(strategy).map(|canary| &canary.instruments)
    }

    pub(super) fn canary_of(&self, strategy: StrategyId) -> Option<&Canary> {
        let watched = self.strategies.get(strategy)?.probation.as_ref()?;
        watched.canary.as_ref()
    }

    fn canary_mut(&mut self, strategy: StrategyId) -> Option<&mut Canary> {
        let watched = self.strategies.get_mut(strategy)?.probation.as_mut()?;
        watched.canary.as_mut()
    }

    /// Begins the swap that a canary is until it takes over.
    pub(super) fn begin_canary_swap(
        &mut self,
        strategy: StrategyId,
        made_of: (PluginHash, Parameters),
        terms: CanaryTerms,
        history: Vec<HistoryBlock>,
    ) {
        let CanaryTerms {
            hand_over,
            probation,
            instruments,
            when_over,
        } = terms;
        let is_unknown = |id: &&InstrumentId| self.market.get(**id).is_none();
        if let Some(id) = instruments.iter().find(is_unknown).copied() {
            return self.ignore(Ignored::UnknownInstrument(id));
        }
        if instruments.is_empty() {
            let why = "a canary needs an instrument of its own";
            return self.ignore(Ignored::BadCommand(why));
        }
        let share = Share {
            instruments: instruments.into_iter().collect(),
            when_over,
        };
        let terms = SwapTerms {
            hand_over,
            probation: Some(probation),
        };
        self.begin_swap(strategy, made_of, (terms, Some(share)), history);
    }

    /// Wakes the version before by the agenda from here on, since it goes on trading.
    pub(super) fn begin_canary(
        &mut self,
        strategy: StrategyId,
        share: Share,
        timers: BTreeMap<u64, Timestamp>,
    ) -> Canary {
        let timers = timers.into_iter().map(|(id, due)| {
            let ticket = self.agenda.add(due, Due::TimerBeside(strategy, id));
            (id, ticket)
        });
        Canary {
            timers: timers.collect(),
            instruments: share.instruments,
            when_over: share.when_over,
            budget: Budget::default(),
        }
    }

    /// Gives the canary all instruments, watched or for good.
    pub(super) fn promote_canary(
        &mut self,
        strategy: StrategyId,
        probation: Option<Probation>,
        reason: String,
    ) {
        if !self.has_canary(strategy) {
            return;
        }
        let Some(terms) = probation else {
            return self.end_probation(strategy, &reason);
        };
        let Some(mut watched) = self.strategies.take_probation(strategy) else {
            return;
        };
        let timers = self.unschedule(&mut watched);
        watched.warm.put_timers(timers);
        // What it sent as a canary goes with it, should it be sent back.
        let orders_from = watched.orders_from;
        watched.as_canary = watched.canary.take().map(|canary| AsCanary {
            orders_from,
            instruments: canary.instruments,
        });
        // From here on it is judged by what it does everywhere.
        let until = self.now.after(terms.lasts);
        watched.end = self.agenda.add(until, Due::ProbationEnd(strategy));
        (watched.terms, watched.until) = (terms, until);
        watched.orders_from = OrderId::derive(self.sequence, 0);
        watched.brought = self.brought(strategy, None);
        (watched.faults, watched.denials) = (0, 0);
        (watched.passed, watched.best) = (0, None);
        self.strategies.put_on_probation(strategy, *watched);
        self.journal
            .probed(strategy, &Probed::Promoted(reason.clone()));
        let stage = SwapStage::Promoted(terms, until, reason);
        self.effects.push(Effect::Swap(strategy, stage));
    }

    /// Gives the version before its instruments back on command.
    pub(super) fn end_canary(&mut self, strategy: StrategyId, reason: String) {
        if self.has_canary(strategy) {
            self.roll_back(strategy, reason);
        }
    }

    /// Whether there is a canary; says so if not.
    fn has_canary(&mut self, strategy: StrategyId) -> bool {
        let known = self.strategies.get(strategy).is_some();
        let found = self.canary_of(strategy).is_some();
        match (known, found) {
            (false, _) => self.ignore(Ignored::UnknownStrategy(strategy)),
            (true, false) => self.ignore(Ignored::NoCanary(strategy)),
            (true, true) => {}
        }
        found
    }

    /// Says that a strategy is not where a command could have an effect.
    pub(super) fn refuse(&mut self, strategy: StrategyId, command: &'static str) {
        match self.strategy_state(strategy) {
            None => self.ignore(Ignored::UnknownStrategy(strategy)),
            Some(state) => self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            }),
        }
    }

    /// What a strategy's positions in some instruments brought.
    pub(super) fn profit_on(
        &self,
        strategy: StrategyId,
        instruments: &BTreeSet<InstrumentId>,
    ) -> Result<Profit, ValuationError> {
        let held = self.holdings.of(strategy);
        let there = held.filter(|(instrument, _)| instruments.contains(instrument));
        let there = there.map(|(instrument, holding)| (instrument, holding.position));
        self.profit_of(strategy, there)
    }

    /// Tells the version before what happened, and takes in what it wants.
    pub(super) fn tell_beside(&mut self, strategy: StrategyId, event: &Event) {
        let (now, sequence, first_order) = (self.now, self.sequence, self.next_order_id());
        let place = self.strategies.get_mut(strategy);
        let Some(place) = place.filter(|place| place.is_live()) else {
            return;
        };
        let Some(watched) = place.probation.as_deref_mut() else {
            return;
        };
        let (warm, Some(canary)) = (&mut watched.warm, &mut watched.canary) else {
            return;
        };
        if !warm.hears(event) {
            return;
        }
        if let Err(message) = canary.budget.take_event(sequence, now) {
            return self.bad_output_beside(strategy, message.to_owned());
        }
        let Some(instance) = warm.instance_mut() else {
            return;
        };
        place.calls += 1;
        let call = place.calls;
        self.intents.reset(now, first_order);
        let mut made = instance.handle(event, &mut self.intents);
        if let Some(fault) = self.take_expected_fault(Caller::Strategy(strategy), call) {
            made = Err(fault);
        }
        if let Err(fault) = made {
            self.journal
                .outcome(strategy, call, &Outcome::Fault(fault.clone()));
            return self.break_beside(strategy, fault);
        }
        if !self.intents.is_empty() {
            let role = Role::Candidate;
            self.take_in(Seat { strategy, role }, call);
        }
    }

    pub(super) fn wake_beside(&mut self, strategy: StrategyId, id: u64, due: Timestamp) {
        if let Some(canary) = self.canary_mut(strategy) {
            canary.timers.remove(&id);
        }
        self.tell_beside(strategy, &Event::Timer { id, due });
    }

    /// The version before broke. The canary was never trusted with its instruments, so the strategy is
    /// where it would be without one: by the version before, and broken.
    fn break_beside(&mut self, strategy: StrategyId, fault: Fault) {
        self.roll_back(strategy, format!("the version before broke: {fault}"));
        self.fault(strategy, fault);
    }

    /// The version before asked for what it may not have.
    pub(super) fn bad_output_beside(&mut self, strategy: StrategyId, message: String) {
        let kind = FaultKind::BadOutput;
        self.break_beside(strategy, Fault { kind, message });
    }

    /// Counts the orders of the instance in a seat.
    pub(super) fn take_orders(&mut self, seat: Seat, orders: u64) -> Result<(), &'static str> {
        let sequence = self.sequence;
        let Some(place) = self.strategies.get_mut(seat.strategy) else {
            return Ok(());
        };
        let watched = place.probation.as_deref_mut();
        let canary = watched.and_then(|watched| watched.canary.as_mut());
        let budget = match (seat.role, canary) {
            (Role::Candidate, Some(canary)) => &mut canary.budget,
            _ => &mut place.budget,
        };
        budget.take_orders(sequence, orders)
    }

    /// Does what the instance in a seat wants, as far as that is its business.
    pub(super) fn carry_out_for(&mut self, seat: Seat, intent: Intent) {
        if self.is_of_the_other(seat, &intent) {
            return self.mute(seat, &intent);
        }
        match seat.role {
            Role::Candidate => self.carry_out_beside(seat.strategy, intent),
            Role::Primary | Role::Algorithm(_) => self.carry_out(seat.strategy, intent),
        }
    }

    /// Whether an intent is about an instrument that the other of two versions has.
    fn is_of_the_other(&self, seat: Seat, intent: &Intent) -> bool {
        let Some(canary) = self.canary_of(seat.strategy) else {
            return false;
        };
        let is_canary = seat.role == Role::Primary;
        let others = |id: InstrumentId| canary.instruments.contains(&id) != is_canary;
        let others_order = |id: OrderId| {
            let open = self.orders.get(id);
            open.is_some_and(|open| others(open.order.instrument))
        };
        match intent {
            Intent::Submit(request) | Intent::Work(request, _) => others(request.instrument),
            // A list goes as a whole or not at all.
            Intent::SubmitList(list) => list.iter().any(|request| others(request.instrument)),
            Intent::Modify(amendment) => others_order(amendment.order),
            Intent::Cancel(order) => others_order(*order),
            Intent::CancelAll(instrument) => others(*instrument),
            _ => false,
        }
    }

    /// Denies orders to whoever asked, and to nobody else: they never were.
    fn mute(&mut self, seat: Seat, intent: &Intent) {
        let requests: &[OrderRequest] = match intent {
            Intent::Submit(request) | Intent::Work(request, _) => std::slice::from_ref(request),
            Intent::SubmitList(requests) => requests,
            _ => return,
        };
        let (now, tenure) = (self.now, self.tenure(seat.strategy));
        for request in requests {
            let update = denied(seat.strategy, request, DenyCode::Muted, now);
            self.outbox
                .push_back(Told::Seat(seat, tenure, Event::Order(update)));
        }
    }

    /// Does what the version before wants: what is kept for an instance is kept for it by itself.
    fn carry_out_beside(&mut self, strategy: StrategyId, intent: Intent) {
        match intent {
            Intent::Subscribe(subscription) => self.seat_beside(strategy, subscription, true),
            Intent::Unsubscribe(subscription) => self.seat_beside(strategy, subscription, false),
            Intent::SetTimer { id, due } => self.set_timer_beside(strategy, id, due),
            Intent::CancelTimer { id } => self.cancel_timer_beside(strategy, id),
            Intent::PutState { key, value } => self.put_value_beside(strategy, key, value),
            other => self.carry_out(strategy, other),
        }
    }

    fn seat_beside(&mut self, strategy: StrategyId, subscription: Subscription, wanted: bool) {
        if let Err(fault) = self.seat_warm(strategy, vec![(subscription, wanted)]) {
            self.break_beside(strategy, fault);
        }
    }

    fn set_timer_beside(&mut self, strategy: StrategyId, id: u64, due: Timestamp) {
        self.cancel_timer_beside(strategy, id);
        let set = self.canary_of(strategy).map(|canary| canary.timers.len());
        if set.is_none_or(|set| set >= MAX_TIMERS) {
            let message = format!("more than {MAX_TIMERS} timers");
            return self.bad_output_beside(strategy, message);
        }
        // Never at this very moment, as for the one that runs.
        let due = due.max(self.now.after(model::Duration::from_nanos(1)));
        let ticket = self.agenda.add(due, Due::TimerBeside(strategy, id));
        if let Some(canary) = self.canary_mut(strategy) {
            canary.timers.insert(id, ticket);
        }
    }

    fn cancel_timer_beside(&mut self, strategy: StrategyId, id: u64) {
        let canary = self.canary_mut(strategy);
        if let Some(ticket) = canary.and_then(|canary| canary.timers.remove(&id)) {
            self.agenda.remove(ticket);
        }
    }

    fn put_value_beside(&mut self, strategy: StrategyId, key: String, value: Vec<u8>) {
        let place = self.strategies.get_mut(strategy);
        let Some(watched) = place.and_then(|place| place.probation.as_deref_mut()) else {
            return;
        };
        if value.is_empty() {
            watched.values.remove(&key);
        } else if let Err(message) = watched.values.insert(key, value) {
            self.bad_output_beside(strategy, message);
        }
    }
}
