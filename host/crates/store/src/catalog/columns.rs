//! Events as columns of integers: what is decoded from a part and what a part is encoded from.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Int8Array, RecordBatch, StringArray, TimestampNanosecondArray,
    UInt64Array,
};
use model::{Bar, BarSpec, InstrumentId, Price, Quantity, Quote, Side, Timestamp, Trade};

use super::books;
use super::error::CatalogError;
use super::layout::BarName;
use super::schema::{Form, SORTED_BY, TS_INIT, Width, columns, schema};
use crate::events::MarketEvent;
use crate::source::DataKind;

/// Rows of one kind. Every value is 64 bits: quantities are `u64` seen as `i64`.
#[derive(Debug)]
pub(super) struct Columns {
    kind: DataKind,
    pub(super) values: Vec<Vec<i64>>,
}

impl Columns {
    pub(super) fn new(kind: DataKind) -> Self {
        Self {
            kind,
            values: vec![Vec::new(); columns(kind).len()],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values[TS_INIT].len()
    }

    pub(super) fn clear(&mut self) {
        self.values.iter_mut().for_each(Vec::clear);
    }

    /// When each row was seen, in nanoseconds.
    pub(super) fn times(&self) -> &[i64] {
        &self.values[TS_INIT]
    }

    /// Appends an event, if it is of this kind.
    pub(super) fn push(&mut self, event: &MarketEvent) {
        let time = |time: Timestamp| time.nanos().cast_signed();
        let size = |size: Quantity| size.raw().cast_signed();
        let row: [i64; 9] = match event {
            MarketEvent::Quote(q) => [
                time(q.ts_event),
                time(q.ts_init),
                q.bid.raw(),
                q.ask.raw(),
                size(q.bid_size),
                size(q.ask_size),
                0,
                0,
                0,
            ],
            MarketEvent::Trade(t) => [
                time(t.ts_event),
                time(t.ts_init),
                t.price.raw(),
                size(t.size),
                side_number(t.aggressor),
                0,
                0,
                0,
                0,
            ],
            MarketEvent::Bar(b) => [
                time(b.ts_event),
                time(b.ts_init),
                time(b.ts_open),
                b.open.raw(),
                b.high.raw(),
                b.low.raw(),
                b.close.raw(),
                size(b.volume),
                0,
            ],
            MarketEvent::Book(row) => books::values(row),
        };
        self.values
            .iter_mut()
            .zip(row)
            .for_each(|(column, value)| column.push(value));
    }

    /// The event in a row. Bars get `bars` for their rule.
    #[inline]
    pub(super) fn event(
        &self,
        row: usize,
        instrument: InstrumentId,
        bars: Option<BarSpec>,
    ) -> Option<MarketEvent> {
        let value = |column: usize| self.values.get(column)?.get(row).copied();
        let time = |column| Some(Timestamp::from_nanos(value(column)?.cast_unsigned()));
        let price = |column| Some(Price::from_raw(value(column)?));
        let size = |column| Some(Quantity::from_raw(value(column)?.cast_unsigned()));
        Some(match self.kind {
            DataKind::Books => MarketEvent::Book(books::row(instrument, value)?),
            DataKind::Quotes => MarketEvent::Quote(Quote {
                instrument,
                ts_event: time(0)?,
                ts_init: time(1)?,
                bid: price(2)?,
                ask: price(3)?,
                bid_size: size(4)?,
                ask_size: size(5)?,
            }),
            DataKind::Trades => MarketEvent::Trade(Trade {
                instrument,
                ts_event: time(0)?,
                ts_init: time(1)?,
                price: price(2)?,
                size: size(3)?,
                aggressor: side(value(4)?),
            }),
            DataKind::Bars => MarketEvent::Bar(Bar {
                instrument,
                spec: bars?,
                ts_event: time(0)?,
                ts_init: time(1)?,
                ts_open: time(2)?,
                open: price(3)?,
                high: price(4)?,
                low: price(5)?,
                close: price(6)?,
                volume: size(7)?,
            }),
        })
    }

    /// The rows as a batch of Arrow.
    pub(super) fn batch(
        &self,
        width: Width,
        bars: Option<BarSpec>,
        path: &Path,
    ) -> Result<RecordBatch, CatalogError> {
        let forms = columns(self.kind).iter().zip(&self.values);
        let arrays: Result<Vec<ArrayRef>, _> = forms
            .map(|((_, form), values)| match form {
                Form::Rule => Ok(rules(bars, self.len())),
                form => array(*form, values, width, path),
            })
            .collect();
        RecordBatch::try_new(schema(self.kind, width), arrays?).map_err(CatalogError::damaged(path))
    }
}

/// The rule of bars, in every row.
fn rules(bars: Option<BarSpec>, count: usize) -> ArrayRef {
    let rule = bars.map_or(String::new(), |spec| BarName(spec).to_string());
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
        rule, count,
    )))
}

