//! What became of an input, for whoever asked for it.

use engine::{Effect, Ignored};
use model::{Order, OrderChange, OrderId, StrategyId};

/// What became of an input.
#[derive(Debug)]
pub(crate) struct Stepped {
    /// Its sequence.
    pub(crate) sequence: u64,
    /// Everything it changed.
    pub(crate) effects: Vec<Effect>,
    /// How long it held the engine thread, in nanoseconds.
    pub(crate) held_ns: u64,
    /// The strategy it defined.
    pub(crate) defined: Option<StrategyId>,
}

impl Stepped {
    /// Why the input had no effect, if it had none. What was refused of an order tells
    /// [`Stepped::lacks`].
    pub(crate) fn refusal(&self) -> Option<&Ignored> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Ignored(
                why @ (Ignored::UnknownStrategy(_)
                | Ignored::WrongState { .. }
                | Ignored::NothingStaged(_)
                | Ignored::NoCopy(_)
                | Ignored::NotOnProbation(_)
                | Ignored::NoCanary(_)
                | Ignored::BadSignal(_)
                | Ignored::KnownSignal(_)
                | Ignored::Deaf(_)
                | Ignored::BadCommand(_)
                | Ignored::UnknownInstrument(_)
                | Ignored::Lifecycle { .. }
                | Ignored::BadDefinition(_)),
            ) => Some(why),
            _ => None,
        })
    }

    /// Whether the input named an order that is not open.
    pub(crate) fn lacks(&self, id: OrderId) -> bool {
        let unknown = Effect::Ignored(Ignored::UnknownOrder(id));
        self.effects.contains(&unknown)
    }

    /// What became of a change of an order, if the input asked for one.
    pub(crate) fn verdict(&self, id: OrderId) -> Option<OrderChange> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Order(update, _) if update.order == id => match update.change {
                verdict @ (OrderChange::UpdateDenied(_) | OrderChange::UpdateRejected) => {
                    Some(verdict)
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// What a custom rule said against an order or its change.
    pub(crate) fn words(&self, id: OrderId) -> Option<&str> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::RuleDenied(_, order, words) if *order == id => Some(words.as_str()),
            _ => None,
        })
    }

    /// The order as the input left it.
    pub(crate) fn order(&self, id: OrderId) -> Option<Order> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Order(_, order) if order.id == id => Some(*order),
            _ => None,
        })
    }
}
