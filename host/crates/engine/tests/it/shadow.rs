//! Shadows: another version trades in a copy of the engine, on the same market and from the same
//! position, orders and money, and nothing of the run depends on it.

use crate::script::{Script, Seen, market, submit, trap};
use crate::strategies::numbered;
use crate::world::*;
use engine::replay::Instances;
use engine::{
    Command, Definition, Effect, Engine, HandOver, Ignored, Input, Sequenced, ShadowStage,
    SnapshotError, Staged, StrategyState, SwapTerms, TradingState, Understudy,
};
use model::{
    BarBasis, BarSpec, Event, Intents, OrderChange, OrderKind, PluginHash, SavedState, Side,
    StartReason, Strategy, StrategyId, Subscription,
};

const QUOTES: Subscription = Subscription::Quotes(EQUITY);

/// Makes nothing: the copies here have no custom parts.
struct Nothing;

impl Instances for Nothing {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Err("a shadow makes no strategy again".to_owned())
    }
}

fn hash(byte: u8) -> PluginHash {
    PluginHash::new([byte; 32])
}

/// A world and the shadow of one of its strategies, stepped side by side.
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) shadow: Engine,
    pub(crate) effects: Vec<Effect>,
    strategy: StrategyId,
}

pub(crate) fn begin(world: &mut World, strategy: StrategyId, hand_over: HandOver) {
    world.command(Command::ShadowBegin {
        strategy,
        plugin: hash(9),
        parameters: Vec::new(),
        hand_over,
    });
}

pub(crate) fn understudy(strategy: StrategyId, script: Script) -> Understudy {
    Understudy {
        strategy,
        plugin: hash(9),
        parameters: Vec::new(),
        instance: script.boxed(),
        history: Vec::new(),
    }
}

impl Pair {
    pub(crate) fn begin(
        mut world: World,
        strategy: StrategyId,
        hand_over: HandOver,
        script: Script,
    ) -> Self {
        begin(&mut world, strategy, hand_over);
        let copy = world.engine.copy_for_shadow().unwrap();
        let made = Engine::in_shadow(&copy, understudy(strategy, script), &mut Nothing);
        let (shadow, effects) = made.unwrap();
        Self {
            world,
            shadow,
            effects,
            strategy,
        }
    }

    /// Steps the world and then its shadow with what that sees of it.
    pub(crate) fn step(&mut self, input: Input) {
        self.world.step(input.clone());
        let seen = Sequenced {
            sequence: self.world.engine.sequence(),
            time: at(self.world.now),
            input: input.for_shadow(self.strategy),
        };
        let effects = self.shadow.step(seen).unwrap().to_vec();
        self.effects.extend(effects);
    }

    pub(crate) fn quote(&mut self, n: u64, bid: &str, ask: &str) {
        self.world.now += SECOND;
        let now = at(self.world.now);
        self.step(Input::Quote(model::Quote {
            instrument: EQUITY,
            bid: price(bid),
            ask: price(ask),
            bid_size: quantity(&n.to_string()),
            ask_size: quantity("1000"),
            ts_event: now,
            ts_init: now,
        }));
    }

    fn changes(&self) -> Vec<OrderChange> {
        let changes = self.effects.iter().filter_map(|effect| match effect {
            Effect::Order(update, order) if order.strategy == self.strategy => Some(update.change),
            _ => None,
        });
        changes.collect()
    }

    fn held(&self) -> model::SignedQuantity {
        let holding = self.shadow.holdings().get(self.strategy, EQUITY);
        holding.position.quantity
    }
}

/// Buys one share at every quote whose size is a multiple of `every`.
pub(crate) fn buyer(every: u64) -> Script {
    Script::new(&[QUOTES])
        .event(move |event, out| {
            if let Event::Quote(quote) = event
                && (quote.bid_size.raw() / model::Quantity::SCALE).is_multiple_of(every)
            {
                market(out, EQUITY, Side::Buy, 1);
            }
            Ok(())
        })
        .save(|| {
            Ok(SavedState {
                version: 4,
                bytes: vec![1, 2],
            })
        })
}

