//! Random runs in which somebody is bound now and then by what ordinary runs seldom meet: they reach
//! nearly every code with which an order can be denied.

use super::{Grid, ORDINARY, Run, SIDES, price_near};
use crate::plan::{Rule, call};
use crate::world::*;
use engine::{Allowed, Command, Definition, Input, LimitScope, Limits, Permissions};
use model::{
    DenyCode, Duration, InstrumentId, Links, Money, OrderKind, OrderRequest, Price, Quantity,
    Quote, Rate, StrategyId, Terms, VenueId, Verdict,
};
use std::collections::BTreeMap;

/// At a venue that no account is at, and never quoted.
const FOREIGN: InstrumentId = InstrumentId::new(7);
const UNKNOWN: InstrumentId = InstrumentId::new(99);

/// What lets no order pass, one limit each.
const TIGHT: [fn(&mut Limits); 13] = [
    |limits| limits.max_order_quantity = Quantity::from_raw(1),
    |limits| limits.max_order_notional = Money::from_raw(1),
    |limits| limits.max_open_orders = 0,
    |limits| limits.max_messages = 0,
    |limits| limits.price.max_distance = Rate::from_raw(1),
    |limits| {
        limits.price.max_drift = Rate::from_raw(1);
        limits.price.drift_window = Duration::from_secs(100);
    },
    |limits| limits.volume.max_day_share = Rate::from_raw(1),
    |limits| limits.exposure.max_gross = Money::from_raw(1),
    |limits| limits.exposure.max_instrument_share = Rate::from_raw(1),
    |limits| limits.loss.max_daily = Money::ZERO,
    |limits| limits.short.no_short_sale = true,
    |limits| limits.short.max_day_trades = 0,
    |limits| limits.data.max_age = Duration::ZERO,
];

/// What these runs are sure to reach; the others are told.
const SURE: [DenyCode; 31] = [
    DenyCode::TradingState,
    DenyCode::StrategyState,
    DenyCode::Permission,
    DenyCode::Instrument,
    DenyCode::Quantity,
    DenyCode::Price,
    DenyCode::Unsupported,
    DenyCode::PriceCollar,
    DenyCode::MaxQuantity,
    DenyCode::MaxNotional,
    DenyCode::Participation,
    DenyCode::MaxOpenOrders,
    DenyCode::MaxPosition,
    DenyCode::Exposure,
    DenyCode::Concentration,
    DenyCode::BuyingPower,
    DenyCode::Loss,
    DenyCode::MessageRate,
    DenyCode::CancelRatio,
    DenyCode::Duplicate,
    DenyCode::SelfMatch,
    DenyCode::MarketData,
    DenyCode::Clock,
    DenyCode::Account,
    DenyCode::ShortSale,
    DenyCode::Conversion,
    DenyCode::Latch,
    DenyCode::Child,
    DenyCode::List,
    DenyCode::Rule,
    DenyCode::Algorithm,
];

impl Run {
    /// Adds what no account can trade.
    fn abroad(&mut self) {
        self.world.define(Definition::Venue(venue("ELSEWHERE")));
        let mut foreign = Setup::default().instruments.remove(EQUITY.index());
        (foreign.symbol, foreign.venue) = ("FOREIGN".to_owned(), VenueId::new(1));
        self.world.define(Definition::Instrument(foreign));
    }

    /// Binds a hand for one order.
    fn squeeze(&mut self) {
        let hand = self.dice.one_of(&[CASH_HAND, MARGIN_HAND]);
        let grid = self.dice.one_of(&self.grids);
        match self.dice.below(14) {
            0..=4 => self.tighten(hand, grid),
            5 => self.forbid(hand, grid),
            6 => self.lose_data(hand, grid),
            7 => self.come_late(hand, grid),
            8 => self.kill(hand, grid),
            9 => self.churn(hand, grid),
            10 => self.meet(hand, grid),
            11 => self.refuse(hand, grid),
            _ => self.ask_for_nonsense(hand, grid),
        }
        self.repeat();
    }

