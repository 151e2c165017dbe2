//! Execution algorithms: a plugin behind the model's port that makes an instance for each parent, and
//! the instances.
//!
//! Instances are made within a step of the engine, when a parent comes, so `init` and `load` have no
//! more fuel and time than an event.

use crate::bindings::algorithm::ExecutionAlgorithm as World;
use crate::bindings::algorithm::argonaut::plugin::parent as wit;
use crate::bindings::argonaut::plugin::types::SavedState as WitState;
use crate::exports::Exports;
use crate::fault;
use crate::guest::{Guest, Usage, event_budget};
use crate::host::{HostState, Parent, Phase};
use crate::{Admitted, Description, Limits, Parameters, convert};
use model::{
    Action, Actions, AlgorithmEvent, AlgorithmMaker, AlgorithmSnapshot, ExecutionAlgorithm, Fault,
    Instrument, InstrumentId, Intent, Intents, MarketFeed, Order, Price, SavedState,
};
use wasmtime::Store;

/// What an algorithm is set up with.
#[derive(Debug, Clone)]
pub struct AlgorithmConfig {
    /// The name under which it is set up.
    pub name: String,
    /// The instruments whose orders it may work.
    pub instruments: Vec<(InstrumentId, Instrument)>,
    /// Names of currencies, by the number of their id.
    pub currencies: Vec<String>,
    /// What each instance may use.
    pub limits: Limits,
}

/// A plugin that works orders.
#[derive(Debug)]
pub struct Algorithm {
    admitted: Admitted,
    description: Description,
    config: AlgorithmConfig,
}

/// A running algorithm, for one parent.
pub struct AlgorithmInstance {
    guest: Guest<World>,
    feeds: Vec<MarketFeed>,
    /// What a call wants done, before it is handed on; kept for its memory.
    intents: Intents,
}

fn algorithm(exports: Exports) -> Option<World> {
    match exports {
        Exports::Algorithm(exports) => Some(exports),
        _ => None,
    }
}

impl Admitted {
    /// Sets the plugin up as an execution algorithm.
    ///
    /// # Errors
    /// A [`Fault`]: how `describe` broke, or `REFUSED` for a plugin of another world.
    pub fn algorithm(&self, config: AlgorithmConfig) -> Result<Algorithm, Fault> {
        let description = self.describe()?;
        if self.world() != crate::World::ExecutionAlgorithm {
            let reason = format!("the plugin is a {}", self.world());
            return Err(fault::refused("set up", reason));
        }
        Ok(Algorithm {
            admitted: self.clone(),
            description,
            config,
        })
    }
}

impl Algorithm {
    /// What the plugin says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Makes an instance and runs its `init`.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` for parameters or a parent it does not take, otherwise how it broke.
    pub fn instantiate(
        &self,
        parent: &Order,
        parameters: &[(String, String)],
    ) -> Result<AlgorithmInstance, Fault> {
        let refused = |reason| fault::refused("init", reason);
        let given = parameters.iter().cloned().collect();
        let parameters = Parameters::check(&self.description, &given)
            .map_err(|error| refused(error.to_string()))?;
        let config = self.to_wit(parent, &parameters).map_err(refused)?;
        let limits = self.config.limits;
        let mut state = HostState::new(limits, vec![parent.instrument]);
        state.parent = Some(Parent {
            instrument: parent.instrument,
            side: parent.side,
        });
        let mut guest = Guest::new(&self.admitted, state, algorithm)?;
        let budget = event_budget(&limits);
        let answer = guest.private_call("init", Phase::Init, budget, |exports, store| {
            exports.call_init(store, &config)
        })?;
        answer.map_err(refused)?;
        Ok(AlgorithmInstance {
            feeds: std::mem::take(&mut guest.store.data_mut().feeds),
            guest,
            intents: Intents::default(),
        })
    }

    fn to_wit(
        &self,
        parent: &Order,
        parameters: &Parameters,
    ) -> Result<wit::AlgorithmConfig, String> {
        let instruments = &self.config.instruments;
        let traded = instruments.iter().find(|(id, _)| *id == parent.instrument);
        let (id, traded) = traded.ok_or_else(|| {
            let number = parent.instrument.number();
            format!("instrument {number} is not one of the algorithm's")
        })?;
        Ok(wit::AlgorithmConfig {
            algorithm: self.config.name.clone(),
            parent: convert::parent_order(parent),
            instrument: convert::described(*id, traded, &self.config.currencies)?,
            parameters: parameters.as_slice().to_vec(),
        })
    }
}

impl AlgorithmMaker for Algorithm {
    fn make(
        &mut self,
        parent: &Order,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn ExecutionAlgorithm>, Fault> {
        let instance = self.instantiate(parent, parameters)?;
        Ok(Box::new(instance))
    }
}

impl AlgorithmInstance {
    /// What it has used.
    pub fn usage(&self) -> Usage {
        self.guest.usage()
    }

    /// Why it is broken, if it is.
    pub fn fault(&self) -> Option<&Fault> {
        self.guest.fault()
    }

