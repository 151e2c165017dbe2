//! What people are told of a shadow: how far the two versions agree, in one sentence and in detail.

use super::meter::Handling;
use crate::view::PluginView;
use engine::{HandOver, Profit};
use model::{DenyCode, Duration, InstrumentId, Order, SignedQuantity, Timestamp};

/// A shadow that trades, as it is shown with its strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowView {
    /// The version that is tried.
    pub plugin: PluginView,
    /// What it began with.
    pub hand_over: HandOver,
    /// Engine sequence at which it began.
    pub begun_at: u64,
    /// When it began.
    pub since: Timestamp,
}

/// Where a shadow is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShadowState {
    /// It trades beside the version that runs.
    Trading,
    /// It does no more, for this reason.
    Ended(String),
}

/// An order that a version wanted, as it wanted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The order as it was made; its id belongs to the engine in which it was made.
    pub order: Order,
    /// The code with which the gate refused it at once, if it did.
    pub denied: Option<DenyCode>,
}

/// In what the two versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Only the version that runs wanted the order.
    OnlyRunning,
    /// Only the shadow wanted it.
    OnlyShadow,
    /// Both wanted one on that side of the instrument, on other terms.
    OtherTerms,
}

/// One difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Counts up from 1.
    pub number: u64,
    /// What the version that runs wanted, if anything.
    pub running: Option<Wanted>,
    /// What the shadow wanted, if anything.
    pub shadow: Option<Wanted>,
}

impl Difference {
    /// In what they differ.
    pub const fn kind(&self) -> DifferenceKind {
        match (&self.running, &self.shadow) {
            (Some(_), Some(_)) => DifferenceKind::OtherTerms,
            (Some(_), None) => DifferenceKind::OnlyRunning,
            (None, _) => DifferenceKind::OnlyShadow,
        }
    }

    /// When it came up: of two, the earlier.
    pub fn time(&self) -> Timestamp {
        let both = [self.running, self.shadow].into_iter().flatten();
        let times = both.map(|wanted| wanted.order.ts_created);
        times.min().unwrap_or(Timestamp::ZERO)
    }
}

/// What one of the two did since the shadow began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SideReport {
    /// Orders it wanted.
    pub orders: u64,
    /// Of them, and of changes, how many the gate refused.
    pub denied: u64,
    /// Cancels it asked for.
    pub cancels: u64,
    /// Changes it asked for.
    pub changes: u64,
    /// Executions.
    pub fills: u64,
    /// How often it broke.
    pub faults: u64,
    /// What its events cost, of those handled while the shadow traded.
    pub handling: Handling,
    /// What its positions brought since then, in the account's base currency; `None` while part of
    /// them has no price.
    pub profit: Option<Profit>,
    /// What it holds, by instrument; nothing where it is flat.
    pub positions: Vec<(InstrumentId, SignedQuantity)>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowReport {
    /// What is tried, and since when.
    pub view: ShadowView,
    /// Where it is.
    pub state: ShadowState,
    /// Engine time that it has come to.
    pub time: Timestamp,
    /// Inputs it has seen.
    pub inputs: u64,
    /// Inputs and events that wait for it.
    pub waiting: usize,
    /// How far apart in event time orders may be and still be the same decision.
    pub tolerance: Duration,
    /// Orders that both wanted.
    pub matched: u64,
    /// Orders whose counterpart may still come.
    pub open: u64,
    /// Orders that only the version that runs wanted.
    pub only_running: u64,
    /// Orders that only the shadow wanted.
    pub only_shadow: u64,
    /// Pairs of orders on other terms.
    pub other_terms: u64,
    /// The first differences, at most 50.
    pub first: Vec<Difference>,
    /// The latest differences that are not among the first, at most 50.
    pub latest: Vec<Difference>,
    /// What the version that runs did.
    pub running: SideReport,
    /// What the shadow did.
    pub shadow: SideReport,
    /// In a sentence.
    pub verdict: String,
}

impl ShadowReport {
    /// Differences in all.
    pub const fn differences(&self) -> u64 {
        self.only_running + self.only_shadow + self.other_terms
    }
}
