//! Execution algorithms at work: made for their parent, told what happens, and taken at their word.
//! What becomes of parent and children is in `parents.rs`.

use super::execution::{new_order, update_of};
use super::{Caller, Engine, Told};
use crate::agenda::Due;
use crate::algorithms::{Custom, Ending, MAX_WORKED, Worker, is_workable, subscription};
use crate::effect::{Effect, Ignored};
use crate::engine::judging::Part;
use crate::input::{AlgorithmConfig, OrdersOnFault, Worked};
use crate::listeners::{Role, Seat};
use crate::strategies::{Budget, MAX_TIMERS};
use model::{
    Action, Actions, AlgorithmCall, AlgorithmEvent, AlgorithmId, AlgorithmSnapshot, DenyCode,
    Event, ExecutionAlgorithm, Fault, FaultKind, LogLevel, Order, OrderChange, OrderId,
    OrderRequest, OrderStatus, Quantity, SavedState, StrategyId, Timestamp,
};
use std::collections::BTreeMap;

impl Engine {
    /// Takes an algorithm in. One of a name that is known takes over the orders at work.
    pub(super) fn define_algorithm(&mut self, config: AlgorithmConfig) -> Result<(), String> {
        let Some(Custom::Algorithm(maker)) = self.staged_custom.take() else {
            return Err(format!("algorithm {}: no plugin was staged", config.name));
        };
        let id = self.algorithms.define(config.clone(), maker)?;
        self.effects.push(Effect::Algorithm(id, config));
        self.algorithms.outdate(id);
        let workers = self.algorithms.parents();
        let own = workers.filter(|(_, worker)| worker.algorithm == id && worker.ending.is_none());
        let own: Vec<OrderId> = own.map(|(parent, _)| parent).collect();
        for parent in own {
            self.swap_algorithm(parent, id);
        }
        Ok(())
    }

    /// Lets a new instance take over from the one at work. If it fails, the old one goes on.
    fn swap_algorithm(&mut self, parent: OrderId, algorithm: AlgorithmId) {
        let Some(order) = self.orders.get(parent).map(|open| open.order) else {
            return;
        };
        let Some(state) = self.save_algorithm(parent) else {
            return;
        };
        let call = self
            .algorithms
            .get(parent)
            .map(|worker| worker.call.clone());
        let mut out = Actions::new(self.now, self.next_order_id());
        let made = self.make_instance(&order, algorithm, &call.unwrap_or_default());
        let started = made.and_then(|mut instance| {
            let snapshot = AlgorithmSnapshot {
                state: Some(state),
                ..self.algorithm_snapshot(&order)
            };
            instance.start(&order, &snapshot, &mut out)?;
            Ok(instance)
        });
        match started {
            Ok(instance) => self.replace_algorithm(&order, instance, out),
            Err(fault) => {
                let text = format!("the new version did not take over: {fault}");
                let log = Effect::AlgorithmLog(parent, LogLevel::Warn, text);
                self.effects.push(log);
            }
        }
    }

    fn replace_algorithm(
        &mut self,
        order: &Order,
        instance: Box<dyn ExecutionAlgorithm>,
        out: Actions,
    ) {
        let parent = order.id;
        let (strategy, role) = (order.strategy, Role::Algorithm(parent));
        if let Some(listeners) = self.listeners.get_mut(order.instrument.index()) {
            listeners.remove_all(Seat { strategy, role });
        }
        let Some(worker) = self.algorithms.get_mut(parent) else {
            return;
        };
        worker.instance = Some(instance);
        worker.outdated = false;
        worker.calls += 1;
        let call = worker.calls;
        if self.seat_algorithm(order) {
            self.take_actions(parent, call, out.into_items());
        }
    }

    /// Asks an instance for its state and journals the answer; a fault ends it.
    pub(crate) fn save_algorithm(&mut self, parent: OrderId) -> Option<SavedState> {
        let worker = self.algorithms.get_mut(parent)?;
        let instance = worker.instance.as_mut()?;
        worker.calls += 1;
        let call = worker.calls;
        let saved = instance.save();
        let expected = self.take_expected_fault(Caller::Algorithm(parent), call);
        match expected.map_or(saved, Err) {
            Ok(state) => {
                let outcome = Worked::Saved(state.clone());
                self.journal.worked(parent, call, &outcome);
                Some(state)
            }
            Err(fault) => {
                self.journal
                    .worked(parent, call, &Worked::Fault(fault.clone()));
                self.algorithm_fault(parent, fault);
                None
            }
        }
    }