/// A strategy that holds five shares and has an order resting; a neighbour with an order and a position.
fn busy(script: Script) -> (World, StrategyId, Seen) {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = script.start(|snapshot, out: &mut Intents| {
        if snapshot.reason == StartReason::Fresh && snapshot.positions.is_empty() {
            market(out, EQUITY, Side::Buy, 5);
            let kind = OrderKind::Limit { price: price("90") };
            submit(out, EQUITY, Side::Buy, kind, 2);
        }
        Ok(())
    });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    let (_, _) = Script::new(&[QUOTES])
        .start(|_, out| {
            market(out, EQUITY, Side::Sell, 3);
            let kind = OrderKind::Limit { price: price("95") };
            submit(out, EQUITY, Side::Buy, kind, 3);
            Ok(())
        })
        .run(&mut world, "neighbour", MARGIN);
    (world, strategy, seen)
}

fn stages(world: &World) -> Vec<ShadowStage> {
    let stages = world.effects.iter().filter_map(|effect| match effect {
        Effect::Shadow(_, stage) => Some(stage.clone()),
        _ => None,
    });
    stages.collect()
}

#[test]
fn the_same_version_decides_the_same_in_its_shadow() {
    let (world, strategy, _) = busy(buyer(3));
    let mut pair = Pair::begin(world, strategy, HandOver::Carry, buyer(3));
    assert_eq!(pair.held(), quantity("5").long());
    let before = pair.world.effects.len();
    for n in 1..=30 {
        let level = 100 + n % 7;
        pair.quote(n, &level.to_string(), &(level + 1).to_string());
    }
    let own = |effects: &[Effect]| {
        let own = effects.iter().filter(|effect| match effect {
            Effect::Order(update, _) => update.strategy == strategy,
            Effect::Fill(fill) => fill.strategy == strategy,
            Effect::Position(update) => update.strategy == strategy,
            _ => false,
        });
        own.cloned().collect::<Vec<_>>()
    };
    let (live, shadow) = (own(&pair.world.effects[before..]), own(&pair.effects));
    assert!(live.len() > 30, "{}", live.len());
    assert_eq!(live, shadow);
    assert_eq!(
        pair.world.engine.profit(strategy),
        pair.shadow.profit(strategy)
    );
}

#[test]
fn another_version_trades_by_itself_and_the_run_does_not_notice() {
    let run = |shadowed: bool| {
        let (mut world, strategy, _) = busy(buyer(3));
        let mut pair = if shadowed {
            Pair::begin(world, strategy, HandOver::Carry, buyer(2))
        } else {
            begin(&mut world, strategy, HandOver::Carry);
            let copy = world.engine.copy_for_shadow().unwrap();
            let idle = understudy(strategy, Script::new(&[]));
            let (shadow, effects) = Engine::in_shadow(&copy, idle, &mut Nothing).unwrap();
            Pair {
                world,
                shadow,
                effects,
                strategy,
            }
        };
        (1..=12).for_each(|n| pair.quote(n, "100", "101"));
        let hash = pair.world.engine.journal().hash();
        (pair.held(), pair.world.position(strategy, EQUITY), hash)
    };
    let (bought, live, with) = run(true);
    let (idle, _, without) = run(false);
    assert_eq!(
        (bought, idle),
        (quantity("11").long(), quantity("5").long())
    );
    assert_eq!(live.quantity, quantity("9").long());
    assert_eq!(with, without);
}

