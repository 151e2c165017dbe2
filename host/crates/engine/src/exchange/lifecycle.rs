//! What a venue does with its book when an instrument splits, and when a position moves without a
//! trade.

use super::book::{Book, Level};
use super::{Desk, Exchange, ReportKind, Reports, VenueOrder};
use crate::ratio::Ratio;
use model::{InstrumentId, OrderId, Quantity, SignedQuantity, StrategyId, Timestamp};

impl Exchange {
    /// A position is what it is now, without a trade. Orders that may only reduce it follow.
    pub(crate) fn set_owned(
        &mut self,
        instrument: InstrumentId,
        owner: StrategyId,
        owned: SignedQuantity,
        now: Timestamp,
        reports: &mut Reports,
    ) {
        self.with_book(instrument, now, reports, |book, desk| {
            book.owned.set((owner, None), owned);
            book.shrink((owner, None), None, desk);
        });
    }

    /// The instrument splits: the market's prices and sizes become what they are in new shares.
    pub(crate) fn split(
        &mut self,
        instrument: InstrumentId,
        ratio: Ratio,
        now: Timestamp,
        reports: &mut Reports,
    ) {
        self.with_book(instrument, now, reports, |book, _| book.split(ratio));
    }

    /// An order becomes what it is in new shares; without a ratio, or where nothing would be left, it
    /// is withdrawn.
    pub(crate) fn split_order(
        &mut self,
        order: OrderId,
        instrument: InstrumentId,
        ratio: Option<Ratio>,
        now: Timestamp,
        reports: &mut Reports,
    ) {
        self.with_book(instrument, now, reports, |book, desk| {
            book.split_order(order, ratio, desk);
        });
    }
}

impl Book {
    fn split(&mut self, ratio: Ratio) {
        for level in [&mut self.bid, &mut self.ask] {
            *level = level.and_then(|level| {
                let size = ratio.quantity(level.size).unwrap_or(Quantity::MAX);
                Some(Level::new(ratio.price(level.price)?, size))
            });
        }
        self.scale_prices(|price| ratio.price(price));
        if let Some(depth) = &mut self.depth {
            // A new snapshot says what is on the book now.
            depth.lose();
            (self.bid, self.ask) = (None, None);
        }
    }

    fn split_order(&mut self, id: OrderId, ratio: Option<Ratio>, desk: &mut Desk<'_>) {
        let Some(order) = self.take_out(id) else {
            return;
        };
        let adjusted = ratio.and_then(|ratio| self.in_new_shares(&order, ratio));
        let Some(adjusted) = adjusted else {
            return desk.report(&order, ReportKind::Canceled);
        };
        let arrival = self.next_arrival();
        match adjusted.kind.price().filter(|_| !adjusted.kind.waits()) {
            Some(price) => self.resting.add(adjusted, price, None, arrival),
            None => {
                let (side, kind) = (adjusted.side, adjusted.kind);
                self.asleep.insert(id, adjusted);
                self.waiting.add(id, side, &kind, arrival);
            }
        }
        if adjusted.reduce_only {
            self.owned.remember(id, adjusted.holder());
        }
        self.report_terms(&adjusted, false, desk);
    }

    /// Quantity in new shares, rounded down to the lot; what was done stays as it was done. An order
    /// for an auction is for one day, and that is over.
    fn in_new_shares(&self, order: &VenueOrder, ratio: Ratio) -> Option<VenueOrder> {
        if order.time_in_force.is_auction() {
            return None;
        }
        let done = order.quantity.saturating_sub(order.remaining);
        let remaining = ratio.quantity_on(order.remaining, self.lot)?;
        let display = match order.display {
            Some(display) => Some(ratio.quantity_on(display, self.lot)?),
            None => None,
        };
        Some(VenueOrder {
            kind: ratio.kind(&order.kind, order.side, self.tick)?,
            quantity: done.checked_add(remaining).ok()?,
            remaining,
            display,
            ..*order
        })
    }
}