/// One column of numbers.
fn array(form: Form, values: &[i64], width: Width, path: &Path) -> Result<ArrayRef, CatalogError> {
    Ok(match form {
        Form::Time => {
            if let Some(late) = values.iter().find(|value| **value < 0) {
                let value = i128::from(late.cast_unsigned());
                let path = path.to_owned();
                return Err(CatalogError::Value {
                    path,
                    column: SORTED_BY,
                    value,
                });
            }
            Arc::new(TimestampNanosecondArray::from(values.to_vec()).with_timezone("UTC"))
        }
        Form::Price => decimals(values.iter().map(|v| i128::from(*v)), 9, width, path)?,
        Form::Quantity => decimals(
            values.iter().map(|v| i128::from(v.cast_unsigned())),
            8,
            width,
            path,
        )?,
        Form::Number => {
            let numbers = values.iter().map(|value| value.cast_unsigned());
            Arc::new(UInt64Array::from_iter_values(numbers))
        }
        Form::Side | Form::Flags | Form::Rule => {
            let sides = values
                .iter()
                .map(|value| i8::try_from(*value).unwrap_or_default());
            Arc::new(Int8Array::from_iter_values(sides))
        }
    })
}

fn decimals(
    values: impl Iterator<Item = i128>,
    scale: i8,
    width: Width,
    path: &Path,
) -> Result<ArrayRef, CatalogError> {
    let array = Decimal128Array::from_iter_values(values);
    let fits = |value: &i128| (-Width::NARROW_MAX..=Width::NARROW_MAX).contains(value);
    if width == Width::Narrow && !array.values().iter().all(fits) {
        return Err(CatalogError::TooWide {
            path: path.to_owned(),
        });
    }
    let array = array.with_precision_and_scale(width.digits(), scale);
    Ok(Arc::new(array.map_err(CatalogError::damaged(path))?))
}

pub(super) const fn side_number(side: Option<Side>) -> i64 {
    match side {
        Some(Side::Buy) => 1,
        Some(Side::Sell) => -1,
        None => 0,
    }
}

pub(super) const fn side(number: i64) -> Option<Side> {
    match number {
        1 => Some(Side::Buy),
        -1 => Some(Side::Sell),
        _ => None,
    }
}

/// Whether an event's numbers need a wide part.
pub(super) fn is_wide(event: &MarketEvent) -> bool {
    let max = Width::NARROW_MAX.unsigned_abs();
    let price = |price: Price| u128::from(price.raw().unsigned_abs()) > max;
    let size = |size: Quantity| u128::from(size.raw()) > max;
    match event {
        MarketEvent::Quote(q) => {
            price(q.bid) || price(q.ask) || size(q.bid_size) || size(q.ask_size)
        }
        MarketEvent::Trade(t) => price(t.price) || size(t.size),
        MarketEvent::Bar(b) => {
            [b.open, b.high, b.low, b.close].into_iter().any(price) || size(b.volume)
        }
        MarketEvent::Book(row) => {
            let (_, _, at, shown) = books::change(&row.change);
            price(at) || size(shown)
        }
    }
}

/// The prices of an event.
pub(super) fn prices(event: &MarketEvent) -> impl Iterator<Item = Price> {
    let (prices, count) = match event {
        MarketEvent::Quote(q) => ([q.bid, q.ask, q.ask, q.ask], 2),
        MarketEvent::Trade(t) => ([t.price; 4], 1),
        MarketEvent::Bar(b) => ([b.open, b.high, b.low, b.close], 4),
        MarketEvent::Book(row) => {
            let price = row.change.price();
            ([price.unwrap_or_default(); 4], usize::from(price.is_some()))
        }
    };
    prices.into_iter().take(count)
}