#[test]
fn it_begins_with_state_positions_orders_and_bars_in_the_making() {
    let spec = BarSpec::seconds(60, BarBasis::Mid);
    let bars = Subscription::Bars(EQUITY, spec);
    for (hand_over, reason, state) in [
        (HandOver::Carry, StartReason::Swapped, true),
        (HandOver::Fresh, StartReason::Fresh, false),
    ] {
        let mut world = World::new();
        world.quote(EQUITY, "99", "101");
        let script = Script::new(&[QUOTES, bars])
            .start(|_, out| {
                let kind = OrderKind::Limit { price: price("90") };
                submit(out, EQUITY, Side::Buy, kind, 2);
                Ok(())
            })
            .save(|| Ok(SavedState::default()));
        let (strategy, live) = script.run(&mut world, "one", MARGIN);
        numbered(&mut world, 1);
        let other = Script::new(&[QUOTES, bars]);
        let seen = other.seen();
        let mut pair = Pair::begin(world, strategy, hand_over, other);
        let start = seen.starts().remove(0);
        assert_eq!((start.reason, start.state.is_some()), (reason, state));
        assert_eq!(start.orders[0].quantity, quantity("2"));
        for n in 2..=80 {
            pair.quote(n, "100", "101");
        }
        let bars_of = |seen: &Seen| {
            let events = seen.events().into_iter();
            let bars = events.filter(|event| matches!(event, Event::Bar(_)));
            bars.collect::<Vec<_>>()
        };
        assert_eq!(bars_of(&seen), bars_of(&live));
        assert!(!bars_of(&seen).is_empty());
    }
}

#[test]
fn others_stand_still_in_it() {
    let (world, strategy, _) = busy(buyer(1_000));
    let mut pair = Pair::begin(world, strategy, HandOver::Carry, buyer(1_000));
    assert_eq!(
        pair.shadow.orders().len(),
        1,
        "the neighbour's is withdrawn"
    );
    pair.quote(1, "93", "94");
    let neighbour = pair.world.engine.strategies().last().unwrap().0;
    assert_eq!(pair.world.position(neighbour, EQUITY).quantity.raw(), 0);
    let held = pair.shadow.holdings().get(neighbour, EQUITY);
    assert_eq!(held.position.quantity, quantity("3").short());
    assert_eq!(
        pair.shadow.strategy_state(neighbour),
        Some(StrategyState::Stopped)
    );
    pair.quote(2, "88", "89");
    assert_eq!(pair.held(), quantity("7").long(), "its own order filled");
}

#[test]
fn what_operators_decide_about_all_orders_it_sees() {
    let (world, strategy, _) = busy(buyer(1));
    let mut pair = Pair::begin(world, strategy, HandOver::Carry, buyer(1));
    let halt = Command::SetTradingState(TradingState::Halted);
    pair.step(Input::Command(Box::new(halt)));
    pair.quote(1, "100", "101");
    assert!(matches!(pair.changes()[..], [OrderChange::Denied(_)]));
    let pause = Command::Pause(strategy);
    pair.step(Input::Command(Box::new(pause)));
    assert_eq!(
        pair.shadow.strategy_state(strategy),
        Some(StrategyState::Paused)
    );
    let place = Command::PlaceOrders(MARGIN_HAND, vec![buy(EQUITY, "1")]);
    let orders = pair.shadow.orders().len();
    pair.step(Input::Command(Box::new(place)));
    assert_eq!(pair.shadow.orders().len(), orders);
    // Handles count on: the next instrument has the same number there.
    let instrument = pair.world.engine.market().get(EQUITY).unwrap();
    let mut instrument = instrument.instrument.clone();
    instrument.symbol = "NEW".to_owned();
    let define = Definition::Instrument(instrument);
    pair.step(Input::Define(Box::new(define)));
    assert_eq!(
        pair.shadow.market().find("NEW"),
        pair.world.engine.market().find("NEW")
    );
}

#[test]
fn a_version_that_breaks_breaks_in_its_shadow_alone() {
    let (world, strategy, live) = busy(buyer(3));
    let breaks = Script::new(&[QUOTES]).event(|_, _| Err(trap()));
    let mut pair = Pair::begin(world, strategy, HandOver::Carry, breaks);
    pair.quote(1, "100", "101");
    let fault = |effect: &Effect| matches!(effect, Effect::Fault(id, _) if *id == strategy);
    assert!(pair.effects.iter().any(fault));
    assert!(!pair.world.effects.iter().any(fault));
    pair.quote(2, "100", "101");
    assert_eq!(live.counters().last(), Some(&2));
}

