//! What happens to instruments and to an account's money, as operators send it.

use super::text::Decimal;
use model::{Money, Price, Rate};
use serde::Deserialize;
use services::handle::InstrumentNews;

/// `POST instruments/{symbol}/events`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
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

/// `POST accounts/{name}/conversions`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversionRequest {
    pub(crate) from: String,
    pub(crate) to: String,
    /// What is given.
    pub(crate) amount: Decimal<Money>,
}
