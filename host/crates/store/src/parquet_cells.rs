//! Typed access to the columns of a Parquet batch: exact where the type is, and by the shortest
//! text that names the same number where it is floating point.

use std::fmt::Write;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int64Array, StringArray, TimestampNanosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use model::number::{Excess, divide_half_even};
use model::time::NANOS_PER_DAY;
use model::{Price, Quantity, Side, Timestamp};

use crate::cells::{self, BookMark, Cells, Problem};
use crate::error::RowProblem;
use crate::source::{DataSource, Field};
use crate::time::TimeReader;

/// The longest text of a number that is read from a column: `f64::MIN` has 309 digits and is
/// refused all the same, so longer texts are cut off as too large.
const NUMBER_BYTES: usize = 64;

/// A column in one of the types that cells are read from.
pub(crate) enum BatchColumn {
    Integer(Int64Array),
    Float(Float32Array),
    Double(Float64Array),
    Decimal(Decimal128Array, u32),
    Text(StringArray),
    /// Nanoseconds, and whether they are UTC.
    Moment(TimestampNanosecondArray, bool),
    Date(Date32Array),
    Boolean(BooleanArray),
}

impl BatchColumn {
    /// The column, if its type can hold `field`.
    pub(crate) fn new(field: Field, array: &ArrayRef) -> Option<Self> {
        let column = Self::typed(array)?;
        let is_number = matches!(
            column,
            Self::Integer(_) | Self::Float(_) | Self::Double(_) | Self::Decimal(..) | Self::Text(_)
        );
        let fits = match field {
            Field::Time => !matches!(column, Self::Boolean(_) | Self::Decimal(..)),
            Field::TimeOfDay => false,
            Field::Symbol => matches!(column, Self::Text(_)),
            Field::UpdateType => matches!(column, Self::Text(_) | Self::Integer(_)),
            Field::Side | Field::BuyerMaker => {
                matches!(column, Self::Boolean(_) | Self::Text(_) | Self::Integer(_))
            }
            _ => is_number,
        };
        fits.then_some(column)
    }

    /// Narrows the many types of Parquet to few; casts here lose nothing, or fail.
    fn typed(array: &ArrayRef) -> Option<Self> {
        let target = match array.data_type() {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => DataType::Int64,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => DataType::Int64,
            DataType::UInt64 => DataType::Decimal128(20, 0),
            DataType::Float16 | DataType::Float32 => DataType::Float32,
            DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
                DataType::Decimal128(*precision, *scale)
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
            DataType::Dictionary(_, values) => {
                return Self::typed(&cast(array, values).ok()?);
            }
            DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Nanosecond, zone.clone()),
            DataType::Date64 => DataType::Date32,
            same => same.clone(),
        };
        let array = cast(array, &target).ok()?;
        let any = array.as_any();
        Some(match target {
            DataType::Int64 => Self::Integer(any.downcast_ref::<Int64Array>()?.clone()),
            DataType::Float32 => Self::Float(any.downcast_ref::<Float32Array>()?.clone()),
            DataType::Float64 => Self::Double(any.downcast_ref::<Float64Array>()?.clone()),
            DataType::Decimal128(_, scale) => {
                let scale = u32::try_from(scale).ok()?;
                Self::Decimal(any.downcast_ref::<Decimal128Array>()?.clone(), scale)
            }
            DataType::Utf8 => Self::Text(any.downcast_ref::<StringArray>()?.clone()),
            DataType::Timestamp(_, zone) => {
                let moments = any.downcast_ref::<TimestampNanosecondArray>()?.clone();
                Self::Moment(moments, zone.is_some())
            }
            DataType::Date32 => Self::Date(any.downcast_ref::<Date32Array>()?.clone()),
            DataType::Boolean => Self::Boolean(any.downcast_ref::<BooleanArray>()?.clone()),
            _ => return None,
        })
    }

    fn is_null(&self, index: usize) -> bool {
        match self {
            Self::Integer(array) => array.is_null(index),
            Self::Float(array) => array.is_null(index),
            Self::Double(array) => array.is_null(index),
            Self::Decimal(array, _) => array.is_null(index),
            Self::Text(array) => array.is_null(index),
            Self::Moment(array, _) => array.is_null(index),
            Self::Date(array) => array.is_null(index),
            Self::Boolean(array) => array.is_null(index),
        }
    }
}

/// One row of a batch.
pub(crate) struct BatchRow<'a> {
    pub(crate) fields: &'a [Option<BatchColumn>; Field::COUNT],
    pub(crate) index: usize,
    pub(crate) time: &'a mut TimeReader,
    pub(crate) source: &'a DataSource,
}

