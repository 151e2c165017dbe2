//! An order by hand, as a person or a program outside the host names it.

use model::{
    AlgorithmCall, InstrumentId, OrderId, OrderKind, OrderRequest, Quantity, Side, Terms,
    TimeInForce,
};

/// An order by hand: names instead of handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTicket {
    /// Symbol.
    pub instrument: String,
    /// The manual strategy's name; `manual` when `None`. All orders of a list name the same.
    pub strategy: Option<String>,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// Flags, display quantity, the price it is held for, its place in a list, its tag.
    pub terms: Terms,
    /// The client's own number; the same number again is denied. Zero for none.
    pub intent: u64,
    /// The algorithm that is to work it; none in a list.
    pub algorithm: Option<AlgorithmCall>,
}

impl OrderTicket {
    /// The request; the engine assigns its id.
    pub(crate) fn request(&self, instrument: InstrumentId) -> OrderRequest {
        OrderRequest {
            id: OrderId::default(),
            instrument,
            side: self.side,
            kind: self.kind,
            quantity: self.quantity,
            time_in_force: self.time_in_force,
            terms: self.terms,
            intent: self.intent,
        }
    }
}
