//! Snapshots (invariant I12): an engine read from one goes on as the other does, whatever is under way
//! and whatever is behind ports; and what is no snapshot of this engine is refused.

use crate::journal::Memory;
use crate::plan::{Maker, Rule, call, rule};
use crate::script::{Script, config, market, timer};
use crate::world::*;
use engine::replay::Instances;
use engine::{
    AlgorithmConfig, Command, Custom, Definition, Engine, Journal, LimitScope, RuleConfig,
    SNAPSHOT_FORMAT, SnapshotError, Staged, SwapTerms, Unsaved,
};
use model::{
    AlgorithmMaker, Charge, Duration, Fault, FaultKind, FeeModel, FeeQuery, Fees, Listing,
    ModelKind, ModelSpec, PluginHash, PreTradeRule, SavedState, Side, Stateful, Strategy,
    StrategyId, Subscription, TimeInForce, VenueModel, Verdict,
};
use std::sync::{Arc, Mutex};

impl World {
    /// Takes a snapshot and reads an engine from it, which steps all that follows.
    pub(crate) fn split(&mut self, instances: &mut dyn Instances) {
        let bytes = self.taken();
        let twin = Engine::from_snapshot(&bytes, Journal::default(), instances);
        self.twin = Some(twin.unwrap());
        self.check_twin();
    }

    fn taken(&mut self) -> Vec<u8> {
        self.command(Command::Snapshot);
        self.engine.snapshot_bytes().unwrap()
    }

    /// Both are in the same state and came there with the same journal.
    pub(crate) fn check_twin(&mut self) {
        let twin = self.twin.as_mut().unwrap();
        assert_eq!(twin.journal().hash(), self.engine.journal().hash());
        assert!(
            twin.state_bytes() == self.engine.state_bytes(),
            "other bytes"
        );
        // The state behind ports is in the journal.
        self.command(Command::Snapshot);
        let twin = self.twin.as_mut().unwrap();
        assert_eq!(twin.snapshot_bytes(), self.engine.snapshot_bytes());
        assert_eq!(twin.journal().hash(), self.engine.journal().hash());
    }
}

/// Buys one more at each quote and keeps how many it has bought; a timer sells as many.
fn counter() -> Script {
    let count = Arc::new(Mutex::new(0_u8));
    let (starting, saving) = (Arc::clone(&count), Arc::clone(&count));
    Script::new(&[Subscription::Quotes(EQUITY)])
        .start(move |snapshot, out| {
            match &snapshot.state {
                Some(state) => *starting.lock().unwrap() = state.bytes[0],
                None => timer(out, 1, 30 * SECOND),
            }
            Ok(())
        })
        .save(move || {
            Ok(SavedState {
                version: 1,
                bytes: vec![*saving.lock().unwrap()],
            })
        })
        .event(move |event, out| {
            let mut count = count.lock().unwrap();
            match event {
                model::Event::Quote(_) => {
                    *count += 1;
                    market(out, EQUITY, Side::Buy, i64::from(*count));
                }
                model::Event::Timer { .. } => {
                    market(out, EQUITY, Side::Sell, i64::from(*count));
                }
                _ => {}
            }
            Ok(())
        })
}

/// Lets so many orders pass.
struct Quota(u8);

