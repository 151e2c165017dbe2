//! Proof that an order passed the gate.

use crate::account::Reservation;
use model::OrderRequest;

/// An order that passed every control. The constructor is visible to the gate alone, so code that
/// sends an order cannot be written without having asked.
#[derive(Debug, Clone)]
pub(crate) struct Approved {
    request: OrderRequest,
    sequence: u64,
    reservation: Reservation,
}

impl Approved {
    pub(super) fn new(request: OrderRequest, sequence: u64, reservation: Reservation) -> Self {
        Self {
            request,
            sequence,
            reservation,
        }
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
