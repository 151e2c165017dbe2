//! P17: the account must be able to pay, with everything in flight counted.
//!
//! A cash account pays in full: buys lock money, sells lock what is sold. A margin account puts up
//! the initial margin of the part that opens or adds to a position; what it has is its balances and
//! unrealised profit, all in its base currency, less what is locked. One that is hedging puts up margin
//! for all that opens a position, or for what is left of longs and shorts.

use crate::account::{Account, Reservation, as_money};
use crate::input::LimitScope;
use crate::orders::OpenOrder;
use crate::risk::Context;
use crate::valuation;
use model::{
    AccountKind, CurrencyId, DenyCode, HedgeMargin, Instrument, Money, NumberError, Quantity, Rate,
    Side,
};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    reserve(context).map(|_| ())
}

/// What to hold back for the order, if the account has it.
pub(crate) fn reserve(context: &Context<'_>) -> Result<Reservation, DenyCode> {
    let needed = uncovered(context, required(context)?);
    let (_, account) = parties(context)?;
    if needed.amount.is_zero() && !opens_on_margin(context, account)? {
        return Ok(needed);
    }
    let free = match account.config().kind {
        AccountKind::Cash => account
            .balance(needed.currency)
            .free()
            .map_err(|_| DenyCode::Conversion)?,
        AccountKind::Margin { .. } => free_equity(context, account)?,
    };
    let freed = context.replaces.map(OpenOrder::locked);
    let freed = freed.filter(|freed| freed.currency == needed.currency);
    let passed_on = Some(context.freed).filter(|freed| freed.currency == needed.currency);
    let free = free
        .checked_add(freed.unwrap_or_default().amount)
        .and_then(|free| free.checked_add(passed_on.unwrap_or_default().amount))
        .map_err(|_| DenyCode::Conversion)?;
    if needed.amount <= free {
        Ok(needed)
    } else {
        Err(DenyCode::BuyingPower)
    }
}

/// What is needed beyond what an order that can only fill instead of this one has locked already.
fn uncovered(context: &Context<'_>, needed: Reservation) -> Reservation {
    let covered = context.covered.iter();
    let covered = covered.filter(|covered| covered.currency == needed.currency);
    let largest = covered.map(|covered| covered.amount).max();
    let amount = needed.amount.checked_sub(largest.unwrap_or_default());
    Reservation {
        amount: amount.unwrap_or(needed.amount).max(Money::ZERO),
        ..needed
    }
}

fn required(context: &Context<'_>) -> Result<Reservation, DenyCode> {
    let (instrument, account) = parties(context)?;
    match account.config().kind {
        AccountKind::Cash => cash(context, instrument, account),
        AccountKind::Margin { leverage } => {
            let base = account.config().base_currency;
            let amount = margin(context, instrument, leverage, base)?;
            Ok(Reservation {
                currency: base,
                amount,
            })
        }
    }
}

fn parties<'a>(context: &'a Context<'_>) -> Result<(&'a Instrument, &'a Account), DenyCode> {
    let instrument = context.instrument().ok_or(DenyCode::Instrument)?;
    Ok((instrument, context.account.ok_or(DenyCode::Account)?))
}

fn cash(
    context: &Context<'_>,
    instrument: &Instrument,
    account: &Account,
) -> Result<Reservation, DenyCode> {
    let request = context.request;
    let quote = instrument.quote_currency;
    match (request.side, instrument.class.delivered()) {
        (Side::Buy, _) if pays_in_full(instrument) => {
            let (value, fee) = value_and_fee(context, instrument, request.quantity)?;
            let amount = value.checked_add(fee).map_err(|_| DenyCode::Conversion)?;
            Ok(Reservation {
                currency: quote,
                amount,
            })
        }
        (Side::Sell, Some(asset)) => {
            let amount = as_money(request.quantity).map_err(|_| DenyCode::Conversion)?;
            Ok(Reservation {
                currency: asset,
                amount,
            })
        }
        (Side::Sell, None) if pays_in_full(instrument) => {
            let owned = context.holding.is_reduced_by(Side::Sell, request.quantity);
            let nothing = Reservation {
                currency: account.config().base_currency,
                amount: Money::ZERO,
            };
            if owned {
                Ok(nothing)
            } else {
                Err(DenyCode::BuyingPower)
            }
        }
        // A cash account has no margin to carry a derivative with.
        _ => Err(DenyCode::BuyingPower),
    }
}

