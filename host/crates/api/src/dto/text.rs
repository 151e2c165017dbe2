//! Values that travel as text.

use crate::openapi::text;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

/// An exact number, read from a string such as `"1.25"`. JSON numbers are refused: most programs
/// that print them have rounded them already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal<T>(pub(crate) T);

impl<'de, T> Deserialize<'de> for Decimal<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DecimalVisitor(PhantomData))
    }
}

impl<T: fmt::Display> Serialize for Decimal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

struct DecimalVisitor<T>(PhantomData<T>);

impl<T> Visitor<'_> for DecimalVisitor<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    type Value = Decimal<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal as a string, such as \"1.25\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Decimal).map_err(E::custom)
    }
}

/// A parameter's value: text, or a number or truth value that is taken as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParameterValue(pub(crate) String);

impl<'de> Deserialize<'de> for ParameterValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            serde_json::Value::Bool(truth) => Ok(Self(truth.to_string())),
            _ => Err(D::Error::custom(
                "must be a string, a number or a truth value",
            )),
        }
    }
}

impl utoipa::PartialSchema for ParameterValue {
    fn schema() -> RefOr<Schema> {
        let kinds = [Type::String, Type::Number, Type::Boolean];
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter(kinds))
            .description(Some(
                "A parameter's value; numbers and truth values are taken as text.",
            ))
            .into()
    }
}

impl utoipa::ToSchema for ParameterValue {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ParameterValue")
    }
}

/// A name in capitals that an enumeration gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) &'static str);

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl utoipa::PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        text("^[A-Z][A-Z0-9_]*$", "One of some names in capitals.").into()
    }
}

impl utoipa::ToSchema for Name {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Name")
    }
}

/// Pairs printed as one object, in their own order.
pub(crate) fn pairs<S: Serializer>(
    pairs: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}
