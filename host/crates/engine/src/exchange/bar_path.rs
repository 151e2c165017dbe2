//! How a finished bar fills orders: the market is taken to have gone open, high, low, close, the
//! extreme nearer to the open first, through every price in between.
//!
//! What the open jumped over fills at the open: a stop at a worse price than its trigger, a limit
//! at a better one than its own. What the market then passes fills at its own price. Bars carry no
//! depth, so size is not limited.

use super::Desk;
use super::ReportKind;
use super::book::{Book, Level};
use super::ladder::LadderKind;
use super::slippage::slipped;
use model::{Bar, Liquidity, OrderId, Price, Quantity, Side};

impl Book {
    pub(crate) fn on_bar(&mut self, bar: &Bar, desk: &mut Desk<'_>) {
        if !self.resting.is_empty() {
            self.jump(bar.open, desk);
            let mut at = bar.open;
            for point in path(bar) {
                self.walk(at, point, desk);
                at = point;
            }
        }
        self.bid = Some(Level::new(bar.close, Quantity::ZERO));
        self.ask = self.bid;
    }

    /// The market opens at `price` without having traded on the way.
    fn jump(&mut self, price: Price, desk: &mut Desk<'_>) {
        for kind in [
            LadderKind::BuyLimit,
            LadderKind::SellLimit,
            LadderKind::BuyStop,
            LadderKind::SellStop,
        ] {
            while let Some((_, id)) = self.reached(kind, price) {
                self.fill_on_path(kind, id, price, desk);
            }
        }
    }

    /// The market goes from one price to another through every price in between.
    fn walk(&mut self, from: Price, to: Price, desk: &mut Desk<'_>) {
        let rising = to > from;
        let kinds = if rising {
            [LadderKind::SellLimit, LadderKind::BuyStop]
        } else {
            [LadderKind::BuyLimit, LadderKind::SellStop]
        };
        while let Some((kind, level, id)) = self.next_on_walk(kinds, to, rising) {
            self.fill_on_path(kind, id, level, desk);
        }
    }

    fn next_on_walk(
        &self,
        kinds: [LadderKind; 2],
        to: Price,
        rising: bool,
    ) -> Option<(LadderKind, Price, OrderId)> {
        let candidates = kinds.into_iter().filter_map(|kind| {
            self.reached(kind, to)?;
            let (level, arrival, id) = self.resting.first(kind)?;
            Some((kind, level, arrival, id))
        });
        candidates
            .min_by_key(|(_, level, arrival, _)| {
                let distance = if rising {
                    level.raw()
                } else {
                    level.raw().saturating_neg()
                };
                (distance, *arrival)
            })
            .map(|(kind, level, _, id)| (kind, level, id))
    }

    fn fill_on_path(&mut self, kind: LadderKind, id: OrderId, price: Price, desk: &mut Desk<'_>) {
        let Some(mut order) = self.resting.remove(id) else {
            return;
        };
        let (price, liquidity) = match kind {
            LadderKind::BuyLimit | LadderKind::SellLimit => (price, Liquidity::Maker),
            LadderKind::BuyStop => (
                slipped(self.slippage, price, self.tick, Side::Buy),
                Liquidity::Taker,
            ),
            LadderKind::SellStop => (
                slipped(self.slippage, price, self.tick, Side::Sell),
                Liquidity::Taker,
            ),
        };
        if liquidity == Liquidity::Taker {
            desk.report(&order, ReportKind::Triggered);
        }
        let quantity = order.remaining;
        self.fill(&mut order, price, quantity, liquidity, desk);
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