    /// An order that makes sense where nothing binds.
    fn ask(&mut self, hand: StrategyId, (instrument, _, lot): Grid) {
        let side = self.dice.one_of(&SIDES);
        let ask = OrderRequest::new(instrument, side, OrderKind::Market, lot);
        self.world.place(hand, ask);
    }

    fn tighten(&mut self, hand: StrategyId, grid: Grid) {
        let change = self.dice.one_of(&TIGHT);
        let scope = LimitScope::Strategy(hand);
        self.world.limit(scope, change);
        self.ask(hand, grid);
        self.world.limit(scope, |_| ());
    }

    fn forbid(&mut self, hand: StrategyId, grid: Grid) {
        let nothing = Permissions {
            instruments: Allowed::Only(Vec::new()),
            ..Permissions::ALL
        };
        let all = Permissions::ALL;
        self.world.define(Definition::Permissions(hand, nothing));
        self.ask(hand, grid);
        self.world.define(Definition::Permissions(hand, all));
    }

    fn lose_data(&mut self, hand: StrategyId, grid: Grid) {
        self.world.command(Command::SetDataIntact(grid.0, false));
        self.ask(hand, grid);
        self.world.command(Command::SetDataIntact(grid.0, true));
    }

    /// A quote that took longer than it may.
    fn come_late(&mut self, hand: StrategyId, grid: Grid) {
        let (instrument, tick, _) = grid;
        let scope = LimitScope::Strategy(hand);
        self.world.limit(scope, |limits| {
            limits.data.max_behind = Duration::from_nanos(10);
        });
        let [a, b] = [(); 2].map(|()| price_near(&mut self.dice, tick, self.scale));
        self.world.now += 100;
        self.world.step(Input::Quote(Quote {
            instrument,
            bid: a.min(b),
            ask: a.max(b),
            bid_size: Quantity::ZERO,
            ask_size: Quantity::ZERO,
            ts_event: at(self.world.now - 50),
            ts_init: at(self.world.now),
        }));
        self.ask(hand, grid);
        self.world.limit(scope, |_| ());
    }

    fn kill(&mut self, hand: StrategyId, grid: Grid) {
        let scope = LimitScope::Strategy(hand);
        self.world.command(Command::SetScopeKill(scope, true));
        self.ask(hand, grid);
        self.world.command(Command::SetScopeKill(scope, false));
    }

    /// Cancels more than it may.
    fn churn(&mut self, hand: StrategyId, grid: Grid) {
        let (instrument, tick, lot) = grid;
        let scope = LimitScope::Strategy(hand);
        self.world.limit(scope, |limits| {
            limits.conduct.max_cancels_per_fill = 0;
            limits.conduct.free_cancels = 0;
            limits.conduct.cancel_window = Duration::from_secs(100);
        });
        let price = Price::from_raw(tick.raw() * 10);
        let resting = OrderRequest::new(instrument, SIDES[0], OrderKind::Limit { price }, lot);
        let resting = self.world.place(hand, resting);
        if self.world.engine.orders().get(resting).is_some() {
            self.world.cancel(resting);
        }
        self.ask(hand, grid);
        self.world.limit(scope, |_| ());
    }

    /// Offers what it then bids for.
    fn meet(&mut self, hand: StrategyId, (instrument, tick, lot): Grid) {
        let scope = LimitScope::Strategy(hand);
        self.world
            .limit(scope, |limits| limits.conduct.no_self_match = true);
        let price = Price::from_raw(tick.raw() * 1_030);
        for side in SIDES {
            let ask = OrderRequest::new(instrument, side, OrderKind::Limit { price }, lot);
            self.world.place(hand, ask);
        }
        self.world.limit(scope, |_| ());
    }

