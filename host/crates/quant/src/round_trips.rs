//! Fills into round trips: one trade from flat to flat, however many fills it took. Exact; no
//! floating point here.

use std::collections::BTreeMap;

use model::{
    Fill, InstrumentId, Money, NumberError, PositionId, Price, Quantity, Side, SignedQuantity,
    StrategyId, Timestamp,
};

/// A fill whose amounts leave the range of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fill {execution} of instrument {}: {source}", instrument.number())]
pub struct TradeError {
    /// The fill.
    pub execution: u64,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// What went wrong.
    pub source: NumberError,
}

/// A position from flat to flat. Amounts are in the instrument's quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedTrade {
    /// Whose.
    pub strategy: StrategyId,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy for a long trade, sell for a short one.
    pub side: Side,
    /// How much was entered in all.
    pub quantity: Quantity,
    /// First fill.
    pub entry_time: Timestamp,
    /// Last fill.
    pub exit_time: Timestamp,
    /// Average price of what was entered, rounded once.
    pub entry_price: Price,
    /// Average price of what was left, rounded once.
    pub exit_price: Price,
    /// Profit net of fees, exact.
    pub pnl: Money,
    /// Fees of all fills; negative is a rebate.
    pub fees: Money,
    /// Value of all fills, entries and exits.
    pub traded_value: Money,
    /// Maximum adverse excursion before fees: the deepest loss at any mark, at least zero. `None`
    /// if the trade was never marked.
    pub max_adverse: Option<Money>,
    /// Maximum favourable excursion before fees: the highest profit at any mark, at least zero.
    pub max_favorable: Option<Money>,
    /// How many fills took part.
    pub fills: u32,
}

/// A trade that is still on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OpenTrade {
    side: Side,
    entry_time: Timestamp,
    multiplier: Quantity,
    entered: Quantity,
    exited: Quantity,
    entry_value: Money,
    exit_value: Money,
    fees: Money,
    excursions: Option<(Money, Money)>,
    fills: u32,
}

/// What a trade is of, with the position where a strategy may have several.
type Place = (InstrumentId, StrategyId, Option<PositionId>);

/// A part of a fill.
#[derive(Debug, Clone, Copy)]
struct Part {
    quantity: Quantity,
    value: Money,
    fee: Money,
}

/// Builds round trips from fills, one position per instrument and strategy; on a hedging account, each of several.
#[derive(Debug, Clone, Default)]
pub struct TradeBuilder {
    open: BTreeMap<Place, OpenTrade>,
}

impl TradeBuilder {
    /// Nothing open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies a fill of an instrument with this contract `multiplier`. Returns the trade that it
    /// closed. A fill through zero closes one trade and opens the next; its value and fee are
    /// split by quantity without losing a unit.
    pub fn apply(
        &mut self,
        fill: &Fill,
        multiplier: Quantity,
    ) -> Result<Option<ClosedTrade>, TradeError> {
        self.applied(fill, multiplier).map_err(|source| TradeError {
            execution: fill.execution,
            instrument: fill.instrument,
            source,
        })
    }

    /// Values the open trades of an instrument at `price`, for their excursions. Values out of
    /// range are left out.
    pub fn mark(&mut self, instrument: InstrumentId, price: Price) {
        let from = (instrument, StrategyId::new(0), None);
        let own = self.open.range_mut(from..);
        for (_, trade) in own.take_while(|((of, ..), _)| *of == instrument) {
            trade.mark(price);
        }
    }

    /// How many trades are open.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Since when each open trade is on: instrument, strategy, time of the first fill.
    pub fn open_trades(&self) -> impl Iterator<Item = (InstrumentId, StrategyId, Timestamp)> + '_ {
        self.open
            .iter()
            .map(|(&(instrument, strategy, _), trade)| (instrument, strategy, trade.entry_time))
    }

    fn applied(
        &mut self,
        fill: &Fill,
        multiplier: Quantity,
    ) -> Result<Option<ClosedTrade>, NumberError> {
        let key = (fill.instrument, fill.strategy, fill.position);
        let value = fill.price.notional(fill.quantity, multiplier)?;
        let whole = Part {
            quantity: fill.quantity,
            value,
            fee: fill.fee,
        };
        let Some(mut trade) = self.open.get(&key).copied() else {
            self.open
                .insert(key, OpenTrade::start(fill, whole, multiplier)?);
            return Ok(None);
        };
        if trade.side == fill.side {
            trade.enter(whole)?;
            self.open.insert(key, trade);
            return Ok(None);
        }
        let (closing, opening) = split(whole, trade.left()?)?;
        trade.exit(closing)?;
        if !trade.left()?.is_zero() {
            self.open.insert(key, trade);
            return Ok(None);
        }
        let closed = trade.close(fill)?;
        match opening {
            Some(rest) => self
                .open
                .insert(key, OpenTrade::start(fill, rest, multiplier)?),
            None => self.open.remove(&key),
        };
        Ok(Some(closed))
    }
}

