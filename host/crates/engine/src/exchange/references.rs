//! The prices that triggers watch, as one place knows them now.

use model::{Price, Side, TriggerBy};

/// Bid, ask, last, mark and index of one instrument.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) bid: Option<Price>,
    pub(crate) ask: Option<Price>,
    pub(crate) last: Option<Price>,
    pub(crate) mark: Option<Price>,
    pub(crate) index: Option<Price>,
}

impl References {
    /// The same price everywhere, as along the path of a bar; the index is not part of it.
    pub(crate) const fn all_at(price: Price) -> Self {
        Self {
            bid: Some(price),
            ask: Some(price),
            last: Some(price),
            mark: Some(price),
            index: None,
        }
    }

    /// The price that a trigger of an order of `side` watches; `None` while it is not known.
    pub(crate) fn watched(&self, by: TriggerBy, side: Side) -> Option<Price> {
        let touch = match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        };
        match by {
            TriggerBy::BidAsk => touch.or(self.last),
            TriggerBy::Last => self.last,
            TriggerBy::Mid => self.mid(),
            TriggerBy::Mark => self.mark.or_else(|| self.mid()).or(self.last),
            TriggerBy::Index => self.index,
        }
    }

    fn mid(&self) -> Option<Price> {
        Some(self.bid?.midpoint(self.ask?))
    }
}
