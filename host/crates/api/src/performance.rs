//! What strategies made in a period: positions after each change and executions, as the store has them, put together to
//! figures of each instrument, and of each currency.
//!
//! Amounts are exact and are not converted: nobody keeps what rates were. The statistics of trades are those of a
//! backtest's report.

use crate::names::Names;
use crate::records::cell;
use model::{
    InstrumentId, Money, NumberError, Price, Quantity, SignedQuantity, StrategyId, Timestamp,
};
use quant::trades::trade_statistics;
use quant::{TradeOutcome, TradeStatistics, convert};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use store::sql::{FILLS, POSITIONS, Record, Table};

/// Why a row cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A column has not what it should.
    Cell(&'static str),
    /// An amount leaves the range of money.
    Number(NumberError),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(column) => write!(f, "a row has no {column} that can be read"),
            Self::Number(error) => error.fmt(f),
        }
    }
}

impl From<NumberError> for Flaw {
    fn from(error: NumberError) -> Self {
        Self::Number(error)
    }
}

/// What figures are of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// All instruments that are quoted in a currency.
    Currency(String),
    /// An instrument, with its quote currency.
    Instrument(InstrumentId, String),
}

/// What was made, in one currency.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Figures {
    /// Before fees.
    pub(crate) realized: Money,
    pub(crate) fees: Money,
    /// Value of executions.
    pub(crate) traded_value: Money,
    pub(crate) fills: u64,
    /// How far what was made, less fees, ever was below its best in the period.
    pub(crate) max_drawdown: Money,
    best: Money,
    trades: Vec<TradeOutcome>,
}

impl Figures {
    /// What was made, less fees.
    ///
    /// # Errors
    /// The amount leaves the range of money.
    pub(crate) fn net(&self) -> Result<Money, NumberError> {
        self.realized.checked_sub(self.fees)
    }

    /// Statistics of the trades that closed.
    pub(crate) fn statistics(&self) -> TradeStatistics {
        trade_statistics(&self.trades, None, None)
    }

    fn make(&mut self, realized: Money, fees: Money) -> Result<(), NumberError> {
        self.realized = self.realized.checked_add(realized)?;
        self.fees = self.fees.checked_add(fees)?;
        let net = self.net()?;
        self.best = self.best.max(net);
        self.max_drawdown = self.max_drawdown.max(self.best.checked_sub(net)?);
        Ok(())
    }

    fn trade(&mut self, value: Money) -> Result<(), NumberError> {
        self.traded_value = self.traded_value.checked_add(value)?;
        self.fills += 1;
        Ok(())
    }
}

/// A position's amounts.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    quantity: SignedQuantity,
    realized: Money,
    fees: Money,
}

/// A trade that is on.
#[derive(Debug, Clone, Copy)]
struct Open {
    entry: Timestamp,
    net: Money,
    fees: Money,
}

impl Open {
    /// Whether what made it flat was its only execution in reverse, which the venue took back: at its own price, so
    /// that nothing is made, and with the fees given back.
    fn was_taken_back(&self, left: i128, fees: Money) -> bool {
        let is_nothing = self.net == Money::ZERO && self.fees == Money::ZERO;
        left == 0 && is_nothing && fees != Money::ZERO
    }

    fn outcome(&self, exit: Timestamp) -> TradeOutcome {
        TradeOutcome {
            entry_time: self.entry,
            exit_time: exit,
            pnl: convert::money(self.net),
            fees: convert::money(self.fees),
            // Told of all executions, not by trade.
            traded_value: 0.0,
            max_adverse: None,
            max_favorable: None,
        }
    }
}

/// What a strategy has of an instrument, or one of its positions in it.
#[derive(Debug, Clone, Copy, Default)]
struct Book {
    last: State,
    open: Option<Open>,
}

