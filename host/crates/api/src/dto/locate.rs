//! What accounts may be short where that must be located.

use super::text::Decimal;
use crate::names::Names;
use crate::openapi::QuantityText;
use model::Quantity;
use serde::{Deserialize, Serialize};
use services::view::LocateView;

/// How much of an instrument an account may be short, all its open orders filled, where `short.locate_required` binds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LocateDto {
    pub(crate) account: String,
    /// The instrument's symbol.
    pub(crate) instrument: String,
    #[schema(value_type = QuantityText)]
    pub(crate) quantity: String,
}

impl LocateDto {
    pub(crate) fn new(view: &LocateView, names: &Names) -> Self {
        Self {
            account: names.account(view.account),
            instrument: names.symbol(view.instrument),
            quantity: view.quantity.to_string(),
        }
    }
}

/// Body of `PUT risk/locates`: replaces what was located; `0` is nothing.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocateRequest {
    pub(crate) account: String,
    /// The instrument's symbol.
    pub(crate) instrument: String,
    #[schema(value_type = QuantityText)]
    pub(crate) quantity: Decimal<Quantity>,
}
