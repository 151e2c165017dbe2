//! What a plugin may use. Every limit has a default that fits an ordinary strategy; hitting one is
//! an error of admission or a fault of the instance, never a slower host.

/// Bytes in one mebibyte.
const MIB: usize = 1024 * 1024;

/// The most a configuration may allow for [`Limits::component_bytes`].
pub const MAX_COMPONENT_BYTES: usize = 32 * MIB;

/// Longest key of a host-kept value, in bytes; part of the contract in `wit/v1`.
pub const MAX_KEY_BYTES: usize = 128;

/// What one plugin may use.
///
/// Fuel counts executed WebAssembly instructions, nearly one unit each, and bulk operations by
/// their size. It is a deterministic budget: the same component stops at the same instruction on
/// every machine. The deadlines are a backstop for what fuel cannot see (page faults, cache misses):
/// half of one must pass in wall-clock time, then half of it in processor time of the thread, so
/// that a machine under load does not fault strategies that a replay would let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest component, in bytes. Default [`MAX_COMPONENT_BYTES`], more counts as that: strategies
    /// in JavaScript and Python carry their interpreter, 12 and 18 MiB.
    pub component_bytes: usize,
    /// Largest compiled artefact, in bytes. Default 256 MiB.
    pub artefact_bytes: usize,
    /// Wall-clock time for compiling one component in a child process. Default 300 s: an interpreter
    /// takes 10 to 20 s on an idle machine, and several times that beside a busy one.
    pub compile_wall_ms: u64,
    /// CPU time for the same, of all its threads. Default 120 s.
    pub compile_cpu_s: u64,
    /// Address space for the same, in bytes. Default 4 GiB.
    pub compile_memory_bytes: u64,
    /// Linear memory of one instance, in bytes. Default 64 MiB. Growth beyond it fails as the
    /// WebAssembly specification says; a trap that follows in the same call is a memory fault.
    pub memory_bytes: usize,
    /// Elements of all tables of one instance. Default 100,000.
    pub table_elements: usize,
    /// Fuel for one event, for `on-start`, `on-stop` and `save`. Default 10 million (some 5 ms).
    pub event_fuel: u64,
    /// Fuel for `describe`, `init` and `load`. Default 200 million.
    pub init_fuel: u64,
    /// Fuel for one block of history. Default 2 billion.
    pub history_fuel: u64,
    /// Fuel for one batch of rows that a factor scores. Default 5 billion.
    pub batch_fuel: u64,
    /// Time that one call with `event_fuel` may run. Default 500 ms.
    pub event_deadline_ms: u64,
    /// Time that one call with `init_fuel` or `history_fuel` may run. Default 10 s.
    pub init_deadline_ms: u64,
    /// Time that one call with `batch_fuel` may run. Default 30 s.
    pub batch_deadline_ms: u64,
    /// Bytes of numbers in one batch, of the panel and of the scores each. Default 64 MiB.
    pub batch_bytes: usize,
    /// Linear memory of a factor's instance, in the place of `memory_bytes`, in bytes. Default 256 MiB.
    pub batch_memory_bytes: usize,
    /// Orders, cancels, timers, subscriptions and kept values that one call may ask for. Default
    /// 256; one more is a fault.
    pub intents_per_call: u32,
    /// Calls into the host that one call may make. Default 100,000; one more is a fault.
    pub host_calls_per_call: u32,
    /// Bytes that one call may move through host functions, both ways. Default 8 MiB; more is a
    /// fault.
    pub host_bytes_per_call: usize,
    /// Log lines of one call that are kept. Default 64; the rest are dropped and counted.
    pub log_lines_per_call: u32,
    /// Bytes of one log line that are kept. Default 1,024; the rest is cut off.
    pub log_line_bytes: usize,
    /// Bytes that `save` may return. Default 1 MiB.
    pub state_bytes: usize,
    /// Bytes of all host-kept values of one strategy, keys included. Default 1 MiB.
    pub values_bytes: usize,
    /// Subscriptions and history requests, each, that `init` may declare. Default 1,024.
    pub declarations: usize,
    /// Bars that `init` may ask for in one request. Default 100,000.
    pub history_bars: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: MAX_COMPONENT_BYTES,
            artefact_bytes: 256 * MIB,
            compile_wall_ms: 300_000,
            compile_cpu_s: 120,
            compile_memory_bytes: 4 << 30,
            memory_bytes: 64 * MIB,
            table_elements: 100_000,
            event_fuel: 10_000_000,
            init_fuel: 200_000_000,
            history_fuel: 2_000_000_000,
            batch_fuel: 5_000_000_000,
            event_deadline_ms: 500,
            init_deadline_ms: 10_000,
            batch_deadline_ms: 30_000,
            batch_bytes: 64 * MIB,
            batch_memory_bytes: 256 * MIB,
            intents_per_call: 256,
            host_calls_per_call: 100_000,
            host_bytes_per_call: 8 * MIB,
            log_lines_per_call: 64,
            log_line_bytes: 1_024,
            state_bytes: MIB,
            values_bytes: MIB,
            declarations: 1_024,
            history_bars: 100_000,
        }
    }
}

impl Limits {
    /// All of them by name, but for those that bind compilation.
    pub fn named(&self) -> [(&'static str, u64); 20] {
        [
            ("memory_bytes", self.memory_bytes as u64),
            ("table_elements", self.table_elements as u64),
            ("event_fuel", self.event_fuel),
            ("init_fuel", self.init_fuel),
            ("history_fuel", self.history_fuel),
            ("batch_fuel", self.batch_fuel),
            ("event_deadline_ms", self.event_deadline_ms),
            ("init_deadline_ms", self.init_deadline_ms),
            ("batch_deadline_ms", self.batch_deadline_ms),
            ("batch_bytes", self.batch_bytes as u64),
            ("batch_memory_bytes", self.batch_memory_bytes as u64),
            ("intents_per_call", self.intents_per_call.into()),
            ("host_calls_per_call", self.host_calls_per_call.into()),
            ("host_bytes_per_call", self.host_bytes_per_call as u64),
            ("log_lines_per_call", self.log_lines_per_call.into()),
            ("log_line_bytes", self.log_line_bytes as u64),
            ("state_bytes", self.state_bytes as u64),
            ("values_bytes", self.values_bytes as u64),
            ("declarations", self.declarations as u64),
            ("history_bars", self.history_bars.into()),
        ]
    }

    /// Room for one transfer from the guest: what the largest legal one needs, and a little more
    /// so that the check with the better message comes first.
    pub(crate) fn transfer_bytes(&self) -> usize {
        self.state_bytes.max(self.values_bytes).saturating_add(MIB)
    }

    /// The same for a factor, which answers with a batch of scores.
    pub(crate) fn batch_transfer_bytes(&self) -> usize {
        self.batch_bytes.saturating_add(MIB)
    }
}
