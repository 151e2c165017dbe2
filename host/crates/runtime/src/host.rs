//! What the host keeps for one instance while its guest runs: the intents of the call, the meters
//! that bound it, the values kept for the strategy. The functions the guest calls are in
//! `host_calls`.

use crate::Limits;
use crate::deadline::Deadline;
use crate::memory::MemoryLimiter;
use crate::values::Values;
use model::{
    FaultKind, HistoryRequest, InstrumentId, Intent, Intents, LogLevel, MarketFeed, Side,
    Subscription,
};
use std::fmt;

/// Which part of its life the guest is in; decides which host functions it may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Describe,
    Init,
    Load,
    History,
    /// `on-start`, any event, `on-stop`.
    Live,
    Save,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Init => "init",
            Self::Load => "load",
            Self::History => "on-history",
            Self::Live => "an event",
            Self::Save => "save",
        }
    }
}

/// What one call has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meter {
    calls: u32,
    bytes: usize,
    intents: u32,
    log_lines: u32,
    dropped_lines: u32,
}

/// The guest broke the contract; carried through wasmtime as the error of a host function.
#[derive(Debug)]
pub(crate) struct Breach {
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Breach {}

impl Breach {
    pub(crate) fn bad_output(message: String) -> Self {
        Self {
            kind: FaultKind::BadOutput,
            message,
        }
    }

    fn out_of_fuel(message: String) -> Self {
        Self {
            kind: FaultKind::OutOfFuel,
            message,
        }
    }
}

/// What every child of an order trades.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent {
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
}

/// The data of one instance's store.
pub(crate) struct HostState {
    /// Where the current call's intents go; swapped with the caller's.
    pub(crate) intents: Intents,
    pub(crate) phase: Phase,
    pub(crate) deadline: Deadline,
    pub(crate) memory: MemoryLimiter,
    pub(crate) values: Values,
    /// Subscriptions made in `init`.
    pub(crate) declared: Vec<Subscription>,
    /// History asked for in `init`.
    pub(crate) history: Vec<HistoryRequest>,
    /// Whether the guest can be told of order books.
    pub(crate) hears_books: bool,
    /// Of an execution algorithm: what its children trade.
    pub(crate) parent: Option<Parent>,
    /// Of an execution algorithm: what it wants to hear of its parent's instrument.
    pub(crate) feeds: Vec<MarketFeed>,
    /// Of an execution algorithm: how many intents of this call came before its `done`.
    pub(crate) done_after: Option<usize>,
    /// The last error-level line of the current call; explains a trap.
    pub(crate) last_error: String,
    /// Orders refused because the input had used up its ids, in all.
    pub(crate) refused_orders: u64,
    /// Log lines dropped, in all.
    pub(crate) dropped_log_lines: u64,
    pub(crate) limits: Limits,
    /// Sorted.
    instruments: Box<[InstrumentId]>,
    meter: Meter,
}

impl HostState {
    pub(crate) fn new(limits: Limits, mut instruments: Vec<InstrumentId>) -> Self {
        instruments.sort_unstable();
        Self {
            intents: Intents::default(),
            phase: Phase::Describe,
            deadline: Deadline::default(),
            memory: MemoryLimiter::new(limits.memory_bytes, limits.table_elements),
            values: Values::new(limits.values_bytes),
            declared: Vec::new(),
            history: Vec::new(),
            hears_books: false,
            parent: None,
            feeds: Vec::new(),
            done_after: None,
            last_error: String::new(),
            refused_orders: 0,
            dropped_log_lines: 0,
            limits,
            instruments: instruments.into_boxed_slice(),
            meter: Meter::default(),
        }
    }

    /// Prepares for a call.
    pub(crate) fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        self.meter = Meter::default();
        self.memory.refused = false;
        self.done_after = None;
        self.last_error.clear();
    }

    /// Ends a call: says how many log lines of it were dropped.
    pub(crate) fn end(&mut self) {
        if self.meter.dropped_lines > 0 {
            let text = format!(
                "{} more log lines of this call were dropped (limit {})",
                self.meter.dropped_lines, self.limits.log_lines_per_call
            );
            self.intents.push(Intent::Log {
                level: LogLevel::Warn,
                text,
            });
        }
    }

    /// Charges for a call into the host that moves `bytes`.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Breach> {
        self.meter.calls += 1;
        self.meter.bytes = self.meter.bytes.saturating_add(bytes);
        if self.meter.calls > self.limits.host_calls_per_call {
            let limit = self.limits.host_calls_per_call;
            return Err(Breach::out_of_fuel(format!(
                "called the host more than {limit} times"
            )));
        }
        if self.meter.bytes > self.limits.host_bytes_per_call {
            let limit = self.limits.host_bytes_per_call;
            return Err(Breach::out_of_fuel(format!(
                "moved more than {limit} bytes through host functions"
            )));
        }
        Ok(())
    }

    /// Charges for something the guest wants done, if it may want it now.
    pub(crate) fn charge_intent(&mut self, function: &str, bytes: usize) -> Result<(), Breach> {
        self.charge_intents(function, 1, bytes)
    }

    /// The same for several things in one call; none still count as one.
    pub(crate) fn charge_intents(
        &mut self,
        function: &str,
        count: usize,
        bytes: usize,
    ) -> Result<(), Breach> {
        self.charge(bytes)?;
        self.require(function, self.phase == Phase::Live)?;
        let count = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        self.meter.intents = self.meter.intents.saturating_add(count);
        if self.meter.intents > self.limits.intents_per_call {
            let limit = self.limits.intents_per_call;
            return Err(Breach::bad_output(format!(
                "asked for more than {limit} things at once"
            )));
        }
        Ok(())
    }

    /// Refuses `function` unless the phase allows it.
    pub(crate) fn require(&self, function: &str, allowed: bool) -> Result<(), Breach> {
        if allowed {
            return Ok(());
        }
        let phase = self.phase.name();
        let hint = match self.phase {
            Phase::Init | Phase::Load | Phase::History => "; do it in `on-start` or later",
            Phase::Describe | Phase::Save => "; only `log` works there",
            Phase::Live => "; do it in `init`",
        };
        Err(Breach::bad_output(format!(
            "`{function}` cannot be called in {phase}{hint}"
        )))
    }

    /// Refuses an instrument the strategy was not given.
    pub(crate) fn known(&self, instrument: u32) -> Result<InstrumentId, Breach> {
        let id = InstrumentId::new(instrument);
        match self.instruments.binary_search(&id) {
            Ok(_) => Ok(id),
            Err(_) => Err(Breach::bad_output(format!(
                "instrument {instrument} is not one of the strategy's"
            ))),
        }
    }

    /// Whether one more log line may be kept; counts it either way.
    pub(crate) fn admit_log_line(&mut self) -> bool {
        if self.meter.log_lines < self.limits.log_lines_per_call {
            self.meter.log_lines += 1;
            return true;
        }
        self.meter.dropped_lines += 1;
        self.dropped_log_lines += 1;
        false
    }
}