impl Book {
    /// Takes in a change that made so much and cost so much; returns the trade that it closed. The fees of what turns a
    /// position are split by quantity.
    fn follow(
        &mut self,
        state: State,
        time: Timestamp,
        realized: Money,
        fees: Money,
    ) -> Result<Option<TradeOutcome>, NumberError> {
        let was = std::mem::replace(&mut self.last, state).quantity.raw();
        let is = state.quantity.raw();
        let is_turned = was.signum() * is.signum() < 0;
        let closing = match is_turned {
            true => {
                let left = was.saturating_abs();
                fees.prorated(left, left.saturating_add(is.saturating_abs()))?
            }
            false => fees,
        };
        let net = realized.checked_sub(closing)?;
        let begun = Open {
            entry: time,
            net: Money::ZERO,
            fees: Money::ZERO,
        };
        if was == 0 && is == 0 {
            return Ok(None);
        }
        let open = self.open.take().unwrap_or(begun);
        let open = Open {
            net: open.net.checked_add(net)?,
            fees: open.fees.checked_add(closing)?,
            ..open
        };
        if was == 0 || !(is == 0 || is_turned) {
            self.open = Some(open);
            return Ok(None);
        }
        if open.was_taken_back(is, fees) {
            return Ok(None);
        }
        if is_turned {
            let opening = fees.checked_sub(closing)?;
            self.open = Some(Open {
                net: opening.negated()?,
                fees: opening,
                ..begun
            });
        }
        Ok(Some(open.outcome(time)))
    }
}

/// Puts figures together. Rows come oldest first: of positions all until the end of the period, of executions those in it.
#[derive(Debug)]
pub(crate) struct Performance<'a> {
    names: &'a Names,
    /// Where the period begins, in nanoseconds.
    from: u64,
    /// The last input whose rows count.
    through: u64,
    /// By position, where a strategy may have several in an instrument, and without one what they come to in all.
    books: BTreeMap<(StrategyId, InstrumentId, Option<String>), Book>,
    /// Where there are several, whose trades are those of each.
    hedged: BTreeSet<(StrategyId, InstrumentId)>,
    figures: BTreeMap<(StrategyId, Of), Figures>,
}

impl<'a> Performance<'a> {
    pub(crate) fn new(names: &'a Names, from: u64, through: u64) -> Self {
        Self {
            names,
            from,
            through,
            books: BTreeMap::new(),
            hedged: BTreeSet::new(),
            figures: BTreeMap::new(),
        }
    }

    /// Takes in a position after a change.
    ///
    /// # Errors
    /// See [`Flaw`].
    pub(crate) fn position(&mut self, row: &Record) -> Result<(), Flaw> {
        let row = Row(&POSITIONS, row);
        if row.sequence()? > self.through {
            return Ok(());
        }
        let (strategy, instrument) = row.whose()?;
        // Of several positions each has its trades, and their sum the money. A fill tells of the one before the sum.
        let position = cell(&POSITIONS, row.1, "position").map(str::to_owned);
        let is_sum = position.is_none();
        if !is_sum {
            self.hedged.insert((strategy, instrument));
        }
        let state = State {
            quantity: row.get("quantity")?,
            realized: row.get("realized")?,
            fees: row.get("fees")?,
        };
        let time = Timestamp::from_nanos(row.get("ts_event")?);
        let book = self.books.entry((strategy, instrument, position));
        let book = book.or_default();
        let realized = state.realized.checked_sub(book.last.realized)?;
        let fees = state.fees.checked_sub(book.last.fees)?;
        let closed = book.follow(state, time, realized, fees)?;
        let has_trades = !is_sum || !self.hedged.contains(&(strategy, instrument));
        let closed = closed.filter(|_| has_trades);
        if row.get::<u64>("time")? < self.from || (!is_sum && closed.is_none()) {
            return Ok(());
        }
        self.each((strategy, instrument), |figures| {
            figures.trades.extend(closed);
            match is_sum {
                true => figures.make(realized, fees),
                false => Ok(()),
            }
        })
    }

    /// Takes in an execution of the period.
    ///
    /// # Errors
    /// See [`Flaw`].
    pub(crate) fn fill(&mut self, row: &Record) -> Result<(), Flaw> {
        let row = Row(&FILLS, row);
        if row.sequence()? > self.through {
            return Ok(());
        }
        let (strategy, instrument) = row.whose()?;
        let name = self.names.instrument(instrument);
        let multiplier = name.map(|name| name.multiplier);
        let multiplier = multiplier.ok_or(Flaw::Cell("instrument"))?;
        let quantity: Quantity = row.get("quantity")?;
        let value = row.get::<Price>("price")?.notional(quantity, multiplier)?;
        let value = value.magnitude()?;
        self.each((strategy, instrument), |figures| figures.trade(value))
    }

