//! What is owned, and what trading brought.

use crate::names::Names;
use model::{CurrencyId, InstrumentId, Money};
use serde::Serialize;
use services::portfolio::{InstrumentSums, PortfolioView, Sums, Worth};
use std::collections::BTreeSet;

/// What is held at one moment. What cannot be told for lack of a price or a rate is `null`, and what lacks it stands in
/// `unpriced` and `unconverted`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PortfolioDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// The last input that it shows.
    pub(crate) sequence: u64,
    /// All accounts together, once in each base currency that an account has.
    pub(crate) totals: Vec<WorthDto>,
    /// Each account in its base currency.
    pub(crate) accounts: Vec<AccountWorthDto>,
    /// Each strategy that ever had a position, in the base currency of its account.
    pub(crate) strategies: Vec<StrategySumsDto>,
    /// Each instrument of which there ever was a position, in its quote currency.
    pub(crate) instruments: Vec<InstrumentSumsDto>,
}

/// What positions come to, in `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct SumsDto {
    pub(crate) currency: String,
    /// Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another.
    pub(crate) gross_exposure: Option<String>,
    /// Values at the marks, shorts negative.
    pub(crate) net_exposure: Option<String>,
    /// Profit of what is open, at the marks.
    pub(crate) unrealized: Option<String>,
    /// Profit of what was closed, before fees, and what funding and dividends brought.
    pub(crate) realized: Option<String>,
    pub(crate) fees: Option<String>,
    /// Symbols that are held and have no price.
    pub(crate) unpriced: Vec<String>,
    /// Currencies of which something is part of it and for which there is no rate.
    pub(crate) unconverted: Vec<String>,
}

/// What accounts are worth, in `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct WorthDto {
    /// `cash` and `positions_value`.
    pub(crate) net_worth: Option<String>,
    /// Balances of all currencies.
    pub(crate) cash: Option<String>,
    /// What positions are worth beyond the balances: in a margin account the profit of what is open, in a cash account the
    /// value of what it owns and what is no balance.
    pub(crate) positions_value: Option<String>,
    /// Gross exposure over net worth, a statistic; `null` where that is not above zero.
    pub(crate) leverage: Option<f64>,
    #[serde(flatten)]
    pub(crate) sums: SumsDto,
}

/// What an account is worth.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct AccountWorthDto {
    pub(crate) account: String,
    #[serde(flatten)]
    pub(crate) worth: WorthDto,
}

/// What a strategy's positions come to.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct StrategySumsDto {
    pub(crate) strategy: String,
    #[serde(flatten)]
    pub(crate) sums: SumsDto,
}

/// What the positions in an instrument come to.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct InstrumentSumsDto {
    pub(crate) instrument: String,
    /// Of all strategies, negative when short; `null` where it is beyond the range of quantities.
    pub(crate) quantity: Option<String>,
    /// The middle of the quote, otherwise the latest trade; `null` before both.
    pub(crate) mark: Option<String>,
    #[serde(flatten)]
    pub(crate) sums: SumsDto,
}

/// Handles to names, of a view.
struct Words<'a> {
    names: &'a Names,
    currencies: &'a [String],
}

impl Words<'_> {
    fn currency(&self, id: CurrencyId) -> String {
        let name = self.currencies.get(id.index()).cloned();
        name.unwrap_or_else(|| format!("#{}", id.number()))
    }

    fn symbols(&self, ids: &BTreeSet<InstrumentId>) -> Vec<String> {
        ids.iter().map(|id| self.names.symbol(*id)).collect()
    }

    fn sums(&self, sums: &Sums) -> SumsDto {
        let unconverted = sums.unconverted.iter();
        SumsDto {
            currency: self.currency(sums.currency),
            gross_exposure: text(sums.gross_exposure),
            net_exposure: text(sums.net_exposure),
            unrealized: text(sums.unrealized),
            realized: text(sums.realized),
            fees: text(sums.fees),
            unpriced: self.symbols(&sums.unpriced),
            unconverted: unconverted.map(|id| self.currency(*id)).collect(),
        }
    }

    fn worth(&self, worth: &Worth) -> WorthDto {
        WorthDto {
            net_worth: text(worth.net_worth),
            cash: text(worth.cash),
            positions_value: text(worth.positions_value),
            leverage: worth.leverage,
            sums: self.sums(&worth.sums),
        }
    }

    fn instrument(&self, of: &InstrumentSums) -> InstrumentSumsDto {
        InstrumentSumsDto {
            instrument: self.names.symbol(of.instrument),
            quantity: of.quantity.map(|quantity| quantity.to_string()),
            mark: of.mark.map(|mark| mark.to_string()),
            sums: self.sums(&of.sums),
        }
    }
}

fn text(amount: Option<Money>) -> Option<String> {
    amount.map(|amount| amount.to_string())
}

impl PortfolioDto {
    pub(crate) fn new(view: &PortfolioView, names: &Names) -> Self {
        let words = Words {
            names,
            currencies: &view.currencies,
        };
        let totals = view.totals.iter().map(|total| words.worth(total));
        let accounts = view.accounts.iter();
        let accounts = accounts.map(|(account, worth)| AccountWorthDto {
            account: names.account(*account),
            worth: words.worth(worth),
        });
        let strategies = view.strategies.iter();
        let strategies = strategies.map(|(strategy, sums)| StrategySumsDto {
            strategy: names.strategy(*strategy),
            sums: words.sums(sums),
        });
        let instruments = view.instruments.iter().map(|of| words.instrument(of));
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            sequence: view.sequence,
            totals: totals.collect(),
            accounts: accounts.collect(),
            strategies: strategies.collect(),
            instruments: instruments.collect(),
        }
    }
}
