//! One fixed scenario through every part of the engine, whose journal hash is a constant: debug and
//! release builds, and other machines, must agree with it. It changes only with the format of the
//! journal or with what the engine does, and then on purpose.

use crate::script::{Script, market, submit, timer};
use crate::strategies::numbered;
use crate::world::*;
use engine::{Command, Journal, JournalHash, Latency, Slippage, Staged, SwapTerms, TradingState};
use model::{
    BarBasis, BarSpec, Duration, Event, Intent, LogLevel, OrderKind, PluginHash, Side,
    Subscription, TimeInForce,
};

/// Equal for all builds of this version of the engine.
const GOLDEN: &str = "d6cd5befc5758a3d7affa73e0561d78249a9137912a36460f837938c98ea41eb";

/// Trades a little of everything for five minutes and a day.
pub(crate) fn run(journal: Journal) -> World {
    let mut setup = Setup {
        journal,
        ..Setup::default()
    };
    setup.venue.latency = Latency {
        insert: Duration::from_nanos(3),
        cancel: Duration::from_nanos(2),
        modify: Duration::from_nanos(2),
        jitter: Duration::from_nanos(2),
        seed: 42,
        ..Latency::default()
    };
    setup.venue.slippage = Slippage::Ticks(1);
    setup.instrument(EQUITY).fees.taker = rate("0.0003");
    setup.instrument(EQUITY).fees.maker = rate("-0.0001");
    setup.instrument(USDJPY).fees.taker = rate("0.00002");
    let mut world = setup.build();
    world.quote(USDJPY, "149.99", "150.01");
    let (maker, _) = quoter().run(&mut world, "quoter", MARGIN);
    let (_, _) = crosser().run(&mut world, "crosser", CASH);
    for n in 1..=200 {
        wander(&mut world, n);
    }
    assert!(
        world
            .engine
            .stage(maker, Staged::Instance(quoter().boxed()))
            .is_ok()
    );
    world.command(Command::SwapBegin {
        strategy: maker,
        plugin: PluginHash::new([2; 32]),
        parameters: vec![("size".to_owned(), "3".to_owned())],
        terms: SwapTerms::default(),
        history: Vec::new(),
    });
    (201..=250).for_each(|n| wander(&mut world, n));
    world.command(Command::SwapCommit(maker));
    (251..=300).for_each(|n| wander(&mut world, n));
    world.command(Command::SetTradingState(TradingState::Reducing));
    (301..=320).for_each(|n| wander(&mut world, n));
    world.wait(86_400 * SECOND);
    world.command(Command::SetTradingState(TradingState::Active));
    (321..=340).for_each(|n| wander(&mut world, n));
    world.command(Command::SetKillLatch(true));
    world.wait(SECOND);
    world.command(Command::Stop(maker));
    world
}

/// One step of a market that goes up and down without any randomness.
fn wander(world: &mut World, n: u64) {
    world.now += SECOND;
    let offset = i64::try_from((n * 37) % 101).unwrap() - 50;
    let level = model::Price::from_raw(100 * model::Price::SCALE + offset * 10_000_000);
    let cent = price("0.01");
    let (bid, ask) = (
        level.checked_sub(cent).unwrap(),
        level.checked_add(cent).unwrap(),
    );
    let size = (n % 9 + 1).to_string();
    world.sized_quote(EQUITY, [&bid.to_string(), &size], [&ask.to_string(), &size]);
    if n.is_multiple_of(3) {
        let side = if n.is_multiple_of(2) {
            Side::Buy
        } else {
            Side::Sell
        };
        world.trade(EQUITY, &level.to_string(), "7", Some(side));
    }
    if n.is_multiple_of(10) {
        let trigger = if n.is_multiple_of(20) { "98" } else { "99.8" };
        world.place(MARGIN_HAND, buy(USDJPY, "1000").intent(n));
        world.place(
            MARGIN_HAND,
            sell(EQUITY, "2").stop(trigger).tif(TimeInForce::Day),
        );
    }
}

/// Quotes both sides, pulls them on a timer, and says so.
fn quoter() -> Script {
    Script::new(&[Subscription::Quotes(EQUITY)]).event(|event, out| {
        match event {
            Event::Quote(quote) => {
                out.push(Intent::CancelAll(EQUITY));
                submit(
                    out,
                    EQUITY,
                    Side::Buy,
                    OrderKind::Limit { price: quote.bid },
                    3,
                );
                submit(
                    out,
                    EQUITY,
                    Side::Sell,
                    OrderKind::Limit { price: quote.ask },
                    3,
                );
                timer(out, 1, out.now().nanos() + SECOND / 2);
            }
            Event::Timer { due, .. } => {
                let text = format!("pulled at {due}");
                out.push(Intent::Log {
                    level: LogLevel::Info,
                    text,
                });
                out.push(Intent::CancelAll(EQUITY));
                out.push(Intent::PutState {
                    key: "last".to_owned(),
                    value: due.nanos().to_le_bytes().to_vec(),
                });
            }
            _ => {}
        }
        Ok(())
    })
}

/// Buys rising and sells falling ten-second bars.
fn crosser() -> Script {
    let bars = Subscription::Bars(EQUITY, BarSpec::seconds(10, BarBasis::Mid));
    Script::new(&[bars]).event(|event, out| {
        if let Event::Bar(bar) = event {
            let side = if bar.close > bar.open {
                Side::Buy
            } else {
                Side::Sell
            };
            market(out, EQUITY, side, 5);
        }
        Ok(())
    })
}

fn text(hash: JournalHash) -> String {
    hash.to_string()
}

#[test]
fn the_hash_of_a_fixed_run_is_a_constant() {
    let mut world = run(Journal::default());
    // The run is worth hashing: everything in it happened.
    assert!(world.fills().len() > 90, "{}", world.fills().len());
    for word in ["accepted", "denied", "expired", "triggered", "cancelling"] {
        let seen = world
            .updates()
            .any(|update| world.story(update.order).contains(word));
        assert!(seen, "no order was {word}");
    }
    assert_eq!(text(world.engine.journal().hash()), GOLDEN);
}

#[test]
fn the_same_inputs_give_the_same_hash_and_others_another() {
    let mut first = run(Journal::default());
    let mut second = run(Journal::default());
    assert_eq!(
        first.engine.journal().hash(),
        second.engine.journal().hash()
    );
    assert_eq!(first.effects, second.effects);
    numbered(&mut second, 1);
    assert_ne!(
        first.engine.journal().hash(),
        second.engine.journal().hash()
    );
}
