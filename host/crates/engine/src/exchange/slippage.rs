//! How much worse than the touch a taker fills.

use crate::input::Slippage;
use model::{Price, Side};

/// `price` made worse for `side` by the model, in whole ticks; stops at the ends of the range.
pub(crate) fn slipped(slippage: Slippage, price: Price, tick: Price, side: Side) -> Price {
    let raw = match slippage {
        Slippage::None => return price,
        Slippage::Ticks(ticks) => tick.raw().saturating_mul(i64::from(ticks)),
        Slippage::Share(rate) => {
            let scale = i128::from(model::Rate::SCALE);
            let exact = i128::from(price.raw()).abs() * i128::from(rate.raw());
            let unit = scale * i128::from(tick.raw().max(1));
            let ticks = (exact + unit - 1) / unit;
            i64::try_from(ticks * i128::from(tick.raw().max(1))).unwrap_or(i64::MAX)
        }
    };
    worse_by(price, raw, side)
}

/// `price` moved by `raw` units against `side`.
pub(crate) fn worse_by(price: Price, raw: i64, side: Side) -> Price {
    Price::from_raw(match side {
        Side::Buy => price.raw().saturating_add(raw),
        Side::Sell => price.raw().saturating_sub(raw),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takers_pay_more_and_receive_less() {
        let tick: Price = "0.01".parse().unwrap();
        let check = |slippage, side, expect: &str| {
            let got = slipped(slippage, "100".parse().unwrap(), tick, side);
            assert_eq!(got, expect.parse().unwrap());
        };
        check(Slippage::None, Side::Buy, "100");
        check(Slippage::Ticks(2), Side::Buy, "100.02");
        check(Slippage::Ticks(2), Side::Sell, "99.98");
        check(
            Slippage::Share("0.00015".parse().unwrap()),
            Side::Buy,
            "100.02",
        );
    }
}