    /// One call, what it wants done going to `out`.
    fn call(
        &mut self,
        export: &'static str,
        phase: Phase,
        out: &mut Actions,
        body: impl FnOnce(&World, &mut Store<HostState>) -> wasmtime::Result<()>,
    ) -> Result<(), Fault> {
        let mut intents = std::mem::take(&mut self.intents);
        intents.reset(out.now(), out.next_order());
        self.guest.flush_early(&mut intents);
        let budget = self.guest.event_budget();
        let result = self.guest.call(export, phase, budget, &mut intents, body);
        let done = self.guest.store.data().done_after;
        hand_on(&mut intents, done.filter(|_| result.is_ok()), out);
        self.intents = intents;
        result
    }

    fn load(&mut self, state: &SavedState) -> Result<(), Fault> {
        let saved = WitState {
            version: state.version,
            bytes: state.bytes.clone(),
        };
        let budget = self.guest.event_budget();
        let answer = self
            .guest
            .private_call("load", Phase::Load, budget, |exports, store| {
                exports.call_load(store, &saved)
            })?;
        answer.map_err(|reason| self.guest.poison(fault::refused("load", reason)))
    }
}

/// Intents as actions, with what ends the work in its place.
fn hand_on(intents: &mut Intents, done_after: Option<usize>, out: &mut Actions) {
    let mut handed = 0;
    for intent in intents.drain() {
        if done_after == Some(handed) {
            out.push(Action::Done);
        }
        handed += 1;
        match intent {
            Intent::Submit(request) => {
                // It has its id already, and gets the same one again.
                let _same = out.submit(request);
            }
            Intent::Modify(amendment) => out.push(Action::Modify(amendment)),
            Intent::Cancel(order) => out.push(Action::Cancel(order)),
            Intent::SetTimer { id, due } => out.push(Action::SetTimer { id, due }),
            Intent::CancelTimer { id } => out.push(Action::CancelTimer { id }),
            Intent::Log { level, text } => out.push(Action::Log { level, text }),
            // The world has no functions that ask for these.
            _ => {}
        }
    }
    if done_after.is_some_and(|before| before >= handed) {
        out.push(Action::Done);
    }
}

impl ExecutionAlgorithm for AlgorithmInstance {
    fn declared(&self) -> &[MarketFeed] {
        &self.feeds
    }

    fn start(
        &mut self,
        parent: &Order,
        snapshot: &AlgorithmSnapshot,
        out: &mut Actions,
    ) -> Result<(), Fault> {
        if let Some(state) = &snapshot.state {
            self.load(state)?;
        }
        let snapshot = wit::AlgorithmSnapshot {
            now: out.now().nanos(),
            parent: convert::parent_order(parent),
            children: snapshot.children.iter().map(convert::open_order).collect(),
            quote: snapshot.quote.as_ref().map(convert::quote),
            last: snapshot.last.map(Price::raw),
        };
        self.call("on-start", Phase::Live, out, |exports, store| {
            exports.call_on_start(store, &snapshot)
        })
    }

    fn handle(&mut self, event: &AlgorithmEvent, out: &mut Actions) -> Result<(), Fault> {
        let live = Phase::Live;
        match event {
            AlgorithmEvent::Quote(quote) => self.call("on-quote", live, out, |exports, store| {
                exports.call_on_quote(store, convert::quote(quote))
            }),
            AlgorithmEvent::Trade(trade) => self.call("on-trade", live, out, |exports, store| {
                exports.call_on_trade(store, convert::trade(trade))
            }),
            AlgorithmEvent::Bar(bar) => self.call("on-bar", live, out, |exports, store| {
                exports.call_on_bar(store, convert::bar(bar))
            }),
            AlgorithmEvent::Timer { id, due } => {
                self.call("on-timer", live, out, |exports, store| {
                    exports.call_on_timer(store, *id, due.nanos())
                })
            }
            AlgorithmEvent::Child(update) => {
                self.call("on-child-event", live, out, |exports, store| {
                    exports.call_on_child_event(store, convert::order_event(update))
                })
            }
            AlgorithmEvent::Amended { quantity, price } => {
                self.call("on-amended", live, out, |exports, store| {
                    exports.call_on_amended(store, quantity.raw(), price.map(Price::raw))
                })
            }
            AlgorithmEvent::Ending => self.call("on-ending", live, out, |exports, store| {
                exports.call_on_ending(store)
            }),
        }
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        let budget = self.guest.event_budget();
        let saved = self
            .guest
            .private_call("save", Phase::Save, budget, |exports, store| {
                exports.call_save(store)
            })?;
        self.guest.check_saved(saved.bytes.len())?;
        Ok(SavedState {
            version: saved.version,
            bytes: saved.bytes,
        })
    }
}

impl std::fmt::Debug for AlgorithmInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlgorithmInstance")
            .field("usage", &self.usage())
            .field("fault", &self.guest.fault())
            .finish_non_exhaustive()
    }
}
