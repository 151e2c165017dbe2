//! Whether an account agrees with its venue, and what was asked to find out.

use crate::agenda::Ticket;
use crate::effect::Standing;
use crate::journal::codec::fields;
use model::{InstrumentId, Price, SignedQuantity, StrategyId, Timestamp, VenueId};

/// An account at a venue outside.
#[derive(Debug)]
pub(crate) struct AtVenue {
    pub(crate) venue: VenueId,
    pub(crate) standing: Standing,
    /// Up to this moment, by the venue's clock, all executions are known.
    pub(crate) since: Timestamp,
    /// The snapshot that was asked for and when.
    pub(crate) request: Option<(u64, Timestamp)>,
    /// Whether its answer may be from before something that made the account doubtful.
    pub(crate) again: bool,
    /// Whether somebody asked for another one meanwhile.
    pub(crate) repeat: bool,
    /// When to ask next.
    pub(crate) next: Option<Ticket>,
    /// Who takes over what nobody here sent.
    pub(crate) adopter: Option<StrategyId>,
    /// Whether a snapshot is being compared, and found flawed so far.
    pub(crate) comparing: bool,
    pub(crate) flawed: bool,
    /// When it was last asked.
    pub(crate) asked: Option<Timestamp>,
    /// Positions that nothing explains.
    pub(crate) differences: Vec<Difference>,
}

/// A position that differs from the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) instrument: InstrumentId,
    /// What the venue holds more than we count.
    pub(crate) missing: SignedQuantity,
    /// What it cost there on average.
    pub(crate) average_price: Option<Price>,
}

impl AtVenue {
    pub(super) fn new(venue: VenueId, since: Timestamp) -> Self {
        Self {
            venue,
            standing: Standing::Unknown,
            since,
            request: None,
            again: false,
            repeat: false,
            next: None,
            adopter: None,
            comparing: false,
            flawed: false,
            asked: None,
            differences: Vec::new(),
        }
    }
}

fields! {
    AtVenue {
        venue, standing, since, request, again, repeat, next, adopter, comparing, flawed, asked,
        differences,
    }
    Difference { instrument, missing, average_price }
}
