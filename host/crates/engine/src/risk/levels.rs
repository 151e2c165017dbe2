//! Whether orders of a scope may leave: what somebody set, what escalation set, and the kill latch.
//! The stricter of all scopes an order falls under wins.

use crate::effect::Severity;
use crate::input::{Escalation, LimitScope, TradingState};
use crate::journal::codec::{fields, variants, wrappers};
use crate::scopes::{ByScope, scopes_of};
use model::{AccountId, InstrumentId, Money, Rate, StrategyId};

/// How far escalation has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Step {
    /// Not at all.
    #[default]
    Quiet,
    /// An alert was raised.
    Warned,
    /// Only reducing orders leave.
    Reducing,
    /// None leaves until somebody sets the state.
    Halted,
}

impl Step {
    const ALL: [Step; 4] = [Self::Quiet, Self::Warned, Self::Reducing, Self::Halted];

    pub(crate) fn state(self) -> TradingState {
        match self {
            Self::Quiet | Self::Warned => TradingState::Active,
            Self::Reducing => TradingState::Reducing,
            Self::Halted => TradingState::Halted,
        }
    }

    /// How bad it is to have come so far.
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::Quiet => Severity::Cleared,
            Self::Warned => Severity::Warning,
            Self::Reducing => Severity::Serious,
            Self::Halted => Severity::Critical,
        }
    }

    fn threshold(self, escalation: &Escalation) -> Rate {
        match self {
            Self::Quiet => Rate::MIN,
            Self::Warned => escalation.warn,
            Self::Reducing => escalation.reduce,
            Self::Halted => escalation.halt,
        }
    }

    /// Where a share of its limit takes it. Up at once; down only when the share is clearly below;
    /// never down from halted.
    pub(crate) fn next(self, share: Rate, escalation: &Escalation) -> Self {
        let reached = |slack: i64| {
            let at = |step: &Step| {
                let threshold = step.threshold(escalation);
                threshold < Rate::MAX && share.raw() >= threshold.raw().saturating_sub(slack)
            };
            Self::ALL.into_iter().rev().find(at).unwrap_or_default()
        };
        if self == Self::Halted {
            return self;
        }
        let held = reached(escalation.hysteresis.raw().max(0));
        reached(0).max(self.min(held))
    }
}

/// How much of a limit is used; the largest there is when it does not fit.
pub(crate) fn share_of(used: Money, limit: Money) -> Rate {
    if used <= Money::ZERO || limit == Money::MAX {
        return Rate::ZERO;
    }
    let scaled = used.raw().checked_mul(i128::from(Rate::SCALE));
    let share = scaled.and_then(|scaled| scaled.checked_div(limit.raw()));
    let share = share.and_then(|share| i64::try_from(share).ok());
    // What is above a limit of nothing is above it without end.
    share
        .filter(|share| *share >= 0)
        .map_or(Rate::MAX, Rate::from_raw)
}

/// One scope's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Level {
    /// What somebody set.
    pub(crate) set: TradingState,
    /// What its losses led to.
    pub(crate) loss: Step,
    /// What its exposure led to.
    pub(crate) exposure: Step,
    /// What its margin led to.
    pub(crate) margin: Step,
    /// Whether its kill latch is set.
    pub(crate) killed: bool,
    /// The input that halted or killed it, while it is so.
    pub(crate) stopped: Option<u64>,
    /// Whether it executed the same order too often, and nobody has let it trade again.
    pub(crate) repeated: bool,
}

impl Level {
    pub(crate) fn state(&self) -> TradingState {
        let escalated = self.loss.max(self.exposure).max(self.margin).state();
        self.set.max(escalated)
    }

    /// Remembers since which input nothing may leave.
    pub(crate) fn note(&mut self, sequence: u64) {
        let stopped = self.killed || self.state() == TradingState::Halted;
        self.stopped = stopped.then(|| self.stopped.unwrap_or(sequence));
    }
}

/// The levels of all scopes.
#[derive(Debug, Default)]
pub(crate) struct Levels(ByScope<Level>);

impl Levels {
    pub(crate) fn of(&self, scope: LimitScope) -> Level {
        self.0.get(scope).copied().unwrap_or_default()
    }

    pub(crate) fn entry(&mut self, scope: LimitScope) -> &mut Level {
        self.0.entry(scope)
    }

    /// The strictest state of the scopes of an order, and whether any of them is killed.
    pub(crate) fn strictest(
        &self,
        account: Option<AccountId>,
        strategy: StrategyId,
        instrument: InstrumentId,
    ) -> (TradingState, bool) {
        let scopes = scopes_of(account, strategy, instrument);
        let levels = scopes.into_iter().flatten().map(|scope| self.of(scope));
        levels.fold((TradingState::Active, false), |(state, killed), level| {
            (state.max(level.state()), killed || level.killed)
        })
    }
}

fields! {
    Level { set, loss, exposure, margin, killed, stopped, repeated }
}
variants!(Step { 0 => Quiet, 1 => Warned, 2 => Reducing, 3 => Halted });
wrappers!(Levels(scopes));

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn steps_go_up_at_once_and_down_with_hysteresis_and_halted_stays() {
        let escalation = Escalation {
            warn: rate("0.5"),
            reduce: rate("0.8"),
            halt: rate("1"),
            hysteresis: rate("0.1"),
        };
        let mut step = Step::Quiet;
        for (share, expect) in [
            ("0.499999999", Step::Quiet),
            ("0.5", Step::Warned),
            ("0.45", Step::Warned),
            ("0.399999999", Step::Quiet),
            ("0.8", Step::Reducing),
            ("0.7", Step::Reducing),
            ("0.699999999", Step::Warned),
            ("0.75", Step::Warned),
            ("1", Step::Halted),
            ("0", Step::Halted),
        ] {
            step = step.next(rate(share), &escalation);
            assert_eq!(step, expect, "{share}");
        }
        assert_eq!(
            Step::Quiet.next(Rate::MAX, &Escalation::default()),
            Step::Quiet
        );
    }

    #[test]
    fn shares_of_nothing_and_of_everything() {
        let check = |used, limit, expect: Rate| {
            assert_eq!(
                share_of(Money::from_raw(used), Money::from_raw(limit)),
                expect
            );
        };
        check(1, 2, rate("0.5"));
        check(0, 0, Rate::ZERO);
        check(-1, 0, Rate::ZERO);
        check(1, 0, Rate::MAX);
        check(1, -1, Rate::MAX);
        check(i128::MAX, 1, Rate::MAX);
        check(5, i128::MAX, Rate::ZERO);
    }

    #[test]
    fn a_scope_remembers_the_first_input_that_stopped_it_while_it_is_stopped() {
        let mut level = Level::default();
        let mut after = |change: fn(&mut Level), sequence| {
            change(&mut level);
            level.note(sequence);
            level.stopped
        };
        assert_eq!(after(|_| (), 1), None);
        assert_eq!(after(|level| level.killed = true, 2), Some(2));
        assert_eq!(after(|level| level.loss = Step::Halted, 3), Some(2));
        assert_eq!(after(|level| level.killed = false, 4), Some(2));
        assert_eq!(after(|level| level.loss = Step::Reducing, 5), None);
        assert_eq!(after(|level| level.set = TradingState::Halted, 6), Some(6));
    }
}
