//! Books kept beside the engine's, from its effects alone: what was sent, what was filled, what is
//! held. They must agree with the engine at any time, and with the venue in the end.

use super::run::Violation;
use super::setup::account_of;
use crate::venue::Executed;
use engine::{Effect, Engine, VenueEvent};
use model::{
    AccountId, ExecutionId, Fill, InstrumentId, OrderChange, OrderId, OrderStatus, OrderUpdate,
    SignedQuantity, StrategyId,
};
use std::collections::{BTreeMap, BTreeSet};

/// Orders, executions and positions as effects told them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Books {
    /// Executions with the sequence of the input that brought them.
    pub(super) fills: Vec<(u64, Fill)>,
    executions: BTreeSet<u64>,
    /// What a venue outside calls an execution, by our number.
    names: BTreeMap<u64, ExecutionId>,
    named: BTreeSet<(ExecutionId, u32)>,
    busted: BTreeSet<u64>,
    statuses: BTreeMap<OrderId, OrderStatus>,
    sent: BTreeMap<OrderId, u64>,
    pub(super) denied: u64,
    positions: BTreeMap<(StrategyId, InstrumentId), i128>,
}

impl Books {
    /// Orders that left.
    pub(super) fn sent(&self) -> u64 {
        self.sent.len() as u64
    }

    /// What is left when inputs after `sequence` never happened, as far as later books can tell.
    pub(super) fn agrees_up_to(&self, sequence: u64, other: &Self) -> Result<(), Violation> {
        let fills = |books: &Self| -> Vec<_> {
            let until = books.fills.iter().take_while(|(at, _)| *at <= sequence);
            until.copied().collect()
        };
        let sent = |books: &Self| -> Vec<_> {
            let until = books.sent.iter().filter(|(_, at)| **at <= sequence);
            until.map(|(id, at)| (*id, *at)).collect()
        };
        Violation::unless("G4", fills(self) == fills(other), || {
            format!("replaying to {sequence} gave other fills")
        })?;
        Violation::unless("G4", sent(self) == sent(other), || {
            format!("replaying to {sequence} sent other orders")
        })
    }

    /// Takes in what one input changed.
    pub(super) fn take(&mut self, sequence: u64, effect: &Effect) -> Result<(), Violation> {
        match effect {
            Effect::Order(update, _) => self.on_update(sequence, update),
            Effect::Fill(fill) => self.on_fill(sequence, fill),
            Effect::Position(update) => {
                let key = (update.strategy, update.instrument);
                let held = self.positions.get(&key).copied().unwrap_or(0);
                Violation::unless("I3", held == update.state.quantity.raw(), || {
                    format!(
                        "strategy {} is said to hold {}, its fills give {}",
                        update.strategy.number(),
                        update.state.quantity,
                        SignedQuantity::from_raw(held)
                    )
                })
            }
            Effect::Fault(strategy, fault) => Err(Violation::new(
                "strategy",
                format!("strategy {}: {}", strategy.number(), fault.message),
            )),
            Effect::Venue(event) => self.on_venue(event),
            _ => Ok(()),
        }
    }

    /// I1 by the venue's names: an execution is booked once in each revision.
    fn on_venue(&mut self, event: &VenueEvent) -> Result<(), Violation> {
        match event {
            VenueEvent::Executed {
                execution,
                id,
                revision,
            } => {
                self.names.insert(*execution, id.clone());
                let new = self.named.insert((id.clone(), *revision));
                Violation::unless("I1", new, || {
                    format!("execution {id} revision {revision} was booked twice")
                })
            }
            VenueEvent::Busted(fill) => {
                let key = (fill.strategy, fill.instrument);
                let signed = fill.side.signed(fill.quantity).raw();
                *self.positions.entry(key).or_default() -= signed;
                let new = self.busted.insert(fill.execution);
                Violation::unless("I1", new, || {
                    format!("execution {} was taken back twice", fill.execution)
                })
            }
            _ => Ok(()),
        }
    }

