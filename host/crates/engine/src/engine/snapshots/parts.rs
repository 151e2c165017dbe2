//! What is behind ports: asked for its state, and made again.

use super::{SnapshotError, Unsaved};
use crate::candidate::Candidate;
use crate::engine::Engine;
use crate::input::HandOver;
use crate::journal::codec::fields;
use crate::replay::Instances;
use model::{
    Actions, AlgorithmSnapshot, Fault, ModelKind, OrderId, RuleId, SavedState, StartReason,
    Stateful, StrategyId, VenueId, VenueModel,
};

/// What was asked for, at an input.
pub(in crate::engine) struct Parts {
    sequence: u64,
    saved: Result<Saved, Unsaved>,
}

/// The state of every part that runs.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Saved {
    models: Vec<(VenueId, ModelKind, SavedState)>,
    rules: Vec<(RuleId, SavedState)>,
    strategies: Vec<(StrategyId, SavedState)>,
    algorithms: Vec<(OrderId, SavedState)>,
}

fields! {
    Saved { models, rules, strategies, algorithms }
}

impl Saved {
    /// Takes out what a strategy gave.
    pub(in crate::engine) fn take_strategy(&mut self, strategy: StrategyId) -> Option<SavedState> {
        let place = self.strategies.iter().position(|(id, _)| *id == strategy)?;
        Some(self.strategies.swap_remove(place).1)
    }
}

impl Parts {
    pub(in crate::engine) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(in crate::engine) fn saved(&self) -> Result<&Saved, Unsaved> {
        self.saved.as_ref().map_err(Clone::clone)
    }
}

impl Engine {
    pub(super) fn find_unsavable(&mut self) -> Result<(), Unsaved> {
        let mut places = self.strategies.places();
        let swaps = places.find(|(_, place)| place.successor.is_some());
        if let Some(id) = swaps.map(|(id, _)| id) {
            return Err(Unsaved::Swap(id));
        }
        drop(places);
        if let Some(id) = self.strategies.first_on_probation(None) {
            return Err(Unsaved::Probation(id));
        }
        self.find_uncopyable()
    }

    /// The same where it does not matter what strategies do.
    pub(in crate::engine) fn find_uncopyable(&mut self) -> Result<(), Unsaved> {
        let mut workers = self.algorithms.parents();
        let outdated = workers.find(|(_, worker)| worker.outdated && worker.instance.is_some());
        if let Some((parent, _)) = outdated {
            return Err(Unsaved::Outdated(parent));
        }
        for (_, rule) in self.rules.iter_mut() {
            let instance = rule.instance.as_mut();
            if instance.is_some_and(|instance| instance.stateful().is_none()) {
                return Err(Unsaved::Stateless(format!("rule {}", rule.config.name)));
            }
        }
        for venue in &mut self.venues {
            let lacking = venue.staged_models().find(|(_, state)| state.is_none());
            if let Some(kind) = lacking.map(|(kind, _)| kind) {
                let part = model_name(kind, &venue.config().name);
                return Err(Unsaved::Stateless(part));
            }
        }
        Ok(())
    }

    /// Asks every part. A strategy or an algorithm that breaks over it ends as it would at any call.
    pub(super) fn collect_parts(&mut self) -> Parts {
        let saved = self.ask_engine_parts().map(|mut saved| {
            let live = self
                .strategies
                .places()
                .filter(|(_, place)| place.is_live());
            let live: Vec<StrategyId> = live.map(|(id, _)| id).collect();
            for id in live {
                saved
                    .strategies
                    .extend(self.save(id).map(|state| (id, state)));
            }
            let parents: Vec<OrderId> = self.algorithms.parents().map(|(id, _)| id).collect();
            for id in parents {
                let state = self.save_algorithm(id);
                saved.algorithms.extend(state.map(|state| (id, state)));
            }
            saved
        });
        Parts {
            sequence: self.sequence,
            saved,
        }
    }

