//! Every control of the gate at its boundary: what is just allowed passes, one unit more is denied
//! with the control's own code, and a denied order leaves nothing behind.

use crate::script::{Script, config, market};
use crate::world::*;
use engine::journal::{Sink, SinkError};
use engine::{Command, Definition, Journal, LimitScope, Limits, TradingState};
use model::{
    AccountId, AccountKind, DenyCode, Duration, Event, InstrumentId, OrderChange, OrderRequest,
    Price, Side, StrategyId, VenueId,
};

/// Places an order and checks the verdict; a denial must leave no trace.
pub(crate) fn check(
    world: &mut World,
    strategy: StrategyId,
    ask: OrderRequest,
    expect: Option<DenyCode>,
) {
    let before = traces(world);
    let order = world.place(strategy, ask);
    assert_eq!(
        world.denied(order),
        expect,
        "{} {:?}",
        ask.quantity,
        ask.kind
    );
    if expect.is_some() {
        assert_eq!(traces(world), before);
        assert_eq!(
            world
                .updates()
                .filter(|update| update.order == order)
                .count(),
            1
        );
    }
}

/// Everything an order reserves or changes.
fn traces(world: &World) -> String {
    let accounts: Vec<_> = world
        .engine
        .accounts()
        .map(|(_, a)| a.balances().collect::<Vec<_>>())
        .collect();
    let holdings: Vec<_> = world.engine.holdings().iter().collect();
    let orders: Vec<_> = world
        .engine
        .orders()
        .iter()
        .map(|open| open.order.id)
        .collect();
    format!("{accounts:?} {holdings:?} {orders:?}")
}

pub(crate) fn quoted() -> World {
    let mut world = World::new();
    world.quote(EQUITY, "99", "100");
    world
}

pub(crate) const PASS: Option<DenyCode> = None;

#[test]
fn p01_halted_denies_all_and_reducing_lets_only_reducing_orders_pass() {
    let code = Some(DenyCode::TradingState);
    let mut world = quoted();
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.command(Command::SetTradingState(TradingState::Reducing));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "11"), code);
    check(&mut world, CASH_HAND, sell(COIN, "1"), code);
    check(
        &mut world,
        MARGIN_HAND,
        sell(EQUITY, "4").limit("110"),
        PASS,
    );
    // Six are left beyond the open order.
    check(&mut world, MARGIN_HAND, sell(EQUITY, "7"), code);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "6"), PASS);
    world.command(Command::SetTradingState(TradingState::Halted));
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), code);
    world.command(Command::SetTradingState(TradingState::Active));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

#[test]
fn p02_only_running_strategies_trade_but_cancels_always_pass() {
    let code = Some(DenyCode::StrategyState);
    let mut world = quoted();
    let idle = world.strategy(config("idle", MARGIN));
    check(&mut world, idle, buy(EQUITY, "1"), code);
    check(&mut world, StrategyId::new(99), buy(EQUITY, "1"), code);
    world.start(idle, Script::new(&[]).boxed());
    check(&mut world, idle, buy(EQUITY, "1"), PASS);
    let resting = world.place(idle, buy(EQUITY, "1").limit("90"));
    world.command(Command::Pause(idle));
    check(&mut world, idle, buy(EQUITY, "1"), code);
    check(&mut world, idle, sell(EQUITY, "1"), code);
    world.cancel(resting);
    assert_eq!(
        world.story(resting),
        "submitted accepted cancelling canceled"
    );
    world.command(Command::Resume(idle));
    check(&mut world, idle, sell(EQUITY, "1"), PASS);
    world.command(Command::Stop(idle));
    check(&mut world, idle, buy(EQUITY, "1"), code);
}

#[test]
fn p04_unknown_untradable_and_expired_instruments() {
    let code = Some(DenyCode::Instrument);
    let mut setup = Setup::default();
    setup.instrument(OPTION).tradable = false;
    let mut world = setup.build();
    world.quote(FUTURE, "99", "100");
    world.quote(OPTION, "99", "100");
    check(
        &mut world,
        MARGIN_HAND,
        buy(InstrumentId::new(99), "1"),
        code,
    );
    check(&mut world, MARGIN_HAND, buy(OPTION, "1"), code);
    world.now = EXPIRY - 1;
    check(&mut world, MARGIN_HAND, buy(FUTURE, "1"), PASS);
    world.now = EXPIRY;
    check(&mut world, MARGIN_HAND, sell(FUTURE, "1"), code);
}

