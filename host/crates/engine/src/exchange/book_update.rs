//! How an order book with depth follows its venue's batches, and how our orders stand and fill in it.
//!
//! * Whoever takes walks the levels from the best on, up to its limit. A market order that has walked
//!   all that is shown is cancelled with the rest: what is behind is not known.
//! * A resting order stands behind all that is shown at its price when it comes. Trades at its price
//!   take from the front. A level that shows less than what should stand before it has lost that from
//!   before it; less than that is taken to have left behind it. Where the book is known order by
//!   order, what leaves from before it is known exactly. A trade that the book shows already, by its
//!   time, does not shorten the line twice.
//! * A resting order that the other side's levels reach fills at its own price, by what they show.
//! * After a gap, a crossed book or an impossible level nothing is known until the next snapshot: new
//!   orders are refused, nothing wakes; resting orders still fill by trades.

use super::Desk;
use super::book::{Book, Level, is_within};
use super::depth::{Depth, Shown, Top};
use super::offers::Offer;
use model::{
    BookChanges, BookLevel, BookOrder, BookRefusal, BookScope, BookUpdate, Occasion, Price,
    Quantity, Side, Timestamp,
};

impl Book {
    /// Applies a batch and lets our orders meet the new book. Its top, if both sides have one.
    pub(crate) fn on_book(
        &mut self,
        update: &BookUpdate,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Top>, BookRefusal> {
        let depth = self.depth.get_or_insert_default();
        (self.quoted, self.finer, self.by_bars) = (true, true, false);
        let applied = follows(depth, update).and_then(|()| self.apply(update));
        if let Err(refusal) = applied {
            if !matches!(refusal, BookRefusal::Old { .. }) {
                self.lose_book();
            }
            return Err(refusal);
        }
        self.show_top();
        self.auctions.opened |= self.phase.matches();
        if self.is_idle() || !self.phase.matches() {
            self.reopens &= !self.phase.matches();
        } else {
            self.meet_book(desk);
        }
        Ok(self.top())
    }

    fn meet_book(&mut self, desk: &mut Desk<'_>) {
        let (bid, ask) = (self.bid, self.ask);
        if bid.is_some() || ask.is_some() {
            let touch = |side| match side {
                Side::Buy => ask.map(|level| level.price),
                Side::Sell => bid.map(|level| level.price),
            };
            self.open_at(touch, desk);
        }
        self.fill_limits_in_depth(Side::Buy, desk);
        self.fill_limits_in_depth(Side::Sell, desk);
        self.reopens = false;
        self.wake_triggered(desk);
    }

    fn apply(&mut self, update: &BookUpdate) -> Result<(), BookRefusal> {
        let snapshot = update.scope == BookScope::Snapshot;
        match &update.changes {
            BookChanges::Levels(levels) => self.apply_levels(levels, snapshot, update.ts_event)?,
            BookChanges::Orders(orders) => self.apply_orders(orders, snapshot, update.ts_event)?,
        }
        let Some(depth) = &mut self.depth else {
            return Ok(());
        };
        depth.by_orders = matches!(update.changes, BookChanges::Orders(_));
        depth.applied = Some(update.last);
        if depth.is_crossed() {
            return Err(BookRefusal::Crossed);
        }
        Ok(())
    }

    fn apply_levels(
        &mut self,
        levels: &[BookLevel],
        snapshot: bool,
        ts_event: Timestamp,
    ) -> Result<(), BookRefusal> {
        let Some(depth) = &mut self.depth else {
            return Ok(());
        };
        if snapshot {
            depth.lose();
        }
        for level in levels {
            depth.set_level(level.side, level.price, level.size)?;
            if !self.resting.is_empty() {
                let BookLevel { side, price, size } = *level;
                self.resting.bound_queue(side, price, size, ts_event);
            }
        }
        if snapshot && !self.resting.is_empty() {
            let shown = |side, price| depth.shown(side, price);
            self.resting.bound_queues(shown, ts_event);
        }
        Ok(())
    }

    fn apply_orders(
        &mut self,
        orders: &[BookOrder],
        snapshot: bool,
        ts_event: Timestamp,
    ) -> Result<(), BookRefusal> {
        let Some(depth) = &mut self.depth else {
            return Ok(());
        };
        let gone = match snapshot {
            true if depth.by_orders => depth.missing_from(orders),
            true => {
                depth.lose();
                Vec::new()
            }
            false => Vec::new(),
        };
        for order in gone.iter().chain(orders) {
            self.arrivals += 1;
            let left = depth.set_order(order, self.arrivals)?;
            if let Some(left) = left.filter(|_| !self.resting.is_empty()) {
                self.resting.shorten_behind(&left, ts_event);
                let shown = depth.shown(left.side, left.price);
                self.resting
                    .bound_queue(left.side, left.price, shown, ts_event);
            }
        }
        if snapshot && !self.resting.is_empty() {
            let shown = |side, price| depth.shown(side, price);
            self.resting.bound_queues(shown, ts_event);
        }
        Ok(())
    }

    fn lose_book(&mut self) {
        if let Some(depth) = &mut self.depth {
            depth.lose();
        }
        self.show(None, None);
    }

    /// Makes the best levels of the depth the touch.
    pub(crate) fn show_top(&mut self) {
        let Some(depth) = self.depth.as_ref() else {
            return;
        };
        let level = |shown: Shown| Level {
            price: shown.price,
            left: shown.left,
            size: shown.size,
        };
        let (bid, ask) = (depth.best(Side::Buy), depth.best(Side::Sell));
        self.show(bid.map(level), ask.map(level));
    }

    fn top(&self) -> Option<Top> {
        let depth = self.depth.as_ref()?;
        Some(Top {
            bid: depth.best(Side::Buy)?,
            ask: depth.best(Side::Sell)?,
        })
    }

    /// What a known depth has for an order of `side`, level by level. `None` where there is no depth.
    pub(crate) fn levels_within(
        &self,
        side: Side,
        limit: Option<Price>,
        wanted: Quantity,
    ) -> Option<Vec<(Price, Quantity)>> {
        let depth = self.depth.as_ref()?;
        let mut open = wanted;
        let mut found = Vec::new();
        for level in depth.levels(side.opposite()) {
            let within = limit.is_none_or(|limit| is_within(level.price, limit, side));
            if !within || open.is_zero() {
                break;
            }
            let part = level.left.min(open);
            open = open.saturating_sub(part);
            if !part.is_zero() {
                found.push((level.price, part));
            }
        }
        Some(found)
    }

    /// Takes what an order of `side` got of a level off it.
    pub(crate) fn take_level(&mut self, side: Side, price: Price, quantity: Quantity) {
        if let Some(depth) = &mut self.depth {
            depth.take(side.opposite(), price, quantity);
            self.show_top();
        }
    }

    /// Whether a known depth has less for an order of `side` than it wants; `None` without depth.
    pub(crate) fn depth_lacks(
        &self,
        side: Side,
        limit: Option<Price>,
        wanted: Quantity,
    ) -> Option<bool> {
        let depth = self.depth.as_ref()?;
        let levels = depth.levels(side.opposite());
        let within = |level: &Shown| limit.is_none_or(|limit| is_within(level.price, limit, side));
        let open = levels.take_while(within).try_fold(wanted, |open, level| {
            let open = open.saturating_sub(level.left);
            (!open.is_zero()).then_some(open)
        });
        Some(open.is_some())
    }

    fn fill_limits_in_depth(&mut self, side: Side, desk: &mut Desk<'_>) {
        let Some(Level { price: best, .. }) = *self.opposite(side) else {
            return;
        };
        for id in self.resting.up_to(side, best) {
            let Some(resting) = self.resting.get(id) else {
                continue;
            };
            let limit = resting.price;
            let (occasion, wanted) = match limit == best {
                true => (Occasion::Touched, resting.shown),
                false => (Occasion::Crossed, resting.order.remaining),
            };
            let levels = self.levels_within(side, Some(limit), wanted);
            let levels = levels.unwrap_or_default();
            let auction = levels.last().map(|(price, _)| *price);
            let at = auction.filter(|_| self.reopens).unwrap_or(limit);
            let offer = Offer::to_rest(occasion, at, sum(&levels), limit);
            let mut taken = self.fill_resting(id, &offer, desk);
            for (price, shown) in levels {
                let part = taken.min(shown);
                taken = taken.saturating_sub(part);
                self.take_level(side, price, part);
            }
        }
    }
}

/// Whether a batch continues a book.
fn follows(depth: &Depth, update: &BookUpdate) -> Result<(), BookRefusal> {
    let BookUpdate { first, last, .. } = *update;
    if update.scope == BookScope::Snapshot {
        return Ok(());
    }
    let applied = depth.applied.ok_or(BookRefusal::NoSnapshot)?;
    if last <= applied {
        return Err(BookRefusal::Old { applied, last });
    }
    if first > applied.saturating_add(1) {
        return Err(BookRefusal::Gap { applied, first });
    }
    if depth.by_orders != matches!(update.changes, BookChanges::Orders(_)) {
        return Err(BookRefusal::OtherKind);
    }
    Ok(())
}

/// Parts of what was wanted, so their sum fits.
fn sum(parts: &[(Price, Quantity)]) -> Quantity {
    parts.iter().fold(Quantity::ZERO, |sum, (_, part)| {
        sum.checked_add(*part).unwrap_or(Quantity::MAX)
    })
}