    /// Asks what a copy for one strategy's shadow needs: that strategy where its state is carried, and
    /// the algorithms that work its orders.
    pub(in crate::engine) fn collect_parts_of(
        &mut self,
        strategy: StrategyId,
        hand_over: HandOver,
    ) -> Parts {
        let saved = self.ask_engine_parts().map(|mut saved| {
            let parents = self.algorithms.parents().map(|(id, _)| id);
            let orders = &self.orders;
            let own = |id: &OrderId| {
                let open = orders.get(*id);
                open.is_some_and(|open| open.order.strategy == strategy)
            };
            let parents: Vec<OrderId> = parents.filter(own).collect();
            for id in parents {
                let state = self.save_algorithm(id);
                saved.algorithms.extend(state.map(|state| (id, state)));
            }
            if hand_over == HandOver::Carry {
                let state = self.save(strategy);
                saved
                    .strategies
                    .extend(state.map(|state| (strategy, state)));
            }
            saved
        });
        Parts {
            sequence: self.sequence,
            saved,
        }
    }

    fn ask_engine_parts(&mut self) -> Result<Saved, Unsaved> {
        let mut saved = Saved::default();
        for (id, rule) in self.rules.iter_mut() {
            let state = rule.instance.as_mut().and_then(|rule| rule.stateful());
            if let Some(state) = state {
                let name = || format!("rule {}", rule.config.name);
                saved.rules.push((id, ask(state, name)?));
            }
        }
        for (number, venue) in (0_u32..).zip(&mut self.venues) {
            let venue_name = venue.config().name.clone();
            for (kind, state) in venue.staged_models() {
                if let Some(state) = state {
                    let state = ask(state, || model_name(kind, &venue_name))?;
                    saved.models.push((VenueId::new(number), kind, state));
                }
            }
        }
        Ok(saved)
    }

    /// Makes everything again that was asked for its state, and lets it take that.
    pub(in crate::engine) fn make_parts(
        &mut self,
        saved: Saved,
        instances: &mut dyn Instances,
    ) -> Result<(), SnapshotError> {
        for (venue, kind, state) in saved.models {
            self.make_model(venue, kind, &state, instances)?;
        }
        let mut makers = Vec::new();
        for config in self.algorithms.configs() {
            let made = instances.algorithm(self, config);
            makers.push(made.map_err(part(format!("algorithm {}", config.name)))?);
        }
        self.algorithms.supply(makers);
        for (id, state) in saved.rules {
            self.make_rule(id, &state, instances)?;
        }
        for (id, state) in saved.strategies {
            self.make_strategy(id, state, instances)?;
        }
        for (parent, state) in saved.algorithms {
            self.make_worker_again(parent, state)?;
        }
        Ok(())
    }

    fn make_model(
        &mut self,
        venue: VenueId,
        kind: ModelKind,
        state: &SavedState,
        instances: &mut dyn Instances,
    ) -> Result<(), SnapshotError> {
        let place = self.venues.get_mut(venue.index());
        let place = place.ok_or(SnapshotError::Damaged("a model is of no venue"))?;
        let name = model_name(kind, &place.config().name);
        let problem = |reason: String| part(name.clone())(reason);
        let mut named = place.config().models.named();
        let spec = named
            .find(|(other, _)| *other == kind)
            .map(|(_, spec)| spec);
        let spec = spec.ok_or_else(|| problem("its venue names none".to_owned()))?;
        let model = instances.make_model(&place.config().name, kind, spec);
        let mut model = model.map_err(problem)?;
        let stateful = match &mut model {
            VenueModel::Fill(model) => model.stateful(),
            VenueModel::Fee(model) => model.stateful(),
            VenueModel::Latency(model) => model.stateful(),
        };
        take(stateful, state).map_err(problem)?;
        drop(named);
        place.put_model(model);
        Ok(())
    }

    fn make_rule(
        &mut self,
        id: RuleId,
        state: &SavedState,
        instances: &mut dyn Instances,
    ) -> Result<(), SnapshotError> {
        let configs = self.rules.configs();
        let mut own = configs.filter(|(other, _)| *other == id);
        let config = own.next().map(|(_, config)| config.clone());
        drop(own);
        let config = config.ok_or(SnapshotError::Damaged("a rule is not defined"))?;
        let problem = |reason: String| part(format!("rule {}", config.name))(reason);
        let mut instance = instances.rule(self, &config).map_err(problem)?;
        take(instance.stateful(), state).map_err(problem)?;
        if let Some(rule) = self.rules.get_mut(id) {
            rule.instance = Some(instance);
        }
        Ok(())
    }