    /// What a strategy made, by currency and then by instrument.
    pub(crate) fn of(&self, strategy: StrategyId) -> impl Iterator<Item = (&Of, &Figures)> {
        let all = self.figures.iter();
        all.filter(move |((whose, _), _)| *whose == strategy)
            .map(|((_, of), figures)| (of, figures))
    }

    /// Changes all figures that something is part of.
    fn each(
        &mut self,
        (strategy, instrument): (StrategyId, InstrumentId),
        change: impl Fn(&mut Figures) -> Result<(), NumberError>,
    ) -> Result<(), Flaw> {
        let name = self.names.instrument(instrument);
        let currency = name.map(|name| name.quote_currency.clone());
        let currency = currency.ok_or(Flaw::Cell("instrument"))?;
        for of in [
            Of::Currency(currency.clone()),
            Of::Instrument(instrument, currency),
        ] {
            change(self.figures.entry((strategy, of)).or_default())?;
        }
        Ok(())
    }
}

/// A row with its table.
struct Row<'a>(&'static Table, &'a Record);

impl Row<'_> {
    fn get<T: FromStr>(&self, name: &'static str) -> Result<T, Flaw> {
        let text = cell(self.0, self.1, name);
        text.and_then(|text| text.parse().ok())
            .ok_or(Flaw::Cell(name))
    }

    fn sequence(&self) -> Result<u64, Flaw> {
        self.get("sequence")
    }

    fn whose(&self) -> Result<(StrategyId, InstrumentId), Flaw> {
        let strategy = StrategyId::new(self.get("strategy")?);
        Ok((strategy, InstrumentId::new(self.get("instrument")?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EURUSD: u32 = 0;
    const STRATEGY: StrategyId = StrategyId::new(3);

    fn row(table: &Table, cells: &[(&str, &str)]) -> Record {
        let value = |name: &str| {
            let found = cells.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        let columns = table.columns.iter();
        columns.map(|column| value(column.name)).collect()
    }

    /// A position at a second, of which the input is too.
    fn position(second: u64, quantity: &str, realized: &str, fees: &str) -> Record {
        let (second, time) = (second.to_string(), (second * 1_000_000_000).to_string());
        let cells = [
            ("time", time.as_str()),
            ("sequence", second.as_str()),
            ("strategy", "3"),
            ("instrument", "0"),
            ("quantity", quantity),
            ("realized", realized),
            ("fees", fees),
            ("ts_event", time.as_str()),
        ];
        row(&POSITIONS, &cells)
    }

    fn fill(second: u64, price: &str, quantity: &str) -> Record {
        let second = second.to_string();
        let cells = [
            ("sequence", second.as_str()),
            ("strategy", "3"),
            ("instrument", "0"),
            ("price", price),
            ("quantity", quantity),
        ];
        row(&FILLS, &cells)
    }

    /// Ten bought and sold at a gain, ten bought and turned into five short at a loss, those closed at a gain.
    fn rows() -> Vec<Record> {
        vec![
            position(1, "10", "0", "1"),
            position(2, "0", "52", "2"),
            position(3, "10", "52", "3"),
            position(4, "-5", "12", "6"),
            position(5, "0", "32", "7"),
        ]
    }

    fn made(from: u64, through: u64) -> Figures {
        let names = Names::of_one(InstrumentId::new(EURUSD), "EUR/USD.SIM", "USD");
        let mut performance = Performance::new(&names, from * 1_000_000_000, through);
        for row in rows() {
            performance.position(&row).unwrap();
        }
        performance.fill(&fill(4, "1.5", "15")).unwrap();
        performance.fill(&fill(9, "1.5", "15")).unwrap();
        let all: Vec<_> = performance.of(STRATEGY).collect();
        let none = performance.of(StrategyId::new(0)).count();
        let [
            (Of::Currency(currency), figures),
            (Of::Instrument(..), same),
        ] = all[..]
        else {
            panic!("{all:?}");
        };
        assert_eq!((currency.as_str(), none), ("USD", 0));
        assert_eq!(figures, same);
        figures.clone()
    }

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn figures_by_hand() {
        let all = made(0, 8);
        assert_eq!((all.realized, all.fees), (money("32"), money("7")));
        assert_eq!(all.net(), Ok(money("25")));
        // Down from 50 to 6.
        assert_eq!(all.max_drawdown, money("44"));
        assert_eq!((all.traded_value, all.fills), (money("22.5"), 1));
        let trades = all.statistics();
        // Made 52 - 2, lost 40 + 1 + 2 (two thirds of a fee of 3), made 20 - 1 - 1.
        assert_eq!((trades.trades, trades.winners, trades.losers), (3, 2, 1));
        assert_eq!(trades.win_rate, Some(2.0 / 3.0));
        assert_eq!(trades.profit_factor, Some(68.0 / 43.0));
        assert_eq!(trades.average_duration_s, Some(1.0));
    }

    #[test]
    fn a_period_has_what_was_made_in_it_and_the_trades_that_closed_in_it() {
        let late = made(4, 8);
        assert_eq!((late.realized, late.fees), (money("-20"), money("4")));
        // Down from nothing to 40 + 3.
        assert_eq!(late.max_drawdown, money("43"));
        let trades = late.statistics();
        assert_eq!((trades.trades, trades.winners), (2, 1));
        assert_eq!(trades.profit_factor, Some(18.0 / 43.0));
    }

    #[test]
    fn an_execution_that_was_taken_back_is_no_trade() {
        let names = Names::of_one(InstrumentId::new(EURUSD), "EUR/USD.SIM", "USD");
        let trades = |rows: &[Record]| {
            let mut performance = Performance::new(&names, 0, 9);
            for row in rows {
                performance.position(row).unwrap();
            }
            let (_, figures) = performance.of(STRATEGY).next().unwrap();
            assert_eq!(figures.net(), Ok(Money::ZERO));
            figures.statistics().trades
        };
        let flat = |fees: &str| [position(1, "10", "0", fees), position(2, "0", "0", "0")];
        // A fee, or a rebate, that comes back.
        assert_eq!((trades(&flat("1")), trades(&flat("-1"))), (0, 0));
        assert_eq!(trades(&flat("0")), 1, "bought and sold at one price");
    }

    #[test]
    fn what_was_written_since_the_question_does_not_count() {
        let early = made(0, 4);
        assert_eq!((early.realized, early.fees), (money("12"), money("6")));
        assert_eq!(early.statistics().trades, 2);
    }

    /// The same as one of several positions.
    fn leg(id: &str, mut row: Record) -> Record {
        let place = POSITIONS.columns.iter().position(|c| c.name == "position");
        row[place.unwrap()] = Some(id.to_owned());
        row
    }

    #[test]
    fn each_of_several_positions_has_its_trades_and_their_sum_the_money() {
        let names = Names::of_one(InstrumentId::new(EURUSD), "EUR/USD.SIM", "USD");
        let mut performance = Performance::new(&names, 0, 9);
        // Long and short at once, which is flat in all; then each is closed.
        for row in [
            leg("77", position(1, "10", "0", "1")),
            position(1, "10", "0", "1"),
            leg("78", position(2, "-10", "0", "1")),
            position(2, "0", "0", "2"),
            leg("77", position(4, "0", "30", "2")),
            position(4, "-10", "30", "3"),
            leg("78", position(5, "0", "-10", "2")),
            position(5, "0", "20", "4"),
        ] {
            performance.position(&row).unwrap();
        }
        let (_, figures) = performance.of(STRATEGY).next().unwrap();
        assert_eq!((figures.realized, figures.fees), (money("20"), money("4")));
        let trades = figures.statistics();
        assert_eq!((trades.trades, trades.winners, trades.losers), (2, 1, 1));
        // Made 30 - 2, lost 10 + 2; each took three seconds.
        assert_eq!(trades.profit_factor, Some(28.0 / 12.0));
        assert_eq!(trades.average_duration_s, Some(3.0));
    }

    #[test]
    fn a_row_that_cannot_be_read_says_what_of_it() {
        let names = Names::default();
        let mut performance = Performance::new(&names, 0, 9);
        let bad = position(1, "ten", "0", "1");
        assert_eq!(performance.position(&bad), Err(Flaw::Cell("quantity")));
        let unknown = position(1, "10", "0", "1");
        let flaw = performance.position(&unknown).unwrap_err();
        assert_eq!(flaw.to_string(), "a row has no instrument that can be read");
    }
}
