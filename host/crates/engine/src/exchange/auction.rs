//! Phases of a market and the auctions between them: at-the-open orders fill at the first price after
//! the opening, at-the-close orders at the last price of the session, all at one price, whatever
//! their size. What its limit keeps out of the auction expires.
//!
//! An order belongs to the auction that comes next when it arrives: between sessions to the coming
//! session's, whatever late bars of the last one still arrive. Once a session has its first price the
//! venue refuses orders for its opening.
//!
//! An instrument without sessions that is fed by bars has one session a bar: at-the-open fills at the
//! bar's open, at-the-close at its close. Fed by quotes or trades it has no auctions, and the venue
//! refuses such orders.
//!
//! While an instrument is halted nothing matches, no trigger wakes and none trails. Orders stay and
//! can be withdrawn; new ones are refused. A session that ends halted has no closing auction.
//!
//! Between an opening, or the end of a halt, and the first price after it nobody trades: orders that
//! can rest or sleep are taken, others refused. Resting orders that the first price is beyond fill at
//! that price, as in an auction, and not at their own.

use super::book::{Book, is_within};
use super::offers::Offer;
use super::{Desk, ReportKind, VenueOrder};
use crate::journal::codec::{fields, variants};
use model::{Bar, Occasion, OrderId, OrderKind, Price, Side, TimeInForce, Timestamp};

/// Whether an instrument trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    /// It does, at all times.
    #[default]
    Always,
    /// Its session is on.
    Open,
    /// Between sessions, since then.
    Closed(Timestamp),
    /// Stopped by the venue; orders stay, nothing matches.
    Halted,
}

impl Phase {
    pub(crate) const fn matches(self) -> bool {
        matches!(self, Phase::Always | Phase::Open)
    }
}

/// An order with the session whose auction it waits for.
type Enlisted = (u64, VenueOrder);

/// Orders that wait for an auction.
#[derive(Debug, Default)]
pub(crate) struct Auctions {
    opening: Vec<Enlisted>,
    closing: Vec<Enlisted>,
    /// Counts sessions; between two of them it is still the last one's number.
    session: u64,
    /// Whether the session had its first price.
    pub(crate) opened: bool,
}

impl Auctions {
    pub(crate) fn is_empty(&self) -> bool {
        self.opening.is_empty() && self.closing.is_empty()
    }

    fn line(&mut self, time_in_force: TimeInForce) -> Option<&mut Vec<Enlisted>> {
        match time_in_force {
            TimeInForce::AtTheOpen => Some(&mut self.opening),
            TimeInForce::AtTheClose => Some(&mut self.closing),
            _ => None,
        }
    }

    pub(crate) fn get(&self, id: OrderId) -> Option<&VenueOrder> {
        let mut all = self.opening.iter().chain(&self.closing);
        all.find(|(_, order)| order.id == id)
            .map(|(_, order)| order)
    }

    pub(crate) fn get_mut(&mut self, id: OrderId) -> Option<&mut VenueOrder> {
        let mut all = self.opening.iter_mut().chain(&mut self.closing);
        all.find(|(_, order)| order.id == id)
            .map(|(_, order)| order)
    }

    pub(crate) fn remove(&mut self, id: OrderId) -> Option<VenueOrder> {
        for line in [&mut self.opening, &mut self.closing] {
            if let Some(place) = line.iter().position(|(_, order)| order.id == id) {
                return Some(line.remove(place).1);
            }
        }
        None
    }

    /// Takes out the orders of a line whose session is here or over.
    fn due(&mut self, time_in_force: TimeInForce) -> Vec<VenueOrder> {
        self.take_up_to(time_in_force, self.session)
    }

    fn take_up_to(&mut self, time_in_force: TimeInForce, last: u64) -> Vec<VenueOrder> {
        let Some(line) = self.line(time_in_force).filter(|line| !line.is_empty()) else {
            return Vec::new();
        };
        let (due, later) = std::mem::take(line)
            .into_iter()
            .partition::<Vec<_>, _>(|(session, _)| *session <= last);
        *line = later;
        due.into_iter().map(|(_, order)| order).collect()
    }
}

impl Book {
    /// Takes an order for an auction, where there is one to come.
    pub(crate) fn insert_for_auction(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        let auctioned = matches!(order.kind, OrderKind::Market | OrderKind::Limit { .. });
        let missed = order.time_in_force == TimeInForce::AtTheOpen && self.auctions.opened;
        let session = match self.phase {
            Phase::Always if self.by_bars => Some(self.auctions.session),
            Phase::Open if !missed => Some(self.auctions.session),
            Phase::Closed(_) => Some(self.auctions.session + 1),
            Phase::Always | Phase::Open | Phase::Halted => None,
        };
        let line = self.auctions.line(order.time_in_force);
        let (Some(session), Some(line), true) = (session, line, auctioned) else {
            return desk.report(&order, ReportKind::Rejected);
        };
        line.push((session, order));
        desk.report(&order, ReportKind::Accepted);
        self.keep_reducing(&order, desk);
    }

