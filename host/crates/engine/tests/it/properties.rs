//! Random runs: whatever happens in whatever order, the invariants hold after every step, limits
//! are kept, positions are the sum of their fills, and nothing panics, extremes included.

use crate::dice::Dice;
use crate::dice_books::BookFeed;
use crate::world::*;
use engine::{Command, Definition, Input, LimitScope, Limits, Staged, TradingState, invariants};
use model::{
    Bar, BarBasis, BarSpec, Duration, InstrumentId, InstrumentStatus, MarkPrice, OrderChange,
    Price, Quantity, Quote, Side, SignedQuantity, StrategyId, Trade, VenueId,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[path = "properties_codes.rs"]
mod properties_codes;
#[path = "properties_lifecycle.rs"]
mod properties_lifecycle;
#[path = "properties_mind.rs"]
mod properties_mind;
#[path = "properties_requests.rs"]
mod properties_requests;
#[path = "properties_setup.rs"]
mod properties_setup;
use properties_mind::{Again, erratic};
use properties_requests::{Grid, Named, amendment, list, lots, name_position, price_near, request};
use properties_setup::random_setup;

const TRADED: [InstrumentId; 6] = [EQUITY, USDJPY, COIN, PERPETUAL, FUTURE, OPTION];
const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// A market of ordinary numbers, or of the largest that fit.
#[derive(Clone, Copy)]
struct Scale {
    ticks: u64,
    lots: u64,
}

const ORDINARY: Scale = Scale {
    ticks: 40,
    lots: 50,
};
const EXTREME: Scale = Scale {
    ticks: i64::MAX.unsigned_abs(),
    lots: u64::MAX,
};

/// Windows of limits, in nanoseconds.
const WINDOWS: [u64; 2] = [50, 100 * SECOND];

/// Ticks and lots of the traded instruments.
type Grids = Vec<Grid>;

struct Run {
    world: World,
    dice: Dice,
    grids: Grids,
    scale: Scale,
    strategies: Vec<StrategyId>,
    /// One instrument has an order book in some runs; it has quotes until the first snapshot.
    book: Option<BookFeed>,
    /// Whether positions may be others than orders made them.
    moved: bool,
}

impl Run {
    fn new(seed: u64, scale: Scale) -> Self {
        let mut dice = Dice::new(seed);
        let mut setup = random_setup(&mut dice, seed, scale);
        let grids: Grids = TRADED
            .iter()
            .map(|id| {
                let traded = setup.instrument(*id);
                (*id, traded.tick, traded.lot)
            })
            .collect();
        let mut run = Self {
            world: setup.build(),
            dice,
            grids,
            scale,
            strategies: vec![CASH_HAND, MARGIN_HAND],
            book: None,
            moved: false,
        };
        run.agree();
        // Drawn apart, so that it changes nothing else about a run.
        let mode = crate::dice_models::any_self_match(&mut Dice::new(seed.rotate_left(1)));
        let apart = Definition::SelfMatch(VenueId::new(0), mode);
        run.world.define(apart);
        if run.dice.below(2) == 0 {
            let (instrument, tick, lot) = run.dice.one_of(&run.grids);
            run.book = Some(BookFeed::new(&mut run.dice, instrument, tick, lot));
        }
        for (name, account) in [("a", CASH), ("b", MARGIN), ("c", MARGIN)] {
            let script = erratic(run.dice.number(), run.grids.clone(), scale);
            let (strategy, _) = script.run(&mut run.world, name, account);
            run.strategies.push(strategy);
        }
        run
    }

    fn step(&mut self) {
        self.world.now += self.dice.below(20);
        match self.dice.below(31) {
            28 | 29 => self.lifecycle(),
            30 => self.convert(),
            24..=26 => self.book(),
            27 => self.halt(),
            20 => self.bar(),
            21 => self.mark(),
            22 | 23 => self.amend(),
            0..=9 => self.quote(),
            10..=12 => self.trade(),
            13..=15 => self.place(),
            16 => self.cancel(),
            17 => self.world.wait(0),
            18 => self.disturb(),
            _ => {
                self.world.now += self
                    .dice
                    .one_of(&[SECOND, 86_400 * SECOND, 7 * 3_600 * SECOND])
            }
        }
        if !self.moved {
            let within = invariants::exposure_within_limits(&self.world.engine);
            assert_eq!(within, Ok(()));
        }
    }

    fn quote(&mut self) {
        let (instrument, tick, lot) = self.dice.one_of(&self.grids);
        let low = price_near(&mut self.dice, tick, self.scale);
        let high = price_near(&mut self.dice, tick, self.scale);
        let (now, scale) = (at(self.world.now), self.scale);
        self.world.step(Input::Quote(Quote {
            instrument,
            bid: low.min(high),
            ask: low.max(high),
            bid_size: lots(&mut self.dice, lot, scale),
            ask_size: lots(&mut self.dice, lot, scale),
            ts_event: now,
            ts_init: now,
        }));
    }

    fn trade(&mut self) {
        let (instrument, tick, lot) = self.dice.one_of(&self.grids);
        let now = at(self.world.now);
        self.world.step(Input::Trade(Trade {
            instrument,
            price: price_near(&mut self.dice, tick, self.scale),
            size: lots(&mut self.dice, lot, self.scale),
            aggressor: self.dice.one_of(&[None, Some(Side::Buy), Some(Side::Sell)]),
            ts_event: now,
            ts_init: now,
        }));
    }

    fn bar(&mut self) {
        let (instrument, tick, lot) = self.dice.one_of(&self.grids);
        let mut prices: [Price; 4] =
            std::array::from_fn(|_| price_near(&mut self.dice, tick, self.scale));
        prices.sort();
        let (open, close) = self.dice.one_of(&[(1, 2), (2, 1)]);
        let now = at(self.world.now);
        self.world.step(Input::Bar(Bar {
            instrument,
            spec: BarSpec::seconds(1, BarBasis::Last),
            open: prices[open],
            high: prices[3],
            low: prices[0],
            close: prices[close],
            volume: lots(&mut self.dice, lot, self.scale),
            ts_open: now.before(Duration::from_secs(1)),
            ts_event: now,
            ts_init: now,
        }));
    }

    fn mark(&mut self) {
        let (instrument, tick, _) = self.dice.one_of(&self.grids);
        let now = at(self.world.now);
        let price = price_near(&mut self.dice, tick, self.scale);
        self.world.step(Input::Mark(MarkPrice {
            instrument,
            mark: self.dice.one_of(&[None, Some(price)]),
            index: Some(price),
            ts_event: now,
            ts_init: now,
        }));
    }

    fn book(&mut self) {
        let Some(feed) = &mut self.book else {
            return;
        };
        let mid = price_near(&mut self.dice, price("0.01"), self.scale);
        let update = feed.next(&mut self.dice, mid, self.world.now);
        self.world.step(Input::Book(Box::new(update)));
    }

    /// Halts an instrument, for a while.
    fn halt(&mut self) {
        let (instrument, ..) = self.dice.one_of(&self.grids);
        let halted = self.dice.below(3) == 0;
        let now = at(self.world.now);
        self.world.step(Input::Status(InstrumentStatus {
            instrument,
            halted,
            ts_event: now,
            ts_init: now,
        }));
    }

    fn place(&mut self) {
        let grid = self.dice.one_of(&self.grids);
        let now = at(self.world.now);
        let hand = self.dice.one_of(&[CASH_HAND, MARGIN_HAND]);
        if self.dice.below(4) == 0 {
            let list = list(&mut self.dice, grid, self.scale, now);
            self.world.place_list(hand, list);
        } else {
            let mut ask = request(&mut self.dice, grid, self.scale, now);
            let legs = self.world.engine.legs().of(hand);
            let legs =
                legs.map(|(instrument, position, leg)| (instrument, position, leg.state.quantity));
            let legs: Vec<Named> = legs.collect();
            name_position(&mut self.dice, &mut ask, &legs);
            self.world.place(hand, ask);
        }
    }

    fn amend(&mut self) {
        let open: Vec<_> = self
            .world
            .engine
            .orders()
            .iter()
            .map(|open| open.order)
            .collect();
        if open.is_empty() {
            return;
        }
        let order = self.dice.one_of(&open);
        let grid = self.grids.iter().find(|grid| grid.0 == order.instrument);
        let amendment = amendment(&mut self.dice, &order, *grid.unwrap(), self.scale);
        self.world.command(Command::ModifyOrder(amendment));
    }

    fn cancel(&mut self) {
        let open: Vec<_> = self
            .world
            .engine
            .orders()
            .iter()
            .map(|open| open.order.id)
            .collect();
        if !open.is_empty() {
            let order = self.dice.one_of(&open);
            self.world.cancel(order);
        }
    }

    /// Pauses, stops, restarts, halts, kills, and takes it back soon after.
    fn disturb(&mut self) {
        let strategy = self.dice.one_of(&self.strategies[2..]);
        match self.dice.below(8) {
            7 => self.disturb_scope(strategy),
            0 => self.world.command(Command::Pause(strategy)),
            1 => self.world.command(Command::Resume(strategy)),
            2 => self.world.command(Command::Stop(strategy)),
            3 | 4 => {
                let seed = self.dice.number();
                let instance = || erratic(seed, self.grids.clone(), self.scale).boxed();
                if let Some(twin) = &mut self.world.twin {
                    assert!(twin.stage(strategy, Staged::Instance(instance())).is_ok());
                }
                self.world.start(strategy, instance());
            }
            5 => {
                let states = [
                    TradingState::Active,
                    TradingState::Reducing,
                    TradingState::Halted,
                ];
                self.world
                    .command(Command::SetTradingState(self.dice.one_of(&states)));
            }
            _ => {
                self.world.command(Command::SetKillLatch(true));
                self.world.command(Command::SetKillLatch(false));
            }
        }
        if self.dice.below(2) == 0 {
            self.world
                .command(Command::SetTradingState(TradingState::Active));
        }
    }

    /// Halts, kills or scales one scope for a moment, or changes what is summed up.
    fn disturb_scope(&mut self, strategy: StrategyId) {
        let scope = self.dice.one_of(&[
            LimitScope::Account(CASH),
            LimitScope::Account(MARGIN),
            LimitScope::Strategy(strategy),
        ]);
        let factor = self.dice.one_of(&["0.5", "1"]);
        self.world
            .command(Command::SetScopeState(scope, TradingState::Halted));
        self.world.command(Command::SetScopeKill(scope, true));
        self.world.command(Command::SetScopeKill(scope, false));
        self.world
            .command(Command::SetScopeState(scope, TradingState::Active));
        self.world
            .command(Command::ScaleLimits(scope, rate(factor)));
        let mut limits = Limits::default();
        if self.dice.below(2) == 0 {
            let window = self.dice.one_of(&WINDOWS);
            limit_everything(&mut limits, window, self.scale.ticks < 1_000);
        }
        self.world.define(Definition::Limits(scope, limits));
        self.world.command(Command::ClearRepeats(strategy));
    }

    /// Positions are the sums of the fills that left the engine; every order is open or over.
    fn check_end(&self) {
        let mut sums: BTreeMap<_, SignedQuantity> = BTreeMap::new();
        let mut done: BTreeMap<_, Quantity> = BTreeMap::new();
        for fill in self.world.fills() {
            let sum = sums.entry((fill.strategy, fill.instrument)).or_default();
            *sum = sum.checked_add(fill.side.signed(fill.quantity)).unwrap();
            let done = done.entry(fill.order).or_default();
            *done = done.checked_add(fill.quantity).unwrap();
        }
        for (strategy, instrument, holding) in self.world.engine.holdings().iter() {
            let sum = sums.remove(&(strategy, instrument)).unwrap_or_default();
            assert_eq!(holding.filled, sum);
        }
        assert!(sums.values().all(|sum| sum.is_zero()));
        self.check_legs();
        let mut last = BTreeMap::new();
        for update in self.world.updates() {
            last.insert(update.order, *update);
        }
        let open = last
            .values()
            .filter(|update| !update.status.is_closed())
            .count();
        assert_eq!(self.world.engine.orders().len(), open);
        for (order, update) in last {
            let filled = done.get(&order).copied().unwrap_or_default();
            assert_eq!(update.filled, filled);
            assert!(filled <= update.quantity);
        }
    }
}

impl Run {
    /// Positions of hedging accounts are the sums of the fills that name them, and only those are
    /// known that are open or that an open order names.
    fn check_legs(&self) {
        let mut sums: BTreeMap<_, SignedQuantity> = BTreeMap::new();
        for fill in self.world.fills() {
            let hedged = self.world.account(fill.account).config().hedging;
            assert_eq!(fill.position.is_some(), hedged.is_some());
            if let Some(position) = fill.position {
                let sum = sums.entry(position).or_default();
                *sum = sum.checked_add(fill.side.signed(fill.quantity)).unwrap();
            }
        }
        for (.., position, leg) in self.world.engine.legs().iter() {
            let sum = sums.remove(&position).unwrap_or_default();
            assert_eq!(leg.state.quantity, sum);
            assert!(leg.orders > 0 || !sum.is_zero());
        }
        assert!(sums.values().all(|sum| sum.is_zero()));
    }
}

/// A run of which a snapshot is taken on the way, where one is read from it.
fn split_run(seed: u64, scale: Scale, steps: [usize; 2]) -> Run {
    let mut run = Run::new(seed, scale);
    (0..steps[0]).for_each(|_| run.step());
    let mut again = Again(run.grids.clone(), scale);
    run.world.split(&mut again);
    (0..steps[1]).for_each(|_| run.step());
    run
}

fn run(seed: u64, scale: Scale, steps: usize) -> Run {
    let mut run = Run::new(seed, scale);
    (0..steps).for_each(|_| run.step());
    run.check_end();
    run
}

/// How often orders came to each status in forty runs.
fn statuses(scale: Scale) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::<String, u32>::new();
    for seed in 0..40 {
        let run = run(seed, scale, 400);
        for update in run.world.updates() {
            let name = match update.change {
                OrderChange::Denied(code) => code.to_string(),
                _ => update.status.name().to_owned(),
            };
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

fn check_reached(scale: Scale, expect: &[&str]) {
    let counts = statuses(scale);
    for status in expect {
        let enough = counts.get(*status).is_some_and(|count| *count >= 10);
        assert!(enough, "{status}: {counts:?}");
    }
}

#[test]
fn the_random_runs_are_worth_their_while() {
    let lives = [
        "ACCEPTED",
        "CANCELED",
        "EMULATED",
        "EXPIRED",
        "FILLED",
        "PARTIALLY_FILLED",
        "PENDING_CANCEL",
        "PENDING_UPDATE",
        "REJECTED",
        "RELEASED",
        "TRIGGERED",
    ];
    check_reached(
        ORDINARY,
        &[
            &lives[..],
            &[
                "P01", "P02", "P07", "P08", "P13", "P14", "P15", "P16", "P17",
            ],
            &["P21", "P23", "P30"],
        ]
        .concat(),
    );
    check_reached(EXTREME, &["FILLED", "CANCELED", "P17", "P28"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ordinary_markets_keep_every_invariant(seed: u64) {
        run(seed, ORDINARY, 300);
    }

    #[test]
    fn extreme_numbers_are_denied_and_break_nothing(seed: u64) {
        run(seed, EXTREME, 200);
    }

    #[test]
    fn a_run_repeats_with_its_seed(seed: u64) {
        let mut first = run(seed, ORDINARY, 60);
        let mut second = run(seed, ORDINARY, 60);
        prop_assert_eq!(first.world.engine.journal().hash(), second.world.engine.journal().hash());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_engine_read_from_a_snapshot_goes_on_as_the_other(seed: u64, before in 0_usize..150) {
        split_run(seed, ORDINARY, [before, 80]).world.check_twin();
        split_run(seed, EXTREME, [before, 40]).world.check_twin();
    }
}