    /// Judges an order as a whole and sets an algorithm to work on it, or denies it.
    pub(super) fn work(
        &mut self,
        strategy: StrategyId,
        request: &OrderRequest,
        call: &AlgorithmCall,
    ) {
        if let Err(code) = self.begin_work(strategy, request, call) {
            self.deny(strategy, request, code);
        }
    }

    fn begin_work(
        &mut self,
        strategy: StrategyId,
        request: &OrderRequest,
        call: &AlgorithmCall,
    ) -> Result<(), DenyCode> {
        let known = self.algorithms.find(&call.name);
        let algorithm = known.ok_or(DenyCode::Algorithm)?;
        if !call.is_bounded() || self.algorithms.at_work() >= MAX_WORKED {
            return Err(DenyCode::Algorithm);
        }
        if !is_workable(request) {
            return Err(DenyCode::Unsupported);
        }
        let part = Part::Parent(algorithm);
        self.admit_as(strategy, request, None, None, part)?;
        let Some(order) = self.orders.get(request.id).map(|open| open.order) else {
            return Err(DenyCode::Algorithm);
        };
        match self.make_worker(&order, algorithm, call) {
            Ok(worker) => self.set_to_work(&order, worker),
            Err(fault) => {
                self.retract(order.id);
                self.journal
                    .worked(order.id, 0, &Worked::Fault(fault.clone()));
                self.effects.push(Effect::AlgorithmFault(order.id, fault));
                return Err(DenyCode::Algorithm);
            }
        }
        Ok(())
    }

    fn make_worker(
        &mut self,
        order: &Order,
        algorithm: AlgorithmId,
        call: &AlgorithmCall,
    ) -> Result<Worker, Fault> {
        let made = self.make_instance(order, algorithm, call);
        let expected = self.take_expected_fault(Caller::Algorithm(order.id), 0);
        let instance = expected.map_or(made, Err)?;
        let whole = self.orders.get(order.id).map(|open| open.reserved);
        Ok(Worker {
            algorithm,
            instance: Some(instance),
            call: call.clone(),
            budget: Budget::default(),
            calls: 0,
            timers: BTreeMap::new(),
            children: Vec::new(),
            filled_by_closed: Quantity::ZERO,
            whole: whole.unwrap_or_default(),
            of: order.remaining(),
            ending: None,
            outdated: false,
            wanted: None,
        })
    }

    pub(crate) fn make_instance(
        &mut self,
        order: &Order,
        algorithm: AlgorithmId,
        call: &AlgorithmCall,
    ) -> Result<Box<dyn ExecutionAlgorithm>, Fault> {
        let config = self.algorithms.config(algorithm);
        let parameters = call.over(config.map_or(&[], |config| &config.parameters));
        match self.algorithms.maker(algorithm) {
            Some(maker) => maker.make(order, &parameters),
            None => Err(fault_of(FaultKind::Refused, "the algorithm is gone")),
        }
    }

    fn set_to_work(&mut self, order: &Order, worker: Worker) {
        let id = order.id;
        self.algorithms.add(id, worker);
        self.windows.approved(
            order.strategy,
            self.now,
            &super::execution::request_of(order),
        );
        self.reckon_scopes_of(order.strategy);
        let expires = self.lapse(order, self.now);
        let expiry = (expires != Timestamp::MAX).then(|| self.agenda.add(expires, Due::Expiry(id)));
        if let Some(open) = self.orders.get_mut(id) {
            open.order.expires = expires;
            open.expiry = expiry;
        }
        if let Some(order) = self.move_order(id, OrderStatus::Submitted) {
            self.introduce(update_of(&order, OrderChange::Submitted, self.now), order);
        }
        if let Some(order) = self.move_order(id, OrderStatus::Accepted) {
            self.publish(update_of(&order, OrderChange::Accepted, self.now), order);
        }
        self.start_algorithm(id);
    }

    fn start_algorithm(&mut self, parent: OrderId) {
        let Some(order) = self.orders.get(parent).map(|open| open.order) else {
            return;
        };
        if self.seat_algorithm(&order) {
            let snapshot = self.algorithm_snapshot(&order);
            self.call_algorithm(parent, self.now, |instance, out| {
                instance.start(&order, &snapshot, out)
            });
        }
    }

