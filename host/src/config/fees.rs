//! What orders cost, as the file writes it.

use super::{Decimal, InstrumentSection, Problem};
use model::{FeeTier, Fees, Money, Rate};
use serde::Deserialize;

/// One entry of `fee_tiers`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTierSection {
    /// What an account must have traded at the venue within thirty days, in its base currency.
    pub from: Decimal<Money>,
    /// Fee rate of resting orders from there on.
    pub maker: Decimal<Rate>,
    /// Fee rate of taking orders from there on.
    pub taker: Decimal<Rate>,
}

/// The tiers as the engine takes them.
///
/// # Errors
/// What is wrong with them and what would do.
pub(super) fn tiers(sections: &[FeeTierSection]) -> Result<Vec<FeeTier>, String> {
    let tiers: Vec<FeeTier> = sections
        .iter()
        .map(|section| FeeTier {
            from: section.from.0,
            maker: section.maker.0,
            taker: section.taker.0,
        })
        .collect();
    match FeeTier::flaw(&tiers) {
        Some(flaw) => Err(flaw.to_owned()),
        None => Ok(tiers),
    }
}

/// The fees of an instrument.
pub(super) fn fees(section: &InstrumentSection) -> Result<Fees, Problem> {
    let rate = |rate: Option<Decimal<Rate>>| rate.map(|rate| rate.0);
    let amount = |money: Option<Decimal<Money>>| money.map(|money| money.0);
    let fees = Fees {
        maker: rate(section.maker_fee).unwrap_or_default(),
        taker: rate(section.taker_fee).unwrap_or_default(),
        per_contract: amount(section.fee_per_contract).unwrap_or_default(),
        min_per_order: amount(section.min_fee_per_order).unwrap_or_default(),
        max_per_order: amount(section.max_fee_per_order),
        max_share: rate(section.max_fee_share),
    };
    let negative = |money: Option<Money>| money.is_some_and(|money| money < Money::ZERO);
    let key = if negative(Some(fees.min_per_order)) {
        "min_fee_per_order"
    } else if negative(fees.max_per_order) {
        "max_fee_per_order"
    } else {
        "max_fee_share"
    };
    match fees.flaw() {
        Some(flaw) => Err((key, flaw.to_owned())),
        None => Ok(fees),
    }
}
