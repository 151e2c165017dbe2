//! What an account agrees to: delivery of options, conversion of debts, and margin calls.

use super::build::Problem;
use super::{AccountSection, AccountSort, Decimal, Span};
use model::{AccountRules, Duration, MarginCall, Rate};
use serde::Deserialize;

/// `[account.margin_call]`. Levels are shares of the maintenance margin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginCallSection {
    /// Called when equity is below so much of it; 1 when left out.
    pub call: Option<Decimal<Rate>>,
    /// Liquidated when equity is below so much of it; 0.5 when left out.
    pub liquidate: Option<Decimal<Rate>>,
    /// Liquidated when a call has lasted so long; never when left out.
    pub grace: Option<Span>,
}

impl MarginCallSection {
    fn call(&self) -> MarginCall {
        let whole = Rate::SCALE;
        let rate = |given: Option<Decimal<Rate>>, otherwise| match given {
            Some(rate) => rate.0,
            None => Rate::from_raw(otherwise),
        };
        MarginCall {
            call: rate(self.call, whole),
            liquidate: rate(self.liquidate, whole / 2),
            grace: self.grace.map_or(Duration::MAX, |grace| grace.0),
        }
    }
}

/// The rules of an account's section.
///
/// # Errors
/// The key that cannot be meant, and why.
pub(super) fn account_rules(section: &AccountSection) -> Result<AccountRules, Problem> {
    let margin_call = section.margin_call.as_ref().map(MarginCallSection::call);
    if margin_call.is_some() && section.kind == AccountSort::Cash {
        let reason = "a cash account is never called; remove it".to_owned();
        return Err(("margin_call", reason));
    }
    let possible = |call: &MarginCall| call.liquidate > Rate::ZERO && call.liquidate <= call.call;
    if !margin_call.as_ref().is_none_or(possible) {
        let reason = "`liquidate` must be above zero and at most `call`".to_owned();
        return Err(("margin_call", reason));
    }
    Ok(AccountRules {
        delivers: section.delivers,
        converts_debts: section.converts_debts,
        margin_call,
    })
}