#[test]
fn a_version_that_wants_what_is_not_there_does_not_begin() {
    let (mut world, strategy, _) = busy(buyer(3));
    begin(&mut world, strategy, HandOver::Carry);
    let copy = world.engine.copy_for_shadow().unwrap();
    let nowhere = Subscription::Quotes(model::InstrumentId::new(999));
    let script = understudy(strategy, Script::new(&[nowhere]));
    let Err(error) = Engine::in_shadow(&copy, script, &mut Nothing) else {
        panic!("it began");
    };
    assert!(matches!(error, SnapshotError::Part { .. }), "{error}");
    let script = understudy(strategy, Script::new(&[]));
    let cut = Engine::in_shadow(&copy[..copy.len() - 1], script, &mut Nothing);
    assert!(cut.is_err());
}

#[test]
fn begin_and_end_are_told_once() {
    let (mut world, strategy, _) = busy(buyer(3));
    let end = |strategy, reason: &str| Command::ShadowEnd {
        strategy,
        reason: reason.to_owned(),
    };
    world.command(end(strategy, "early"));
    begin(&mut world, strategy, HandOver::Fresh);
    assert_eq!(world.engine.shadow(strategy), Some(hash(9)));
    begin(&mut world, strategy, HandOver::Fresh);
    assert!(world.engine.copy_for_shadow().is_err());
    world.command(end(strategy, "seen enough"));
    world.command(end(strategy, "late"));
    begin(&mut world, StrategyId::new(77), HandOver::Fresh);
    world.command(end(StrategyId::new(77), "nobody"));
    let ended = |reason: &str| ShadowStage::Ended(reason.to_owned());
    assert_eq!(
        stages(&world),
        [ShadowStage::Begun(hash(9)), ended("seen enough")]
    );
    let refused: Vec<String> = world.ignored().iter().map(Ignored::to_string).collect();
    let expect = [
        "strategy is RUNNING and cannot end a shadow",
        "strategy is RUNNING and cannot begin a shadow",
        "strategy is RUNNING and cannot end a shadow",
        "unknown strategy 77",
        "unknown strategy 77",
    ];
    assert_eq!(refused, expect);
}

#[test]
fn what_ends_the_running_version_ends_its_shadow() {
    let check = |end: &dyn Fn(&mut World, StrategyId), reason: &str| {
        let script = Script::new(&[QUOTES]).event(|event, _| match event {
            Event::Quote(quote) if quote.bid_size == quantity("7") => Err(trap()),
            _ => Ok(()),
        });
        let (mut world, strategy, _) = busy(script);
        begin(&mut world, strategy, HandOver::Carry);
        end(&mut world, strategy);
        assert_eq!(
            stages(&world).last(),
            Some(&ShadowStage::Ended(reason.to_owned()))
        );
        assert_eq!(world.engine.shadow(strategy), None);
    };
    check(
        &|world, strategy| world.command(Command::Stop(strategy)),
        "the strategy was stopped",
    );
    check(&|world, _| numbered(world, 7), "the running instance broke");
    let swap = |world: &mut World, strategy| {
        let staged = Staged::Instance(buyer(3).boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
        world.command(Command::SwapBegin {
            strategy,
            plugin: hash(2),
            parameters: Vec::new(),
            terms: SwapTerms::default(),
            history: Vec::new(),
        });
        world.command(Command::SwapCommit(strategy));
    };
    check(&swap, "another version took over");
    let promote = |world: &mut World, strategy| {
        let staged = Staged::Instance(buyer(3).boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
        world.command(Command::SwapBegin {
            strategy,
            plugin: hash(9),
            parameters: Vec::new(),
            terms: SwapTerms::default(),
            history: Vec::new(),
        });
        world.command(Command::SwapCommit(strategy));
    };
    check(&promote, "promoted");
}

#[test]
fn a_version_that_breaks_as_it_saves_has_no_shadow() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).save(|| Err(trap()));
    let (strategy, _) = script.run(&mut world, "one", MARGIN);
    begin(&mut world, strategy, HandOver::Carry);
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert!(stages(&world).is_empty() && world.engine.copy_for_shadow().is_err());
}
