//! A split's ratio, and what prices, quantities and orders are in new shares.

use model::{OrderKind, Price, Quantity, Side, Trigger};

/// So many shares for so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    pub(crate) numerator: u32,
    pub(crate) denominator: u32,
}

/// To which side of the exact value a price goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Toward {
    Lower,
    Higher,
}

impl Ratio {
    /// A ratio that changes something; `None` for any other.
    pub(crate) fn new(numerator: u32, denominator: u32) -> Option<Self> {
        let changes = numerator > 0 && denominator > 0 && numerator != denominator;
        changes.then_some(Self {
            numerator,
            denominator,
        })
    }

    /// Whether there are more shares afterwards.
    pub(crate) fn is_forward(self) -> bool {
        self.numerator > self.denominator
    }

    /// A quantity in new shares, rounded down; `None` where it cannot be counted.
    pub(crate) fn quantity(self, quantity: Quantity) -> Option<Quantity> {
        let raw = u128::from(quantity.raw()) * u128::from(self.numerator);
        let raw = raw / u128::from(self.denominator);
        u64::try_from(raw).ok().map(Quantity::from_raw)
    }

    /// The same, rounded down to whole lots; `None` where nothing is left.
    pub(crate) fn quantity_on(self, quantity: Quantity, lot: Quantity) -> Option<Quantity> {
        let raw = self.quantity(quantity)?.raw();
        let raw = raw - raw.checked_rem(lot.raw())?;
        (raw > 0).then_some(Quantity::from_raw(raw))
    }

    /// A price per new share, rounded half to even; `None` where it is no price any more.
    pub(crate) fn price(self, price: Price) -> Option<Price> {
        let raw = i128::from(price.raw()) * i128::from(self.denominator);
        let raw = model::number::divide_half_even(raw, i128::from(self.numerator)).ok()?;
        let raw = i64::try_from(raw).ok()?;
        (raw > 0).then_some(Price::from_raw(raw))
    }

    /// A price per new share on the grid.
    fn price_on(self, price: Price, tick: Price, toward: Toward) -> Option<Price> {
        let exact = i128::from(price.raw()) * i128::from(self.denominator);
        let step = i128::from(self.numerator) * i128::from(tick.raw().max(1));
        let up = match toward {
            Toward::Lower => 0,
            Toward::Higher => step - 1,
        };
        let raw = (exact + up).div_euclid(step) * i128::from(tick.raw().max(1));
        let raw = i64::try_from(raw).ok()?;
        (raw > 0).then_some(Price::from_raw(raw))
    }

    /// A type with its prices per new share: a limit never worse than it was, a trigger never nearer.
    /// `None` for what follows the market, and where a price would be nothing.
    pub(crate) fn kind(self, kind: &OrderKind, side: Side, tick: Price) -> Option<OrderKind> {
        if kind.trail().is_some() {
            return None;
        }
        let mut adjusted = *kind;
        if let Some(price) = kind.price() {
            let toward = match side {
                Side::Buy => Toward::Lower,
                Side::Sell => Toward::Higher,
            };
            adjusted = adjusted.with_price(self.price_on(price, tick, toward)?);
        }
        if let Some(trigger) = kind.trigger() {
            let toward = match kind.wakes_on_rise(side) {
                true => Toward::Higher,
                false => Toward::Lower,
            };
            adjusted = adjusted.with_trigger(self.price_on(trigger.price, tick, toward)?);
        }
        Some(adjusted)
    }

    /// The price that a held order waits for, per new share.
    pub(crate) fn trigger(self, trigger: Trigger, tick: Price) -> Option<Trigger> {
        let price = self.price_on(trigger.price, tick, Toward::Lower)?;
        Some(Trigger { price, ..trigger })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn only_two_different_positive_numbers_are_a_ratio() {
        for (numerator, denominator) in [(0, 1), (1, 0), (0, 0), (3, 3)] {
            assert_eq!(Ratio::new(numerator, denominator), None);
        }
        assert!(Ratio::new(2, 1).unwrap().is_forward());
        assert!(!Ratio::new(1, 10).unwrap().is_forward());
    }

    #[test]
    fn quantities_round_down_and_prices_away_from_the_market() {
        let three_for_two = Ratio::new(3, 2).unwrap();
        let quantity = |text: &str| text.parse::<Quantity>().unwrap();
        assert_eq!(
            three_for_two.quantity_on(quantity("5"), Quantity::ONE),
            Some(quantity("7"))
        );
        let tenth = Ratio::new(1, 10).unwrap();
        assert_eq!(tenth.quantity_on(quantity("9"), Quantity::ONE), None);
        assert_eq!(
            Ratio::new(u32::MAX, 1).unwrap().quantity(Quantity::MAX),
            None
        );
        // 100.00 * 2 / 3 = 66.666...
        let limit = OrderKind::Limit {
            price: price("100"),
        };
        let adjusted = |side| three_for_two.kind(&limit, side, price("0.01")).unwrap();
        assert_eq!(adjusted(Side::Buy).price(), Some(price("66.66")));
        assert_eq!(adjusted(Side::Sell).price(), Some(price("66.67")));
        let stop = OrderKind::stop_market(price("100"));
        let adjusted = |side| three_for_two.kind(&stop, side, price("0.01")).unwrap();
        assert_eq!(adjusted(Side::Buy).trigger().unwrap().price, price("66.67"));
        assert_eq!(
            adjusted(Side::Sell).trigger().unwrap().price,
            price("66.66")
        );
        // Half a smallest unit rounds to the even one, which is nothing.
        let half = Ratio::new(2, 1).unwrap();
        assert_eq!(half.price(Price::from_raw(1)), None);
        assert_eq!(Ratio::new(1, 2).unwrap().price(Price::MAX), None);
    }
}
