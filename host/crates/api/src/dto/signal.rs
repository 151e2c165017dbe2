//! Signals to strategies, as operators send them, and what they are answered.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Body of `POST strategies/{name}/signals`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalRequest {
    /// The same for the same signal, however often it is sent.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) id: String,
    /// What it is: letters, digits, `-`, `_` and `.`.
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) name: String,
    /// At most 32 values by names of the same form, each a text of at most 256 bytes.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, String>,
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
