//! Accounts and balances.

use super::text::Name;
use crate::names::Names;
use model::{AccountId, AccountKind, Balance, CurrencyId, HedgeMargin, MarginStatus, Money};
use serde::Serialize;
use services::view::AccountView;

/// An account with its balances.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct AccountDto {
    pub(crate) name: String,
    /// `null` where no instrument names the venue.
    pub(crate) venue: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Name,
    pub(crate) leverage: Option<String>,
    /// What the several positions of a hedging account put up margin for; `null` where it nets them.
    pub(crate) hedging: Option<Name>,
    pub(crate) base_currency: Option<String>,
    pub(crate) balances: Vec<BalanceDto>,
    /// `null` while nobody ever called it.
    pub(crate) margin: Option<MarginDto>,
}

/// How an account stood with its margin when that last changed, in its base currency.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AccountMarginDto)]
pub(crate) struct MarginDto {
    pub(crate) state: Name,
    pub(crate) equity: String,
    pub(crate) maintenance: String,
    pub(crate) since: String,
}

/// Money of one currency: `total = locked + free`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct BalanceDto {
    pub(crate) currency: String,
    pub(crate) total: String,
    pub(crate) locked: String,
    pub(crate) free: Option<String>,
}

/// A balance after a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BalanceUpdateDto {
    pub(crate) account: String,
    #[serde(flatten)]
    pub(crate) balance: BalanceDto,
}

impl AccountDto {
    pub(crate) fn new(view: &AccountView, names: &Names) -> Self {
        let (kind, leverage) = match view.config.kind {
            AccountKind::Cash => ("CASH", None),
            AccountKind::Margin { leverage } => ("MARGIN", Some(leverage.to_string())),
        };
        let balances = view.balances.iter();
        Self {
            name: view.config.name.clone(),
            venue: names.venue(view.config.venue),
            kind: Name(kind),
            leverage,
            hedging: view.config.hedging.map(hedging),
            base_currency: names.currency(view.config.base_currency),
            margin: view.margin.as_ref().map(MarginDto::new),
            balances: balances
                .map(|(_, currency, balance)| BalanceDto::new(currency.clone(), balance))
                .collect(),
        }
    }
}

fn hedging(margin: HedgeMargin) -> Name {
    Name(match margin {
        HedgeMargin::Gross => "GROSS",
        HedgeMargin::Net => "NET",
    })
}

impl MarginDto {
    fn new(status: &MarginStatus) -> Self {
        Self {
            state: Name(status.state.name()),
            equity: status.equity.to_string(),
            maintenance: status.maintenance.to_string(),
            since: status.since.to_string(),
        }
    }
}

impl BalanceDto {
    fn new(currency: String, balance: &Balance) -> Self {
        Self {
            currency,
            total: balance.total.to_string(),
            locked: balance.locked.to_string(),
            free: balance.free().ok().as_ref().map(Money::to_string),
        }
    }
}

impl BalanceUpdateDto {
    pub(crate) fn new(
        account: AccountId,
        currency: CurrencyId,
        balance: &Balance,
        names: &Names,
    ) -> Self {
        let name = names.currency(currency);
        let name = name.unwrap_or_else(|| format!("#{}", currency.number()));
        Self {
            account: names.account(account),
            balance: BalanceDto::new(name, balance),
        }
    }
}