impl BatchRow<'_> {
    /// The column of a field; `None` where there is none or the value is null.
    fn column(&self, field: Field) -> Option<&BatchColumn> {
        self.fields[field.index()]
            .as_ref()
            .filter(|column| !column.is_null(self.index))
    }

    fn needed(&self, field: Field) -> Result<&BatchColumn, Problem> {
        self.column(field)
            .ok_or_else(|| Box::new(RowProblem::EmptyField { field }))
    }

    /// The field in units of `10^-digits`.
    fn units(&self, field: Field, digits: u32, excess: Excess) -> Result<Number<'_>, Problem> {
        let column = self.needed(field)?;
        let mut buffer = NumberText::default();
        match column {
            BatchColumn::Decimal(array, scale) => {
                return decimal_units(field, array.value(self.index), *scale, digits, excess)
                    .map(Number::Units);
            }
            BatchColumn::Text(array) => {
                return Ok(Number::Text(
                    array.value(self.index).trim().as_bytes(),
                    excess,
                ));
            }
            BatchColumn::Integer(array) => buffer.show(array.value(self.index)),
            BatchColumn::Float(array) => buffer.show(array.value(self.index)),
            BatchColumn::Double(array) => buffer.show(array.value(self.index)),
            _ => return Err(Box::new(RowProblem::EmptyField { field })),
        }
        if buffer.cut {
            let value = String::from_utf8_lossy(buffer.bytes()).into_owned();
            return Err(Box::new(RowProblem::TooLarge { field, value }));
        }
        Ok(Number::Shown(buffer))
    }
}

impl Cells for BatchRow<'_> {
    fn time(&mut self) -> Result<Timestamp, Problem> {
        let index = self.index;
        let column = self.fields[Field::Time.index()].as_ref();
        let column = column
            .filter(|column| !column.is_null(index))
            .ok_or_else(|| Box::new(RowProblem::EmptyField { field: Field::Time }))?;
        match column {
            BatchColumn::Text(array) => self.time.read(array.value(index).trim().as_bytes()),
            BatchColumn::Integer(array) => {
                self.time.read(NumberText::of(array.value(index)).bytes())
            }
            BatchColumn::Float(array) => self.time.read(NumberText::of(array.value(index)).bytes()),
            BatchColumn::Double(array) => {
                self.time.read(NumberText::of(array.value(index)).bytes())
            }
            BatchColumn::Moment(array, true) => {
                let nanos = array.value(index);
                let moment = u64::try_from(nanos).ok().map(Timestamp::from_nanos);
                moment.ok_or_else(|| too_early(nanos))
            }
            BatchColumn::Moment(array, false) => {
                let nanos = array.value(index);
                self.time
                    .read_local_nanos(nanos)
                    .ok_or_else(|| too_early(nanos))
            }
            BatchColumn::Date(array) => {
                let days = i64::from(array.value(index));
                let nanos = i64::try_from(NANOS_PER_DAY)
                    .ok()
                    .and_then(|day| days.checked_mul(day));
                let moment = nanos.and_then(|nanos| self.time.read_local_nanos(nanos));
                moment.ok_or_else(|| too_early(days))
            }
            BatchColumn::Decimal(..) | BatchColumn::Boolean(_) => {
                Err(Box::new(RowProblem::EmptyField { field: Field::Time }))
            }
        }
    }

    fn price(&self, field: Field) -> Result<Price, Problem> {
        match self.units(field, Price::DIGITS, self.source.price_excess)? {
            Number::Units(units) => cells::price_from_units(field, units, || format!("{units}e-9")),
            Number::Text(text, excess) => cells::price(field, text, excess),
            Number::Shown(text) => cells::price(field, text.bytes(), Excess::Round),
        }
    }

    fn quantity(&self, field: Field) -> Result<Quantity, Problem> {
        if self.fields[field.index()].is_none() {
            return Ok(Quantity::ZERO);
        }
        match self.units(field, Quantity::DIGITS, self.source.size_excess)? {
            Number::Units(units) => {
                cells::quantity_from_units(field, units, || format!("{units}e-8"))
            }
            Number::Text(text, excess) => cells::quantity(field, text, excess),
            Number::Shown(text) => cells::quantity(field, text.bytes(), Excess::Round),
        }
    }

    fn aggressor(&self) -> Result<Option<Side>, Problem> {
        let (field, read): (_, fn(&[u8]) -> _) = match self.column(Field::Side) {
            Some(_) => (Field::Side, cells::side),
            None => (Field::BuyerMaker, cells::side_of_maker),
        };
        match self.column(field) {
            None => Ok(None),
            Some(BatchColumn::Boolean(array)) => read(if array.value(self.index) {
                b"true"
            } else {
                b"false"
            }),
            Some(BatchColumn::Text(array)) => read(array.value(self.index).trim().as_bytes()),
            Some(BatchColumn::Integer(array)) => {
                read(NumberText::of(array.value(self.index)).bytes())
            }
            Some(_) => Ok(None),
        }
    }

    fn book_mark(&self) -> Result<BookMark, Problem> {
        match self.needed(Field::UpdateType)? {
            BatchColumn::Text(array) => cells::book_mark(array.value(self.index).trim().as_bytes()),
            BatchColumn::Integer(array) => {
                cells::book_mark(NumberText::of(array.value(self.index)).bytes())
            }
            _ => Err(Box::new(RowProblem::EmptyField {
                field: Field::UpdateType,
            })),
        }
    }

    fn whole(&self, field: Field) -> Result<Option<u64>, Problem> {
        let text = match self.column(field) {
            None => return Ok(None),
            Some(BatchColumn::Text(array)) => {
                return cells::whole(field, array.value(self.index).trim().as_bytes());
            }
            Some(BatchColumn::Integer(array)) => NumberText::of(array.value(self.index)),
            Some(BatchColumn::Decimal(array, 0)) => NumberText::of(array.value(self.index)),
            Some(BatchColumn::Double(array)) => NumberText::of(array.value(self.index)),
            Some(_) => return Err(Box::new(RowProblem::EmptyField { field })),
        };
        cells::whole(field, text.bytes())
    }

    fn symbol(&self) -> Result<Option<&[u8]>, Problem> {
        match &self.fields[Field::Symbol.index()] {
            None => Ok(None),
            Some(BatchColumn::Text(array)) if !array.is_null(self.index) => {
                Ok(Some(array.value(self.index).as_bytes()))
            }
            Some(_) => Err(Box::new(RowProblem::EmptyField {
                field: Field::Symbol,
            })),
        }
    }
}

