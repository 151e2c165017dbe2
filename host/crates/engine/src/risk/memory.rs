//! What the gate remembers beside limits and windows: totals, levels, and what happened lately.

use super::conduct::Conduct;
use super::day_trades::DayTrades;
use super::levels::Levels;
use super::losses::Losses;
use super::ranges::Ranges;
use super::resting::Resting;
use super::shorts::Shorts;
use crate::exposure::Exposures;
use crate::journal::codec::{fields, wrappers};
use crate::scopes::ByScope;
use model::DenyCode;

/// Everything of it.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) exposures: Exposures,
    pub(crate) levels: Levels,
    pub(crate) losses: ByScope<Losses>,
    pub(crate) ranges: Ranges,
    pub(crate) resting: Resting,
    pub(crate) conduct: Conduct,
    pub(crate) day_trades: DayTrades,
    pub(crate) shorts: Shorts,
    /// Denials by the number of their code.
    denials: Denials,
}

/// A count for each code.
#[derive(Debug)]
struct Denials([u64; DenyCode::ALL.len()]);

impl Default for Denials {
    fn default() -> Self {
        Self([0; DenyCode::ALL.len()])
    }
}

impl Memory {
    pub(crate) fn count_denial(&mut self, code: DenyCode) {
        if let Some(count) = self.denials.0.get_mut(usize::from(code.number())) {
            *count += 1;
        }
    }

    pub(crate) fn denials(&self, code: DenyCode) -> u64 {
        let count = self.denials.0.get(usize::from(code.number()));
        count.copied().unwrap_or_default()
    }
}

fields! {
    Memory { exposures, levels, losses, ranges, resting, conduct, day_trades, shorts, denials }
}
wrappers!(Denials(counts));
