//! Whether an account may hold several positions in one instrument at once, and what they put up margin for.

use super::build::Problem;
use super::{AccountSection, AccountSort, HedgeMarginSort};
use model::HedgeMargin;

/// What the positions of an account's section put up margin for; `None` where it holds one only.
///
/// # Errors
/// The key that cannot be meant, and why.
pub(super) fn hedging(section: &AccountSection) -> Result<Option<HedgeMargin>, Problem> {
    let margin = match section.hedge_margin.unwrap_or_default() {
        HedgeMarginSort::Gross => HedgeMargin::Gross,
        HedgeMarginSort::Net => HedgeMargin::Net,
    };
    match (section.hedging, section.kind) {
        (true, AccountSort::Cash) => {
            let reason =
                "a cash account holds what it owns; make it a margin account, or remove it";
            Err(("hedging", reason.to_owned()))
        }
        (true, AccountSort::Margin) => Ok(Some(margin)),
        (false, _) if section.hedge_margin.is_some() => {
            let reason = "only an account with `hedging = true` has it; add that, or remove it";
            Err(("hedge_margin", reason.to_owned()))
        }
        (false, _) => Ok(None),
    }
}
