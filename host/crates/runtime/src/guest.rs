//! One WebAssembly instance, whatever its world: how it is entered, bounded, and given up.
//!
//! The hot path is `call`: swap the caller's intents in, refill fuel and deadline, one call, swap
//! back. Nothing is allocated and nothing copied. After a fault the guest is never entered again;
//! every later call returns the same fault.

use crate::exports::Exports;
use crate::fault::{self, Budget};
use crate::host::{HostState, Phase};
use crate::{Admitted, Limits, Runtime};
use model::{Fault, Intent, Intents};
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

/// An instance with its exports `E`.
pub(crate) struct Guest<E> {
    pub(crate) store: Store<HostState>,
    exports: E,
    /// What the guest logged in a call that has no intents of its own; flushed with the next one.
    early: Intents,
    fuel_given: u64,
    fault: Option<Box<Fault>>,
    /// Keeps the ticker alive: without it no deadline would ever pass.
    _runtime: Runtime,
}

impl<E> Guest<E> {
    /// Links and instantiates, which may already run guest code; `pick` takes the exports out that
    /// fit the caller's world.
    pub(crate) fn new(
        admitted: &Admitted,
        mut state: HostState,
        pick: impl FnOnce(Exports) -> Option<E>,
    ) -> Result<Self, Fault> {
        let limits = state.limits;
        state.hears_books = admitted.indices().hears_books();
        let mut store = Store::new(admitted.runtime().engine(), state);
        store.limiter(|state| &mut state.memory);
        store.epoch_deadline_callback(|mut store| Ok(store.data_mut().deadline.check()));
        store.set_hostcall_fuel(limits.transfer_bytes());
        let budget = init_budget(&limits);
        let exports = arm(&mut store, budget)
            .and_then(|()| admitted.pre().instantiate(&mut store))
            .and_then(|instance| admitted.indices().load(&mut store, &instance))
            .map_err(|error| fault::from_error("instantiate", &error, store.data(), budget))?;
        let exports = pick(exports).ok_or_else(|| {
            let world = admitted.world();
            fault::refused("instantiate", format!("the plugin is a {world}"))
        })?;
        Ok(Self {
            store,
            exports,
            early: Intents::default(),
            fuel_given: budget.fuel,
            fault: None,
            _runtime: admitted.runtime().clone(),
        })
    }

    /// What it exports.
    pub(crate) fn exports(&self) -> &E {
        &self.exports
    }

    /// One call into the guest, its intents going to `out`.
    #[inline]
    pub(crate) fn call<R>(
        &mut self,
        export: &'static str,
        phase: Phase,
        budget: Budget,
        out: &mut Intents,
        body: impl FnOnce(&E, &mut Store<HostState>) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        self.check()?;
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
    pub(crate) fn private_call<R>(
        &mut self,
        export: &'static str,
        phase: Phase,
        budget: Budget,
        body: impl FnOnce(&E, &mut Store<HostState>) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        let mut early = std::mem::take(&mut self.early);
        let result = self.call(export, phase, budget, &mut early, body);
        self.early = early;
        result
    }

    /// Delivers log lines of calls that had no intents of their own.
    pub(crate) fn flush_early(&mut self, out: &mut Intents) {
        for line in self.early.drain() {
            out.push(line);
        }
    }

    /// Whether log lines wait to be delivered.
    pub(crate) fn has_early(&self) -> bool {
        !self.early.is_empty()
    }

    #[cold]
    pub(crate) fn poison(&mut self, fault: Fault) -> Fault {
        self.fault = Some(Box::new(fault.clone()));
        fault
    }

    /// Fails when the guest is broken.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match &self.fault {
            Some(fault) => Err(Fault::clone(fault)),
            None => Ok(()),
        }
    }

    /// Why it is broken, if it is.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.fault.as_deref()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.store.data().limits
    }

    pub(crate) fn event_budget(&self) -> Budget {
        event_budget(self.limits())
    }

    /// What it has used.
    pub(crate) fn usage(&self) -> Usage {
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

    /// A saved state of `bytes` bytes, if the plugin may keep so many.
    pub(crate) fn check_saved(&mut self, bytes: usize) -> Result<(), Fault> {
        let limit = self.limits().state_bytes;
        if bytes <= limit {
            return Ok(());
        }
        let reason = format!("{bytes} bytes of state, more than the {limit} allowed");
        Err(self.poison(fault::bad_output("save", &reason)))
    }
}

pub(crate) fn init_budget(limits: &Limits) -> Budget {
    Budget {
        fuel: limits.init_fuel,
        deadline_ms: limits.init_deadline_ms,
    }
}

pub(crate) fn event_budget(limits: &Limits) -> Budget {
    Budget {
        fuel: limits.event_fuel,
        deadline_ms: limits.event_deadline_ms,
    }
}

pub(crate) fn batch_budget(limits: &Limits) -> Budget {
    Budget {
        fuel: limits.batch_fuel,
        deadline_ms: limits.batch_deadline_ms,
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
