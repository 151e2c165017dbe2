//! Telling strategies, and taking in what they want.

use super::{Caller, Engine};
use crate::agenda::Due;
use crate::effect::{Effect, StrategyState};
use crate::input::{OrdersOnFault, Outcome};
use crate::listeners::{Role, Seat};
use crate::strategies::{CandidateSeat, MAX_TIMERS};
use model::{
    Event, Fault, FaultKind, Intent, Intents, MAX_BOOK_DEPTH, Strategy, StrategyId, Subscription,
    Timestamp,
};
use std::collections::BTreeMap;

impl Engine {
    /// Tells a strategy, and its candidate if it has one.
    pub(super) fn deliver_to(&mut self, strategy: StrategyId, event: &Event) {
        let seat = |role| Seat { strategy, role };
        let tenure = self.tenure(strategy);
        self.deliver(seat(Role::Primary), event);
        // The version before may have taken its place back over this very event.
        let next = match self.tenure(strategy) == tenure {
            true => Role::Candidate,
            false => Role::Primary,
        };
        self.deliver(seat(next), event);
    }

    pub(super) fn deliver(&mut self, seat: Seat, event: &Event) {
        match seat.role {
            Role::Primary => {
                let (now, sequence) = (self.now, self.sequence);
                let place = self.strategies.get_mut(seat.strategy);
                let Some(place) = place.filter(|place| place.is_live()) else {
                    return;
                };
                if let Err(message) = place.budget.take_event(sequence, now) {
                    return self.bad_output(seat.strategy, message.to_owned());
                }
                self.call(seat.strategy, now, |instance, out| {
                    instance.handle(event, out)
                });
            }
            Role::Candidate => self.deliver_to_candidate(seat.strategy, event),
            Role::Algorithm(parent) => self.tell_algorithm_of_market(parent, event),
        }
    }

    fn deliver_to_candidate(&mut self, strategy: StrategyId, event: &Event) {
        let now = self.now;
        let place = self.strategies.get_mut(strategy);
        let Some(successor) = place.and_then(|place| place.successor.as_mut()) else {
            return self.tell_warm(strategy, event);
        };
        let faulted = match &mut successor.seat {
            CandidateSeat::Recorder(recorder) => {
                recorder.record(now, event);
                return;
            }
            CandidateSeat::Inline(candidate) => candidate.handle(now, event).err(),
            CandidateSeat::Broken => return,
        };
        if let Some(fault) = faulted {
            successor.seat = CandidateSeat::Broken;
            self.tell_aborted(strategy, format!("catch-up: {fault}"));
        }
    }

    /// Makes one callback at `now` and takes in what comes of it.
    pub(super) fn call(
        &mut self,
        strategy: StrategyId,
        now: Timestamp,
        act: impl FnOnce(&mut dyn Strategy, &mut Intents) -> Result<(), Fault>,
    ) {
        let first_order = self.next_order_id();
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        if !place.is_live() {
            return;
        }
        let Some(instance) = place.instance.as_mut() else {
            return;
        };
        place.calls += 1;
        let call = place.calls;
        self.intents.reset(now, first_order);
        let mut made = act(instance.as_mut(), &mut self.intents);
        if let Some(fault) = self.take_expected_fault(Caller::Strategy(strategy), call) {
            made = Err(fault);
        }
        if let Err(fault) = made {
            self.journal
                .outcome(strategy, call, &Outcome::Fault(fault.clone()));
            return self.fault(strategy, fault);
        }
        if !self.intents.is_empty() {
            let role = Role::Primary;
            self.take_in(Seat { strategy, role }, call);
        }
    }

