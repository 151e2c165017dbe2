//! What is at a venue outside and was not sent from here: taken on by the strategy that somebody chose
//! for its account, cancelled, or refused, and then the account differs.

use super::super::Engine;
use super::super::execution::{new_order, update_of};
use super::fills::Claim;
use crate::account::Reservation;
use crate::effect::{Ambiguity, Severity};
use crate::exchange::{ReportKind, Terms};
use crate::input::ForeignOrders;
use crate::orders::OpenOrder;
use crate::outside::Sent;
use model::{
    AccountId, Money, OrderChange, OrderId, OrderKind, OrderRequest, OrderStatus, OutboundCommand,
    Quantity, StrategyId, Timestamp, VenueId, VenueOrder, VenueOrderId, VenueOrderStatus,
};

/// An order as it is first seen.
struct Newcomer {
    account: AccountId,
    strategy: StrategyId,
    request: OrderRequest,
    status: OrderStatus,
    sent: Sent,
}

impl Engine {
    pub(in crate::engine) fn define_adopter(&mut self, strategy: StrategyId) -> Result<(), String> {
        let config = self.strategies.config(strategy);
        let config = config.ok_or("an adopting strategy that is not defined")?;
        if !config.manual {
            return Err(format!("strategy {} is not traded by hand", config.name));
        }
        let (account, name) = (config.account, config.name.clone());
        match self.outside.account_mut(account) {
            Some(at) => {
                at.adopter = Some(strategy);
                Ok(())
            }
            None => Err(format!(
                "strategy {name} trades no account at a venue outside"
            )),
        }
    }

    fn adopter(&self, account: AccountId) -> Option<StrategyId> {
        self.outside.account(account)?.adopter
    }

    /// An execution of an order nobody here knows: an order of its own, filled at once.
    pub(super) fn fill_foreign(&mut self, claim: Claim<'_>, value: Money) -> bool {
        let (account, execution) = (claim.account, claim.execution);
        self.rule(Ambiguity::ForeignExecution, account, None);
        self.alert_account(Severity::Serious, account);
        let request = OrderRequest::new(
            execution.instrument,
            execution.side,
            OrderKind::Limit {
                price: execution.price,
            },
            execution.quantity,
        );
        let sent = seen(claim.venue, account, None, Quantity::ZERO, claim.ts_event);
        let id = self.adopter(account).and_then(|strategy| {
            self.take_in_foreign(Newcomer {
                account,
                strategy,
                request,
                status: OrderStatus::Accepted,
                sent,
            })
        });
        match id {
            Some(id) => self.fill_open(claim, id, value),
            None => {
                self.distrust(account);
                false
            }
        }
    }

    /// An open order nobody here knows, as a snapshot shows it.
    pub(super) fn on_foreign_order(
        &mut self,
        venue: VenueId,
        account: AccountId,
        theirs: &VenueOrder,
        as_of: Timestamp,
    ) {
        self.rule(Ambiguity::ForeignOrder, account, None);
        self.alert_account(Severity::Serious, account);
        let config = self.outside.place(venue).map(|place| place.config);
        let wanted = config.is_some_and(|config| config.foreign_orders == ForeignOrders::Adopt);
        let strategy = self.adopter(account).filter(|_| wanted);
        let newcomer = strategy.and_then(|strategy| {
            let left = theirs.quantity.checked_sub(theirs.filled).ok()?;
            let request = OrderRequest::new(theirs.instrument, theirs.side, theirs.kind, left)
                .lasting(theirs.time_in_force);
            let name = Some(theirs.venue_order.clone());
            Some(Newcomer {
                account,
                strategy,
                request,
                status: match theirs.status {
                    VenueOrderStatus::Triggered => OrderStatus::Triggered,
                    _ => OrderStatus::Accepted,
                },
                sent: seen(venue, account, name, theirs.filled, as_of),
            })
        });
        let taken = newcomer.and_then(|newcomer| self.take_in_foreign(newcomer));
        if taken.is_none() {
            let command = OutboundCommand::Cancel {
                order: theirs.order,
                venue_order: Some(theirs.venue_order.clone()),
            };
            self.post(venue, account, command);
            self.distrust(account);
        }
    }