impl OpenTrade {
    fn start(fill: &Fill, part: Part, multiplier: Quantity) -> Result<Self, NumberError> {
        let mut trade = Self {
            side: fill.side,
            entry_time: fill.ts_event,
            multiplier,
            entered: Quantity::ZERO,
            exited: Quantity::ZERO,
            entry_value: Money::ZERO,
            exit_value: Money::ZERO,
            fees: Money::ZERO,
            excursions: None,
            fills: 0,
        };
        trade.enter(part)?;
        Ok(trade)
    }

    fn enter(&mut self, part: Part) -> Result<(), NumberError> {
        self.entered = self.entered.checked_add(part.quantity)?;
        self.entry_value = self.entry_value.checked_add(part.value)?;
        self.fees = self.fees.checked_add(part.fee)?;
        self.fills = self.fills.saturating_add(1);
        Ok(())
    }

    fn exit(&mut self, part: Part) -> Result<(), NumberError> {
        self.exited = self.exited.checked_add(part.quantity)?;
        self.exit_value = self.exit_value.checked_add(part.value)?;
        self.fees = self.fees.checked_add(part.fee)?;
        self.fills = self.fills.saturating_add(1);
        Ok(())
    }

    fn left(&self) -> Result<Quantity, NumberError> {
        self.entered.checked_sub(self.exited)
    }

    /// Profit before fees if `out` were received (or, short, paid) for what is left.
    fn profit(&self, out: Money) -> Result<Money, NumberError> {
        let gain = self
            .exit_value
            .checked_add(out)?
            .checked_sub(self.entry_value)?;
        match self.side {
            Side::Buy => Ok(gain),
            Side::Sell => gain.negated(),
        }
    }

    fn mark(&mut self, price: Price) {
        let left = self
            .left()
            .and_then(|left| price.notional(left, self.multiplier));
        let Ok(profit) = left.and_then(|value| self.profit(value)) else {
            return;
        };
        let (worst, best) = self.excursions.unwrap_or_default();
        self.excursions = Some((worst.min(profit), best.max(profit)));
    }

    fn close(&self, last: &Fill) -> Result<ClosedTrade, NumberError> {
        let average = |value: Money| -> Result<Price, NumberError> {
            value.average_price(self.entered.long(), self.multiplier)
        };
        let worst = self
            .excursions
            .map(|(worst, _)| worst.magnitude())
            .transpose()?;
        Ok(ClosedTrade {
            strategy: last.strategy,
            instrument: last.instrument,
            side: self.side,
            quantity: self.entered,
            entry_time: self.entry_time,
            exit_time: last.ts_event,
            entry_price: average(self.entry_value)?,
            exit_price: average(self.exit_value)?,
            pnl: self.profit(Money::ZERO)?.checked_sub(self.fees)?,
            fees: self.fees,
            traded_value: self
                .entry_value
                .magnitude()?
                .checked_add(self.exit_value.magnitude()?)?,
            max_adverse: worst,
            max_favorable: self.excursions.map(|(_, best)| best),
            fills: self.fills,
        })
    }
}

/// Splits a fill into what closes `left` and what opens the other way.
fn split(whole: Part, left: Quantity) -> Result<(Part, Option<Part>), NumberError> {
    if whole.quantity <= left {
        return Ok((whole, None));
    }
    let units = |quantity: Quantity| -> i128 { SignedQuantity::raw(quantity.long()) };
    let (part, all) = (units(left), units(whole.quantity));
    let closing = Part {
        quantity: left,
        value: whole.value.prorated(part, all)?,
        fee: whole.fee.prorated(part, all)?,
    };
    let opening = Part {
        quantity: whole.quantity.checked_sub(left)?,
        value: whole.value.checked_sub(closing.value)?,
        fee: whole.fee.checked_sub(closing.fee)?,
    };
    Ok((closing, Some(opening)))
}

#[cfg(test)]
mod tests {
    use model::{AccountId, Liquidity, OrderId};

    use super::*;

    fn fill(second: u64, side: Side, quantity: &str, price: &str, fee: &str) -> Fill {
        Fill {
            execution: second,
            order: OrderId::from_number(second),
            strategy: StrategyId::new(1),
            account: AccountId::new(0),
            instrument: InstrumentId::new(3),
            position: None,
            side,
            price: price.parse().unwrap(),
            quantity: quantity.parse().unwrap(),
            fee: fee.parse().unwrap(),
            liquidity: Liquidity::Taker,
            ts_event: Timestamp::from_nanos(second * 1_000_000_000),
        }
    }

    fn run(builder: &mut TradeBuilder, fills: &[Fill]) -> Vec<ClosedTrade> {
        fills
            .iter()
            .filter_map(|fill| builder.apply(fill, Quantity::ONE).unwrap())
            .collect()
    }

    /// Side, quantity, entry, exit, net profit and fees as text.
    fn check(trade: &ClosedTrade, expect: &str) {
        let ClosedTrade {
            side,
            quantity,
            entry_price,
            exit_price,
            pnl,
            fees,
            ..
        } = trade;
        let text = format!("{side:?} {quantity} {entry_price} {exit_price} {pnl} {fees}");
        assert_eq!(text, expect);
    }

