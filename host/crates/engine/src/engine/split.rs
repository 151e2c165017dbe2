//! A share splits: positions, prices, bars in the making and orders become what they are in new
//! shares.
//!
//! What of a position is less than a lot afterwards is paid in cash at the mark. Orders follow the
//! rule of US exchanges: at a split into more shares, limit orders and orders with a fixed trigger are
//! adjusted, their quantity rounded down to the lot, limits rounded so that they are never worse, and
//! triggers so that they are never nearer. Orders of lists, for auctions, and those that trail the
//! market are withdrawn; at a split into fewer shares all are.

use super::Engine;
use super::booking::Place;
use super::execution::update_of;
use super::held::changed;
use super::lifecycle::signed_notional;
use crate::orders::OpenOrder;
use crate::ratio::Ratio;
use model::{
    InstrumentId, LifeEventKind, Lifecycle, LifecycleRefusal, Money, NumberError, OrderChange,
    OrderId, OrderStatus, PositionChange, Price, Quantity, SignedQuantity,
};

/// A position in new shares.
struct InNewShares {
    quantity: SignedQuantity,
    /// What is paid for the part below a lot; negative when it was short.
    cash: Money,
    /// What that part cost.
    cost: Money,
}

impl Engine {
    pub(super) fn split(
        &mut self,
        event: &Lifecycle,
        ratio: Ratio,
    ) -> Result<(), LifecycleRefusal> {
        let id = event.instrument;
        let mut booking = self.begin_booking(event.ts_event);
        for (strategy, _) in self.holders(id) {
            self.book_split(&mut booking, (strategy, id), ratio)?;
        }
        let split = LifeEventKind::Split {
            numerator: ratio.numerator,
            denominator: ratio.denominator,
        };
        self.tell_life(id, split, event.ts_event);
        self.refuse_under_way(id);
        self.split_market(id, ratio);
        self.make_true(booking);
        self.split_orders(id, ratio);
        Ok(())
    }

    fn book_split(
        &self,
        booking: &mut super::booking::Booking,
        place: Place,
        ratio: Ratio,
    ) -> Result<(), LifecycleRefusal> {
        if self.hedging(place.0).is_some() {
            // Several positions, each with its own part below a lot.
            return Err(LifecycleRefusal::WrongKind);
        }
        let state = self.market.get(place.1);
        let state = state.ok_or(LifecycleRefusal::WrongKind)?;
        let holding = self.holdings.get(place.0, place.1);
        let position = &holding.position;
        let multiplier = state.instrument.multiplier;
        let (lot, mark) = (state.instrument.lot, state.mark());
        let split = in_new_shares(position, ratio, lot, |quantity| {
            let mark: Price = mark.ok_or(LifecycleRefusal::NotFresh)?;
            Ok(signed_notional(mark, quantity, multiplier)?)
        })?;
        let added = split.quantity.checked_sub(position.quantity)?;
        let realized = split.cash.checked_sub(split.cost)?;
        let mut after = holding;
        after.position.quantity = split.quantity;
        after.position.open_cost = position.open_cost.checked_sub(split.cost)?;
        after.position.realized = position.realized.checked_add(realized)?;
        after.adjusted = holding.adjusted.checked_add(added)?;
        let change = PositionChange::Split;
        self.book_as(booking, place, after, (split.cash, realized), change)?;
        Ok(())
    }

    /// Prices known of the instrument, wherever they are kept.
    fn split_market(&mut self, id: InstrumentId, ratio: Ratio) {
        if let Some(venue) = self.venue_place(id) {
            self.venues[venue].split(id, ratio, self.now, &mut self.reports);
        }
        if let Some(state) = self.market.get_mut(id) {
            state.split(ratio);
        }
        if let Some(listeners) = self.listeners.get_mut(id.index()) {
            for feed in &mut listeners.bars {
                feed.aggregator.split(ratio);
            }
        }
        // A price that only looks like another is no move.
        self.memory.ranges.forget(id);
        if let Some(state) = self.market.get(id) {
            self.memory.exposures.remark(id, state);
            if let Some(mark) = state.mark() {
                self.memory.ranges.note(id, mark, self.now);
            }
        }
    }

    fn split_orders(&mut self, id: InstrumentId, ratio: Ratio) {
        for order in self.orders_on(id) {
            let Some(open) = self.orders.get(order) else {
                continue;
            };
            let kept = ratio.is_forward() && open.order.list.is_none();
            let kept = kept.then_some(ratio);
            if open.is_held() {
                self.split_held(order, kept);
            } else if let Some(venue) = self.venue_place(id) {
                let venue = &mut self.venues[venue];
                venue.split_order(order, id, kept, self.now, &mut self.reports);
            }
        }
    }

    fn split_held(&mut self, id: OrderId, ratio: Option<Ratio>) {
        let state = self.orders.get(id).map(|open| open.order.instrument);
        let state = state.and_then(|instrument| self.market.get(instrument));
        let grid = state.map(|state| (state.instrument.tick, state.instrument.lot));
        let adjusted = ratio
            .zip(grid)
            .and_then(|(ratio, grid)| adjust_held(self.orders.get_mut(id)?, ratio, grid));
        if adjusted.is_none() {
            return self.end_held(id, OrderStatus::Canceled, OrderChange::Canceled);
        }
        if let Some(order) = self.orders.get(id).map(|open| open.order) {
            self.publish(update_of(&order, changed(&order), self.now), order);
            self.watch_held(&order);
        }
    }
}

/// Whole lots and what is left over; the latter is valued by `worth`, which takes old shares.
fn in_new_shares(
    position: &model::PositionState,
    ratio: Ratio,
    lot: Quantity,
    worth: impl Fn(SignedQuantity) -> Result<Money, LifecycleRefusal>,
) -> Result<InNewShares, LifecycleRefusal> {
    let (numerator, denominator) = (i128::from(ratio.numerator), i128::from(ratio.denominator));
    let lot = i128::from(lot.raw());
    let overflow = LifecycleRefusal::Overflow;
    let whole = position
        .quantity
        .raw()
        .checked_mul(numerator)
        .ok_or(overflow)?;
    let lots = whole.checked_div(denominator * lot).ok_or(overflow)?;
    let quantity = lots * lot;
    let rest = whole - quantity * denominator;
    if rest == 0 {
        return Ok(InNewShares {
            quantity: SignedQuantity::from_raw(quantity),
            cash: Money::ZERO,
            cost: Money::ZERO,
        });
    }
    let value = worth(position.quantity)?;
    let part = |of: Money| -> Result<Money, NumberError> { of.prorated(rest, whole) };
    Ok(InNewShares {
        quantity: SignedQuantity::from_raw(quantity),
        cash: part(value)?,
        cost: part(position.open_cost)?,
    })
}

/// A held order in new shares; `None` where nothing would be left of it.
fn adjust_held(open: &mut OpenOrder, ratio: Ratio, grid: (Price, Quantity)) -> Option<()> {
    let (tick, lot) = grid;
    let order = &mut open.order;
    if order.time_in_force.is_auction() {
        return None;
    }
    let kind = ratio.kind(&order.kind, order.side, tick)?;
    let quantity = ratio.quantity_on(order.quantity, lot)?;
    let hold = match order.terms.hold {
        Some(trigger) => Some(ratio.trigger(trigger, tick)?),
        None => None,
    };
    order.kind = kind;
    order.quantity = quantity;
    order.terms.hold = hold;
    order.trigger = kind.trigger().map(|trigger| trigger.price);
    Some(())
}
