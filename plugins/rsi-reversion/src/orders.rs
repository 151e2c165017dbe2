//! The strategy's working orders by what they are for, and the steps that bring them in line with the
//! position. It decides nothing about when to enter or leave.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{Context, NewOrder, OrderId, OrderList, Position, Price};

/// Working orders by purpose. An id may name an order that has closed meanwhile; the context knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
pub(crate) struct Working {
    /// Opens a position.
    pub(crate) entry: Option<OrderId>,
    /// Protects it.
    pub(crate) stop: Option<OrderId>,
    /// Closes it.
    exit: Option<OrderId>,
    /// Whether the position is to be closed as soon as the other orders are out of the way.
    pub(crate) leaving: bool,
}

impl Working {
    /// Sends an entry, and with it the stop that its fills set free.
    pub(crate) fn enter(&mut self, entry: NewOrder, trigger: Price, context: &mut Context<'_>) {
        let stop = entry.stop_loss(trigger).tag("stop");
        let list = OrderList::one_triggers_other(entry.tag("entry"), [stop]);
        self.entry = context.submit_list(&list);
        self.stop = self.entry.map(|entry| entry.following(1));
    }

    /// An order is closed.
    pub(crate) fn forget(&mut self, order: OrderId) {
        for place in [&mut self.entry, &mut self.stop, &mut self.exit] {
            place.take_if(|id| *id == order);
        }
    }

    /// Brings the orders one step nearer to what the position needs. Called after every change, so
    /// each step waits for the one before.
    pub(crate) fn settle(
        &mut self,
        position: &Position,
        stop_price: Option<Price>,
        context: &mut Context<'_>,
    ) {
        self.drop_closed(context);
        if cancel_all(self.strays(position, context), context) {
            return;
        }
        if position.is_flat() {
            self.leaving = false;
            return;
        }
        if self.exit.is_some() {
            return;
        }
        // Without a price for a stop there can be none, and so no position.
        self.leaving |= self.stop.is_none() && stop_price.is_none();
        if self.leaving {
            let others = [self.entry, self.stop].into_iter().flatten().collect();
            if !cancel_all(others, context) {
                let order = closing(position).reduce_only();
                self.exit = context.submit(&order.tag("exit"));
            }
        } else if self.stop.is_none()
            && let Some(trigger) = stop_price
        {
            let held = NewOrder::market(position.instrument, position.side, position.quantity);
            self.stop = context.submit(&held.stop_loss(trigger).tag("stop"));
        }
    }

    /// Forgets what has closed without an event of its own, such as by being filled.
    fn drop_closed(&mut self, context: &Context<'_>) {
        for place in [&mut self.entry, &mut self.stop, &mut self.exit] {
            place.take_if(|id| context.order(*id).is_none());
        }
    }

    /// Open orders that this instance did not send.
    fn strays(&self, position: &Position, context: &Context<'_>) -> Vec<OrderId> {
        let known = [self.entry, self.stop, self.exit];
        let open = context
            .open_orders(position.instrument)
            .map(|order| order.order);
        open.filter(|id| !known.contains(&Some(*id))).collect()
    }
}

/// A market order that takes a position to zero.
fn closing(position: &Position) -> NewOrder {
    let side = position.side.opposite();
    NewOrder::market(position.instrument, side, position.quantity)
}

/// Withdraws orders; returns whether there are any.
fn cancel_all(orders: Vec<OrderId>, context: &mut Context<'_>) -> bool {
    orders.iter().for_each(|order| context.cancel(*order));
    !orders.is_empty()
}