    #[test]
    fn each_of_several_positions_has_its_own_trade() {
        let mut builder = TradeBuilder::new();
        let of = |opener: u64, fill: Fill| Fill {
            position: Some(PositionId::opened_by(OrderId::from_number(opener))),
            ..fill
        };
        let both = [
            of(1, fill(1, Side::Buy, "2", "100", "1")),
            of(2, fill(2, Side::Sell, "2", "102", "1")),
        ];
        assert_eq!(run(&mut builder, &both), []);
        builder.mark(InstrumentId::new(3), "101".parse().unwrap());
        builder.mark(InstrumentId::new(2), "1".parse().unwrap());
        let long = run(&mut builder, &[of(1, fill(3, Side::Sell, "2", "103", "1"))]);
        check(&long[0], "Buy 2 100 103 4 2");
        assert_eq!(long[0].max_favorable, "2".parse().ok());
        let short = run(&mut builder, &[of(2, fill(4, Side::Buy, "2", "101", "1"))]);
        check(&short[0], "Sell 2 102 101 0 2");
        assert_eq!(short[0].max_favorable, "2".parse().ok());
        assert_eq!(builder.open_count(), 0);
    }

    #[test]
    fn partial_entries_and_exits_are_one_trade() {
        let mut builder = TradeBuilder::new();
        let trades = run(
            &mut builder,
            &[
                fill(1, Side::Buy, "10", "100", "1"),
                fill(2, Side::Buy, "30", "104", "1"),
                fill(3, Side::Sell, "15", "110", "1"),
                fill(4, Side::Sell, "25", "102", "1"),
            ],
        );
        // Entry (1000 + 3120) / 40 = 103; exit (1650 + 2550) / 40 = 105; 4200 - 4120 - 4 = 76.
        check(&trades[0], "Buy 40 103 105 76 4");
        assert_eq!((trades[0].fills, trades[0].max_adverse), (4, None));
        assert_eq!(trades[0].traded_value, "8320".parse().unwrap());
        assert_eq!(
            trades[0].exit_time.since(trades[0].entry_time).nanos(),
            3_000_000_000
        );
        assert_eq!(builder.open_count(), 0);
    }

    #[test]
    fn a_fill_through_zero_closes_one_and_opens_the_next() {
        let mut builder = TradeBuilder::new();
        let first = run(
            &mut builder,
            &[
                fill(1, Side::Sell, "10", "100", "0.5"),
                fill(2, Side::Buy, "30", "90", "0.3"),
            ],
        );
        check(&first[0], "Sell 10 100 90 99.4 0.6");
        assert_eq!(builder.open_trades().count(), 1);
        let second = run(&mut builder, &[fill(3, Side::Sell, "20", "95", "0")]);
        check(&second[0], "Buy 20 90 95 99.8 0.2");
    }

    #[test]
    fn no_unit_is_lost_when_a_fill_splits_in_thirds() {
        let mut builder = TradeBuilder::new();
        let trades = run(
            &mut builder,
            &[
                fill(1, Side::Buy, "1", "10", "0"),
                fill(2, Side::Sell, "3", "10", "0.000000001"),
                fill(3, Side::Buy, "2", "10", "0"),
            ],
        );
        let fees = trades[0].fees.checked_add(trades[1].fees).unwrap();
        assert_eq!(fees, Money::from_raw(1));
    }

    #[test]
    fn marks_find_the_excursions() {
        let mut builder = TradeBuilder::new();
        run(&mut builder, &[fill(1, Side::Sell, "2", "100", "0")]);
        for price in ["99", "97", "103", "101"] {
            builder.mark(InstrumentId::new(3), price.parse().unwrap());
        }
        builder.mark(InstrumentId::new(4), "1".parse().unwrap());
        let trades = run(&mut builder, &[fill(2, Side::Buy, "2", "100", "0")]);
        assert_eq!(trades[0].max_adverse, Some("6".parse().unwrap()));
        assert_eq!(trades[0].max_favorable, Some("6".parse().unwrap()));
    }

    #[test]
    fn strategies_do_not_net_against_each_other() {
        let mut builder = TradeBuilder::new();
        let other = Fill {
            strategy: StrategyId::new(2),
            ..fill(2, Side::Sell, "1", "10", "0")
        };
        assert!(run(&mut builder, &[fill(1, Side::Buy, "1", "10", "0"), other]).is_empty());
        assert_eq!(builder.open_count(), 2);
    }

    #[test]
    fn contracts_count_with_their_multiplier() {
        let mut builder = TradeBuilder::new();
        let fifty = "50".parse().unwrap();
        builder
            .apply(&fill(1, Side::Buy, "1", "4000", "2"), fifty)
            .unwrap();
        let closed = builder
            .apply(&fill(2, Side::Sell, "1", "4010.25", "2"), fifty)
            .unwrap();
        check(&closed.unwrap(), "Buy 1 4000 4010.25 508.5 4");
        let huge = fill(3, Side::Buy, "184467440737", "9000000000", "0");
        let error = builder.apply(&huge, Quantity::MAX).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fill 3 of instrument 3: the number is too large"
        );
    }
}