#[test]
fn p05_quantity_on_the_lot_grid_and_within_the_venues_range() {
    let code = Some(DenyCode::Quantity);
    let mut setup = Setup::default();
    setup.instrument(EQUITY).lot = quantity("5");
    setup.instrument(EQUITY).min_quantity = quantity("10");
    setup.instrument(EQUITY).max_quantity = quantity("20");
    let mut world = setup.build();
    world.quote(EQUITY, "99", "100");
    for (amount, expect) in [
        ("0", code),
        ("5", code),
        ("10", PASS),
        ("11", code),
        ("15.00000001", code),
        ("20", PASS),
        ("25", code),
    ] {
        check(&mut world, MARGIN_HAND, buy(EQUITY, amount), expect);
    }
}

#[test]
fn p06_prices_positive_and_on_the_tick_grid() {
    let code = Some(DenyCode::Price);
    let mut world = quoted();
    for (text, expect) in [
        ("0", code),
        ("-1", code),
        ("0.01", PASS),
        ("90.005", code),
        ("90.000000001", code),
        ("90.01", PASS),
    ] {
        check(
            &mut world,
            MARGIN_HAND,
            buy(EQUITY, "1").limit(text),
            expect,
        );
        check(&mut world, CASH_HAND, buy(EQUITY, "1").limit(text), expect);
    }
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").stop("0"), code);
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "1").stop("110.001"),
        code,
    );
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").stop("110"), PASS);
}

/// A hand besides the two of the world: same margin account.
pub(crate) fn second_hand(world: &mut World) -> StrategyId {
    world.hand("second hand", MARGIN)
}

/// Runs a check for each scope whose limit `change` sets: within the scope, and outside of it.
fn for_each_scope(change: fn(&mut Limits), act: fn(&mut World, StrategyId, InstrumentId, bool)) {
    for scope in [
        LimitScope::Firm,
        LimitScope::Account(MARGIN),
        LimitScope::Strategy(MARGIN_HAND),
        LimitScope::Instrument(EQUITY),
    ] {
        let mut world = quoted();
        world.quote(PERPETUAL, "99", "100");
        let other = second_hand(&mut world);
        world.limit(scope, change);
        act(&mut world, MARGIN_HAND, EQUITY, true);
        let (binds_others, binds_elsewhere) = match scope {
            LimitScope::Firm | LimitScope::Account(_) => (true, true),
            LimitScope::Strategy(_) => (false, true),
            LimitScope::Instrument(_) => (true, false),
        };
        let binds_cash = matches!(scope, LimitScope::Firm | LimitScope::Instrument(_));
        act(
            &mut world,
            other,
            PERPETUAL,
            binds_others && binds_elsewhere,
        );
        act(&mut world, CASH_HAND, EQUITY, binds_cash);
    }
}

#[test]
fn p10_order_quantity_per_scope() {
    let change = |limits: &mut Limits| limits.max_order_quantity = quantity("10");
    for_each_scope(change, |world, hand, instrument, binds| {
        let over = binds.then_some(DenyCode::MaxQuantity);
        check(world, hand, buy(instrument, "10"), PASS);
        check(world, hand, buy(instrument, "11"), over);
    });
}

#[test]
fn p11_order_value_per_scope() {
    let change = |limits: &mut Limits| limits.max_order_notional = money("1000");
    for_each_scope(change, |world, hand, instrument, binds| {
        let over = binds.then_some(DenyCode::MaxNotional);
        check(world, hand, buy(instrument, "10"), PASS);
        check(world, hand, buy(instrument, "11"), over);
        // A limit order is valued at its price, a sale at the better of its price and the market.
        check(world, hand, buy(instrument, "11").limit("90"), PASS);
        check(world, hand, buy(instrument, "10").limit("100.1"), over);
        check(world, hand, sell(instrument, "10").limit("90"), PASS);
    });
    let mut world = quoted();
    check(
        &mut world,
        MARGIN_HAND,
        buy(PERPETUAL, "1"),
        Some(DenyCode::MaxNotional),
    );
}

