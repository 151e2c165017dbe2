//! Models of venues: what built-in ones do to orders, and what becomes of staged ones that answer,
//! break, or are not there.

use crate::journal::Memory;
use crate::world::*;
use engine::replay::{self, Instances, ReplayError};
use engine::{
    Command, Definition, Effect, FillChances, Ignored, LimitScope, Quantiles, Severity,
    VenueConfig, VenueModels,
};
use model::{
    Charge, DenyCode, Duration, Fault, FaultKind, FeeModel, FeeQuery, Fees, FillAnswer, FillModel,
    FillQuery, LatencyModel, LatencyQuery, Listing, Message, ModelKind, ModelSpec, Occasion,
    PluginHash, Strategy, StrategyId, VenueModel,
};
use std::io::Cursor;

/// A staged model from closures.
pub(crate) struct Staged<F>(pub(crate) F);

impl<F> FillModel for Staged<F>
where
    F: FnMut(&FillQuery) -> Result<FillAnswer, Fault> + Send,
{
    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, Fault> {
        (self.0)(query)
    }
}

impl<F> FeeModel for Staged<F>
where
    F: FnMut(&FeeQuery) -> Result<Charge, Fault> + Send,
{
    fn ceiling(&mut self, _: &Listing<'_>) -> Result<Fees, Fault> {
        Ok(Fees {
            taker: rate("0.001"),
            ..Fees::default()
        })
    }

    fn charge(&mut self, query: &FeeQuery) -> Result<Charge, Fault> {
        (self.0)(query)
    }
}

impl<F> LatencyModel for Staged<F>
where
    F: FnMut(&LatencyQuery) -> Result<Duration, Fault> + Send,
{
    fn delays_data(&self) -> bool {
        false
    }

    fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, Fault> {
        (self.0)(query)
    }
}

pub(crate) fn broken() -> Fault {
    Fault {
        kind: FaultKind::Trap,
        message: "unreachable".to_owned(),
    }
}

pub(crate) fn spec(name: &str) -> ModelSpec {
    ModelSpec {
        name: name.to_owned(),
        parameters: vec![("share".to_owned(), "0.5".to_owned())],
    }
}

/// A world whose venue uses a staged model.
fn with_model(model: VenueModel) -> World {
    let mut setup = Setup::default();
    let named = Some(spec("custom"));
    match model.kind() {
        ModelKind::Fill => setup.venue.models.fill = named,
        ModelKind::Fee => setup.venue.models.fee = named,
        ModelKind::Latency => setup.venue.models.latency = named,
    }
    setup.staged.push(model);
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world
}

fn with_fills<F>(fills: F) -> World
where
    F: FnMut(&FillQuery) -> Result<FillAnswer, Fault> + Send + 'static,
{
    with_model(VenueModel::Fill(Box::new(Staged(fills))))
}

/// The models that broke, and whether the instrument is stopped with one alert.
fn check_stopped(world: &World, kind: ModelKind, faults: &[FaultKind]) {
    let broke = world.effects.iter().filter_map(|effect| match effect {
        Effect::ModelFault(fault) => {
            assert_eq!((fault.instrument, fault.model), (EQUITY, kind));
            Some(fault.fault.kind)
        }
        _ => None,
    });
    assert_eq!(broke.collect::<Vec<_>>(), faults);
    let alerts = world.effects.iter().filter_map(|effect| match effect {
        Effect::Alert(alert) => Some((alert.severity, alert.code, alert.scope)),
        _ => None,
    });
    let scope = LimitScope::Instrument(EQUITY);
    let expect = (Severity::Critical, DenyCode::Latch, scope);
    assert_eq!(alerts.collect::<Vec<_>>(), [expect]);
    assert!(world.engine.is_scope_killed(scope));
}

