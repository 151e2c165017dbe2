//! What is done leaves nothing behind: memory does not grow with the number of orders. Measured in
//! a process of its own, because other tests share this one's memory.

use crate::script::{Script, submit, timer};
use crate::world::*;
use engine::{Command, Effect, Engine, Input, Sequenced};
use model::{
    BarBasis, BarMethod, BarSpec, Event, Intent, Intents, OrderKind, Quote, Side, Subscription,
    TimeInForce,
};

const IN_CHILD: &str = "ENGINE_COST_CHILD";
const THIS: &str = "cost::memory_does_not_grow_with_orders_that_are_done";
/// Less than three bytes for each of the orders between the two readings.
const MOST_GROWTH_BYTES: u64 = 256 * 1024;

#[test]
fn memory_does_not_grow_with_orders_that_are_done() {
    if resident_bytes().is_none() {
        println!("skipped: this system does not say how much memory a process has");
        return;
    }
    if std::env::var_os(IN_CHILD).is_some() {
        return measure();
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([THIS, "--exact", "--test-threads=1"])
        .env(IN_CHILD, "1")
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
}

fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}

fn measure() {
    let mut setup = Setup::default();
    setup.limits.max_messages = 1_000;
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    busy().forgetful().run(&mut world, "busy", MARGIN);
    let World {
        mut engine,
        mut now,
        ..
    } = world;
    // A full memory of recent messages and orders first.
    let (mut ended, mut open) = ([0; 5], 0);
    for n in 0..4_000 {
        count(step(&mut engine, &mut now, n), &mut ended);
    }
    let before = resident_bytes().unwrap();
    for n in 0..20_000 {
        count(step(&mut engine, &mut now, n), &mut ended);
        open = open.max(engine.orders().len());
    }
    let grown = resident_bytes().unwrap().saturating_sub(before);
    assert!(ended.iter().all(|count| *count > 3_000), "{ended:?}");
    assert!(open < 30, "{open} orders were open at once");
    assert!(
        grown < MOST_GROWTH_BYTES,
        "{grown} bytes more after {ended:?}"
    );
}

/// Filled, cancelled, expired, denied, rejected orders.
fn count(effects: &[Effect], ended: &mut [u32; 5]) {
    for effect in effects {
        let Effect::Order(update, _) = effect else {
            continue;
        };
        match update.status {
            model::OrderStatus::Filled => ended[0] += 1,
            model::OrderStatus::Canceled => ended[1] += 1,
            model::OrderStatus::Expired => ended[2] += 1,
            model::OrderStatus::Denied => ended[3] += 1,
            model::OrderStatus::Rejected => ended[4] += 1,
            _ => {}
        }
    }
}

fn step<'a>(engine: &'a mut Engine, now: &mut u64, n: u64) -> &'a [Effect] {
    // Half a day: every other step lets DAY orders lapse.
    *now += 43_200 * SECOND;
    let input = if n.is_multiple_of(50) {
        Input::Command(Box::new(Command::CancelOrder(model::OrderId::default())))
    } else {
        Input::Quote(Quote {
            instrument: EQUITY,
            bid: price("99"),
            ask: price(if n.is_multiple_of(2) { "101" } else { "100" }),
            bid_size: quantity("1000"),
            ask_size: quantity("1000"),
            ts_event: at(*now),
            ts_init: at(*now),
        })
    };
    let sequence = engine.sequence() + 1;
    engine
        .step(Sequenced {
            sequence,
            time: at(*now),
            input,
        })
        .unwrap()
}

/// Makes orders that end in every way, moves timers, and changes its mind about bars.
fn busy() -> Script {
    let mut n = 0;
    Script::new(&[Subscription::Quotes(EQUITY)]).event(move |event, out| {
        if matches!(event, Event::Quote(_)) {
            n += 1;
            orders(out, n);
        }
        Ok(())
    })
}

fn orders(out: &mut Intents, n: u64) {
    let limit = |text| OrderKind::Limit { price: price(text) };
    out.push(Intent::CancelAll(EQUITY));
    submit(
        out,
        EQUITY,
        if n.is_multiple_of(2) {
            Side::Buy
        } else {
            Side::Sell
        },
        OrderKind::Market,
        1,
    );
    submit(out, EQUITY, Side::Buy, limit("90"), 1);
    submit(out, EQUITY, Side::Buy, limit("90.001"), 1);
    // Nobody ever quoted the coin, so the venue refuses it.
    out.submit(buy(COIN, "1").limit("1").intent(1_000 + n));
    if n.is_multiple_of(3) {
        out.submit(buy(EQUITY, "1").stop("500").tif(TimeInForce::Day));
    }
    timer(out, n % 7, out.now().nanos() + SECOND);
    let spec = |n| BarSpec {
        method: BarMethod::Tick(2 + n),
        basis: BarBasis::Bid,
    };
    out.push(Intent::Unsubscribe(Subscription::Bars(EQUITY, spec(n - 1))));
    out.push(Intent::Subscribe(Subscription::Bars(EQUITY, spec(n))));
}
