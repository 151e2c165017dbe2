//! Phases of a market and the auctions between them: at-the-open orders fill at the first price after
//! the opening, at-the-close orders at the last price of the session, all at one price, whatever
//! their size. What its limit keeps out of the auction expires.
//!
//! An instrument without sessions that is fed by bars has one session a bar: at-the-open fills at the
//! bar's open, at-the-close at its close. Fed by quotes or trades it has no auctions, and the venue
//! refuses such orders.

use super::book::{Book, is_within};
use super::{Desk, ReportKind, VenueOrder};
use model::{Bar, Liquidity, OrderId, OrderKind, Price, Side, TimeInForce, Timestamp};

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

/// Orders that wait for an auction.
#[derive(Debug, Default)]
pub(crate) struct Auctions {
    opening: Vec<VenueOrder>,
    closing: Vec<VenueOrder>,
}

impl Auctions {
    pub(crate) fn is_empty(&self) -> bool {
        self.opening.is_empty() && self.closing.is_empty()
    }

    fn line(&mut self, time_in_force: TimeInForce) -> Option<&mut Vec<VenueOrder>> {
        match time_in_force {
            TimeInForce::AtTheOpen => Some(&mut self.opening),
            TimeInForce::AtTheClose => Some(&mut self.closing),
            _ => None,
        }
    }

    pub(crate) fn get(&self, id: OrderId) -> Option<&VenueOrder> {
        let mut all = self.opening.iter().chain(&self.closing);
        all.find(|order| order.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: OrderId) -> Option<&mut VenueOrder> {
        let mut all = self.opening.iter_mut().chain(&mut self.closing);
        all.find(|order| order.id == id)
    }

    pub(crate) fn remove(&mut self, id: OrderId) -> Option<VenueOrder> {
        for line in [&mut self.opening, &mut self.closing] {
            if let Some(place) = line.iter().position(|order| order.id == id) {
                return Some(line.remove(place));
            }
        }
        None
    }
}

impl Book {
    /// Takes an order for an auction, where there is one to come.
    pub(crate) fn insert_for_auction(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        let auctioned = matches!(order.kind, OrderKind::Market | OrderKind::Limit { .. });
        let held = match self.phase {
            Phase::Always => self.by_bars,
            Phase::Open | Phase::Closed(_) => true,
            Phase::Halted => false,
        };
        let line = self.auctions.line(order.time_in_force);
        let Some(line) = line.filter(|_| auctioned && held) else {
            return desk.report(&order, ReportKind::Rejected);
        };
        line.push(order);
        desk.report(&order, ReportKind::Accepted);
    }

    pub(crate) fn set_phase(&mut self, phase: Phase, desk: &mut Desk<'_>) {
        let before = std::mem::replace(&mut self.phase, phase);
        match (before, phase) {
            // What no bar of the last session served will not be served by this one.
            (Phase::Closed(_), Phase::Open) => self.lapse(TimeInForce::AtTheClose, desk),
            (Phase::Open, Phase::Closed(_)) => {
                self.lapse(TimeInForce::AtTheOpen, desk);
                if !self.by_bars {
                    self.close_at_last_price(desk);
                }
            }
            _ => {}
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
    pub(crate) fn open_at(&mut self, price: impl Fn(Side) -> Price, desk: &mut Desk<'_>) {
        let orders = std::mem::take(&mut self.auctions.opening);
        self.run_auction(orders, price, desk);
    }

    /// The close of a bar that ends its session.
    pub(crate) fn close_with_bar(&mut self, bar: &Bar, desk: &mut Desk<'_>) {
        let ends = match self.phase {
            Phase::Always => true,
            Phase::Closed(since) => bar.ts_event >= since,
            Phase::Open | Phase::Halted => false,
        };
        if ends {
            let orders = std::mem::take(&mut self.auctions.closing);
            self.run_auction(orders, |_| bar.close, desk);
        }
    }

    fn close_at_last_price(&mut self, desk: &mut Desk<'_>) {
        let (last, bid, ask) = (self.last, self.bid, self.ask);
        let price = |side| match side {
            Side::Buy => last.or(ask.map(|level| level.price)),
            Side::Sell => last.or(bid.map(|level| level.price)),
        };
        let orders = std::mem::take(&mut self.auctions.closing);
        let (priced, lost): (Vec<_>, Vec<_>) = orders
            .into_iter()
            .partition(|order| price(order.side).is_some());
        self.run_auction(priced, |side| price(side).unwrap_or(Price::ZERO), desk);
        for order in lost {
            desk.report(&order, ReportKind::Expired);
        }
    }

    fn run_auction(
        &mut self,
        orders: Vec<VenueOrder>,
        price: impl Fn(Side) -> Price,
        desk: &mut Desk<'_>,
    ) {
        for mut order in orders {
            let price = price(order.side);
            let within = order
                .kind
                .price()
                .is_none_or(|limit| is_within(price, limit, order.side));
            if within {
                let quantity = order.remaining;
                self.fill(&mut order, price, quantity, Liquidity::Taker, desk);
            } else {
                desk.report(&order, ReportKind::Expired);
            }
        }
    }

    fn lapse(&mut self, time_in_force: TimeInForce, desk: &mut Desk<'_>) {
        let line = self.auctions.line(time_in_force).map(std::mem::take);
        for order in line.unwrap_or_default() {
            desk.report(&order, ReportKind::Expired);
        }
    }
}