#[test]
fn a_staged_model_says_how_much_fills_and_at_what_price() {
    let mut world = with_fills(|query| {
        assert_eq!(query.occasion, Occasion::Take);
        Ok(FillAnswer {
            quantity: quantity("3"),
            price: price("100"),
        })
    });
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("101"));
    assert_eq!(world.story(order), "submitted accepted 3@100");
    assert!(!world.engine.is_scope_killed(LimitScope::Instrument(EQUITY)));
}

#[test]
fn a_fill_model_that_breaks_stops_the_instrument_and_no_other() {
    let mut world = with_fills(|query| match query.occasion {
        Occasion::Touched => Err(broken()),
        _ => Ok(FillAnswer {
            quantity: query.offered,
            price: query.price,
        }),
    });
    world.quote(COIN, "99", "101");
    let touched = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    let other = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("90"));
    let elsewhere = world.place(MARGIN_HAND, buy(COIN, "1").limit("98"));
    world.quote(EQUITY, "98", "100");
    assert_eq!(
        world.story(touched),
        "submitted accepted cancelling canceled"
    );
    assert_eq!(world.story(other), "submitted accepted cancelling canceled");
    assert_eq!(world.story(elsewhere), "submitted accepted");
    check_stopped(&world, ModelKind::Fill, &[FaultKind::Trap]);
    let late = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.denied(late), Some(DenyCode::Latch));
    assert!(world.ignored().is_empty() && world.fills().is_empty());
    // Somebody has looked: it may try again, and stops again.
    world.command(Command::SetScopeKill(LimitScope::Instrument(EQUITY), false));
    let again = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(again), "submitted 10@100");
}

#[test]
fn answers_beyond_what_was_offered_fill_nothing() {
    let check = |quantity_got: &str, price_got: &str| {
        let (quantity, price) = (quantity(quantity_got), price(price_got));
        let mut world = with_fills(move |_| Ok(FillAnswer { quantity, price }));
        let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("101"));
        assert_eq!(
            world.story(order),
            "submitted accepted cancelling canceled",
            "{quantity} at {price}"
        );
        check_stopped(&world, ModelKind::Fill, &[FaultKind::BadOutput]);
        assert!(world.ignored().is_empty() && world.fills().is_empty());
    };
    check("11", "101");
    check("10", "101.01");
    check("10", "0");
    check("10", "-5");
}

#[test]
fn a_taker_over_which_the_model_breaks_is_cancelled() {
    let mut world = with_fills(|_| Err(broken()));
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted canceled");
    // Once for the touch, once for what is behind it.
    check_stopped(&world, ModelKind::Fill, &[FaultKind::Trap, FaultKind::Trap]);
    world.check_balance(MARGIN, USD, "100000", "0");
}

#[test]
fn a_staged_fee_model_is_held_to_its_ceiling() {
    let fixed = |amount: &'static str| {
        let charge = move |_: &FeeQuery| {
            Ok(Charge {
                fee: money(amount),
                accrued: money("0"),
            })
        };
        with_model(VenueModel::Fee(Box::new(Staged(charge))))
    };
    // A thousandth of 1010 is 1.01.
    let mut world = fixed("1.01");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted 10@101");
    assert_eq!(world.last_fill().fee, money("1.01"));
    let mut world = fixed("1.010000001");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted canceled");
    check_stopped(&world, ModelKind::Fee, &[FaultKind::BadOutput]);
    world.check_balance(MARGIN, USD, "100000", "0");
}

#[test]
fn the_gate_holds_back_what_a_staged_fee_model_may_charge() {
    let mut setup = Setup::default();
    setup.venue.models.fee = Some(spec("custom"));
    let free = |_: &FeeQuery| Ok(Charge::default());
    setup.staged.push(VenueModel::Fee(Box::new(Staged(free))));
    setup.accounts[0].deposits = vec![(USD, money("1010"))];
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let order = world.place(CASH_HAND, buy(EQUITY, "10"));
    assert_eq!(world.denied(order), Some(DenyCode::BuyingPower));
    let order = world.place(CASH_HAND, buy(EQUITY, "9"));
    assert_eq!(world.story(order), "submitted 9@101");
}

