//! The strategy's working orders by what they are for, and the rules that keep the stop in step with
//! the position. It decides nothing about when to enter or leave.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{Context, OrderId, Position, Price};

/// Working orders by purpose. An id may name an order that has closed meanwhile; the context knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
pub(crate) struct Working {
    /// Opens a position.
    pub(crate) entry: Option<OrderId>,
    /// Protects it.
    pub(crate) stop: Option<OrderId>,
    /// Closes it.
    closing: Option<OrderId>,
    /// Whether the position is to be closed as soon as the stop is out of the way.
    leaving: bool,
    /// Orders whose withdrawal was asked for.
    canceling: Vec<OrderId>,
}

impl Working {
    /// Asks for an order to be withdrawn, once.
    pub(crate) fn cancel(&mut self, order: OrderId, context: &mut Context<'_>) {
        if !self.canceling.contains(&order) {
            self.canceling.push(order);
            context.cancel(order);
        }
    }

    /// A withdrawal came to nothing; it may be tried again.
    pub(crate) fn cancel_failed(&mut self, order: OrderId) {
        self.canceling.retain(|other| *other != order);
    }

    /// An order is closed.
    pub(crate) fn forget(&mut self, order: OrderId) {
        self.cancel_failed(order);
        for place in [&mut self.entry, &mut self.stop, &mut self.closing] {
            place.take_if(|id| *id == order);
        }
    }

    /// Closes the position, after the stop is gone.
    pub(crate) fn leave(&mut self, position: &Position, context: &mut Context<'_>) {
        self.leaving = true;
        self.protect(position, None, context);
    }

    /// Brings the orders one step nearer to what the position needs. Called after every change, so
    /// each step waits for the one before.
    pub(crate) fn protect(
        &mut self,
        position: &Position,
        stop_price: Option<Price>,
        context: &mut Context<'_>,
    ) {
        self.drop_closed(context);
        if self.cancel_strays(position, context) {
            return;
        }
        let stop = self.stop.and_then(|id| context.order(id)).copied();
        let fits = |remaining, side| remaining == position.quantity && side != position.side;
        match stop {
            Some(stop) if !self.leaving && fits(stop.remaining(), stop.side) => {}
            Some(stop) => self.cancel(stop.order, context),
            None if position.is_flat() => self.leaving = false,
            None if self.leaving => self.close(position, context),
            None => match stop_price {
                Some(trigger) => {
                    let (side, size) = (position.side.opposite(), position.quantity);
                    self.stop = context.stop_market(position.instrument, side, size, trigger);
                }
                // No price can be computed, so there can be no stop, so there is no position.
                None => self.leave(position, context),
            },
        }
    }

    /// Sends the closing market order, unless one is working.
    fn close(&mut self, position: &Position, context: &mut Context<'_>) {
        if self.closing.is_none() {
            let side = position.side.opposite();
            self.closing = context.market(position.instrument, side, position.quantity);
        }
    }

    /// Forgets what has closed without an event of its own, such as by being filled.
    fn drop_closed(&mut self, context: &Context<'_>) {
        for place in [&mut self.entry, &mut self.stop, &mut self.closing] {
            place.take_if(|id| context.order(*id).is_none());
        }
        self.canceling.retain(|id| context.order(*id).is_some());
    }

    /// Withdraws open orders that this instance did not send; returns whether there are any.
    fn cancel_strays(&mut self, position: &Position, context: &mut Context<'_>) -> bool {
        let known = [self.entry, self.stop, self.closing];
        let open = context
            .open_orders(position.instrument)
            .map(|order| order.order);
        let strays: Vec<OrderId> = open.filter(|id| !known.contains(&Some(*id))).collect();
        strays.iter().for_each(|id| self.cancel(*id, context));
        !strays.is_empty()
    }
}