    /// I5: a status moves only along the table. I7: an id is sent once.
    fn on_update(&mut self, sequence: u64, update: &OrderUpdate) -> Result<(), Violation> {
        let before = self.statuses.insert(update.order, update.status);
        let from = before.unwrap_or(OrderStatus::Initialized);
        let fill = matches!(update.change, OrderChange::Filled(_));
        let legal = from.may_become(update.status) || (!fill && update.status == from);
        Violation::unless("I5", legal, || {
            format!(
                "order {} went from {} to {}",
                update.order,
                from.name(),
                update.status.name()
            )
        })?;
        match update.change {
            OrderChange::Denied(_) => self.denied += 1,
            OrderChange::Submitted => {
                let again = self.sent.insert(update.order, sequence);
                return Violation::unless("I7", again.is_none(), || {
                    format!("order {} was sent twice", update.order)
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// I1: an execution comes once.
    fn on_fill(&mut self, sequence: u64, fill: &Fill) -> Result<(), Violation> {
        Violation::unless("I1", self.executions.insert(fill.execution), || {
            format!("execution {} came twice", fill.execution)
        })?;
        self.fills.push((sequence, *fill));
        let key = (fill.strategy, fill.instrument);
        *self.positions.entry(key).or_default() += fill.side.signed(fill.quantity).raw();
        Ok(())
    }

    /// I13, of executions: those that count are those of the venue, each once, each as it was.
    pub(super) fn same_executions(&self, theirs: &[Executed]) -> Result<(), Violation> {
        let counted = self.fills.iter().map(|(_, fill)| fill);
        let counted = counted.filter(|fill| !self.busted.contains(&fill.execution));
        let mut ours = BTreeMap::new();
        for fill in counted {
            let name = self.names.get(&fill.execution).cloned();
            let what = (
                fill.account,
                fill.instrument,
                fill.side,
                fill.price,
                fill.quantity,
            );
            let before = ours.insert(name, what);
            Violation::unless("G1", before.is_none(), || {
                format!("an execution counts twice: {fill:?}")
            })?;
        }
        for executed in theirs.iter().filter(|executed| !executed.busted) {
            let execution = &executed.execution;
            let what = (
                executed.account,
                execution.instrument,
                execution.side,
                execution.price,
                execution.quantity,
            );
            let found = ours.remove(&Some(execution.id.clone()));
            Violation::unless("G1", found == Some(what), || {
                format!("the venue made {executed:?}, here it is {found:?}")
            })?;
        }
        Violation::unless("G1", ours.is_empty(), || {
            format!("the venue never made {ours:?}")
        })
    }

    /// What accounts hold, over all their strategies (I14).
    pub(super) fn by_account(&self) -> BTreeMap<(AccountId, InstrumentId), i128> {
        let mut sums = BTreeMap::new();
        for ((strategy, instrument), quantity) in &self.positions {
            let key = (account_of(strategy.number()), *instrument);
            *sums.entry(key).or_default() += quantity;
        }
        sums.retain(|_, quantity| *quantity != 0);
        sums
    }

    /// I3: the engine holds what the fills give, strategy by strategy.
    pub(super) fn agree_with(&self, engine: &Engine) -> Result<(), Violation> {
        let held = engine.holdings().iter();
        let held: BTreeMap<_, _> = held
            .map(|(strategy, instrument, holding)| {
                ((strategy, instrument), holding.position.quantity.raw())
            })
            .filter(|(_, quantity)| *quantity != 0)
            .collect();
        let own = self.positions.iter();
        let own: BTreeMap<_, _> = own
            .map(|(key, quantity)| (*key, *quantity))
            .filter(|(_, quantity)| *quantity != 0)
            .collect();
        Violation::unless("I3", held == own, || {
            format!("the engine holds {held:?}, its fills give {own:?}")
        })
    }
}
