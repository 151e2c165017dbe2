//! One running strategy: a WebAssembly instance behind the model's `Strategy` port.
//!
//! The hot path is `handle`: swap the caller's intents in, refill fuel and deadline, one flat call,
//! swap back. Nothing is allocated and nothing copied. After a fault the guest is never entered
//! again; every later call returns the same fault.

mod config;

pub use config::InstanceConfig;

use crate::bindings::Strategy as Exports;
use crate::bindings::argonaut::plugin::types as wit;
use crate::fault::{self, Budget};
use crate::host::{HostState, Phase};
use crate::{Admitted, Limits, Runtime, convert};
use model::{
    Event, Fault, HistoryBlock, HistoryRequest, InstrumentId, Intent, Intents, PositionUpdate,
    Quantity, SavedState, StartSnapshot, Strategy, Subscription,
};
use wasmtime::Store;

/// What an instance has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Linear memory in bytes.
    pub memory_bytes: usize,
    /// Fuel that the latest call took; equal on every machine.
    pub last_call_fuel: u64,
    /// Log lines dropped so far because a call wrote too many.
    pub dropped_log_lines: u64,
    /// Orders answered with id 0 so far because the input had used up its ids.
    pub refused_orders: u64,
}

/// A running strategy.
pub struct Instance {
    store: Store<HostState>,
    exports: Exports,
    /// Contract multipliers, sorted by instrument; average prices need them.
    multipliers: Vec<(InstrumentId, Quantity)>,
    /// What the guest logged in a call that has no intents of its own; flushed with the next one.
    early: Intents,
    fuel_given: u64,
    fault: Option<Box<Fault>>,
    /// Keeps the ticker alive: without it no deadline would ever pass.
    _runtime: Runtime,
}

/// Instantiates and runs `describe`.
pub(crate) fn call_describe(admitted: &Admitted) -> Result<wit::Description, Fault> {
    let limits = *admitted.limits();
    let mut instance = Instance::new(admitted, HostState::new(limits, Vec::new()))?;
    let budget = init_budget(&limits);
    instance.private_call("describe", Phase::Describe, budget, |exports, store| {
        exports.call_describe(store)
    })
}

impl Admitted {
    /// Makes an instance and runs its `init`. Takes tens of microseconds and what `init` takes.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when `init` returned an error, otherwise how it broke.
    pub fn instantiate(&self, config: InstanceConfig) -> Result<Instance, Fault> {
        let wit_config = config
            .to_wit()
            .map_err(|reason| fault::refused("init", reason))?;
        let ids = config.instruments.iter().map(|(id, _)| *id).collect();
        let mut instance = Instance::new(self, HostState::new(config.limits, ids))?;
        instance.multipliers = config
            .instruments
            .iter()
            .map(|(id, traded)| (*id, traded.multiplier))
            .collect();
        instance.multipliers.sort_unstable_by_key(|(id, _)| *id);
        let budget = init_budget(&config.limits);
        let answer = instance.private_call("init", Phase::Init, budget, |exports, store| {
            exports.call_init(store, &wit_config)
        })?;
        match answer {
            Ok(()) => Ok(instance),
            Err(reason) => Err(fault::refused("init", reason)),
        }
    }
}

impl Instance {
    /// What it has used.
    pub fn usage(&self) -> Usage {
        let state = self.store.data();
        Usage {
            memory_bytes: state.memory.used_bytes(),
            last_call_fuel: self
                .fuel_given
                .saturating_sub(self.store.get_fuel().unwrap_or(0)),
            dropped_log_lines: state.dropped_log_lines,
            refused_orders: state.refused_orders,
        }
    }

