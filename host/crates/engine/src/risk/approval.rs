//! Proof that an order passed the gate.

use crate::account::Reservation;
use crate::journal::codec::fields;
use model::OrderRequest;

/// An order that passed every control. The constructor is visible to the gate alone, so code that
/// sends an order cannot be written without having asked.
#[derive(Debug, Clone)]
pub(crate) struct Approved {
    request: OrderRequest,
    sequence: u64,
    reservation: Reservation,
    liquidation: bool,
}

impl Approved {
    pub(super) fn new(request: OrderRequest, sequence: u64, reservation: Reservation) -> Self {
        Self {
            request,
            sequence,
            reservation,
            liquidation: false,
        }
    }

    /// The same for an order that closes a position for its account; it holds nothing back.
    pub(super) fn of_liquidation(request: OrderRequest, sequence: u64) -> Self {
        let liquidation = true;
        Self {
            liquidation,
            ..Self::new(request, sequence, Reservation::default())
        }
    }

    /// Whether the order closes a position for its account.
    pub(crate) fn is_liquidation(&self) -> bool {
        self.liquidation
    }

    pub(crate) fn request(&self) -> &OrderRequest {
        &self.request
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn reservation(&self) -> Reservation {
        self.reservation
    }
}

fields! {
    Approved { request, sequence, reservation, liquidation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{InstrumentId, OrderKind, Quantity, Side};

    #[test]
    fn an_approval_knows_the_input_it_was_given_at() {
        let (kind, quantity) = (OrderKind::Market, Quantity::whole(1).unwrap());
        let request = OrderRequest::new(InstrumentId::new(0), Side::Buy, kind, quantity);
        let own = Approved::new(request, 7, Reservation::default());
        let forced = Approved::of_liquidation(request, 8);
        assert_eq!([own.sequence(), forced.sequence()], [7, 8]);
        assert!(!own.is_liquidation() && forced.is_liquidation());
    }
}
