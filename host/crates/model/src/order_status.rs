//! The life of an order as one table. Anything not in it is an error.

/// Where an order is in its life (FIX names). *Denied* is our refusal, *Rejected* the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrderStatus {
    /// Made, not yet judged.
    Initialized,
    /// Refused by us; it never left.
    Denied,
    /// Held by us because the venue lacks the type.
    Emulated,
    /// Let go by the emulator.
    Released,
    /// Sent to the venue.
    Submitted,
    /// The venue has it.
    Accepted,
    /// Refused by the venue.
    Rejected,
    /// Its trigger was reached.
    Triggered,
    /// A change is on its way.
    PendingUpdate,
    /// A cancel is on its way.
    PendingCancel,
    /// Some of it is done.
    PartiallyFilled,
    /// All of it is done.
    Filled,
    /// Withdrawn.
    Canceled,
    /// Its time ran out.
    Expired,
}

impl OrderStatus {
    /// Every status, in the order of the table.
    pub const ALL: [OrderStatus; 14] = [
        Self::Initialized,
        Self::Denied,
        Self::Emulated,
        Self::Released,
        Self::Submitted,
        Self::Accepted,
        Self::Rejected,
        Self::Triggered,
        Self::PendingUpdate,
        Self::PendingCancel,
        Self::PartiallyFilled,
        Self::Filled,
        Self::Canceled,
        Self::Expired,
    ];

    /// Whether an order may move from this status to `to`. In-flight statuses also return to the
    /// status they came from, which is one of those listed for them.
    pub const fn may_become(self, to: OrderStatus) -> bool {
        use OrderStatus::{
            Accepted, Canceled, Denied, Emulated, Expired, Filled, Initialized, PartiallyFilled,
            PendingCancel, PendingUpdate, Rejected, Released, Submitted, Triggered,
        };
        match self {
            Initialized => matches!(
                to,
                Denied
                    | Emulated
                    | Released
                    | Submitted
                    | Accepted
                    | Rejected
                    | Canceled
                    | Expired
                    | Triggered
            ),
            Emulated => matches!(to, Released | Canceled | Expired),
            Released => matches!(to, Submitted | Denied | Canceled),
            Submitted => matches!(
                to,
                Accepted
                    | Rejected
                    | Canceled
                    | PendingUpdate
                    | PendingCancel
                    | PartiallyFilled
                    | Filled
            ),
            Accepted => matches!(
                to,
                Triggered
                    | PendingUpdate
                    | PendingCancel
                    | Canceled
                    | Expired
                    | Rejected
                    | PartiallyFilled
                    | Filled
            ),
            Triggered => matches!(
                to,
                PendingUpdate
                    | PendingCancel
                    | Canceled
                    | Expired
                    | Rejected
                    | PartiallyFilled
                    | Filled
            ),
            PendingUpdate => matches!(
                to,
                Submitted
                    | PendingCancel
                    | Accepted
                    | Triggered
                    | Canceled
                    | Expired
                    | Rejected
                    | PartiallyFilled
                    | Filled
            ),
            PendingCancel => matches!(
                to,
                Submitted
                    | Triggered
                    | PendingUpdate
                    | Canceled
                    | Accepted
                    | Expired
                    | Rejected
                    | PartiallyFilled
                    | Filled
            ),
            PartiallyFilled => matches!(
                to,
                PendingUpdate | PendingCancel | Canceled | Expired | PartiallyFilled | Filled
            ),
            Canceled => matches!(to, PartiallyFilled | Filled),
            Denied | Rejected | Expired | Filled => false,
        }
    }

    /// Whether the order's life is over.
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::Rejected | Self::Canceled | Self::Expired | Self::Filled
        )
    }

    /// Whether an answer from the venue is awaited.
    pub const fn is_in_flight(self) -> bool {
        matches!(
            self,
            Self::Submitted | Self::PendingUpdate | Self::PendingCancel
        )
    }

    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initialized => "INITIALIZED",
            Self::Denied => "DENIED",
            Self::Emulated => "EMULATED",
            Self::Released => "RELEASED",
            Self::Submitted => "SUBMITTED",
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
            Self::Triggered => "TRIGGERED",
            Self::PendingUpdate => "PENDING_UPDATE",
            Self::PendingCancel => "PENDING_CANCEL",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Filled => "FILLED",
            Self::Canceled => "CANCELED",
            Self::Expired => "EXPIRED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_statuses_lead_nowhere_but_for_a_fill_in_flight_at_cancel() {
        for from in OrderStatus::ALL
            .into_iter()
            .filter(|status| status.is_closed())
        {
            for to in OrderStatus::ALL {
                let in_flight_fill = from == OrderStatus::Canceled
                    && matches!(to, OrderStatus::PartiallyFilled | OrderStatus::Filled);
                assert_eq!(from.may_become(to), in_flight_fill, "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn nothing_returns_to_initialized_and_open_orders_can_end() {
        for from in OrderStatus::ALL {
            assert!(!from.may_become(OrderStatus::Initialized));
            if !from.is_closed() {
                assert!(from.may_become(OrderStatus::Canceled), "{from:?}");
            }
        }
    }
}
