//! What a venue outside the engine says: reports on orders and executions, and snapshots of all it
//! holds for an account. They are claims, not facts: they come late, twice, out of order or never.

use crate::{
    AccountId, CurrencyId, ExecutionId, InstrumentId, Liquidity, Money, OrderId, OrderKind, Price,
    Quantity, Side, SignedQuantity, TimeInForce, Timestamp, VenueId, VenueOrderId,
};

/// A venue's word on one order or one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueReport {
    /// Which venue.
    pub venue: VenueId,
    /// Whose account there.
    pub account: AccountId,
    /// Our id of the order, where the venue knows it.
    pub order: Option<OrderId>,
    /// The venue's id of the order, where it gives one.
    pub venue_order: Option<VenueOrderId>,
    /// What it says.
    pub kind: VenueReportKind,
    /// When it happened, by the venue's clock.
    pub ts_event: Timestamp,
}

/// The kinds of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VenueReportKind {
    /// It has the order.
    Accepted,
    /// It refused the order, or what is left of it.
    Rejected {
        /// In its own words.
        reason: String,
    },
    /// The order's trigger was reached.
    Triggered,
    /// An execution.
    Filled(VenueExecution),
    /// An execution never happened.
    Busted {
        /// Which.
        execution: ExecutionId,
        /// Above that of the execution it takes back.
        revision: u32,
    },
    /// An execution was other than reported: `revision` is above that of the one it replaces.
    Corrected(VenueExecution),
    /// The order's terms are these now, asked for or not.
    Updated(VenueTerms),
    /// It refused a change.
    UpdateRejected {
        /// In its own words.
        reason: String,
    },
    /// The order, or what was left of it, is withdrawn.
    Canceled,
    /// It refused a cancel.
    CancelRejected {
        /// In its own words.
        reason: String,
    },
    /// The order's time ran out.
    Expired,
    /// Answers a query: it knows no such order.
    Unknown {
        /// The number of the [`Outbound`](crate::Outbound) it answers.
        query: u64,
    },
    /// Answers a query: the order as it is.
    State {
        /// The number of the [`Outbound`](crate::Outbound) it answers.
        query: u64,
        /// The order.
        order: VenueOrder,
    },
}

/// An execution as a venue outside reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueExecution {
    /// Its name, unique for the account together with the revision.
    pub id: ExecutionId,
    /// Zero as first reported; a correction counts up.
    pub revision: u32,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// At what price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// What it cost in the instrument's quote currency; where the venue does not say, the
    /// instrument's fees give it.
    pub fee: Option<Money>,
    /// Maker or taker.
    pub liquidity: Liquidity,
}

/// What of an order can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueTerms {
    /// How much in all, what is filled included.
    pub quantity: Quantity,
    /// The limit price, where it has one.
    pub price: Option<Price>,
    /// The price that wakes it, where it still waits for one.
    pub trigger: Option<Price>,
}

/// An order as the venue holds it, or held it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueOrder {
    /// Our id, where the venue knows it.
    pub order: Option<OrderId>,
    /// The venue's id.
    pub venue_order: VenueOrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices as they are now.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// How much in all.
    pub quantity: Quantity,
    /// How much is done.
    pub filled: Quantity,
    /// Where it is in its life.
    pub status: VenueOrderStatus,
}

/// Where an order is in its life at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VenueOrderStatus {
    /// It can fill, or waits for its trigger.
    Working,
    /// Its trigger was reached, and it can fill.
    Triggered,
    /// All of it is done.
    Filled,
    /// What was left of it is withdrawn.
    Canceled,
    /// It was refused.
    Rejected,
    /// Its time ran out.
    Expired,
}

impl VenueOrderStatus {
    /// Whether the order can still fill.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Working | Self::Triggered)
    }
}

/// Everything a venue holds for an account at one moment: the answer to a request for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueSnapshot {
    /// Which venue.
    pub venue: VenueId,
    /// Whose account there.
    pub account: AccountId,
    /// The number of the [`Outbound`](crate::Outbound) it answers.
    pub request: u64,
    /// The moment it shows, by the venue's clock: every execution up to and including it, none after.
    pub as_of: Timestamp,
    /// All open orders.
    pub orders: Vec<VenueOrder>,
    /// All executions made or revised after the moment the request named, in the order of their times.
    pub executions: Vec<SnapshotExecution>,
    /// What the account holds, netted over an instrument; what is not listed is not held.
    pub positions: Vec<VenuePosition>,
    /// Total balances, where the venue gives them.
    pub balances: Vec<(CurrencyId, Money)>,
}

/// An execution in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotExecution {
    /// Our id of its order, where the venue knows it.
    pub order: Option<OrderId>,
    /// The venue's id of its order, where it gives one.
    pub venue_order: Option<VenueOrderId>,
    /// The execution, in its latest revision.
    pub execution: VenueExecution,
    /// Whether that revision says that it never happened.
    pub busted: bool,
    /// When it happened, by the venue's clock.
    pub ts_event: Timestamp,
}

/// A position as the venue holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenuePosition {
    /// In what.
    pub instrument: InstrumentId,
    /// Long is positive.
    pub quantity: SignedQuantity,
    /// What it cost on average, where the venue says.
    pub average_price: Option<Price>,
}
