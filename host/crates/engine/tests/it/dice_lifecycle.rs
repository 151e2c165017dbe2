//! Events in the life of instruments, and what accounts agree to, drawn from a seed.

use crate::dice::Dice;
use engine::Command;
use model::{
    AccountRules, CashFlow, CashFlowReason, CurrencyId, Lifecycle, LifecycleEvent, MarginCall,
    PositionChange,
};

pub(crate) fn any_change(dice: &mut Dice) -> PositionChange {
    use PositionChange::{
        Assignment, Delivery, Dividend, Exercise, Fill, Funding, Lapse, Settlement, Split,
    };
    dice.one_of(&[
        Fill, Funding, Dividend, Split, Settlement, Exercise, Assignment, Lapse, Delivery,
    ])
}

pub(crate) fn any_event(dice: &mut Dice) -> Lifecycle {
    let event = match dice.below(4) {
        0 => LifecycleEvent::Funding { rate: dice.rate() },
        1 => LifecycleEvent::Settlement {
            price: dice.price(),
        },
        2 => LifecycleEvent::Split {
            numerator: dice.small(),
            denominator: dice.small(),
        },
        _ => LifecycleEvent::Dividend {
            amount: dice.money(),
            currency: currency(dice),
        },
    };
    Lifecycle {
        instrument: dice.instrument_id(),
        event,
        ts_event: dice.time(),
        ts_init: dice.time(),
    }
}

fn currency(dice: &mut Dice) -> CurrencyId {
    CurrencyId::new(dice.small())
}

pub(crate) fn any_rules(dice: &mut Dice) -> AccountRules {
    AccountRules {
        delivers: dice.flag(),
        converts_debts: dice.flag(),
        margin_call: dice.maybe(|dice| MarginCall {
            call: dice.rate(),
            liquidate: dice.rate(),
            grace: dice.duration(),
        }),
    }
}

pub(crate) fn any_conversion(dice: &mut Dice) -> Command {
    Command::Convert {
        account: dice.account_id(),
        from: currency(dice),
        to: currency(dice),
        amount: dice.money(),
    }
}

pub(crate) fn any_flow(dice: &mut Dice) -> CashFlow {
    let change = any_change(dice);
    CashFlow {
        account: dice.account_id(),
        position: dice.maybe(|dice| (dice.strategy_id(), dice.instrument_id())),
        reason: dice.one_of(&[CashFlowReason::Position(change), CashFlowReason::Conversion]),
        currency: currency(dice),
        amount: dice.money(),
        ts_event: dice.time(),
    }
}
