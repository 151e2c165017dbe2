//! The fill models that are built in. Both are functions of what they are asked and remember nothing.

use super::draws::drawn_for;
use super::slippage::{slipped, worse_by};
use crate::input::{FillChances, Slippage};
use crate::journal::codec::fields;
use model::{
    Fault, FillAnswer, FillModel, FillQuery, Occasion, OrderId, Price, Quantity, Rate, Side,
};

/// Gives all that is offered. Takers without a limit slip; what nobody showed is one tick worse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StandardFills {
    pub(crate) slippage: Slippage,
}

impl StandardFills {
    fn answer(self, query: &FillQuery) -> FillAnswer {
        let slips = query.limit.is_none();
        let price = match query.occasion {
            Occasion::Take if slips => self.slip(query),
            Occasion::Beyond => one_tick_worse(query, self.slip(query)),
            _ => query.price,
        };
        FillAnswer {
            quantity: query.offered,
            price,
        }
    }

    fn slip(self, query: &FillQuery) -> Price {
        slipped(self.slippage, query.price, query.tick, query.side)
    }
}

impl FillModel for StandardFills {
    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, Fault> {
        Ok(self.answer(query))
    }
}

/// The same, but chance decides about what data alone does not: whether those at a price that the
/// market only touched were served, and whether a taker still found the price it saw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProbableFills {
    pub(crate) standard: StandardFills,
    pub(crate) chances: FillChances,
}

/// Keeps the draws of one order apart.
const TOUCHED: u64 = 1;
const SLIPPED: u64 = 2;

impl ProbableFills {
    fn answer(self, query: &FillQuery) -> FillAnswer {
        let mut answer = self.standard.answer(query);
        match query.occasion {
            Occasion::Touched => self.let_touch(query, &mut answer),
            // Where the line is known, the trade itself says whose turn it is.
            Occasion::Traded if query.queue.is_none() => self.let_touch(query, &mut answer),
            Occasion::Take | Occasion::Beyond => self.let_slip(query, &mut answer),
            Occasion::Traded | Occasion::Crossed | Occasion::Auction => {}
        }
        answer
    }

    /// While the market stays at a price it is the same visit, and the same draw.
    fn let_touch(self, query: &FillQuery, answer: &mut FillAnswer) {
        let draw = drawn_for(
            self.chances.seed,
            [number(query.order), TOUCHED, query.visit],
        );
        if !happens(self.chances.touch, draw) {
            answer.quantity = Quantity::ZERO;
        }
    }

    fn let_slip(self, query: &FillQuery, answer: &mut FillAnswer) {
        let open = query.remaining.raw();
        let draw = drawn_for(self.chances.seed, [number(query.order), SLIPPED, open]);
        if happens(self.chances.slip, draw) {
            let worse = one_tick_worse(query, answer.price);
            answer.price = match (query.limit, query.side) {
                (None, _) => worse,
                (Some(limit), Side::Buy) => worse.min(limit),
                (Some(limit), Side::Sell) => worse.max(limit),
            };
        }
    }
}

impl FillModel for ProbableFills {
    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, Fault> {
        Ok(self.answer(query))
    }
}

fn one_tick_worse(query: &FillQuery, price: Price) -> Price {
    worse_by(price, query.tick.raw(), query.tick, query.side)
}

fn number(order: OrderId) -> u64 {
    order.number()
}

/// Whether a number drawn evenly is among the share that a chance is.
fn happens(chance: Rate, draw: u64) -> bool {
    let threshold = u128::try_from(chance.raw()).unwrap_or(0) << 64;
    u128::from(draw) * u128::try_from(Rate::SCALE).unwrap_or(1) < threshold
}

fields! {
    StandardFills { slippage }
    ProbableFills { standard, chances }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{InstrumentId, Timestamp};

    fn query(occasion: Occasion, limit: Option<&str>) -> FillQuery {
        FillQuery {
            order: OrderId::from_number(7),
            instrument: InstrumentId::new(0),
            side: Side::Buy,
            limit: limit.map(|text| text.parse().unwrap()),
            remaining: "10".parse().unwrap(),
            occasion,
            price: "100".parse().unwrap(),
            offered: "4".parse().unwrap(),
            queue: None,
            tick: "0.01".parse().unwrap(),
            visit: 1,
            now: Timestamp::ZERO,
        }
    }

    fn model(touch: &str, slip: &str) -> ProbableFills {
        ProbableFills {
            standard: StandardFills {
                slippage: Slippage::Ticks(2),
            },
            chances: FillChances {
                touch: touch.parse().unwrap(),
                slip: slip.parse().unwrap(),
                seed: 42,
            },
        }
    }

    fn check(mut model: impl FillModel, query: FillQuery, quantity: &str, price: &str) {
        let expect = FillAnswer {
            quantity: quantity.parse().unwrap(),
            price: price.parse().unwrap(),
        };
        assert_eq!(model.fill(&query), Ok(expect), "{query:?}");
    }

    #[test]
    fn the_standard_gives_what_is_offered() {
        let standard = model("1", "0").standard;
        check(standard, query(Occasion::Take, None), "4", "100.02");
        check(standard, query(Occasion::Take, Some("100")), "4", "100");
        check(standard, query(Occasion::Beyond, None), "4", "100.03");
        for rests in [Occasion::Touched, Occasion::Crossed, Occasion::Traded] {
            check(standard, query(rests, Some("100")), "4", "100");
        }
    }

    #[test]
    fn certain_chances_are_certain() {
        for occasion in [Occasion::Touched, Occasion::Traded] {
            check(model("1", "0"), query(occasion, Some("100")), "4", "100");
            check(model("0", "0"), query(occasion, Some("100")), "0", "100");
        }
        check(
            model("0", "0"),
            query(Occasion::Crossed, Some("100")),
            "4",
            "100",
        );
        check(model("0", "1"), query(Occasion::Auction, None), "4", "100");
        check(model("0", "0"), query(Occasion::Take, None), "4", "100.02");
        check(model("0", "1"), query(Occasion::Take, None), "4", "100.03");
        check(
            model("0", "1"),
            query(Occasion::Beyond, None),
            "4",
            "100.04",
        );
        check(
            model("0", "1"),
            query(Occasion::Take, Some("100.5")),
            "4",
            "100.01",
        );
        check(
            model("0", "1"),
            query(Occasion::Take, Some("100")),
            "4",
            "100",
        );
        let known = FillQuery {
            queue: Some(Quantity::ZERO),
            ..query(Occasion::Traded, Some("100"))
        };
        check(model("0", "0"), known, "4", "100");
    }

    #[test]
    fn a_share_of_visits_as_large_as_the_chance_fills() {
        let model = model("0.3", "0");
        let filled = (0..10_000).filter(|visit| {
            let query = FillQuery {
                visit: *visit,
                ..query(Occasion::Touched, Some("100"))
            };
            assert_eq!(model.answer(&query), model.answer(&query));
            !model.answer(&query).quantity.is_zero()
        });
        // 3,000 are expected, with a deviation of 46.
        let filled = filled.count();
        assert!((2_800..3_200).contains(&filled), "{filled}");
    }
}