    /// What custom parts refuse.
    fn refuse(&mut self, hand: StrategyId, grid: Grid) {
        let nothing = Rule::new(|_, _| Ok(Verdict::deny("nothing passes")));
        let scope = LimitScope::Strategy(hand);
        self.world.rule("nothing", scope, nothing);
        self.ask(hand, grid);
        let remove = Command::RemoveRule("nothing".to_owned());
        self.world.command(remove);
        let (instrument, _, lot) = grid;
        let ask = OrderRequest::new(instrument, SIDES[0], OrderKind::Market, lot);
        self.world.work(hand, ask, call("nobody", &[]));
    }

    /// Orders that no market would take.
    fn ask_for_nonsense(&mut self, hand: StrategyId, (instrument, tick, lot): Grid) {
        let market = |instrument, quantity| {
            OrderRequest::new(instrument, SIDES[0], OrderKind::Market, quantity)
        };
        let between = Price::from_raw(tick.raw() * 1_000 + 1);
        let limit = OrderKind::Limit { price: between };
        let worth = Terms {
            quote_quantity: true,
            ..Terms::default()
        };
        for ask in [
            market(UNKNOWN, lot),
            market(FOREIGN, Quantity::from_raw(Quantity::SCALE)),
            market(FOREIGN, Quantity::from_raw(Quantity::SCALE)).with(worth),
            market(instrument, Quantity::ZERO),
            OrderRequest::new(instrument, SIDES[0], limit, lot),
        ] {
            self.world.place(hand, ask);
        }
        let entry = OrderKind::Limit {
            price: Price::from_raw(tick.raw() * 900),
        };
        let entry = OrderRequest::new(instrument, SIDES[0], entry, lot);
        let twice = Quantity::from_raw(lot.raw() * 2);
        let exit = OrderKind::stop_market(Price::from_raw(tick.raw() * 800));
        let exit = OrderRequest::new(instrument, SIDES[1], exit, twice).with(Terms {
            links: Links {
                parent: Some(0),
                peers: None,
            },
            ..Terms::default()
        });
        self.world.place_list(hand, vec![entry, exit]);
    }

    /// Lets one of the strategies execute nothing twice, or lets them all go again.
    fn repeat(&mut self) {
        if self.dice.below(20) > 0 {
            return;
        }
        let strategies = self.strategies[2..].to_vec();
        if self.dice.below(2) == 0 {
            let strategy = self.dice.one_of(&strategies);
            self.world.limit(LimitScope::Strategy(strategy), |limits| {
                limits.conduct.max_repeats = 1;
                limits.conduct.repeat_window = Duration::from_secs(100);
            });
        } else {
            for strategy in strategies {
                self.world.limit(LimitScope::Strategy(strategy), |_| ());
                self.world.command(Command::ClearRepeats(strategy));
            }
        }
    }
}

/// A run in which hands are squeezed every few steps.
fn squeezed(seed: u64, steps: usize) -> Run {
    let mut run = Run::new(seed, ORDINARY);
    run.abroad();
    for step in 0..steps {
        run.step();
        if step % 2 == 0 {
            run.squeeze();
        }
    }
    run.check_end();
    run
}

#[test]
fn squeezed_runs_reach_nearly_every_code() {
    let mut counts = BTreeMap::<DenyCode, u64>::new();
    for seed in 0..20 {
        let run = squeezed(seed, 300);
        for code in DenyCode::ALL {
            *counts.entry(code).or_default() += run.world.engine.denials(code);
        }
    }
    let is_reached = |code: &DenyCode| counts.get(code).is_some_and(|count| *count > 0);
    let (reached, not): (Vec<_>, Vec<_>) = DenyCode::ALL.iter().partition(|code| is_reached(code));
    let names = |codes: &[&DenyCode]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    println!(
        "{} of {} codes are reached, all but {}",
        reached.len(),
        DenyCode::ALL.len(),
        names(&not).join(" ")
    );
    let missing: Vec<_> = SURE.iter().filter(|code| !is_reached(code)).collect();
    assert!(missing.is_empty(), "{missing:?}: {counts:?}");
}