    /// A snapshot shows less filled of an order that was taken on than before it was, and since: the
    /// venue has taken some of it back, of executions that were never known here. Whatever else could
    /// explain it, the snapshot has listed and it is applied; whether the account agrees the positions
    /// tell.
    pub(super) fn recount_before(&mut self, id: OrderId, theirs: &VenueOrder, as_of: Timestamp) {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get(id)) else {
            return;
        };
        let (venue, before, ours) = (sent.venue, sent.filled_before, open.order.filled);
        let place = self.outside.place(venue);
        let later = place.map_or(0, |place| {
            place.executions.filled_after(sent.account, id, as_of)
        });
        let ours = u128::from(ours.raw()).saturating_sub(later);
        let known = ours + u128::from(before.raw());
        let gone = known.saturating_sub(u128::from(theirs.filled.raw()));
        if let Ok(gone) = u64::try_from(gone)
            && open.foreign
            && gone > 0
        {
            self.take_from_before(id, Quantity::from_raw(gone), as_of);
        }
    }

    /// Less than was thought had been filled of an order before it was taken on: more is left of it.
    pub(super) fn take_from_before(&mut self, id: OrderId, gone: Quantity, as_of: Timestamp) {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get_mut(id)) else {
            return;
        };
        let (order, account) = (open.order, sent.account);
        let left = sent.filled_before.checked_sub(gone);
        let quantity = order.quantity.checked_add(gone);
        let (Ok(left), Ok(quantity)) = (left, quantity) else {
            return;
        };
        sent.filled_before = left;
        self.rule(Ambiguity::Bust, account, Some(id));
        let terms = Terms {
            quantity,
            kind: order.kind,
            trigger: order.trigger,
            answers: false,
        };
        self.take_outside(id, ReportKind::Updated(terms), as_of);
    }

    /// Takes on an order that is at its venue already; `None` where it cannot be counted.
    fn take_in_foreign(&mut self, newcomer: Newcomer) -> Option<OrderId> {
        let Newcomer {
            account,
            strategy,
            mut request,
            status,
            sent,
        } = newcomer;
        let venue = self.market.get(request.instrument)?.instrument.venue;
        if venue != sent.venue || request.quantity.is_zero() {
            return None;
        }
        let id = self.next_order_id()?;
        request.id = id;
        let mut order = new_order(strategy, account, &request, self.now);
        order.status = status;
        if status == OrderStatus::Triggered {
            order.trigger = None;
        }
        self.count_on_order(&order, order.quantity).ok()?;
        self.orders_made += 1;
        self.outside.add(id, sent);
        self.orders.add(OpenOrder {
            order,
            // Its venue holds the money back already; what is left shows in its balances.
            reserved: Reservation::default(),
            approval: None,
            before: status,
            arrives: self.now,
            expiry: None,
            update: None,
            placed_at: None,
            foreign: true,
            uncovered: None,
        });
        self.holdings.entry(strategy, order.instrument).open_orders += 1;
        self.follow_order(id);
        let change = match status {
            OrderStatus::Triggered => OrderChange::Triggered,
            _ => OrderChange::Accepted,
        };
        self.introduce(update_of(&order, change, self.now), order);
        Some(id)
    }

    /// An order that is closed here, or forgotten, is open at its venue: it is cancelled there.
    pub(super) fn on_ghost(&mut self, account: AccountId, order: Option<OrderId>) {
        let Some(venue) = self.outside.account(account).map(|at| at.venue) else {
            return;
        };
        self.rule(Ambiguity::Ghost, account, order);
        self.alert_account(Severity::Serious, account);
        let venue_order = order.and_then(|id| self.name_of(venue, id));
        let command = OutboundCommand::Cancel { order, venue_order };
        self.post(venue, account, command);
        self.distrust(account);
    }
}

/// An order that was first seen at its venue.
fn seen(
    venue: VenueId,
    account: AccountId,
    name: Option<VenueOrderId>,
    filled_before: Quantity,
    told: Timestamp,
) -> Sent {
    Sent {
        venue,
        account,
        name,
        most: Quantity::ZERO,
        filled_before,
        command: 0,
        // Not by us: long ago.
        at: Timestamp::ZERO,
        known: true,
        cancelling: false,
        lapsed: false,
        implied: None,
        deadline: None,
        doubt: None,
        told,
        terms_told: told,
    }
}
