//! What an account is worth, in its base currency, at the latest marks.

use crate::account::Account;
use crate::holdings::Holdings;
use crate::input::StrategyConfig;
use crate::market::Market;
use model::{AccountId, AccountKind, CurrencyId, Money, NumberError};

/// Why an account's worth is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuationError {
    /// Something in it has no price, or no rate to the base currency.
    #[error("there is no price or exchange rate for part of the account")]
    Unpriced,
    /// The sum is too large.
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// What an account's worth follows from.
pub(crate) struct Books<'a> {
    pub(crate) market: &'a Market,
    pub(crate) holdings: &'a Holdings,
    pub(crate) strategies: &'a [StrategyConfig],
}

impl Books<'_> {
    /// Balances and what is held, in the base currency. A margin account counts the profit of its
    /// open positions, a cash account the value of what it owns beyond its balances.
    pub(crate) fn equity(&self, id: AccountId, account: &Account) -> Result<Money, ValuationError> {
        let base = account.config().base_currency;
        let mut sum = Money::ZERO;
        for (currency, balance) in account.balances() {
            sum = sum.checked_add(self.converted(balance.total, currency, base)?)?;
        }
        for (strategy, instrument, holding) in self.holdings.iter() {
            let owner = self
                .strategies
                .get(strategy.index())
                .map(|config| config.account);
            if owner != Some(id) || holding.position.quantity.is_zero() {
                continue;
            }
            let state = self
                .market
                .get(instrument)
                .ok_or(ValuationError::Unpriced)?;
            let traded = &state.instrument;
            let delivered = traded.class.delivered().is_some();
            if account.config().kind == AccountKind::Cash && delivered {
                // The asset is among the balances.
                continue;
            }
            let mark = state.mark().ok_or(ValuationError::Unpriced)?;
            let mut worth = holding.position.unrealized(mark, traded.multiplier)?;
            if account.config().kind == AccountKind::Cash {
                worth = worth.checked_add(holding.position.open_cost)?;
            }
            sum = sum.checked_add(self.converted(worth, traded.quote_currency, base)?)?;
        }
        Ok(sum)
    }

    fn converted(
        &self,
        money: Money,
        from: CurrencyId,
        to: CurrencyId,
    ) -> Result<Money, ValuationError> {
        self.market
            .convert(money, from, to)?
            .ok_or(ValuationError::Unpriced)
    }
}
