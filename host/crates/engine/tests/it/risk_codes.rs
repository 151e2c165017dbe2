//! Every code with which an order is denied, and a scenario that ends in it: the table of the gate on
//! one side, one function each on the other. Boundaries of the controls are tried beside this.

use crate::plan::{Rule, call};
use crate::risk::{check, quoted};
use crate::script::{Script, config, market};
use crate::world::*;
use engine::{
    Allowed, Command, Definition, Input, LimitScope, Limits, Permissions, Staged, SwapTerms,
    TradingState,
};
use model::{
    AssetClass, DenyCode, Duration, Event, InstrumentId, Links, OrderChange, OrderId, OrderRequest,
    PluginHash, Quote, Side, Subscription, Terms, TimeInForce, VenueId, Verdict,
};

/// The world when a scenario is over, and with what its last order was denied.
type Ended = (World, Option<DenyCode>);

/// The scenario of each code. A code without one does not compile.
fn scenario(code: DenyCode) -> fn() -> Ended {
    match code {
        DenyCode::Muted => muted,
        DenyCode::TradingState => trading_state,
        DenyCode::StrategyState => strategy_state,
        DenyCode::Permission => permission,
        DenyCode::Instrument => || ask(quoted(), buy(InstrumentId::new(99), "1")),
        DenyCode::Quantity => || ask(quoted(), buy(EQUITY, "0")),
        DenyCode::Price => || ask(quoted(), buy(EQUITY, "1").limit("90.005")),
        DenyCode::Unsupported => unsupported,
        DenyCode::PriceCollar => price_collar,
        DenyCode::PriceDrift => price_drift,
        DenyCode::MaxQuantity => max_quantity,
        DenyCode::MaxNotional => max_notional,
        DenyCode::Participation => participation,
        DenyCode::MaxOpenOrders => max_open_orders,
        DenyCode::MaxPosition => max_position,
        DenyCode::Exposure => exposure,
        DenyCode::Concentration => concentration,
        DenyCode::BuyingPower => || ask(quoted(), buy(EQUITY, "2001")),
        DenyCode::Loss => loss,
        DenyCode::MessageRate => message_rate,
        DenyCode::CancelRatio => cancel_ratio,
        DenyCode::Duplicate => duplicate,
        DenyCode::RepeatedExecution => repeated_execution,
        DenyCode::SelfMatch => self_match,
        DenyCode::MarketData => market_data,
        DenyCode::Clock => clock,
        DenyCode::Account => account_elsewhere,
        DenyCode::ShortSale => short_sale,
        DenyCode::Conversion => conversion,
        DenyCode::Latch => latch,
        DenyCode::Child => child,
        DenyCode::List => list,
        DenyCode::Rule => rule,
        DenyCode::Algorithm => algorithm,
    }
}

/// The margin hand asks for an order.
fn ask(mut world: World, ask: OrderRequest) -> Ended {
    let order = world.place(MARGIN_HAND, ask);
    denial(world, order)
}

fn denial(world: World, order: OrderId) -> Ended {
    let code = world.denied(order);
    (world, code)
}

/// The firm is limited, then the margin hand asks.
fn limited(change: impl FnOnce(&mut Limits), request: OrderRequest) -> Ended {
    let mut world = quoted();
    world.limit(LimitScope::Firm, change);
    ask(world, request)
}

fn trading_state() -> Ended {
    let mut world = quoted();
    world.command(Command::SetTradingState(TradingState::Halted));
    ask(world, buy(EQUITY, "1"))
}

fn strategy_state() -> Ended {
    let mut world = quoted();
    let idle = world.strategy(config("idle", MARGIN));
    let order = world.place(idle, buy(EQUITY, "1"));
    denial(world, order)
}

fn permission() -> Ended {
    let mut world = quoted();
    let permissions = Permissions {
        sides: Allowed::Only(vec![Side::Sell]),
        ..Permissions::ALL
    };
    world.define(Definition::Permissions(MARGIN_HAND, permissions));
    ask(world, buy(EQUITY, "1"))
}

fn unsupported() -> Ended {
    let terms = Terms {
        post_only: true,
        ..Terms::default()
    };
    let request = buy(EQUITY, "1").limit("90").with(terms);
    ask(quoted(), request.tif(TimeInForce::Ioc))
}

fn price_collar() -> Ended {
    let change = |limits: &mut Limits| limits.price.max_distance = rate("0.05");
    limited(change, buy(EQUITY, "1").limit("110"))
}

fn price_drift() -> Ended {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.price.max_drift = rate("0.1");
        limits.price.drift_window = Duration::from_nanos(160);
    });
    world.quote(EQUITY, "100", "100");
    world.now += 100;
    world.quote(EQUITY, "111", "111");
    ask(world, buy(EQUITY, "1"))
}

fn max_quantity() -> Ended {
    let change = |limits: &mut Limits| limits.max_order_quantity = quantity("10");
    limited(change, buy(EQUITY, "11"))
}