    /// Does what the instance in a seat wanted in its last call.
    pub(super) fn take_in(&mut self, seat: Seat, call: u64) {
        let strategy = seat.strategy;
        let outcome = Outcome::Intents(self.intents.take());
        self.journal.outcome(strategy, call, &outcome);
        let Outcome::Intents(mut items) = outcome else {
            return;
        };
        let orders: usize = items.iter().map(orders_in).sum();
        self.orders_made += orders as u64;
        let tenure = self.tenure(strategy);
        if let Err(message) = self.take_orders(seat, orders as u64) {
            return match seat.role {
                Role::Candidate => self.bad_output_beside(strategy, message.to_owned()),
                _ => self.bad_output(strategy, message.to_owned()),
            };
        }
        for intent in items.drain(..) {
            if !self.is_live(strategy) || self.tenure(strategy) != tenure {
                // It broke over an earlier one; nothing more is done in its name.
                return;
            }
            self.carry_out_for(seat, intent);
        }
        self.intents.reuse(items);
    }

    /// Which of the instances that ran this one is.
    pub(super) fn tenure(&self, strategy: StrategyId) -> u64 {
        let place = self.strategies.get(strategy);
        place.map_or(0, |place| place.tenure)
    }

    pub(super) fn is_live(&self, strategy: StrategyId) -> bool {
        self.strategies
            .get(strategy)
            .is_some_and(crate::strategies::Place::is_live)
    }

    /// A strategy asked for what it may not have.
    fn bad_output(&mut self, strategy: StrategyId, message: String) {
        let kind = FaultKind::BadOutput;
        self.fault(strategy, Fault { kind, message });
    }

    pub(super) fn carry_out(&mut self, strategy: StrategyId, intent: Intent) {
        match intent {
            Intent::Submit(request) => self.submit(strategy, &request),
            Intent::SubmitList(requests) => self.submit_list(strategy, &requests),
            Intent::Work(request, call) => self.work(strategy, &request, &call),
            Intent::Modify(amendment) => self.modify_own(strategy, &amendment),
            Intent::Cancel(order) => self.cancel_own(strategy, order),
            Intent::CancelAll(instrument) => {
                for order in self.orders.ids_of(strategy, Some(instrument)) {
                    self.cancel(order);
                }
            }
            Intent::Subscribe(subscription) => {
                self.subscribe(
                    Seat {
                        strategy,
                        role: Role::Primary,
                    },
                    &subscription,
                );
            }
            Intent::Unsubscribe(subscription) => {
                let role = Role::Primary;
                self.unseat(Seat { strategy, role }, &subscription);
            }
            Intent::SetTimer { id, due } => self.set_timer(strategy, id, due),
            Intent::CancelTimer { id } => self.cancel_timer(strategy, id),
            Intent::PutState { key, value } => self.put_value(strategy, key, value),
            Intent::Log { level, text } => self.effects.push(Effect::Log(strategy, level, text)),
        }
    }

    pub(super) fn subscribe(&mut self, seat: Seat, subscription: &Subscription) {
        if !self.seat(seat, subscription) {
            let message = format!("subscribed to what does not exist: {subscription:?}");
            self.bad_output(seat.strategy, message);
        }
    }

    /// Adds a listener; `false` for an unknown instrument or a rule that makes no bars.
    pub(super) fn seat(&mut self, seat: Seat, subscription: &Subscription) -> bool {
        let valid = match subscription {
            Subscription::Bars(_, spec) => spec.is_valid(),
            Subscription::Book(_, depth) => (1..=MAX_BOOK_DEPTH).contains(depth),
            Subscription::Quotes(_) | Subscription::Trades(_) => true,
        };
        let listeners = self.listeners.get_mut(instrument_of(subscription));
        valid && listeners.is_some_and(|listeners| listeners.add(seat, subscription))
    }

    pub(super) fn unseat(&mut self, seat: Seat, subscription: &Subscription) {
        if let Some(listeners) = self.listeners.get_mut(instrument_of(subscription)) {
            listeners.remove(seat, subscription);
        }
    }

