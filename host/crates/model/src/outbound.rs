//! What leaves for a venue outside the engine. Nothing here may be sent before the journal that holds
//! it is committed.

use crate::{AccountId, Amendment, OrderId, OrderRequest, Timestamp, VenueId, VenueOrderId};

/// A message for a venue. Order ids are unique within one journal: whoever sends them must make
/// them unique for ever, by a prefix that names the journal, and take that off again in reports; an
/// order whose prefix is another's was not sent from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Counts up by one over all venues, from one.
    pub number: u64,
    /// Where to.
    pub venue: VenueId,
    /// Whose account there.
    pub account: AccountId,
    /// What.
    pub command: OutboundCommand,
}

/// What a venue is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundCommand {
    /// Take an order. Never sent twice: when no answer comes, a query follows.
    Insert(OrderRequest),
    /// Change an order.
    Modify {
        /// What to change.
        amendment: Amendment,
        /// The venue's id of the order, where known.
        venue_order: Option<VenueOrderId>,
    },
    /// Withdraw an order. May be sent again once the venue has said that it still holds the order.
    Cancel {
        /// Our id; none where the order was not sent from here.
        order: Option<OrderId>,
        /// The venue's id of the order, where known.
        venue_order: Option<VenueOrderId>,
    },
    /// Say what has become of an order: answered by a report of kind `State` or `Unknown`.
    Query {
        /// Our id; none where the order was not sent from here.
        order: Option<OrderId>,
        /// The venue's id of the order, where known.
        venue_order: Option<VenueOrderId>,
    },
    /// Say what there is: answered by a `VenueSnapshot` that names this message's number.
    Snapshot {
        /// Executions up to and including this moment, by the venue's clock, are known already.
        since: Timestamp,
    },
}

impl OutboundCommand {
    /// The order it is about, where it is about one of ours.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Insert(request) => Some(request.id),
            Self::Modify { amendment, .. } => Some(amendment.order),
            Self::Cancel { order, .. } | Self::Query { order, .. } => *order,
            Self::Snapshot { .. } => None,
        }
    }
}
