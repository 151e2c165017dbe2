//! What an account is worth, and what trading brought a scope, in its base currency at the latest
//! marks. The sums behind it are running totals; see [`crate::exposure`].

use crate::account::Account;
use crate::exposure::Totals;
use crate::market::Market;
use model::{AccountKind, CurrencyId, Money, NumberError, Rate};

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

/// Balances and what is held beyond them. A margin account counts the profit of its open positions,
/// a cash account the value of what it owns.
pub(crate) fn equity(
    account: &Account,
    totals: &Totals,
    market: &Market,
) -> Result<Money, ValuationError> {
    let base = account.config().base_currency;
    let balances = account.balances();
    let balances = balances.map(|(currency, balance)| {
        let sum = balance.total.checked_add(totals.of(currency).worth);
        (currency, sum)
    });
    let beyond = totals
        .currencies()
        .filter(|(currency, _)| !account.has(*currency))
        .map(|(currency, sums)| (currency, Ok(sums.worth)));
    sum(balances.chain(beyond), totals, market, base)
}

/// What a margin account's positions must have behind them, in its base currency; nothing in a cash
/// account. Positions of its strategies in one instrument count as one.
pub(crate) fn maintenance(
    account: &Account,
    totals: &Totals,
    market: &Market,
) -> Result<Money, ValuationError> {
    let AccountKind::Margin { leverage } = account.config().kind else {
        return Ok(Money::ZERO);
    };
    let base = account.config().base_currency;
    let margins = totals.currencies();
    let margins = margins.map(|(currency, sums)| (currency, Ok(sums.maintenance)));
    let whole = sum(margins, totals, market, base)?;
    let (scale, leverage) = (i128::from(Rate::SCALE), i128::from(leverage.raw()));
    Ok(whole.prorated(scale, leverage)?)
}

/// Realised and open profit less fees.
pub(crate) fn gain(
    totals: &Totals,
    market: &Market,
    base: CurrencyId,
) -> Result<Money, ValuationError> {
    let gains = totals.currencies();
    let gains = gains.map(|(currency, sums)| (currency, Ok(sums.gain)));
    sum(gains, totals, market, base)
}

fn sum(
    amounts: impl Iterator<Item = (CurrencyId, Result<Money, NumberError>)>,
    totals: &Totals,
    market: &Market,
    base: CurrencyId,
) -> Result<Money, ValuationError> {
    if !totals.are_known() {
        return Err(ValuationError::Unpriced);
    }
    let mut sum = Money::ZERO;
    for (currency, amount) in amounts {
        let converted = market.convert(amount?, currency, base)?;
        sum = sum.checked_add(converted.ok_or(ValuationError::Unpriced)?)?;
    }
    Ok(sum)
}
