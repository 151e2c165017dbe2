//! How a finished bar fills orders: the market is taken to have gone open, high, low, close, the
//! extreme nearer to the open first, through every price in between.
//!
//! What the open jumped over fills at the open: a stop at a worse price than its trigger, a limit
//! at a better one than its own. What the market then passes fills at its own price. Bars carry no
//! depth, so size is not limited. Bars of a market that is known by quotes or trades match nothing:
//! what they are made of has matched already.

use super::book::{Book, Level};
use super::ladder::Resting;
use super::offers::Offer;
use super::references::References;
use super::waiting::Reached;
use super::{Desk, ReportKind};
use model::{Bar, Occasion, OrderId, OrderKind, Price, Quantity, Side, TriggerBy};

/// What the market meets next on its way.
enum Met {
    Limit(OrderId, Price),
    Trigger(Reached),
}

impl Book {
    pub(crate) fn on_bar(&mut self, bar: &Bar, desk: &mut Desk<'_>) {
        if self.finer {
            return;
        }
        self.auctions.opened |= self.phase.matches();
        self.visits.count(true, true);
        if !self.is_idle() && self.is_of_session(bar) {
            self.open_at(|_| Some(bar.open), desk);
            self.jump(bar.open, desk);
            let mut at = bar.open;
            for point in path(bar) {
                self.walk(at, point, desk);
                at = point;
            }
        }
        self.reopens &= !self.phase.matches();
        self.last = Some(bar.close);
        self.by_bars = true;
        let level = Some(Level::new(bar.close, Quantity::ZERO));
        self.show(level, level);
        self.close_with_bar(bar, desk);
    }

    /// The market opens at `price` without having traded on the way.
    fn jump(&mut self, price: Price, desk: &mut Desk<'_>) {
        for side in [Side::Buy, Side::Sell] {
            for id in self.resting.up_to(side, price) {
                self.pass_over(id, price, price, desk);
            }
        }
        let at = self.on_path(price);
        while let Some(reached) = self.waiting.reached(&at) {
            self.wake_on_path(&reached, price, desk);
        }
        self.follow(&at, desk);
    }

    /// The market is at `at`, having come over the price of a resting order or just to it; the order
    /// fills at `price`.
    fn pass_over(&mut self, id: OrderId, at: Price, price: Price, desk: &mut Desk<'_>) {
        let Some(&Resting {
            order,
            price: limit,
            ..
        }) = self.resting.get(id)
        else {
            return;
        };
        let occasion = if limit == at {
            Occasion::Touched
        } else {
            Occasion::Crossed
        };
        let offer = Offer::to_rest(occasion, price, order.remaining, limit);
        self.fill_resting(id, &offer, desk);
    }

    /// The market goes from one price to another through every price in between. Who does not fill
    /// when it comes is met once only.
    fn walk(&mut self, from: Price, to: Price, desk: &mut Desk<'_>) {
        let rising = to > from;
        let mut left = Vec::new();
        while let Some(met) = self.next_met(to, rising, &left) {
            match met {
                Met::Limit(id, price) => {
                    self.pass_over(id, to, price, desk);
                    if self.resting.get(id).is_some() {
                        left.push(id);
                    }
                }
                Met::Trigger(reached) => self.wake_on_path(&reached, reached.trigger, desk),
            }
        }
        let at = self.on_path(to);
        self.follow(&at, desk);
    }

    fn next_met(&self, to: Price, rising: bool, left: &[OrderId]) -> Option<Met> {
        let side = if rising { Side::Sell } else { Side::Buy };
        let limit = self.resting.next_reached(side, to, left);
        let limit = limit.map(|(resting, arrival)| (resting.price, arrival, resting.order.id));
        let mark_is_known = self.references().mark.is_some();
        let apart = |by| match by {
            TriggerBy::Index => true,
            TriggerBy::Mark => mark_is_known,
            _ => false,
        };
        let trigger = self.waiting.next_on_walk(to, rising, apart);
        let distance = |price: Price| {
            if rising {
                price.raw()
            } else {
                price.raw().saturating_neg()
            }
        };
        match (limit, trigger) {
            (Some((price, arrival, id)), Some(reached)) => {
                let limit_first =
                    (distance(price), arrival) < (distance(reached.trigger), reached.arrival);
                Some(if limit_first {
                    Met::Limit(id, price)
                } else {
                    Met::Trigger(reached)
                })
            }
            (Some((price, _, id)), None) => Some(Met::Limit(id, price)),
            (None, reached) => reached.map(Met::Trigger),
        }
    }

    /// An order wakes while the market is at `price` on its way.
    fn wake_on_path(&mut self, reached: &Reached, price: Price, desk: &mut Desk<'_>) {
        let Some(mut order) = self.rouse(reached, desk) else {
            return;
        };
        let quantity = order.remaining;
        match order.kind {
            OrderKind::Limit { price: limit } => {
                let touch = Some(Level::new(price, Quantity::ZERO));
                (self.bid, self.ask) = (touch, touch);
                self.release_limit(order, limit, desk);
            }
            _ => {
                self.take(&mut order, &Offer::to_take(price, quantity, None), desk);
                if !order.remaining.is_zero() {
                    desk.report(&order, ReportKind::Canceled);
                }
            }
        }
    }

    fn on_path(&self, price: Price) -> References {
        let known = self.references();
        References {
            mark: known.mark.or(Some(price)),
            index: known.index,
            ..References::all_at(price)
        }
    }
}

/// The points after the open.
fn path(bar: &Bar) -> [Price; 3] {
    let up = i128::from(bar.high.raw()) - i128::from(bar.open.raw());
    let down = i128::from(bar.open.raw()) - i128::from(bar.low.raw());
    if up <= down {
        [bar.high, bar.low, bar.close]
    } else {
        [bar.low, bar.high, bar.close]
    }
}
