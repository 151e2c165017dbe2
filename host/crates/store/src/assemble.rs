//! Makes events of rows and refuses those that cannot be true. Rules that need the row before
//! (time, overlap) are in `collect`.

use model::{
    Bar, BarBasis, BarMethod, BarSpec, BookLevel, BookOrder, BookScope, InstrumentId, Price, Quote,
    Timestamp, Trade,
};

use crate::book_rows::{BookChange, BookRow};
use crate::cells::{Cells, Problem};
use crate::error::RowProblem;
use crate::source::{Field, PriceRange};

/// Makes the events of one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assembler {
    pub(crate) instrument: InstrumentId,
    pub(crate) prices: PriceRange,
}

impl Assembler {
    pub(crate) fn quote(&self, cells: &mut impl Cells) -> Result<Quote, Problem> {
        let time = cells.time()?;
        let bid = self.price(cells, Field::Bid)?;
        let ask = self.price(cells, Field::Ask)?;
        if bid > ask {
            return Err(Box::new(RowProblem::Crossed { bid, ask }));
        }
        Ok(Quote {
            instrument: self.instrument,
            bid,
            ask,
            bid_size: cells.quantity(Field::BidSize)?,
            ask_size: cells.quantity(Field::AskSize)?,
            ts_event: time,
            ts_init: time,
        })
    }

    pub(crate) fn trade(&self, cells: &mut impl Cells) -> Result<Trade, Problem> {
        let time = cells.time()?;
        Ok(Trade {
            instrument: self.instrument,
            price: self.price(cells, Field::Price)?,
            size: cells.quantity(Field::Size)?,
            aggressor: cells.aggressor()?,
            ts_event: time,
            ts_init: time,
        })
    }

    /// A bar with its label in all three times and no rule yet: `bars` puts both right once the
    /// whole file is read.
    pub(crate) fn bar(&self, cells: &mut impl Cells) -> Result<Bar, Problem> {
        let label = cells.time()?;
        let bar = Bar {
            instrument: self.instrument,
            spec: UNKNOWN_SPEC,
            open: self.price(cells, Field::Open)?,
            high: self.price(cells, Field::High)?,
            low: self.price(cells, Field::Low)?,
            close: self.price(cells, Field::Close)?,
            volume: cells.quantity(Field::Volume)?,
            ts_open: label,
            ts_event: label,
            ts_init: label,
        };
        if bar.is_consistent() {
            return Ok(bar);
        }
        let Bar {
            open,
            high,
            low,
            close,
            ..
        } = bar;
        Err(Box::new(RowProblem::ImpossibleBar {
            open,
            high,
            low,
            close,
        }))
    }

    /// A row of a book; where batches begin and end is found by `book_collect`.
    pub(crate) fn book(&self, cells: &mut impl Cells) -> Result<BookRow, Problem> {
        let time = cells.time()?;
        let mark = cells.book_mark()?;
        let field = Field::LastUpdate;
        let last = cells.whole(field)?;
        let last = last.ok_or_else(|| Box::new(RowProblem::EmptyField { field }))?;
        let previous = cells.whole(Field::PreviousUpdate)?;
        let first = match previous.filter(|_| mark.scope == BookScope::Delta) {
            Some(previous) => previous.saturating_add(1),
            None => cells.whole(Field::FirstUpdate)?.unwrap_or(last),
        };
        if first > last {
            return Err(Box::new(RowProblem::BookNumbers { first, last }));
        }
        Ok(BookRow {
            instrument: self.instrument,
            scope: mark.scope,
            begins: false,
            ends: false,
            first,
            last,
            change: self.book_change(cells, mark.by_order)?,
            ts_event: time,
            ts_init: time,
        })
    }

    /// What a row of a book changes. Without a side it changes nothing.
    fn book_change(
        &self,
        cells: &impl Cells,
        by_order: Option<bool>,
    ) -> Result<BookChange, Problem> {
        let id = cells.whole(Field::OrderId)?;
        let by_order = by_order.unwrap_or(id.is_some());
        let Some(side) = cells.aggressor()? else {
            return Ok(if by_order {
                BookChange::NoOrder
            } else {
                BookChange::NoLevel
            });
        };
        let positive = Self {
            prices: PriceRange::Positive,
            ..*self
        };
        let price = positive.price(cells, Field::Price)?;
        let size = cells.quantity(Field::Size)?;
        if !by_order {
            return Ok(BookChange::Level(BookLevel { side, price, size }));
        }
        let field = Field::OrderId;
        let id = id.ok_or_else(|| Box::new(RowProblem::EmptyField { field }))?;
        Ok(BookChange::Order(BookOrder {
            id,
            side,
            price,
            size,
        }))
    }

    fn price(&self, cells: &impl Cells, field: Field) -> Result<Price, Problem> {
        let price = cells.price(field)?;
        if price > Price::ZERO || self.prices == PriceRange::Any {
            return Ok(price);
        }
        Err(Box::new(if price == Price::ZERO {
            RowProblem::ZeroPrice { field }
        } else {
            RowProblem::Negative {
                field,
                value: price.to_string(),
            }
        }))
    }
}

/// Stands in a bar until its file is read.
const UNKNOWN_SPEC: BarSpec = BarSpec {
    method: BarMethod::Time(0),
    basis: BarBasis::Last,
};

/// The time by which rows are ordered.
pub(crate) trait Timed {
    fn time(&self) -> Timestamp;
}

impl Timed for Quote {
    fn time(&self) -> Timestamp {
        self.ts_event
    }
}

impl Timed for Trade {
    fn time(&self) -> Timestamp {
        self.ts_event
    }
}

impl Timed for Bar {
    fn time(&self) -> Timestamp {
        self.ts_event
    }
}
