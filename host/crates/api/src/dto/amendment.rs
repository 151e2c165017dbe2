//! The body of a change of an order.

use super::text::Decimal;
use crate::openapi::{DecimalText, QuantityText};
use crate::problem::Problem;
use model::{Amendment, OrderId, Price, Quantity};
use serde::Deserialize;

/// Body of `PATCH orders/{id}`; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub(crate) struct AmendmentRequest {
    #[schema(value_type = Option<QuantityText>, nullable = false)]
    quantity: Option<Decimal<Quantity>>,
    #[schema(value_type = Option<DecimalText>, nullable = false)]
    price: Option<Decimal<Price>>,
    #[schema(value_type = Option<DecimalText>, nullable = false)]
    trigger: Option<Decimal<Price>>,
}

impl AmendmentRequest {
    /// The change, if it names one.
    pub(crate) fn amendment(self, order: OrderId) -> Result<Amendment, Problem> {
        let amendment = Amendment {
            order,
            quantity: self.quantity.map(|Decimal(quantity)| quantity),
            price: self.price.map(|Decimal(price)| price),
            trigger: self.trigger.map(|Decimal(price)| price),
        };
        let prices = amendment.price.or(amendment.trigger);
        if prices.is_none() && amendment.quantity.is_none() {
            let detail = "name what is to change: quantity, price or trigger";
            return Err(Problem::disagrees("", detail));
        }
        Ok(amendment)
    }
}