#[test]
fn p13_open_orders_per_scope() {
    let count = |world: &mut World, scope: LimitScope, hand, instrument, expect| {
        world.limit(scope, |limits| limits.max_open_orders = 2);
        check(world, hand, buy(instrument, "1").limit("90"), expect);
        world.limit(scope, |limits| limits.max_open_orders = 3);
        check(world, hand, buy(instrument, "1").limit("90"), PASS);
        let order = world.updates().last().unwrap().order;
        world.cancel(order);
    };
    let mut world = quoted();
    world.quote(PERPETUAL, "99", "100");
    let other = second_hand(&mut world);
    // Two open orders: of two strategies, on two instruments, in one account.
    world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    world.place(other, buy(PERPETUAL, "1").limit("90"));
    let full = Some(DenyCode::MaxOpenOrders);
    count(&mut world, LimitScope::Firm, CASH_HAND, EQUITY, full);
    world.limit(LimitScope::Firm, |_| ());
    count(
        &mut world,
        LimitScope::Account(MARGIN),
        MARGIN_HAND,
        EQUITY,
        full,
    );
    world.limit(LimitScope::Account(MARGIN), |_| ());
    count(
        &mut world,
        LimitScope::Strategy(MARGIN_HAND),
        MARGIN_HAND,
        EQUITY,
        PASS,
    );
    count(
        &mut world,
        LimitScope::Instrument(EQUITY),
        MARGIN_HAND,
        EQUITY,
        full,
    );
}

#[test]
fn p14_position_with_open_orders_per_scope() {
    let change = |limits: &mut Limits| limits.max_position = quantity("10");
    for_each_scope(change, |world, hand, instrument, binds| {
        let over = binds.then_some(DenyCode::MaxPosition);
        check(world, hand, buy(instrument, "6"), PASS);
        check(world, hand, buy(instrument, "4").limit("90"), PASS);
        if binds {
            check(world, hand, buy(instrument, "1"), over);
            // Ten short is as far as ten long, and the way there is not counted twice.
            if hand != CASH_HAND {
                check(world, hand, sell(instrument, "17"), over);
                check(world, hand, sell(instrument, "16").limit("110"), PASS);
                check(world, hand, sell(instrument, "1").limit("110"), over);
            }
        } else {
            check(world, hand, buy(instrument, "1"), PASS);
        }
    });
}

#[test]
fn p14_a_lowered_limit_leaves_the_way_out_open() {
    let mut world = quoted();
    world.place(MARGIN_HAND, buy(EQUITY, "20"));
    world.limit(LimitScope::Firm, |limits| {
        limits.max_position = quantity("10")
    });
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "1"),
        Some(DenyCode::MaxPosition),
    );
    check(&mut world, MARGIN_HAND, sell(EQUITY, "5"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "15"), PASS);
}