fn max_notional() -> Ended {
    let change = |limits: &mut Limits| limits.max_order_notional = money("1000");
    limited(change, buy(EQUITY, "11"))
}

fn participation() -> Ended {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "20"], ["100", "40"]);
    world.limit(LimitScope::Firm, |limits| {
        limits.volume.max_book_share = rate("0.5");
    });
    ask(world, buy(EQUITY, "21"))
}

fn max_open_orders() -> Ended {
    let mut world = quoted();
    world.limit(LimitScope::Firm, |limits| limits.max_open_orders = 1);
    world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    ask(world, buy(EQUITY, "2").limit("90"))
}

fn max_position() -> Ended {
    let change = |limits: &mut Limits| limits.max_position = quantity("10");
    limited(change, buy(EQUITY, "11"))
}

fn exposure() -> Ended {
    let change = |limits: &mut Limits| limits.exposure.max_gross = money("1000");
    limited(change, buy(EQUITY, "11"))
}

fn concentration() -> Ended {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.exposure.max_instrument_share = rate("0.1");
    });
    ask(world, buy(EQUITY, "101"))
}

fn loss() -> Ended {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.limit(LimitScope::Account(MARGIN), |limits| {
        limits.loss.max_daily = money("100");
    });
    world.quote(EQUITY, "90", "90");
    ask(world, buy(EQUITY, "1"))
}

fn message_rate() -> Ended {
    let change = |limits: &mut Limits| {
        limits.max_messages = 0;
        limits.message_window = Duration::from_secs(1);
    };
    limited(change, buy(EQUITY, "1"))
}

fn cancel_ratio() -> Ended {
    let mut world = quoted();
    world.limit(LimitScope::Strategy(MARGIN_HAND), |limits| {
        limits.conduct.max_cancels_per_fill = 2;
        limits.conduct.free_cancels = 0;
        limits.conduct.cancel_window = Duration::from_secs(1);
    });
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("90"));
    world.cancel(order);
    ask(world, buy(EQUITY, "1"))
}

fn duplicate() -> Ended {
    let mut world = quoted();
    world.place(MARGIN_HAND, buy(EQUITY, "1").intent(7));
    ask(world, sell(EQUITY, "2").intent(7))
}

fn repeated_execution() -> Ended {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.max_repeats = 2;
        limits.conduct.repeat_window = Duration::from_secs(1);
    });
    let script = buying_at_quotes();
    let (_, seen) = script.run(&mut world, "stuck", MARGIN);
    for _ in 0..4 {
        world.now += 10;
        world.quote(EQUITY, "99", "100");
    }
    let code = heard(&seen.changes());
    (world, code)
}

fn buying_at_quotes() -> Script {
    Script::new(&[Subscription::Quotes(EQUITY)]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            market(out, EQUITY, Side::Buy, 1);
        }
        Ok(())
    })
}

/// The last denial that a strategy heard of.
fn heard(changes: &[OrderChange]) -> Option<DenyCode> {
    let mut latest = changes.iter().rev();
    latest.find_map(|change| match change {
        OrderChange::Denied(code) => Some(*code),
        _ => None,
    })
}

fn self_match() -> Ended {
    let mut world = World::new();
    world.quote(EQUITY, "99", "120");
    world.limit(LimitScope::Firm, |limits| {
        limits.conduct.no_self_match = true;
    });
    world.place(MARGIN_HAND, sell(EQUITY, "1").limit("105"));
    ask(world, buy(EQUITY, "1").limit("105"))
}

fn market_data() -> Ended {
    let mut world = quoted();
    world.quote(EQUITY, "101", "100");
    ask(world, buy(EQUITY, "1"))
}

fn clock() -> Ended {
    let mut world = World::new();
    world.limit(LimitScope::Firm, |limits| {
        limits.data.max_ahead = Duration::from_nanos(10);
    });
    world.step(Input::Quote(Quote {
        instrument: EQUITY,
        bid: price("99"),
        ask: price("100"),
        bid_size: quantity("0"),
        ask_size: quantity("0"),
        ts_event: at(world.now + 11),
        ts_init: at(world.now),
    }));
    ask(world, buy(EQUITY, "1"))
}

fn account_elsewhere() -> Ended {
    let mut world = quoted();
    world.define(Definition::Venue(venue("ELSEWHERE")));
    let mut foreign = Setup::default().instruments.remove(0);
    (foreign.symbol, foreign.venue) = ("FOREIGN".to_owned(), VenueId::new(1));
    world.define(Definition::Instrument(foreign));
    let foreign = InstrumentId::new(7);
    world.quote(foreign, "99", "100");
    ask(world, buy(foreign, "1"))
}

fn short_sale() -> Ended {
    let change = |limits: &mut Limits| limits.short.no_short_sale = true;
    limited(change, sell(EQUITY, "1"))
}