    pub(crate) fn set_phase(&mut self, phase: Phase, desk: &mut Desk<'_>) {
        let before = std::mem::replace(&mut self.phase, phase);
        let was_closed = matches!(before, Phase::Closed(_));
        let is_closed = matches!(phase, Phase::Closed(_));
        if was_closed && is_closed {
            self.phase = before;
            return;
        }
        if was_closed && !is_closed {
            self.begin_session(desk);
        } else if is_closed && !was_closed {
            self.end_session(before.matches(), desk);
        }
        if !before.matches() && phase.matches() {
            // What was quoted before the opening is not what it opens with.
            self.forget_touch();
        }
    }

    fn begin_session(&mut self, desk: &mut Desk<'_>) {
        // What no bar of the last session served will not be served by this one.
        let last = self.auctions.session;
        for line in [TimeInForce::AtTheOpen, TimeInForce::AtTheClose] {
            let missed = self.auctions.take_up_to(line, last);
            self.lapse(missed, desk);
        }
        self.auctions.session += 1;
        self.auctions.opened = false;
    }

    fn end_session(&mut self, trading: bool, desk: &mut Desk<'_>) {
        if self.by_bars {
            // The bar that ends the session is still to come.
            return;
        }
        let missed = self.auctions.due(TimeInForce::AtTheOpen);
        self.lapse(missed, desk);
        let closing = self.auctions.due(TimeInForce::AtTheClose);
        if trading {
            self.close_at_last_price(closing, desk);
        } else {
            self.lapse(closing, desk);
        }
    }

    /// Whether a bar belongs to a session, also when it arrives just after the close.
    pub(crate) fn is_of_session(&self, bar: &Bar) -> bool {
        match self.phase {
            Phase::Always | Phase::Open => true,
            Phase::Closed(since) => bar.ts_open < since && bar.ts_event >= since,
            Phase::Halted => false,
        }
    }

    /// The first price of a session, or the open of a bar that is one.
    pub(crate) fn open_at(&mut self, price: impl Fn(Side) -> Option<Price>, desk: &mut Desk<'_>) {
        let orders = self.auctions.due(TimeInForce::AtTheOpen);
        self.run_auction(orders, price, desk);
    }

    /// The close of a bar that ends its session.
    pub(crate) fn close_with_bar(&mut self, bar: &Bar, desk: &mut Desk<'_>) {
        let ends = match self.phase {
            Phase::Always => true,
            Phase::Closed(since) => self.is_of_session(bar) && bar.ts_event >= since,
            Phase::Open | Phase::Halted => false,
        };
        if ends {
            let orders = self.auctions.due(TimeInForce::AtTheClose);
            self.run_auction(orders, |_| Some(bar.close), desk);
        }
    }

    fn close_at_last_price(&mut self, orders: Vec<VenueOrder>, desk: &mut Desk<'_>) {
        let (last, bid, ask) = (self.last, self.bid, self.ask);
        let price = |side| match side {
            Side::Buy => last.or(ask.map(|level| level.price)),
            Side::Sell => last.or(bid.map(|level| level.price)),
        };
        self.run_auction(orders, price, desk);
    }

    /// Fills orders at one price; what that keeps out, or cannot be priced, expires.
    fn run_auction(
        &mut self,
        orders: Vec<VenueOrder>,
        price: impl Fn(Side) -> Option<Price>,
        desk: &mut Desk<'_>,
    ) {
        for mut order in orders {
            self.owned.forget(order.id);
            let limit = order.kind.price();
            let within = |at: &Price| limit.is_none_or(|limit| is_within(*at, limit, order.side));
            let Some(at) = price(order.side).filter(within) else {
                desk.report(&order, ReportKind::Expired);
                continue;
            };
            let offer = Offer {
                occasion: Occasion::Auction,
                ..Offer::to_take(at, order.remaining, limit)
            };
            self.take(&mut order, &offer, desk);
            if !order.remaining.is_zero() {
                // It may only reduce, and an order before it left less to reduce.
                desk.report(&order, ReportKind::Canceled);
            }
        }
    }

    fn lapse(&mut self, orders: Vec<VenueOrder>, desk: &mut Desk<'_>) {
        for order in orders {
            self.owned.forget(order.id);
            desk.report(&order, ReportKind::Expired);
        }
    }
}

fields! {
    Auctions { opening, closing, session, opened }
}
variants!(Phase { 0 => Always, 1 => Open, 2 => Closed(since), 3 => Halted });