/// A number on its way to fixed point.
enum Number<'a> {
    Units(i128),
    Text(&'a [u8], Excess),
    Shown(NumberText),
}

/// Moves a decimal from its own scale to `digits`.
fn decimal_units(
    field: Field,
    value: i128,
    scale: u32,
    digits: u32,
    excess: Excess,
) -> Result<i128, Problem> {
    let shown = || format!("{value}e-{scale}");
    let too_large = || {
        Box::new(RowProblem::TooLarge {
            field,
            value: shown(),
        })
    };
    if scale <= digits {
        return value
            .checked_mul(10_i128.pow(digits - scale))
            .ok_or_else(too_large);
    }
    let divisor = 10_i128.checked_pow(scale - digits).ok_or_else(too_large)?;
    if excess == Excess::Refuse && value % divisor != 0 {
        return Err(Box::new(RowProblem::TooPrecise {
            field,
            value: shown(),
            digits,
        }));
    }
    divide_half_even(value, divisor).map_err(|_| too_large())
}

fn too_early(count: i64) -> Problem {
    Box::new(RowProblem::BadTime {
        value: count.to_string(),
        expected: "from 1970 on".to_owned(),
    })
}

/// The text of a number, on the stack.
#[derive(Clone, Copy)]
struct NumberText {
    bytes: [u8; NUMBER_BYTES],
    length: usize,
    cut: bool,
}

impl Default for NumberText {
    fn default() -> Self {
        Self {
            bytes: [0; NUMBER_BYTES],
            length: 0,
            cut: false,
        }
    }
}

impl NumberText {
    fn of(value: impl std::fmt::Display) -> Self {
        let mut text = Self::default();
        text.show(value);
        text
    }

    /// Rust prints floats as the shortest decimal that reads back as the same number.
    fn show(&mut self, value: impl std::fmt::Display) {
        self.cut = write!(self, "{value}").is_err();
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Write for NumberText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let room = self
            .bytes
            .get_mut(self.length..end)
            .ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_show_as_their_shortest_decimal() {
        let check = |text: NumberText, expect: &str| assert_eq!(text.bytes(), expect.as_bytes());
        check(NumberText::of(39432.48_f64), "39432.48");
        check(
            NumberText::of(0.00031099999999999997_f64),
            "0.00031099999999999997",
        );
        check(NumberText::of(0.1_f32), "0.1");
        check(NumberText::of(f64::NAN), "NaN");
        assert!(NumberText::of(f64::MAX).cut);
    }

    #[test]
    fn decimals_move_between_scales() {
        let check = |value, scale, excess, expect: Result<i128, &str>| {
            let units = decimal_units(Field::Price, value, scale, 9, excess);
            assert_eq!(
                units.map_err(|problem| problem.to_string()),
                expect.map_err(str::to_owned)
            );
        };
        check(12_345, 2, Excess::Refuse, Ok(123_450_000_000));
        check(1_500, 12, Excess::Round, Ok(2));
        check(1_000, 12, Excess::Refuse, Ok(1));
        check(
            1_500,
            12,
            Excess::Refuse,
            Err(
                "`price` is `1500e-12`: more than 9 digits after the point; \
                 allow rounding or cut the digits",
            ),
        );
    }
}
