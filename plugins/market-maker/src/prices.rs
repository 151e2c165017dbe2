//! Where to quote: pure arithmetic on exact prices, in the spirit of M. Avellaneda and S. Stoikov,
//! "High-frequency trading in a limit order book" (2008): a reservation price that falls with the
//! inventory, and a spread around it. Linear in the inventory here, and in ticks.

use argonaut_sdk::{Config, Position, Price, Quantity, Quote, Side};

/// The parameters of the prices, in price units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pricing {
    tick: Price,
    half_spread: Price,
    skew: Price,
    /// How wrong a price must be before the order is moved.
    requote: Price,
}

impl Pricing {
    /// From the parameters given in ticks.
    pub(crate) fn read(config: &Config, tick: Price) -> Result<Self, String> {
        let ticks = |name: &str| -> Result<Price, String> {
            let count = config.integer(name)?;
            tick.checked_mul(count)
                .ok_or_else(|| format!("parameter `{name}`: {count} is too large"))
        };
        Ok(Self {
            tick,
            half_spread: ticks("half_spread_ticks")?,
            skew: ticks("skew_ticks")?,
            requote: ticks("requote_ticks")?,
        })
    }

    /// The price to quote on `side`; `None` when it would not be positive or does not fit.
    pub(crate) fn price(
        &self,
        side: Side,
        market: &Quote,
        position: &Position,
        max_inventory: Quantity,
    ) -> Option<Price> {
        let center = market
            .mid()
            .checked_sub(self.lean(position, max_inventory)?)?;
        let price = match side {
            Side::Buy => {
                let wanted = center.checked_sub(self.half_spread)?.floor(self.tick);
                wanted.min(market.ask.checked_sub(self.tick)?.floor(self.tick))
            }
            Side::Sell => {
                let wanted = center.checked_add(self.half_spread)?.ceil(self.tick);
                wanted.max(market.bid.checked_add(self.tick)?.ceil(self.tick))
            }
        };
        (price > Price::ZERO).then_some(price)
    }

    /// Whether an order's price is so wrong that the order must be moved.
    pub(crate) fn is_off(&self, price: Option<Price>, wanted: Price) -> bool {
        price.is_none_or(|price| {
            price.raw().abs_diff(wanted.raw()) >= self.requote.raw().unsigned_abs()
        })
    }

    /// How far the inventory moves both prices down (up when negative).
    fn lean(&self, position: &Position, max_inventory: Quantity) -> Option<Price> {
        let full = i128::from(max_inventory.raw()).max(1);
        let lean = i128::from(self.skew.raw()).checked_mul(position.signed())? / full;
        i64::try_from(lean).ok().map(Price::from_raw)
    }
}