#[test]
fn commands_whose_latency_is_unknown_do_not_leave_but_cancels_do() {
    let mut orders = 0;
    let delays = move |query: &LatencyQuery| {
        orders += u32::from(query.message == Message::Insert);
        match orders {
            0 | 1 if query.message == Message::Insert => Ok(Duration::from_nanos(5)),
            _ => Err(broken()),
        }
    };
    let mut world = with_model(VenueModel::Latency(Box::new(Staged(delays))));
    let first = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("90"));
    world.wait(5);
    let second = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("90"));
    assert_eq!(world.story(second), "submitted rejected");
    assert_eq!(world.story(first), "submitted accepted cancelling canceled");
    let trap = FaultKind::Trap;
    check_stopped(&world, ModelKind::Latency, &[trap, trap]);
    assert!(world.engine.orders().is_empty() && world.ignored().is_empty());
}

#[test]
fn a_venue_whose_model_is_not_staged_is_not_defined() {
    let mut world = World::new();
    let config = VenueConfig {
        name: "OTHER".to_owned(),
        models: VenueModels {
            fill: Some(spec("custom")),
            ..VenueModels::default()
        },
        ..VenueConfig::default()
    };
    let fills = |_: &FillQuery| Err(broken());
    let model = || VenueModel::Fill(Box::new(Staged(fills)));
    let free = |_: &FeeQuery| Ok(Charge::default());
    // For another venue, and for another port: neither is the one that is named.
    assert!(world.engine.stage_model("ANOTHER", model()).is_ok());
    let fee = VenueModel::Fee(Box::new(Staged(free)));
    assert!(world.engine.stage_model("OTHER", fee).is_ok());
    world.define(Definition::Venue(config.clone()));
    let reason = "venue OTHER: its fill model `custom` was not staged".to_owned();
    assert_eq!(world.ignored(), [Ignored::BadDefinition(reason)]);
    assert!(world.engine.stage_model("OTHER", model()).is_ok());
    world.define(Definition::Venue(config));
    assert_eq!(world.ignored().len(), 1);
}

#[test]
fn venues_that_cannot_be_meant_are_refused() {
    let check = |change: &dyn Fn(&mut VenueConfig), expect: &str| {
        let mut world = World::new();
        let mut config = venue("NEW");
        change(&mut config);
        world.define(Definition::Venue(config));
        let reason = format!("venue NEW: {expect}");
        assert_eq!(world.ignored(), [Ignored::BadDefinition(reason)]);
    };
    let table = |nanos: &[u64]| Quantiles(nanos.iter().map(|n| Duration::from_nanos(*n)).collect());
    check(
        &|venue| venue.latency.drawn.insert = table(&[5]),
        "a distribution needs two quantiles, its smallest and its largest value",
    );
    check(
        &|venue| venue.latency.drawn.feed = table(&[5, 6, 4]),
        "quantiles must not fall",
    );
    check(
        &|venue| venue.latency.drawn.modify = table(&[1; 4_098]),
        "a distribution has at most 4097 quantiles",
    );
    for wrong in ["-0.1", "1.000000001"] {
        let chances = FillChances {
            touch: rate(wrong),
            ..FillChances::default()
        };
        check(
            &|venue| venue.chances = Some(chances),
            "a chance is from 0 to 1",
        );
    }
}

fn chancy(touch: &str, slip: &str) -> World {
    let mut setup = Setup::default();
    setup.venue.chances = Some(FillChances {
        touch: rate(touch),
        slip: rate(slip),
        seed: 1,
    });
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world
}

