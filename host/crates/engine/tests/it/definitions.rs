//! Definitions and market data that cannot be: refused with a notice, without any effect.

use crate::world::*;
use engine::{
    Definition, ExternalVenue, Ignored, Input, Journal, LimitScope, Limits, SelfMatch, Sequenced,
    StepError, VenueConfig,
};
use model::{AccountId, AssetClass, CurrencyId, Instrument, InstrumentId, StrategyId, VenueId};

fn check_refused(definition: Definition, expect: &str) {
    let mut world = World::new();
    world.define(definition);
    assert_eq!(world.ignored(), [Ignored::BadDefinition(expect.to_owned())]);
}

fn changed(change: impl FnOnce(&mut Instrument)) -> Definition {
    let mut instrument = Setup::default().instruments.remove(0);
    instrument.symbol = "NEW".to_owned();
    change(&mut instrument);
    Definition::Instrument(instrument)
}

#[test]
fn only_simulated_venues_are_told_how_to_keep_orders_apart() {
    let of = |venue| Definition::SelfMatch(VenueId::new(venue), SelfMatch::CancelNewest);
    check_refused(of(9), "self-match of a venue that is not defined");
    let mut world = World::empty(Journal::default());
    world.define(Definition::Venue(VenueConfig {
        external: Some(ExternalVenue::default()),
        ..venue("OUT")
    }));
    world.define(of(0));
    let expect = "venue OUT: it is outside and keeps orders apart by its own rules".to_owned();
    assert_eq!(world.ignored(), [Ignored::BadDefinition(expect)]);
}

#[test]
fn instruments_that_contradict_themselves() {
    check_refused(
        changed(|new| new.symbol = "EQ".to_owned()),
        "instrument EQ: defined twice",
    );
    check_refused(
        changed(|new| new.venue = VenueId::new(9)),
        "instrument NEW: its venue is not defined",
    );
    check_refused(
        changed(|new| new.quote_currency = CurrencyId::new(9)),
        "instrument NEW: its quote currency is not defined",
    );
    check_refused(
        changed(|new| {
            new.class = AssetClass::CryptoSpot {
                base: CurrencyId::new(9),
            }
        }),
        "instrument NEW: its base currency is not defined",
    );
    check_refused(
        changed(|new| new.tick = price("0")),
        "instrument NEW: the tick must be positive",
    );
    check_refused(
        changed(|new| new.lot = quantity("0")),
        "instrument NEW: the lot must be positive",
    );
    check_refused(
        changed(|new| new.max_quantity = quantity("0")),
        "instrument NEW: no quantity fits its range",
    );
    check_refused(
        changed(|new| new.multiplier = quantity("0")),
        "instrument NEW: the multiplier must be positive",
    );
    check_refused(
        changed(|new| new.margin.initial = rate("-0.1")),
        "instrument NEW: no margin must be negative",
    );
}

#[test]
fn everything_else_that_contradicts_itself() {
    check_refused(
        Definition::Currency("USD".to_owned()),
        "currency USD is defined twice",
    );
    check_refused(
        Definition::Venue(venue("SIM")),
        "venue SIM is defined twice",
    );
    check_refused(
        Definition::Account(account("cash", leverage("1"), &[])),
        "account cash: defined twice",
    );
    check_refused(
        Definition::Account(account("new", leverage("0"), &[])),
        "account new: the leverage must be positive",
    );
    check_refused(
        Definition::Account(account("new", leverage("1"), &[(CurrencyId::new(9), "1")])),
        "account new: a currency of it is not defined",
    );
    check_refused(
        Definition::Strategy(crate::script::config("cash hand", CASH)),
        "strategy cash hand is defined twice",
    );
    check_refused(
        Definition::Strategy(crate::script::config("new", AccountId::new(9))),
        "strategy new: its account is not defined",
    );
}

