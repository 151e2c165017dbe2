//! One side's order and what is going on with it.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{Context, OrderId, Timestamp};

/// One side of the quote. The id may name an order that has closed meanwhile; the context knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
pub(crate) struct Quoting {
    /// The order sent last.
    pub(crate) order: Option<OrderId>,
    /// Whether its withdrawal was asked for.
    pub(crate) canceling: bool,
    /// No order before this moment.
    pub(crate) resume: Timestamp,
}

impl Quoting {
    /// Asks for the order to be withdrawn, once.
    pub(crate) fn cancel(&mut self, context: &mut Context<'_>) {
        let open = self.order.filter(|id| context.order(*id).is_some());
        if let (Some(order), false) = (open, self.canceling) {
            self.canceling = true;
            context.cancel(order);
        }
    }
}