impl PreTradeRule for Quota {
    fn judge(&mut self, _: &model::OrderFacts, _: &model::ContextFacts) -> Result<Verdict, Fault> {
        self.0 = self.0.saturating_sub(1);
        Ok(match self.0 {
            0 => Verdict::deny("no more"),
            _ => Verdict::Pass,
        })
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

/// Charges one more for each fill.
struct Dearer(u8);

impl FeeModel for Dearer {
    fn ceiling(&mut self, _: &Listing<'_>) -> Result<Fees, Fault> {
        Ok(Fees {
            per_contract: money("1000"),
            ..Fees::default()
        })
    }

    fn charge(&mut self, _: &FeeQuery) -> Result<Charge, Fault> {
        self.0 += 1;
        let fee = money(&self.0.to_string());
        Ok(Charge {
            fee,
            ..Charge::default()
        })
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

macro_rules! counts {
    ($($name:ident),*) => {$(
        impl Stateful for $name {
            fn save(&mut self) -> Result<SavedState, Fault> {
                Ok(SavedState { version: 1, bytes: vec![self.0] })
            }

            fn load(&mut self, state: &SavedState) -> Result<(), Fault> {
                self.0 = state.bytes[0];
                Ok(())
            }
        }
    )*};
}
counts!(Quota, Dearer);

/// Makes everything of these tests, unless told otherwise.
#[derive(Default)]
struct Makes {
    /// Instead of a counter.
    strategy: Option<Script>,
    made_with: Vec<Vec<(String, String)>>,
}

impl Instances for Makes {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        self.made_with.push(parameters.to_vec());
        Ok(self.strategy.take().unwrap_or_else(counter).boxed())
    }

    fn make_model(
        &mut self,
        _: &str,
        kind: ModelKind,
        spec: &ModelSpec,
    ) -> Result<VenueModel, String> {
        assert_eq!((kind, spec.name.as_str()), (ModelKind::Fee, "dearer"));
        Ok(VenueModel::Fee(Box::new(Dearer(0))))
    }

    fn algorithm(
        &mut self,
        _: &Engine,
        config: &AlgorithmConfig,
    ) -> Result<Box<dyn AlgorithmMaker>, String> {
        assert_eq!(config.name, "slicer");
        Ok(Box::new(Maker::slicer()))
    }

    fn rule(&mut self, _: &Engine, config: &RuleConfig) -> Result<Box<dyn PreTradeRule>, String> {
        assert_eq!(config.name, "quota");
        Ok(Box::new(Quota(0)))
    }
}

/// A strategy that counts, a parent at work, a rule and a model with a memory, orders that rest, wait
/// and travel.
fn busy(journal: Journal) -> World {
    let mut setup = Setup {
        journal,
        ..Setup::default()
    };
    setup.venue.latency.insert = Duration::from_millis(400);
    setup.venue.models.fee = Some(ModelSpec {
        name: "dearer".to_owned(),
        parameters: Vec::new(),
    });
    setup.staged = vec![VenueModel::Fee(Box::new(Dearer(0)))];
    let mut world = setup.build();
    let quota = Custom::Rule(Box::new(Quota(30)));
    world.engine.stage_custom(quota);
    let config = rule("quota", LimitScope::Account(MARGIN));
    world.define(Definition::Rule(config));
    world.algorithm("slicer", Maker::slicer());
    world.quote(EQUITY, "99.9", "100");
    start_counter(&mut world);
    let slices = call("slicer", &[("slices", "10"), ("every", "3")]);
    world.work(MARGIN_HAND, buy(EQUITY, "20").limit("120"), slices);
    let until = TimeInForce::Gtd(at(40 * SECOND));
    world.place(MARGIN_HAND, buy(EQUITY, "3").limit("98").lasting(until));
    for n in 0..4 {
        world.quote(EQUITY, "99.9", &format!("100.{n}"));
        world.wait(SECOND);
    }
    world.quote(EQUITY, "99.9", "100");
    world
}

fn start_counter(world: &mut World) -> StrategyId {
    let strategy = world.strategy(config("counter", MARGIN));
    let staged = Staged::Instance(counter().boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(Command::Start {
        strategy,
        plugin: PluginHash::default(),
        parameters: vec![("speed".to_owned(), "7".to_owned())],
        state: None,
        history: Vec::new(),
    });
    strategy
}

#[test]
fn everything_under_way_goes_on() {
    let mut world = busy(Journal::default());
    let mut makes = Makes::default();
    world.split(&mut makes);
    assert_eq!(makes.made_with, [[("speed".to_owned(), "7".to_owned())]]);
    let fills = world.fills().len();
    for n in 0..40 {
        world.quote(EQUITY, "99.9", &format!("100.{n}"));
        world.wait(SECOND);
    }
    world.check_twin();
    assert!(world.fills().len() > fills + 10);
    // The rule denied in the end, so its count came over; the order's time was over.
    assert!(world.engine.denials(model::DenyCode::Rule) > 0);
}

#[test]
fn a_snapshot_is_of_the_input_that_asked_for_it() {
    let mut world = busy(Journal::default());
    assert_eq!(world.engine.snapshot_bytes(), Err(Unsaved::NotAsked));
    let first = world.taken();
    world.wait(SECOND);
    assert_eq!(world.engine.snapshot_bytes(), Err(Unsaved::NotAsked));
    let second = world.taken();
    assert_ne!(first, second);
}

#[test]
fn the_journal_of_a_twin_ends_like_the_other() {
    let [whole, tail] = [Memory::default(), Memory::default()];
    let mut world = busy(Journal::with_sink(Box::new(whole.clone())));
    let bytes = world.taken();
    world.engine.journal().commit().unwrap();
    let journal = Journal::with_sink(Box::new(tail.clone()));
    let twin = Engine::from_snapshot(&bytes, journal, &mut Makes::default());
    world.twin = Some(twin.unwrap());
    for _ in 0..10 {
        world.quote(EQUITY, "99.9", "100");
        world.wait(SECOND);
    }
    let twin = world.twin.as_mut().unwrap();
    assert_eq!(twin.journal().seal(), world.engine.journal().seal());
    let magic = engine::journal::MAGIC.len();
    assert!(tail.bytes().len() > 1_000);
    assert!(whole.bytes().ends_with(&tail.bytes()[magic..]));
}

#[test]
fn nothing_is_taken_while_something_could_not_come_back() {
    let mut world = World::new();
    world.rule(
        "closure",
        LimitScope::Firm,
        Rule::new(|_, _| Ok(Verdict::Pass)),
    );
    let unsaved = Unsaved::Stateless("rule closure".to_owned());
    assert_eq!(world.engine.can_snapshot(), Err(unsaved));
    world.command(Command::RemoveRule("closure".to_owned()));
    let strategy = start_counter(&mut world);
    let staged = Staged::Instance(counter().boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(Command::SwapBegin {
        strategy,
        plugin: PluginHash::new([1; 32]),
        parameters: Vec::new(),
        terms: SwapTerms::default(),
        history: Vec::new(),
    });
    assert_eq!(world.engine.can_snapshot(), Err(Unsaved::Swap(strategy)));
    world.command(Command::Snapshot);
    assert_eq!(world.engine.snapshot_bytes(), Err(Unsaved::NotAsked));
    world.command(Command::SwapCommit(strategy));
    assert_eq!(world.engine.can_snapshot(), Ok(()));
    // The new instance was made without parameters, and so it is again.
    let mut makes = Makes::default();
    world.split(&mut makes);
    assert_eq!(makes.made_with, [[]]);
}

#[test]
fn an_order_worked_by_an_earlier_version_is_waited_for() {
    let mut world = busy(Journal::default());
    let refuses = Maker::new(|_, _| Err::<crate::plan::Slicer, _>(crate::script::trap()));
    world.algorithm("slicer", refuses);
    assert!(matches!(
        world.engine.can_snapshot(),
        Err(Unsaved::Outdated(_))
    ));
    world.algorithm("slicer", Maker::slicer());
    assert_eq!(world.engine.can_snapshot(), Ok(()));
}

#[test]
fn a_strategy_that_breaks_as_it_saves_is_one_that_broke() {
    let mut world = World::new();
    let script = Script::new(&[]).save(|| Err(crate::script::trap()));
    let (strategy, _) = script.run(&mut world, "breaks", MARGIN);
    world.split(&mut Makes::default());
    let state = world.engine.strategy_state(strategy);
    assert_eq!(state, Some(engine::StrategyState::Error));
}

#[test]
fn a_strategy_that_comes_back_as_another_is_refused() {
    let mut world = busy(Journal::default());
    let bytes = world.taken();
    let check = |strategy: Script, expect: &str| {
        let mut makes = Makes {
            strategy: Some(strategy),
            ..Makes::default()
        };
        let read = Engine::from_snapshot(&bytes, Journal::default(), &mut makes);
        let error = read.map(drop).unwrap_err().to_string();
        assert_eq!(error, expect);
    };
    check(
        Script::new(&[]),
        "strategy counter: it gives another state than it took",
    );
    let refuses = Script::new(&[]).start(|_, _| {
        Err(Fault {
            kind: FaultKind::Refused,
            message: "too new".to_owned(),
        })
    });
    check(refuses, "strategy counter: REFUSED: too new");
}

#[test]
fn what_is_no_snapshot_of_this_layout_is_refused() {
    let bytes = busy(Journal::default()).taken();
    let read = |bytes: &[u8]| {
        let read = Engine::from_snapshot(bytes, Journal::default(), &mut Makes::default());
        read.map(drop)
    };
    assert_eq!(read(&bytes), Ok(()));
    for end in (0..bytes.len()).step_by(97) {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    for place in (0..bytes.len()).step_by(31) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        assert!(read(&flipped).is_err(), "{place}");
    }
    let mut newer = bytes;
    newer[7] += 1;
    let error = read(&newer).unwrap_err();
    assert!(matches!(error, SnapshotError::Format { .. }), "{error}");
}

/// Equal for all builds of this version of the engine. Changes with the layout of any type in a
/// snapshot, and then [`SNAPSHOT_FORMAT`] must change too.
#[test]
fn the_layout_is_that_of_its_format() {
    let bytes = busy(Journal::default()).taken();
    let hash = blake3::hash(&bytes).to_hex();
    assert_eq!(SNAPSHOT_FORMAT, b"ARGOSNP\x05");
    assert_eq!(hash.as_str(), LAYOUT);
}

const LAYOUT: &str = "36afe5655738dbfd9b02916c27e2ac2d0dccd68dbe0d840154f48f3d5051a66f";