#[test]
fn p17_buying_power_to_the_last_unit() {
    let code = Some(DenyCode::BuyingPower);
    let mut setup = Setup::default();
    setup.instrument(EQUITY).fees.taker = rate("0.001");
    let mut world = setup.build();
    world.quote(EQUITY, "99", "100");
    world.quote(COIN, "50000", "50001");
    // 999 * 100 * 1.001 = 99,999.90; 1,000 would need 100,100.
    check(&mut world, CASH_HAND, buy(EQUITY, "1000"), code);
    check(&mut world, CASH_HAND, buy(EQUITY, "999"), PASS);
    world.check_balance(CASH, USD, "0.1", "0");
    check(&mut world, CASH_HAND, buy(EQUITY, "1").limit("0.1"), code);
    check(&mut world, CASH_HAND, sell(COIN, "1.0001"), code);
    check(&mut world, CASH_HAND, sell(COIN, "1"), PASS);
    check(&mut world, CASH_HAND, sell(EQUITY, "1000"), code);
    check(&mut world, CASH_HAND, sell(EQUITY, "999"), PASS);
    // Derivatives need margin, which a cash account does not have.
    world.quote(FUTURE, "99", "100");
    check(&mut world, CASH_HAND, buy(FUTURE, "1"), code);
    // Half of the value as margin and the fee: 0.501 of 200,000 is 100,200.
    check(&mut world, MARGIN_HAND, buy(EQUITY, "2000"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1996"), PASS);
}

#[test]
fn p19_messages_of_a_strategy_and_of_the_firm() {
    let code = Some(DenyCode::MessageRate);
    let mut world = quoted();
    let other = second_hand(&mut world);
    let rate = |most| {
        move |limits: &mut Limits| {
            limits.max_messages = most;
            limits.message_window = Duration::from_nanos(100);
        }
    };
    world.limit(LimitScope::Strategy(MARGIN_HAND), rate(3));
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    world.cancel(order);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, other, buy(EQUITY, "1"), PASS);
    // Denied orders are not messages, and cancels are never held back.
    world.now += 99;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.now += 1;
    let last = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    assert_eq!(world.denied(last), PASS);
    world.limit(LimitScope::Firm, rate(0));
    check(&mut world, other, buy(EQUITY, "1"), code);
    world.cancel(last);
    assert_eq!(world.story(last), "submitted accepted cancelling canceled");
    // Two messages of all strategies in the last window.
    world.limit(LimitScope::Firm, rate(3));
    check(&mut world, other, buy(EQUITY, "1"), PASS);
    check(&mut world, CASH_HAND, buy(EQUITY, "1"), code);
}

#[test]
fn p19_messages_of_all_to_one_venue() {
    let code = Some(DenyCode::MessageRate);
    let mut world = quoted();
    world.define(Definition::Venue(venue("FAR")));
    let there = VenueId::new(1);
    let mut listed = instruments()[EQUITY.index()].clone();
    (listed.symbol, listed.venue) = ("EQUITY.FAR".to_owned(), there);
    world.define(Definition::Instrument(listed));
    let mut own = account("far", AccountKind::Cash, &[(USD, "100000")]);
    own.venue = there;
    world.define(Definition::Account(own));
    assert_eq!(world.ignored(), []);
    let (near, far) = (EQUITY, InstrumentId::new(7));
    let [one, two] = ["one", "two"].map(|name| world.hand(name, CASH));
    let other = world.hand("far", AccountId::new(2));
    world.quote(far, "99", "100");
    let most = |world: &mut World, scope, most| {
        world.limit(scope, |limits| {
            limits.max_venue_messages = most;
            limits.message_window = Duration::from_nanos(100);
        });
    };
    // While nobody limits it, nothing is counted.
    check(&mut world, one, buy(near, "1"), PASS);
    most(&mut world, LimitScope::Firm, 3);
    check(&mut world, one, buy(near, "1"), PASS);
    check(&mut world, two, buy(near, "1"), PASS);
    check(&mut world, one, buy(near, "1"), PASS);
    check(&mut world, one, buy(near, "1"), code);
    check(&mut world, two, buy(near, "1"), code);
    check(&mut world, other, buy(far, "1"), PASS);
    // What is not set does not bind, and another scope's limit counts what all sent.
    most(&mut world, LimitScope::Strategy(two), 3);
    most(&mut world, LimitScope::Firm, u32::MAX);
    check(&mut world, one, buy(near, "1"), PASS);
    check(&mut world, two, buy(near, "1"), code);
    world.now += 100;
    check(&mut world, two, buy(near, "1"), PASS);
    most(&mut world, LimitScope::Instrument(far), 0);
    check(&mut world, other, buy(far, "1"), code);
    check(&mut world, one, buy(near, "1"), PASS);
}

#[test]
fn p21_the_same_intent_never_twice_and_the_same_order_not_at_once() {
    let code = Some(DenyCode::Duplicate);
    let mut world = quoted();
    let other = second_hand(&mut world);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").intent(7), PASS);
    world.wait(1000 * SECOND);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "9").intent(7), code);
    check(&mut world, other, buy(EQUITY, "1").intent(7), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").intent(0), PASS);
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.duplicate_window = Duration::from_nanos(100);
    });
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "2"), PASS);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), PASS);
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1").limit("90"), PASS);
    world.now += 99;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "2"), code);
    world.now += 1;
    check(&mut world, MARGIN_HAND, buy(EQUITY, "2"), PASS);
    // An order that was denied was not sent: its intent may be tried again.
    check(
        &mut world,
        MARGIN_HAND,
        buy(EQUITY, "1.5").intent(8),
        Some(DenyCode::Quantity),
    );
    check(&mut world, MARGIN_HAND, buy(EQUITY, "3").intent(8), PASS);
}

