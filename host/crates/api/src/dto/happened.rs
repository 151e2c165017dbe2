//! What happened without a trade.

use super::market::Printer;
use super::record::CashFlowDto;
use crate::names::Names;
use model::{LifeEvent, LifeEventKind, MarginState, MarginStatus};
use serde::Serialize;
use services::view::{CashFlowView, LifeEventView, WhatHappened};

/// Money that came or left without a trade, as the host shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CashFlowViewDto {
    /// Counts up from 1 since the host began to show them.
    pub(crate) number: u64,
    /// The input that moved it.
    pub(crate) sequence: u64,
    #[serde(flatten)]
    pub(crate) flow: CashFlowDto,
}

impl CashFlowViewDto {
    pub(crate) fn new(view: &CashFlowView, names: &Names) -> Self {
        Self {
            number: view.number,
            sequence: view.sequence,
            flow: CashFlowDto::new(&view.flow, names),
        }
    }
}

/// Something that happened to an instrument or to an account's margin.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct LifeEventDto {
    /// Counts up from 1 since the host began to show them.
    pub(crate) number: u64,
    /// The input during which it happened.
    pub(crate) sequence: u64,
    /// To which instrument; `null` when it happened to an account.
    pub(crate) instrument: Option<String>,
    /// To which account; `null` when it happened to an instrument.
    pub(crate) account: Option<String>,
    #[serde(flatten)]
    pub(crate) what: WhatDto,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

/// What happened, with what there is to know of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "event", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum WhatDto {
    Funding {
        rate: String,
    },
    /// Known before the end; nothing moved yet.
    FinalPrice {
        price: String,
    },
    Expiry,
    /// Positions are closed at this price.
    Settlement {
        price: String,
    },
    /// `denominator` shares became `numerator`.
    Split {
        numerator: u32,
        denominator: u32,
    },
    /// For each share.
    Dividend {
        amount: String,
        currency: Option<String>,
    },
    MarginCovered(MarginDto),
    MarginCall(MarginDto),
    Liquidation(MarginDto),
    MarginShort(MarginDto),
}

/// An account's margin, in its base currency.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = MarginCallDto)]
pub(crate) struct MarginDto {
    pub(crate) equity: String,
    pub(crate) maintenance: String,
}

impl LifeEventDto {
    pub(crate) fn new(view: &LifeEventView, names: &Names) -> Self {
        let (instrument, account, what) = match &view.what {
            WhatHappened::Instrument(event) => {
                let symbol = names.symbol(event.instrument);
                (Some(symbol), None, WhatDto::of_instrument(event, names))
            }
            WhatHappened::Margin(account, status) => {
                let account = names.account(*account);
                (None, Some(account), WhatDto::of_margin(status))
            }
        };
        let time = view.what.time();
        Self {
            number: view.number,
            sequence: view.sequence,
            instrument,
            account,
            what,
            ts_event: time.to_string(),
            ts_event_ns: time.nanos().to_string(),
        }
    }
}

impl WhatDto {
    fn of_instrument(event: &LifeEvent, names: &Names) -> Self {
        let print = Printer::new(event.instrument, names);
        match event.kind {
            LifeEventKind::Funding { rate } => Self::Funding {
                rate: rate.to_string(),
            },
            LifeEventKind::FinalPrice { price } => Self::FinalPrice {
                price: print.price(price),
            },
            LifeEventKind::Expiry => Self::Expiry,
            LifeEventKind::Settlement { price } => Self::Settlement {
                price: print.price(price),
            },
            LifeEventKind::Split {
                numerator,
                denominator,
            } => Self::Split {
                numerator,
                denominator,
            },
            LifeEventKind::Dividend { amount, currency } => Self::Dividend {
                amount: amount.to_string(),
                currency: names.currency(currency),
            },
        }
    }

    fn of_margin(status: &MarginStatus) -> Self {
        let margin = MarginDto {
            equity: status.equity.to_string(),
            maintenance: status.maintenance.to_string(),
        };
        match status.state {
            MarginState::Covered => Self::MarginCovered(margin),
            MarginState::Called => Self::MarginCall(margin),
            MarginState::Liquidating => Self::Liquidation(margin),
            MarginState::Short => Self::MarginShort(margin),
        }
    }
}
