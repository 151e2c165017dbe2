//! What happens to instruments and to an account's money, and what simulated venues say, as operators send it.

use super::text::Decimal;
use crate::openapi::{DecimalText, MoneyText, PriceText};
use model::{Money, Price, Rate};
use serde::Deserialize;
use services::handle::InstrumentNews;
use std::borrow::Cow;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// `POST instruments/{symbol}/events`.
#[derive(Debug, Deserialize)]
#[serde(
    tag = "event",
    rename_all = "SCREAMING_SNAKE_CASE",
    deny_unknown_fields
)]
pub(crate) enum EventRequest {
    Funding {
        rate: Decimal<Rate>,
    },
    Settlement {
        price: Decimal<Price>,
    },
    /// `denominator` shares become `numerator`.
    Split {
        numerator: u32,
        denominator: u32,
    },
    /// For each share.
    Dividend {
        amount: Decimal<Money>,
        currency: String,
    },
}

impl EventRequest {
    pub(crate) fn news(self) -> InstrumentNews {
        match self {
            Self::Funding { rate } => InstrumentNews::Funding(rate.0),
            Self::Settlement { price } => InstrumentNews::Settlement(price.0),
            Self::Split {
                numerator,
                denominator,
            } => InstrumentNews::Split {
                numerator,
                denominator,
            },
            Self::Dividend { amount, currency } => InstrumentNews::Dividend {
                amount: amount.0,
                currency,
            },
        }
    }
}

/// The derive does not close the objects that a tag tells apart.
impl PartialSchema for EventRequest {
    fn schema() -> RefOr<Schema> {
        let decimal = || RefOr::<Schema>::from(Ref::from_schema_name(DecimalText::name()));
        let shares = || {
            let shares = ObjectBuilder::new().schema_type(Type::Integer);
            RefOr::<Schema>::from(shares.minimum(Some(1)).maximum(Some(u32::MAX)))
        };
        let money = RefOr::<Schema>::from(Ref::from_schema_name(MoneyText::name()));
        let currency = RefOr::<Schema>::from(ObjectBuilder::new().schema_type(Type::String));
        OneOfBuilder::new()
            .description(Some("What happens, told apart by `event`."))
            .item(event("FUNDING", [("rate", decimal())]))
            .item(event("SETTLEMENT", [("price", decimal())]))
            .item(event(
                "SPLIT",
                [("numerator", shares()), ("denominator", shares())],
            ))
            .item(event(
                "DIVIDEND",
                [("amount", money), ("currency", currency)],
            ))
            .into()
    }
}

impl ToSchema for EventRequest {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EventRequest")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((DecimalText::name().into_owned(), DecimalText::schema()));
        schemas.push((MoneyText::name().into_owned(), MoneyText::schema()));
    }
}

/// An object of these fields and no others.
fn event<const N: usize>(name: &str, fields: [(&str, RefOr<Schema>); N]) -> ObjectBuilder {
    let named = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([name]));
    let empty = ObjectBuilder::new()
        .property("event", named)
        .required("event")
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    fields.into_iter().fold(empty, |object, (field, schema)| {
        object.property(field, schema).required(field)
    })
}

/// `PUT instruments/{symbol}/status`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusRequest {
    pub(crate) status: StatusName,
}

/// What a venue says of an instrument, as requests name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StatusName {
    Halted,
    Trading,
}

impl StatusRequest {
    pub(crate) fn news(&self) -> InstrumentNews {
        InstrumentNews::Status {
            halted: self.status == StatusName::Halted,
        }
    }
}

/// `PATCH instruments/{symbol}/prices`; one of the two at least. What is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PricesRequest {
    /// At which the venue values positions.
    #[schema(value_type = Option<PriceText>)]
    mark: Option<Decimal<Price>>,
    /// Of the index that it follows.
    #[schema(value_type = Option<PriceText>)]
    index: Option<Decimal<Price>>,
}

impl PricesRequest {
    pub(crate) fn news(&self) -> InstrumentNews {
        InstrumentNews::Prices {
            mark: self.mark.map(|price| price.0),
            index: self.index.map(|price| price.0),
        }
    }
}

/// `POST accounts/{name}/conversions`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversionRequest {
    pub(crate) from: String,
    pub(crate) to: String,
    /// What is given.
    #[schema(value_type = MoneyText)]
    pub(crate) amount: Decimal<Money>,
}
