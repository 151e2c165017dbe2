//! An engine with one instrument and as many strategies as asked for, and the tape of its journal.

use super::life::{INSTRUMENT, config, instrument, quote};
use super::{Done, said};
use engine::journal::{MAGIC, Sink, SinkError};
use engine::replay::{Instances, Replayed, verify};
use engine::{
    Command, Definition, Effect, Engine, Input, Journal, JournalHash, LimitScope, OrdersOnFault,
    Permissions, Sequenced, Staged, StrategyConfig, StrategyState, VenueConfig,
};
use model::{
    AccountConfig, AccountId, AccountKind, CurrencyId, Money, PluginHash, Quantity, Rate,
    SignedQuantity, Strategy, StrategyId, Timestamp, VenueId,
};
use runtime::{Admitted, Limits};
use std::sync::{Arc, Mutex, PoisonError};

/// Nanoseconds between two inputs.
const STEP_NS: u64 = 1_000_000;

/// Bytes of a journal. Clones are the same tape.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Sink for Tape {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tape.extend_from_slice(bytes);
        Ok(())
    }
}

/// The engine, and what it was told.
pub(super) struct Desk {
    engine: Engine,
    tape: Tape,
    sequence: u64,
}

impl Desk {
    /// One with strategies of these names, and limits for all of them.
    pub(super) fn new(strategies: &[String], limits: engine::Limits) -> Result<Self, String> {
        let tape = Tape::default();
        let mut desk = Self {
            engine: Engine::new(Journal::with_sink(Box::new(tape.clone()))),
            tape,
            sequence: 0,
        };
        for definition in definitions(limits) {
            desk.step(Input::Define(Box::new(definition)))?;
        }
        for name in strategies {
            desk.step(Input::Define(Box::new(Definition::Strategy(
                StrategyConfig {
                    name: name.clone(),
                    account: AccountId::new(0),
                    on_fault: OrdersOnFault::Cancel,
                    manual: false,
                    permissions: Permissions::ALL,
                },
            ))))?;
        }
        Ok(desk)
    }

    /// Steps an input, a millisecond after the one before.
    fn step(&mut self, input: Input) -> Result<Vec<Effect>, String> {
        self.sequence += 1;
        let sequenced = Sequenced {
            sequence: self.sequence,
            time: self.time(),
            input,
        };
        let effects = self.engine.step(sequenced).map_err(said)?;
        Ok(effects.to_vec())
    }

    /// The time of the latest input.
    fn time(&self) -> Timestamp {
        Timestamp::from_nanos(STEP_NS * self.sequence)
    }

    /// The next quote.
    pub(super) fn quote(&mut self) -> Result<Vec<Effect>, String> {
        let mut next = quote(self.sequence + 1);
        next.ts_init = Timestamp::from_nanos(STEP_NS * (self.sequence + 1));
        next.ts_event = next.ts_init;
        self.step(Input::Quote(next))
    }

    /// A command.
    pub(super) fn command(&mut self, command: Command) -> Result<Vec<Effect>, String> {
        self.step(Input::Command(Box::new(command)))
    }

    /// Starts a strategy with an instance; what came of it.
    pub(super) fn start(
        &mut self,
        strategy: StrategyId,
        plugin: PluginHash,
        instance: Box<dyn Strategy>,
    ) -> Result<Vec<Effect>, String> {
        self.stage(strategy, instance)?;
        let effects = self.command(Command::Start {
            strategy,
            plugin,
            parameters: Vec::new(),
            state: None,
            history: Vec::new(),
        })?;
        match self.state(strategy) {
            Some(StrategyState::Running) => Ok(effects),
            other => Err(format!("a strategy does not start: {other:?}")),
        }
    }

    /// Hands over an instance for the command that comes next.
    pub(super) fn stage(&mut self, strategy: StrategyId, instance: Box<dyn Strategy>) -> Done {
        let staged = self.engine.stage(strategy, Staged::Instance(instance));
        staged.map_err(|_| format!("there is no strategy {}", strategy.number()))
    }

    /// Where a strategy is.
    pub(super) fn state(&self, strategy: StrategyId) -> Option<StrategyState> {
        self.engine.strategy_state(strategy)
    }

    /// Which plugin runs as a strategy.
    pub(super) fn plugin(&self, strategy: StrategyId) -> Option<PluginHash> {
        self.engine.plugin(strategy)
    }

    /// A strategy's open orders.
    pub(super) fn open_orders(&self, strategy: StrategyId) -> u32 {
        self.engine.orders().of_strategy(strategy)
    }

    /// A strategy's position.
    pub(super) fn position(&self, strategy: StrategyId) -> SignedQuantity {
        let holding = self.engine.holdings().get(strategy, INSTRUMENT);
        holding.position.quantity
    }

    /// What of the engine's state is not as it must always be.
    pub(super) fn check(&self) -> Done {
        engine::invariants::check(&self.engine)
            .map_err(|broken| format!("{}: {}", broken.invariant, broken.detail))
    }

    /// Ends the journal: its hash and its bytes.
    pub(super) fn end(mut self) -> Result<(JournalHash, Vec<u8>), String> {
        let hash = self.engine.journal().seal().map_err(said)?;
        let written = self.tape.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&written);
        Ok((hash, bytes))
    }
}

/// Runs a journal again, with fresh instances of a plugin.
pub(super) fn replay(
    journal: &[u8],
    admitted: &Admitted,
    limits: Limits,
) -> Result<Replayed, String> {
    verify(journal, &mut Fresh { admitted, limits }).map_err(said)
}

/// Makes instances of one plugin.
struct Fresh<'a> {
    admitted: &'a Admitted,
    limits: Limits,
}

impl Instances for Fresh<'_> {
    fn make(
        &mut self,
        _engine: &Engine,
        _strategy: StrategyId,
        _plugin: PluginHash,
        _parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        let instance = self.admitted.instantiate(config(self.limits));
        Ok(Box::new(instance.map_err(said)?))
    }
}

fn definitions(limits: engine::Limits) -> [Definition; 6] {
    let usd = CurrencyId::new(0);
    let deposit = Money::from_raw(Money::SCALE * 1_000_000);
    [
        Definition::Currency("USD".to_owned()),
        Definition::Currency("EUR".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            ..VenueConfig::default()
        }),
        Definition::Instrument(instrument()),
        Definition::Account(AccountConfig {
            name: "main".to_owned(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: Rate::from_raw(Rate::SCALE),
            },
            base_currency: usd,
            deposits: vec![(usd, deposit)],
            hedging: None,
        }),
        Definition::Limits(LimitScope::Firm, limits),
    ]
}

/// Limits of which hostile strategies reach several.
pub(super) fn tight() -> engine::Limits {
    engine::Limits {
        max_open_orders: 20,
        max_order_quantity: Quantity::from_raw(Quantity::SCALE * 50),
        max_position: Quantity::from_raw(Quantity::SCALE * 100),
        max_messages: 200,
        ..engine::Limits::default()
    }
}
