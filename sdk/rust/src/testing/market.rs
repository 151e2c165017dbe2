//! One instrument's market as the venue of the harness sees it.

use crate::{Price, Side, TriggerBy};

/// Best bid and ask, both the last price where only trades or bars came, and the last price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Market {
    pub(super) bid: Price,
    pub(super) ask: Price,
    last: Option<Price>,
}

impl Market {
    pub(super) fn quote(&mut self, bid: Price, ask: Price) {
        (self.bid, self.ask) = (bid, ask);
    }

    pub(super) fn trade(&mut self, price: Price) {
        (self.bid, self.ask, self.last) = (price, price, Some(price));
    }

    /// What an order of `side` would take.
    pub(super) const fn touch(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }

    /// The price a trigger of an order of `side` watches.
    pub(super) fn watched(&self, by: TriggerBy, side: Side) -> Option<Price> {
        match by {
            TriggerBy::BidAsk => Some(self.touch(side)),
            TriggerBy::Last => self.last,
            TriggerBy::Mid => Some(self.bid.midpoint(self.ask)),
            TriggerBy::Mark | TriggerBy::Index => panic!(
                "the venue of the harness has no mark or index prices: answer such orders by hand, \
                 without Setup::fills"
            ),
        }
    }

    /// Whether an order of `side` at `limit` would take liquidity.
    pub(super) fn is_marketable(&self, side: Side, limit: Price) -> bool {
        match side {
            Side::Buy => self.ask <= limit,
            Side::Sell => self.bid >= limit,
        }
    }
}