#[test]
fn an_order_that_is_touched_fills_by_chance_and_one_that_is_crossed_for_sure() {
    let check = |touch: &str, expect: &str| {
        let mut world = chancy(touch, "0");
        let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
        world.quote(EQUITY, "99", "100");
        world.quote(EQUITY, "99", "100");
        assert_eq!(world.story(order), expect);
        world.quote(EQUITY, "98", "99.99");
        assert_eq!(world.story(order), "submitted accepted 10@100");
    };
    check("1", "submitted accepted 10@100");
    check("0", "submitted accepted");
}

#[test]
fn on_bars_the_extreme_is_a_touch() {
    let mut world = chancy("0", "0");
    let mut bars = world_of_bars(&mut world);
    bars(&mut world, ["100", "101", "99", "101"]);
    let order = world.place(MARGIN_HAND, sell(PERPETUAL, "1").limit("102"));
    let above = world.place(MARGIN_HAND, sell(PERPETUAL, "1").limit("101.5"));
    // High and close are its very price: met twice, filled never. The other is passed on the way.
    bars(&mut world, ["101", "102", "100", "102"]);
    assert_eq!(world.story(order), "submitted accepted");
    assert_eq!(world.story(above), "submitted accepted 1@101.5");
    // Nor does an open at its price; one above it does.
    bars(&mut world, ["102", "102", "101", "101"]);
    assert_eq!(world.story(order), "submitted accepted");
    bars(&mut world, ["102.5", "103", "102", "102"]);
    assert_eq!(world.story(order), "submitted accepted 1@102.5");
}

fn world_of_bars(world: &mut World) -> impl FnMut(&mut World, [&str; 4]) + use<> {
    world.now = 60 * SECOND;
    move |world, prices| {
        world.bar(PERPETUAL, prices);
        world.now += 60 * SECOND;
    }
}

#[test]
fn takers_slip_a_tick_by_chance_but_not_beyond_their_limit() {
    let mut world = chancy("1", "1");
    let check = |world: &mut World, ask, expect: &str| {
        let order = world.place(MARGIN_HAND, ask);
        assert_eq!(world.story(order), expect);
    };
    check(&mut world, buy(EQUITY, "1"), "submitted 1@101.01");
    check(&mut world, sell(EQUITY, "1"), "submitted 1@98.99");
    let within = buy(EQUITY, "1").limit("101.5");
    check(&mut world, within, "submitted accepted 1@101.01");
    let tight = buy(EQUITY, "1").limit("101");
    check(&mut world, tight, "submitted accepted 1@101");
}

type Fills = fn(&FillQuery) -> Result<FillAnswer, Fault>;

/// Knows at most one fill model.
struct Known(Option<Fills>);

impl Instances for Known {
    fn make(
        &mut self,
        _: &engine::Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Err("no plugins here".to_owned())
    }

    fn make_model(
        &mut self,
        _: &str,
        kind: ModelKind,
        named: &ModelSpec,
    ) -> Result<VenueModel, String> {
        assert_eq!((kind, named), (ModelKind::Fill, &spec("custom")));
        let model = self.0.ok_or("it is gone")?;
        Ok(VenueModel::Fill(Box::new(Staged(model))))
    }
}

struct Unknowing;

impl Instances for Unknowing {
    fn make(
        &mut self,
        _: &engine::Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Err("no plugins here".to_owned())
    }
}

fn halves(query: &FillQuery) -> Result<FillAnswer, Fault> {
    Ok(FillAnswer {
        quantity: quantity("5").min(query.offered),
        price: query.price,
    })
}

fn all(query: &FillQuery) -> Result<FillAnswer, Fault> {
    Ok(FillAnswer {
        quantity: query.offered,
        price: query.price,
    })
}