    pub(super) fn set_timer(&mut self, strategy: StrategyId, id: u64, due: Timestamp) {
        self.cancel_timer(strategy, id);
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        if place.timers.len() >= MAX_TIMERS {
            let message = format!("more than {MAX_TIMERS} timers");
            return self.bad_output(strategy, message);
        }
        // Never at this very moment: a timer that sets itself again must let time pass.
        let due = due.max(self.now.after(model::Duration::from_nanos(1)));
        let ticket = self.agenda.add(due, Due::Timer(strategy, id));
        place.timers.insert(id, ticket);
    }

    fn cancel_timer(&mut self, strategy: StrategyId, id: u64) {
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        if let Some(ticket) = place.timers.remove(&id) {
            self.agenda.remove(ticket);
        }
    }

    pub(super) fn cancel_timers(&mut self, strategy: StrategyId) {
        self.take_timers(strategy);
    }

    /// Cancels all timers, and says which there were and when they were due.
    pub(super) fn take_timers(&mut self, strategy: StrategyId) -> BTreeMap<u64, Timestamp> {
        let Some(place) = self.strategies.get_mut(strategy) else {
            return BTreeMap::new();
        };
        let timers = std::mem::take(&mut place.timers);
        let taken = timers.into_iter().map(|(id, ticket)| {
            self.agenda.remove(ticket);
            (id, ticket.due())
        });
        taken.collect()
    }

    pub(super) fn wake(&mut self, strategy: StrategyId, id: u64, due: Timestamp) {
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.timers.remove(&id);
        }
        // A candidate keeps timers of its own; this one belongs to the running instance.
        self.deliver(
            Seat {
                strategy,
                role: Role::Primary,
            },
            &Event::Timer { id, due },
        );
    }

    pub(super) fn put_value(&mut self, strategy: StrategyId, key: String, value: Vec<u8>) {
        let Some(place) = self.strategies.get_mut(strategy) else {
            return;
        };
        if value.is_empty() {
            place.values.remove(&key);
        } else if let Err(message) = place.values.insert(key, value) {
            self.bad_output(strategy, message);
        }
    }

    /// A strategy broke: it is dropped, its orders are cancelled or kept, its positions are kept or
    /// closed, everybody else goes on.
    pub(super) fn fault(&mut self, strategy: StrategyId, fault: Fault) {
        let Some(config) = self.strategies.config(strategy) else {
            return;
        };
        let on_fault = config.on_fault;
        let reason = format!("it broke: {fault}");
        self.effects.push(Effect::Fault(strategy, fault));
        if self
            .strategies
            .get(strategy)
            .is_some_and(|place| place.successor.is_some())
        {
            self.abort_swap(strategy, "the running instance broke".to_owned());
        }
        if self.is_one_fault_too_many(strategy) {
            return self.roll_back(strategy, reason);
        }
        self.end_shadow(strategy, "the running instance broke");
        self.leave(strategy, StrategyState::Error);
        if on_fault != OrdersOnFault::Keep {
            self.cancel_all_of(strategy);
            self.flatten_if_wanted(strategy);
        }
    }

    /// Takes a strategy out of everything but its orders and positions.
    pub(super) fn leave(&mut self, strategy: StrategyId, state: StrategyState) {
        let seat = Seat {
            strategy,
            role: Role::Primary,
        };
        self.listeners
            .iter_mut()
            .for_each(|listeners| listeners.remove_all(seat));
        self.cancel_timers(strategy);
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.retired = place.instance.take();
        }
        self.set_state(strategy, state);
    }

    pub(super) fn set_state(&mut self, strategy: StrategyId, state: StrategyState) {
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.state = state;
            self.effects.push(Effect::Strategy(strategy, state));
        }
    }
}

/// How many orders an intent makes.
fn orders_in(intent: &Intent) -> usize {
    match intent {
        Intent::Submit(_) | Intent::Work(..) => 1,
        Intent::SubmitList(requests) => requests.len(),
        _ => 0,
    }
}

pub(super) fn instrument_of(subscription: &Subscription) -> usize {
    match subscription {
        Subscription::Quotes(id)
        | Subscription::Trades(id)
        | Subscription::Bars(id, _)
        | Subscription::Book(id, _) => id.index(),
    }
}