#[test]
fn p26_the_account_must_be_at_the_instruments_venue() {
    let mut world = quoted();
    world.define(Definition::Venue(venue("ELSEWHERE")));
    let mut foreign = Setup::default().instruments.remove(0);
    (foreign.symbol, foreign.venue) = ("FOREIGN".to_owned(), VenueId::new(1));
    world.define(Definition::Instrument(foreign));
    let foreign = InstrumentId::new(7);
    world.quote(foreign, "99", "100");
    check(
        &mut world,
        MARGIN_HAND,
        buy(foreign, "1"),
        Some(DenyCode::Account),
    );
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
}

#[test]
fn p28_values_that_overflow_or_have_no_rate() {
    let code = Some(DenyCode::Conversion);
    let mut setup = Setup::default();
    setup.instrument(FUTURE).max_quantity = model::Quantity::MAX;
    setup.instrument(FUTURE).tick = Price::from_raw(1);
    let mut world = setup.build();
    world.quote(FUTURE, "99", "100");
    check(
        &mut world,
        MARGIN_HAND,
        buy(FUTURE, "180000000000").limit("9000000000"),
        code,
    );
    world.quote(FUTURE, "9000000000", "9000000000");
    check(&mut world, MARGIN_HAND, sell(FUTURE, "180000000000"), code);
    // A cross that nobody quotes: EUR against JPY has no way to USD.
    let mut cross = Setup::default().instruments.remove(USDJPY.index());
    (cross.symbol, cross.class) = (
        "EUR/JPY".to_owned(),
        model::AssetClass::FxPair { base: EUR },
    );
    world.define(Definition::Instrument(cross));
    let cross = InstrumentId::new(7);
    world.quote(cross, "160", "160.01");
    check(&mut world, MARGIN_HAND, buy(cross, "1"), code);
    world.quote(USDJPY, "150", "150.01");
    check(&mut world, MARGIN_HAND, buy(cross, "1"), PASS);
}

/// A sink that fails when it is told to.
struct Disk(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Sink for Disk {
    fn write(&mut self, _: &[u8]) -> Result<(), SinkError> {
        if self.0.load(std::sync::atomic::Ordering::Relaxed) {
            Err(SinkError("disk full".to_owned()))
        } else {
            Ok(())
        }
    }
}

#[test]
fn p29_latch_venue_and_journal() {
    let code = Some(DenyCode::Latch);
    let full = std::sync::Arc::<std::sync::atomic::AtomicBool>::default();
    let journal = Journal::with_sink(Box::new(Disk(full.clone())));
    let mut world = Setup {
        journal,
        ..Setup::default()
    }
    .build();
    world.quote(EQUITY, "99", "100");
    let resting = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    world.command(Command::SetVenueConnected(VenueId::new(0), false));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), code);
    world.command(Command::SetVenueConnected(VenueId::new(0), true));
    check(&mut world, MARGIN_HAND, buy(EQUITY, "1"), PASS);
    assert!(world.engine.journal().commit().is_ok());
    full.store(true, std::sync::atomic::Ordering::Relaxed);
    world.quote(EQUITY, "99", "100");
    assert_eq!(
        world.engine.journal().commit(),
        Err(SinkError("disk full".to_owned()))
    );
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), code);
    // A journal with a hole in it stays refused, but less risk is always possible.
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    check(&mut world, MARGIN_HAND, sell(EQUITY, "1"), code);
    world.cancel(resting);
    assert_eq!(
        world.story(resting),
        "submitted accepted cancelling canceled"
    );
}

#[test]
fn the_asker_hears_of_its_denial() {
    let mut world = quoted();
    world.limit(LimitScope::Firm, |limits| {
        limits.max_order_quantity = quantity("1")
    });
    let script = Script::new(&[model::Subscription::Quotes(EQUITY)]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            market(out, EQUITY, Side::Buy, 2);
        }
        Ok(())
    });
    let (_, seen) = script.run(&mut world, "eager", MARGIN);
    world.quote(EQUITY, "99", "100");
    assert_eq!(seen.changes(), [OrderChange::Denied(DenyCode::MaxQuantity)]);
}

#[test]
fn p05_less_of_an_order_is_on_the_lot_grid_too() {
    let mut world = quoted();
    let resting = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("90"));
    for (units, expect) in [("9.5", "unchanged:P05"), ("9", "changed:@90")] {
        world.command(Command::ModifyOrder(model::Amendment {
            order: resting,
            quantity: Some(units.parse().unwrap()),
            price: None,
            trigger: None,
        }));
        let story = world.story(resting);
        assert!(story.contains(expect), "{story}");
    }
}
