//! A venue as readers see it: how it was defined, what its models did wrong, and how things stand with
//! one outside.

use engine::{Ambiguity, SelfMatch, Standing, VenueConfig};
use model::{
    AccountId, Fault, Fill, InstrumentId, ModelKind, OrderId, SignedQuantity, Timestamp, VenueId,
};
use std::collections::{BTreeMap, BTreeSet};

/// A venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueView {
    /// Its handle.
    pub id: VenueId,
    /// As it was defined.
    pub config: VenueConfig,
    /// What it does where orders of one account meet.
    pub self_match: SelfMatch,
    /// How things stand with one outside; `None` where it is simulated.
    pub outside: Option<OutsideView>,
    /// The latest faults of its models, newest last, at most 20.
    pub model_faults: Vec<ModelFaultView>,
}

/// How things stand with a venue outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutsideView {
    /// Whether it is there.
    pub connected: bool,
    /// Since when, in event time; `None` while it never was there.
    pub since: Option<Timestamp>,
    /// Its accounts, in the order of their handles.
    pub accounts: Vec<StandingView>,
    /// Orders whose state is not known and that the venue is asked about.
    pub in_doubt: BTreeSet<OrderId>,
    /// How often each rule decided what a doubtful report means.
    pub ruled: BTreeMap<Ambiguity, u64>,
    /// What it refused last, newest last, at most 20.
    pub refusals: Vec<RefusalView>,
    /// The executions it took back last, newest last, at most 20.
    pub taken_back: Vec<TakenBackView>,
}

/// Whether an account agrees with its venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingView {
    /// Whose.
    pub account: AccountId,
    /// Whether.
    pub standing: Standing,
    /// Since when, in event time.
    pub since: Timestamp,
    /// When it was last compared with what the venue holds; `None` while it never was.
    pub compared: Option<Timestamp>,
    /// Positions that differed then and that nothing explains.
    pub differences: Vec<DifferenceView>,
}

/// A position that differs from the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DifferenceView {
    /// In what.
    pub instrument: InstrumentId,
    /// What we count.
    pub ours: SignedQuantity,
    /// What the venue says.
    pub theirs: SignedQuantity,
}

/// What a venue refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalView {
    /// When.
    pub time: Timestamp,
    /// The order, or whose change or cancellation.
    pub order: OrderId,
    /// In the venue's words.
    pub reason: String,
}

/// An execution that a venue took back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenBackView {
    /// When.
    pub time: Timestamp,
    /// What no longer counts.
    pub fill: Fill,
}

/// A model of a venue that broke, or answered what it was not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFaultView {
    /// When.
    pub time: Timestamp,
    /// Sequence of the input during which it happened.
    pub sequence: u64,
    /// Which model.
    pub model: ModelKind,
    /// Over which instrument, which is killed since.
    pub instrument: InstrumentId,
    /// How.
    pub fault: Fault,
}
