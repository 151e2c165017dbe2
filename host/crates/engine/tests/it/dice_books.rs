//! Random order books: batches that mostly fit, and some that do not.

use crate::dice::Dice;
use crate::world::at;
use model::{
    BookChanges, BookLevel, BookOrder, BookScope, BookUpdate, InstrumentId, InstrumentStatus,
    Price, Quantity, Side,
};

/// The feed of one book.
pub(crate) struct BookFeed {
    instrument: InstrumentId,
    tick: Price,
    lot: Quantity,
    by_orders: bool,
    number: u64,
}

impl BookFeed {
    pub(crate) fn new(
        dice: &mut Dice,
        instrument: InstrumentId,
        tick: Price,
        lot: Quantity,
    ) -> Self {
        Self {
            instrument,
            tick,
            lot,
            by_orders: dice.below(2) == 0,
            number: 0,
        }
    }

    /// The next batch at `now`, around a price.
    pub(crate) fn next(&mut self, dice: &mut Dice, mid: Price, now: u64) -> BookUpdate {
        let snapshot = dice.below(5) == 0;
        let first = self.number + 1 + u64::from(dice.below(20) == 0);
        self.number = first + dice.below(3);
        let length = if snapshot { 12 } else { 1 + dice.below(4) };
        let changes = match self.by_orders != (dice.below(40) == 0) {
            true => BookChanges::Orders((0..length).map(|_| self.order(dice, mid)).collect()),
            false => BookChanges::Levels((0..length).map(|_| self.level(dice, mid)).collect()),
        };
        let scope = if snapshot {
            BookScope::Snapshot
        } else {
            BookScope::Delta
        };
        BookUpdate {
            instrument: self.instrument,
            scope,
            first,
            last: self.number,
            changes,
            ts_event: at(now),
            ts_init: at(now),
        }
    }

    /// A level on its side of the middle, now and then beyond it.
    fn level(&self, dice: &mut Dice, mid: Price) -> BookLevel {
        let side = dice.one_of(&[Side::Buy, Side::Sell]);
        let away = i64::try_from(dice.below(9)).unwrap() - i64::from(dice.below(30) == 0);
        let away = away.saturating_mul(self.tick.raw());
        let raw = match side {
            Side::Buy => mid.raw().saturating_sub(away),
            Side::Sell => mid.raw().saturating_add(away),
        };
        let size = Quantity::from_raw(self.lot.raw().saturating_mul(dice.below(12)));
        BookLevel {
            side,
            price: Price::from_raw(raw),
            size,
        }
    }

    fn order(&self, dice: &mut Dice, mid: Price) -> BookOrder {
        let BookLevel { side, price, size } = self.level(dice, mid);
        BookOrder {
            id: dice.below(24),
            side,
            price,
            size,
        }
    }
}

/// Any batch at all, for the journal.
pub(crate) fn any_update(dice: &mut Dice) -> BookUpdate {
    let instrument = InstrumentId::new(u32::MAX);
    let tick = Price::from_raw(i64::try_from(dice.below(1 << 40)).unwrap());
    let lot = Quantity::from_raw(dice.number());
    let mid = Price::from_raw(dice.number().cast_signed());
    let now = dice.number();
    let mut feed = BookFeed::new(dice, instrument, tick, lot);
    feed.number = dice.below(1 << 40);
    feed.next(dice, mid, now)
}

pub(crate) fn any_status(dice: &mut Dice) -> InstrumentStatus {
    InstrumentStatus {
        instrument: InstrumentId::new(7),
        halted: dice.below(2) == 0,
        ts_event: at(dice.number()),
        ts_init: at(dice.number()),
    }
}
