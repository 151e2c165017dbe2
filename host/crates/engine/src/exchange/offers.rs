//! Asking a venue's models: what of an offer an order takes, and what the fill costs. The book says
//! what there is, and keeps account of what is taken; models answer within that.

use super::book::Book;
use super::{Desk, Paid, VenueOrder};
use crate::journal::codec::fields;
use model::{
    FeeQuery, FillAnswer, FillQuery, Liquidity, Money, Occasion, Price, Quantity, Side, TimeInForce,
};

/// What an order can get now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) occasion: Occasion,
    pub(crate) price: Price,
    pub(crate) quantity: Quantity,
    /// The worst price at which the order may fill.
    pub(crate) limit: Option<Price>,
    /// What stands before it, for trades.
    pub(crate) queue: Option<Quantity>,
}

impl Offer {
    /// What somebody may take at a price.
    pub(crate) const fn to_take(price: Price, quantity: Quantity, limit: Option<Price>) -> Self {
        Self {
            occasion: Occasion::Take,
            price,
            quantity,
            limit,
            queue: None,
        }
    }

    /// What an order that rests at `limit` may get at `price`.
    pub(crate) const fn to_rest(
        occasion: Occasion,
        price: Price,
        quantity: Quantity,
        limit: Price,
    ) -> Self {
        Self {
            occasion,
            price,
            quantity,
            limit: Some(limit),
            queue: None,
        }
    }
}

/// How often each best price has moved.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visits {
    bid: u64,
    ask: u64,
}

impl Visits {
    pub(crate) fn count(&mut self, bid: bool, ask: bool) {
        self.bid += u64::from(bid);
        self.ask += u64::from(ask);
    }

    /// Those of the market to orders of a side.
    const fn to(self, side: Side) -> u64 {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }
}

impl Book {
    /// What of an offer fills. `None` where there is nothing, or the model broke.
    pub(crate) fn ask(
        &self,
        order: &VenueOrder,
        offer: &Offer,
        desk: &mut Desk<'_>,
    ) -> Option<FillAnswer> {
        if offer.quantity.is_zero() {
            return None;
        }
        let query = FillQuery {
            order: order.id,
            instrument: self.instrument,
            side: order.side,
            limit: offer.limit,
            remaining: order.remaining,
            occasion: offer.occasion,
            price: offer.price,
            offered: offer.quantity,
            queue: offer.queue,
            tick: self.tick,
            visit: self.visits.to(order.side),
            now: desk.now,
        };
        let answer = desk
            .models
            .fill(&query, order.time_in_force == TimeInForce::Fok);
        answer.filter(|answer| !answer.quantity.is_zero())
    }

    /// Lets an order take what it can of an offer; how much that is.
    pub(crate) fn take(
        &mut self,
        order: &mut VenueOrder,
        offer: &Offer,
        desk: &mut Desk<'_>,
    ) -> Quantity {
        let Some(FillAnswer { price, quantity }) = self.ask(order, offer, desk) else {
            return Quantity::ZERO;
        };
        self.fill(order, price, quantity, Liquidity::Taker, desk);
        quantity
    }

    /// The fee of a fill that is about to happen, noted on its order. `None` where it cannot be told.
    pub(crate) fn charge(
        &self,
        order: &mut VenueOrder,
        (price, quantity, value): (Price, Quantity, Money),
        liquidity: Liquidity,
        desk: &mut Desk<'_>,
    ) -> Option<Money> {
        let paid = order.paid;
        let query = FeeQuery {
            order: order.id,
            instrument: self.instrument,
            account: order.account,
            side: order.side,
            liquidity,
            price,
            quantity,
            value,
            filled: order.filled(),
            filled_value: paid.value,
            charged: paid.fees,
            accrued: paid.accrued,
            turnover: desk.turnover(order.account),
            now: desk.now,
        };
        let charge = desk.models.charge(&query, &self.ceiling)?;
        order.paid = Paid {
            value: paid.value.checked_add(value.magnitude().ok()?).ok()?,
            fees: paid.fees.checked_add(charge.fee).ok()?,
            accrued: charge.accrued,
        };
        Some(charge.fee)
    }
}

fields! {
    Visits { bid, ask }
}