    /// Why it is broken, if it is.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_deref()
    }

    /// Links and instantiates, which may already run guest code.
    fn new(admitted: &Admitted, state: HostState) -> Result<Self, Fault> {
        let limits = state.limits;
        let mut store = Store::new(admitted.runtime().engine(), state);
        store.limiter(|state| &mut state.memory);
        store.epoch_deadline_callback(|mut store| Ok(store.data_mut().deadline.check()));
        store.set_hostcall_fuel(limits.transfer_bytes());
        let budget = init_budget(&limits);
        let exports = arm(&mut store, budget)
            .and_then(|()| admitted.pre().instantiate(&mut store))
            .map_err(|error| fault::from_error("instantiate", &error, store.data(), budget))?;
        Ok(Self {
            store,
            exports,
            multipliers: Vec::new(),
            early: Intents::default(),
            fuel_given: budget.fuel,
            fault: None,
            _runtime: admitted.runtime().clone(),
        })
    }

    /// One call into the guest, its intents going to `out`.
    #[inline]
    fn call<R>(
        &mut self,
        export: &'static str,
        phase: Phase,
        budget: Budget,
        out: &mut Intents,
        body: impl FnOnce(&Exports, &mut Store<HostState>) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        if let Some(fault) = &self.fault {
            return Err(Fault::clone(fault));
        }
        let before = out.items().len();
        self.fuel_given = budget.fuel;
        let state = self.store.data_mut();
        state.begin(phase);
        std::mem::swap(&mut state.intents, out);
        let result =
            arm(&mut self.store, budget).and_then(|()| body(&self.exports, &mut self.store));
        let state = self.store.data_mut();
        state.end();
        std::mem::swap(&mut state.intents, out);
        result.map_err(|error| {
            keep_log_lines(out, before);
            let fault = fault::from_error(export, &error, self.store.data(), budget);
            self.poison(fault)
        })
    }

    /// A call whose only intents can be log lines; they are kept for the next call.
    fn private_call<R>(
        &mut self,
        export: &'static str,
        phase: Phase,
        budget: Budget,
        body: impl FnOnce(&Exports, &mut Store<HostState>) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        let mut early = std::mem::take(&mut self.early);
        let result = self.call(export, phase, budget, &mut early, body);
        self.early = early;
        result
    }

    /// Delivers log lines of calls that had no intents of their own.
    fn flush_early(&mut self, out: &mut Intents) {
        for line in self.early.drain() {
            out.push(line);
        }
    }

    #[cold]
    fn poison(&mut self, fault: Fault) -> Fault {
        self.fault = Some(Box::new(fault.clone()));
        fault
    }

    fn event_budget(&self) -> Budget {
        let limits = &self.store.data().limits;
        Budget {
            fuel: limits.event_fuel,
            deadline_ms: limits.event_deadline_ms,
        }
    }

    fn load(&mut self, state: &SavedState, out: &mut Intents) -> Result<(), Fault> {
        let budget = init_budget(&self.store.data().limits);
        let saved = wit::SavedState {
            version: state.version,
            bytes: state.bytes.clone(),
        };
        let answer = self.call("load", Phase::Load, budget, out, |exports, store| {
            exports.call_load(store, &saved)
        })?;
        answer.map_err(|reason| self.poison(fault::refused("load", reason)))
    }

    fn warm_up(&mut self, history: &[HistoryBlock], out: &mut Intents) -> Result<(), Fault> {
        let limits = &self.store.data().limits;
        let budget = Budget {
            fuel: limits.history_fuel,
            deadline_ms: limits.init_deadline_ms,
        };
        let mut numbers = Vec::new();
        for block in history {
            numbers.clear();
            block
                .bars
                .iter()
                .for_each(|bar| convert::append_history(&mut numbers, bar));
            let instrument = block.request.instrument.number();
            let spec = convert::bar_spec_to(block.request.spec);
            self.call(
                "on-history",
                Phase::History,
                budget,
                out,
                |exports, store| exports.call_on_history(store, instrument, spec, &numbers),
            )?;
        }
        Ok(())
    }

    fn position(&mut self, update: &PositionUpdate) -> Result<wit::PositionEvent, Fault> {
        if let Some(fault) = &self.fault {
            return Err(Fault::clone(fault));
        }
        let found = self
            .multipliers
            .binary_search_by_key(&update.instrument, |(id, _)| *id);
        let multiplier = found.ok().and_then(|index| self.multipliers.get(index));
        let event = match multiplier {
            Some((_, multiplier)) => convert::position_event(update, *multiplier),
            None => Err(format!(
                "a position on instrument {}, which the strategy was not given",
                update.instrument.number()
            )),
        };
        event.map_err(|reason| self.poison(fault::bad_output("position", &reason)))
    }

    fn snapshot(&mut self, snapshot: &StartSnapshot, now: u64) -> Result<wit::Snapshot, Fault> {
        let positions = snapshot
            .positions
            .iter()
            .filter(|update| update.position.is_none())
            .map(|update| self.position(update));
        Ok(wit::Snapshot {
            reason: convert::start_reason(snapshot.reason),
            now,
            positions: positions.collect::<Result<_, _>>()?,
            orders: snapshot.orders.iter().map(convert::open_order).collect(),
        })
    }

    fn restore_values(&mut self, values: &[(String, Vec<u8>)]) -> Result<(), Fault> {
        let kept = &mut self.store.data_mut().values;
        if values.iter().all(|(key, value)| kept.put(key, value)) {
            return Ok(());
        }
        let reason = "the values kept for the strategy exceed its limit";
        Err(self.poison(fault::bad_output("start", reason)))
    }
}