/// Nobody says what a euro or a yen is worth in dollars.
fn conversion() -> Ended {
    let mut world = World::new();
    let mut cross = Setup::default().instruments.remove(USDJPY.index());
    cross.symbol = "EUR/JPY".to_owned();
    cross.class = AssetClass::FxPair { base: EUR };
    world.define(Definition::Instrument(cross));
    let cross = InstrumentId::new(7);
    world.quote(cross, "160", "160.01");
    ask(world, buy(cross, "1"))
}

fn latch() -> Ended {
    let mut world = quoted();
    world.command(Command::SetKillLatch(true));
    ask(world, buy(EQUITY, "1"))
}

/// Of a list, an order that closes more than the one before it opens.
fn child() -> Ended {
    let mut world = quoted();
    let links = Links {
        parent: Some(0),
        peers: None,
    };
    let stop = sell(EQUITY, "11").stop("80").with(Terms {
        links,
        ..Terms::default()
    });
    let first = world.place_list(MARGIN_HAND, vec![buy(EQUITY, "10").limit("90"), stop]);
    denial(world, first.next().unwrap())
}

fn list() -> Ended {
    let mut world = quoted();
    let asks = vec![buy(EQUITY, "1").limit("90"), buy(EQUITY, "0").limit("90")];
    let first = world.place_list(MARGIN_HAND, asks);
    denial(world, first)
}

fn rule() -> Ended {
    let mut world = quoted();
    let nothing = Rule::new(|_, _| Ok(Verdict::deny("nothing passes")));
    world.rule("nothing", LimitScope::Firm, nothing);
    ask(world, buy(EQUITY, "1"))
}

fn algorithm() -> Ended {
    let mut world = quoted();
    let order = world.work(MARGIN_HAND, buy(EQUITY, "10"), call("nobody", &[]));
    denial(world, order)
}

/// A candidate is told so, and nobody else is told anything.
fn muted() -> Ended {
    let mut world = quoted();
    let (strategy, _) = Script::new(&[Subscription::Quotes(EQUITY)]).run(&mut world, "one", MARGIN);
    let candidate = buying_at_quotes();
    let seen = candidate.seen();
    let staged = Staged::Instance(candidate.boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(Command::SwapBegin {
        strategy,
        plugin: PluginHash::new([2; 32]),
        parameters: Vec::new(),
        terms: SwapTerms::default(),
        history: Vec::new(),
    });
    world.quote(EQUITY, "99", "100");
    let code = heard(&seen.changes());
    (world, code)
}

#[test]
fn every_code_ends_a_scenario_of_its_own() {
    for code in DenyCode::ALL {
        let (world, found) = scenario(code)();
        assert_eq!(found, Some(code));
        let counted = world.engine.denials(code) > 0;
        assert!(counted || code == DenyCode::Muted, "{code} is not counted");
    }
}

#[test]
fn every_control_is_in_the_table_and_denies_with_its_own_code_alone() {
    for control in engine::controls() {
        let (world, found) = scenario(control.code)();
        assert_eq!(found, Some(control.code), "{control:?}");
        let others = DenyCode::ALL.into_iter().filter(|code| {
            let list = *code == DenyCode::List && control.code == DenyCode::Child;
            *code != control.code && !list
        });
        for other in others {
            assert_eq!(world.engine.denials(other), 0, "{control:?} and {other}");
        }
    }
}

/// An order that a scenario's cause does not bind passes in the same world: it is the cause that denies.
#[test]
fn what_the_cause_does_not_bind_passes_beside_it() {
    for (code, hand, request) in [
        (DenyCode::Permission, MARGIN_HAND, sell(EQUITY, "1")),
        (DenyCode::Quantity, MARGIN_HAND, buy(EQUITY, "1")),
        (DenyCode::Price, MARGIN_HAND, buy(EQUITY, "1").limit("90")),
        (DenyCode::MaxQuantity, MARGIN_HAND, buy(EQUITY, "10")),
        (DenyCode::MaxNotional, MARGIN_HAND, buy(EQUITY, "10")),
        (DenyCode::Participation, MARGIN_HAND, buy(EQUITY, "20")),
        (DenyCode::MaxPosition, MARGIN_HAND, buy(EQUITY, "10")),
        (DenyCode::Exposure, MARGIN_HAND, buy(EQUITY, "10")),
        (DenyCode::Concentration, MARGIN_HAND, buy(EQUITY, "100")),
        (DenyCode::BuyingPower, MARGIN_HAND, buy(EQUITY, "1900")),
        (DenyCode::Loss, CASH_HAND, buy(EQUITY, "1")),
        (DenyCode::CancelRatio, CASH_HAND, buy(EQUITY, "1")),
        (
            DenyCode::SelfMatch,
            MARGIN_HAND,
            buy(EQUITY, "1").limit("104"),
        ),
        (DenyCode::ShortSale, MARGIN_HAND, buy(EQUITY, "1")),
        (DenyCode::Account, MARGIN_HAND, buy(EQUITY, "1")),
    ] {
        let (mut world, _) = scenario(code)();
        check(&mut world, hand, request, None);
    }
}