    /// Lets an instance hear what it asked for; one that asked for what there is not is broken.
    fn seat_algorithm(&mut self, order: &Order) -> bool {
        let parent = order.id;
        let worker = self.algorithms.get(parent);
        let instance = worker.and_then(|worker| worker.instance.as_ref());
        let declared = instance.map_or_else(Vec::new, |instance| instance.declared().to_vec());
        let (strategy, role) = (order.strategy, Role::Algorithm(parent));
        for feed in &declared {
            let about = subscription(feed, order.instrument);
            if !self.seat(Seat { strategy, role }, &about) {
                let message = format!("subscribed to what does not exist: {feed:?}");
                self.algorithm_fault(parent, fault_of(FaultKind::BadOutput, &message));
                return false;
            }
        }
        true
    }

    pub(crate) fn algorithm_snapshot(&self, parent: &Order) -> AlgorithmSnapshot {
        let state = self.market.get(parent.instrument);
        let children = self.algorithms.children(parent.id).iter();
        let children = children.filter_map(|id| self.orders.get(*id));
        AlgorithmSnapshot {
            state: None,
            children: children.map(|open| open.order).collect(),
            quote: state.and_then(|state| state.quote),
            last: state.and_then(|state| state.last),
        }
    }

    /// Tells the algorithm that works `parent` what the market did.
    pub(super) fn tell_algorithm_of_market(&mut self, parent: OrderId, event: &Event) {
        let event = match event {
            Event::Quote(quote) => AlgorithmEvent::Quote(*quote),
            Event::Trade(trade) => AlgorithmEvent::Trade(*trade),
            Event::Bar(bar) => AlgorithmEvent::Bar(*bar),
            // Algorithms cannot ask for books.
            Event::Book(_) | Event::BookLost(_) => return,
            Event::Timer { .. } | Event::Order(_) | Event::Position(_) => return,
            Event::CashFlow { .. } | Event::Life { .. } | Event::Signal(_) => return,
        };
        self.tell_algorithm(parent, &event);
    }

    /// Tells the algorithm that works `parent`. One that is to end hears of its children only.
    pub(super) fn tell_algorithm(&mut self, parent: OrderId, event: &AlgorithmEvent) {
        let (now, sequence) = (self.now, self.sequence);
        let Some(worker) = self.algorithms.get_mut(parent) else {
            return;
        };
        let last_word = matches!(event, AlgorithmEvent::Child(_) | AlgorithmEvent::Ending);
        if worker.instance.is_none() || (worker.ending.is_some() && !last_word) {
            return;
        }
        if let Err(message) = worker.budget.take_event(sequence, now) {
            return self.algorithm_fault(parent, fault_of(FaultKind::BadOutput, message));
        }
        self.call_algorithm(parent, now, |instance, out| instance.handle(event, out));
    }

    /// Makes one call and takes in what comes of it.
    fn call_algorithm(
        &mut self,
        parent: OrderId,
        now: Timestamp,
        act: impl FnOnce(&mut dyn ExecutionAlgorithm, &mut Actions) -> Result<(), Fault>,
    ) {
        let mut out = Actions::new(now, self.next_order_id());
        let Some(worker) = self.algorithms.get_mut(parent) else {
            return;
        };
        let Some(instance) = worker.instance.as_mut() else {
            return;
        };
        worker.calls += 1;
        let call = worker.calls;
        let mut made = act(instance.as_mut(), &mut out);
        if let Some(fault) = self.take_expected_fault(Caller::Algorithm(parent), call) {
            made = Err(fault);
        }
        match made {
            Ok(()) => self.take_actions(parent, call, out.into_items()),
            Err(fault) => {
                self.journal
                    .worked(parent, call, &Worked::Fault(fault.clone()));
                self.algorithm_fault(parent, fault);
            }
        }
    }

    fn take_actions(&mut self, parent: OrderId, call: u64, items: Vec<Action>) {
        if items.is_empty() {
            return;
        }
        let outcome = Worked::Actions(items);
        self.journal.worked(parent, call, &outcome);
        let Worked::Actions(items) = outcome else {
            return;
        };
        let is_order = |action: &&Action| matches!(action, Action::Submit(_));
        let orders = items.iter().filter(is_order).count() as u64;
        self.orders_made += orders;
        let sequence = self.sequence;
        if let Some(worker) = self.algorithms.get_mut(parent)
            && let Err(message) = worker.budget.take_orders(sequence, orders)
        {
            return self.algorithm_fault(parent, fault_of(FaultKind::BadOutput, message));
        }
        for action in items {
            let worker = self.algorithms.get(parent);
            if worker.is_none_or(|worker| worker.instance.is_none()) {
                // It broke over an earlier one; nothing more is done in its name.
                return;
            }
            self.carry_out_action(parent, action);
        }
    }

