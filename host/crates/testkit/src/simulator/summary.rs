//! What happened in a run, in numbers, so that nobody mistakes an idle run for a good one.

use engine::JournalHash;

/// Counts of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Market events.
    pub events: u64,
    /// Inputs of all kinds, those included that crashes took away.
    pub inputs: u64,
    /// Orders that left for the venue.
    pub orders: u64,
    /// Orders denied by the gate.
    pub denied: u64,
    /// Executions.
    pub fills: u64,
    /// Crashes.
    pub crashes: u64,
    /// Inputs that crashes took away.
    pub lost: u64,
    /// Inputs stepped again after crashes.
    pub replayed: u64,
    /// Snapshots of the engine that were taken.
    pub snapshots: u64,
    /// Reports of the venue that were made, those that got lost included.
    pub reports: u64,
    /// The largest number of orders open at once.
    pub most_open: u64,
    /// The largest number of messages between host and venue on their way at once.
    pub most_in_flight: u64,
    /// The largest number of effects of one input.
    pub most_effects: u64,
    /// The hash over the whole journal at the end.
    pub hash: Option<JournalHash>,
}

impl Summary {
    /// The counts of both; the hash is that of neither.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            events: self.events + other.events,
            inputs: self.inputs + other.inputs,
            orders: self.orders + other.orders,
            denied: self.denied + other.denied,
            fills: self.fills + other.fills,
            crashes: self.crashes + other.crashes,
            lost: self.lost + other.lost,
            replayed: self.replayed + other.replayed,
            snapshots: self.snapshots + other.snapshots,
            reports: self.reports + other.reports,
            most_open: self.most_open.max(other.most_open),
            most_in_flight: self.most_in_flight.max(other.most_in_flight),
            most_effects: self.most_effects.max(other.most_effects),
            hash: None,
        }
    }
}
