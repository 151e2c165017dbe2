//! A venue outside the engine, as configured.

use model::Duration;

/// How the engine deals with a venue outside it. Orders leave for it as
/// [`Effect::Outbound`](crate::Effect::Outbound), and it answers by reports and snapshots. It begins
/// disconnected, and its accounts unreconciled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternalVenue {
    /// How long an answer may take, in engine time, before an order is in doubt and the venue is
    /// asked about it.
    pub answer_within: Duration,
    /// How often all is compared with what the venue holds; zero for only when somebody asks, and
    /// whenever it is connected.
    pub reconcile_every: Duration,
    /// What becomes of open orders that were not sent from here.
    pub foreign_orders: ForeignOrders,
    /// How many executions, and how many closed orders, are remembered to know them again.
    pub remembers: u32,
}

impl Default for ExternalVenue {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(5),
            reconcile_every: Duration::from_secs(60),
            foreign_orders: ForeignOrders::Adopt,
            remembers: 65_536,
        }
    }
}

/// What becomes of open orders at a venue that were not sent from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignOrders {
    /// The account's adopting strategy takes them on.
    #[default]
    Adopt,
    /// They are cancelled.
    Cancel,
}