fn pays_in_full(instrument: &Instrument) -> bool {
    use model::AssetClass::{CryptoSpot, Equity, FxPair};
    matches!(instrument.class, Equity | FxPair { .. } | CryptoSpot { .. })
}

fn margin(
    context: &Context<'_>,
    instrument: &Instrument,
    leverage: Rate,
    base: CurrencyId,
) -> Result<Money, DenyCode> {
    let overflow = |_: NumberError| DenyCode::Conversion;
    let opening = opening_part(context).map_err(overflow)?;
    if opening.is_zero() {
        // The way out of a position must stay open, however little is left.
        return Ok(Money::ZERO);
    }
    let (value, _) = value_and_fee(context, instrument, opening)?;
    let (_, fee) = value_and_fee(context, instrument, context.request.quantity)?;
    let margin = initial_margin(value, instrument, leverage).map_err(overflow)?;
    let needed = margin.checked_add(fee).map_err(overflow)?;
    let converted = context
        .market
        .convert(needed, instrument.quote_currency, base);
    converted.map_err(overflow)?.ok_or(DenyCode::Conversion)
}

/// The initial margin of a position worth `value`, in the quote currency.
pub(crate) fn initial_margin(
    value: Money,
    instrument: &Instrument,
    leverage: Rate,
) -> Result<Money, NumberError> {
    let margin = value.magnitude()?.times(instrument.margin.initial)?;
    margin.prorated(i128::from(Rate::SCALE), i128::from(leverage.raw()))
}

/// Whether the order opens or adds to a position that only equity stands for. Even where no margin
/// is asked, an account that owes may not.
fn opens_on_margin(context: &Context<'_>, account: &Account) -> Result<bool, DenyCode> {
    let opening = opening_part(context).map_err(|_| DenyCode::Conversion)?;
    Ok(account.config().kind != AccountKind::Cash && !opening.is_zero())
}

/// The part of the order that opens or adds, once open orders of its side are filled.
fn opening_part(context: &Context<'_>) -> Result<Quantity, NumberError> {
    let (side, quantity) = (context.request.side, context.request.quantity);
    if context.hedging() == Some(HedgeMargin::Gross) {
        let closes = context.closes_leg();
        return Ok(if closes { Quantity::ZERO } else { quantity });
    }
    let mut holding = context.holding;
    let on_order = holding.on_order_mut(side);
    *on_order = on_order.saturating_sub(context.behind);
    let before = beyond_zero(holding.worst_case(side, Quantity::ZERO)?, side);
    let after = beyond_zero(holding.worst_case(side, quantity)?, side);
    model::SignedQuantity::from_raw(after - before).magnitude()
}

fn beyond_zero(position: model::SignedQuantity, side: Side) -> i128 {
    match side {
        Side::Buy => position.raw().max(0),
        Side::Sell => position.raw().saturating_neg().max(0),
    }
}

fn value_and_fee(
    context: &Context<'_>,
    instrument: &Instrument,
    quantity: Quantity,
) -> Result<(Money, Money), DenyCode> {
    let price = context.valuation().ok_or(DenyCode::MaxNotional)?;
    let priced = price
        .notional(quantity, instrument.multiplier)
        .and_then(Money::magnitude);
    let value = priced.map_err(|_| DenyCode::Conversion)?;
    let ceiling = context
        .venue
        .and_then(|v| v.fee_ceiling(context.request.instrument));
    let fee = ceiling.ok_or(DenyCode::BuyingPower)?.most(value, quantity);
    // A rebate is not money one has before the fill.
    Ok((
        value,
        fee.map_err(|_| DenyCode::Conversion)?.max(Money::ZERO),
    ))
}

/// What a margin account is worth, less what is locked, in its base currency.
fn free_equity(context: &Context<'_>, account: &Account) -> Result<Money, DenyCode> {
    let id = context.account_id.ok_or(DenyCode::Account)?;
    let totals = context.memory.exposures.totals(LimitScope::Account(id));
    let totals = totals.ok_or(DenyCode::Conversion)?;
    let equity = valuation::equity(account, totals, context.market);
    let equity = equity.map_err(|_| DenyCode::Conversion)?;
    let locked = account.balance(account.config().base_currency).locked;
    equity.checked_sub(locked).map_err(|_| DenyCode::Conversion)
}
