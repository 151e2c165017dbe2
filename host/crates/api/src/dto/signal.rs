//! Signals to strategies, as operators send them, and what they are answered.

use model::signal::{MAX_SIGNAL_NAME, MAX_SIGNAL_VALUE, MAX_SIGNAL_VALUES};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// Body of `POST strategies/{name}/signals`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalRequest {
    /// The same for the same signal, however often it is sent.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) id: String,
    /// What it is: letters, digits, `-`, `_` and `.`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$")]
    pub(crate) name: String,
    /// At most 32 values by names of the same form, each a text of at most 256 bytes.
    #[serde(default)]
    #[schema(schema_with = values)]
    pub(crate) values: BTreeMap<String, String>,
}

fn values() -> ObjectBuilder {
    let form = |pattern: &str, most| {
        let text = ObjectBuilder::new().schema_type(Type::String);
        Schema::from(text.max_length(Some(most)).pattern(Some(pattern)))
    };
    ObjectBuilder::new()
        .max_properties(Some(MAX_SIGNAL_VALUES))
        .property_names(Some(form("^[A-Za-z0-9._-]+$", MAX_SIGNAL_NAME)))
        .additional_properties(Some(form("^[^\\x00-\\x1f\\x7f-\\x9f]*$", MAX_SIGNAL_VALUE)))
        .description(Some(
            "At most 32, and 4,096 bytes with their names and the signal's.",
        ))
}

/// A signal that a strategy was told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SignalAnswer {
    pub(crate) id: String,
    pub(crate) strategy: String,
    /// Its name.
    pub(crate) signal: String,
    /// Whether the strategy was told before under this id, and was not now.
    pub(crate) duplicate: bool,
}
