//! Orders the host holds back: good till triggered, of a type the venue lacks, or waiting for the
//! fill of another. They are at no venue and count as no exposure; when their time comes they are
//! judged like any new order and sent. While their instrument is halted or closed they wait on, as
//! they would at a venue.

use super::Engine;
use super::execution::{request_of, update_of};
use crate::agenda::Due;
use crate::exchange::references::References;
use crate::exchange::waiting::{Reached, Waiting};
use crate::journal::codec::fields;
use crate::risk;
use model::{
    DenyCode, InstrumentId, Order, OrderChange, OrderId, OrderKind, OrderRequest, OrderStatus,
    Quantity, Timestamp,
};

/// What one instrument's held orders wait for.
#[derive(Debug, Default)]
pub(crate) struct Held {
    waiting: Waiting,
    arrivals: u64,
    /// Orders whose parent let them go while nothing traded.
    parked: Vec<OrderId>,
}

impl Held {
    /// Waits for nothing any more on behalf of an order.
    fn forget(&mut self, order: OrderId) {
        self.waiting.remove(order);
        self.parked.retain(|parked| *parked != order);
    }
}

impl Engine {
    /// Whether an order cannot go to its venue as it is, or not yet.
    pub(super) fn must_hold(&self, request: &OrderRequest) -> bool {
        let terms = &request.terms;
        terms.hold.is_some() || terms.links.parent.is_some() || self.is_emulated(request)
    }

    /// Whether the venue lacks the order's type, and the host can do its waiting for it.
    fn is_emulated(&self, request: &OrderRequest) -> bool {
        let state = self.market.get(request.instrument);
        let venue = state.and_then(|state| self.venues.get(state.instrument.venue.index()));
        request.kind.waits() && venue.is_some_and(|venue| venue.lacks(request.kind.name()))
    }

    /// Tells that an order is held, and starts what it waits for.
    pub(super) fn hold(&mut self, order: &Order) {
        let expires = self.lapse(order, self.now);
        let expiry =
            (expires != Timestamp::MAX).then(|| self.agenda.add(expires, Due::Expiry(order.id)));
        if let Some(open) = self.orders.get_mut(order.id) {
            open.order.expires = expires;
            open.expiry = expiry;
        }
        let order = Order { expires, ..*order };
        self.introduce(update_of(&order, OrderChange::Emulated, self.now), order);
        self.watch_held(&order);
        self.check_held(order.instrument);
    }

    /// Watches the price that a held order waits for; one that waits for a fill watches none.
    pub(super) fn watch_held(&mut self, order: &Order) {
        if order.terms.links.parent.is_some() && !self.lists.is_freed(order) {
            return;
        }
        let now = self.references(order.instrument);
        let held = self.held.get_mut(order.instrument.index());
        // What only waits for trading to go on waits for no price.
        let Some(held) = held.filter(|held| !held.parked.contains(&order.id)) else {
            return;
        };
        held.waiting.remove(order.id);
        held.arrivals += 1;
        match order.terms.hold {
            Some(trigger) => {
                // A price that must be crossed is reached from where the market is now.
                let at = now.watched(trigger.by, order.side);
                let rises = at.is_none_or(|at| at < trigger.price);
                let (side, arrival) = (order.side, held.arrivals);
                held.waiting
                    .add_trigger(order.id, side, trigger, rises, arrival);
            }
            None => held
                .waiting
                .add(order.id, order.side, &order.kind, held.arrivals),
        }
    }

    /// Lets held orders of an instrument follow the market and go when their price is reached.
    #[inline]
    pub(super) fn check_held(&mut self, instrument: InstrumentId) {
        let idle = |held: &Held| held.waiting.is_empty() && held.parked.is_empty();
        if !self.held.get(instrument.index()).is_none_or(idle) {
            self.look_at_held(instrument);
        }
    }

    fn look_at_held(&mut self, instrument: InstrumentId) {
        if !self.is_trading(instrument) {
            return;
        }
        self.let_parked_go(instrument);
        let at = self.references(instrument);
        self.trail_held(instrument, &at);
        while let Some(reached) = self.next_held(instrument, &at) {
            self.wake_held(&reached);
        }
    }

    fn next_held(&mut self, instrument: InstrumentId, at: &References) -> Option<Reached> {
        let held = self.held.get_mut(instrument.index())?;
        let reached = held.waiting.reached(at)?;
        held.waiting.remove(reached.order);
        Some(reached)
    }

    fn trail_held(&mut self, instrument: InstrumentId, at: &References) {
        let state = self.market.get(instrument);
        let tick = state.map(|state| state.instrument.tick);
        let (Some(tick), Some(held)) = (tick, self.held.get_mut(instrument.index())) else {
            return;
        };
        let mut moved = Vec::new();
        held.waiting
            .follow(at, tick, |order, trigger| moved.push((order, trigger)));
        for (id, trigger) in moved {
            let Some(open) = self.orders.get_mut(id) else {
                continue;
            };
            open.order.trigger = Some(trigger);
            let order = open.order;
            self.publish(update_of(&order, changed(&order), self.now), order);
        }
    }

    fn wake_held(&mut self, reached: &Reached) {
        let Some(order) = self.orders.get(reached.order).map(|open| open.order) else {
            return;
        };
        let state = self.market.get(order.instrument);
        let tick = state.map(|state| state.instrument.tick);
        // What was held for a price goes as what it is; what was emulated goes as what it becomes.
        let kind = match (order.terms.hold, tick) {
            (None, Some(tick)) => order.kind.awake(reached.trigger, tick, order.side),
            _ => Ok(order.kind),
        };
        match kind {
            Ok(kind) => self.release_held(order.id, kind, order.quantity),
            Err(_) => self.end_held(order.id, OrderStatus::Canceled, OrderChange::Canceled),
        }
    }

