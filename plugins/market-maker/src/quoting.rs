//! One side's order and what is going on with it.

use crate::REFUSAL_PAUSE;
use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{Context, OrderEvent, OrderId, Timestamp};

/// One side of the quote. The id may name an order that has closed meanwhile; the context knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
pub(crate) struct Quoting {
    /// The order sent last.
    pub(crate) order: Option<OrderId>,
    /// No order, and no change of one, before this moment.
    pub(crate) resume: Timestamp,
}

impl Quoting {
    /// Asks for the order to be withdrawn.
    pub(crate) fn cancel(&mut self, context: &mut Context<'_>) {
        if let Some(order) = self.order.filter(|id| context.order(*id).is_some()) {
            context.cancel(order);
        }
    }

    /// Lets the side rest after a refusal by the host: asking again at once would be refused again.
    pub(crate) fn rest(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
        let (order, change) = (event.order, event.change);
        context.warn(format_args!("order {order}: {change}"));
        self.resume = event.ts_event + REFUSAL_PAUSE;
    }
}
