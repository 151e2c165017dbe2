//! The five strategies of a simulated day, behind the same port as plugins. What one does at an
//! event follows from seed, event and what it has, so that it does the same when the day is run
//! again from its journal.

use super::dice::Dice;
use super::scenario::Scenario;
use super::tactics;
use super::watch::Watch;
use engine::Engine;
use engine::replay::Instances;
use model::{
    Event, Fault, HistoryRequest, InstrumentId, Intents, Order, OrderId, OrderUpdate, PluginHash,
    Quantity, SavedState, Side, SignedQuantity, StartSnapshot, Strategy, StrategyId, Subscription,
};
use std::collections::BTreeMap;

/// An order as its strategy knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) id: OrderId,
    pub(super) instrument: InstrumentId,
    pub(super) side: Side,
    pub(super) remaining: Quantity,
}

/// What a strategy has.
#[derive(Debug, Default)]
pub(super) struct Having {
    pub(super) orders: BTreeMap<OrderId, Own>,
    pub(super) positions: BTreeMap<InstrumentId, SignedQuantity>,
}

impl Having {
    /// How much of an instrument.
    pub(super) fn position(&self, instrument: InstrumentId) -> SignedQuantity {
        self.positions.get(&instrument).copied().unwrap_or_default()
    }

    /// One of its open orders.
    pub(super) fn any_order(&self, dice: &mut Dice) -> Option<Own> {
        let index = dice.index(self.orders.len())?;
        self.orders.values().nth(index).copied()
    }

    fn on_update(&mut self, update: &OrderUpdate) {
        if update.status.is_closed() {
            self.orders.remove(&update.order);
            return;
        }
        let own = Own {
            id: update.order,
            instrument: update.instrument,
            side: update.side,
            remaining: update.quantity.saturating_sub(update.filled),
        };
        self.orders.insert(update.order, own);
    }

    fn take_over(&mut self, order: &Order) {
        let own = Own {
            id: order.id,
            instrument: order.instrument,
            side: order.side,
            remaining: order.remaining(),
        };
        self.orders.insert(order.id, own);
    }
}

/// One of the five.
#[derive(Debug)]
pub(super) struct Native {
    number: u32,
    seed: u64,
    pace: (u64, u64),
    wants: Vec<Subscription>,
    having: Having,
    watch: Watch,
}

impl Native {
    pub(super) fn new(scenario: &Scenario, number: u32) -> Self {
        let all = || (0..Scenario::INSTRUMENTS).map(InstrumentId::new);
        let quotes = all().map(Subscription::Quotes);
        let trades = all().map(Subscription::Trades);
        Self {
            number,
            seed: scenario.seed,
            pace: scenario.pace,
            wants: quotes.chain(trades).collect(),
            having: Having::default(),
            watch: Watch::default(),
        }
    }

    /// The name under which a strategy stands in the journal.
    pub(super) fn hash(number: u32) -> PluginHash {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        PluginHash::new(bytes)
    }
}

impl Strategy for Native {
    fn declared(&self) -> &[Subscription] {
        &self.wants
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &[]
    }

    fn start(&mut self, snapshot: &StartSnapshot, _: &mut Intents) -> Result<(), Fault> {
        if let Some(state) = &snapshot.state {
            let numbers = state.bytes.chunks_exact(8).map(u64_of);
            self.watch = Watch::load(&numbers.collect::<Vec<_>>());
        }
        for order in &snapshot.orders {
            self.having.take_over(order);
        }
        for update in &snapshot.positions {
            let quantity = update.state.quantity;
            self.having.positions.insert(update.instrument, quantity);
        }
        Ok(())
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        self.watch.check(event, out.now())?;
        match event {
            Event::Order(update) => self.having.on_update(update),
            Event::Position(update) => {
                let quantity = update.state.quantity;
                self.having.positions.insert(update.instrument, quantity);
            }
            _ => {}
        }
        let mut hand = tactics::Hand {
            dice: Dice::of(&[
                self.seed,
                self.number.into(),
                out.now().nanos(),
                out.next_order().map_or(0, OrderId::number),
            ]),
            pace: self.pace,
            having: &self.having,
            watch: &mut self.watch,
            out,
        };
        hand.act(self.number, event);
        Ok(())
    }

    fn stop(&mut self, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        let numbers = self.watch.save();
        Ok(SavedState {
            version: 1,
            bytes: numbers.into_iter().flat_map(u64::to_le_bytes).collect(),
        })
    }
}

fn u64_of(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// Makes the strategies of a day again.
pub(super) struct Natives<'a>(pub(super) &'a Scenario);

impl Instances for Natives<'_> {
    fn make(
        &mut self,
        _: &Engine,
        strategy: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Ok(Box::new(Native::new(self.0, strategy.number())))
    }
}
