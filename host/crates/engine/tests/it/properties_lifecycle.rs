//! What happens to instruments and accounts in random runs: funding, settlement, splits, dividends,
//! conversions, and accounts that are called and liquidated.

use super::{Run, price_near};
use crate::world::*;
use engine::{Command, Definition, Effect};
use model::{AccountRules, Duration, LifecycleEvent, MarginCall, Money};

impl Run {
    /// Half of the runs call the margin account, some after no time at all.
    pub(super) fn agree(&mut self) {
        let grace = self.dice.one_of(&[0, 40, SECOND, u64::MAX]);
        let (call, liquidate) = self.dice.one_of(&[("1", "0.5"), ("1", "1"), ("3", "2")]);
        let call = MarginCall {
            call: rate(call),
            liquidate: rate(liquidate),
            grace: Duration::from_nanos(grace),
        };
        let rules = AccountRules {
            delivers: self.dice.below(2) == 0,
            converts_debts: self.dice.below(2) == 0,
            margin_call: (self.dice.below(2) == 0).then_some(call),
        };
        // What options deliver was not judged by the gate.
        self.moved = rules.delivers;
        self.world.define(Definition::AccountRules(MARGIN, rules));
    }

    pub(super) fn lifecycle(&mut self) {
        let (instrument, tick, _) = self.dice.one_of(&self.grids);
        let price = price_near(&mut self.dice, tick, self.scale);
        let ratios = [
            (2, 1),
            (3, 2),
            (1, 10),
            (7, 3),
            (1, 1),
            (0, 2),
            (u32::MAX, 1),
        ];
        let (numerator, denominator) = self.dice.one_of(&ratios);
        let event = match self.dice.below(7) {
            0..=2 => LifecycleEvent::Funding {
                rate: self
                    .dice
                    .one_of(&[rate("0.0001"), rate("-0.003"), rate("0")]),
            },
            3 => LifecycleEvent::Settlement { price },
            4 => {
                self.moved |= instrument == EQUITY;
                LifecycleEvent::Split {
                    numerator,
                    denominator,
                }
            }
            _ => LifecycleEvent::Dividend {
                amount: self
                    .dice
                    .one_of(&[money("0.333333333"), Money::ZERO, Money::MAX]),
                currency: self.dice.one_of(&[USD, EUR, JPY]),
            },
        };
        self.world.lifecycle(instrument, event);
    }

    pub(super) fn convert(&mut self) {
        let currencies = [USD, EUR, JPY, BTC];
        self.world.command(Command::Convert {
            account: self.dice.one_of(&[CASH, MARGIN]),
            from: self.dice.one_of(&currencies),
            to: self.dice.one_of(&currencies),
            amount: self.dice.one_of(&[money("100"), money("0.000000007")]),
        });
    }
}

#[test]
fn everything_happens_to_what_is_held() {
    use model::PositionChange::{
        Assignment, Dividend, Exercise, Funding, Lapse, Settlement, Split,
    };
    let mut changes = std::collections::BTreeMap::<&str, u32>::new();
    for seed in 0..120 {
        let run = super::run(seed, super::ORDINARY, 400);
        for effect in &run.world.effects {
            let name = match effect {
                Effect::Position(update) => update.change.name(),
                Effect::CashFlow(flow) if flow.position.is_none() => flow.reason.name(),
                Effect::Margin(_, status) => status.state.name(),
                _ => continue,
            };
            *changes.entry(name).or_default() += 1;
        }
    }
    let count = |name: &str| changes.get(name).copied().unwrap_or_default();
    for change in [Funding, Dividend, Split] {
        assert!(count(change.name()) >= 2, "{change:?}: {changes:?}");
    }
    let ends = [Settlement, Exercise, Assignment, Lapse];
    let ends: u32 = ends.iter().map(|change| count(change.name())).sum();
    assert!(ends >= 3, "{changes:?}");
    for name in ["CONVERSION", "COVERED", "LIQUIDATING"] {
        assert!(count(name) >= 1, "{name}: {changes:?}");
    }
}
