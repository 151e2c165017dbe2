//! What each account could be short of each instrument, all open sell orders filled: running totals over
//! its strategies, kept only while a limit asks for them. What cannot be computed counts as too much.

use crate::holdings::Holding;
use crate::journal::codec::fields;
use model::{AccountId, InstrumentId, Quantity, Side, StrategyId};
use std::collections::BTreeMap;

/// More than can be located, and so little that sums of it stay exact.
const TOO_MUCH: i128 = 1 << 100;

/// The totals, and what they are made of, in raw units of quantity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shorts {
    kept: bool,
    /// By strategy, up to the last that could be short: what was counted of each holding.
    counted: Vec<BTreeMap<InstrumentId, i128>>,
    totals: BTreeMap<(AccountId, InstrumentId), i128>,
}

impl Shorts {
    /// Empty totals, which stay empty unless somebody asks for them.
    pub(crate) fn new(kept: bool) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    /// Whether they are kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.kept
    }

    /// Counts a holding as it is now.
    pub(crate) fn recount(
        &mut self,
        account: AccountId,
        (strategy, instrument): (StrategyId, InstrumentId),
        holding: &Holding,
    ) {
        if !self.kept {
            return;
        }
        let now = short_with(holding, Quantity::ZERO);
        let before = self.counted(strategy, instrument);
        if now == before {
            return;
        }
        if self.counted.len() <= strategy.index() {
            self.counted
                .resize_with(strategy.index() + 1, BTreeMap::new);
        }
        put(&mut self.counted[strategy.index()], instrument, now);
        while self.counted.last().is_some_and(BTreeMap::is_empty) {
            self.counted.pop();
        }
        let place = (account, instrument);
        let total = self.totals.get(&place).copied().unwrap_or_default();
        put(&mut self.totals, place, total + now - before);
    }

    /// What the account's other strategies could be short.
    pub(crate) fn beside(
        &self,
        account: AccountId,
        (strategy, instrument): (StrategyId, InstrumentId),
    ) -> i128 {
        let total = self.totals.get(&(account, instrument)).copied();
        total.unwrap_or_default() - self.counted(strategy, instrument)
    }

    fn counted(&self, strategy: StrategyId, instrument: InstrumentId) -> i128 {
        let own = self.counted.get(strategy.index());
        let own = own.and_then(|own| own.get(&instrument));
        own.copied().unwrap_or_default()
    }
}

/// What a holding could be short, with its open sell orders and one for `more` filled; never below zero.
pub(crate) fn short_with(holding: &Holding, more: Quantity) -> i128 {
    let worst = holding.worst_case(Side::Sell, more);
    let short = worst.map(|worst| worst.raw().saturating_neg());
    short.unwrap_or(TOO_MUCH).clamp(0, TOO_MUCH)
}

fn put<K: Ord>(amounts: &mut BTreeMap<K, i128>, key: K, amount: i128) {
    if amount == 0 {
        amounts.remove(&key);
    } else {
        amounts.insert(key, amount);
    }
}

fields! {
    Shorts { kept, counted, totals }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId::new(0);
    const INSTRUMENT: InstrumentId = InstrumentId::new(1);

    fn whole(units: i64) -> Quantity {
        Quantity::whole(units).unwrap()
    }

    fn holding(held: i64, open_sells: i64) -> Holding {
        let mut holding = Holding::default();
        let quantity = whole(held.abs());
        holding.position.quantity = if held < 0 {
            Side::Sell.signed(quantity)
        } else {
            Side::Buy.signed(quantity)
        };
        holding.open_sells = whole(open_sells);
        holding
    }

    #[test]
    fn a_holding_is_short_of_what_its_sells_leave_below_zero() {
        let check = |held, open_sells, more, expect| {
            let short = short_with(&holding(held, open_sells), whole(more));
            assert_eq!(short, i128::from(whole(expect).raw()));
        };
        check(10, 4, 6, 0);
        check(10, 4, 7, 1);
        check(-3, 0, 0, 3);
        check(-3, 2, 1, 6);
        check(0, 0, 0, 0);
    }

    #[test]
    fn totals_are_those_of_all_strategies_of_an_account_and_forget_what_is_over() {
        let mut shorts = Shorts::new(true);
        let [one, two] = [0, 5].map(|strategy| (StrategyId::new(strategy), INSTRUMENT));
        shorts.recount(ACCOUNT, one, &holding(-3, 1));
        shorts.recount(ACCOUNT, two, &holding(8, 10));
        let beside = |shorts: &Shorts, place| shorts.beside(ACCOUNT, place);
        let raw = |units| i128::from(whole(units).raw());
        assert_eq!(
            [beside(&shorts, one), beside(&shorts, two)],
            [raw(2), raw(4)]
        );
        let elsewhere = AccountId::new(1);
        assert_eq!(
            shorts.beside(elsewhere, (StrategyId::new(9), INSTRUMENT)),
            0
        );
        shorts.recount(ACCOUNT, one, &holding(1, 0));
        assert_eq!([beside(&shorts, one), beside(&shorts, two)], [raw(2), 0]);
        shorts.recount(ACCOUNT, two, &holding(10, 10));
        assert_eq!(shorts, Shorts::new(true));
    }

    #[test]
    fn nothing_is_kept_that_nobody_asks_for() {
        let mut shorts = Shorts::new(false);
        let place = (StrategyId::new(0), INSTRUMENT);
        shorts.recount(ACCOUNT, place, &holding(-3, 0));
        assert_eq!(shorts, Shorts::new(false));
    }
}