impl Strategy for Instance {
    fn declared(&self) -> &[Subscription] {
        &self.store.data().declared
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &self.store.data().history
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        if let Some(fault) = &self.fault {
            return Err(Fault::clone(fault));
        }
        self.flush_early(out);
        self.restore_values(&snapshot.values)?;
        if let Some(state) = &snapshot.state {
            self.load(state, out)?;
        }
        self.warm_up(&snapshot.history, out)?;
        let wit_snapshot = self.snapshot(snapshot, out.now().nanos())?;
        self.call(
            "on-start",
            Phase::Live,
            self.event_budget(),
            out,
            |exports, store| exports.call_on_start(store, &wit_snapshot),
        )
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        if !self.early.is_empty() {
            self.flush_early(out);
        }
        let (phase, budget) = (Phase::Live, self.event_budget());
        match event {
            Event::Quote(quote) => {
                let quote = convert::quote(quote);
                self.call("on-quote", phase, budget, out, |exports, store| {
                    exports.call_on_quote(store, quote)
                })
            }
            Event::Trade(trade) => {
                let trade = convert::trade(trade);
                self.call("on-trade", phase, budget, out, |exports, store| {
                    exports.call_on_trade(store, trade)
                })
            }
            Event::Bar(bar) => {
                let bar = convert::bar(bar);
                self.call("on-bar", phase, budget, out, |exports, store| {
                    exports.call_on_bar(store, bar)
                })
            }
            Event::Timer { id, due } => {
                self.call("on-timer", phase, budget, out, |exports, store| {
                    exports.call_on_timer(store, *id, due.nanos())
                })
            }
            Event::Order(update) => {
                let event = convert::order_event(update);
                self.call("on-order-event", phase, budget, out, |exports, store| {
                    exports.call_on_order_event(store, event)
                })
            }
            // The contract knows what positions come to in all, not each of a hedging account's.
            Event::Position(update) if update.position.is_some() => Ok(()),
            Event::Position(update) => {
                let event = self.position(update)?;
                self.call("on-position-event", phase, budget, out, |exports, store| {
                    exports.call_on_position_event(store, event)
                })
            }
        }
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.flush_early(out);
        self.call(
            "on-stop",
            Phase::Live,
            self.event_budget(),
            out,
            |exports, store| exports.call_on_stop(store),
        )
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        let budget = self.event_budget();
        let saved = self.private_call("save", Phase::Save, budget, |exports, store| {
            exports.call_save(store)
        })?;
        let limit = self.store.data().limits.state_bytes;
        if saved.bytes.len() > limit {
            let reason = format!(
                "{} bytes of state, more than the {limit} allowed",
                saved.bytes.len()
            );
            return Err(self.poison(fault::bad_output("save", &reason)));
        }
        Ok(SavedState {
            version: saved.version,
            bytes: saved.bytes,
        })
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("usage", &self.usage())
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

fn init_budget(limits: &Limits) -> Budget {
    Budget {
        fuel: limits.init_fuel,
        deadline_ms: limits.init_deadline_ms,
    }
}

/// Gives the next call its fuel and its deadline.
#[inline]
fn arm(store: &mut Store<HostState>, budget: Budget) -> wasmtime::Result<()> {
    let ticks = store.data_mut().deadline.begin(budget.deadline_ms);
    store.set_epoch_deadline(ticks);
    store.set_fuel(budget.fuel)
}

/// After a fault: what the broken call wanted done does not count, what it said does.
#[cold]
fn keep_log_lines(out: &mut Intents, before: usize) {
    let all: Vec<Intent> = out.drain().collect();
    for (index, intent) in all.into_iter().enumerate() {
        if index < before || matches!(intent, Intent::Log { .. }) {
            out.push(intent);
        }
    }
}

/// An instance is made on one thread and moves to the engine's.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Instance>();
};