#[test]
fn limits_for_something_undefined_have_no_effect() {
    for scope in [
        LimitScope::Account(AccountId::new(9)),
        LimitScope::Strategy(StrategyId::new(9)),
        LimitScope::Instrument(InstrumentId::new(9)),
    ] {
        let mut world = World::new();
        world.define(Definition::Limits(scope, Limits::default()));
        assert_eq!(world.ignored().len(), 1);
        assert_eq!(world.engine.limits().get(scope), None);
    }
}

#[test]
fn impossible_market_data_is_refused() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.quote(EQUITY, "101", "100");
    world.quote(EQUITY, "0", "100");
    world.quote(EQUITY, "-1", "100");
    world.trade(EQUITY, "0", "1", None);
    world.bar(EQUITY, ["100", "99", "98", "99"]);
    world.bar(EQUITY, ["100", "101", "0", "99"]);
    let bad = Ignored::BadMarketData(EQUITY);
    assert_eq!(world.ignored(), vec![bad; 6]);
    world.quote(InstrumentId::new(99), "100", "100");
    assert_eq!(
        world.ignored().last(),
        Some(&Ignored::UnknownInstrument(InstrumentId::new(99)))
    );
    let quote = world.engine.market().get(EQUITY).unwrap().quote.unwrap();
    assert_eq!(quote.bid, price("100"));
}

#[test]
fn an_event_from_far_ahead_is_refused_and_makes_no_other_late() {
    let mut world = World::new();
    world.now = 10 * SECOND;
    world.quote(EQUITY, "100", "101");
    let quote = world.engine.market().get(EQUITY).unwrap().quote.unwrap();
    let (ahead, far) = (at(7_210 * SECOND), at(7_210 * SECOND + 1));
    for ts_event in [far, model::Timestamp::MAX] {
        world.step(Input::Quote(model::Quote { ts_event, ..quote }));
    }
    assert_eq!(world.ignored(), vec![Ignored::BadMarketData(EQUITY); 2]);
    world.quote(EQUITY, "102", "103");
    // A clock may differ by an hour or two.
    let ts_event = ahead;
    world.step(Input::Quote(model::Quote { ts_event, ..quote }));
    assert_eq!(world.ignored().len(), 2);
}

#[test]
fn event_time_never_goes_back_per_instrument() {
    let mut world = World::new();
    world.now = 10 * SECOND;
    world.quote(EQUITY, "100", "101");
    let quote = world.engine.market().get(EQUITY).unwrap().quote.unwrap();
    let older = model::Quote {
        bid: price("99"),
        ts_event: at(10 * SECOND - 1),
        ..quote
    };
    world.step(Input::Quote(older));
    assert_eq!(world.ignored(), [Ignored::StaleEvent(EQUITY)]);
    // Another instrument may lag behind, and equal times are fine.
    world.step(Input::Quote(model::Quote {
        instrument: EURUSD,
        ts_event: at(1),
        ..quote
    }));
    world.step(Input::Quote(model::Quote {
        bid: price("99"),
        ..quote
    }));
    assert_eq!(world.ignored().len(), 1);
}

#[test]
fn a_gap_in_sequences_or_a_step_back_in_time_changes_nothing() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "101");
    let (sequence, hash) = (world.engine.sequence(), world.engine.journal().hash());
    let mut check = |step: u64, time: u64, expect: StepError| {
        let input = Sequenced {
            sequence: step,
            time: at(time),
            input: Input::Clock,
        };
        assert_eq!(world.engine.step(input).map(<[_]>::len), Err(expect));
        assert_eq!(world.engine.journal().hash(), hash);
    };
    let wrong = |got| StepError::Sequence {
        expected: sequence + 1,
        got,
    };
    check(sequence, SECOND, wrong(sequence));
    check(sequence + 2, SECOND, wrong(sequence + 2));
    check(
        sequence + 1,
        SECOND - 1,
        StepError::Time {
            now: at(SECOND),
            got: at(SECOND - 1),
        },
    );
    world.wait(0);
    assert_eq!(world.engine.sequence(), sequence + 1);
}