    fn carry_out_action(&mut self, parent: OrderId, action: Action) {
        let own = |engine: &Self, id: &OrderId| engine.algorithms.children(parent).contains(id);
        match action {
            Action::Submit(request) => self.submit_child(parent, request),
            Action::Modify(change) if own(self, &change.order) => self.modify(&change),
            Action::Cancel(id) if own(self, &id) => self.cancel(id),
            Action::Modify(model::Amendment { order: id, .. }) | Action::Cancel(id) => {
                self.ignore(Ignored::UnknownOrder(id));
            }
            Action::SetTimer { id, due } => self.set_algorithm_timer(parent, id, due),
            Action::CancelTimer { id } => self.cancel_algorithm_timer(parent, id),
            Action::Log { level, text } => {
                self.effects.push(Effect::AlgorithmLog(parent, level, text));
            }
            Action::Done => self.finish_parent(parent),
        }
    }

    fn set_algorithm_timer(&mut self, parent: OrderId, id: u64, due: Timestamp) {
        self.cancel_algorithm_timer(parent, id);
        let Some(worker) = self.algorithms.get_mut(parent) else {
            return;
        };
        if worker.timers.len() >= MAX_TIMERS {
            let message = format!("more than {MAX_TIMERS} timers");
            return self.algorithm_fault(parent, fault_of(FaultKind::BadOutput, &message));
        }
        // Never at this very moment: a timer that sets itself again must let time pass.
        let due = due.max(self.now.after(model::Duration::from_nanos(1)));
        let ticket = self.agenda.add(due, Due::AlgorithmTimer(parent, id));
        worker.timers.insert(id, ticket);
    }

    fn cancel_algorithm_timer(&mut self, parent: OrderId, id: u64) {
        let worker = self.algorithms.get_mut(parent);
        if let Some(ticket) = worker.and_then(|worker| worker.timers.remove(&id)) {
            self.agenda.remove(ticket);
        }
    }

    pub(super) fn wake_algorithm(&mut self, parent: OrderId, id: u64, due: Timestamp) {
        if let Some(worker) = self.algorithms.get_mut(parent) {
            worker.timers.remove(&id);
        }
        self.tell_algorithm(parent, &AlgorithmEvent::Timer { id, due });
    }

    /// An algorithm broke: its parent ends, and its children are cancelled or kept as its strategy's
    /// orders are when that breaks.
    pub(super) fn algorithm_fault(&mut self, parent: OrderId, fault: Fault) {
        let Some(order) = self.orders.get(parent).map(|open| open.order) else {
            return;
        };
        self.effects.push(Effect::AlgorithmFault(parent, fault));
        self.retire_algorithm(&order);
        let config = self.strategies.config(order.strategy);
        if config.is_some_and(|config| config.on_fault == OrdersOnFault::Keep) {
            self.finish_parent(parent);
        } else {
            self.end_parent(parent, Ending::Canceled);
        }
    }

    /// Takes an algorithm out of everything but its parent.
    fn retire_algorithm(&mut self, order: &Order) {
        let (strategy, role) = (order.strategy, Role::Algorithm(order.id));
        if let Some(listeners) = self.listeners.get_mut(order.instrument.index()) {
            listeners.remove_all(Seat { strategy, role });
        }
        let Some(worker) = self.algorithms.get_mut(order.id) else {
            return;
        };
        worker.instance = None;
        for ticket in std::mem::take(&mut worker.timers).into_values() {
            self.agenda.remove(ticket);
        }
    }

    /// Forgets everything about a parent that is closed.
    pub(super) fn dismiss(&mut self, order: &Order) {
        self.retire_algorithm(order);
        self.algorithms.remove(order.id);
    }

    pub(super) fn queue_for_algorithm(&mut self, parent: OrderId, event: AlgorithmEvent) {
        self.outbox.push_back(Told::Algorithm(parent, event));
    }

    /// A child that was refused, as the order it would have become.
    pub(super) fn deny_child(&mut self, parent: &Order, request: &OrderRequest, code: DenyCode) {
        self.memory.count_denial(code);
        let update = crate::candidate::denied(parent.strategy, request, code, self.now);
        let mut order = new_order(parent.strategy, parent.account, request, self.now);
        order.status = OrderStatus::Denied;
        order.parent = Some(parent.id);
        self.introduce(update, order);
    }
}

fn fault_of(kind: FaultKind, message: &str) -> Fault {
    Fault {
        kind,
        message: message.to_owned(),
    }
}
