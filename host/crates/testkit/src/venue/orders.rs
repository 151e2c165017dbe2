//! Orders on their way in: taken, refused, changed, withdrawn.

use super::{FakeVenue, name, number_of};
use model::{
    AccountId, Amendment, InstrumentId, OrderId, OrderKind, OrderRequest, Price, Quantity, Side,
    TimeInForce, Timestamp, VenueOrderId, VenueOrderStatus, VenueReport, VenueReportKind,
    VenueTerms,
};

/// An order as the venue holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldOrder {
    /// Whose.
    pub account: AccountId,
    /// Our id, where it is one of ours.
    pub order: Option<OrderId>,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices as they are now.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// How much in all.
    pub quantity: Quantity,
    /// How much is done.
    pub filled: Quantity,
    /// Whether it may only bring the account's position nearer to zero.
    pub reduce_only: bool,
    /// Where it is.
    pub status: VenueOrderStatus,
}

impl HeldOrder {
    /// How much is left of it.
    pub fn remaining(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        matches!(self.time_in_force, TimeInForce::Gtd(until) if until <= now)
    }

    /// Whether it waits for its trigger.
    pub fn is_asleep(&self) -> bool {
        self.kind.waits() && self.status == VenueOrderStatus::Working
    }

    fn trigger(&self) -> Option<Price> {
        let trigger = self.kind.trigger().filter(|_| self.is_asleep());
        trigger.map(|trigger| trigger.price)
    }

    pub(super) fn terms(&self) -> VenueTerms {
        VenueTerms {
            quantity: self.quantity,
            price: self.kind.price(),
            trigger: self.trigger(),
        }
    }
}

impl FakeVenue {
    pub(super) fn insert(&mut self, account: AccountId, request: &OrderRequest) {
        if self.clients.contains_key(&request.id) {
            self.sent_twice.push(request.id);
            return;
        }
        let number = self.hold(HeldOrder {
            account,
            order: Some(request.id),
            instrument: request.instrument,
            side: request.side,
            kind: request.kind,
            time_in_force: request.time_in_force,
            quantity: request.quantity,
            filled: Quantity::ZERO,
            reduce_only: request.terms.reduce_only,
            status: VenueOrderStatus::Working,
        });
        let price = self.prices.get(&request.instrument).copied();
        let takes = price.is_some_and(|price| reaches(request.side, request.kind, price));
        let refused = if self.dice.chance(self.moods.rejects, 100) {
            Some("not today")
        } else if request.terms.post_only && takes {
            Some("it would take liquidity")
        } else {
            None
        };
        if let Some(reason) = refused {
            self.close(number, VenueOrderStatus::Rejected);
            let reason = reason.to_owned();
            return self.report(number, VenueReportKind::Rejected { reason });
        }
        self.report(number, VenueReportKind::Accepted);
        if let Some(price) = price {
            self.tick();
            self.work(number, price);
        }
        self.end_what_does_not_rest(number);
    }

    /// Puts an order on the book, under a number of the venue.
    pub(super) fn hold(&mut self, order: HeldOrder) -> u64 {
        let number = self.orders.len() as u64 + 1;
        if let Some(id) = order.order {
            self.clients.insert(id, number);
        }
        self.open.insert(number);
        self.orders.insert(number, order);
        number
    }

    pub(super) fn close(&mut self, number: u64, status: VenueOrderStatus) {
        if let Some(order) = self.orders.get_mut(&number) {
            order.status = status;
        }
        self.open.remove(&number);
    }

    /// What is left of an order that takes what it gets now.
    fn end_what_does_not_rest(&mut self, number: u64) {
        let Some(order) = self.orders.get(&number) else {
            return;
        };
        let rests = order.time_in_force.rests() && order.kind != OrderKind::Market;
        if self.open.contains(&number) && !rests && !order.is_asleep() {
            self.tick();
            self.close(number, VenueOrderStatus::Canceled);
            self.report(number, VenueReportKind::Canceled);
        }
    }

    pub(super) fn modify(
        &mut self,
        account: AccountId,
        amendment: &Amendment,
        venue_order: Option<&VenueOrderId>,
    ) {
        let id = Some(amendment.order);
        let refused = self.dice.chance(self.moods.update_rejects, 100);
        let found = self.find(account, id, venue_order);
        let found = found.filter(|number| !refused && self.open.contains(number));
        let Some(number) = found else {
            let kind = VenueReportKind::UpdateRejected {
                reason: "too late to change".to_owned(),
            };
            return self.report_on(account, (id, venue_order.cloned()), kind);
        };
        let Some(order) = self.orders.get_mut(&number) else {
            return;
        };
        let quantity = amendment.quantity.unwrap_or(order.quantity);
        if quantity <= order.filled {
            let reason = "more is filled already".to_owned();
            return self.report(number, VenueReportKind::UpdateRejected { reason });
        }
        order.quantity = quantity;
        if let Some(price) = amendment.price {
            order.kind = order.kind.with_price(price);
        }
        if let Some(trigger) = amendment.trigger.filter(|_| order.is_asleep()) {
            order.kind = order.kind.with_trigger(trigger);
        }
        let (terms, instrument) = (order.terms(), order.instrument);
        self.report(number, VenueReportKind::Updated(terms));
        if let Some(price) = self.prices.get(&instrument).copied() {
            self.tick();
            self.work(number, price);
        }
    }

    pub(super) fn cancel(
        &mut self,
        account: AccountId,
        order: Option<OrderId>,
        venue_order: Option<&VenueOrderId>,
    ) {
        let found = self.find(account, order, venue_order);
        match found.filter(|number| self.open.contains(number)) {
            Some(number) => {
                self.close(number, VenueOrderStatus::Canceled);
                self.report(number, VenueReportKind::Canceled);
            }
            None => {
                let kind = VenueReportKind::CancelRejected {
                    reason: "no such open order".to_owned(),
                };
                self.report_on(account, (order, venue_order.cloned()), kind);
            }
        }
    }

    /// An order by our id or by the venue's name.
    pub(super) fn find(
        &self,
        account: AccountId,
        order: Option<OrderId>,
        venue_order: Option<&VenueOrderId>,
    ) -> Option<u64> {
        let ours = order.and_then(|id| self.clients.get(&id).copied());
        let number = ours.or(venue_order.and_then(number_of))?;
        let held = self.orders.get(&number)?;
        (held.account == account).then_some(number)
    }

    pub(super) fn report(&mut self, number: u64, kind: VenueReportKind) {
        if let Some(order) = self.orders.get(&number) {
            let (account, id) = (order.account, order.order);
            self.report_on(account, (id, name(number)), kind);
        }
    }

    pub(super) fn report_on(
        &mut self,
        account: AccountId,
        (order, venue_order): (Option<OrderId>, Option<VenueOrderId>),
        kind: VenueReportKind,
    ) {
        self.said.push(super::Said::Report(VenueReport {
            venue: self.venue,
            account,
            order,
            venue_order,
            kind,
            ts_event: self.now,
        }));
    }
}

/// Whether an order of a kind trades at once where the market trades at `price`.
pub(super) fn reaches(side: Side, kind: OrderKind, price: Price) -> bool {
    match (kind.price(), side) {
        _ if kind.waits() => false,
        (None, _) => true,
        (Some(limit), Side::Buy) => limit >= price,
        (Some(limit), Side::Sell) => limit <= price,
    }
}