    fn make_strategy(
        &mut self,
        id: StrategyId,
        state: SavedState,
        instances: &mut dyn Instances,
    ) -> Result<(), SnapshotError> {
        let name = self.strategies.config(id).map(|config| config.name.clone());
        let name = name.ok_or(SnapshotError::Damaged("a strategy is not defined"))?;
        let problem = |reason: String| part(format!("strategy {name}"))(reason);
        let place = self.strategies.get(id);
        let made_of = place.and_then(|place| Some((place.plugin?, place.parameters.clone())));
        let (plugin, parameters) = made_of.ok_or_else(|| problem("it has no plugin".to_owned()))?;
        let made = instances.make(self, id, plugin, &parameters);
        let mut candidate = Candidate::new(id, made.map_err(problem)?);
        let snapshot = self.snapshot(id, StartReason::Swapped, Some(state.clone()), Vec::new());
        let started = candidate.start(self.now, &snapshot);
        started.map_err(|fault| problem(fault.to_string()))?;
        let mut instance = candidate.into_handover().instance;
        let given = instance.as_mut().map(|instance| instance.save());
        given.map_or(Ok(()), |given| is_same(given, &state).map_err(problem))?;
        if let Some(place) = self.strategies.get_mut(id) {
            place.instance = instance;
        }
        Ok(())
    }

    fn make_worker_again(
        &mut self,
        parent: OrderId,
        state: SavedState,
    ) -> Result<(), SnapshotError> {
        let problem = |reason: String| part(format!("the algorithm of order {parent}"))(reason);
        let order = self.orders.get(parent).map(|open| open.order);
        let worker = self.algorithms.get(parent);
        let known = order.zip(worker.map(|worker| (worker.algorithm, worker.call.clone())));
        let (order, (algorithm, call)) =
            known.ok_or_else(|| problem("the order is not at work".to_owned()))?;
        let snapshot = AlgorithmSnapshot {
            state: Some(state.clone()),
            ..self.algorithm_snapshot(&order)
        };
        let broke = |fault: Fault| problem(fault.to_string());
        let made = self.make_instance(&order, algorithm, &call);
        let mut instance = made.map_err(broke)?;
        let mut unheard = Actions::new(self.now, None);
        let started = instance.start(&order, &snapshot, &mut unheard);
        started.map_err(broke)?;
        is_same(instance.save(), &state).map_err(problem)?;
        if let Some(worker) = self.algorithms.get_mut(parent) {
            worker.instance = Some(instance);
        }
        Ok(())
    }

    /// Whether everybody runs who should. A person needs no instance.
    pub(super) fn lacks_nothing(&self) -> Result<(), SnapshotError> {
        let live = self
            .strategies
            .places()
            .filter(|(_, place)| place.is_live());
        let mut idle = live.filter(|(_, place)| place.instance.is_none());
        let config = |id| self.strategies.config(id);
        match idle.find(|(id, _)| config(*id).is_some_and(|config| !config.manual)) {
            None => Ok(()),
            Some(_) => Err(SnapshotError::Damaged("a running strategy has no state")),
        }
    }
}

fn model_name(kind: ModelKind, venue: &str) -> String {
    format!("the {} model of venue {venue}", kind.name())
}

fn part(part: String) -> impl FnOnce(String) -> SnapshotError {
    move |reason| SnapshotError::Part { part, reason }
}

fn ask(state: &mut dyn Stateful, name: impl FnOnce() -> String) -> Result<SavedState, Unsaved> {
    let broke = |fault: Fault| Unsaved::Broke(format!("{} broke: {fault}", name()));
    state.save().map_err(broke)
}

/// Lets a part take its state.
fn take(part: Option<&mut dyn Stateful>, state: &SavedState) -> Result<(), String> {
    let part = part.ok_or("it cannot take its state back")?;
    part.load(state).map_err(|fault| fault.to_string())?;
    is_same(part.save(), state)
}

/// What took state must give the same, or it is another one than it was.
fn is_same(given: Result<SavedState, Fault>, taken: &SavedState) -> Result<(), String> {
    match given {
        Ok(given) if given == *taken => Ok(()),
        Ok(_) => Err("it gives another state than it took".to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}