    /// Sends a held order, if the gate lets it. One that its parent let go while nothing trades waits
    /// for the market; one of a type the venue lacks waits for its own trigger, and whoever called
    /// looks whether the market has reached it.
    pub(super) fn release_held(&mut self, id: OrderId, kind: OrderKind, quantity: Quantity) {
        let open = self.orders.get_mut(id);
        let Some(open) = open.filter(|open| open.is_held()) else {
            return;
        };
        if let Some(held) = self.held.get_mut(open.order.instrument.index()) {
            held.forget(id);
        }
        let price_is_new = kind.price() != open.order.kind.price();
        open.order.kind = kind;
        open.order.terms.hold = None;
        open.order.trigger = kind.trigger().map(|trigger| trigger.price);
        self.size_held(id, quantity);
        let Some(order) = self.orders.get(id).map(|open| open.order) else {
            return;
        };
        let request = request_of(&order);
        if self.is_emulated(&request) {
            return self.watch_held(&order);
        }
        if !order.time_in_force.is_auction() && !self.is_trading(order.instrument) {
            return self.park(&order);
        }
        if price_is_new {
            // A trailing stop's limit is known only now.
            self.publish(update_of(&order, changed(&order), self.now), order);
        }
        let Some(order) = self.move_order(id, OrderStatus::Released) else {
            return;
        };
        self.publish(update_of(&order, OrderChange::Released, self.now), order);
        match self.approve_held(&order, &request) {
            Ok(()) => self.send(&order),
            Err(code) => self.deny_held(id, code),
        }
    }

    /// Gives a held order its quantity, and tells if that is another one.
    pub(super) fn size_held(&mut self, id: OrderId, quantity: Quantity) {
        let open = self.orders.get_mut(id);
        let Some(open) = open.filter(|open| open.order.quantity != quantity) else {
            return;
        };
        open.order.quantity = quantity;
        let order = open.order;
        self.publish(update_of(&order, changed(&order), self.now), order);
    }

    fn park(&mut self, order: &Order) {
        if let Some(held) = self.held.get_mut(order.instrument.index()) {
            held.parked.push(order.id);
        }
    }

    fn let_parked_go(&mut self, instrument: InstrumentId) {
        let held = self.held.get_mut(instrument.index());
        let parked = held.map(|held| std::mem::take(&mut held.parked));
        for id in parked.unwrap_or_default() {
            let Some(order) = self.orders.get(id).map(|open| open.order) else {
                continue;
            };
            self.release_held(id, order.kind, order.quantity);
        }
    }

    fn is_trading(&self, instrument: InstrumentId) -> bool {
        let state = self.market.get(instrument);
        state.is_some_and(|state| state.is_trading(self.now))
    }

    fn approve_held(&mut self, order: &Order, request: &OrderRequest) -> Result<(), DenyCode> {
        self.take_in_marks();
        let open = self.orders.get(order.id).ok_or(DenyCode::List)?;
        let context = self.context(order.strategy, request, Some(open));
        let approved = risk::judge(&context)?;
        let facts = self.facts(&context, order.parent, false);
        self.ask_rules(facts)?;
        let reserved = approved.reservation();
        self.count_on_order(order, order.remaining())?;
        let locked = self.lock(order.account, reserved.currency, reserved.amount);
        let open = self.orders.get_mut(order.id);
        let (Ok(()), Some(open)) = (locked, open) else {
            let holding = self.holdings.entry(order.strategy, order.instrument);
            let on_order = holding.on_order_mut(order.side);
            *on_order = on_order.saturating_sub(order.remaining());
            return Err(DenyCode::Conversion);
        };
        open.approval = Some(approved);
        open.reserved = reserved;
        open.order.status = OrderStatus::Submitted;
        open.before = OrderStatus::Submitted;
        self.note_message(order.strategy, order.instrument);
        self.follow_order(order.id);
        Ok(())
    }

    fn deny_held(&mut self, id: OrderId, code: DenyCode) {
        self.memory.count_denial(code);
        self.end_held(id, OrderStatus::Denied, OrderChange::Denied(code));
    }

    /// Ends an order that never left.
    pub(super) fn end_held(&mut self, id: OrderId, status: OrderStatus, change: OrderChange) {
        if let Some(open) = self.orders.get(id)
            && let Some(held) = self.held.get_mut(open.order.instrument.index())
        {
            held.forget(id);
        }
        if let Some(order) = self.move_order(id, status) {
            self.publish(update_of(&order, change, self.now), order);
        }
    }

    fn references(&self, instrument: InstrumentId) -> References {
        let Some(state) = self.market.get(instrument) else {
            return References::default();
        };
        References {
            bid: state.quote.map(|quote| quote.bid),
            ask: state.quote.map(|quote| quote.ask),
            last: state.last,
            mark: state.venue_mark,
            index: state.index,
        }
    }
}

/// An order's terms as they are now, as news.
pub(super) fn changed(order: &Order) -> OrderChange {
    OrderChange::Updated {
        price: order.kind.price(),
        trigger: order.trigger,
    }
}

fields! {
    Held { waiting, arrivals, parked }
}
