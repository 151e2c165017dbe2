//! What happened without a trade: the latest cash flows and life events.

use super::ReadModel;
use crate::view::{CashFlowView, Change, LifeEventView, WhatHappened};
use model::CashFlow;
use std::collections::VecDeque;

/// How many of each are kept.
const KEPT: usize = 1_000;

/// The latest of what comes one by one. Each has a number that counts up from 1.
pub(crate) struct Tail<T> {
    latest: VecDeque<T>,
    count: u64,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self {
            latest: VecDeque::new(),
            count: 0,
        }
    }
}

impl<T: Copy> Tail<T> {
    /// Adds one that is made with its number.
    fn add(&mut self, make: impl FnOnce(u64) -> T) -> T {
        self.count += 1;
        let made = make(self.count);
        self.latest.push_front(made);
        self.latest.truncate(KEPT);
        made
    }

    /// All that are kept, newest first.
    pub(crate) fn all(&self) -> Vec<T> {
        self.latest.iter().copied().collect()
    }
}

impl ReadModel {
    pub(super) fn note_cash_flow(
        &mut self,
        sequence: u64,
        flow: CashFlow,
        changes: &mut Vec<Change>,
    ) {
        let view = self.cash_flows.add(|number| CashFlowView {
            number,
            sequence,
            flow,
        });
        changes.push(Change::CashFlow(view));
    }

    pub(super) fn note_life(
        &mut self,
        sequence: u64,
        what: WhatHappened,
        changes: &mut Vec<Change>,
    ) {
        let view = self.life_events.add(|number| LifeEventView {
            number,
            sequence,
            what,
        });
        changes.push(Change::LifeEvent(view));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlet::Item;
    use engine::Effect;
    use model::{
        AccountId, CashFlowReason, CurrencyId, InstrumentId, LifeEvent, LifeEventKind, MarginState,
        MarginStatus, Money, PositionChange, StrategyId, Timestamp,
    };

    fn shown(model: &mut ReadModel, sequence: u64, effect: Effect) -> Vec<Change> {
        let mut changes = Vec::new();
        let item = Item::Effect(Timestamp::from_nanos(sequence), sequence, effect);
        model.apply(item, &mut changes);
        changes
    }

    #[test]
    fn the_latest_flows_are_kept_and_numbers_go_on() {
        let mut model = ReadModel::default();
        let flow = CashFlow {
            account: AccountId::new(0),
            position: Some((StrategyId::new(0), InstrumentId::new(0))),
            reason: CashFlowReason::Position(PositionChange::Funding),
            currency: CurrencyId::new(0),
            amount: Money::whole(-3).unwrap(),
            ts_event: Timestamp::ZERO,
        };
        let last = KEPT as u64 + 7;
        for sequence in 1..=last {
            let changes = shown(&mut model, sequence, Effect::CashFlow(flow));
            let view = CashFlowView {
                number: sequence,
                sequence,
                flow,
            };
            assert_eq!(changes, [Change::CashFlow(view)]);
        }
        let all = model.cash_flows.all();
        assert_eq!((all.len(), all[0].number), (KEPT, last));
    }

    #[test]
    fn what_happens_to_instruments_and_to_margins_is_one_list() {
        let mut model = ReadModel::default();
        let expiry = LifeEvent {
            instrument: InstrumentId::new(0),
            kind: LifeEventKind::Expiry,
            ts_event: Timestamp::from_nanos(1),
        };
        let called = MarginStatus {
            state: MarginState::Called,
            equity: Money::whole(9).unwrap(),
            maintenance: Money::whole(10).unwrap(),
            since: Timestamp::from_nanos(2),
        };
        shown(&mut model, 1, Effect::Lifecycle(expiry));
        let margin = Effect::Margin(AccountId::new(0), called);
        assert_eq!(shown(&mut model, 2, margin).len(), 1);
        let all = model.life_events.all();
        let what: Vec<_> = all.iter().map(|view| (view.number, view.what)).collect();
        let expect = [
            (2, WhatHappened::Margin(AccountId::new(0), called)),
            (1, WhatHappened::Instrument(expiry)),
        ];
        assert_eq!(what, expect);
        assert_eq!(all[0].what.time(), called.since);
    }
}
