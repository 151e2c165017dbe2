//! What webhooks are called with, and what they are answered.

use super::order_names::SideName;
use super::signal::SignalAnswer;
use super::text::Decimal;
use crate::hooks::HookOrder;
use crate::openapi::{DecimalText, MomentText, QuantityText};
use model::{Price, Quantity};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Body of `POST /hooks/{name}`, of a hook that places orders. `secret` and `time` are those of TradingView only.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HookRequest {
    /// Looked at before; never shown.
    #[schema(value_type = Option<String>)]
    pub(crate) secret: Option<Hidden>,
    /// The same for the same call, however often it is sent.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) id: String,
    /// When it was sent.
    #[schema(value_type = Option<MomentText>)]
    pub(crate) time: Option<String>,
    pub(crate) instrument: String,
    #[serde(deserialize_with = "side")]
    pub(crate) side: SideName,
    #[serde(rename = "type")]
    pub(crate) kind: Option<HookOrderName>,
    #[schema(value_type = Option<QuantityText>)]
    pub(crate) quantity: Option<Decimal<Quantity>>,
    #[schema(value_type = Option<DecimalText>)]
    pub(crate) price: Option<Decimal<Price>>,
}

/// Body of `POST /hooks/{name}`, of a hook that tells a strategy. `secret` and `time` are those of TradingView
/// only.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HookSignal {
    /// Looked at before; never shown.
    #[schema(value_type = Option<String>)]
    pub(crate) secret: Option<Hidden>,
    /// The same for the same call, however often it is sent.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) id: String,
    /// When it was sent.
    #[schema(value_type = Option<MomentText>)]
    pub(crate) time: Option<String>,
    /// Values by name, as the hook takes them.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, String>,
}

/// What a hook is called with, by what it is for.
pub(crate) enum HookBody {}

impl PartialSchema for HookBody {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .description(Some("What the hook is for: an order, or a signal."))
            .item(Ref::from_schema_name(HookRequest::name()))
            .item(Ref::from_schema_name(HookSignal::name()))
            .into()
    }
}

impl ToSchema for HookBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("HookBody")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((HookRequest::name().into_owned(), HookRequest::schema()));
        HookRequest::schemas(schemas);
        schemas.push((HookSignal::name().into_owned(), HookSignal::schema()));
        HookSignal::schemas(schemas);
    }
}

/// A text that is not kept.
#[derive(Debug)]
pub(crate) struct Hidden;

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|_| Self)
    }
}

/// `BUY` or `SELL`, or as TradingView writes them.
fn side<'de, D: Deserializer<'de>>(from: D) -> Result<SideName, D::Error> {
    match String::deserialize(from)?.as_str() {
        "BUY" | "buy" => Ok(SideName::Buy),
        "SELL" | "sell" => Ok(SideName::Sell),
        _ => Err(serde::de::Error::custom("must be BUY or SELL")),
    }
}

/// A type of order that a hook may place.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum HookOrderName {
    Market,
    Limit,
}

impl From<HookOrderName> for HookOrder {
    fn from(name: HookOrderName) -> Self {
        match name {
            HookOrderName::Market => Self::Market,
            HookOrderName::Limit => Self::Limit,
        }
    }
}

/// What came of a call, by what the hook is for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum HookReply {
    Order(HookAnswer),
    Signal(SignalAnswer),
}

/// What came of a call for an order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HookAnswer {
    pub(crate) id: String,
    /// The order; `null` while a call before is still being placed.
    pub(crate) order: Option<String>,
    /// Its status after the risk gate; `null` for a call that was taken before.
    pub(crate) status: Option<&'static str>,
    /// Whether this call was taken before.
    pub(crate) duplicate: bool,
}
