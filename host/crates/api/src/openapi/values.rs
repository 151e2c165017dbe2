//! What values look like that travel as text.

use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// The form of an exact decimal, of a size that every kind of amount holds.
const DECIMAL: &str = r"^-?([0-9]{1,9}|[1-8][0-9]{9})(\.[0-9]{1,9})?$";
/// The same of what is above nothing.
/// Said without looking ahead, which those who make values of a pattern cannot follow.
const PRICE: &str = r"^(([1-9][0-9]{0,8}|0{1}[1-9][0-9]{0,7}|0{2}[1-9][0-9]{0,6}|0{3}[1-9][0-9]{0,5}|0{4}[1-9][0-9]{0,4}|0{5}[1-9][0-9]{0,3}|0{6}[1-9][0-9]{0,2}|0{7}[1-9][0-9]{0,1}|0{8}[1-9]|[1-8][0-9]{9})(\.[0-9]{1,9})?|0{1,9}\.(0{0,8}[1-9]|[1-9][0-9]{1,8}|0{1}[1-9][0-9]{1,7}|0{2}[1-9][0-9]{1,6}|0{3}[1-9][0-9]{1,5}|0{4}[1-9][0-9]{1,4}|0{5}[1-9][0-9]{1,3}|0{6}[1-9][0-9]{1,2}|0{7}[1-9][0-9]{1,1}))$";
/// The form of a change by a share of what there is, of which no more than all can be lost.
const CHANGE: &str =
    r"^(([0-9]{1,9}|[1-8][0-9]{9})(\.[0-9]{1,9})?|-0{0,8}(1(\.0{1,9})?|0(\.[0-9]{1,9})?))$";
/// The form of a share, which is not negative.
pub(crate) const SHARE: &str = r"^([0-9]{1,9}|[1-8][0-9]{9})(\.[0-9]{1,9})?$";
/// The form of an amount of an instrument, which is not negative.
pub(crate) const QUANTITY: &str = r"^([0-9]{1,11}|1[0-7][0-9]{10})(\.[0-9]{1,8})?$";
/// The form of an amount of money, which is not negative.
pub(crate) const MONEY: &str = r"^[0-9]{1,18}(\.[0-9]{1,9})?$";
/// The form of a whole number as text.
pub(crate) const WHOLE: &str = "^[0-9]{1,19}$";
/// The form of what is more than 0 and at most 92 days in nanoseconds, which are 7,948,800 s.
const PROBATION: &str = "^0*([1-9][0-9]{0,14}|[1-6][0-9]{15}|7[0-8][0-9]{14}|79[0-3][0-9]{13}|794[0-7][0-9]{12}\
                         |7948[0-7][0-9]{11}|7948800000000000)$";

/// A text of some form, as a schema.
pub(crate) fn text(pattern: &str, description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(description))
}

/// An exact number as a string.
pub(crate) enum DecimalText {}

impl PartialSchema for DecimalText {
    fn schema() -> RefOr<Schema> {
        let about =
            "An exact decimal. A JSON number is refused: what prints it may have rounded it.";
        text(DECIMAL, about).examples(["1.25"]).into()
    }
}

impl ToSchema for DecimalText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Decimal")
    }
}

/// A price above nothing as a string.
pub(crate) enum PriceText {}

impl PartialSchema for PriceText {
    fn schema() -> RefOr<Schema> {
        text(PRICE, "An exact price above nothing, as a string.")
            .examples(["1.25"])
            .into()
    }
}

impl ToSchema for PriceText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Price")
    }
}

/// A change by a share as a string.
pub(crate) enum ChangeText {}

impl PartialSchema for ChangeText {
    fn schema() -> RefOr<Schema> {
        let about = "A change by an exact share, as a string: -0.2 takes a fifth away, and -1 all.";
        text(CHANGE, about).examples(["-0.2"]).into()
    }
}

impl ToSchema for ChangeText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Change")
    }
}

/// An amount of an instrument as a string.
pub(crate) enum QuantityText {}

impl PartialSchema for QuantityText {
    fn schema() -> RefOr<Schema> {
        text(QUANTITY, "An exact amount of an instrument, as a string.")
            .examples(["1.25"])
            .into()
    }
}

impl ToSchema for QuantityText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Quantity")
    }
}

/// An amount of money as a string.
pub(crate) enum MoneyText {}

impl PartialSchema for MoneyText {
    fn schema() -> RefOr<Schema> {
        text(MONEY, "An exact amount of money, as a string.")
            .examples(["2500.00"])
            .into()
    }
}

impl ToSchema for MoneyText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Money")
    }
}

/// A whole number as a string, for it may exceed what a JSON number holds.
pub(crate) enum NumberText {}

impl PartialSchema for NumberText {
    fn schema() -> RefOr<Schema> {
        text(WHOLE, "A whole number below 2^64.")
            .examples(["60000000000"])
            .into()
    }
}

impl ToSchema for NumberText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("WholeNumber")
    }
}

/// For how long a version is watched, in nanoseconds, as a string.
pub(crate) enum ProbationText {}

impl PartialSchema for ProbationText {
    fn schema() -> RefOr<Schema> {
        text(PROBATION, "Nanoseconds: more than 0 and at most 92 days.")
            .examples(["3600000000000"])
            .into()
    }
}

impl ToSchema for ProbationText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ProbationTime")
    }
}

/// A moment as RFC 3339.
pub(crate) enum MomentText {}

impl PartialSchema for MomentText {
    fn schema() -> RefOr<Schema> {
        let about = "A moment after 1970, in UTC or with an offset, to the nanosecond.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some(about))
            .examples(["2026-01-02T00:00:00Z"])
            .into()
    }
}

impl ToSchema for MomentText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Moment")
    }
}

/// Bytes as they are, such as a component.
pub(crate) enum Binary {}

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("A WebAssembly component."))
            .into()
    }
}

impl ToSchema for Binary {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Component")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_all_is_lost() {
        let form = regex::Regex::new(CHANGE).unwrap();
        for fits in [
            "0",
            "1.5",
            "-0.2",
            "-1",
            "-1.000",
            "-0",
            "-001",
            "8999999999",
        ] {
            assert!(form.is_match(fits), "{fits}");
        }
        for does_not in [
            "-1.000000001",
            "-2",
            "-10",
            "-11",
            "9000000000",
            "-",
            ".5",
            "1e3",
        ] {
            assert!(!form.is_match(does_not), "{does_not}");
        }
    }

    #[test]
    fn a_probation_lasts_92_days_at_most() {
        let form = regex::Regex::new(PROBATION).unwrap();
        let most = 92 * 86_400 * 1_000_000_000_u64;
        for fits in [1, 9, 3_600_000_000_000, most - 1, most] {
            assert!(form.is_match(&fits.to_string()), "{fits}");
        }
        for does_not in [0, most + 1, most + 100_000_000_000, most * 10, u64::MAX] {
            assert!(!form.is_match(&does_not.to_string()), "{does_not}");
        }
    }
}