#[test]
fn a_replay_needs_the_model_and_finds_another_one() {
    let memory = Memory::default();
    let mut setup = Setup {
        journal: engine::Journal::with_sink(Box::new(memory.clone())),
        ..Setup::default()
    };
    setup.venue.models.fill = Some(spec("custom"));
    setup
        .staged
        .push(VenueModel::Fill(Box::new(Staged(halves))));
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("101"));
    assert_eq!(world.story(order), "submitted accepted 5@101");
    let hash = world.engine.journal().seal().unwrap();
    let bytes = memory.bytes();
    let verify =
        |instances: &mut dyn Instances| replay::verify(Cursor::new(bytes.clone()), instances);
    assert_eq!(verify(&mut Known(Some(halves))).unwrap().hash, hash);
    let other = verify(&mut Known(Some(all)));
    assert!(
        matches!(other, Err(ReplayError::Differs { .. })),
        "{other:?}"
    );
    let missing = |instances: &mut dyn Instances| verify(instances).unwrap_err().to_string();
    assert_eq!(
        missing(&mut Known(None)),
        "at sequence 5: venue SIM: it is gone"
    );
    assert_eq!(
        missing(&mut Unknowing),
        "at sequence 5: venue SIM: there is no fill model `custom` here"
    );
}

#[test]
fn what_the_clock_ended_ends_again_in_a_replay_and_what_is_refused_is_refused() {
    let memory = Memory::default();
    let mut setup = Setup {
        journal: engine::Journal::with_sink(Box::new(memory.clone())),
        ..Setup::default()
    };
    setup.venue.models.fill = Some(spec("custom"));
    let mut calls = 0;
    let late = move |query: &FillQuery| {
        calls += 1;
        if calls < 2 {
            return all(query);
        }
        Err(Fault {
            kind: FaultKind::Deadline,
            message: "took too long".to_owned(),
        })
    };
    setup.staged.push(VenueModel::Fill(Box::new(Staged(late))));
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    let first = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("101"));
    let second = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("101"));
    assert_eq!(world.story(first), "submitted accepted 1@101");
    assert_eq!(
        world.story(second),
        "submitted accepted cancelling canceled"
    );
    check_stopped(&world, ModelKind::Fill, &[FaultKind::Deadline]);
    let hash = world.engine.journal().seal().unwrap();
    // This one would have been in time.
    let again = replay::verify(Cursor::new(memory.bytes()), &mut Known(Some(all)));
    assert_eq!(again.unwrap().hash, hash);
}

/// Takes no instrument.
struct Choosy;

impl FillModel for Choosy {
    fn list(&mut self, listing: &Listing<'_>) -> Result<(), Fault> {
        Err(Fault {
            kind: FaultKind::Refused,
            message: format!("{} in {}", listing.instrument.symbol, listing.currency),
        })
    }

    fn fill(&mut self, _: &FillQuery) -> Result<FillAnswer, Fault> {
        Err(broken())
    }
}

#[test]
fn an_instrument_that_a_model_does_not_take_is_not_defined() {
    let mut world = Setup::default().build();
    let venue = VenueConfig {
        name: "CHOOSY".to_owned(),
        models: VenueModels {
            fill: Some(spec("choosy")),
            ..VenueModels::default()
        },
        ..VenueConfig::default()
    };
    let staged = world
        .engine
        .stage_model("CHOOSY", VenueModel::Fill(Box::new(Choosy)));
    assert!(staged.is_ok());
    world.define(Definition::Venue(venue));
    let known = world.engine.market().iter().count();
    let known_one = world.engine.market().get(EQUITY);
    let mut instrument = known_one.unwrap().instrument.clone();
    instrument.symbol = "NEW".to_owned();
    instrument.venue = model::VenueId::new(1);
    world.define(Definition::Instrument(instrument));
    let refused = world.effects.iter().find_map(|effect| match effect {
        Effect::Ignored(Ignored::BadDefinition(reason)) => Some(reason.clone()),
        _ => None,
    });
    let reason = "instrument NEW: its venue's fill model: REFUSED: NEW in USD";
    assert_eq!(refused.as_deref(), Some(reason));
    assert_eq!(world.engine.market().iter().count(), known);
}
