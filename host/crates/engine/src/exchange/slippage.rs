//! How much worse than the touch a taker fills.

use crate::input::Slippage;
use model::{Price, Side};

/// `price` made worse for `side` by the model, in whole ticks; a sale still brings one tick.
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
    worse_by(price, raw, tick, side)
}

/// `price` moved by `raw` units against `side`, but not below one tick.
pub(crate) fn worse_by(price: Price, raw: i64, tick: Price, side: Side) -> Price {
    match side {
        Side::Buy => Price::from_raw(price.raw().saturating_add(raw)),
        Side::Sell => Price::from_raw(price.raw().saturating_sub(raw)).max(tick.min(price)),
    }
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
        check(Slippage::Ticks(20_000), Side::Sell, "0.01");
        check(
            Slippage::Share("0.00015".parse().unwrap()),
            Side::Buy,
            "100.02",
        );
    }
}
